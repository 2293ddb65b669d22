"""Habits that flatter: what each hands to a fit, and that the default hands out nothing extra."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.protocol import Protocol
from gaitcast.evaluation.splits import Assignment
from gaitcast.models import Signature
from gaitcast.study import Workspace, fit_folder, list_jobs, plan, read_fit, run_study
from gaitcast.study.fits import material, series_of
from gaitcast.tasks import Series, Span, Windows
from gaitcast.training import Predictor, fit
from small_study import workspace

GRU = {
    "model": "gru", "inputs": ["imu"], "options": {"units": 4},
    "training": {"max_epochs": 1, "batches": 2, "segment_ms": 800, "burn_in_ms": 100},
}  # fmt: skip
RANDOM = {"name": "random", "kind": "random-windows"}
BARE = {"published": [], "export": None, "seeds": [0]}


def series(name, start, value, mask=None):
    rows = np.full((40, 1), value, np.float32)
    return Series(Span(name, start, start + 40), rows, rows, mask)


PARTS = {
    "train": [series("a", 0, 1.0), series("b", 0, 2.0)],
    "validation": [series("c", 0, 3.0)],
    "calibration": [],
    "test": [series("d", 0, 9.0)],
}


def test_by_default_parts_are_handed_on_as_they_are():
    given = Protocol().material(PARTS)
    assert [list(p) for p in (given.train, given.validation, given.test)] == [
        PARTS[k] for k in ("train", "validation", "test")
    ]
    assert given.scaled == ()
    assert not Protocol().leaks


def test_each_habit_does_what_it_says():
    scaled = Protocol(scaler="all").material(PARTS).scaled
    assert {s.span.trial for s in scaled} == set("abcd")
    inside = Protocol(validation="inside").material(PARTS)
    assert {s.span.trial for s in inside.train} == set("abc")
    on_test = Protocol(validation="test").material(PARTS)
    assert on_test.validation is on_test.test
    joined = Protocol(borders="joined").material(PARTS).train
    assert len(joined) == 1
    assert joined[0].targets[:, 0].tolist() == [1.0] * 40 + [2.0] * 40
    # Each recording is shorter than a window; only a window across the border finds room.
    assert len(Windows(joined, 50, 10)) == 21
    assert len(Windows(PARTS["train"], 50, 10)) == 0


@given(st.integers(1, 500), st.integers(0, 2**31), st.integers(0, 50))
def test_a_deal_gives_every_window_to_one_part(length, seed, number):
    assignment = Assignment(0.1, 0.2, seed)
    parts = [assignment.mask(k, number, length) for k in ("train", "validation", "test")]
    assert (np.sum(parts, axis=0) == 1).all()


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4), st.integers(0, 99))
def test_only_owned_windows_are_read(history, horizon, stride, seed):
    rows = np.arange(60, dtype=np.float32)[:, None]
    mask = np.random.default_rng(seed).random(60) < 0.3
    windows = Windows([Series(Span("a", 0, 60), rows, rows, mask)], history, horizon, stride)
    ends = [e for e in range(history - 1, 60 - horizon) if mask[e]][::stride]
    assert len(windows) == len(ends)
    if ends:
        assert windows.ends(0).tolist() == ends
        assert windows.inputs(0)[:, -1, 0].tolist() == ends
        assert windows.futures(0)[:, 0, 0].tolist() == [e + 1 for e in ends]


@pytest.fixture(scope="module")
def leaky(tmp_path_factory):
    models = [
        {"model": "train-mean", "inputs": ["imu"]},
        {"model": "knn", "inputs": ["imu"], "options": {"match_ms": 300}},
        GRU,
        {**GRU, "name": "all", "splits": ["loso"], "protocol": {"scaler": "all"}},
        {"model": "ridge", "name": "tuned", "inputs": ["imu"], "splits": ["loso"],
         "tune": {"trials": 3, "options": {"alpha": {"low": 0.1, "high": 1e4, "log": True}}}},
    ]  # fmt: skip
    splits = [{"name": "loso", "kind": "leave-one-subject-out", "max_folds": 1}, RANDOM]
    made = workspace(tmp_path_factory.mktemp("leaky"), models=models, splits=splits, **BARE)
    return made, {(j.split, j.model): k for j, k in run_study(made)}, list_jobs(made)


def facts(leaky, split, model):
    return read_fit(fit_folder(leaky[0], leaky[1][split, model]))


def test_random_windows_flatter_a_memory(leaky):
    def mean(split):
        scores = facts(leaky, split, "knn")["scores"].values()
        return np.mean([s["right_ankle_angle_flexion"]["mae"] for s in scores])

    assert mean("random") < 0.5 * mean("loso")
    assert not facts(leaky, "random", "knn")["leakage_free"]
    assert facts(leaky, "loso", "knn")["leakage_free"]


def test_windows_of_a_stateful_model_are_dealt_too(leaky):
    ready = plan(leaky[0], next(j for j in leaky[2] if (j.split, j.model) == ("random", "gru")))
    given = material(ready)
    for a, b, c in zip(given.train, given.validation, given.test, strict=True):
        assert (a.mask.astype(int) + b.mask + c.mask == 1).all()
    assert facts(leaky, "random", "gru")["epochs"] == 1


def test_stretches_without_a_window_that_counts_are_passed_over():
    rng = np.random.default_rng(0)
    shape = Signature(("x",), ("y",), 20, 4, 100.0)
    parts = {}
    for part in ("train", "validation"):
        assignment = Assignment(0.1, 0.2, 0)
        parts[part] = [
            Series(Span(str(k), 0, n), *(rng.normal(size=(n, 1)).astype(np.float32) for _ in "xy"),
                   assignment.mask(part, k, n))
            for k, n in enumerate((300, 300, 32, 30, 31))
        ]  # fmt: skip
    small = {**GRU["training"], "max_epochs": 2}
    _, report = fit("gru", shape, parts["train"], parts["validation"], training=small)
    assert report.epochs == 2
    assert all(np.isfinite(epoch["val_mae"]) for epoch in report.history)


def test_a_scaler_on_all_data_is_another_scaler(leaky):
    made, keys, _ = leaky
    assert not facts(leaky, "loso", "all")["leakage_free"]
    clean, all_data = (
        Predictor.load(fit_folder(made, keys["loso", m])).feature_scaler.offset
        for m in ("gru", "all")
    )
    assert not np.allclose(clean, all_data)


def test_options_are_chosen_on_the_validation_part(leaky):
    made, keys, jobs = leaky
    tuned = facts(leaky, "loso", "tuned")["tuned"]
    assert 0.1 <= tuned["options.alpha"] <= 1e4
    assert tuned["error"] > 0
    loaded = Predictor.load(fit_folder(made, keys["loso", "tuned"]))
    assert loaded.options["alpha"] == tuned["options.alpha"]
    ready = plan(made, next(j for j in jobs if j.model == "tuned"))
    held = {s.span.trial for s in series_of(ready)["validation"]}
    assert held.isdisjoint(p.trial for p in ready.fold.test)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ({"protocol": {"scaler": "some"}}, "scaler"),
        ({"protocol": {"scalar": "all"}}, "unknown option 'scalar'"),
        ({"tune": {"options": {"units": [8, "many"]}}}, "units"),
        ({"tune": {"options": {"unit": [8]}}}, "unknown option 'unit'"),
        ({"tune": {"trials": 0}}, "trials"),
        ({"model": "persistence", "options": {}, "training": {}, "tune": {}}, "searches nothing"),
        ({"tune": {"against": "beauty"}}, "against"),
        ({"tune": {"inner": 0}}, "inner"),
    ],
)
def test_wrong_protocols_and_searches_are_named(tmp_path, entry, words):
    with pytest.raises(Exception, match=words):
        workspace(tmp_path, models=[{**GRU, **entry}], **BARE)


def test_random_windows_cannot_be_augmented(tmp_path):
    models = [{**GRU, "augment": {"copies": 1}}]
    made: Workspace = workspace(tmp_path, models=models, splits=[RANDOM], **BARE)
    with pytest.raises(GaitcastError, match="augmented"):
        run_study(made)
