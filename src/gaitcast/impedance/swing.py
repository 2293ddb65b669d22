"""The swing before each heel strike, and the stiffness that the ankle then has."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.events import FootImuEvents
from gaitcast.events.event import HEEL_STRIKE, TOE_OFF
from gaitcast.impedance.least_squares import identify
from gaitcast.impedance.raw import ankles
from gaitcast.impedance.stances import cut_stances
from gaitcast.recording import Recording
from gaitcast.runtime.swing import (
    SWING_CHANNELS,
    SWING_POINTS,
    SWING_S,
    Swings,
    imu_channels,
)
from gaitcast.runtime.wearer import as_number

#: The last sample of a swing is at most so long before contact, s.
_LATEST_S = 0.05
#: A contact told by the IMU and a known one are the same if they are so near, s.
_SAME_S = 0.1
#: Start and width, % of stance, in which the quasi-stiffness is identified where no simulator knows
#: the stiffness. Early stance of real ankles at 100 Hz is not identifiable in most steps.
WINDOW = (15.0, 60.0)
_STIFFNESS = "ipsi_ankle_stiffness_flexion"


@dataclass(frozen=True)
class _Contact:
    """A heel strike, the toe-off before it, and until when samples were there as it was told."""

    begin_s: float
    strike_s: float
    known_s: float


@dataclass(frozen=True)
class _Step:
    """A heel strike whose stiffness is known."""

    side: str
    strike_s: float
    stiffness: float


_Contacts = Callable[[Recording, str, Sequence[_Step]], Iterator[_Contact]]


def swings(cohort: Cohort) -> Cohort:
    """One recording per swing as a device has it: contacts are told by the foot's IMU, live.

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
        own (one second is one swing), and one point more, the stance. ``ipsi_foot_accdev_*`` and
        ``ipsi_foot_gyrdev_*`` are how far that is from the mean of the person's earlier swings of
        that foot. ``ipsi_ankle_stiffness_flexion`` (N m/rad/kg) is the mean of the person's earlier
        steps all through the swing, and that of this step at the stance: a forecast one sample
        ahead, whose past is what was known. Covariates ``swing_s`` (also as ``clock_s``, what a
        second of that clock lasts) and ``previous_stiffness``. The first step of a side has no
        predecessor and is left out, and so are swings with a gap, whose end is not in the
        recording, or whose contact no step of known stiffness is near. A trial that tells no
        stance is left out too, and a note of the first swing says so.

    Raises
    ------
    GaitcastError
        If no swing with its step is found.
    """
    return _swings(cohort, _by_imu)


def swings_to_events(cohort: Cohort) -> Cohort:
    """Like :func:`swings`, with toe-offs from the recordings' events and the known contacts.

    For recordings that begin too shortly before contact for an IMU to tell it: what comes out is
    better than a device could have it.

    Parameters
    ----------
    cohort : Cohort
        As there.

    Returns
    -------
    Cohort
        As there.

    Raises
    ------
    GaitcastError
        If no swing with its step is found.
    """
    return _swings(cohort, _by_events)


def shuffled_swings(cohort: Cohort) -> Cohort:
    """Give every step the IMU of another swing of the same person: a control without skill.

    Parameters
    ----------
    cohort : Cohort
        From :func:`swings` or :func:`swings_to_events`.

    Returns
    -------
    Cohort
        What was known of the person's stiffness stays with its step.

    Raises
    ------
    GaitcastError
        If these are no swings.
    """
    rng = np.random.default_rng(0)
    made = {}
    for person in cohort.people:
        own = [recording for recording in cohort if recording.subject == person]
        if any(recording.channels != (*SWING_CHANNELS, _STIFFNESS) for recording in own):
            raise GaitcastError(
                "only swings can be shuffled",
                where=f"cohort '{cohort.name}'",
                mend='Put "swing-to-stiffness" before "shuffled-swings"',
            )
        for recording, other in zip(own, rng.permutation(len(own)), strict=True):
            samples = recording.samples.copy()
            samples[:, :-1] = own[other].samples[:, :-1]
            made[recording.trial] = replace(recording, samples=samples)
    return replace(cohort, recordings=tuple(made[recording.trial] for recording in cohort))


def _swings(cohort: Cohort, contacts: _Contacts) -> Cohort:
    masses = {
        person: as_number("mass_kg", facts["mass_kg"], where=f"person '{person}'")
        for person, facts in cohort.subjects.items()
        if "mass_kg" in facts
    }
    made: list[Recording] = []
    lines: list[str] = []
    shapers: dict[tuple[str, str], Swings] = {}
    for recording in cohort:
        try:
            known = _true(recording) or _identified(recording, masses.get(recording.subject))
            made += _of_recording(recording, known, contacts, shapers)
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
    recording: Recording,
    known: Sequence[_Step],
    contacts: _Contacts,
    shapers: dict[tuple[str, str], Swings],
) -> list[Recording]:
    found: list[tuple[float, Recording]] = []
    for side in sorted({step.side for step in known}):
        if not set(imu_channels(side)) <= set(recording.channels):
            raise GaitcastError(
                f"no IMU on the {side} foot", where=f"recording '{recording.trial}'"
            )
        shaper = shapers.setdefault((recording.subject, side), Swings(side))
        steps = [step for step in known if step.side == side]
        for contact in contacts(recording, side, steps):
            swing = _swing(recording, side, contact, shaper)
            if swing is None:
                continue
            step = min(steps, key=lambda step: abs(step.strike_s - contact.strike_s))
            if abs(step.strike_s - contact.strike_s) <= _SAME_S:
                found.append((step.strike_s, _alone(recording, step, contact, swing)))
    ordered = [one for _, one in sorted(found, key=lambda pair: pair[0])]
    trial = recording.trial
    return [replace(one, trial=f"{trial}-{number:03d}") for number, one in enumerate(ordered, 1)]


def _swing(
    recording: Recording, side: str, contact: _Contact, shaper: Swings
) -> tuple[np.ndarray, float] | None:
    """Its points and how long they last; None if it is not whole."""
    time_s = recording.time_s
    if not SWING_S[0] <= contact.strike_s - contact.begin_s <= SWING_S[1]:
        return None
    rows = np.flatnonzero((time_s >= contact.begin_s) & (time_s <= contact.known_s))
    if len(rows) < 2 or contact.strike_s - time_s[rows[-1]] > _LATEST_S:
        return None
    samples = recording.matrix(imu_channels(side))[rows]
    if (np.diff(time_s[rows]) > recording.max_gap_s).any() or not np.isfinite(samples).all():
        return None
    begin_s = max(contact.begin_s, float(time_s[rows[0]]))
    return shaper.shape(time_s[rows], samples, begin_s), float(time_s[rows[-1]]) - begin_s


def _alone(
    recording: Recording, step: _Step, contact: _Contact, swing: tuple[np.ndarray, float]
) -> Recording:
    points, long_s = swing
    samples = np.column_stack([points, np.zeros(SWING_POINTS)])
    return replace(
        recording,
        rate_hz=float(SWING_POINTS - 1),
        time_s=np.arange(SWING_POINTS + 1) / (SWING_POINTS - 1),
        samples=np.vstack([samples, [*points[-1], step.stiffness]]),
        channels=(*SWING_CHANNELS, _STIFFNESS),
        events={},
        truth=None,
        max_gap_s=1.0,
        covariates={
            **recording.covariates,
            "side": step.side,
            "swing_s": contact.strike_s - contact.begin_s,
            "clock_s": long_s,
        },
    )


def _by_imu(recording: Recording, side: str, steps: Sequence[_Step]) -> Iterator[_Contact]:
    del steps  # a device does not know them
    samples = recording.matrix(imu_channels(side))
    begin_s: float | None = None
    for event in FootImuEvents().process(recording.time_s, samples[:, :3], samples[:, 3:]):
        if event.kind == TOE_OFF:
            begin_s = event.time_s
        elif event.kind == HEEL_STRIKE and begin_s is not None:
            yield _Contact(begin_s, event.time_s, min(event.time_s, event.told_s))
            begin_s = None


def _by_events(recording: Recording, side: str, steps: Sequence[_Step]) -> Iterator[_Contact]:
    offs, strikes = (
        recording.events.get(f"{side}_{kind}", np.zeros(0)) for kind in (TOE_OFF, HEEL_STRIKE)
    )
    for step in sorted(steps, key=lambda step: step.strike_s):
        begin_s = float(max(offs[offs < step.strike_s], default=recording.time_s[0]))
        # A strike in between means that the toe-off was missed.
        if not (strikes[strikes < step.strike_s - 1e-6] > begin_s).any():
            yield _Contact(begin_s, step.strike_s, step.strike_s)


def _true(recording: Recording) -> list[_Step]:
    if recording.truth is None:
        return []
    steps = recording.truth.steps
    rows = zip(steps["side"], steps["heel_strike_s"], steps["stiffness"], strict=True)
    return [_Step(str(side), float(at), float(k)) for side, at, k in rows]


def _identified(recording: Recording, mass_kg: float | None) -> list[_Step]:
    stances = cut_stances([ankles(recording, mass_kg)])
    start, width = WINDOW
    found = identify(stances, [start], [width], terms=("K", "B"))
    values, known = found.of("K")[:, 0, 0], found.identifiable[:, 0, 0]
    rows = zip(stances.side, stances.start_s, values, known, strict=True)
    return [_Step(side, float(at), float(k)) for side, at, k, can in rows if can]


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
