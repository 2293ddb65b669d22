"""Which defects of a recording are accepted, and how they are repaired.

* Jitter is kept: time stamps are trusted, and :func:`gaitcast.signal.resample` uses them.
* Two samples with one time stamp become their mean; samples that came in a wrong order within
  `SWAPPED_S` are sorted. Both are noted.
* A clock that goes back further was reset: that is refused, because the order of the parts is
  unknown.
* Gaps between samples stay gaps: nothing is interpolated across them.
* A hidden marker may be interpolated over a short gap, on request, by a curve that does not
  overshoot.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.interpolate import PchipInterpolator

from gaitcast.channel import match_channels
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

#: Packets of a wireless sensor arrive out of order by less than this.
SWAPPED_S = 0.1


def in_order(
    time_s: np.ndarray, samples: np.ndarray
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Sort samples by their time stamps, one sample per stamp.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        As recorded, s.
    samples : numpy.ndarray, shape (n, channels)

    Returns
    -------
    time_s : numpy.ndarray, shape (m,)
        Increasing, unless the clock went back by more than `SWAPPED_S` or stood still: then
        everything is returned unchanged, for a later check to refuse.
    samples : numpy.ndarray, shape (m, channels)
    notes : tuple of str
        What was repaired.
    """
    steps = np.diff(time_s)
    if not np.isfinite(time_s).all() or (steps > 0).all():
        return time_s, samples, ()
    if (np.maximum.accumulate(time_s) - time_s).max() > SWAPPED_S:
        return time_s, samples, ()
    stamps = len(np.unique(time_s))
    if stamps < 0.5 * len(time_s):  # the clock stands still
        return time_s, samples, ()
    notes = []
    swapped = int((steps < 0).sum())
    if swapped:
        order = np.argsort(time_s, kind="stable")
        time_s, samples = time_s[order], samples[order]
        notes.append(f"{swapped} samples came in a wrong order and were sorted")
    unique_s, first, count = np.unique(time_s, return_index=True, return_counts=True)
    if stamps < len(time_s):
        sums = np.add.reduceat(samples, first, axis=0)
        samples = np.where(count[:, None] > 1, sums / count[:, None], samples[first])
        notes.append(f"{len(time_s) - stamps} samples shared a time stamp and were averaged")
    return unique_s, samples, tuple(notes)


def bridge(recording: Recording, longest_s: float, patterns: tuple[str, ...] = ("*",)) -> Recording:
    """Fill short gaps in channels, such as markers hidden by a swinging hand.

    Parameters
    ----------
    recording : Recording
        With NaN where nothing was measured.
    longest_s : float
        Gaps up to this long are filled; gaps at the ends of a segment never are.
    patterns : tuple of str
        Names or shell-style patterns of channels.

    Returns
    -------
    Recording
        Filled by a monotone cubic (PCHIP), which does not overshoot, with a note of how many
        samples were filled. Offline: the curve uses the samples after the gap.

    Raises
    ------
    GaitcastError
        If `longest_s` is not positive or a pattern matches nothing.
    """
    if not longest_s > 0:
        raise GaitcastError(f"gaps of {longest_s} s cannot be filled")
    samples = recording.samples.copy()
    filled = 0
    names = match_channels(recording.channels, patterns, where=f"recording '{recording.trial}'")
    for span in recording.segments():
        time_s = recording.time_s[span]
        for name in names:
            column = samples[span, recording.channels.index(name)]
            known = np.isfinite(column)
            if known.all() or known.sum() < 2:
                continue
            edges = np.flatnonzero(np.diff((~known).astype(np.int8), prepend=0, append=0))
            curve = PchipInterpolator(time_s[known], column[known])
            for start, stop in edges.reshape(-1, 2).tolist():
                inside = start > 0 and stop < len(column)
                if inside and time_s[stop] - time_s[start - 1] <= longest_s + 1e-9:
                    column[start:stop] = curve(time_s[start:stop])
                    filled += stop - start
    if not filled:
        return recording
    note = f"{filled} values in gaps of up to {longest_s:g} s were filled by a smooth curve"
    return replace(recording, samples=samples, notes=(*recording.notes, note))
