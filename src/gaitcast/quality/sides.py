"""Left and right against the body's own front, wherever the person walks and turns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import numpy as np

from gaitcast.channel import Channel
from gaitcast.quality.side_pairs import warn_pairs
from gaitcast.recording import Recording
from gaitcast.signal.body_up import LEVELS, body_points
from gaitcast.signal.lab_frame import lab_vectors

_LEAST_M = 0.02
_UNEVEN_M = 0.3
#: Those that are put on the same place of both legs; markers of clusters are not.
_LANDMARKS = (*LEVELS["pelvis"], *LEVELS["knee"], *LEVELS["ankle"], *LEVELS["foot"])
_TOES = ("toe", "mt1", "mt2", "mt5")
Points = Mapping[tuple[str, str], np.ndarray]


def warn_sides(recording: Recording) -> Iterator[str]:
    """Labels of left markers on the right of the body, with z up."""
    points = body_points(recording)
    uneven = _uneven(points)
    if uneven:
        yield f"left and right {', '.join(uneven[:3])} lie at other heights: are labels mixed up?"
        return
    front = _front(points)
    if front is None:
        yield from _against_x(recording)
        yield from warn_pairs(points, _LANDMARKS)
        return
    apart = []
    for (side, name), left in points.items():
        right = points.get(("right", name))
        if side == "left" and right is not None:
            across = (left - right)[:, :2]
            # To the left of the front (x, y) is (-y, x).
            along = across[:, 1] * front[:, 0] - across[:, 0] * front[:, 1]
            along = along[np.isfinite(along)]
            if len(along):
                apart.append(float(np.median(along)))
    wrong = np.array(apart) < -_LEAST_M
    if len(apart) >= 2 and wrong.mean() > 0.6:
        yield "left and right look swapped: in the labels, or by left-handed axes"
    else:
        yield from warn_pairs(points, _LANDMARKS)


def _uneven(points: Points) -> list[str]:
    """Landmarks whose sides are at different heights most of the time, as on no body."""
    found = []
    for (side, name), left in points.items():
        right = points.get(("right", name))
        if side == "left" and right is not None and name in _LANDMARKS:
            apart = np.abs(left[:, 2] - right[:, 2])
            apart = apart[np.isfinite(apart)]
            # Feet in turn are high in swing: the lower quarter is both feet on the ground.
            if len(apart) and np.percentile(apart, 25) > _UNEVEN_M:
                found.append(name)
    return found


def _front(points: Points) -> np.ndarray | None:
    """Unit direction of the body's front in each frame, (n, 2), from the pelvis or the feet."""
    pelvis = _way(points, ("psis", "sacrum"), ("asis",))
    feet = _way(points, ("heel",), _TOES)
    known = [way for way in (pelvis, feet) if way is not None]
    if not known:
        return None
    first = known[0]
    for way in known[1:]:
        first = np.where(np.isfinite(first), first, way)
    return first


def _way(points: Points, back: tuple[str, ...], front: tuple[str, ...]) -> np.ndarray | None:
    """Unit horizontal direction from some landmarks to others, both sides together."""
    ends = []
    for names in (back, front):
        sides = [p for (_, name), p in points.items() if name in names]
        if not sides:
            return None
        ends.append(np.mean(sides, axis=0))
    way = (ends[1] - ends[0])[:, :2]
    size = np.linalg.norm(way, axis=1, keepdims=True)
    if not np.isfinite(size).any():
        return None
    return way / np.where(size > _LEAST_M, size, np.nan)


def _against_x(recording: Recording) -> Iterator[str]:
    """With unknown labels: towards +x, the left side has the greater y."""
    ahead = []
    for triple in lab_vectors(recording.channels):
        left = Channel.parse(triple[0])
        if left.side != "left" or left.quantity not in ("marker", "pos"):
            continue
        other = f"right_{_twin(left.segment)}_{left.quantity}_y"
        if other in recording.channels and "plate" not in left.segment:
            apart = recording.column(triple[1]) - recording.column(other)
            apart = apart[np.isfinite(apart)]
            if len(apart):
                ahead.append(float(np.median(apart)))
    if len(ahead) >= 3 and np.mean(np.array(ahead) < 0) > 0.8:
        yield "left and right look swapped, or the person does not walk towards +x"


def _twin(label: str) -> str:
    """The right side's label for a label of the left."""
    for left, right in (
        ("Left", "Right"),
        ("left", "right"),
        ("LEFT", "RIGHT"),
        ("L", "R"),
        ("l", "r"),
    ):
        if re.match(left, label):
            return right + label[len(left) :]
    return label
