import pytest

from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.io import write_table
from gaitcast.simulate import simulate


def test_a_folder_of_own_tables_is_a_cohort(tmp_path):
    for number, trial in enumerate(simulate(2, 0.1, 1)):
        write_table(trial, tmp_path / f"P{number}_walk.csv")
    cohort = load("tables", str(tmp_path), files="*_walk.csv")
    assert cohort.people == ("P0", "P1")
    assert [trial.trial for trial in cohort] == ["P0_walk", "P1_walk"]
    assert cohort["P0_walk"].dt_s()[1:].max() == pytest.approx(0.01)


def test_what_is_absent_is_named(tmp_path):
    with pytest.raises(GaitcastError, match=r"no \*\.csv of dataset 'tables'"):
        load("tables", tmp_path)
    (tmp_path / "a.csv").write_text("x\n1\n")
    with pytest.raises(GaitcastError, match=r"mapping\.toml: cannot read the mapping"):
        load("tables", tmp_path)
