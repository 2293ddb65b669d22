"""Laboratory axes to those of gaitcast: z up, x the walking direction, y to the left.

Turns are by quarter turns only: laboratory axes lie along the walkway, and a quarter turn changes
only the place and sign of each number.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.recording import Recording

#: Quantities whose x, y, z are laboratory axes and not sensor axes.
LAB_QUANTITIES = ("marker", "pos", "vel", "accel", "force", "grf", "torque")
#: A trial that covers less than this, m, does not show the direction (a treadmill, a static trial).
_LEAST_WALK_M = 0.5
_LEAST_FOOT_M = 0.02
_HEEL = re.compile(r"(?i)hee|cal|fcc")
_TOE = re.compile(r"(?i)toe|mt|fm|met")


def lab_vectors(channels: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Triples of channels that are vectors in the laboratory frame.

    Returns
    -------
    list of tuple of str
        The x, y and z channel of each vector.
    """
    found = []
    for name in channels:
        channel = Channel.parse(name)
        if channel.quantity in LAB_QUANTITIES and channel.axis == "x":
            x, y, z = (name[:-1] + axis for axis in VECTOR_AXES)
            if y in channels and z in channels:
                found.append((x, y, z))
    return found


def turn(recording: Recording, axes: np.ndarray) -> Recording:
    """Express all laboratory vectors in other axes.

    Parameters
    ----------
    recording : Recording
        Angles, and the readings of sensors in their own frames, stay unchanged.
    axes : numpy.ndarray, shape (3, 3)
        New x, y and z as rows, in the old axes.
    """
    samples = recording.samples.copy()
    for triple in lab_vectors(recording.channels):
        at = [recording.channels.index(name) for name in triple]
        old = samples[:, at]
        for k, row in enumerate(axes):
            used = np.flatnonzero(row)
            # One by one, so that a hidden coordinate does not hide the other two.
            samples[:, at[k]] = sum(row[j] * old[:, j] for j in used)
    return replace(recording, samples=samples)


def upright(recording: Recording, up: np.ndarray, reason: str) -> Recording:
    """Turn so that z is up.

    Parameters
    ----------
    up : numpy.ndarray, shape (3,)
        Upward direction in laboratory axes.
    reason : str
        How the direction is known; becomes a note unless z was up already.
    """
    z = _nearest_axis(up)
    if z[2] == 1:
        return recording
    x = np.array([0.0, 1.0, 0.0] if z[0] else [1.0, 0.0, 0.0])  # keep x where possible
    turned = turn(recording, np.stack([x, np.cross(z, x), z]))
    note = f"laboratory axis {_word(z)} is up ({reason}): turned so that z is"
    return replace(turned, notes=(*turned.notes, note))


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
        return replace(recording, notes=(*recording.notes, note))
    if x[0] == 1:
        return recording
    z = np.array([0.0, 0.0, 1.0])
    turned = turn(recording, np.stack([x, np.cross(z, x), z]))
    note = f"the person {seen} towards {_word(x)} of the laboratory: turned so that it is +x"
    return replace(turned, notes=(*turned.notes, note))


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
        ``"walks"`` or ``"has the toes"``.
    """
    forward, seen = _walked(recording), "walks"
    if np.linalg.norm(forward) < _LEAST_WALK_M:
        forward, seen = _feet(recording), "has the toes"
    if np.linalg.norm(forward) < _LEAST_FOOT_M:
        return None, ""
    return _nearest_axis(np.array([forward[0], forward[1], 0.0])), seen


def _nearest_axis(vector: np.ndarray) -> np.ndarray:
    axis = int(np.abs(vector).argmax())
    unit = np.zeros(3)
    unit[axis] = np.sign(vector[axis])
    return unit


def _word(unit: np.ndarray) -> str:
    axis = int(np.abs(unit).argmax())
    return f"{'+' if unit[axis] > 0 else '-'}{VECTOR_AXES[axis]}"


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
    way = toes.mean(axis=0) - heels.mean(axis=0)
    known = way[np.isfinite(way).all(axis=1)]  # frames that show both feet completely
    return np.median(known, axis=0) if len(known) else np.zeros(2)
