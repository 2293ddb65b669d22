import numpy as np
import pandas as pd
import pytest

from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.io import write_cohort
from gaitcast.simulate import simulate


def test_a_cohort_is_written_whole_and_its_tables_read_back(tmp_path):
    cohort = simulate(2, 0.2, 1)
    write_cohort(cohort, tmp_path / "people")
    back = load("tables", tmp_path / "people", resample_hz=None)
    assert back.people == cohort.people
    assert np.allclose(back["S02"].samples, cohort["S02"].samples, atol=1e-6)
    facts = pd.read_csv(tmp_path / "people" / "about" / "subjects.csv", index_col="subject")
    assert facts.loc["S01", "mass_kg"] == pytest.approx(cohort.subjects["S01"]["mass_kg"])
    steps = pd.read_csv(tmp_path / "people" / "truth" / "S01_steps.csv")
    assert np.allclose(steps["stiffness"], cohort["S01"].truth.steps["stiffness"], atol=1e-6)
    true = pd.read_parquet(tmp_path / "people" / "truth" / "S01.parquet")
    assert np.array_equal(
        true["right_hip_pos_x"].to_numpy(), cohort["S01"].truth.column("right_hip_pos_x")
    )
    events = pd.read_csv(tmp_path / "people" / "about" / "S01_events.csv")
    assert events["time_s"].is_monotonic_increasing
    assert "right_toe_off" in set(events["event"])


def test_two_cohorts_are_never_mixed(tmp_path):
    place = tmp_path / "people"
    write_cohort(simulate(2, 0.05, 1), place)
    write_cohort(simulate(2, 0.05, 2), place)  # the same trials: replaced
    before = sorted(p.name for p in place.rglob("*"))
    with pytest.raises(GaitcastError, match="holds something else"):
        write_cohort(simulate(1, 0.05, 2), place)
    assert sorted(p.name for p in place.rglob("*")) == before
    assert [p.name for p in tmp_path.iterdir()] == ["people"]
