"""A recording on a uniform clock, as a device gets there: causally."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording, Truth
from gaitcast.runtime.rate import LowPass, low_pass_for
from gaitcast.signal.zero_phase import finite_runs


def resample(recording: Recording, rate_hz: float) -> Recording:
    """Bring a recording onto a uniform clock, whatever its own rate.

    Samples that come faster than 1.05 times the new rate pass a causal low-pass first
    (Butterworth, order 4, -3 dB at 0.4 of the new rate); then all are interpolated linearly between
    their time stamps. :class:`gaitcast.runtime.RateAdapter` does the same live, sample by sample.

    Parameters
    ----------
    recording : Recording
        Time stamps may be jittered.
    rate_hz : float
        Rate of the uniform clock.

    Returns
    -------
    Recording
        At `rate_hz`; each segment gets a clock that begins at its first sample. Samples are stamped
        with the instant they speak of, so channels and events stay aligned; behind a low-pass they
        are known ``delay_s`` later, which the recording and a note say.

    Raises
    ------
    GaitcastError
        If there are no samples, or the rate cannot be adapted (see
        :func:`gaitcast.runtime.rate.low_pass_for`).
    """
    where = f"recording '{recording.trial}'"
    if not len(recording):
        raise GaitcastError("no samples", where=where)
    try:
        low_pass = low_pass_for(recording.rate_hz, rate_hz)
    except GaitcastError as error:
        raise GaitcastError(error.what, where=where, hint=error.hint) from error
    delay_s = 0.0 if low_pass is None else low_pass.delay_s
    times, values = [], []
    for segment in recording.segments():
        raw_s, raw = recording.time_s[segment], recording.samples[segment]
        grid_s, between = _on_grid(raw_s, _filtered(low_pass, raw), rate_hz)
        times.append(grid_s - delay_s)
        values.append(between)
    time_s = np.concatenate(times)
    return replace(
        recording,
        rate_hz=rate_hz,
        time_s=time_s,
        samples=np.concatenate(values),
        notes=(*recording.notes, *_notes(recording, rate_hz, delay_s)),
        truth=_resample_truth(recording, time_s),
        delay_s=recording.delay_s + delay_s,
        raw_hz=recording.raw_hz or recording.rate_hz,
    )


def _filtered(low_pass: LowPass | None, raw: np.ndarray) -> np.ndarray:
    """Each measured run as if its first sample had stood for ever before."""
    if low_pass is None:
        return raw
    result = np.array(raw, dtype=float)
    for columns, run in finite_runs(raw):
        known = raw[run][:, columns]
        rest = low_pass.rest[:, :, None] * known[0]
        result[run, columns] = signal.sosfilt(low_pass.sections, known, axis=0, zi=rest)[0]
    return result


def _on_grid(raw_s: np.ndarray, raw: np.ndarray, rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """The arithmetic of :meth:`UniformClock.push`, so that both give the same bits."""
    count = int((raw_s[-1] - raw_s[0]) * rate_hz) + 2
    grid_s = raw_s[0] + np.arange(count) / rate_hz
    raw_end_s = raw_s + np.maximum(1e-9, 4 * np.spacing(np.abs(raw_s)))  # rate.slack_s
    grid_s = grid_s[grid_s <= raw_end_s[-1]]
    # The raw sample at or after each instant: the one whose arrival completes it.
    after = np.searchsorted(raw_end_s, grid_s, side="left")[1:]
    interval = raw_s[after] - raw_s[after - 1]
    weight = np.minimum((grid_s[1:] - raw_s[after - 1]) / interval, 1.0)[:, None]
    between = raw[after - 1] + weight * (raw[after] - raw[after - 1])
    return grid_s, np.concatenate([raw[:1], between])


def _notes(recording: Recording, rate_hz: float, delay_s: float) -> list[str]:
    notes = []
    if gaps := len(recording.segments()) - 1:
        notes.append(f"{gaps} gaps above {recording.max_gap_s:g} s left open")
    if delay_s:
        notes.append(
            f"brought from {recording.rate_hz:g} to {rate_hz:g} Hz behind a causal low-pass: each "
            f"sample is known {1000 * delay_s:.1f} ms after the instant it speaks of"
        )
    return notes


def _resample_truth(recording: Recording, time_s: np.ndarray) -> Truth | None:
    truth = recording.truth
    if truth is None:
        return None
    samples = [np.interp(time_s, recording.time_s, column) for column in truth.samples.T]
    return replace(truth, samples=np.column_stack(samples).astype(np.float32))
