import numpy as np
import pytest

from conftest import ANGLE
from gaitcast.evaluation.gait_phase import PHASES, cycle_phase, phase_bins
from gaitcast.recording import Recording


def walk(events):
    time_s = np.arange(1000) / 100
    angle = 20 * np.cos(2 * np.pi * time_s)
    return Recording("p", "t", 100.0, time_s, angle[:, None], (ANGLE,), events=events)


def test_the_cycle_runs_from_heel_strike_to_heel_strike():
    phase = cycle_phase(walk({"right_heel_strike": np.arange(0.5, 9, 1.0)}), ANGLE)
    assert np.isnan(phase[:50]).all()
    assert phase[75] == pytest.approx(0.25)
    assert np.isnan(phase[860:]).all()


def test_without_events_it_runs_from_peak_to_peak():
    phase = cycle_phase(walk({}), ANGLE)
    assert phase[100] == 0
    assert phase[125] == pytest.approx(0.25)
    assert np.isnan(phase[950:]).all()


def test_bins_share_the_cycle_evenly():
    bins = phase_bins(np.r_[np.nan, np.arange(0, 1, 0.01), 1.0])
    assert bins[0] == -1
    assert (np.bincount(bins[1:-1]) == 100 // PHASES).all()
    assert bins[-1] == PHASES - 1
