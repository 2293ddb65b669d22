"""What a study can use of recordings in which something was not measured everywhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gaitcast.channel import match_channels
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording


def complete_only(cohort: Cohort, patterns: Sequence[str], least_s: float = 0.0) -> Cohort:
    """Keep the parts of recordings in which some channels were measured at every sample.

    Nothing is filled in. A recording that lacks a channel is left out; one in which a value is
    missing now and then becomes one recording per part without a missing value, named
    ``TRIAL@BEGIN`` after the second at which the part begins.

    Parameters
    ----------
    cohort : Cohort
        At any rates.
    patterns : sequence of str
        Channel names or patterns; of a pattern, all channels that any recording has. None of them
        leaves everything.
    least_s : float
        Shorter parts are left out, s.

    Returns
    -------
    Cohort
        Its notes say what was left out.

    Raises
    ------
    GaitcastError
        If a pattern matches nothing, or nothing is left.
    """
    if not patterns:
        return cohort
    names = tuple(dict.fromkeys(name for info in cohort.infos for name in info.channels))
    needed = match_channels(names, patterns, where=f"cohort '{cohort.name}', data.complete")
    kept: list[Recording] = []
    lacking: dict[str, int] = {}
    recorded_s = 0.0
    for recording in cohort:
        absent = [name for name in needed if name not in recording.channels]
        if absent:
            lacking[absent[0]] = lacking.get(absent[0], 0) + 1
            continue
        recorded_s += recording.duration_s
        kept += _complete_parts(recording, needed, least_s)
    notes = [
        f"left out: {count} recordings without '{name}'" for name, count in sorted(lacking.items())
    ]
    kept_s = sum(recording.duration_s for recording in kept)
    if kept_s < recorded_s - 0.05:
        notes.append(
            f"left out: {recorded_s - kept_s:.1f} of {recorded_s:.1f} s in which a needed channel "
            f"was not measured, or for less than {least_s:g} s"
        )
    if not kept:
        raise GaitcastError(
            f"no recording holds all needed channels for {least_s:g} s",
            where=f"cohort '{cohort.name}', data.complete",
            hint="; ".join(notes) or "Needed: " + ", ".join(needed[:6]),
        )
    return replace(cohort, recordings=tuple(kept), notes=(*cohort.notes, *notes))


def _complete_parts(recording: Recording, needed: Sequence[str], least_s: float) -> list[Recording]:
    known = np.isfinite(recording.matrix(needed)).all(axis=1)
    if known.all():
        return [recording] if recording.duration_s >= least_s else []
    parts = []
    for rows in true_runs(known):
        begin_s, end_s = recording.time_s[rows.start], recording.time_s[rows.stop - 1]
        if end_s - begin_s < least_s or rows.stop - rows.start < 2:
            continue
        events = {
            name: times[(times >= begin_s) & (times <= end_s)]
            for name, times in recording.events.items()
        }
        parts.append(
            replace(
                recording,
                trial=f"{recording.trial}@{begin_s:.2f}s",
                time_s=recording.time_s[rows],
                samples=recording.samples[rows],
                events=events,
                truth=None,
            )
        )
    return parts


def true_runs(flags: np.ndarray) -> list[slice]:
    """Where flags are true without a break.

    Parameters
    ----------
    flags : numpy.ndarray, shape (n,)
        Bool.

    Returns
    -------
    list of slice
        In order.
    """
    edges = np.flatnonzero(np.diff(np.r_[False, flags, False].astype(np.int8)))
    return [slice(int(a), int(b)) for a, b in zip(edges[::2], edges[1::2], strict=True)]
