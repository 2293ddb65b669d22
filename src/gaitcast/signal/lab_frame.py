"""Laboratory axes to those of gaitcast: z up, x the walking direction, y to the left.

Turns are by quarter turns only: laboratory axes lie along the walkway, and a quarter turn changes
only the place and sign of each number.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.recording import Recording

#: Quantities whose x, y, z are laboratory axes and not sensor axes.
LAB_QUANTITIES = ("marker", "pos", "vel", "accel", "force", "grf", "torque")
Z_UP = np.array([0.0, 0.0, 1.0])


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


def nearest_axis(vector: np.ndarray) -> np.ndarray:
    """The signed unit axis nearest to a vector that is not zero.

    Returns
    -------
    numpy.ndarray, shape (3,)

    Raises
    ------
    ValueError
        For the zero vector, and where a component is not a number: no axis is near.
    """
    if not np.isfinite(vector).all() or not np.any(vector):
        raise ValueError(f"no axis is near {vector}")
    axis = int(np.abs(vector).argmax())
    unit = np.zeros(3)
    unit[axis] = np.sign(vector[axis])
    return unit


def noted(recording: Recording, note: str) -> Recording:
    """The recording with one more note, unless it has that already."""
    if note in recording.notes:
        return recording
    return replace(recording, notes=(*recording.notes, note))


def axis_word(axis: np.ndarray) -> str:
    """A signed unit axis in words, such as ``"+y"``."""
    at = int(np.abs(axis).argmax())
    return f"{'+' if axis[at] > 0 else '-'}{VECTOR_AXES[at]}"


def turn(
    recording: Recording,
    axes: np.ndarray,
    vectors: Sequence[tuple[str, str, str]] | None = None,
) -> Recording:
    """Express laboratory vectors in other axes.

    Parameters
    ----------
    recording : Recording
        Angles, and the readings of sensors in their own frames, stay unchanged.
    axes : numpy.ndarray, shape (3, 3)
        New x, y and z as rows, in the old axes.
    vectors : sequence of tuple of str, optional
        Only these; default all of :func:`lab_vectors`.
    """
    samples = recording.samples.copy()
    for triple in lab_vectors(recording.channels) if vectors is None else vectors:
        at = [recording.channels.index(name) for name in triple]
        old = samples[:, at]
        for k, row in enumerate(axes):
            used = np.flatnonzero(row)
            # One by one, so that a hidden coordinate does not hide the other two.
            samples[:, at[k]] = sum(row[j] * old[:, j] for j in used)
    return replace(recording, samples=samples)


def upright_axes(up: np.ndarray) -> np.ndarray:
    """New axes as rows, shape (3, 3): z is `up`, a signed unit axis, and x stays where possible."""
    x = np.array([0.0, 1.0, 0.0] if up[0] else [1.0, 0.0, 0.0])
    return np.stack([x, np.cross(up, x), up])


def upright(recording: Recording, up: np.ndarray, reason: str) -> Recording:
    """Turn so that z is up.

    Parameters
    ----------
    up : numpy.ndarray, shape (3,)
        Upward direction in laboratory axes.
    reason : str
        How the direction is known; becomes a note unless z was up already.
    """
    z = nearest_axis(up)
    if z[2] == 1:
        return recording
    turned = turn(recording, upright_axes(z))
    note = f"laboratory axis {axis_word(z)} is up ({reason}): turned so that z is"
    return replace(turned, notes=(*turned.notes, note))
