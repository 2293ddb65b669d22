"""From markers and plates to ankle angle, moment and the limits of stance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.events import foot_flat, force_events
from gaitcast.impedance.stances import Stances, cut_stances
from gaitcast.kinematics import ankle_moments, joint_angles, plates_to_feet
from gaitcast.kinematics.centres import SIDES
from gaitcast.kinematics.joints import body_points
from gaitcast.recording import Recording
from gaitcast.runtime.gait_event import FOOT_FLAT, HEEL_STRIKE, TOE_OFF

_SIDES = (*SIDES, "ipsi")
#: Cutoff of the kinematics' filter, as a share of the rate: as wide as it goes.
_OPEN = 0.45


def ankles(
    recording: Recording,
    mass_kg: float | None = None,
    *,
    static: Recording | None = None,
) -> Recording:
    """Ankle angles, moments and stance events, unsmoothed.

    Smoothing is left to the one local cubic of :func:`gaitcast.impedance.cut_stances`, which models
    the raw noise.

    Parameters
    ----------
    recording : Recording
        With angles and moments, which are used unchanged, or with markers and plates.
    mass_kg : float, optional
        Body mass; needed where moments are computed from forces.
    static : Recording, optional
        Static trial of the same person.

    Returns
    -------
    Recording
        ``SIDE_ankle_angle_flexion``, ``SIDE_ankle_moment_flexion``, heel strikes and toe-offs.

    Raises
    ------
    GaitcastError
        If angle or moment is missing and cannot be computed, or no signal shows the stance.
    """
    names = [n for s in _SIDES for n in _pair(s) if set(_pair(s)) <= set(recording.channels)]
    if names:
        return _with_events(recording)
    if mass_kg is None:
        raise GaitcastError(
            "the person's mass is needed to compute moments from forces",
            where=f"recording '{recording.trial}'",
            hint="Give --mass, or put mass_kg among the subjects of a cohort folder",
        )
    cutoff_hz = _OPEN * recording.rate_hz
    angles = joint_angles(recording, static=static, cutoff_hz=cutoff_hz)
    moments = ankle_moments(recording, mass_kg, static=static, cutoff_hz=cutoff_hz)
    points, _ = body_points(recording, static, cutoff_hz)
    events: dict[str, list[float]] = {}
    for contact in plates_to_feet(recording, points):
        if not contact.warnings:
            limits = [float(recording.time_s[row]) for row in (contact.start, contact.stop - 1)]
            for kind, at_s in zip((HEEL_STRIKE, TOE_OFF), limits, strict=True):
                events.setdefault(f"{contact.side}_{kind}", []).append(at_s)
            flat_s = foot_flat(recording, contact.side, *limits)
            if np.isfinite(flat_s):
                events.setdefault(f"{contact.side}_{FOOT_FLAT}", []).append(flat_s)
    pairs = [
        pair
        for pair in map(_pair, SIDES)
        if pair[0] in angles.channels and pair[1] in moments.channels
    ]
    if not pairs:
        raise GaitcastError(
            "no side has both angle and moment of the ankle", where=f"recording '{recording.trial}'"
        )
    columns = [(angles.column(a), moments.column(m)) for a, m in pairs]
    return replace(
        recording,
        channels=tuple(name for pair in pairs for name in pair),
        samples=np.column_stack([values for pair in columns for values in pair]),
        events={name: np.array(sorted(times)) for name, times in events.items()},
        notes=moments.notes,
        truth=None,
    )


def _pair(side: str) -> tuple[str, str]:
    return f"{side}_ankle_angle_flexion", f"{side}_ankle_moment_flexion"


def _with_events(recording: Recording) -> Recording:
    known = any(f"{s}_{HEEL_STRIKE}" in recording.events for s in _SIDES)
    forces = any(f"{s}_plate_force_z" in recording.channels for s in _SIDES)
    return force_events(recording) if forces and not known else recording


def stances_of(
    recordings: Sequence[Recording],
    masses: Mapping[str, float],
    *,
    cutoff_hz: float = 20.0,
) -> tuple[Stances, list[str]]:
    """Stances of a folder of trials; a trial without a stance is left out and named.

    Parameters
    ----------
    recordings : sequence of Recording
        Of one or many people; a trial with ``static`` in its name calibrates that person's others.
    masses : dict of str to float
        Body mass by person, kg.
    cutoff_hz : float
        Bandwidth of the local cubic, see :func:`gaitcast.impedance.cut_stances`.

    Returns
    -------
    tuple of Stances and list of str
        All stances, and a line for every trial or stance that is left out.

    Raises
    ------
    GaitcastError
        If no trial has a stance.
    """
    statics = {r.subject: r for r in recordings if "static" in r.trial.lower()}
    made, lines = [], []
    for recording in recordings:
        static = statics.get(recording.subject)
        if recording is static:
            continue
        try:
            ready = ankles(recording, masses.get(recording.subject), static=static)
            cut_stances([ready], cutoff_hz=cutoff_hz)
        except GaitcastError as error:
            lines.append(f"{recording.trial} left out: {error}")
        else:
            made.append(ready)
            if ready.notes != recording.notes:
                lines += [f"{recording.trial}: {n}" for n in ready.notes if "left out" in n]
    if not made:
        said = "; ".join(lines[:3]) or "The trials are static ones"
        raise GaitcastError("no trial has a stance to identify", hint=said)
    stances = cut_stances(made, cutoff_hz=cutoff_hz)
    return stances, [*lines, *stances.notes]
