"""Resampling to a slower clock without aliasing: content too fast for the new rate is filtered."""

from __future__ import annotations

import numpy as np
from scipy import signal

from gaitcast.runtime.rate import LowPass
from gaitcast.signal.zero_phase import finite_runs

_ORDER = 4


def onto_clock(
    time_s: np.ndarray, samples: np.ndarray, rate_hz: float, new_time_s: np.ndarray, new_hz: float
) -> np.ndarray:
    """Samples at other instants; a low-pass first removes what the new rate cannot hold.

    The filter is a zero-phase Butterworth (order 4, forward and backward, -6 dB at 0.4 of the new
    rate). Nothing is delayed, and some 10 ms of the future (at 100 Hz) influence each sample. Use
    it for laboratory measurements, not for an input that a device must have live.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        Uniform, s.
    samples : numpy.ndarray, shape (n, channels)
        NaN stays NaN and does not spread by more than one sample.
    new_time_s : numpy.ndarray, shape (m,)
        Times of the result, s; outside `time_s` it is NaN.
    """
    result = np.full((len(new_time_s), samples.shape[1]), np.nan)
    sections = LowPass.design(rate_hz, new_hz).sections if new_hz < 0.99 * rate_hz else None
    edge = 1e-6 / rate_hz
    for columns, run in finite_runs(samples):
        raw = samples[run][:, columns]
        if sections is not None and len(raw) > 1:
            room = min(len(raw) - 1, int(3 * rate_hz / new_hz) * _ORDER)
            raw = signal.sosfiltfilt(sections, raw, axis=0, padlen=room)
        begin, end = time_s[run.start], time_s[run.stop - 1]
        inside = np.flatnonzero((new_time_s >= begin - edge) & (new_time_s <= end + edge))
        for column, values in zip(columns, raw.T, strict=True):
            result[inside, column] = np.interp(new_time_s[inside], time_s[run], values)
    return result
