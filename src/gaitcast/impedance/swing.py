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

#: Points of a swing, the last one at heel strike.
SWING_POINTS = 61
#: A swing is so long, s.
_SWING_S = (0.15, 1.0)
#: Window of stance, %, in which the stiffness is identified where no simulator knows it.
EARLY_STANCE = (1.0, 14.0)


def swings(cohort: Cohort) -> Cohort:
    """One recording per swing: the foot's IMU up to heel strike, and the stiffness at it.

    Parameters
    ----------
    cohort : Cohort
        With a foot IMU, and with ankle angles and moments or markers and plates. Of simulated
        people the true stiffness is the target; of others what least squares makes of early stance
        (K and B), steps where it is not identifiable left out.

    Returns
    -------
    Cohort
        ``ipsi_foot_acc_*`` and ``ipsi_foot_gyr_*`` at 61 points from toe-off, or from the first
        sample if the swing began before it, to heel strike, on a clock of its own (one second is
        one swing), and one point more, the stance. ``ipsi_ankle_stiffness_flexion`` (N m/rad/kg) is
        the mean of the person's earlier steps all through the swing, and that of this step at the
        stance: a forecast one sample ahead, whose past is what was known. Covariates ``swing_s``
        and ``previous_stiffness``. The first step of a side has no predecessor and is left out.

    Raises
    ------
    GaitcastError
        If no swing with its step is found.
    """
    made = [swing for recording in cohort for swing in _of_recording(recording, cohort)]
    if not made:
        raise GaitcastError(
            "no swing with a step whose stiffness is known", where=f"cohort '{cohort.name}'"
        )
    made = _with_past(made)
    if not made:
        raise GaitcastError("no person has two steps", where=f"cohort '{cohort.name}'")
    return replace(cohort, recordings=tuple(made))


def _of_recording(recording: Recording, cohort: Cohort) -> list[Recording]:
    known = _true(recording) if recording.truth else _identified(recording, cohort)
    found = []
    for number, (side, strike_s, stiffness) in enumerate(known, 1):
        imu = [f"{side}_foot_{q}_{a}" for q in ("acc", "gyr") for a in "xyz"]
        if not set(imu) <= set(recording.channels):
            raise GaitcastError(
                f"no IMU on the {side} foot", where=f"recording '{recording.trial}'"
            )
        begin_s = _toe_off(recording, side, strike_s)
        if not _SWING_S[0] <= strike_s - begin_s <= _SWING_S[1]:
            continue
        at_s = np.linspace(begin_s, strike_s, SWING_POINTS)
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
                covariates={**recording.covariates, "side": side, "swing_s": strike_s - begin_s},
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


def _identified(recording: Recording, cohort: Cohort) -> list[tuple[str, float, float]]:
    mass = cohort.subjects.get(recording.subject, {}).get("mass_kg")
    ready = ankles(recording, float(mass) if mass is not None else None)
    stances = cut_stances([ready])
    start, width = EARLY_STANCE
    found = identify(stances, [start], [width], terms=("K", "B"))
    values, known = found.of("K")[:, 0, 0], found.identifiable[:, 0, 0]
    rows = zip(stances.side, stances.start_s, values, known, strict=True)
    return [(side, float(at_s), float(k)) for side, at_s, k, told in rows if told]


def _toe_off(recording: Recording, side: str, strike_s: float) -> float:
    """The last toe-off before a strike; the start of the recording where none is known."""
    offs = recording.events.get(f"{side}_{TOE_OFF}", np.zeros(0))
    strikes = recording.events.get(f"{side}_{HEEL_STRIKE}", np.zeros(0))
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
