"""Which way is up, from the body and from loaded plates.

Pelvis over knee over ankle is true of a person who stands, walks, runs or climbs stairs. A person
who lies shows the same along a horizontal axis, so that something else has to agree before the
body outranks what a file states: the person is carried across that axis, the legs swing, the
ground pushes along it, or the feet stand on its zero.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from gaitcast.channel import Channel
from gaitcast.marker_labels import landmark
from gaitcast.recording import Recording
from gaitcast.signal.lab_frame import Z_UP, axis_word, lab_vectors, nearest_axis

#: Levels of the body from the top, and the landmarks and segments at each.
LEVELS: dict[str, tuple[str, ...]] = {
    "trunk": (
        "c7", "t8", "t10", "sternal_notch", "xiphoid", "rib_cage", "acromion", "back", "trunk",
        "head_front", "head_back", "head_top", "head", "shoulder",
    ),
    "pelvis": (
        "asis", "psis", "iliac_crest", "sacrum", "pelvis", "hip_centre", "trochanter", "hip",
    ),
    "knee": ("knee_lateral", "knee_medial", "knee_centre", "knee", "fibula_head"),
    "ankle": ("ankle_lateral", "ankle_medial", "ankle_centre", "ankle"),
    "foot": ("heel", "toe", "mt1", "mt2", "mt5", "midfoot_superior", "midfoot_lateral", "foot"),
}  # fmt: skip
Vector = tuple[str, str, str]
Points = Mapping[tuple[str, str], np.ndarray]
_GROUND = ("force", "grf", "torque")
#: Share of the way from foot to pelvis that lies along one axis, in a person who is upright.
_UPRIGHT = 0.8
#: Shortest distance from foot or ankle to pelvis, or to the knee, of a person, m.
_LEAST_LEG_M = 0.15
#: Where the sole's markers of a person who stands on the floor lie, m.
_FLOOR_M = (-0.1, 0.2)
#: Paths of the body, and of the feet on a treadmill, that no one covers lying, m.
_WALK_M, _SWING_M = 0.5, 0.35
#: A person stands on a plate from this force on, N, which is that of a light person by the mass.
_LOAD_N, _MASS_KG = 100.0, 70.0
_LOADED_SAMPLES = 20
#: Under load the force is this steep, as a share of it, in most of the samples.
_STEEP, _MOST = 0.85, 0.9


@dataclass(frozen=True)
class Up:
    """An upward direction and what shows it.

    Parameters
    ----------
    axis : numpy.ndarray, shape (3,)
        A signed unit axis.
    shown_by : str
        In words, for a note.
    sure : bool
        False where a person who lies would look the same, if what is stated is right.
    """

    axis: np.ndarray
    shown_by: str
    sure: bool


def body_points(recording: Recording) -> dict[tuple[str, str], np.ndarray]:
    """Positions of landmarks, from markers by their labels and from positions of segments.

    Returns
    -------
    dict of (str, str) to numpy.ndarray, shape (n, 3)
        By side and landmark (or segment), m; of two markers for one landmark the first that is
        ever visible.
    """
    found: dict[tuple[str, str], np.ndarray] = {}
    for triple in lab_vectors(recording.channels):
        channel = Channel.parse(triple[0])
        key = None
        if channel.quantity == "marker":
            key = landmark(channel.segment)
        elif channel.quantity == "pos" and not channel.segment.startswith("plate"):
            key = channel.side, channel.segment
        if key and key not in found:
            positions = recording.matrix(triple)
            if np.isfinite(positions).any():
                found[key] = positions
    return found


def levels(points: Points) -> dict[str, np.ndarray]:
    """Mean position of each level of the body, (n, 3), of the frames in which it is seen.

    A level with both sides is seen where both are, so that one hidden foot does not move it.
    """
    found = {}
    for level, names in LEVELS.items():
        sides = []
        for side in ("left", "right", "center"):
            own = [p for (where, name), p in points.items() if where == side and name in names]
            if own:
                sides.append(_mean(np.array(own)))
        if sides:
            found[level] = np.mean(sides, axis=0)
    return {level: mean for level, mean in found.items() if np.isfinite(mean).all(axis=1).any()}


def _mean(stack: np.ndarray) -> np.ndarray:
    """Mean over the first axis of what is known; NaN where nothing is."""
    known = np.isfinite(stack).all(axis=2, keepdims=True)
    count = known.sum(axis=0)
    total = np.where(known, stack, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def body_up(recording: Recording, stated: np.ndarray = Z_UP) -> Up | None:
    """The axis along which the body stands; None if too little of it is known, or it is bent.

    Parameters
    ----------
    recording : Recording
        In any axes.
    stated : numpy.ndarray, shape (3,)
        The upward axis according to the file, for how sure it is.
    """
    points = body_points(recording)
    known = levels(points)
    order = [level for level in LEVELS if level in known]
    legs = [level for level in order if level != "trunk"]
    if len(legs) < 2:
        return None
    top, bottom = known[legs[0]], known[legs[-1]]
    way = _median(top - bottom)
    length = float(np.linalg.norm(way))
    if length < _LEAST_LEG_M or np.abs(way).max() < _UPRIGHT * length:
        return None
    axis = nearest_axis(way)
    heights = [float(_median(known[level]) @ axis) for level in order]
    if order[-2:] == ["ankle", "foot"]:  # the sole's markers may be above the ankle, in a run
        heights.pop()
    if any(above <= below for above, below in pairwise(heights)):
        return None
    words = " over ".join(level for level in order if level in ("pelvis", "knee", "ankle", "foot"))
    sure = bool(axis @ stated) or _carried(known, points, axis)
    return Up(axis, words, sure or _stands_on_floor(known[legs[-1]], axis, stated))


def _median(values: np.ndarray) -> np.ndarray:
    seen = values[np.isfinite(values).all(axis=1)]
    return np.median(seen, axis=0) if len(seen) else np.zeros(values.shape[1])


def _span(path: np.ndarray) -> np.ndarray:
    seen = path[np.isfinite(path).all(axis=1)]
    return np.ptp(seen, axis=0) if len(seen) else np.zeros(3)


def _carried(known: Mapping[str, np.ndarray], points: Points, axis: np.ndarray) -> bool:
    """Whether the person moves across the axis, or swings the legs across it."""
    across = axis == 0
    feet = [p for (_, name), p in points.items() if name in LEVELS["ankle"] + LEVELS["foot"]]
    for paths, least_m in ((known.values(), _WALK_M), (feet, _SWING_M)):
        for path in paths:
            span = _span(path)
            if span[across].max() > max(least_m, 1.2 * span[~across].max()):
                return True
    return False


def _stands_on_floor(lowest: np.ndarray, axis: np.ndarray, stated: np.ndarray) -> bool:
    """Whether the feet are at the zero of this axis, and far from that of the stated vertical."""
    place = _median(lowest)
    at_zero = [_FLOOR_M[0] < place @ up < _FLOOR_M[1] for up in (axis, stated)]
    return at_zero == [True, False]


def ground_up(recording: Recording) -> Up | None:
    """The axis along which loaded plates push; None if none is loaded or no axis carries most.

    Parameters
    ----------
    recording : Recording
        With forces in laboratory axes.
    """
    axes = []
    for triple in lab_vectors(recording.channels):
        if Channel.parse(triple[0]).quantity in ("force", "grf"):
            force = recording.matrix(triple)
            size = np.linalg.norm(force, axis=1)
            least = _LOAD_N if "_force_" in triple[0] else _LOAD_N / _MASS_KG
            force = force[size > least] / size[size > least, None]
            if len(force) < _LOADED_SAMPLES:
                continue
            middle = np.median(force, axis=0)
            if not middle.any() or np.mean(force @ nearest_axis(middle) > _STEEP) < _MOST:
                return None
            axes.append(nearest_axis(middle))
    if not axes or any((axis != axes[0]).any() for axis in axes):
        return None
    return Up(axes[0], "the force under load", sure=True)


def lies(axis: np.ndarray) -> str:
    """The note on a body along a horizontal axis that nothing else shows to be the vertical."""
    line = axis_word(axis)[1]
    return f"assumed: the person lies along {line}; the vertical is as the file states"


def body_vectors(recording: Recording) -> list[Vector]:
    """Laboratory vectors of the body: markers, positions, velocities."""
    ground = ground_vectors(recording)
    return [triple for triple in lab_vectors(recording.channels) if triple not in ground]


def ground_vectors(recording: Recording, plate: str = "") -> list[Vector]:
    """Laboratory vectors of the ground: forces, torques, centres of pressure.

    Parameters
    ----------
    plate : str
        Segment of one plate, such as ``"plate2"``; default all.
    """
    found = []
    for triple in lab_vectors(recording.channels):
        channel = Channel.parse(triple[0])
        of_ground = channel.segment.startswith("plate") or channel.quantity in _GROUND
        if channel.segment == plate or (not plate and of_ground):
            found.append(triple)
    return found
