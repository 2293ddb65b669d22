"""Force plates against the body: which way their surfaces lie, and what is up in a laboratory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gaitcast.recording import Recording
from gaitcast.signal.body_up import (
    LEVELS,
    Up,
    Vector,
    body_points,
    body_up,
    body_vectors,
    ground_vectors,
    lies,
)
from gaitcast.signal.lab_frame import (
    Z_UP,
    axis_word,
    nearest_axis,
    noted,
    turn,
    upright,
    upright_axes,
)
from gaitcast.signal.walkway import along_walkway

#: Points this far above the plates, m, belong to a body that stands on them.
_ABOVE_M = 0.05
#: Distances from the centre of pressure to the foot that differ by less, m, do not decide.
_ALIKE_M = 0.001


@dataclass(frozen=True)
class Surface:
    """The upper side of a force plate, as its corners have it.

    Parameters
    ----------
    axes : numpy.ndarray, shape (3, 3)
        The plate's axes as columns, laboratory frame; z into the ground.
    centre_m : numpy.ndarray, shape (3,)
        Laboratory frame.
    """

    axes: np.ndarray
    centre_m: np.ndarray

    @property
    def up(self) -> np.ndarray:
        """The laboratory axis nearest to its upward normal, shape (3,)."""
        return nearest_axis(-self.axes[:, 2])


def laboratory_frame(
    recording: Recording,
    surfaces: Mapping[int, Surface],
    stated: np.ndarray | None = None,
    reason: str = "",
) -> Recording:
    """A trial of a motion laboratory with z up and x in the walking direction.

    Parameters
    ----------
    recording : Recording
        In laboratory axes; forces as the plates' corners have them.
    surfaces : dict of int to Surface
        By the number of the plate, as in ``center_plate1_force_x``.
    stated : numpy.ndarray, shape (3,), optional
        Upward direction according to the file, used where there are no plates; default z.
    reason : str
        Where that is stated.

    Returns
    -------
    Recording
        The body outranks the plates, and they outrank `stated`; each contradiction is a note that
        begins with ``warning:``. A plate whose corners run the other way round is turned over.
    """
    claim = Up(nearest_axis(Z_UP if stated is None else stated), reason, sure=False)
    if surfaces:
        claim = _by_plates(recording, surfaces)
    body = body_up(recording, claim.axis)
    up = claim
    if body and (body.axis != claim.axis).any():
        if body.sure:
            up = body
        else:
            recording = noted(recording, lies(body.axis))
    recording = _turn_plates(recording, surfaces, up)
    if up is body and claim.shown_by and not (surfaces and up.axis @ claim.axis):
        against = f"not {axis_word(claim.axis)} ({claim.shown_by})"
        words = f"warning: laboratory axis {axis_word(up.axis)} is up ({up.shown_by}), {against}"
        recording = noted(recording, f"{words}: turned so that z is")
        if up.axis[2] != 1:
            recording = turn(recording, upright_axes(up.axis))
    else:
        recording = upright(recording, up.axis, up.shown_by)
    return along_walkway(recording)


def _by_plates(recording: Recording, surfaces: Mapping[int, Surface]) -> Up:
    """The axis of most plates; of two opposite ones that on which the markers lie."""
    normals = [surface.up for surface in surfaces.values()]
    lines = np.abs(normals).sum(axis=0)
    line = int(lines.argmax())
    votes = float(np.sum([normal[line] for normal in normals]))
    unit = np.zeros(3)
    unit[line] = np.sign(votes) or 1.0
    if abs(votes) < lines[line]:  # some are opposed: the body is above the ground
        above = _above(recording, surfaces, unit)
        unit *= -1.0 if above < -_ABOVE_M else 1.0
    return Up(unit, "the plates' normals", sure=False)


def _above(recording: Recording, surfaces: Mapping[int, Surface], axis: np.ndarray) -> float:
    """Median height of the markers over the plates, m, along an axis."""
    floor = np.median([surface.centre_m @ axis for surface in surfaces.values()])
    heights = [recording.matrix(triple) @ axis for triple in body_vectors(recording)]
    known = np.concatenate([*heights, np.zeros(0)])
    known = known[np.isfinite(known)]
    return float(np.median(known) - floor) if len(known) else 0.0


def _turn_plates(recording: Recording, surfaces: Mapping[int, Surface], up: Up) -> Recording:
    """Turn over the plates whose normals point down, and set upright those that stand on edge."""
    others = [s for s in surfaces.values() if (s.up == up.axis).all()]
    for number, surface in surfaces.items():
        own = ground_vectors(recording, f"plate{number}")
        if (surface.up == up.axis).all():
            continue
        if surface.up @ up.axis:
            recording = _turned_over(recording, own, surface, others)
            note = (
                f"warning: the corners of plate {number} run the other way round: read in reverse"
            )
        else:
            # New axes of this plate alone, brought back into those of the laboratory.
            axes = upright_axes(up.axis).T @ upright_axes(surface.up)
            recording = turn(recording, axes, own)
            note = (
                f"warning: plate {number} has {axis_word(surface.up)} up by its corners, the rest "
                f"{axis_word(up.axis)} ({up.shown_by}): its place on the ground is not certain"
            )
        recording = noted(recording, note)
    return recording


def _turned_over(
    recording: Recording, own: list[Vector], surface: Surface, others: list[Surface]
) -> Recording:
    """Half a turn about a horizontal axis of the plate: what its corners in another order give.

    The axis is the one after which the centre of pressure lies nearest to the foot. Where that
    does not decide, it is one that keeps the plate's length and width, and gives it the axes of
    another plate.
    """
    x, y = surface.axes[:, 0], surface.axes[:, 1]
    abouts = (x, y, (x + y) / np.sqrt(2), (x - y) / np.sqrt(2))
    halves = [2 * np.outer(about, about) - np.eye(3) for about in abouts]
    choices = [_half_turn(recording, own, surface, half) for half in halves]
    far = np.array([_far_from_feet(choice, own) for choice in choices])
    alike = [
        max((float(np.sum(half @ surface.axes * s.axes)) for s in others), default=0.0)
        for half in halves
    ]
    near = np.flatnonzero(far <= far.min() + _ALIKE_M)
    return choices[max(near, key=lambda k: (k < 2, alike[k]))]


def _half_turn(
    recording: Recording, own: list[Vector], surface: Surface, half: np.ndarray
) -> Recording:
    samples = recording.samples.copy()
    for triple in own:
        at = [recording.channels.index(name) for name in triple]
        centre = surface.centre_m if "_pos_" in triple[0] else np.zeros(3)
        samples[:, at] = (samples[:, at] - centre) @ half.T + centre
    return replace(recording, samples=samples)


def _far_from_feet(recording: Recording, own: list[Vector]) -> float:
    """Mean distance from the centre of pressure to the nearest point of the feet, m, or 0.

    Without known labels, to the nearest marker.
    """
    feet = [p for (_, name), p in body_points(recording).items() if name in LEVELS["foot"]]
    points = feet or [recording.matrix(triple) for triple in body_vectors(recording)]
    centres = [recording.matrix(triple) for triple in own if "_pos_" in triple[0]]
    if not points or not centres:
        return 0.0
    apart = np.linalg.norm(np.array(points) - centres[0], axis=2)
    apart = apart[:, np.isfinite(apart).any(axis=0)]
    return float(np.mean(np.nanmin(apart, axis=0))) if apart.size else 0.0
