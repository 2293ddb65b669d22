"""Which joints and limbs help to forecast a joint: chosen on some people, judged on another.

For every person left out, groups of channels are added one by one to the target's own joint, each
time the one that lowers the error most in leave-one-subject-out over the *other* people (nested
forward selection). The person left out then shows the effect of the choice. Forecasts are linear
(ridge) and of the change from the present, which needs only sums over each person's windows: all
choices together cost less than one network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from gaitcast.channel import Channel, match_channels
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.statistics import interval_over_people
from gaitcast.models import Signature
from gaitcast.pipeline import Pipeline
from gaitcast.signal import Chain
from gaitcast.study.study import Study
from gaitcast.study.workspace import Workspace
from gaitcast.tasks import Span, Task
from gaitcast.training.assembly import Assembly

#: Rows of the past that are used, evenly spaced over the history, the newest included.
_ROWS = 5
#: Ridge penalty per 1,000 windows on standardised columns.
_ALPHA = 10.0
_FARTHEST_MS = 60_000.0
#: Fewer windows of a person tell nothing.
_LEAST_WINDOWS = 30
_LIMBS = {
    "leg": ("hip", "knee", "ankle"),
    "arm": ("shoulder", "elbow"),
    "trunk": ("trunk", "pelvis", "head"),
}


#: From channels to the columns of the sums.
_Columns = Callable[[Sequence[str]], np.ndarray]


@dataclass(frozen=True)
class Synergy:
    """What helps to forecast a target.

    Parameters
    ----------
    groups : pandas.DataFrame
        Per joint and limb, the most helpful first: ``group``, ``channels``, ``alone`` (RMSE with
        the target's own joint and this group, less that of the joint alone; negative helps) with
        ``alone_low`` and ``alone_high`` (95 % over people), ``chosen`` (share of the people left
        out for whom it was selected; NaN for limbs, which are not selected) and ``place`` (mean
        place in the selection).
    nested : pandas.DataFrame
        RMSE on people left out, ``own`` joint, ``selected`` groups, ``all`` channels, with ``low``
        and ``high``, and the paired ``difference`` from the own joint.
    people : int
        Left out in turn.
    unit : str
        Of the target.
    """

    groups: pd.DataFrame
    nested: pd.DataFrame
    people: int
    unit: str


@dataclass(frozen=True)
class _Sums:
    """Sums over one person's windows, enough for any ridge on any columns."""

    count: int
    x: np.ndarray
    xx: np.ndarray
    xy: np.ndarray
    y: float
    yy: float

    @classmethod
    def of(cls, x: np.ndarray, y: np.ndarray) -> _Sums:
        return cls(len(y), x.sum(axis=0), x.T @ x, x.T @ y, float(y.sum()), float(y @ y))

    @classmethod
    def together(cls, people: Sequence[_Sums]) -> _Sums:
        # All participants count the same, however long they walked.
        share = [1.0 / p.count for p in people]
        pairs = list(zip(share, people, strict=True))
        return cls(
            len(people),
            np.asarray(sum(w * p.x for w, p in pairs)),
            np.asarray(sum(w * p.xx for w, p in pairs)),
            np.asarray(sum(w * p.xy for w, p in pairs)),
            float(sum(w * p.y for w, p in pairs)),
            float(sum(w * p.yy for w, p in pairs)),
        )

    def fit(self, columns: np.ndarray) -> tuple[np.ndarray, float]:
        """Weights of some columns, and what is added to them."""
        mean, level = self.x[columns] / self.count, self.y / self.count
        inner = self.xx[np.ix_(columns, columns)] / self.count - np.outer(mean, mean)
        spread = np.sqrt(np.maximum(np.diag(inner), 1e-12))
        cross = (self.xy[columns] / self.count - mean * level) / spread
        inner = inner / np.outer(spread, spread) + _ALPHA / 1000 * np.eye(len(columns))
        weights = np.linalg.solve(inner, cross) / spread
        return weights, float(level - weights @ mean)

    def rmse(self, columns: np.ndarray, weights: np.ndarray, added: float) -> float:
        """Error of such a fit on this person."""
        quadratic = weights @ self.xx[np.ix_(columns, columns)] @ weights
        linear = weights @ self.xy[columns]
        inputs = weights @ self.x[columns]
        total = (
            self.yy - 2 * linear - 2 * added * self.y
            + quadratic + 2 * added * inputs + self.count * added**2
        )  # fmt: skip
        return float(np.sqrt(max(total, 0.0) / self.count))


def synergy(cohort: Cohort, task: Task) -> Synergy:
    """Rank joints and limbs by how much they help to forecast the task's first target.

    Parameters
    ----------
    cohort : Cohort
        Recordings of at least four people, on a uniform clock.
    task : Task
        Inputs (channel names, the target among them), history and horizon.

    Returns
    -------
    Synergy
        Over all people.

    Raises
    ------
    GaitcastError
        If there are too few people, the target is not an input, or no recording holds a window.
    """
    target = task.targets[0]
    if target not in task.inputs:
        raise GaitcastError(f"'{target}' is not among the inputs", where=f"task '{task.name}'")
    sums, columns = _sums(cohort, task)
    if len(sums) < 4:
        raise GaitcastError(
            f"{len(sums)} people cannot choose and judge apart", hint="Bring at least 4"
        )
    own, joints, limbs = _groups(task.inputs, target)
    if not joints:
        raise GaitcastError("no other joint is among the inputs", where=f"task '{task.name}'")
    own_columns = columns(own)
    judged = {
        "own": {p: _left_out(sums, p, own_columns) for p in sums},
        "all": {p: _left_out(sums, p, columns(task.inputs)) for p in sums},
    }
    chosen = {
        p: _selection({q: s for q, s in sums.items() if q != p}, own, joints, columns) for p in sums
    }
    judged["selected"] = {
        p: _left_out(sums, p, columns([*own, *(c for g in chosen[p] for c in joints[g])]))
        for p in sums
    }
    rows = []
    for group, channels in {**joints, **limbs}.items():
        gain = [_left_out(sums, p, columns([*own, *channels])) - judged["own"][p] for p in sums]
        low, high = interval_over_people(gain)
        places = [c.index(group) + 1 for c in chosen.values() if group in c]
        rows.append(
            {
                "group": group,
                "channels": len(channels),
                "alone": float(np.mean(gain)),
                "alone_low": low,
                "alone_high": high,
                "chosen": len(places) / len(sums) if group in joints else np.nan,
                "place": float(np.mean(places)) if places else np.nan,
            }
        )
    groups = pd.DataFrame(rows).sort_values("alone", ignore_index=True)
    return Synergy(groups, _nested(judged), len(sums), Channel.parse(target).unit)


def pipeline_synergy(pipeline: Pipeline, cohort: Cohort) -> Synergy:
    """Rank joints and limbs by how much they help to forecast a pipeline's first target.

    Parameters
    ----------
    pipeline : Pipeline
        Its inputs hold the target; it need not be fitted.
    cohort : Cohort
        At least four people, at any rates.

    Returns
    -------
    Synergy
    """
    at_rate, task = pipeline.at_rate(cohort), pipeline.task
    channels = at_rate.recordings[0].channels
    names = match_channels(channels, task.channels, where=f"inputs of '{pipeline.label}'")
    return synergy(at_rate, replace(task, inputs=names))


def _sums(cohort: Cohort, task: Task) -> tuple[dict[str, _Sums], _Columns]:
    """Sums of every person, and from channels to their columns."""
    rate_hz = cohort.recordings[0].rate_hz
    history, horizon = task.samples(rate_hz)
    signature = Signature(task.inputs, task.targets[:1], history, horizon, rate_hz, first=horizon)
    assembly = Assembly(cohort, Chain((), task.inputs, rate_hz), signature)
    rows = np.unique(np.linspace(history - 1, 0, _ROWS).round().astype(int))[::-1]
    parts: dict[str, list[tuple[np.ndarray, np.ndarray]]] = {}
    for recording in cohort:
        spans = {"all": [Span(recording.trial, 0, len(recording))]}
        windows = signature.windows(assembly.series(spans)[0]["all"])
        for number in range(len(windows.series)):
            past = windows.inputs(number)[:, rows].astype(float)
            now = windows.series[number].targets[windows.ends(number), 0]
            past[:, 1:] -= past[:, :1]
            change = windows.futures(number)[:, -1, 0].astype(float) - now
            parts.setdefault(recording.subject, []).append((past.reshape(len(past), -1), change))
    if not parts:
        raise GaitcastError(f"no recording holds a window of {history} + {horizon} samples")
    sums = {
        person: _Sums.of(*(np.concatenate(side) for side in zip(*found, strict=True)))
        for person, found in parts.items()
    }
    for person, found in sums.items():
        if found.count < _LEAST_WINDOWS:
            raise GaitcastError(
                f"{found.count} windows of person '{person}' are too few",
                hint="Shorten the history, or leave the person out",
            )
    width = len(task.inputs)

    def columns(channels: Sequence[str]) -> np.ndarray:
        at = [task.inputs.index(c) for c in dict.fromkeys(channels)]
        return np.array([row * width + k for row in range(len(rows)) for k in at])

    return sums, columns


def _groups(
    inputs: Sequence[str], target: str
) -> tuple[list[str], dict[str, list[str]], dict[str, list[str]]]:
    """The target's own joint; all other joints; limbs without the own joint."""
    at = Channel.parse(target)
    own: list[str] = []
    joints: dict[str, list[str]] = {}
    limbs: dict[str, list[str]] = {}
    for name in inputs:
        channel = Channel.parse(name)
        if (channel.side, channel.segment) == (at.side, at.segment):
            own.append(name)
            continue
        joints.setdefault(f"{channel.side} {channel.segment}", []).append(name)
        for limb, segments in _LIMBS.items():
            if channel.segment in segments:
                side = "" if channel.side == "center" else f"{channel.side} "
                limbs.setdefault(f"limb: {side}{limb}", []).append(name)
    return own, joints, limbs


def _left_out(sums: Mapping[str, _Sums], person: str, columns: np.ndarray) -> float:
    others = _Sums.together([s for p, s in sums.items() if p != person])
    return sums[person].rmse(columns, *others.fit(columns))


def _selection(
    sums: Mapping[str, _Sums],
    own: Sequence[str],
    joints: Mapping[str, list[str]],
    columns: _Columns,
) -> list[str]:
    """Joints in the order in which they lower the error, until none does."""
    chosen: list[str] = []
    have = list(own)
    best = np.mean([_left_out(sums, p, columns(have)) for p in sums])
    while len(chosen) < len(joints):
        trials = {
            group: np.mean([_left_out(sums, p, columns([*have, *joints[group]])) for p in sums])
            for group in joints
            if group not in chosen
        }
        group = min(trials, key=lambda g: trials[g])
        if trials[group] >= best:
            break
        best = trials[group]
        chosen.append(group)
        have += joints[group]
    return chosen


def _nested(judged: Mapping[str, Mapping[str, float]]) -> pd.DataFrame:
    rows = []
    for inputs in ("own", "selected", "all"):
        values = list(judged[inputs].values())
        gap = [judged[inputs][p] - judged["own"][p] for p in judged["own"]]
        low, high = interval_over_people(values)
        gap_low, gap_high = interval_over_people(gap)
        rows.append(
            {
                "inputs": inputs, "rmse": float(np.mean(values)), "low": low, "high": high,
                "difference": float(np.mean(gap)),
                "difference_low": gap_low, "difference_high": gap_high,
            }
        )  # fmt: skip
    return pd.DataFrame(rows)


def study_task(
    study: Study,
    data: Path | None,
    inputs: str,
    target: str | None = None,
    horizon_ms: float | None = None,
) -> tuple[Cohort, Task]:
    """Recordings and task of a study, for :func:`synergy`.

    Parameters
    ----------
    study : Study
        Whose data, history and inputs are taken.
    data : Path or None
        Folder of the recordings.
    inputs : str
        A key of its inputs.
    target : str, optional
        Default its first.
    horizon_ms : float, optional
        Default its farthest.

    Returns
    -------
    tuple of Cohort and Task
        Inputs by name instead of pattern.

    Raises
    ------
    GaitcastError
        If the inputs are not known or match nothing.
    """
    if inputs not in study.inputs:
        raise GaitcastError(f"no inputs '{inputs}'", hint=nearest(inputs, [*study.inputs]))
    cohort = Workspace(study, data, Path()).cohort("uniform")
    far = max(study.horizons_ms) if horizon_ms is None else horizon_ms
    if not 0 < far <= _FARTHEST_MS:
        raise GaitcastError(
            f"horizon {far:g} ms", hint=f"Give more than 0 and at most {_FARTHEST_MS:g} ms"
        )
    task = study.task_at(inputs, far)
    first = cohort.recordings[0]
    names = match_channels(first.channels, task.channels, where=f"inputs '{inputs}'")
    chosen = task.targets if target is None else (target,)
    first.matrix(chosen)
    return cohort, replace(task, inputs=names, targets=chosen)


def angles_to_couple(task: Task) -> tuple[str, ...]:
    """Flexion of hips and shoulders, and the target: what shows how arms and legs go together.

    Parameters
    ----------
    task : Task
        Inputs by name.

    Returns
    -------
    tuple of str
        Channels; the target first.
    """
    wanted = ("hip", "shoulder")
    others = [
        name
        for name in task.inputs
        if Channel.parse(name).segment in wanted and Channel.parse(name).axis == "flexion"
    ]
    return tuple(dict.fromkeys([task.targets[0], *others]))
