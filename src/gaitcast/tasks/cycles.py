"""Cycles of a curve that repeats with every stride, from peak to peak."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from scipy import signal

_PROMINENCE = 0.4  # of the curve's range, for a peak that ends a cycle
_CYCLE_S = (0.5, 2.5)  # cycles outside are no strides


def peak_cycles(curve: np.ndarray, rate_hz: float) -> list[tuple[int, int]]:
    """Where cycles begin and end.

    Parameters
    ----------
    curve : numpy.ndarray, shape (n,)
        Uninterrupted.
    rate_hz : float
        Sampling rate.

    Returns
    -------
    list of tuple of int
        Samples of a peak and of the next one; none that lasts longer than a stride can.
    """
    distance = max(1, round(_CYCLE_S[0] * rate_hz))
    height = _PROMINENCE * float(np.ptp(curve)) or np.inf
    peaks, _ = signal.find_peaks(curve, prominence=height, distance=distance)
    return [
        (int(start), int(stop))
        for start, stop in pairwise(peaks)
        if stop - start <= _CYCLE_S[1] * rate_hz
    ]
