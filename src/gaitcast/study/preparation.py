"""What a study asks to be made of recordings before anything is split: targets per mass, features.

Each preparation looks at one person at a time, so nothing passes from one to another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial

import numpy as np
from scipy.ndimage import binary_dilation

from gaitcast.cohort import Cohort, change_recordings
from gaitcast.errors import GaitcastError, nearest
from gaitcast.impedance import STIFFNESS, shuffled_swings, swings, swings_to_events
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.kinematics import joint_angles, knee_alignment
from gaitcast.recording import Recording
from gaitcast.runtime.wearer import as_number
from gaitcast.signal import Chain, MarkerMotion
from gaitcast.study.each_foot import each_foot

#: A foot that carries less, N/kg, is in swing.
_UNLOADED = 0.4
#: A swing lasts longer than this, s: so near to its own load, a foot on no load is in the air.
_AIRBORNE_S = 0.25
#: A stance is so long, s; what is shorter or longer is a knock, a stand or a plate hit twice.
_STANCE_S = (0.3, 1.6)
#: Points of a stance curve, from heel strike to toe-off.
STANCE_POINTS = 101
#: Swings of one session in a laboratory.
SESSION_STEPS = 20


def force_per_mass(cohort: Cohort) -> Cohort:
    """Put the ground reaction under each foot divided by the mass in the place of the force.

    Parameters
    ----------
    cohort : Cohort
        With ``SIDE_plate_force_AXIS`` (N) and each person's ``mass_kg``.

    Returns
    -------
    Cohort
        With ``SIDE_foot_grf_AXIS`` (N/kg); 9.81 is one body weight.

    Raises
    ------
    GaitcastError
        If a recording has no such force, or a mass is not known.
    """

    def one(recording: Recording) -> Recording:
        forces = [n for n in recording.channels if "_plate_force_" in n]
        if not forces:
            raise GaitcastError(
                "no force under a foot (SIDE_plate_force_AXIS)",
                where=f"trial '{recording.trial}'",
            )
        where = f"person '{recording.subject}'"
        known = cohort.subjects.get(recording.subject, {}).get("mass_kg")
        if known is None:
            raise GaitcastError("no mass_kg to divide the force by", where=where)
        mass = as_number("mass_kg", known, where=where)
        if not 2 < mass < 500:
            raise GaitcastError(f"a mass of {mass:g} kg is impossible", where=where)
        per_kg = np.where([n in forces for n in recording.channels], 1 / mass, 1.0)
        # In the place of the force: beside it, the target would stand among possible inputs.
        names = tuple(
            n.replace("_plate_force_", "_foot_grf_") if n in forces else n
            for n in recording.channels
        )
        return replace(recording, channels=names, samples=recording.samples * per_kg)

    return change_recordings(cohort, one)


def plate_steps(cohort: Cohort) -> Cohort:
    """Keep the force under a foot only near that foot's steps on its plate.

    A plate that reads nothing does not say that its foot is in the air: overground, the steps
    before and after stand on the floor.

    Parameters
    ----------
    cohort : Cohort
        With ``SIDE_plate_force_AXIS`` (N); recordings without are left out.

    Returns
    -------
    Cohort
        With force that is not known (NaN) where its foot bears no load for 0.25 s before and after,
        which is less than a swing lasts.

    Raises
    ------
    GaitcastError
        If no recording has vertical force under a foot.
    """
    made = [
        _near_load(recording)
        for recording in cohort
        if any(name.endswith("_plate_force_z") for name in recording.channels)
    ]
    if not made:
        raise GaitcastError(
            "no force under a foot (SIDE_plate_force_z)", where=f"cohort '{cohort.name}'"
        )
    return replace(cohort, recordings=tuple(made))


def _near_load(recording: Recording) -> Recording:
    samples = recording.samples.copy()
    near = np.ones(2 * round(_AIRBORNE_S * recording.rate_hz) + 1, dtype=bool)
    for foot in {n[:-1] for n in recording.channels if n.endswith("_plate_force_z")}:
        known = binary_dilation(recording.column(f"{foot}z") > LEAST_LOAD_N, near)
        columns = [k for k, name in enumerate(recording.channels) if name.startswith(foot)]
        samples[np.ix_(~known, columns)] = np.nan
    return replace(recording, samples=samples, truth=None)


def alignment_of_knees(cohort: Cohort) -> Cohort:
    """Estimate each participant's frontal knee alignment from the markers of their first trial.

    That trial stands for the radiograph or static trial of a clinic, and is left out of the
    cohort: what is known of a wearer comes from before what is predicted.

    Parameters
    ----------
    cohort : Cohort
        With markers of pelvis, epicondyles and malleoli.

    Returns
    -------
    Cohort
        ``left_knee_alignment_deg`` and ``right_knee_alignment_deg`` (varus positive, mean over the
        first trial that has the markers of both knees) among the covariates of participants.

    Raises
    ------
    GaitcastError
        If no trial of a participant has the markers of both knees, or no participant has a second
        trial.
    """
    covariates = {person: dict(cohort.subjects.get(person, {})) for person in cohort.people}
    later: list[Recording] = []
    for recording in cohort:
        known = covariates[recording.subject]
        if "right_knee_alignment_deg" in known:
            later.append(recording)
            continue
        angles = {s: a[np.isfinite(a)] for s, a in knee_alignment(recording).items()}
        if len(angles) == 2 and all(len(angle) for angle in angles.values()):
            known |= {f"{side}_knee_alignment_deg": float(a.mean()) for side, a in angles.items()}
    for person, known in covariates.items():
        if "right_knee_alignment_deg" not in known:
            raise GaitcastError(
                "no trial has the markers of both knees", where=f"person '{person}'"
            )
    if not later:
        raise GaitcastError("no participant has a trial besides the one that measures the knees")
    return replace(cohort, recordings=tuple(later), subjects=covariates)


def marker_motion(cohort: Cohort) -> Cohort:
    """Add velocities and accelerations of markers, as the step of that name makes them live.

    Before stances are cut out: a curve has a clock of its own, and no past before heel strike.

    Parameters
    ----------
    cohort : Cohort
        With markers.

    Returns
    -------
    Cohort
        With ``SIDE_LABEL_vel_AXIS`` and ``SIDE_LABEL_accel_AXIS`` besides.
    """

    def one(recording: Recording) -> Recording:
        markers = tuple(n for n in recording.channels if "_marker_" in n)
        if not markers:
            raise GaitcastError("no markers", where=f"trial '{recording.trial}'")
        if "clock_s" in recording.covariates:
            raise GaitcastError(
                "a curve's clock gives no velocity",
                where=f"trial '{recording.trial}'",
                hint='Put "marker-motion" before "stance-curves"',
            )
        chain = Chain((MarkerMotion(positions="dropped"),), markers, recording.rate_hz)
        return replace(
            recording,
            channels=(*recording.channels, *chain.channels),
            samples=np.column_stack([recording.samples, chain.run(recording)]),
            truth=None,
        )

    return change_recordings(cohort, one)


def stance_curves(cohort: Cohort) -> Cohort:
    """Cut every stance out and give it 101 points, from heel strike to toe-off.

    Parameters
    ----------
    cohort : Cohort
        With ``SIDE_foot_grf_z``, from :func:`force_per_mass`. Where both feet have it, stances of
        the right one are cut out.

    Returns
    -------
    Cohort
        One recording per stance, ``TRIAL-NNN``, on a clock of its own: one second is one stance.
        A stance that the recording cuts off, or in which the force is not known or time has a gap,
        is left out; so is a trial without any. How long it lasts is the covariate ``stance_s``, and
        ``clock_s``: what a second of its clock is.

    Raises
    ------
    GaitcastError
        If there is no vertical force per mass, or no whole stance at all.
    """
    curves = [curve for recording in cohort for curve in _stances(recording)]
    if not curves:
        raise GaitcastError("no whole stance in any trial", where=f"cohort '{cohort.name}'")
    return replace(cohort, recordings=tuple(curves))


def _stances(recording: Recording) -> list[Recording]:
    vertical = sorted(n for n in recording.channels if n.endswith("_foot_grf_z"))
    if not vertical:
        raise GaitcastError(
            "stances are found by SIDE_foot_grf_z, which is not there",
            where=f"trial '{recording.trial}'",
            hint='Put "force-per-mass" before "stance-curves"',
        )
    load = recording.column("right_foot_grf_z" if len(vertical) > 1 else vertical[0])
    curves: list[Recording] = []
    for segment in recording.segments():
        here = load[segment.start : segment.stop]
        on = ~(here <= _UNLOADED)  # also where it is not known
        edges = np.diff(on.astype(int))
        starts = segment.start + 1 + np.flatnonzero(edges == 1)
        for start in starts:
            ends = np.flatnonzero(~on[start - segment.start :])
            if not len(ends):
                continue
            stop = start + int(ends[0])
            if not np.isfinite(load[start - 1 : stop + 1]).all():
                continue
            time_s = recording.time_s[start:stop]
            if _STANCE_S[0] <= time_s[-1] - time_s[0] <= _STANCE_S[1]:
                curves.append(_curve(recording, slice(start, stop), len(curves) + 1))
    return curves


def _curve(recording: Recording, rows: slice, number: int) -> Recording:
    time_s = recording.time_s[rows]
    at_s = np.linspace(time_s[0], time_s[-1], STANCE_POINTS)
    long_s = float(time_s[-1] - time_s[0])
    columns = [np.interp(at_s, time_s, column) for column in recording.samples[rows].T]
    return replace(
        recording,
        trial=f"{recording.trial}-{number:03d}",
        rate_hz=float(STANCE_POINTS - 1),
        time_s=np.linspace(0.0, 1.0, STANCE_POINTS),
        samples=np.column_stack(columns),
        events={},
        truth=None,
        max_gap_s=1.0,
        covariates={**recording.covariates, "stance_s": long_s, "clock_s": long_s},
    )


def session_mean(cohort: Cohort) -> Cohort:
    """Replace the running mean of a participant's stiffness by the mean of one session, frozen.

    The first 20 swings of each participant are the session in a laboratory, and are left out of the
    cohort: later swings are predicted with what a device can have.

    Parameters
    ----------
    cohort : Cohort
        From ``swing-to-stiffness``.

    Returns
    -------
    Cohort
        Later swings only.

    Raises
    ------
    GaitcastError
        If a participant has no more swings than the session takes, or recordings are no swings.
    """
    later: list[Recording] = []
    for person in cohort.people:
        own = [r for r in cohort if r.subject == person]
        if len(own) <= SESSION_STEPS:
            raise GaitcastError(
                f"{len(own)} swings; the session takes {SESSION_STEPS}",
                where=f"person '{person}'",
                hint="Give longer recordings",
            )
        column = own[0].channels.index(STIFFNESS) if STIFFNESS in own[0].channels else None
        if column is None:
            raise GaitcastError(
                f"no channel '{STIFFNESS}'",
                where=f"trial '{own[0].trial}'",
                hint='Put "swing-to-stiffness" before "session-mean"',
            )
        mean = float(np.mean([r.samples[-1, column] for r in own[:SESSION_STEPS]]))
        for recording in own[SESSION_STEPS:]:
            samples = recording.samples.copy()
            samples[:-1, column] = mean
            later.append(replace(recording, samples=samples))
    return replace(cohort, recordings=tuple(later))


def angles_from_markers(cohort: Cohort) -> Cohort:
    """Put joint angles in the place of markers.

    They are not filtered, so that they hold nothing of the future.

    Parameters
    ----------
    cohort : Cohort
        With markers.

    Returns
    -------
    Cohort
        With ``SIDE_JOINT_angle_AXIS`` alone, deg; NaN where a marker is hidden.

    Raises
    ------
    GaitcastError
        If the markers of a recording give no joint.
    """
    return change_recordings(cohort, partial(joint_angles, cutoff_hz=None))


#: By the name that a study file has for them.
PREPARATIONS: dict[str, Callable[[Cohort], Cohort]] = {
    "each-foot": each_foot,
    "force-per-mass": force_per_mass,
    "joint-angles": angles_from_markers,
    "knee-alignment": alignment_of_knees,
    "marker-motion": marker_motion,
    "plate-steps": plate_steps,
    "stance-curves": stance_curves,
    "swing-to-stiffness": swings,
    "swing-to-stiffness-by-events": swings_to_events,
    "shuffled-swings": shuffled_swings,
    "session-mean": session_mean,
}


def prepare(cohort: Cohort, names: Sequence[str]) -> Cohort:
    """Prepare recordings, in order.

    Parameters
    ----------
    cohort : Cohort
        As loaded.
    names : sequence of str
        Keys of :data:`PREPARATIONS`.

    Returns
    -------
    Cohort
        Prepared.

    Raises
    ------
    GaitcastError
        If a name is unknown, or a preparation cannot be made.
    """
    for name in names:
        if name not in PREPARATIONS:
            raise GaitcastError(
                f"unknown preparation '{name}'", hint=nearest(name, [*PREPARATIONS])
            )
        cohort = PREPARATIONS[name](cohort)
    return cohort
