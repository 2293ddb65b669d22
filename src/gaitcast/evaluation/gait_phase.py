"""Where in the gait cycle a sample lies, for errors by phase."""

from __future__ import annotations

import numpy as np

from gaitcast.channel import Channel
from gaitcast.events import HEEL_STRIKE, stride_phase
from gaitcast.recording import Recording
from gaitcast.tasks import peak_cycles

#: Parts of the cycle that errors are reported for.
PHASES = 20
#: Points of a mean cycle.
CYCLE_POINTS = 50


def cycle_phase(recording: Recording, target: str) -> np.ndarray:
    """Share of the cycle at every sample.

    Parameters
    ----------
    recording : Recording
        With the target.
    target : str
        A channel.

    Returns
    -------
    numpy.ndarray, shape (n,)
        0 to 1 from heel strike to heel strike of the target's side where the recording has these
        events, else from peak to peak of the target; NaN outside of strides.
    """
    strikes = recording.events.get(f"{Channel.parse(target).side}_{HEEL_STRIKE}")
    if strikes is not None and len(strikes) > 1:
        return stride_phase(recording.time_s, np.asarray(strikes, dtype=float))
    phase = np.full(len(recording), np.nan)
    curve = recording.matrix((target,))[:, 0]
    for segment in recording.segments():
        rows = slice(segment.start, segment.stop)
        if not np.isfinite(curve[rows]).all():
            continue
        for start, stop in peak_cycles(curve[rows], recording.rate_hz):
            here = segment.start + start
            phase[here : segment.start + stop] = np.arange(stop - start) / (stop - start)
    return phase


def phase_bins(phase: np.ndarray, count: int = PHASES) -> np.ndarray:
    """Number of the part of the cycle.

    Parameters
    ----------
    phase : numpy.ndarray
        0 to 1, or NaN.
    count : int
        Parts of the cycle.

    Returns
    -------
    numpy.ndarray of int
        0 to ``count - 1``; -1 outside of strides.
    """
    known = np.isfinite(phase)
    return np.where(known, np.clip(np.nan_to_num(phase) * count, 0, count - 1), -1).astype(int)
