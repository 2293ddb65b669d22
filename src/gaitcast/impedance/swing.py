"""The swing before each heel strike, and the stiffness that the ankle then has."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.events.event import HEEL_STRIKE, TOE_OFF
from gaitcast.impedance.least_squares import identify
from gaitcast.impedance.raw import ankles
from gaitcast.impedance.stances import cut_stances
from gaitcast.recording import Recording
from gaitcast.runtime.wearer import as_number

#: Points of a swing, the last one at heel strike.
SWING_POINTS = 61
#: A swing is so long, s.
_SWING_S = (0.15, 1.0)
#: The last sample of a swing is at most so long before contact, s.
_LATEST_S = 0.03
#: Start and width, % of stance, in which the quasi-stiffness is identified where no simulator knows
#: the stiffness. Early stance of real ankles at 100 Hz is not identifiable in most steps.
WINDOW = (15.0, 60.0)


def swings(cohort: Cohort) -> Cohort:
    """One recording per swing: the foot's IMU up to heel strike, and the stiffness at it.

    Parameters
    ----------
    cohort : Cohort
        With a foot IMU, and with ankle angles and moments or markers and plates. Of simulated
        people the true stiffness at heel strike is the target; of others the quasi-stiffness over
        15-75 % of the stance that follows (K and B by least squares), steps where it is not
        identifiable left out.

    Returns
    -------
    Cohort
        ``ipsi_foot_acc_*`` and ``ipsi_foot_gyr_*`` at 61 points from toe-off, or from the first
        sample if the swing began before it, to the last sample before contact, on a clock of its
        own (one second is one swing), and one point more, the stance.
        ``ipsi_ankle_stiffness_flexion`` (N m/rad/kg) is the mean of the person's earlier steps all
        through the swing, and that of this step at the stance: a forecast one sample ahead, whose
        past is what was known. Covariates ``swing_s``
        (also as ``clock_s``, what a second of that clock lasts) and ``previous_stiffness``. The
        first step of a side has no predecessor and is left out, and so are swings with a gap, or
        whose end is not in the recording. A trial that tells no stance is left out too, and a note
        of the first swing says so.

    Raises
    ------
    GaitcastError
        If no swing with its step is found.
    """
    masses = {
        person: as_number("mass_kg", facts["mass_kg"], where=f"person '{person}'")
        for person, facts in cohort.subjects.items()
        if "mass_kg" in facts
    }
    made, lines = [], []
    for recording in cohort:
        try:
            known = _true(recording) or _identified(recording, masses.get(recording.subject))
            made += _of_recording(recording, known)
        except GaitcastError as error:
            lines.append(f"{recording.trial} left out: {error}")
    made = _with_past(made)
    if not made:
        raise GaitcastError(
            "nobody has two swings with steps whose stiffness is known",
            where=f"cohort '{cohort.name}'",
            mend=lines[0] if lines else "",
        )
    made[0] = replace(made[0], notes=(*made[0].notes, *lines))
    return replace(cohort, recordings=tuple(made))


def _of_recording(
    recording: Recording, known: Sequence[tuple[str, float, float]]
) -> list[Recording]:
    found = []
    for number, (side, strike_s, stiffness) in enumerate(known, 1):
        imu = [f"{side}_foot_{q}_{a}" for q in ("acc", "gyr") for a in "xyz"]
        if not set(imu) <= set(recording.channels):
            raise GaitcastError(
                f"no IMU on the {side} foot", where=f"recording '{recording.trial}'"
            )
        begin_s = _toe_off(recording, side, strike_s)
        # Not the sample after contact: it has the impact in it.
        before = recording.time_s[recording.time_s <= strike_s]
        if not len(before) or not _SWING_S[0] <= strike_s - begin_s <= _SWING_S[1]:
            continue
        end_s = float(before[-1])
        if strike_s - end_s > _LATEST_S:
            continue
        inside = (recording.time_s >= begin_s) & (recording.time_s <= end_s)
        if end_s <= begin_s or (np.diff(recording.time_s[inside]) > recording.max_gap_s).any():
            continue
        at_s = np.linspace(begin_s, end_s, SWING_POINTS)
        if not np.isfinite(recording.matrix(imu)[inside]).all():
            continue
        columns = [np.interp(at_s, recording.time_s, c) for c in recording.matrix(imu).T]
        names = [name.replace(f"{side}_", "ipsi_", 1) for name in imu]
        if side == "left":  # as a right foot would read: mirrored in the plane of walking
            mirrored = {"ipsi_foot_acc_y", "ipsi_foot_gyr_x", "ipsi_foot_gyr_z"}
            columns = [-c if n in mirrored else c for n, c in zip(names, columns, strict=True)]
        found.append(
            replace(
                recording,
                trial=f"{recording.trial}-{number:03d}",
                rate_hz=float(SWING_POINTS - 1),
                time_s=np.arange(SWING_POINTS + 1) / (SWING_POINTS - 1),
                samples=_with_stance(columns, stiffness),
                channels=(*names, "ipsi_ankle_stiffness_flexion"),
                events={},
                truth=None,
                max_gap_s=1.0,
                covariates={
                    **recording.covariates,
                    "side": side,
                    "swing_s": strike_s - begin_s,
                    "clock_s": end_s - begin_s,
                },
            )
        )
    return found


def _with_stance(columns: Sequence[np.ndarray], stiffness: float) -> np.ndarray:
    swing = np.column_stack([*columns, np.zeros(SWING_POINTS)])
    return np.vstack([swing, [*swing[-1, :-1], stiffness]])


def _true(recording: Recording) -> list[tuple[str, float, float]]:
    if recording.truth is None:
        return []
    steps = recording.truth.steps
    rows = zip(steps["side"], steps["heel_strike_s"], steps["stiffness"], strict=True)
    return sorted(((str(a), float(b), float(c)) for a, b, c in rows), key=lambda row: row[1])


def _identified(recording: Recording, mass_kg: float | None) -> list[tuple[str, float, float]]:
    """By time of the strike: what is known of a step is what was before it, on either side."""
    stances = cut_stances([ankles(recording, mass_kg)])
    start, width = WINDOW
    found = identify(stances, [start], [width], terms=("K", "B"))
    values, known = found.of("K")[:, 0, 0], found.identifiable[:, 0, 0]
    rows = zip(stances.side, stances.start_s, values, known, strict=True)
    told = [(side, float(at_s), float(k)) for side, at_s, k, can in rows if can]
    return sorted(told, key=lambda row: row[1])


def _toe_off(recording: Recording, side: str, strike_s: float) -> float:
    """The last toe-off before a strike; the start of the recording where none is known."""
    offs, strikes = (
        np.sort(recording.events.get(f"{side}_{kind}", np.zeros(0)))
        for kind in (TOE_OFF, HEEL_STRIKE)
    )
    before = offs[offs < strike_s - 1e-6]
    begin_s = float(before[-1]) if len(before) else float(recording.time_s[0])
    earlier = strikes[strikes < strike_s - 1e-6]
    # A strike in between means that its toe-off was missed.
    return -np.inf if len(earlier) and earlier[-1] > begin_s else begin_s


def _with_past(swings: Sequence[Recording]) -> list[Recording]:
    """What was known of the person's steps when each swing ended."""
    last: dict[tuple[str, object], float] = {}
    past: dict[str, list[float]] = {}
    told = []
    for swing in swings:
        who = (swing.subject, swing.covariates["side"])
        stiffness = float(swing.samples[-1, -1])
        if who in last:
            samples = swing.samples.copy()
            samples[:-1, -1] = np.mean(past[swing.subject])
            facts = {**swing.covariates, "previous_stiffness": last[who]}
            told.append(replace(swing, samples=samples, covariates=facts))
        last[who] = stiffness
        past.setdefault(swing.subject, []).append(stiffness)
    return told
