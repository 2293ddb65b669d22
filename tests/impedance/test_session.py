"""Trials in, tables and figures out."""

import numpy as np
import pandas as pd
import pytest

from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.impedance.session import identify_trials
from gaitcast.report.ankle import write_ankle_figures
from gaitcast.simulate import simulate_ankles


def test_a_session_becomes_tables_and_figures(tmp_path):
    found = identify_trials(simulate_ankles(2, 0.25, 250.0, seed=4), terms=("K", "B", "I"))
    start, width = found.window
    assert 0 <= start < start + width <= 100
    written = found.write(tmp_path / "out")
    written += write_ankle_figures(found.stances, found.swept, tmp_path / "out", width)
    assert {p.name for p in written} == {
        "steps.csv", "windows.csv", "loops.svg", "vaf.svg", "stiffness.svg",
    }  # fmt: skip
    steps = pd.read_csv(tmp_path / "out" / "steps.csv")
    assert len(steps) == len(found.stances)
    assert steps["quasi_stiffness_nm_rad_kg"].notna().any()
    windows = pd.read_csv(tmp_path / "out" / "windows.csv")
    assert len(windows) == 600
    assert np.nanmax(windows["vaf_percent"]) <= 100


def test_real_markers_and_plates_give_every_step_a_row(data):
    found = identify_trials(load("kam-imu-grf-mocap", data, rate_hz=100.0), window=(15, 60))
    assert len(found.steps) == 50
    assert all("left out" in line for line in found.lines)
    assert found.window == (15.0, 60.0)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"mass_kg": 0.5}, "a mass of 0.5 kg is impossible"),
        ({"cutoff_hz": 0.1}, "a bandwidth of 0.1 Hz"),
        ({"window": (80.0, 60.0)}, "ends beyond toe-off"),
        ({"window": (4.0, None)}, "Give both or neither"),
        ({"terms": ("B",)}, "Put K among the terms"),
        ({"terms": ("K", "X")}, "Give some of K, B, I"),
        ({"window": (-4.0, 5.0)}, "start of -4 % is not within stance"),
    ],
)
def test_what_cannot_be_done_is_one_line(arguments, words):
    cohort = simulate_ankles(1, 0.2, 100.0)
    with pytest.raises(GaitcastError, match=words):
        identify_trials(cohort, **arguments)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"subjects": 0}, "0 people"),
        ({"rate_hz": 50}, "at 50 Hz"),
        ({"minutes": 0}, "0 minutes"),
        ({"seed": -1}, "seed -1"),
    ],
)
def test_people_who_cannot_be_simulated(arguments, words):
    with pytest.raises(GaitcastError, match=words):
        simulate_ankles(**arguments)
