"""A small study end to end: fits are kept by content hash, never repeated, and resumed."""

import json
from contextlib import nullcontext
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch

from conftest import ANGLE
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.metrics import FORCE_METRICS
from gaitcast.report import write_report
from gaitcast.simulate import simulate
from gaitcast.study import (
    Workspace,
    fit_folder,
    list_jobs,
    pick_fits,
    plan,
    read_fit,
    read_run,
    results_table,
    run_study,
    summarise,
    write_results,
)
from gaitcast.study import workspace as workspace_module
from gaitcast.study.fits import needs_of, run_job
from gaitcast.study.results import COLUMNS, UNITS
from gaitcast.training import Predictor
from small_study import STUDY, workspace


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    made = workspace(tmp_path_factory.mktemp("tiny"))
    return made, run_study(made, workers=1)


@pytest.mark.parametrize("model", ["persistence", "nothing"])
def test_a_fit_leaves_the_number_of_threads_as_it_was(tmp_path, model):
    made = workspace(tmp_path, models=[{"model": "persistence", "inputs": ["angle"]}], export=None,
                     published=[])  # fmt: skip
    job = replace(list_jobs(made)[0], split="loso" if model == "persistence" else "none")
    before = torch.get_num_threads()
    torch.set_num_threads(before + 1)
    try:
        with nullcontext() if model == "persistence" else pytest.raises(StopIteration):
            run_job(made, job)
        assert torch.get_num_threads() == before + 1
    finally:
        torch.set_num_threads(before)


def test_every_cell_is_run_once_with_seeds_for_networks_only(finished):
    _, fits = finished
    assert len(fits) == 3 + 6 + 6
    assert {j.seed for j, _ in fits if j.model == "ridge"} == {0}
    assert {j.seed for j, _ in fits if j.model == "gru"} == {0, 1}
    assert len({key for _, key in fits}) == len(fits)


def test_results_are_tidy_and_read_back(finished):
    made, fits = finished
    table = results_table(made, fits)
    summary = summarise(table)
    write_results(made, fits, table, summary)
    stored = pd.read_csv(made.out / "results.csv")
    assert tuple(stored.columns) == COLUMNS
    words = pd.read_csv(made.out / "results.csv", dtype=str)
    for flag in ("causal", "leakage_free", "naive"):
        assert set(words[flag]) <= {"true", "false"}
    assert set(stored["metric"]) == {
        *(UNITS.keys() - FORCE_METRICS.keys()),
        "mae_at",
        "mae_since",
        "coverage",
        "width",
    }
    assert set(stored.loc[stored["steps"] == "offline", "causal"]) == {False}
    assert set(stored.loc[stored["steps"] != "offline", "causal"]) == {True}
    gru = stored[(stored["model"] == "gru") & (stored["metric"] == "mae")]
    assert set(gru["published"]) == {1.5}
    assert len(gru) == 6
    per_step = stored[(stored["model"] == "gru") & (stored["metric"] == "mae_at")]
    assert per_step["value"].mean() == pytest.approx(gru["value"].mean(), abs=1e-4)
    content = json.loads((made.out / "results.json").read_text())
    assert len(content["rows"]) == len(stored)
    assert len(content["summary"]) == 4
    study, again = read_run(made.out)
    assert study == made.study
    assert again == fits


def test_a_finished_fit_is_never_repeated(finished, monkeypatch):
    made, fits = finished
    monkeypatch.setattr(
        "gaitcast.pipeline.pipeline.fit", lambda *_, **__: pytest.fail("fitted again")
    )
    told = []
    assert run_study(made, workers=1, announce=lambda *a: told.append(a)) == fits
    assert [(done, total) for _, done, total in told] == [(k + 1, 15) for k in range(15)]


def test_no_fit_sees_its_test_person(finished):
    made, fits = finished
    for job, key in fits:
        facts = read_fit(fit_folder(made, key))
        assert job.subject not in facts["trained_on"] + facts["stopped_by"]


def test_the_hash_follows_what_matters(finished, tmp_path):
    made, _ = finished
    job = next(j for j in list_jobs(made) if j.model == "gru")
    models = [dict(m) for m in STUDY["models"]]
    models[2] = {**models[2], "options": {"units": 5}}
    key = plan(made, job).key
    assert plan(workspace(tmp_path), job).key == key
    assert plan(workspace(tmp_path, title="Another title"), job).key == key
    assert plan(workspace(tmp_path, models=models), job).key != key
    gap = {**STUDY["data"], "max_gap_s": 0.2}
    assert plan(workspace(tmp_path, data=gap), job).key != key
    other = {**STUDY["data"], "options": {"subjects": 3, "minutes": 0.2, "seed": 4}}
    assert plan(workspace(tmp_path, data=other), job).key != key


