"""The swing before each heel strike, and the ankle stiffness at that heel strike."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.impedance.least_squares import identify
from gaitcast.impedance.raw import ankles
from gaitcast.impedance.stance_fits import REASONS
from gaitcast.impedance.stances import cut_stances
from gaitcast.recording import Recording
from gaitcast.runtime.gait_event import HEEL_STRIKE, TOE_OFF
from gaitcast.runtime.swing import (
    SWING_CHANNELS,
    SWING_CLOCK_HZ,
    SWING_POINTS,
    LiveSwings,
    Swing,
    Swings,
    imu_channels,
)
from gaitcast.runtime.wearer import as_number

#: A contact detected by the IMU and a known one are the same if they are this near, s.
_SAME_S = 0.1
#: Start and width, % of stance, of the window for the quasi-stiffness of real people. Early stance
#: of real ankles at 100 Hz is not identifiable in most steps.
WINDOW = (15.0, 60.0)
#: For simulated people, the stiffness of a step is taken as known this long after its contact, s.
_EARLY_STANCE_S = 0.2
#: The target, and until the last sample of a swing the mean of what is known of the participant.
STIFFNESS = "ipsi_ankle_stiffness_flexion"


@dataclass(frozen=True)
class _Step:
    """A heel strike with known stiffness, and when that becomes known."""

    side: str
    strike_s: float
    stiffness: float
    known_s: float


_Cut = Callable[[Recording, str, Sequence[_Step], Swings], Iterator[Swing]]


def swings(cohort: Cohort) -> Cohort:
    """One recording per swing as a device has it: the foot's IMU detects the contacts, live.

    Parameters
    ----------
    cohort : Cohort
        With a foot IMU, and with ankle angles and moments or markers and plates. For simulated
        people the target is the true stiffness at heel strike. For others it is the quasi-stiffness
        over 15-75 % of the stance that follows (K and B by least squares); steps where it is not
        identifiable are left out.

    Returns
    -------
    Cohort
        ``ipsi_foot_acc_*`` and ``ipsi_foot_gyr_*`` at 61 points from toe-off, or from the first
        sample if the swing began before it, to the last sample before contact, on a clock of its
        own (one second is one swing), and one point more, the stance. ``ipsi_foot_accdev_*`` and
        ``ipsi_foot_gyrdev_*`` are the differences from the mean of the person's earlier swings of
        that foot. ``ipsi_ankle_stiffness_flexion`` (N m/rad/kg) is, during the swing, the mean over
        the person's steps whose stiffness could be known by then, and at the stance that of this
        step: a forecast one sample ahead. Covariates are ``swing_s`` (also as ``clock_s``, the real
        duration of a second of that clock) and ``previous_stiffness``.

        Left out are: the first swing and step of a side, which have no predecessor; swings with a
        gap or whose end is not in the recording; swings without a step of known stiffness near
        their contact; trials without a stance. A note of the first swing names those trials.

    Raises
    ------
    GaitcastError
        If no swing with its step is found, or the rate is not 100 Hz.
    """
    for recording in cohort:
        if recording.rate_hz != SWING_CLOCK_HZ:
            raise GaitcastError(
                f"swings are cut at {SWING_CLOCK_HZ:g} Hz, not at {recording.rate_hz:g} Hz",
                where=f"recording '{recording.trial}'",
                hint="Set resample_hz = 100",
            )
    return _swings(cohort, _by_imu)


def swings_to_events(cohort: Cohort) -> Cohort:
    """Like :func:`swings`, with toe-offs from the recordings' events and the known contacts.

    For recordings that begin too shortly before contact for the IMU to detect it: the result is
    better than a device could have it.

    Raises
    ------
    GaitcastError
        If no swing with its step is found.
    """
    return _swings(cohort, _by_events)


def shuffled_swings(cohort: Cohort) -> Cohort:
    """Give every step the IMU of another swing of the same person: a control without skill.

    Raises
    ------
    GaitcastError
        If the recordings are not swings.
    """
    rng = np.random.default_rng(0)
    made = {}
    for person in cohort.people:
        own = [recording for recording in cohort if recording.subject == person]
        # A random ring: no step keeps its own swing.
        ring = rng.permutation(len(own))
        giver = dict(zip(ring.tolist(), np.roll(ring, 1).tolist(), strict=True))
        if any(recording.channels != (*SWING_CHANNELS, STIFFNESS) for recording in own):
            raise GaitcastError(
                "only swings can be shuffled",
                where=f"cohort '{cohort.name}'",
                hint='Put "swing-to-stiffness" before "shuffled-swings"',
            )
        for number, recording in enumerate(own):
            samples = recording.samples.copy()
            samples[:, :-1] = own[giver[number]].samples[:, :-1]
            made[recording.trial] = replace(recording, samples=samples)
    return replace(cohort, recordings=tuple(made[recording.trial] for recording in cohort))


def _swings(cohort: Cohort, cut: _Cut) -> Cohort:
    masses = {
        person: as_number("mass_kg", covariates["mass_kg"], where=f"person '{person}'")
        for person, covariates in cohort.subjects.items()
        if "mass_kg" in covariates
    }
    made: list[Recording] = []
    left_out: dict[str, list[Recording]] = {}
    usual: dict[tuple[str, str], Swings] = {}
    past: dict[str, list[_Step]] = {}
    for recording in cohort:
        try:
            known = _true(recording) or _identified(recording, masses.get(recording.subject))
            found = _of_recording(recording, known, cut, usual)
        except GaitcastError as error:
            left_out.setdefault(str(error), []).append(recording)
            continue
        earlier = past.setdefault(recording.subject, [])
        made += _with_past(recording, found, known, earlier)
        earlier += [replace(step, known_s=-np.inf) for step in known]
    lines = [f"{_named(recordings)} left out: {why}" for why, recordings in left_out.items()]
    if not made:
        raise GaitcastError(
            "no person has two swings with steps whose stiffness is known",
            where=f"cohort '{cohort.name}'",
            hint=lines[0] if lines else "",
        )
    made[0] = replace(made[0], notes=(*made[0].notes, *lines))
    return replace(cohort, recordings=tuple(made))


def _named(recordings: Sequence[Recording]) -> str:
    people = sorted({recording.subject for recording in recordings})
    many = f"{len(recordings)} trials of {', '.join(people)}"
    return recordings[0].trial if len(recordings) == 1 else many


def _of_recording(
    recording: Recording, known: Sequence[_Step], cut: _Cut, usual: dict[tuple[str, str], Swings]
) -> list[tuple[_Step, Swing]]:
    """Swings with the steps that follow them, in order of time."""
    found = []
    for side in sorted({step.side for step in known}):
        if not set(imu_channels(side)) <= set(recording.channels):
            raise GaitcastError(
                f"no IMU on the {side} foot", where=f"recording '{recording.trial}'"
            )
        who = (recording.subject, side)
        swings = usual.setdefault(who, Swings(side, recording.max_gap_s))
        steps = [step for step in known if step.side == side]
        for swing in cut(recording, side, steps, swings):
            step = min(steps, key=lambda step: abs(step.strike_s - swing.strike_s))
            if abs(step.strike_s - swing.strike_s) <= _SAME_S:
                found.append((step, swing))
    return sorted(found, key=lambda pair: pair[0].strike_s)


def _with_past(
    recording: Recording,
    found: Sequence[tuple[_Step, Swing]],
    known: Sequence[_Step],
    earlier: Sequence[_Step],
) -> list[Recording]:
    """Each swing as a recording, with the person's stiffness known at its contact."""
    made: list[Recording] = []
    for step, swing in found:
        past = [*earlier, *(s for s in known if s.known_s <= swing.strike_s)]
        own = [s.stiffness for s in past if s.side == step.side]
        if own:
            mean = float(np.mean([s.stiffness for s in past]))
            made.append(_alone(recording, step, swing, mean, own[-1], len(made) + 1))
    return made


