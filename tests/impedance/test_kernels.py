"""One smoothing for both sides of the equation: derivatives are those of what is smoothed."""

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.impedance.kernels import kernels, noise_moments, taps_of


@pytest.mark.parametrize(("rate_hz", "cutoff_hz"), [(100, 20), (250, 20), (1000, 30)])
def test_a_cubic_and_its_derivatives_come_back(rate_hz, cutoff_hz):
    taps = taps_of(rate_hz, cutoff_hz)
    t = (np.arange(taps) - taps // 2) / rate_hz
    smooth, slope, bend, torque = kernels(rate_hz, cutoff_hz)
    reach = t[-1]
    for power, expected in enumerate(((1, 0, 0), (0, 1, 0), (0, 0, 2), (0, 0, 0))):
        told = [k @ (t / reach) ** power for k in (smooth, slope * reach, bend * reach**2)]
        # The slope of a cubic is exact in the continuum alone.
        np.testing.assert_allclose(told, expected, atol=0.02 if power == 3 else 1e-9)
    np.testing.assert_array_equal(smooth, torque)


@pytest.mark.parametrize("frequency_hz", [2.0, 8.0, 20.0])
def test_what_obeys_the_equation_obeys_it_smoothed(frequency_hz):
    """Exact in the continuum; at 1 kHz to a thousandth."""
    k = kernels(1000, 30)
    t = (np.arange(k.shape[1]) - k.shape[1] // 2) / 1000 + 0.0123
    w = 2 * np.pi * frequency_hz
    angle, rate, accel = np.sin(w * t), w * np.cos(w * t), -w * w * np.sin(w * t)
    torque = 2 * angle + 0.04 * rate + 2e-4 * accel
    told = np.array([2, 0.04, 2e-4]) @ (k[:3] @ angle)
    assert told == pytest.approx(k[3] @ torque, rel=1e-3)


def test_the_bandwidth_is_the_one_asked_for():
    smooth = kernels(1000, 30)[0]
    at = np.arange(len(smooth)) - len(smooth) // 2
    assert smooth @ np.cos(2 * np.pi * 30 / 1000 * at) == pytest.approx(np.sqrt(0.5), abs=0.02)
    for cutoff_hz in (1.0, 500.0):
        with pytest.raises(GaitcastError, match="is not between 2 Hz and half the rate"):
            taps_of(1000, cutoff_hz)


def test_noise_of_a_window_is_what_many_draws_of_it_are():
    weights = kernels(250, 20)[:3]
    rng = np.random.default_rng(0)
    count, taps = 12, weights.shape[1]
    drawn = np.lib.stride_tricks.sliding_window_view(
        rng.normal(size=(4000, count + taps - 1)), taps, axis=1
    )
    rows = drawn @ weights.T
    rows = rows - rows.mean(axis=1, keepdims=True)
    seen = np.einsum("nci,ncj->ij", rows, rows) / len(rows)
    expected = noise_moments(weights, count)
    size = np.sqrt(np.outer(np.diagonal(expected), np.diagonal(expected)))
    np.testing.assert_allclose(seen / size, expected / size, atol=0.05)
    assert (np.diagonal(expected) < count * (weights**2).sum(axis=1)).all()
