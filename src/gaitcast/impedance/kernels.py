"""Angle, rate, acceleration and torque out of one smoothing, so that the equation outlives it.

If torque = K angle + B rate + I acceleration, the same holds between their smoothed courses as long
as rate and acceleration are the derivatives of the smoothed angle itself. So one kernel smooths
torque and angle, and the kernels of the derivatives are its derivatives. Those of an unweighted
local polynomial are not, since its kernel breaks off at its ends: stiffness then comes out some
per cent wrong from data without any noise.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError

#: Degree of the local polynomial.
_DEGREE = 3
#: Exponent of the weights (1 - u^2)^p: smooth enough at the ends to be differentiated twice.
_POWER = 4
#: Fewest samples, lowest bandwidth, and what is left of an amplitude at -3 dB.
_FEWEST, _LOWEST_HZ, _HALF_POWER = 5, 2.0, np.sqrt(0.5)


def taps_of(rate_hz: float, cutoff_hz: float) -> int:
    """Samples of the local cubic whose smoothing is nearest to 3 dB down at a frequency.

    Parameters
    ----------
    rate_hz : float
        Sampling rate.
    cutoff_hz : float
        Bandwidth; 0 takes values as they are and derivatives from five samples.

    Returns
    -------
    int
        Odd, at least 5.

    Raises
    ------
    GaitcastError
        If the bandwidth is below 2 Hz or not below half the rate.
    """
    if cutoff_hz == 0:
        return _FEWEST
    if not _LOWEST_HZ <= cutoff_hz < rate_hz / 2:
        raise GaitcastError(
            f"a bandwidth of {cutoff_hz:g} Hz is not between {_LOWEST_HZ:g} Hz and half the rate "
            f"({rate_hz / 2:g} Hz)",
            hint="Change cutoff_hz",
        )
    taps, passed = _FEWEST, 1.0
    while True:
        at = np.arange(taps) - taps // 2
        passes = float(_smooth(taps)[0] @ np.cos(2 * np.pi * cutoff_hz / rate_hz * at))
        if passes <= _HALF_POWER:
            nearer = abs(passed - _HALF_POWER) < abs(passes - _HALF_POWER) and taps > _FEWEST
            return taps - 2 if nearer else taps
        taps, passed = taps + 2, passes


def kernels(rate_hz: float, cutoff_hz: float, place: int | None = None) -> np.ndarray:
    """Weights of the samples around one.

    Parameters
    ----------
    rate_hz, cutoff_hz : float
        See :func:`taps_of`.
    place : int, optional
        Which of the samples is told; the middle one unless a record begins or ends there. An
        unweighted cubic tells those others.

    Returns
    -------
    numpy.ndarray, shape (4, taps)
        Of angle, rate, acceleration and torque.
    """
    taps = taps_of(rate_hz, cutoff_hz)
    at = taps // 2 if place is None else place
    if cutoff_hz > 0 and at == taps // 2:
        smooth, slope, bend = _smooth(taps)
        return np.stack([smooth, slope * rate_hz, bend * rate_hz**2, smooth])
    smooth, slope, bend = (
        signal.savgol_coeffs(taps, _DEGREE, deriv=d, delta=1 / rate_hz, pos=at, use="dot")
        for d in range(3)
    )
    if cutoff_hz == 0:
        smooth = np.eye(taps)[at]
    return np.stack([smooth, slope, bend, smooth])


def noise_moments(weights: np.ndarray, count: int) -> np.ndarray:
    """What white noise of SD 1 adds to the sums of products about the mean of a window.

    Neighbours share most of their noise, and what a whole window shares is in its mean: the noise
    of a window shorter than the kernel adds far less than its variance times the samples.

    Parameters
    ----------
    weights : numpy.ndarray, shape (terms, taps)
        Kernels.
    count : int
        Samples of the window.

    Returns
    -------
    numpy.ndarray, shape (terms, terms)
        Expected.
    """
    taps = weights.shape[1]
    lags = np.array([[np.correlate(a, b, mode="full") for b in weights] for a in weights])
    lag = np.abs(np.arange(-(taps - 1), taps))
    pairs = np.maximum(count - lag, 0)
    return count * lags[..., taps - 1] - (lags * pairs).sum(-1) / count


def _smooth(taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The weighted local cubic, and its first and second derivative, per sample.

    The kernel is (a + b u^2) w(u): what weighted least squares of a cubic gives in the middle. Its
    derivatives are scaled to be exact for straight lines and parabolas of samples.
    """
    reach = taps // 2 + 1
    step = np.arange(taps) - taps // 2
    u = step / reach
    bell = 1 - u**2
    weight = bell**_POWER
    even = [float((u**n * weight).sum()) for n in (0, 2, 4)]
    a, b = np.linalg.solve([even[:2], even[1:]], [1.0, 0.0])
    falls = -2 * _POWER * u * bell ** (_POWER - 1)
    bends = 4 * _POWER * (_POWER - 1) * u**2 * bell ** (_POWER - 2)
    bends -= 2 * _POWER * bell ** (_POWER - 1)
    ramp, cap = a + b * u**2, 2 * b * u
    slope = -(cap * weight + ramp * falls)
    bend = 2 * b * weight + 2 * cap * falls + ramp * bends
    bend -= weight * bend.sum() / weight.sum()
    return ramp * weight, slope / (step @ slope), 2 * bend / (step**2 @ bend)