def _alone(
    recording: Recording, step: _Step, swing: Swing, mean: float, previous: float, number: int
) -> Recording:
    samples = np.column_stack([swing.points, np.full(SWING_POINTS, mean)])
    return replace(
        recording,
        trial=f"{recording.trial}-{number:03d}",
        rate_hz=float(SWING_POINTS - 1),
        time_s=np.arange(SWING_POINTS + 1) / (SWING_POINTS - 1),
        samples=np.vstack([samples, [*swing.points[-1], step.stiffness]]),
        channels=(*SWING_CHANNELS, STIFFNESS),
        events={},
        truth=None,
        max_gap_s=1.0,
        covariates={
            **recording.covariates,
            "side": step.side,
            "swing_s": swing.strike_s - swing.begin_s,
            "clock_s": swing.end_s - swing.begin_s,
            "previous_stiffness": previous,
        },
    )


def _by_imu(
    recording: Recording, side: str, steps: Sequence[_Step], swings: Swings
) -> Iterator[Swing]:
    del steps  # a device does not know them
    live = LiveSwings(swings)
    samples = recording.matrix(imu_channels(side))
    for time_s, row in zip(recording.time_s.tolist(), samples.tolist(), strict=True):
        if (swing := live.push(time_s, row)) is not None:
            yield swing


def _by_events(
    recording: Recording, side: str, steps: Sequence[_Step], swings: Swings
) -> Iterator[Swing]:
    offs, strikes = (
        recording.events.get(f"{side}_{kind}", np.zeros(0)) for kind in (TOE_OFF, HEEL_STRIKE)
    )
    samples = recording.matrix(imu_channels(side))
    for step in sorted(steps, key=lambda step: step.strike_s):
        before = offs[offs < step.strike_s]
        begin_s = float(before.max() if len(before) else recording.time_s[0])
        # A strike in between means that the toe-off was missed.
        if (strikes[strikes < step.strike_s - 1e-6] > begin_s).any():
            continue
        swing = swings.take(recording.time_s, samples, begin_s, step.strike_s)
        if swing is not None:
            yield swing


def _true(recording: Recording) -> list[_Step]:
    if recording.truth is None:
        return []
    steps = recording.truth.steps
    rows = zip(steps["side"], steps["heel_strike_s"], steps["stiffness"], strict=True)
    return [
        _Step(str(side), float(at), float(k), float(at) + _EARLY_STANCE_S) for side, at, k in rows
    ]


def _identified(recording: Recording, mass_kg: float | None) -> list[_Step]:
    stances = cut_stances([ankles(recording, mass_kg)])
    start, width = WINDOW
    found = identify(stances, [start], [width], terms=("K", "B"))
    values, known = found.of("K")[:, 0, 0], found.identifiable[:, 0, 0]
    reach_s = stances.kernels.shape[1] / 2 / stances.rate_hz
    if not known.any():
        why = sorted({REASONS[number] for number in found.reason.ravel()})
        raise GaitcastError(f"the stiffness is not identifiable ({', '.join(why)})")
    rows = zip(stances.side, stances.start_s, stances.duration_s, values, known, strict=True)
    return [
        _Step(side, float(at), float(k), float(at + lasts + reach_s))
        for side, at, lasts, k, can in rows
        if can
    ]
