"""Which way a person walks or faces: from the path, the feet, the pelvis and the knees."""

from __future__ import annotations

import re

import numpy as np

from gaitcast.channel import Channel
from gaitcast.recording import Recording
from gaitcast.signal.body_up import body_points, levels
from gaitcast.signal.lab_frame import Z_UP, axis_word, lab_vectors, nearest_axis, noted, turn

#: A trial that covers less than this, m, does not show the direction (a treadmill, a static trial).
_LEAST_WALK_M = 0.5
_LEAST_FOOT_M = 0.02
#: A knee is in front of the line from hip to ankle by this much, m, when it is bent.
_LEAST_KNEE_M = 0.06
_HEEL = re.compile(r"(?i)hee|cal|fcc")
_BACKWARDS = "warning: the person walks backwards: x is the direction of the path, not of the toes"
_TOE = re.compile(r"(?i)toe|mt|fm|met")


def along_walkway(recording: Recording) -> Recording:
    """Turn about the vertical so that the person walks towards +x.

    Parameters
    ----------
    recording : Recording
        With z up, and with markers or positions.

    Returns
    -------
    Recording
        Turned by quarter turns, with a note on what was detected or assumed.
    """
    x, seen = walking_direction(recording)
    if x is None:
        note = "assumed: forward is the laboratory's x; neither the path nor the feet show it"
        return noted(recording, note)
    recording = noted(recording, _BACKWARDS) if _backwards(recording, seen) else recording
    if x[0] == 1:
        return recording
    turned = turn(recording, np.stack([x, np.cross(Z_UP, x), Z_UP]))
    note = f"the person {seen} towards {axis_word(x)} of the laboratory: turned so that it is +x"
    return noted(turned, note)


def walking_direction(recording: Recording) -> tuple[np.ndarray | None, str]:
    """Horizontal axis that the person walks along, or faces on a treadmill.

    Parameters
    ----------
    recording : Recording
        With z up.

    Returns
    -------
    axis : numpy.ndarray, shape (3,), or None
        A signed unit axis; None if neither the path nor the feet show it.
    seen : str
        ``"walks"``, or which part of the body faces that way.
    """
    for seen, way, least_m in (
        ("walks", _walked, _LEAST_WALK_M),
        ("has the toes", _feet, _LEAST_FOOT_M),
        ("has the front of the pelvis", _pelvis, _LEAST_FOOT_M),
        ("bends the knees", _knees, _LEAST_KNEE_M),
    ):
        forward = way(recording)
        if np.linalg.norm(forward) >= least_m:
            return nearest_axis(np.array([forward[0], forward[1], 0.0])), seen
    return None, ""


def _backwards(recording: Recording, seen: str) -> bool:
    """Whether toes and pelvis point against the path."""
    path, fronts = _walked(recording), (_feet(recording), _pelvis(recording))
    against = [front @ path for front in fronts if np.linalg.norm(front) >= _LEAST_FOOT_M]
    return seen == "walks" and bool(against) and max(against) < 0


def _positions(recording: Recording, wanted: re.Pattern | None = None) -> np.ndarray:
    """Horizontal positions of body points, shape (points, n, 2), m."""
    points = []
    for triple in lab_vectors(recording.channels):
        channel = Channel.parse(triple[0])
        ground = channel.segment.startswith("plate")
        named = wanted is None or wanted.search(channel.segment)
        if channel.quantity in ("marker", "pos") and not ground and named:
            points.append(recording.matrix(triple[:2]))
    return np.array(points).reshape(-1, len(recording), 2)


def _walked(recording: Recording) -> np.ndarray:
    """Median displacement of the body points from their first to their last sight, m."""
    ways, spans = [], []
    for point in _positions(recording):
        seen = np.flatnonzero(np.isfinite(point).all(axis=1))
        if len(seen) > 1:
            ways.append(point[seen[-1]] - point[seen[0]])
            spans.append(seen[-1] - seen[0])
    if not ways:
        return np.zeros(2)
    long = np.array(spans) >= 0.5 * max(spans)
    return np.median(np.array(ways)[long], axis=0)


def _feet(recording: Recording) -> np.ndarray:
    """Median direction from the heels to the toes, m."""
    heels, toes = (_positions(recording, word) for word in (_HEEL, _TOE))
    if not len(heels) or not len(toes):
        return np.zeros(2)
    return _median(toes.mean(axis=0) - heels.mean(axis=0))  # of frames that show both feet


def _pelvis(recording: Recording) -> np.ndarray:
    """Median direction from the back of the pelvis to its front, m."""
    points = body_points(recording)
    front, back = (
        [p for (_, name), p in points.items() if name in names]
        for names in (("asis",), ("psis", "sacrum"))
    )
    if not front or not back:
        return np.zeros(2)
    return _median(np.mean(front, axis=0) - np.mean(back, axis=0))


def _knees(recording: Recording) -> np.ndarray:
    """Where the knees are beside the lines from pelvis to ankles when they are bent most, m."""
    known = levels(body_points(recording))
    if not {"pelvis", "knee", "ankle"} <= set(known):
        return np.zeros(2)
    top, knee, ankle = (known[level] for level in ("pelvis", "knee", "ankle"))
    height = (top - ankle)[:, 2]
    share = (knee - ankle)[:, 2] / np.where(np.abs(height) > _LEAST_KNEE_M, height, np.nan)
    beside = (knee - ankle - share[:, None] * (top - ankle))[:, :2]
    beside = beside[np.isfinite(beside).all(axis=1)]
    size = np.linalg.norm(beside, axis=1)
    return beside[size >= np.percentile(size, 80)].mean(axis=0) if len(size) else np.zeros(2)


def _median(way: np.ndarray) -> np.ndarray:
    known = way[np.isfinite(way).all(axis=1), :2]
    return np.median(known, axis=0) if len(known) else np.zeros(2)
