"""Angle, rate, acceleration and torque from one smoothing that keeps their equation valid.

If torque = K angle + B rate + I acceleration, the same holds after smoothing, as long as rate and
acceleration are the derivatives of the smoothed angle itself. Therefore one kernel smooths torque
and angle, and its derivatives are the kernels of rate and acceleration. The derivative kernels of
an unweighted local polynomial are not derivatives of its smoothing kernel, which breaks off at its
ends: stiffness is then some per cent wrong even without noise.
"""

from __future__ import annotations

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError

#: Degree of the local polynomial.
_DEGREE = 3
#: Exponent of the weights (1 - u^2)^p: smooth enough at the ends to be differentiated twice.
_POWER = 4
#: Fewest samples, lowest bandwidth, and the amplitude that is left at -3 dB.
_FEWEST, _LOWEST_HZ, _HALF_POWER = 5, 2.0, np.sqrt(0.5)


def taps_of(rate_hz: float, cutoff_hz: float) -> int:
    """Number of samples of the local cubic whose bandwidth is nearest to a frequency.

    Parameters
    ----------
    cutoff_hz : float
        Bandwidth (-3 dB); 0 takes values unsmoothed and derivatives from five samples.

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
    """Weights of the samples around one sample.

    Parameters
    ----------
    rate_hz, cutoff_hz : float
        See :func:`taps_of`.
    place : int, optional
        Which of the samples is estimated: the middle one, except where a record begins or ends.
        There, an unweighted cubic estimates the other places.

    Returns
    -------
    numpy.ndarray, shape (4, taps)
        For angle, rate, acceleration and torque.
    """
    taps = taps_of(rate_hz, cutoff_hz)
    at = taps // 2 if place is None else place
    if cutoff_hz > 0 and at == taps // 2:
        smooth, slope, curvature = _smooth(taps)
        return np.stack([smooth, slope * rate_hz, curvature * rate_hz**2, smooth])
    smooth, slope, curvature = (
        signal.savgol_coeffs(taps, _DEGREE, deriv=d, delta=1 / rate_hz, pos=at, use="dot")
        for d in range(3)
    )
    if cutoff_hz == 0:
        smooth = np.eye(taps)[at]
    return np.stack([smooth, slope, curvature, smooth])


def noise_moments(weights: np.ndarray, count: int) -> np.ndarray:
    """Expected sums of products that white noise of SD 1 adds about the mean of a window.

    Neighbouring smoothed samples share most of their noise, and the part common to a whole window
    is in its mean: in a window shorter than the kernel, noise adds far less than its variance times
    the number of samples.

    Parameters
    ----------
    weights : numpy.ndarray, shape (terms, taps)
        Of :func:`kernels`.
    count : int
        Number of samples in the window.
    """
    taps = weights.shape[1]
    lags = np.array([[np.correlate(a, b, mode="full") for b in weights] for a in weights])
    lag = np.abs(np.arange(-(taps - 1), taps))
    pairs = np.maximum(count - lag, 0)
    return count * lags[..., taps - 1] - (lags * pairs).sum(-1) / count


def _smooth(taps: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The weighted local cubic, and its first and second derivative, per sample.

    The kernel is (a + b u^2) w(u): weighted least squares of a cubic, evaluated in the middle. Its
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
    curved = 4 * _POWER * (_POWER - 1) * u**2 * bell ** (_POWER - 2)
    curved -= 2 * _POWER * bell ** (_POWER - 1)
    ramp, cap = a + b * u**2, 2 * b * u
    slope = -(cap * weight + ramp * falls)
    curvature = 2 * b * weight + 2 * cap * falls + ramp * curved
    curvature -= weight * curvature.sum() / weight.sum()
    return ramp * weight, slope / (step @ slope), 2 * curvature / (step**2 @ curvature)