def test_a_killed_study_resumes_without_losing_fits(tmp_path, monkeypatch):
    made = workspace(tmp_path / "r")
    from gaitcast.pipeline import pipeline as place

    count, real = [], place.fit

    def fit_until_killed(*args, **kwargs):
        if len(count) == 4:
            raise KeyboardInterrupt
        count.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(place, "fit", fit_until_killed)
    with pytest.raises(KeyboardInterrupt):
        run_study(made, workers=1)
    assert not (made.out / "results.csv").exists()

    def counted(*args, **kwargs):
        count.append(1)
        return real(*args, **kwargs)

    monkeypatch.setattr(place, "fit", counted)
    fits = run_study(made, workers=1)
    assert len(count) == len(fits) == 15
    assert {p.name for p in (made.out / "fits").iterdir()} == {key for _, key in fits}


def test_two_workers_give_what_one_gives(finished, tmp_path):
    made, fits = finished
    parallel = workspace(tmp_path / "two")
    again = run_study(parallel, workers=2)
    assert again == fits
    for job, key in fits:
        one, two = (read_fit(fit_folder(b, key))["scores"] for b in (made, parallel))
        for metric in ("mae", "rmse"):  # threads of the linear algebra differ in the last digits
            assert one[job.subject][ANGLE][metric] == pytest.approx(
                two[job.subject][ANGLE][metric], rel=1e-4
            )


@pytest.fixture
def nothing_read():
    workspace_module._cohort.cache_clear()
    yield
    workspace_module._cohort.cache_clear()


@pytest.mark.usefixtures("nothing_read")
def test_recordings_are_read_once_for_all_workers_and_preparations(tmp_path, monkeypatch):
    # Workers that read for themselves would find the people asked for, not these.
    read = []

    def others(*_, **options):
        read.append(options)
        return simulate(subjects=3, minutes=0.2, seed=99)

    monkeypatch.setattr("gaitcast.study.workspace.load", others)
    change = {"models": STUDY["models"][:2], "published": [], "export": None}
    alone, pair = (workspace(tmp_path / name, **change) for name in ("alone", "pair"))
    scores = [
        results_table(place, run_study(place, workers=n))["value"].to_numpy()
        for n, place in enumerate((alone, pair), start=1)
    ]
    np.testing.assert_allclose(*scores, rtol=1e-3)
    prepared = {**STUDY["data"], "prepare": ["force-per-mass"]}
    workspace(tmp_path / "prepared", data=prepared).cohort("uniform")
    assert len(read) == 1


def test_entries_with_names_heads_wearers_and_copies(tmp_path):
    training = {"max_epochs": 1, "batches": 2, "segment_ms": 800, "burn_in_ms": 100}
    gru = {"model": "gru", "options": {"units": 4}, "training": training}
    inputs = {
        "imu": ["right_foot_[ag]*"],
        "imu+body": ["right_foot_[ag]*", "wearer:mass_kg", "wearer:sex"],
    }
    models = [
        {"model": "ridge", "inputs": ["imu", "imu+body"]},
        {**gru, "inputs": ["imu", "imu+body"]},
        {
            **gru,
            "name": "gru film",
            "inputs": ["imu+body"],
            "options": {"units": 4, "fusion": "film"},
        },
        {**gru, "name": "gru sure", "inputs": ["imu"], "head": "quantile"},
        {
            **gru,
            "name": "gru new wearers",
            "inputs": ["imu"],
            "augment": {"copies": 1, "rotation_deg": 10.0, "time_warp": 0.1},
        },
    ]
    place = workspace(
        tmp_path, inputs=inputs, models=models, seeds=[0], published=[], export=None, splits=[
            {"name": "loso", "kind": "leave-one-subject-out", "max_folds": 1}
        ],
    )  # fmt: skip
    fits = run_study(place, workers=1)
    table = summarise(results_table(place, fits))
    assert sorted(table["model"].unique()) == [
        "gru", "gru film", "gru new wearers", "gru sure", "ridge",
    ]  # fmt: skip
    assert (table.groupby("model")["naive"].first() == [False] * 4 + [True]).all()
    values = dict(
        zip(zip(table["model"], table["inputs"], strict=True), table["value"], strict=True)
    )
    assert len(set(values.values())) == len(values)  # each of these changes what is learnt
    made = Predictor.load(fit_folder(place, {j.model: k for j, k in fits}["gru film"]))
    assert made.signature.covariates == ("mass_kg", "sex")


