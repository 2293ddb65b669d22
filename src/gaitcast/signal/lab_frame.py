"""Laboratory axes to ours: z up, x the way the person walks, y to the left.

Only by quarter turns: a laboratory's axes are laid along its walkway, and a turn by a whole quarter
changes no number but its place and sign.
"""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.recording import Recording

#: Quantities whose x, y, z are the laboratory's and not a sensor's.
LAB_QUANTITIES = ("marker", "pos", "vel", "accel", "force", "grf", "torque")
#: Walked less than this, m, a trial says nothing about the direction (a treadmill, a static).
_LEAST_WALK_M = 0.5
_LEAST_FOOT_M = 0.02
_HEEL = re.compile(r"(?i)hee|cal|fcc")
_TOE = re.compile(r"(?i)toe|mt|fm|met")


def lab_vectors(channels: tuple[str, ...]) -> list[tuple[str, str, str]]:
    """Triples of channels that are vectors in the laboratory frame.

    Parameters
    ----------
    channels : tuple of str
        Names.

    Returns
    -------
    list of tuple of str
        The x, y and z channel of each.
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
    """Express all vectors of the laboratory in other axes.

    Parameters
    ----------
    recording : Recording
        To turn; angles, and the readings of sensors in their own frames, stay as they are.
    axes : numpy.ndarray, shape (3, 3)
        New x, y and z as rows, in the old axes.

    Returns
    -------
    Recording
        Turned.
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
    recording : Recording
        Laboratory axes.
    up : numpy.ndarray, shape (3,)
        What is up there.
    reason : str
        How that is known; becomes a note unless z was up already.

    Returns
    -------
    Recording
        With z up.
    """
    z = _nearest_axis(up)
    if z[2] == 1:
        return recording
    x = np.array([0.0, 1.0, 0.0] if z[0] else [1.0, 0.0, 0.0])  # x stays x where it can
    turned = turn(recording, np.stack([x, np.cross(z, x), z]))
    note = f"laboratory axis {_word(z)} is up ({reason}): turned so that z is"
    return replace(turned, notes=(*turned.notes, note))


def along_walkway(recording: Recording) -> Recording:
    """Turn about the vertical so that the person walks towards +x.

    Parameters
    ----------
    recording : Recording
        With z up and markers or positions.

    Returns
    -------
    Recording
        Turned by whole quarters, with a note of what was seen or assumed.
    """
    x, seen = walking_direction(recording)
    if x is None:
        note = "assumed: forward is the laboratory's x; neither the way walked nor the feet tell"
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
        A signed unit axis; None if neither the way walked nor the feet tell.
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
    """Horizontal positions of body points, shape (points, n, 2)."""
    points = []
    for triple in lab_vectors(recording.channels):
        channel = Channel.parse(triple[0])
        ground = channel.segment.startswith("plate")
        named = wanted is None or wanted.search(channel.segment)
        if channel.quantity in ("marker", "pos") and not ground and named:
            points.append(recording.matrix(triple[:2]))
    return np.array(points).reshape(-1, len(recording), 2)


def _walked(recording: Recording) -> np.ndarray:
    """Median way of the body points from their first to their last sight, m."""
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
    known = way[np.isfinite(way).all(axis=1)]  # frames that show all of both feet
    return np.median(known, axis=0) if len(known) else np.zeros(2)
