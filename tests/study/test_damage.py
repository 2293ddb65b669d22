"""What is damaged or belongs to something else is said in one line, never shown as figures."""

import json
import shutil

import pytest

from gaitcast.analysis.explain import explain_fits
from gaitcast.errors import GaitcastError
from gaitcast.report import write_report
from gaitcast.study import (
    Workspace,
    pick_fits,
    read_fit,
    read_run,
    results_table,
    run_study,
    summarise,
    write_results,
)
from small_study import workspace

BARE = {"published": [], "export": None, "seeds": [0]}
RIDGE = [{"model": "ridge", "inputs": ["imu"]}]


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    made = workspace(tmp_path_factory.mktemp("whole"), models=RIDGE, **BARE)
    fits = run_study(made)
    table = results_table(made, fits)
    write_results(made, fits, table, summarise(table))
    return made


@pytest.fixture
def copy(finished, tmp_path):
    shutil.copytree(finished.out, tmp_path / "run")
    study, fits = read_run(tmp_path / "run")
    return Workspace(study, None, tmp_path / "run"), fits


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04half", "other"])
@pytest.mark.parametrize("name", ["errors.npz", "trace.npz"])
def test_damaged_arrays_name_the_fit(copy, name, content):
    made, fits = copy
    folder = made.out / "fits" / fits[0][1]
    if content is None:
        (folder / name).unlink()
    elif content == "other":
        shutil.copy(folder / ("trace.npz" if name == "errors.npz" else "errors.npz"), folder / name)
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(GaitcastError, match="finished fit is damaged"):
        write_report(made, fits, summarise(results_table(made, fits)))


def test_a_fit_without_its_facts_is_damaged(copy):
    made, fits = copy
    path = made.out / "fits" / fits[0][1] / "fit.json"
    facts = json.loads(path.read_text())
    path.write_text(json.dumps({"scores": facts["scores"]}))
    with pytest.raises(GaitcastError, match="finished fit is damaged"):
        read_fit(path.parent)


@pytest.mark.parametrize(
    "content", ["", "[", "[1, 2]", "null", '[{"pipeline": "a", "effects": [{}]}]']
)
def test_a_damaged_audit_is_named(copy, content):
    made, fits = copy
    (made.out / "audit.json").write_text(content)
    with pytest.raises(GaitcastError, match="audit is damaged"):
        write_report(made, fits, summarise(results_table(made, fits)))


def test_results_without_fits_are_no_results(copy):
    made, _ = copy
    path = made.out / "results.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "fits": []}))
    with pytest.raises(GaitcastError, match="no results"):
        read_run(made.out)


def test_other_recordings_are_not_explained(copy):
    made, fits = copy
    options = {**made.study.data.options, "seed": 99}
    other = made.study.model_copy(
        update={"data": made.study.data.model_copy(update={"options": options})}
    )
    with pytest.raises(GaitcastError, match="other recordings"):
        explain_fits(Workspace(other, None, made.out), pick_fits(fits, {"model": "ridge"}))
    fewer = {**options, "subjects": 4}
    other = made.study.model_copy(
        update={"data": made.study.data.model_copy(update={"options": fewer})}
    )
    with pytest.raises(GaitcastError, match="other recordings"):
        explain_fits(Workspace(other, None, made.out), fits)


@pytest.mark.parametrize(
    ("tune", "words"),
    [
        ({"options": {"alpha": {"low": 9.0, "high": 1.0}}}, "not below high"),
        ({"options": {"alpha": {"low": 0.0, "high": 1.0, "log": True}}}, "low above 0"),
        ({"options": {"alpha": [1.0, "x", 2.0]}}, "alpha"),
        ({"options": {"every": [1, 0, 2]}}, "every"),
    ],
)
def test_a_search_that_cannot_be_is_said_before_it_begins(tmp_path, tune, words):
    with pytest.raises(Exception, match=words):
        workspace(tmp_path, models=[{**RIDGE[0], "tune": tune}], **BARE)


def test_a_trial_that_cannot_be_fitted_is_not_chosen(tmp_path, capfd):
    knn = {"model": "knn", "inputs": ["imu"], "splits": ["loso"],
           "tune": {"trials": 6, "options": {"neighbours": [3, 900_000]}}}  # fmt: skip
    made = workspace(tmp_path, models=[knn], **BARE)
    for _, key in run_study(made):
        assert read_fit(made.out / "fits" / key)["tuned"]["options.neighbours"] < 900
    assert "Traceback" not in capfd.readouterr().err


def test_a_tiny_share_of_windows_leaves_no_array_empty(tmp_path):
    split = {"name": "r", "kind": "random-windows", "options": {"validation": 0.001, "test": 0.01}}
    made = workspace(tmp_path, models=RIDGE, splits=[split], **BARE)
    assert run_study(made)
