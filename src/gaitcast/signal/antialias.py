"""From a fast clock onto a slower one without folding: offline, for whole recordings."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.signal.zero_phase import finite_runs

#: Share of the new rate up to which content is kept; the rest of the way to half is the slope.
PASSBAND = 0.4
_ORDER = 4


def onto_clock(
    time_s: np.ndarray, samples: np.ndarray, rate_hz: float, new_time_s: np.ndarray, new_hz: float
) -> np.ndarray:
    """Samples at other instants; what the new rate cannot hold is filtered out first.

    The filter is a zero-phase Butterworth (order 4, forward and backward, -6 dB at 0.4 of the new
    rate), so nothing is delayed and some 10 ms of the future (at 100 Hz) colour each sample: right
    for a laboratory's measurement of what was, not for an input that a device will have. Content
    faster than half the new rate would otherwise fold into the band of gait.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        Uniform times of the samples.
    samples : numpy.ndarray, shape (n, channels)
        NaN stays NaN and does not spread by more than one sample.
    rate_hz : float
        Rate of `time_s`.
    new_time_s : numpy.ndarray, shape (m,)
        Where samples are wanted; outside `time_s` they are NaN.
    new_hz : float
        Rate of `new_time_s`.

    Returns
    -------
    numpy.ndarray, shape (m, channels)
        At the new times.
    """
    result = np.full((len(new_time_s), samples.shape[1]), np.nan)
    sos = (
        signal.butter(_ORDER, PASSBAND * new_hz, fs=rate_hz, output="sos")
        if new_hz < 0.99 * rate_hz
        else None
    )
    edge = 1e-6 / rate_hz
    for columns, run in finite_runs(samples):
        raw = samples[run][:, columns]
        if sos is not None and len(raw) > 1:
            room = min(len(raw) - 1, int(3 * rate_hz / new_hz) * _ORDER)
            raw = signal.sosfiltfilt(sos, raw, axis=0, padlen=room)
        begin, end = time_s[run.start], time_s[run.stop - 1]
        inside = np.flatnonzero((new_time_s >= begin - edge) & (new_time_s <= end + edge))
        for column, values in zip(columns, raw.T, strict=True):
            result[inside, column] = np.interp(new_time_s[inside], time_s[run], values)
    return result


def slow_down(recording: Recording, rate_hz: float) -> Recording:
    """Bring a fast recording onto a slower uniform clock; see :func:`onto_clock`.

    Parameters
    ----------
    recording : Recording
        Evenly sampled within its stretches; each gets a clock that begins at its first sample.
    rate_hz : float
        Of the new clock, below the recording's own.

    Returns
    -------
    Recording
        With a note that each sample has seen a little of its future; without the truth.

    Raises
    ------
    GaitcastError
        If `rate_hz` is not below the recording's rate, or there are no samples.
    """
    if not 0 < rate_hz < recording.rate_hz:
        raise GaitcastError(
            f"{rate_hz:g} Hz is not below the {recording.rate_hz:g} Hz of the recording",
            where=f"recording '{recording.trial}'",
        )
    if not len(recording):
        raise GaitcastError("no samples", where=f"recording '{recording.trial}'")
    times, values = [], []
    for piece in recording.stretches():
        raw_s = recording.time_s[piece]
        even_s = raw_s[0] + np.arange(len(raw_s)) / recording.rate_hz
        grid_s = raw_s[0] + np.arange(int((even_s[-1] - raw_s[0]) * rate_hz + 1e-6) + 1) / rate_hz
        raw = recording.samples[piece]
        times.append(grid_s)
        values.append(onto_clock(even_s, raw, recording.rate_hz, grid_s, rate_hz))
    note = (
        f"slowed down from {recording.rate_hz:g} to {rate_hz:g} Hz by a zero-phase filter: each "
        f"sample has seen some {1000 / rate_hz:.0f} ms of its future"
    )
    return replace(
        recording,
        rate_hz=rate_hz,
        time_s=np.concatenate(times),
        samples=np.concatenate(values),
        notes=(*recording.notes, note),
        truth=None,
    )
