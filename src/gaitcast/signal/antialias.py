"""Resampling to a slower clock without aliasing: content too fast for the new rate is filtered."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.signal.zero_phase import finite_runs

#: Share of the new rate up to which content is kept; the filter falls off from there to 0.5.
PASSBAND = 0.4
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

    def both_ways(sos: np.ndarray, raw: np.ndarray) -> np.ndarray:
        room = min(len(raw) - 1, int(3 * rate_hz / new_hz) * _ORDER)
        return signal.sosfiltfilt(sos, raw, axis=0, padlen=room)

    return _place(time_s, samples, rate_hz, new_time_s, new_hz, both_ways)


def decimate(recording: Recording, rate_hz: float) -> Recording:
    """Resample a fast recording to a slower uniform clock as a device would: causally.

    A causal Butterworth (order 4, -3 dB at 0.4 of the new rate) runs before the samples are taken.
    Every channel, inputs and targets alike, is late by the same few ms; a note gives the delay.

    Parameters
    ----------
    recording : Recording
        Evenly sampled within its segments; each segment gets a clock from its first sample.
    rate_hz : float
        New rate, below the recording's own.

    Returns
    -------
    Recording
        On the new clock; `truth` is dropped.

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
    for span in recording.segments():
        raw_s, raw = recording.time_s[span], recording.samples[span]
        count = int((raw_s[-1] - raw_s[0]) * rate_hz + 1e-6) + 1
        grid_s = raw_s[0] + np.arange(count) / rate_hz
        times.append(grid_s)
        values.append(_place(raw_s, raw, recording.rate_hz, grid_s, rate_hz, _forward))
    note = (
        f"resampled from {recording.rate_hz:g} to {rate_hz:g} Hz after a causal low-pass: "
        f"every channel is {_delay_ms(recording.rate_hz, rate_hz):.0f} ms late"
    )
    return replace(
        recording,
        rate_hz=rate_hz,
        time_s=np.concatenate(times),
        samples=np.concatenate(values),
        notes=(*recording.notes, note),
        truth=None,
    )


def _forward(sos: np.ndarray, raw: np.ndarray) -> np.ndarray:
    """Filter as if the first sample had been constant before the start."""
    rest = signal.sosfilt_zi(sos)[:, :, None] * raw[0]
    return signal.sosfilt(sos, raw, axis=0, zi=rest)[0]


def _design(rate_hz: float, new_hz: float) -> np.ndarray:
    # A new rate little below the old one leaves no room above the passband, and little to alias.
    return signal.butter(_ORDER, min(PASSBAND * new_hz, 0.49 * rate_hz), fs=rate_hz, output="sos")


def _delay_ms(rate_hz: float, new_hz: float) -> float:
    """Group delay of the causal filter at low frequency."""
    b, a = signal.sos2tf(_design(rate_hz, new_hz))
    _, delay = signal.group_delay((b, a), w=[new_hz / 250], fs=rate_hz)
    return 1000 * float(delay[0]) / rate_hz


def _place(
    time_s: np.ndarray,
    samples: np.ndarray,
    rate_hz: float,
    new_time_s: np.ndarray,
    new_hz: float,
    run_filter: Callable[[np.ndarray, np.ndarray], np.ndarray],
) -> np.ndarray:
    """Filter each measured run, then sample it at the new times."""
    result = np.full((len(new_time_s), samples.shape[1]), np.nan)
    sos = _design(rate_hz, new_hz) if new_hz < 0.99 * rate_hz else None
    edge = 1e-6 / rate_hz
    for columns, run in finite_runs(samples):
        raw = samples[run][:, columns]
        if sos is not None and len(raw) > 1:
            raw = run_filter(sos, raw)
        begin, end = time_s[run.start], time_s[run.stop - 1]
        inside = np.flatnonzero((new_time_s >= begin - edge) & (new_time_s <= end + edge))
        for column, values in zip(columns, raw.T, strict=True):
            result[inside, column] = np.interp(new_time_s[inside], time_s[run], values)
    return result
