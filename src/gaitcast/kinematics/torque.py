"""Ankle moment by inverse dynamics of the foot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gaitcast.channel import ANGLE_AXES
from gaitcast.errors import GaitcastError
from gaitcast.kinematics.centres import SIDES
from gaitcast.kinematics.frames import dot, unit
from gaitcast.kinematics.joints import body_points
from gaitcast.kinematics.planar import GRAVITY
from gaitcast.kinematics.plates import plate_wrench, plates_to_feet
from gaitcast.kinematics.segments import forefoot, leg_frames
from gaitcast.recording import Recording
from gaitcast.signal.zero_phase import smooth_segments

#: Foot after Dempster (Winter 2009, table 4.1): share of the body mass; mass centre from the ankle
#: and radius of gyration about it, as shares of the length from ankle to metatarsal head.
FOOT_MASS, FOOT_CENTRE, FOOT_GYRATION = 0.0145, 0.5, 0.475


def ankle_moments(
    recording: Recording,
    mass_kg: float,
    *,
    static: Recording | None = None,
    cutoff_hz: float = 10.0,
    massless_foot: bool = False,
) -> Recording:
    """Ankle moments over the stances with measured ground force.

    Markers and forces pass the same filter: a sharp impact in one and a smooth impact in the other
    would give a false moment.

    Parameters
    ----------
    recording : Recording
        With markers of knee, ankle and foot, and plates; z up.
    mass_kg : float
        Body mass; moments are divided by it.
    static : Recording, optional
        Static trial of the same person.
    cutoff_hz : float
        Cutoff of the zero-phase low-pass on markers and forces.
    massless_foot : bool
        Leave out the foot's weight and inertia; the moment is then that of the ground force alone.

    Returns
    -------
    Recording
        ``left_ankle_moment_flexion`` (plantarflexor positive), ``_adduction`` (invertor) and
        ``_rotation`` (internal rotator), N m/kg, about the shank's transverse axis, the foot's long
        axis and the axis perpendicular to both; NaN outside clean stances on a plate. A note for
        every contact that is left out.

    Raises
    ------
    GaitcastError
        If no foot stands on a plate, or the markers do not give the ankle.
    """
    where = f"recording '{recording.trial}'"
    if not 2 < mass_kg < 500:
        raise GaitcastError(f"a mass of {mass_kg:g} kg is impossible", where=where)
    points, notes = body_points(recording, static, cutoff_hz)
    contacts = plates_to_feet(recording, points)
    if not contacts:
        raise GaitcastError("no foot stands on a plate", where=where)
    columns = {
        f"{side}_ankle_moment_{axis}": np.full(len(recording), np.nan)
        for side in SIDES
        if any(contact.side == side and not contact.warnings for contact in contacts)
        for axis in ANGLE_AXES
    }
    found = False
    if all(contact.warnings for contact in contacts):
        why = "; ".join(dict.fromkeys(warning for c in contacts for warning in c.warnings))
        raise GaitcastError(f"no clean stance on a plate: {why}", where=where)
    for contact in contacts:
        if contact.warnings:
            at = recording.time_s[contact.start]
            why = "; ".join(contact.warnings)
            notes += (f"{contact.plate} at {at:.2f} s left out: {why}",)
            continue
        ankle, toe = points.get((contact.side, "ankle_centre")), forefoot(points, contact.side)
        frames = leg_frames(points, contact.side)
        if ankle is None or toe is None or "foot" not in frames:
            continue
        found = True
        force, moment = (
            smooth_segments(recording, values, cutoff_hz)
            for values in plate_wrench(recording, contact.plate)
        )
        about_ankle = moment - np.cross(ankle, force)
        net = foot_dynamics(ankle, toe, about_ankle, mass_kg, recording.rate_hz, massless_foot)
        parts = joint_components(net, contact.side, frames["shank"], frames["foot"])
        run = slice(contact.start, contact.stop)
        for axis, values in zip(ANGLE_AXES, parts.T, strict=True):
            columns[f"{contact.side}_ankle_moment_{axis}"][run] = values[run] / mass_kg
    if not found:
        raise GaitcastError("the markers do not give the ankle", where=where)
    return replace(
        recording,
        samples=np.column_stack(list(columns.values())),
        channels=tuple(columns),
        notes=(*recording.notes, *notes),
        truth=None,
    )


def foot_dynamics(
    ankle: np.ndarray,
    toe: np.ndarray,
    ground_moment: np.ndarray,
    mass_kg: float,
    rate_hz: float,
    massless_foot: bool,
) -> np.ndarray:
    """Moment of the shank on the foot.

    Parameters
    ----------
    ankle, toe : numpy.ndarray, shape (n, 3)
        Ankle centre and second metatarsal head, m.
    ground_moment : numpy.ndarray, shape (n, 3)
        Of the ground on the foot about the ankle, N m.

    Returns
    -------
    numpy.ndarray, shape (n, 3)
        N m, laboratory axes; about y (left) it is positive when it presses the toes down.
    """
    if massless_foot:
        return -ground_moment
    foot_kg = FOOT_MASS * mass_kg

    def rate(values: np.ndarray) -> np.ndarray:
        return np.gradient(values, 1 / rate_hz, axis=0)

    centre = ankle + FOOT_CENTRE * (toe - ankle)
    axis = unit(toe - ankle)
    spin = np.cross(axis, rate(axis))  # a slender foot has no spin about its own length
    length_m = np.nanmedian(np.linalg.norm(toe - ankle, axis=-1))
    inertia = foot_kg * (FOOT_GYRATION * length_m) ** 2
    pull = rate(rate(centre)) + np.array([0.0, 0.0, GRAVITY])
    return inertia * rate(spin) + foot_kg * np.cross(centre - ankle, pull) - ground_moment


def joint_components(
    moment: np.ndarray, side: str, shank: np.ndarray, foot: np.ndarray
) -> np.ndarray:
    """Components of an ankle moment along the joint's own axes.

    Parameters
    ----------
    moment : numpy.ndarray, shape (n, 3)
        N m, laboratory axes.
    side : str
        ``left`` or ``right``.
    shank, foot : numpy.ndarray, shape (n, 3, 3)
        Axes of the two frames as columns.

    Returns
    -------
    numpy.ndarray, shape (n, 3)
        Plantarflexor, invertor and internal rotator, N m, positive on both sides. The axes are not
        orthogonal: a component is the work per radian about its axis, as OpenSim's generalised
        forces are.
    """
    mirror = 1.0 if side == "right" else -1.0
    across, along = shank[:, :, 1], foot[:, :, 0]
    floating = unit(np.cross(along, across))
    parts = (dot(moment, across), mirror * dot(moment, along), mirror * dot(moment, floating))
    return np.stack(parts, axis=-1)
