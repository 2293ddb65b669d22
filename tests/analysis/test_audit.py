"""The audit names every planted leak, and none where there is none."""

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitcast.analysis.audit import (
    AS_IT_IS,
    KINDS,
    audit_cell,
    changed_study,
    find_leaks,
    leaks_by_construction,
    pick_cell,
    write_audit,
)
from gaitcast.analysis.audit.identity import identity_evidence
from gaitcast.analysis.audit.samples import RUN, fingerprints, part_runs, shared, used
from gaitcast.cohort import Cohort
from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.models import Signature
from gaitcast.simulate import simulate
from gaitcast.study import Study, Workspace, list_jobs, plan, read_study
from gaitcast.tasks import Series, Span
from small_study import STUDY

GRU = {
    "model": "gru", "inputs": ["imu"], "steps": ["tilt"], "options": {"units": 4},
    "training": {"max_epochs": 1, "batches": 2, "segment_ms": 800, "burn_in_ms": 100},
}  # fmt: skip
LOSO = {"name": "loso", "kind": "leave-one-subject-out", "max_folds": 1}
RANDOM = {"name": "random", "kind": "random-windows"}
PLANTED = {
    "zero-phase filtering": ({"steps": ["offline"]}, LOSO),
    "random windows": ({}, RANDOM),
    "scaler on all data": ({"protocol": {"scaler": "all"}}, LOSO),
    "windows across borders": ({"protocol": {"borders": "joined"}}, LOSO),
    "validation inside training": ({"protocol": {"validation": "inside"}}, LOSO),
    "tuning on test": ({"protocol": {"validation": "test"}}, LOSO),
    "target among the inputs": ({"inputs": ["angle"], "steps": ["none"]}, LOSO),
}


def workspace(out, entry, split, seed=3, people=4):
    study = {
        **STUDY,
        "data": {
            "dataset": "simulated",
            "options": {"subjects": people, "minutes": 0.4, "seed": seed},
        },
        "models": [{**GRU, **entry}],
        "splits": [split],
        "seeds": [0],
        "published": [],
        "export": None,
    }
    return Workspace(Study.model_validate(study), None, out)


def named(out, entry, split, **more):
    made = workspace(out, entry, split, **more)
    return [leak.kind for leak in find_leaks(plan(made, list_jobs(made)[0]))]


BLOCKED = {
    "name": "blocked",
    "kind": "blocked",
    "max_folds": 1,
    "options": {"blocks": 6, "folds_per_person": 2},
}


@pytest.mark.parametrize("kind", PLANTED)
def test_a_planted_leak_is_named(tmp_path, kind):
    assert kind in named(tmp_path, *PLANTED[kind])


def test_every_kind_but_the_symptom_is_planted():
    elsewhere = {"skill from permuted labels", "one person under several names"}
    assert {*PLANTED, *elsewhere} == set(KINDS)


def test_a_clean_pipeline_is_left_in_peace(tmp_path):
    alarms = [named(tmp_path, {}, LOSO, seed=seed) for seed in range(100, 120)]
    assert sum(bool(a) for a in alarms) <= 1


@pytest.mark.parametrize(
    "split",
    [
        {
            "name": "blocked",
            "kind": "blocked",
            "max_folds": 1,
            "options": {"blocks": 6, "folds_per_person": 2},
        },
        {"name": "transfer", "kind": "transfer", "max_folds": 1, "options": {"calibration_s": 8.0}},
        {"name": "kfold", "kind": "grouped-k-fold", "max_folds": 1, "options": {"groups": 3}},
    ],
)
def test_splits_that_hold_apart_are_left_in_peace(tmp_path, split):
    assert named(tmp_path, {}, split) == []


def test_a_filter_s_tail_is_no_scaler_on_all_data(tmp_path):
    split = {
        "name": "blocked",
        "kind": "blocked",
        "max_folds": 1,
        "options": {"blocks": 6, "folds_per_person": 2},
    }
    made = workspace(tmp_path, {}, split)
    steps = {**made.study.steps, "tilt": [{"step": "butterworth", "cutoff_hz": 2}]}
    made = Workspace(made.study.model_copy(update={"steps": steps}), None, tmp_path)
    assert leaks_by_construction(plan(made, list_jobs(made)[0])) == []