def test_groups_of_people_are_scored_one_by_one(tmp_path):
    data = {"dataset": "simulated", "options": {"subjects": 5, "minutes": 0.2, "seed": 3}}
    splits = [{"name": "kfold", "kind": "grouped-k-fold", "options": {"groups": 3}}]
    models = [{"model": "ridge", "inputs": ["imu"]}]
    place = workspace(tmp_path, data=data, splits=splits, models=models, published=[], export=None)
    fits = run_study(place, workers=1)
    assert len(fits) == 3
    table = results_table(place, fits)
    assert sorted(table["subject"].unique()) == ["S01", "S02", "S03", "S04", "S05"]
    assert summarise(table)["people"].tolist() == [5]


def test_a_person_s_first_seconds_change_what_is_forecast(tmp_path):
    data = {"dataset": "simulated", "options": {"subjects": 3, "minutes": 0.5, "seed": 3}}
    training = {"max_epochs": 1, "batches": 2, "segment_ms": 800, "burn_in_ms": 100}
    models = [
        {"model": "ridge", "inputs": ["imu"]},
        {"model": "gru", "inputs": ["imu"], "options": {"units": 4}, "training": training},
    ]
    values = {}
    for name, kind, options in (
        ("transfer", "transfer", {"calibration_s": 10.0}),
        ("loso", "leave-one-subject-out", {}),
    ):
        splits = [{"name": name, "kind": kind, "options": options}]
        place = workspace(
            tmp_path / name, data=data, splits=splits, models=models, seeds=[0], published=[],
            export=None,
        )  # fmt: skip
        fits = run_study(place, workers=1)
        made = {j.model: Predictor.load(fit_folder(place, k)) for j, k in fits if j.fold == "S01"}
        values[name] = made
    for model in ("ridge", "gru"):
        one, other = (values[k][model].forecaster.state_dict() for k in ("transfer", "loso"))
        assert any(not np.array_equal(one[k], other[k]) for k in one)
        # Scalers never see the person.
        scalers = [values[k][model].feature_scaler.offset for k in ("transfer", "loso")]
        assert np.array_equal(*scalers)


def test_no_part_remembers_another(tmp_path):
    """What is learnt from does not change with the test blocks, however long a step remembers."""
    from gaitcast.study.fits import series_of

    splits = [
        {"name": "blocked", "kind": "blocked", "options": {"blocks": 6, "folds_per_person": 3}}
    ]
    steps = {
        "scaled": [{"step": "wearer_scale"}],
        "tilt": [{"step": "butterworth", "cutoff_hz": 20}, {"step": "complementary_tilt"}],
    }
    data = {"dataset": "simulated", "options": {"subjects": 1, "minutes": 0.6, "seed": 3}}
    models = [{"model": "ridge", "inputs": ["imu"], "steps": ["scaled", "tilt"]}]
    place = workspace(
        tmp_path, data=data, splits=splits, steps=steps, models=models, published=[], export=None
    )
    for job in list_jobs(place)[:2]:
        ready = plan(place, job)
        before = series_of(ready)
        (trial,) = ready.cohort
        samples = trial.samples.copy()
        for span in ready.fold.test:
            samples[span.start : span.stop] += 30.0
        changed = Cohort("x", (replace(trial, samples=samples),), ready.cohort.subjects)
        after = series_of(replace(ready, bound=replace(ready.bound, cohort=changed)))
        for part in ("train", "validation"):
            for one, other in zip(before[part], after[part], strict=True):
                assert np.array_equal(one.features, other.features)
        assert not np.allclose(before["test"][-1].features, after["test"][-1].features)


def test_what_cannot_be_built_is_said_before_the_first_fit(tmp_path):
    wrong = {"model": "transformer", "inputs": ["imu"], "options": {"heads": 3}}
    models = [{"model": "ridge", "inputs": ["imu"]}, wrong]
    place = workspace(tmp_path, models=models, published=[], export=None)
    with pytest.raises(GaitcastError, match=r"transformer.*3 heads"):
        run_study(place, workers=1)
    assert not (tmp_path / "fits").exists()


