"""Whether participants are who their names say: one person under several names, found by the body.

How sensors sit, where angles have their middle, and how long segments are differs between people by
far more than between two walks of one person on one day. Under right names the recording most like
another is therefore one of the same name.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

import numpy as np

from gaitcast.channel import Channel
from gaitcast.cohort import Cohort
from gaitcast.kinematics.landmarks import landmarks
from gaitcast.recording import Recording

#: Quantities whose middle depends on the person, and on how the sensors were put on.
_QUANTITIES = ("acc", "gyr", "angle", "tilt")
#: Landmarks a fixed length apart.
_LENGTHS = (
    (("left", "asis"), ("right", "asis")),
    (("left", "psis"), ("right", "psis")),
    *(
        ((side, near), (side, far))
        for side in ("left", "right")
        for near, far in (
            ("knee_lateral", "ankle_lateral"), ("knee_lateral", "knee_medial"),
            ("ankle_lateral", "ankle_medial"), ("heel", "toe"), ("heel", "mt5"),
            ("trochanter", "knee_lateral"), ("acromion", "elbow_lateral"),
        )
    ),
)  # fmt: skip
#: Segment lengths of the same markers on the same day agree to this, m.
_SAME_LENGTH_M = 0.004
_LEAST_LENGTHS = 4
#: Shorter recordings show no middle of a gait cycle, s.
_LEAST_S = 1.0
#: Share of recordings most alike to one of another name. Right names gave at most 0.24 in real
#: sets (0.03 and less where the source states who is who), wrong ones above 0.9.
_STRANGE = 0.6
_LEAST_ROWS = 4
#: Part of the differences in which two recordings may differ: a turn moves some channels far.
_PERCENTILE = 90


@dataclass(frozen=True)
class _Row:
    """A recording, or a half of one: its name, the middle of each channel, its lengths."""

    subject: str
    trial: str
    middle: np.ndarray
    lengths_m: np.ndarray


@lru_cache(maxsize=8)
def identity_evidence(cohort: Cohort) -> str:
    """What speaks for one person under several names.

    Parameters
    ----------
    cohort : Cohort
        With at least two names.

    Returns
    -------
    str
        In words; empty if nothing does.
    """
    people = cohort.people
    if len(people) < 2:
        return ""
    channels = _common(cohort)
    rows, noise = _rows(cohort, channels)
    return _same_lengths(rows, cohort) or _strange_neighbours(rows, noise)


def _common(cohort: Cohort) -> tuple[str, ...]:
    every = [set(info.channels) for info in cohort.infos]
    return tuple(
        name
        for name in cohort.infos[0].channels
        if Channel.parse(name).quantity in _QUANTITIES and all(name in own for own in every)
    )


def _rows(cohort: Cohort, channels: tuple[str, ...]) -> tuple[list[_Row], np.ndarray]:
    """A row a recording, two where a participant has one only; how far two halves differ."""
    count = dict.fromkeys(cohort.people, 0)
    for info in cohort.infos:
        count[info.subject] += 1
    rows, apart = [], []
    for recording in cohort:
        if recording.duration_s < _LEAST_S:
            continue
        samples = recording.matrix(channels)
        halves = [_middle(half) for half in np.array_split(samples, 2)]
        apart.append(np.abs(halves[0] - halves[1]))
        lengths_m = _lengths(recording)
        middles = [_middle(samples)] if count[recording.subject] > 1 else halves
        rows += [_Row(recording.subject, recording.trial, m, lengths_m) for m in middles]
    return rows, np.median(apart, axis=0) if apart else np.zeros(len(channels))


def _middle(samples: np.ndarray) -> np.ndarray:
    known = np.isfinite(samples).any(axis=0) if len(samples) else np.zeros(samples.shape[1], bool)
    middle = np.full(samples.shape[1], np.nan)
    middle[known] = np.nanmedian(samples[:, known], axis=0)
    return middle


def _lengths(recording: Recording) -> np.ndarray:
    points = landmarks(recording) if any("_marker_" in n for n in recording.channels) else {}
    lengths = []
    for near, far in _LENGTHS:
        if near in points and far in points:
            apart = np.linalg.norm(points[near] - points[far], axis=1)
            lengths.append(float(_middle(apart[:, None])[0]))
        else:
            lengths.append(np.nan)
    return np.array(lengths)


def _same_lengths(rows: list[_Row], cohort: Cohort) -> str:
    """Names whose recordings have all segment lengths in common."""
    found: dict[tuple[str, str], int] = {}
    for one, other in combinations(rows, 2):
        pair = (one.subject, other.subject)
        apart = np.abs(one.lengths_m - other.lengths_m)
        known = np.isfinite(apart)
        alike = known.sum() >= _LEAST_LENGTHS and apart[known].max() < _SAME_LENGTH_M
        if one.subject != other.subject and alike and _same_body(cohort, *pair):
            found[pair] = int(known.sum())
    if not found:
        return ""
    (first, second), lengths = next(iter(found.items()))
    more = f", and {len(found) - 1} more pairs" if len(found) > 1 else ""
    return (
        f"'{first}' and '{second}' have {lengths} segment lengths in common to "
        f"{1000 * _SAME_LENGTH_M:.0f} mm{more}: one person under several names"
    )


def _same_body(cohort: Cohort, one: str, other: str) -> bool:
    """Whether mass and height, as far as they are known of both, are the same."""
    mine, theirs = cohort.subjects.get(one, {}), cohort.subjects.get(other, {})
    both = [name for name in ("mass_kg", "height_m") if name in mine and name in theirs]
    return all(mine[name] == theirs[name] for name in both)


def _strange_neighbours(rows: list[_Row], noise: np.ndarray) -> str:
    """Recordings that are most like one of another name, most of those of a name or of all."""
    usable = np.flatnonzero((noise > 0) & np.isfinite([r.middle for r in rows]).all(axis=0))
    if len(rows) < _LEAST_ROWS or len(usable) < 3:
        return ""
    middles = np.array([row.middle for row in rows])[:, usable] / noise[usable]
    apart = np.percentile(np.abs(middles[:, None] - middles[None]), _PERCENTILE, axis=-1)
    np.fill_diagonal(apart, np.inf)
    nearest = apart.argmin(axis=1)
    names = [row.subject for row in rows]
    strange = {k: int(j) for k, j in enumerate(nearest) if names[k] != names[j]}
    groups = [range(len(rows))] + [
        [k for k, name in enumerate(names) if name in pair]
        for pair in combinations(dict.fromkeys(names), 2)
    ]
    for group in groups:
        inside = [k for k in group if k in strange and strange[k] in group]
        if len(group) >= _LEAST_ROWS and len(inside) >= _STRANGE * len(group):
            k = inside[0]
            return (
                f"{len(inside)} of {len(group)} recordings are most like one of another "
                f"participant ('{rows[k].trial}' of '{names[k]}' like '{rows[strange[k]].trial}' "
                f"of '{names[strange[k]]}'): one person under several names"
            )
    return ""