def test_the_target_s_own_past_gives_no_skill_from_permuted_labels(tmp_path):
    found = named(tmp_path, {"inputs": ["angle"], "steps": ["none"]}, LOSO)
    assert found == ["target among the inputs"]


@pytest.mark.parametrize("entry", [{"augment": {"copies": 1}}, {"relative": True}])
def test_changes_that_a_model_cannot_have_are_left_out(tmp_path, entry):
    made = workspace(tmp_path, {"inputs": ["angle"], "steps": ["none"], **entry}, LOSO)
    pipeline = pick_cell(made.study, {"model": "gru"})
    turned = Workspace(changed_study(made, pipeline), None, tmp_path)
    assert all(plan(turned, job) for job in list_jobs(turned))


def test_horizons_of_a_split_are_those_of_its_changes(tmp_path):
    made = workspace(tmp_path, {}, {**LOSO, "horizons_ms": [50]})
    turned = changed_study(made, pick_cell(made.study, {"model": "gru"}))
    jobs = list_jobs(Workspace(turned, None, tmp_path))
    assert {j.horizon_ms for j in jobs} == {50}


def test_a_search_inside_the_training_part_is_no_leak(tmp_path):
    tune = {"trials": 2, "options": {"units": [2, 4]}}
    assert named(tmp_path, {"tune": tune, "augment": {"copies": 1}}, LOSO) == []


def test_a_recording_stored_under_two_names_is_found(tmp_path):
    made = workspace(tmp_path, {}, LOSO)
    ready = plan(made, list_jobs(made)[0])
    tested, trained = ready.fold.test[0].trial, ready.fold.train[0].trial
    copied = [
        type(r)(**{**vars(r), "samples": ready.cohort[tested].samples}) if r.trial == trained else r
        for r in ready.cohort
    ]
    twice = replace(ready, bound=replace(ready.bound, cohort=Cohort("twice", tuple(copied))))
    leak = next(leak for leak in leaks_by_construction(twice) if leak.kind == "random windows")
    assert tested in leak.evidence
    assert trained in leak.evidence


@given(st.integers(2, 60), st.integers(0, 2**31))
def test_equal_runs_have_equal_fingerprints_and_others_do_not(n, seed):
    values = np.random.default_rng(seed).normal(size=(n + RUN + 3, 2)).astype(np.float32)
    marks = fingerprints(values)
    assert len(set(marks.tolist())) == len(marks)
    assert np.array_equal(fingerprints(values[3:]), marks[3:])
    nudged = values.copy()
    nudged[0, 1] = np.nextafter(nudged[0, 1], np.float32(9), dtype=np.float32)
    assert fingerprints(nudged)[0] != marks[0]


def test_standing_still_is_no_evidence():
    still = Series(Span("a", 0, 60), np.zeros((60, 1)), np.full((60, 1), 3.5, np.float32))
    shape = Signature(("x",), ("y",), 10, 5, 100.0)
    assert len(part_runs([still], shape)) == 0
    coarse = np.repeat(np.arange(6), 10)[:, None].astype(np.float32)
    assert len(part_runs([Series(Span("a", 0, 60), coarse, coarse)], shape)) == 0
    assert shared(np.empty(0, np.uint64), np.empty(0, np.uint64)) == 0


def test_only_samples_in_windows_count():
    shape = Signature(("x",), ("y",), 10, 5, 100.0)
    mask = np.zeros(60, bool)
    mask[[20, 59]] = True  # the last has no future left
    rows = np.zeros((60, 1), np.float32)
    assert np.flatnonzero(used(Series(Span("a", 0, 60), rows, rows, mask), shape)).tolist() == [
        *range(11, 26)
    ]
    assert not used(Series(Span("a", 0, 9), rows[:9], rows[:9]), shape).any()


