"""Studies of force: whole curves, features of others as a control, impulse and body weights."""

import numpy as np
import pytest

from gaitcast.errors import GaitcastError, MissingError
from gaitcast.evaluation.metrics import impulse_score
from gaitcast.models import vision
from gaitcast.report import write_report
from gaitcast.study import (
    Study,
    Workspace,
    fit_folder,
    plan,
    read_fit,
    results_table,
    run_study,
    summarise,
)
from gaitcast.study.export import export_bundle
from gaitcast.study.results import extrapolations

STUDY = {
    "name": "force",
    "title": "Whole stance curves",
    "data": {
        "dataset": "simulated",
        "options": {"subjects": 3, "minutes": 0.2, "seed": 3},
        "prepare": ["force-per-mass", "stance-curves"],
    },
    "task": {
        "name": "stance",
        "targets": ["right_foot_grf_z", "right_foot_grf_x"],
        "history_ms": 1010,
        "horizons_ms": [0],
        "output": "window",
    },
    "inputs": {
        "imu": ["right_shank_[ag]*"],
        "known": ["right_shank_[ag]*", "wearer:mass_kg"],
        "other": ["right_shank_[ag]*", "wearer:shuffled:mass_kg"],
    },
    "models": [
        {"model": "mean-curve", "inputs": ["imu"]},
        {"model": "ridge", "inputs": ["imu", "known", "other"], "options": {"every": 10}},
    ],
    "splits": [{"name": "loso", "kind": "leave-one-subject-out"}],
}


@pytest.fixture(scope="module")
def curves(tmp_path_factory):
    workspace = Workspace(Study.model_validate(STUDY), None, tmp_path_factory.mktemp("force"))
    return workspace, run_study(workspace)


def test_people_unlike_all_who_trained_are_named(curves):
    workspace, fits = curves
    masses = {p: known["mass_kg"] for p, known in workspace.cohort("uniform").subjects.items()}
    light, _, heavy = sorted(masses, key=masses.get)
    known, other = extrapolations(workspace, fits)
    assert known.startswith("loso, known: ")
    assert other.startswith("loso, other: ")
    assert f"{light}: mass_kg {masses[light]:g} is beyond" in known
    assert f"{heavy}: mass_kg {masses[heavy]:g} is beyond" in known


def test_curves_are_scored_whole_and_cannot_be_had_live(curves):
    workspace, fits = curves
    for _, key in fits:
        facts = read_fit(fit_folder(workspace, key))
        assert not facts["causal"]
        for scores in facts["scores"].values():
            vertical = scores["right_foot_grf_z"]
            assert len(vertical["by_step"]) == 101
            assert np.isfinite(vertical["impulse"])
            assert np.isfinite(vertical["peak"])
    table = results_table(workspace, fits)
    assert set(table.loc[table["metric"] == "impulse", "unit"]) == {"N/kg s"}
    error = table[table["metric"] == "rmse_bw"].groupby("model")["value"].mean()
    assert error.max() < 15
    per_kg = table[table["metric"] == "rmse"].groupby("model")["value"].mean()
    np.testing.assert_allclose(error, per_kg / 9.80665 * 100)
    summary = summarise(table)
    assert set(summary["unit"]) == {"% BW"}
    write_report(workspace, fits, summary)
    assert "the whole curve" in (workspace.out / "report.html").read_text(encoding="utf-8")
    assert len((workspace.out / "cost.csv").read_text(encoding="utf-8").splitlines()) == 5


def test_a_shuffled_feature_is_never_one_s_own(curves):
    workspace, fits = curves
    of = {job.inputs: job for job, _ in fits if job.model == "ridge"}
    own, other = (plan(workspace, of[name]).assembly.wearers for name in ("known", "other"))
    assert own.keys() == other.keys()
    for trial, values in own.items():
        assert values != other[trial]
    assert {float(v[0]) for v in own.values()} == {float(v[0]) for v in other.values()}


def test_neither_is_exported(curves, tmp_path):
    workspace, fits = curves
    job, key = next((j, k) for j, k in fits if j.model == "ridge" and j.inputs == "imu")
    with pytest.raises(GaitcastError, match="estimates the past"):
        export_bundle(workspace, fits, job, tmp_path / "bundle")
    task = {**STUDY["task"], "output": "last", "history_ms": 200}
    live = {**STUDY, "task": task, "models": [{"model": "ridge", "inputs": ["other"]}]}
    live["data"] = {**STUDY["data"], "prepare": ["force-per-mass"]}
    control = Workspace(Study.model_validate(live), None, tmp_path / "live")
    ((job, key), *_) = run_study(control)
    with pytest.raises(GaitcastError, match="a control and no predictor"):
        export_bundle(control, [(job, key)], job, tmp_path / "bundle")


def test_a_stateful_model_has_no_hindsight(tmp_path):
    study = {**STUDY, "models": [{"model": "gru", "inputs": ["imu"]}]}
    workspace = Workspace(Study.model_validate(study), None, tmp_path / "gru")
    with pytest.raises(GaitcastError, match="has no hindsight"):
        run_study(workspace)


def test_a_curve_is_not_scored_in_part():
    model = {"model": "ridge", "inputs": ["imu"], "score_stride": 5}
    with pytest.raises(ValueError, match="model 'ridge': score_stride leaves out samples"):
        Study.model_validate({**STUDY, "models": [model]})


def test_what_is_missing_is_told_once_and_the_study_goes_on(tmp_path, monkeypatch):
    def offline(network):
        raise MissingError(f"no weights of {network}", hint="Try again when online")

    monkeypatch.setattr(vision, "imagenet_weights", offline)
    pretrained = {"model": "resnet50", "inputs": ["imu"], "options": {"weights": "imagenet"}}
    models = [STUDY["models"][0], {**pretrained, "name": "with weights"}]
    study = Study.model_validate({**STUDY, "models": models})
    said = []
    fits = run_study(Workspace(study, None, tmp_path / "a"), warn=said.append)
    assert {job.model for job, _ in fits} == {"mean-curve"}
    assert said == ["left out: with weights. no weights of resnet50. Try again when online"]
    with pytest.raises(MissingError, match="no weights"):
        run_study(Workspace(study, None, tmp_path / "b"))
    alone = Study.model_validate({**STUDY, "models": models[1:]})
    with pytest.raises(MissingError, match="no weights"):
        run_study(Workspace(alone, None, tmp_path / "c"), warn=said.append)


def test_an_impulse_is_force_times_time():
    assert impulse_score([2.0, -1.0]) == 1.5
    assert np.isnan(impulse_score([]))
