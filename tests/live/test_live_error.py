"""Errors of forecasts once the truth is known: by hand on a signal that repeats itself."""

from types import SimpleNamespace

import numpy as np
import pytest

from gaitcast.live.live_error import BIN_S, BINS, LiveError
from gaitcast.runtime import Forecast

HZ, STEPS, CYCLE_S = 100.0, 20, 1.1


def card():
    return SimpleNamespace(
        steps=range(1, STEPS + 1), rate_hz=HZ, targets=("a",), max_gap_s=0.1, half_width=()
    )


def angle(time_s):
    return 20 * np.sin(2 * np.pi * np.asarray(time_s) / CYCLE_S)


def forecast(at_s, off, half=None, delay_s=0.0):
    ahead_s = np.arange(1, STEPS + 1) / HZ - delay_s
    width = None if half is None else np.full((STEPS, 1), half)
    return Forecast(at_s, (angle(at_s + ahead_s) + off)[:, None], width)


def run(error, seconds, off=2.0, half=None, truth=angle, delay_s=0.0):
    for time_s in np.arange(round(seconds * HZ)) / HZ:
        made = [forecast(time_s, off, half, delay_s)]
        error.add(time_s, np.array([truth(time_s)]), made)
    return error


def test_each_forecast_is_compared_once_its_farthest_step_is_measured():
    error = run(LiveError(card(), HZ, 0.0), 3.0)
    assert error.compared == 300 - STEPS
    np.testing.assert_allclose(error.forecast / error.compared, 2.0, atol=1e-3)


def test_the_delay_of_the_low_pass_is_taken_off():
    error = run(LiveError(card(), HZ, 0.05), 3.0, off=0.0, delay_s=0.05)
    np.testing.assert_allclose(error.ahead_s[0], 0.01 - 0.05)
    assert error.compared > 250
    np.testing.assert_allclose(error.forecast / error.compared, 0.0, atol=1e-3)


def test_repeating_the_last_cycle_is_scored_on_the_same_instants():
    error = run(LiveError(card(), HZ, 0.0), 8.0)
    assert 0 < error.pairs < error.compared
    np.testing.assert_allclose(error.paired / error.pairs, 2.0, atol=1e-3)
    np.testing.assert_allclose(error.cycle / error.pairs, 0.0, atol=1e-6)
    drifting = run(LiveError(card(), HZ, 0.0), 8.0, truth=lambda t: angle(t) + 0.3 * t)
    cycle = drifting.cycle[-1, 0] / drifting.pairs
    assert cycle == pytest.approx(0.3 * CYCLE_S, rel=0.1)


def test_the_share_of_the_truth_inside_the_interval():
    error = run(LiveError(card(), HZ, 0.0), 3.0, off=2.0, half=2.5)
    np.testing.assert_allclose(error.interval / error.compared, 1.0)
    error = run(LiveError(card(), HZ, 0.0), 3.0, off=2.0, half=1.5)
    np.testing.assert_allclose(error.interval, 0.0)


def test_what_was_not_measured_is_no_truth():
    error = run(
        LiveError(card(), HZ, 0.0), 4.0, truth=lambda t: np.nan if 2 < t < 2.5 else angle(t)
    )
    assert error.compared == 400 - STEPS - 49 - STEPS  # those with a step in the missing part
    np.testing.assert_allclose(error.forecast / error.compared, 2.0, atol=1e-3)


def test_no_truth_is_made_up_in_a_gap():
    error = LiveError(card(), HZ, 0.0)
    for time_s in (0.0, 0.05, 0.3, 0.35):
        error.add(time_s, np.array([1.0]), [])
    found = error.measured_at(np.array([-0.1, 0.02, 0.2, 0.32, 0.4]))[:, 0]
    np.testing.assert_array_equal(found, [np.nan, 1.0, np.nan, 1.0, np.nan])


def test_late_stamps_are_left_out_and_a_clock_set_back_begins_anew():
    error = run(LiveError(card(), HZ, 0.0), 3.0)
    compared = error.compared
    for time_s in (1.0, np.nan, 1.01):
        error.add(time_s, np.array([0.0]), [])
    assert error.measured.count == 300
    for time_s in np.arange(100) / HZ:
        error.add(time_s, np.array([angle(time_s)]), [forecast(time_s, 2.0)])
    assert error.generation == 1
    assert error.measured.count < 100
    assert error.compared > compared
    np.testing.assert_allclose(error.forecast / error.compared, 2.0, atol=1e-3)


def test_memory_is_the_same_after_an_hour_of_bins():
    error = LiveError(card(), HZ, 0.0)
    for number in range(800):
        error._add_to_bin(number * BIN_S, np.array([1.0, 2.0]))
    assert len(error.bins.since(0)) == BINS
    np.testing.assert_array_equal(error.bins.since(0)[:, 1:], [[1, 1.0, 2.0]] * BINS)
