"""What a new study should ask of some recordings: targets, inputs, horizons, split."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from gaitcast.channel import Channel
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.signal import JointAngle
from gaitcast.study.input_groups import InputGroup, choose_inputs
from gaitcast.study.inventory import Inventory
from gaitcast.study.present_angle import estimated_angles
from gaitcast.study.wanted import FORECAST, find_targets, usual_horizons

#: A working rate that holds all of gait, Hz; recordings slower than that keep theirs.
_RATE_HZ = 100.0
_HISTORIES_MS = (2000.0, 1000.0, 500.0, 300.0, 200.0, 100.0)
#: An estimate of the present gains little from the step before.
_ESTIMATE_HISTORY_MS = 500.0
#: Share of a typical part that one window may take. A short part is perhaps one step: a window of
#: half of it is never asked for heel strike. Blocks of one person's time need many windows each.
_SHARES = (0.25, 0.5, 0.06, 0.03)
#: More people than that are tested in groups, not one at a time.
_ONE_AT_A_TIME = 20
_BETWEEN_PEOPLE = ("leave-one-subject-out", "grouped-k-fold")


@dataclass(frozen=True)
class SplitChoice:
    """The split that the participants allow.

    Parameters
    ----------
    kind : str
        A key of :data:`gaitcast.evaluation.splits.SPLITS`.
    about : str
        What its figures say.
    fold : str
        Name of its first fold.
    options : dict
        Of the kind.
    """

    kind: str
    about: str
    fold: str
    options: Mapping[str, float] = field(default_factory=dict)

    @property
    def between_people(self) -> bool:
        """Whether it holds people apart, so that it is refused while they are not certain."""
        return self.kind in _BETWEEN_PEOPLE


@dataclass(frozen=True)
class Proposal:
    """Everything that a new study says.

    Parameters
    ----------
    targets : tuple of str
        As the task names them.
    prepare : tuple of str
        Preparations between the recordings and them.
    output : str
        ``all`` or ``last``, see :class:`gaitcast.tasks.Task`.
    horizons_ms : tuple of float
    history_ms, rate_hz, max_gap_s : float
    inputs : dict of str to InputGroup
        By name; the main one first.
    left_out : dict of str to str
        Channels that are no inputs, and why.
    complete : tuple of str
        What each sample must have; empty where all recordings have it throughout.
    split : SplitChoice
    people : int
        Participants with a part that is long enough.
    minutes, run_s : float
        In all of those parts, and s of a typical one.
    uncertain : tuple of str
        Why it is not certain who the participants are.
    estimated : tuple of JointAngle
        Steps that estimate all targets from IMUs; empty where they cannot.
    """

    targets: tuple[str, ...]
    prepare: tuple[str, ...]
    output: str
    horizons_ms: tuple[float, ...]
    history_ms: float
    rate_hz: float
    max_gap_s: float
    inputs: Mapping[str, InputGroup]
    left_out: Mapping[str, str]
    complete: tuple[str, ...]
    split: SplitChoice
    people: int
    minutes: float
    run_s: float
    uncertain: tuple[str, ...] = ()
    estimated: tuple[JointAngle, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether a run is refused until the participants are confirmed."""
        return bool(self.uncertain) and self.split.between_people

    @property
    def least_s(self) -> float:
        """Shortest part of a recording that holds one window, s."""
        return _least_s(self.history_ms, self.horizons_ms)

    @property
    def ahead(self) -> bool:
        """Whether the future is asked for, so that the targets' own past may be an input."""
        return min(self.horizons_ms) > 0

    @property
    def quick_horizon_ms(self) -> float:
        """The one horizon that a quick run keeps."""
        return 200.0 if 200.0 in self.horizons_ms else self.horizons_ms[0]


