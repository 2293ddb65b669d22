import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.simulate import simulate


def test_the_same_seed_gives_the_same_bytes():
    one, same, other = simulate(2, 0.1, 4), simulate(2, 0.1, 4), simulate(2, 0.1, 5)
    for a, b, c in zip(one, same, other, strict=True):
        assert a.samples.tobytes() == b.samples.tobytes()
        assert a.time_s.tobytes() == b.time_s.tobytes()
        assert not np.array_equal(a.samples[:100], c.samples[:100])


def test_a_standing_sensor_feels_gravity_and_no_turning():
    (trial,) = simulate(1, 0.2, 1)
    still = trial.time_s < 1.9
    for segment in ("foot", "shank"):
        acc = trial.matrix([f"right_{segment}_acc_{a}" for a in "xyz"])[still].mean(axis=0)
        gyr = trial.matrix([f"right_{segment}_gyr_{a}" for a in "xyz"])[still].mean(axis=0)
        assert np.linalg.norm(acc) == pytest.approx(9.81, abs=0.6)
        assert np.linalg.norm(gyr) < 6


def test_the_ankle_moves_as_ankles_do():
    for trial in simulate(4, 0.5, 2):
        angle = trial.column("right_ankle_angle_flexion")[300:]
        assert 4 < np.percentile(angle, 99.5) < 18
        assert -30 < np.percentile(angle, 0.5) < -10


def test_the_gyros_tell_the_ankle_rate():
    (trial,) = simulate(1, 0.5, 3)
    gyr = trial.matrix([f"right_{s}_gyr_{a}" for s in ("foot", "shank") for a in "xyz"])
    rate = np.gradient(trial.column("right_ankle_angle_flexion"), trial.time_s)
    smooth = np.ones(9) / 9
    x = np.column_stack([np.convolve(g, smooth, "same") for g in gyr.T])
    y = np.convolve(rate, smooth, "same")
    weights, *_ = np.linalg.lstsq(x, y, rcond=None)
    assert np.corrcoef(x @ weights, y)[0, 1] > 0.98


def test_impossible_cohorts_are_refused():
    with pytest.raises(GaitcastError, match="cannot simulate 0 people"):
        simulate(0)
