import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.signal.sync import find_lag, join


def walk(rate_hz, start_s, seconds=20.0, name="right_foot_gyr_y", seed=0):
    """Steps of unequal length, so that one stride is not another."""
    rng = np.random.default_rng(1)
    rate = 1.0 + 0.15 * np.cumsum(rng.normal(size=400)) / 10
    clock = np.linspace(-30, 70, 400)
    time_s = np.arange(int(seconds * rate_hz)) / rate_hz
    phase = np.interp(time_s + start_s, clock, np.cumsum(rate) * 0.25)
    wave = np.sin(2 * np.pi * phase) + 0.5 * np.sin(4 * np.pi * phase)
    noise = 0.05 * np.random.default_rng(seed).normal(size=len(wave))
    return Recording("P", name, rate_hz, time_s, (wave + noise)[:, None], (name,))


@settings(deadline=None, max_examples=15)
@given(lag_s=st.floats(-4, 4), rate_hz=st.sampled_from([50.0, 100.0, 240.0]))
def test_a_known_lag_is_found_to_a_fraction_of_a_sample(lag_s, rate_hz):
    first, second = walk(100.0, 0.0), walk(rate_hz, lag_s, seed=1)
    found = find_lag(first, second, first.channels[0], second.channels[0])
    assert found.lag_s == pytest.approx(lag_s, abs=0.006)
    assert found.sure


def test_what_does_not_belong_together_is_not_sure():
    noise = np.random.default_rng(3).normal(size=(2000, 1))
    other = Recording("P", "n", 100.0, np.arange(2000) / 100, noise, ("right_foot_gyr_y",))
    assert not find_lag(walk(100.0, 0.0), other, "right_foot_gyr_y", "right_foot_gyr_y").sure
    sine = np.sin(2 * np.pi * np.arange(2000) / 100)[:, None]
    even = Recording("P", "s", 100.0, np.arange(2000) / 100, sine, ("right_foot_gyr_y",))
    repeated = find_lag(even, even, "right_foot_gyr_y", "right_foot_gyr_y")
    assert repeated.correlation > 0.99
    assert not repeated.sure  # any other stride would do


def test_joined_recordings_share_a_clock():
    slow = walk(100.0, 0.0)
    fast = walk(1000.0, 2.0, seconds=10, name="left_foot_gyr_y")
    both = join(slow, fast, lag_s=2.0)
    assert both.channels == ("right_foot_gyr_y", "left_foot_gyr_y")
    values = both.column("left_foot_gyr_y")
    assert np.isnan(values[:199]).all()
    inside = slice(220, 1180)
    np.testing.assert_allclose(values[inside], both.column("right_foot_gyr_y")[inside], atol=0.3)
    with pytest.raises(GaitcastError, match="do not overlap"):
        join(slow, fast, lag_s=100.0)