def test_every_habit_is_turned_on_or_off(tmp_path):
    made = workspace(tmp_path, {"steps": ["offline"], "protocol": {"scaler": "all"}}, LOSO)
    pipeline = pick_cell(made.study, dict.fromkeys(("model", "inputs", "steps", "split")))
    turned = changed_study(made, pipeline)
    names = [entry.label for entry in turned.models]
    assert names == [
        AS_IT_IS, "without zero-phase filtering", "random windows", "without scaler on all data",
        "windows across borders", "validation inside training", "tuning on test",
        "target among the inputs",
    ]  # fmt: skip
    assert turned.steps["turned"] == [{"step": "butterworth", "cutoff_hz": 5}]
    assert turned.models[3].protocol == {"scaler": "train"}
    assert turned.inputs["turned"][-1] == "right_ankle_angle_flexion"


def test_worth_is_told_change_by_change(tmp_path):
    # Three people, so that differences have intervals.
    made = workspace(tmp_path, {"inputs": ["angle"], "steps": ["none"]}, {**LOSO, "max_folds": 3})
    pipeline = pick_cell(made.study, {"model": "gru"})
    audit = audit_cell(made, pipeline)
    worth = audit.effects.set_index("change")
    assert worth.loc[AS_IT_IS, "difference"] == 0
    # Nothing but the target is an input, so there is nothing left without it.
    assert list(worth.index) == [AS_IT_IS, *KINDS[:6]]
    assert np.isfinite(worth["difference_low"]).all()
    kept = json.loads(write_audit(tmp_path, [audit]).read_text())
    assert kept[0]["leaks"][0]["kind"] == "target among the inputs"
    assert [row["change"] for row in kept[0]["effects"]] == list(worth.index)


def test_a_pipeline_that_is_not_there_is_named(tmp_path):
    made = workspace(tmp_path, {}, LOSO)
    with pytest.raises(GaitcastError, match="model 'grew'"):
        pick_cell(made.study, {"model": "grew"})


def test_real_recordings_raise_no_false_alarm(data, tmp_path):
    # The encoder's coarse steps, on the unequal clock too, are no samples shared.
    study = read_study("zare2025")
    made = Workspace(study, data, tmp_path)
    jobs = [j for j in list_jobs(made) if j.inputs == "imu" and j.steps == "none"]
    first = {j.split: j for j in reversed(jobs)}
    assert {k: leaks_by_construction(plan(made, j)) for k, j in first.items()} == {
        "within": [], "loso": [], "cross": [], "transfer": [], "blocked": []
    }  # fmt: skip


def in_trials(cohort, subject, trials=3):
    """Every recording cut into trials of its own, each under the name that `subject` gives."""
    cut = []
    for whole in cohort:
        length = len(whole) // trials
        for number in range(trials):
            rows = slice(number * length, (number + 1) * length)
            cut.append(
                replace(
                    whole,
                    time_s=whole.time_s[rows],
                    samples=whole.samples[rows],
                    trial=f"{whole.subject}_walk{number + 1}",
                    subject=subject(whole.subject, number + 1),
                    truth=None,
                    events={},
                )
            )
    return Cohort("cut", tuple(cut))


@pytest.mark.parametrize("seed", range(20))
def test_people_under_the_names_of_their_trials_are_found_and_clean_ones_are_not(seed):
    cohort = simulate(4, 0.5, seed)
    planted = identity_evidence(in_trials(cohort, lambda _, number: f"walk{number}"))
    assert "one person under several names" in planted
    assert identity_evidence(in_trials(cohort, lambda who, _: who)) == ""


def test_segment_lengths_show_one_person_under_two_names(data):
    horst = load("horst2019-s01", data)
    walks = [replace(r, subject=f"P{k}") for k, r in enumerate(horst)][:3]
    evidence = identity_evidence(Cohort("names", tuple(walks)))
    assert "'P0' and 'P1'" in evidence
    assert "segment lengths in common" in evidence
    assert identity_evidence(Cohort("one", tuple(horst)[:3])) == ""


@pytest.mark.parametrize("name", ["ankle6-encoder", "voisard-foot-imu", "kam-imu-grf-mocap"])
def test_real_participants_are_not_taken_for_each_other(data, name):
    assert identity_evidence(load(name, data)) == ""