def test_the_present_cannot_be_its_own_input(tmp_path):
    task = {**STUDY["task"], "horizons_ms": [0], "output": "last"}
    models = [{"model": "persistence", "inputs": ["angle"]}]
    place = workspace(tmp_path, task=task, models=models, published=[], export=None)
    with pytest.raises(GaitcastError, match="is to be estimated and is itself an input"):
        run_study(place, workers=1)


def test_what_is_not_known_of_a_wearer_is_named(tmp_path):
    inputs = {"imu": ["right_foot_[ag]*", "wearer:mass"]}
    models = [{"model": "ridge", "inputs": ["imu"]}]
    place = workspace(tmp_path, inputs=inputs, models=models, published=[], export=None)
    with pytest.raises(GaitcastError, match=r"person 'S0.'.*'mass' is not known.*mass_kg"):
        run_study(place, workers=1)


def test_an_estimate_of_the_present(tmp_path):
    task = {**STUDY["task"], "horizons_ms": [0], "output": "last"}
    models = [{"model": "ridge", "inputs": ["imu"]}]
    change = {"task": task, "models": models, "published": [], "export": None}
    place = workspace(tmp_path, **change)
    table = results_table(place, run_study(place, workers=1))
    assert (table["horizon_ms"] == 0).all()
    assert table[table["metric"] == "mae"]["value"].between(0.01, 40).all()
    with pytest.raises(ValueError, match='output = "last"'):
        workspace(tmp_path, **{**change, "task": {**task, "output": "all"}})


def test_fewer_samples_scored_are_some_of_all(tmp_path):
    ridge = {"model": "ridge", "inputs": ["imu"]}
    models = [ridge, {**ridge, "name": "thinned", "score_stride": 7}]
    place = workspace(tmp_path, models=models, published=[], export=None)
    fits = {(job.model, job.subject): key for job, key in run_study(place, workers=1)}
    target = STUDY["task"]["targets"][0]
    for person in ("S01", "S02", "S03"):
        every, seventh = (
            read_fit(fit_folder(place, fits[model, person]))["scores"][person][target]
            for model in ("ridge", "thinned")
        )
        assert seventh["windows"] == pytest.approx(every["windows"] / 7, abs=1)
        assert seventh["mae"] == pytest.approx(every["mae"], rel=0.2)
        assert np.isfinite(every["peak"])
        assert not np.isfinite(seventh["peak"])  # no curve, no peak
    kept = run_study(place, workers=1)
    write_report(place, kept, summarise(results_table(place, kept)))
    assert "thinned" in (place.out / "report.html").read_text(encoding="utf-8")


def test_hindsight_is_scored_where_it_speaks_of_and_is_not_live(tmp_path):
    task = {**STUDY["task"], "horizons_ms": [-200, 0], "output": "last"}
    models = [{"model": "ridge", "inputs": ["imu"]}]
    change = {"task": task, "models": models, "published": [], "export": None}
    made = workspace(tmp_path, **change)
    fits = run_study(made, workers=1)
    table = results_table(made, fits)
    error = table[table["metric"] == "mae"].groupby("horizon_ms")["value"].mean()
    assert error[-200] < error[0]
    assert set(table["horizon_ms"]) == {-200, 0}
    assert not table.loc[table["horizon_ms"] == -200, "causal"].any()
    key = next(k for j, k in fits if j.horizon_ms == -200 and j.subject == "S01")
    angle = made.cohort("uniform")["S01"].column("right_ankle_angle_flexion").astype(np.float32)
    with np.load(fit_folder(made, key) / "trace.npz") as trace:
        instants = np.round(trace["0.time_s"] * 100).astype(int)
        assert instants[0] >= 49 - 20
        np.testing.assert_array_equal(trace["0.truth"][:, 0], angle[instants])
    early = workspace(tmp_path, **{**change, "task": {**task, "horizons_ms": [-500, 0]}})
    with pytest.raises(GaitcastError, match="lies before the history"):
        run_study(early, workers=1)
    wrong = {**change, "task": {**task, "output": "window"}}
    with pytest.raises(ValueError, match=r"Set horizons_ms = \[0\]"):
        workspace(tmp_path, **wrong)


