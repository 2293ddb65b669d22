"""How often files are read: never for what the index knows, and never the old content."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from gaitcast.cohort import Cohort, OnDemand, RecordingInfo
from gaitcast.datasets import convert, file_walk, load, survey
from gaitcast.evaluation.splits import (
    SPLITS,
    Blocked,
    GroupedKFold,
    HeldOutConditions,
    LaterTrials,
    LeaveOneSubjectOut,
    RandomWindows,
    Transfer,
    TrialsKFold,
    WithinTail,
)
from gaitcast.io import read, write_cohort, write_table
from gaitcast.recording import Recording
from gaitcast.simulate import simulate
from gaitcast.study import Study, Workspace, list_jobs
from gaitcast.study.planning import plan
from small_study import STUDY

FOLDS = (
    WithinTail("w", trial="t0", train_rows=500, test_rows=200),
    Blocked("b"),
    LeaveOneSubjectOut("h"),
    GroupedKFold("g", groups=3),
    HeldOutConditions("c", by="speed"),
    Transfer("t", calibration_s=2.0),
    RandomWindows("r"),
    TrialsKFold("k", groups=3),
    LaterTrials("l"),
)


def trial(number):
    return Recording(
        f"P{number % 3}",
        f"t{number}",
        100.0,
        np.arange(900) / 100,
        np.zeros((900, 1)),
        ("right_foot_acc_x",),
        covariates={"speed": "fast" if number % 2 else "slow"},
    )


@pytest.mark.parametrize("split", FOLDS, ids=lambda split: type(split).__name__)
def test_folds_read_no_recording(split):
    """At most one read a recording would do; the index makes it none."""
    trials = {f"t{k}": trial(k) for k in range(30)}
    reads = Counter()

    def asked(name):
        reads[name] += 1
        return trials[name]

    cohort = Cohort("c", OnDemand(asked, [RecordingInfo.of(r) for r in trials.values()]))
    assert split.folds(cohort, 25) == split.folds(Cohort("c", tuple(trials.values())), 25)
    assert not reads


def test_every_split_is_counted():
    assert {type(split) for split in FOLDS} == set(SPLITS.values())


@pytest.fixture
def lab(tmp_path, monkeypatch):
    """Forty tables, and how often each was parsed."""
    (walk,) = simulate(1, 0.05, 1)
    for number in range(40):
        write_table(replace(walk, trial=f"P{number}_x"), tmp_path / "lab" / f"P{number}_x.csv")
    parsed = Counter()

    def counted(path, *args, **kwargs):
        parsed[path.name] += 1
        return read(path, *args, **kwargs)

    monkeypatch.setattr(file_walk, "read", counted)
    return tmp_path / "lab", parsed


def test_a_conversion_parses_a_file_twice_at_most(lab, tmp_path):
    folder, parsed = lab
    list(convert.convert_files(folder, tmp_path / "out"))
    assert len(parsed) == 40
    assert set(parsed.values()) == {1}  # they are small


def test_a_conversion_of_large_files_parses_each_twice_at_most(lab, tmp_path, monkeypatch):
    monkeypatch.setattr(survey, "_KEPT_BYTES", 0)
    folder, parsed = lab
    list(convert.convert_files(folder, tmp_path / "out"))
    assert set(parsed.values()) == {2}


def test_a_uniform_clock_parses_a_file_once(lab):
    folder, parsed = lab
    cohort = load(folder, rate_hz=100.0)
    assert sum(len(r) for r in cohort) > 0
    assert set(parsed.values()) == {1}


def test_a_file_of_many_trials_is_parsed_twice_at_most(data, monkeypatch):
    parsed = Counter()
    public = file_walk.read_public

    def counted(path, *args):
        parsed[path.name] += 1
        return public(path, *args)

    monkeypatch.setattr(file_walk, "read_public", counted)
    monkeypatch.setattr(survey, "_KEPT_BYTES", 0)
    cohort = load(data / "bach-shank-acc-vgrf" / "bach.csv.gz")
    assert len([*cohort]) > 10
    assert parsed["bach.csv.gz"] == 1


@pytest.fixture
def people(tmp_path):
    """A cohort folder and a study on it."""
    write_cohort(simulate(3, 0.2, 3), tmp_path / "people", "csv")
    study = Study.model_validate({**STUDY, "data": {"dataset": f"{tmp_path / 'people'}/"}})
    return tmp_path / "people", lambda: Workspace(study, None, tmp_path / "out")


def keys(workspace):
    return [plan(workspace, job).key for job in list_jobs(workspace)]


@pytest.mark.parametrize(
    ("table", "old", "new"),
    [
        ("events.csv", "right_heel_strike", "right_heel_touch"),
        ("subjects.csv", "S01,", "S01,1"),
        ("recordings.csv", "speed_m_s", "speed_km_h"),
        ("recordings/S02.csv", "-0.", "-1."),
    ],
)
def test_what_is_corrected_in_a_file_gives_other_fits_in_the_same_process(people, table, old, new):
    folder, workspace = people
    before = keys(workspace())
    assert keys(workspace()) == before
    text = (folder / table).read_text()
    assert old in text
    (folder / table).write_text(text.replace(old, new, 1))
    after = keys(workspace())
    assert not {*before} & {*after}


def test_the_same_people_have_the_same_fits_whatever_the_tables(people, tmp_path):
    _, workspace = people
    write_cohort(simulate(3, 0.2, 3), tmp_path / "other")
    other = Study.model_validate({**STUDY, "data": {"dataset": "other/"}})
    assert keys(Workspace(other, tmp_path, tmp_path / "out")) == keys(workspace())
