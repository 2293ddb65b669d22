"""Resampling on the time stamps."""

from dataclasses import replace

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording, Truth


def resample(recording: Recording, rate_hz: float) -> Recording:
    """Resample a recording to a uniform clock by linear interpolation between its time stamps.

    Each segment gets a clock from its first sample; nothing is interpolated across a gap longer
    than ``recording.max_gap_s``. :class:`gaitcast.runtime.clock.UniformClock` does the same live,
    in the same arithmetic, so that both give the same bits.

    Parameters
    ----------
    recording : Recording
        Time stamps may be jittered.
    rate_hz : float
        Rate of the uniform clock.

    Returns
    -------
    Recording
        At `rate_hz`; a note counts the gaps that were left open.

    Raises
    ------
    GaitcastError
        If the recording is more than half as fast again as `rate_hz`: there is no anti-aliasing
        filter here, so faster content would alias.
    """
    if recording.rate_hz > 1.5 * rate_hz:
        raise GaitcastError(
            f"recorded at {recording.rate_hz:g} Hz, {rate_hz:g} Hz would alias",
            where=f"recording '{recording.trial}'",
            hint="Set resample_hz near the recorded rate",
        )
    times, values = [], []
    for span in recording.segments():
        raw_s, raw = recording.time_s[span], recording.samples[span]
        count = int(np.floor((raw_s[-1] - raw_s[0] + 1e-9) * rate_hz)) + 1
        grid_s = raw_s[0] + np.arange(count) / rate_hz
        # The raw sample at or after each instant: its arrival completes the interpolation.
        after = np.searchsorted(raw_s + 1e-9, grid_s, side="left")[1:]
        span = raw_s[after] - raw_s[after - 1]
        weight = np.minimum((grid_s[1:] - raw_s[after - 1]) / span, 1.0)[:, None]
        between = raw[after - 1] + weight * (raw[after] - raw[after - 1])
        times.append(grid_s)
        values.append(np.concatenate([raw[:1], between]))
    gaps = len(times) - 1
    note = (f"{gaps} gaps above {recording.max_gap_s:g} s left open",) if gaps > 0 else ()
    return replace(
        recording,
        rate_hz=rate_hz,
        time_s=np.concatenate(times),
        samples=np.concatenate(values),
        notes=recording.notes + note,
        truth=_resample_truth(recording, np.concatenate(times)),
    )


def _resample_truth(recording: Recording, time_s: np.ndarray) -> Truth | None:
    truth = recording.truth
    if truth is None:
        return None
    samples = [np.interp(time_s, recording.time_s, column) for column in truth.samples.T]
    return replace(truth, samples=np.column_stack(samples).astype(np.float32))
