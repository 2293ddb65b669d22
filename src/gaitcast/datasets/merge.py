"""Several files of one trial on one clock: markers, angles, forces and IMUs of the same walk."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from gaitcast.channel import Channel
from gaitcast.datasets.clock_offset import offset_between
from gaitcast.kinematics.foot_load import check_foot_load
from gaitcast.kinematics.plate_sides import check_plate_sides
from gaitcast.recording import Recording
from gaitcast.signal.body_check import check_axes
from gaitcast.signal.sync import join

#: Recordings that share less than this, s, are no two views of one walk.
_LEAST_OVERLAP_S = 0.2
#: What the others do not cover is cut off if they cover this much; else it stays, not measured.
_MOST_CUT = 0.5
#: Clocks that differ by more are warned of, s.
_SAME_CLOCK_S = 0.02
#: Equal values: what a file states is rounded.
_SAME_VALUE = 1e-3


@dataclass(frozen=True)
class Part:
    """The recording of one file of a trial."""

    path: Path
    recording: Recording


def merge_parts(parts: Sequence[Part], name: str) -> list[Recording]:
    """Make one recording of the files of a trial, as far as they belong together.

    Parameters
    ----------
    parts : sequence of Part
        One a file.
    name : str
        Of the trial.

    Returns
    -------
    list of Recording
        First the trial: all channels on the clock of the IMUs, else of the slowest file. Files that
        hold other values of the same channels, or another span of time, follow as they are; a
        warning of the trial says so. Notes say what came from which file, and at which rate.
    """
    base, *others = sorted(parts, key=_rank)
    whole, apart, notes = base.recording, [], [_source(base)]
    begin, end = base.recording.time_s[0], base.recording.time_s[-1]
    for part in others:
        reason = _why_apart(whole, part.recording)
        if reason:
            apart.append(part.recording)
            notes.append(f"warning: {part.path.name} stays a trial of its own: {reason}")
            continue
        notes += [_source(part, whole), *_clock_notes(base, part)]
        begin = max(begin, part.recording.time_s[0])
        end = min(end, part.recording.time_s[-1])
        whole = join(whole, part.recording)
    if len(apart) == len(others):
        return [replace(whole, notes=(*notes[1:], *whole.notes)), *apart]
    whole = _cut(whole, begin, end)
    kept = [note for note in whole.notes if "zero-phase filter: offline" not in note]
    best = min((p.recording for p in parts), key=lambda r: _ORDER.index(r.identified_by))
    whole = replace(
        whole,
        trial=name,
        subject=best.subject,
        identified_by=best.identified_by,
        notes=tuple(dict.fromkeys((*notes, *kept))),
    )
    return [check_foot_load(check_plate_sides(check_axes(whole))), *apart]


#: How a participant is recognised, the surest first.
_ORDER = ("mapping", "file header", "file name", "")


def _rank(part: Part) -> tuple[bool, float, bool]:
    """IMUs keep their clock, since a device has it; else the slowest needs no interpolation."""
    markers = any("_marker_" in name for name in part.recording.channels)
    return not _is_worn(part.recording), round(part.recording.rate_hz, 1), not markers


def _source(part: Part, onto: Recording | None = None) -> str:
    recording = part.recording
    text = f"{part.path.name}: {len(recording.channels)} channels at {recording.rate_hz:g} Hz"
    if onto is None or abs(recording.rate_hz / onto.rate_hz - 1) < 0.01:
        return text
    how = "a zero-phase low-pass" if recording.rate_hz > onto.rate_hz else "linear interpolation"
    return f"{text}, brought to {onto.rate_hz:g} Hz by {how}"


def _why_apart(whole: Recording, other: Recording) -> str:
    shared_s = min(whole.time_s[-1], other.time_s[-1]) - max(whole.time_s[0], other.time_s[0])
    if shared_s < _LEAST_OVERLAP_S:
        return (
            f"its time runs from {other.time_s[0]:.6g} to {other.time_s[-1]:.6g} s, the others' "
            f"from {whole.time_s[0]:.6g} to {whole.time_s[-1]:.6g} s"
        )
    stated = {"file header", "mapping"}
    if {whole.identified_by, other.identified_by} <= stated and whole.subject != other.subject:
        return f"it is of '{other.subject}', the others of '{whole.subject}'"
    both = [name for name in other.channels if name in whole.channels]
    differ = [name for name in both if not _same(whole, other, name)]
    if not differ:
        return ""
    lag = _Shift.between(whole, other)
    later = f"; its movement comes {lag.words}" if lag and lag.words else ""
    return f"it has other values of {differ[0]}{later}"


def _same(one: Recording, other: Recording, channel: str) -> bool:
    mine = one.column(channel)
    known = np.isfinite(other.column(channel))
    if not known.any() or not np.isfinite(mine).any():
        return True
    theirs = np.interp(
        one.time_s, other.time_s[known], other.column(channel)[known], left=np.nan, right=np.nan
    )
    both = np.isfinite(mine) & np.isfinite(theirs)
    if not both.any():
        return True
    size = max(float(np.nanmax(np.abs(mine))), 1e-9)
    return float(np.median(np.abs(mine - theirs)[both])) <= _SAME_VALUE * size


@dataclass(frozen=True)
class _Shift:
    """How much later the second of two recordings shows the same movement."""

    later_s: float
    least_s: float
    channel: str

    @classmethod
    def between(cls, first: Recording, second: Recording) -> _Shift | None:
        """None where nothing that both measured shows it."""
        found = offset_between(first, second)
        least_s = max(_SAME_CLOCK_S, 1.5 / min(first.rate_hz, second.rate_hz))
        return None if found is None else cls(-found[0], least_s, found[1])

    @property
    def words(self) -> str:
        """For a note; empty where the clocks cannot tell it from none."""
        if abs(self.later_s) <= self.least_s:
            return ""
        word = "later" if self.later_s > 0 else "earlier"
        return f"{abs(self.later_s):.2f} s {word} (by {self.channel})"


def _clock_notes(base: Part, part: Part) -> list[str]:
    if np.array_equal(base.recording.time_s, part.recording.time_s):
        return []
    shift = _Shift.between(base.recording, part.recording)
    names = f"{part.path.name} and {base.path.name}"
    if shift is None and _is_worn(base.recording) != _is_worn(part.recording):
        return [f"assumed: {names} run on one clock (nothing that both measured shows it)"]
    if shift is None or not shift.words:
        return []
    return [
        f"warning: the movement in {part.path.name} comes {shift.words} than in "
        f"{base.path.name}: nothing was shifted"
    ]


def _is_worn(recording: Recording) -> bool:
    """Whether sensors on the body made it, with a clock of their own."""
    quantities = {Channel.parse(name).quantity for name in recording.channels}
    return bool(quantities & {"acc", "gyr", "emg"})


def _cut(recording: Recording, begin: float, end: float) -> Recording:
    """Only what all files cover, unless that is the smaller part."""
    if end - begin < _MOST_CUT * recording.duration_s:
        note = f"warning: its files have only {end - begin:.2f} s in common; the rest has gaps"
        return replace(recording, notes=(*recording.notes, note))
    edge = 1e-6
    rows = (recording.time_s >= begin - edge) & (recording.time_s <= end + edge)
    if rows.all():
        return recording
    note = f"cut to the {end - begin:.2f} s that all its files cover"
    events = {
        name: times[(times >= begin - edge) & (times <= end + edge)]
        for name, times in recording.events.items()
    }
    return replace(
        recording,
        time_s=recording.time_s[rows],
        samples=recording.samples[rows],
        events=events,
        notes=(*recording.notes, note),
    )