def test_traces_speak_of_the_right_instants(finished):
    made, fits = finished
    key = next(k for j, k in fits if j.model == "persistence" and j.subject == "S01")
    angle = made.cohort("uniform")["S01"].column("right_ankle_angle_flexion").astype(np.float32)
    with np.load(fit_folder(made, key) / "trace.npz") as trace:
        assert trace["person"].tolist() == ["S01"]
        instants = np.round(trace["0.time_s"] * 100).astype(int)
        np.testing.assert_array_equal(trace["0.truth"][:, 0], angle[instants])
        for line, ahead in enumerate(trace["ahead"]):
            np.testing.assert_allclose(
                trace["0.forecast"][:, line, 0], angle[instants - ahead], atol=1e-5
            )


def test_a_cell_asked_for_twice_is_refused(tmp_path):
    models = [STUDY["models"][0], STUDY["models"][0]]
    twice = workspace(tmp_path, models=models, published=[], export=None)
    with pytest.raises(GaitcastError, match="entries 1 and 2 both ask for persistence"):
        list_jobs(twice)


def test_what_goes_wrong_names_the_job_and_writes_nothing(tmp_path):
    wrong = workspace(tmp_path / "r", inputs={"angle": ["ipsi_*"], "imu": ["*_acc_*"]})
    with pytest.raises(GaitcastError, match=r"persistence angle.*no channel matches 'ipsi_\*'"):
        run_study(wrong, workers=1)
    absent = workspace(tmp_path / "q", data={"dataset": "ankle6-encoder"})
    with pytest.raises(GaitcastError, match="no LOG"):
        run_study(Workspace(absent.study, tmp_path, tmp_path / "q"), workers=1)
    assert not (tmp_path / "q").exists()
    with pytest.raises(GaitcastError, match="no results of a study here"):
        read_run(tmp_path)


def test_a_fit_that_cannot_be_done_is_said_whole_by_two_workers(tmp_path):
    models = [{"model": "knn", "inputs": ["imu"], "options": {"neighbours": 100_000}}]
    wrong = workspace(tmp_path / "r", models=models, published=[], export=None)
    with pytest.raises(GaitcastError, match=r"knn imu none.*too few for 100000 neighbours"):
        run_study(wrong, workers=2)
    assert not [p for p in (tmp_path / "r" / "fits").iterdir() if p.is_dir()]


def test_a_damaged_fit_is_named(finished, tmp_path):
    made, fits = finished
    folder = tmp_path / "fit"
    folder.mkdir()
    (folder / "fit.json").write_text("{")
    with pytest.raises(GaitcastError, match=r"damaged.*Delete the folder"):
        read_fit(folder)
    with pytest.raises(GaitcastError, match=r"damaged.*Fit it again"):
        Predictor.load(folder)
    assert Predictor.load(fit_folder(made, fits[0][1])).model == fits[0][0].model


def test_a_fit_is_picked_or_the_choice_is_named(finished):
    _, fits = finished
    [(job, _)] = pick_fits(fits, {"model": "ridge", "steps": "none", "fold": "S01"})
    assert (job.model, job.steps, job.subject) == ("ridge", "none", "S01")
    with pytest.raises(GaitcastError, match="Choose with --fold: S01, S02, S03"):
        pick_fits(fits, {"model": "ridge", "steps": "none", "fold": None})
    with pytest.raises(GaitcastError, match="Did you mean 'tilt'"):
        pick_fits(fits, {"model": "gru", "steps": "tlit"})


def test_a_step_learns_on_those_who_train_alone(tmp_path):
    step = {
        "step": "joint_angle", "angle": "right_ankle_angle_flexion",
        "proximal": "right_shank", "distal": "right_foot",
    }  # fmt: skip
    made = workspace(
        tmp_path,
        inputs={"imu": ["right_foot_[ag]*", "right_shank_[ag]*"]},
        steps={"angle": [step]},
        models=[{"model": "persistence", "inputs": ["imu"], "steps": ["angle"]}],
        published=[],
        export=None,
    )
    ready = plan(made, list_jobs(made)[0])
    (learned,) = ready.chain.steps
    tested = ready.fold.test[0].trial
    for trial, same in ((tested, True), (ready.fold.train[0].trial, False)):
        changed = tuple(
            replace(r, samples=1.1 * r.samples) if r.trial == trial else r for r in ready.cohort
        )
        other = replace(ready, bound=replace(ready.bound, cohort=Cohort("other", changed)))
        assert (other.chain.steps == (learned,)) == same
    assert needs_of(ready) == ""
    assert read_fit(fit_folder(made, run_job(made, ready.job)))["needs"] == ""