def propose(cohort: Cohort, targets: Sequence[str], horizons_ms: Sequence[float] = ()) -> Proposal:
    """Look at recordings and choose what a first study on them should ask.

    Parameters
    ----------
    cohort : Cohort
        At any rates.
    targets : sequence of str
        Channel names or patterns.
    horizons_ms : sequence of float
        Wanted ones; by default what suits the quantity.

    Returns
    -------
    Proposal

    Raises
    ------
    GaitcastError
        If no target is given or one is unknown (the hint lists what there is), nothing is left to
        predict it from, or the recordings are too short.
    """
    whole = Inventory.of(cohort)
    wanted = find_targets(whole, targets)
    held = whole.measuring(wanted.recorded)
    if not held.trials:
        raise GaitcastError(
            "no recording measures all targets together",
            where=", ".join(wanted.recorded[:4]),
            hint="Write one study for each",
        )
    asked = tuple(sorted(horizons_ms, reverse=True)) or usual_horizons(wanted.names)
    inputs, left_out = choose_inputs(held, wanted, ahead=min(asked) > 0)
    patterns = list(dict.fromkeys(p for group in inputs.values() for p in group.patterns))
    patterns = [p for p in patterns if fnmatch.filter(held.channels, p)]
    read = [n for n in held.channels if any(fnmatch.fnmatchcase(n, p) for p in patterns)]
    needed = tuple(dict.fromkeys([*wanted.recorded, *read]))
    runs = held.runs(needed)
    run_s = _typical(runs)
    history_ms, asked, split = _times_and_split(runs, asked, chosen=bool(horizons_ms))
    least_s = _least_s(history_ms, asked)
    people = _people_with(runs, least_s)
    forecast = min(asked) > 0 and {Channel.parse(n).quantity for n in wanted.names} <= {*FORECAST}
    incomplete = not whole.whole or any(
        trial.runs_s(needed) != [trial.info.duration_s] or trial.info.duration_s < least_s
        for trial in whole.trials
    )
    slowest_hz = min(trial.info.rate_hz for trial in held.trials)
    return Proposal(
        targets=wanted.names,
        prepare=wanted.prepare,
        output="all" if forecast else "last",
        horizons_ms=asked,
        history_ms=history_ms,
        rate_hz=min(_RATE_HZ, float(round(slowest_hz)) or slowest_hz),
        max_gap_s=cohort[held.trials[0].info.trial].max_gap_s,
        inputs=inputs,
        left_out=left_out,
        complete=tuple(dict.fromkeys([*wanted.recorded, *patterns])) if incomplete else (),
        split=split,
        people=len(people),
        minutes=sum(map(sum, people.values())) / 60,
        run_s=run_s,
        uncertain=cohort.identity_warnings,
        estimated=estimated_angles(held, wanted.names) if forecast and "imu" in inputs else (),
    )


def _least_s(history_ms: float, horizons_ms: Sequence[float]) -> float:
    return (history_ms + max(0.0, *horizons_ms)) / 1000


def _typical(runs: Sequence[tuple[str, float]]) -> float:
    """Half of all recorded time lies in runs at least so long, s."""
    long = np.sort([run_s for _, run_s in runs])[::-1]
    if not long.sum():
        return 0.0
    return float(long[np.searchsorted(np.cumsum(long), long.sum() / 2)])


def _people_with(runs: Sequence[tuple[str, float]], least_s: float) -> dict[str, list[float]]:
    people: dict[str, list[float]] = {}
    for who, long_s in runs:
        if long_s >= least_s:
            people.setdefault(who, []).append(long_s)
    return people


def _times_and_split(
    runs: Sequence[tuple[str, float]], horizons_ms: tuple[float, ...], *, chosen: bool
) -> tuple[float, tuple[float, ...], SplitChoice]:
    """History, horizons, split: a longer or shorter window where the usual one allows none."""
    problem: GaitcastError | None = None
    for share in _SHARES:
        try:
            history_ms, kept = _history(share * _typical(runs), horizons_ms, chosen=chosen)
            least_s = _least_s(history_ms, kept)
            return history_ms, kept, _split(_people_with(runs, least_s), least_s)
        except GaitcastError as error:
            problem = problem or error
    assert problem is not None
    raise problem


def _history(
    room_s: float, horizons_ms: tuple[float, ...], *, chosen: bool
) -> tuple[float, tuple[float, ...]]:
    """The longest history that fits with the horizon, and the horizons that do."""
    histories = [h for h in _HISTORIES_MS if min(horizons_ms) > 0 or h <= _ESTIMATE_HISTORY_MS]
    for dropped in range(1 if chosen else len(horizons_ms)):
        horizons = horizons_ms[dropped:]  # the longest first
        for history_ms in histories:
            fits = history_ms + max(0.0, *horizons) <= 1000 * room_s
            if fits and history_ms > -min(horizons):
                return history_ms, horizons
    raise GaitcastError(
        "parts without a gap are too short for a window of history and horizon",
        hint="Bring longer recordings, or give a shorter --horizon-ms",
    )


def _split(people: Mapping[str, Sequence[float]], least_s: float) -> SplitChoice:
    if not people:
        raise GaitcastError(
            f"no recording holds targets and inputs together for {least_s:g} s without a gap",
            hint="'gaitcast check' shows what is missing where",
        )
    if len(people) > _ONE_AT_A_TIME:
        about = "people are tested in ten groups; leave-one-subject-out tests each of them alone"
        return SplitChoice("grouped-k-fold", about, "0", {"groups": 10})
    first, own = next(iter(people.items()))
    if len(people) >= 3:
        about = "each person is tested by a model that never met them"
        return SplitChoice("leave-one-subject-out", about, first)
    count = "one participant" if len(people) == 1 else "two participants"
    about = (
        f"only {count}: figures hold for the same people at another time, and say nothing about a "
        "new person; with three, each is tested by a model that never met them"
    )
    if min(sum(runs) for runs in people.values()) >= 60 * least_s and len(own) <= 4:
        return SplitChoice("blocked", about, f"{first}/0", {"blocks": 15})
    if min(map(len, people.values())) >= 8:
        return SplitChoice("later-trials", about, first)
    if min(max(runs) for runs in people.values()) >= 15 * least_s:
        options = {"blocks": 3, "folds_per_person": 3}
        return SplitChoice("blocked", about, f"{first}/0", options)
    raise GaitcastError(
        f"{about.split(':')[0]}, and their recordings are too short for blocks of time",
        hint="Bring longer recordings, or more people",
    )
