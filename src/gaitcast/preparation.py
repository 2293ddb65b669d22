"""What a study asks to be made of recordings before anything is split: targets per mass, features.

Each preparation looks at one person at a time, so nothing passes from one to another.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest
from gaitcast.impedance import swings
from gaitcast.kinematics import knee_alignment
from gaitcast.recording import Recording

#: A foot that carries less, N/kg, is in swing.
_UNLOADED = 0.4
#: A stance is so long, s; what is shorter or longer is a knock, a stand or a plate hit twice.
_STANCE_S = (0.3, 1.6)
#: Points of a stance curve, from heel strike to toe-off.
STANCE_POINTS = 101


def force_per_mass(cohort: Cohort) -> Cohort:
    """Add the ground reaction under each foot divided by the mass.

    Parameters
    ----------
    cohort : Cohort
        With ``SIDE_plate_force_AXIS`` (N) and each person's ``mass_kg``.

    Returns
    -------
    Cohort
        With ``SIDE_foot_grf_AXIS`` (N/kg) besides; 9.81 is one body weight.

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
        mass = cohort.subjects.get(recording.subject, {}).get("mass_kg")
        if not isinstance(mass, int | float) or mass <= 0:
            raise GaitcastError(
                "no mass_kg to divide the force by", where=f"person '{recording.subject}'"
            )
        per_mass = recording.matrix(forces) / float(mass)
        names = [n.replace("_plate_force_", "_foot_grf_") for n in forces]
        return _with_channels(recording, names, per_mass)

    return replace(cohort, recordings=tuple(one(r) for r in cohort))


def alignment_of_knees(cohort: Cohort) -> Cohort:
    """Tell each person's frontal knee alignment from the markers of all their trials.

    Parameters
    ----------
    cohort : Cohort
        With markers of pelvis, epicondyles and malleoli.

    Returns
    -------
    Cohort
        ``left_knee_alignment_deg`` and ``right_knee_alignment_deg`` (varus positive; median over
        the trials of the mean over each) among the facts of people, as far as markers tell them.
        A median over walks stands for the radiograph or static trial of a clinic.

    Raises
    ------
    GaitcastError
        If a trial's markers tell neither side.
    """
    found: dict[str, dict[str, list[float]]] = {}
    for recording in cohort:
        for side, angle in knee_alignment(recording).items():
            mean = float(np.nanmean(angle))
            found.setdefault(recording.subject, {}).setdefault(side, []).append(mean)
    subjects = {
        person: {
            **facts,
            **{
                f"{side}_knee_alignment_deg": float(np.median(values))
                for side, values in found.get(person, {}).items()
            },
        }
        for person, facts in cohort.subjects.items()
    }
    return replace(cohort, subjects=subjects)


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
        A stance that the recording cuts off, or that holds a gap, is left out; so is a trial
        without any. Its duration is the covariate ``stance_s``.

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
            mend='Put "force-per-mass" before "stance-curves"',
        )
    load = recording.column("right_foot_grf_z" if len(vertical) > 1 else vertical[0])
    curves: list[Recording] = []
    for stretch in recording.stretches():
        on = load[stretch.start : stretch.stop] > _UNLOADED
        edges = np.diff(on.astype(int))
        starts = stretch.start + 1 + np.flatnonzero(edges == 1)
        for start in starts:
            ends = np.flatnonzero(~on[start - stretch.start :])
            if not len(ends):
                continue
            stop = start + int(ends[0])
            time_s = recording.time_s[start:stop]
            if _STANCE_S[0] <= time_s[-1] - time_s[0] <= _STANCE_S[1]:
                curves.append(_curve(recording, slice(start, stop), len(curves) + 1))
    return curves


def _curve(recording: Recording, rows: slice, number: int) -> Recording:
    time_s = recording.time_s[rows]
    at_s = np.linspace(time_s[0], time_s[-1], STANCE_POINTS)
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
        covariates={**recording.covariates, "stance_s": float(time_s[-1] - time_s[0])},
    )


def _with_channels(recording: Recording, names: Sequence[str], values: np.ndarray) -> Recording:
    return replace(
        recording,
        channels=(*recording.channels, *names),
        samples=np.column_stack([recording.samples, values]),
    )


#: By the name that a study file has for them.
PREPARATIONS: dict[str, Callable[[Cohort], Cohort]] = {
    "force-per-mass": force_per_mass,
    "knee-alignment": alignment_of_knees,
    "stance-curves": stance_curves,
    "swing-to-stiffness": swings,
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
                f"unknown preparation '{name}'", mend=nearest(name, [*PREPARATIONS])
            )
        cohort = PREPARATIONS[name](cohort)
    return cohort
