"""A fitted predictor on its test part: figures, distributions, and a trace to look at."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.evaluation import conformal
from gaitcast.evaluation.gait_phase import CYCLE_POINTS, PHASES, phase_bins
from gaitcast.evaluation.metrics import curve_score, impulse_score, mae_by_step, score
from gaitcast.evaluation.trace import Tested, traces
from gaitcast.models import Signature
from gaitcast.tasks import Series
from gaitcast.training import Predictor

#: A whole cycle begins before this phase and ends as near to 1.
_EDGE = 0.05
#: Where periods since a person was first met begin, s.
SINCE_S = (0, 5, 10, 20, 30, 60, 120)


@dataclass(frozen=True)
class Evaluation:
    """How good a predictor is.

    Parameters
    ----------
    scores : dict of str to dict
        Per person and target: each metric, ``by_step`` (MAE per step), its ``ahead_ms``,
        ``by_phase`` (MAE of the farthest step in each twentieth of the cycle, None where there is
        none), ``by_since`` (MAE over all steps from each of :data:`SINCE_S` on, s since the person
        was first met), ``trials`` (MAE of each trial) and ``windows``.
    nonconformity : numpy.ndarray, shape (people, targets, 201, steps)
        Sketches of how far values lie outside their bounds, people in the order of `scores`.
    phase_nonconformity : numpy.ndarray, shape (people, targets, 201, phases)
        The same for the farthest step by phase of the cycle.
    width : numpy.ndarray, shape (people, targets, steps)
        Mean distance of the bounds before calibration; 0 for a model that gives points.
    cycle : numpy.ndarray, shape (people, targets, 4, points)
        Over the gait cycle: mean and SD of the truth, mean and SD of the farthest forecast.
    trace : dict of str to numpy.ndarray
        From :func:`gaitcast.evaluation.trace.traces`.
    """

    scores: dict[str, dict[str, dict[str, object]]]
    nonconformity: np.ndarray
    phase_nonconformity: np.ndarray
    width: np.ndarray
    cycle: np.ndarray
    trace: dict[str, np.ndarray]


@dataclass(frozen=True)
class _Pair:
    """Truth, forecast and bounds (windows, steps, targets) of windows one after the other.

    `start` is the first sample of the first window in its trial.
    """

    series: Series
    start: int
    truth: np.ndarray
    point: np.ndarray
    low: np.ndarray
    high: np.ndarray
    phase: np.ndarray
    since_s: np.ndarray
    clock_s: float

    def curves(self, target: int, whole: bool) -> list[tuple[np.ndarray, np.ndarray]]:
        """Truth and forecast over time: the farthest step of all windows, or each whole window.

        Windows assigned at random make no curve.
        """
        if self.series.mask is not None:
            return []
        truth, forecast = self.truth[..., target], self.point[..., target]
        if whole:
            return [*zip(truth, forecast, strict=True)]
        return [(truth[:, -1], forecast[:, -1])]

    def cycles(self, target: int, whole: bool) -> list[tuple[np.ndarray, np.ndarray]]:
        """The same cut at every cycle; uncut where no cycle is known."""
        curves = self.curves(target, whole)
        known = np.isfinite(self.phase)
        if whole or not known.any():
            return curves
        # A cycle ends where the phase falls back, or where it is known no more.
        ends = np.append(known[:-1] & ~(np.diff(self.phase) > 0), known[-1])
        edges = np.append(-1, np.flatnonzero(ends)) + 1
        return [
            (truth[i:j], forecast[i:j])
            for truth, forecast in curves
            for start, j in itertools.pairwise(edges.tolist())
            for i in [start + int(np.argmax(known[start:j]))]
            if self.phase[i] < _EDGE and self.phase[j - 1] > 1 - _EDGE
        ]


def evaluate(
    predictor: Predictor,
    people: Mapping[str, Sequence[Series]],
    phases: Mapping[str, np.ndarray] | None = None,
    clocks: Mapping[str, float] | None = None,
) -> Evaluation:
    """Score forecasts over all test windows at stride 1.

    Parameters
    ----------
    predictor : Predictor
        Fitted.
    people : dict of str to sequence of Series
        Test spans of each person.
    phases : dict of str to numpy.ndarray, shape (n,), optional
        Per trial, share of the cycle at every sample.
    clocks : dict of str to float, optional
        Per trial, how long a second of its clock lasts, where that is not one second.

    Returns
    -------
    Evaluation
        Of all people.

    Raises
    ------
    GaitcastError
        If no test span of a person holds one window.
    """
    shape = predictor.signature
    scores: dict[str, dict[str, dict[str, object]]] = {}
    tables: list[list[np.ndarray]] = [[], [], [], []]
    tested: list[Tested] = []
    for person, spans in people.items():
        pairs = _pairs(predictor, spans, phases or {}, clocks or {})
        if not pairs:
            raise GaitcastError(
                f"no test span holds one window of {shape.span} samples",
                where=f"person '{person}'",
                hint="Shorten history_ms or bring longer recordings",
            )
        scores[person] = _scores(pairs, shape)
        drawn = (*_distributions(pairs), _mean_cycle(pairs))
        for table, found in zip(tables, drawn, strict=True):
            table.append(found)
        tested += [
            Tested(person, p.series.span.trial, p.start / shape.rate_hz, p.truth, p.point,
                   p.series.mask is None)
            for p in pairs
        ]  # fmt: skip
    nonconformity, phase_nonconformity, width, cycle = (np.array(table) for table in tables)
    return Evaluation(
        scores, nonconformity, phase_nonconformity, width, cycle, traces(tested, shape)
    )


def _pairs(
    predictor: Predictor,
    spans: Sequence[Series],
    phases: Mapping[str, np.ndarray],
    clocks: Mapping[str, float],
) -> list[_Pair]:
    shape, pairs, met = predictor.signature, list[_Pair](), 0
    for series, point, low, high in predictor.bounded(spans):
        if not all(np.isfinite(numbers).all() for numbers in (point, low, high)):
            raise GaitcastError(
                "the forecasts are not numbers: the training diverged", hint="Lower learning_rate"
            )
        windows = shape.windows([series])
        instants = series.span.start + windows.ends(0) + shape.horizon
        phase = phases.get(series.span.trial)
        at = np.full(len(instants), np.nan) if phase is None else phase[instants]
        clock_s = clocks.get(series.span.trial, 1.0)
        since_s = (met + windows.ends(0) + 1) * clock_s / shape.rate_hz
        met += len(series)
        # Where a target is not known in between, a curve ends and another one begins.
        jumps = np.diff(windows.ends(0)) > 1
        breaks = [] if series.mask is not None else [*np.flatnonzero(jumps) + 1]
        for a, b in itertools.pairwise([0, *breaks, len(instants)]):
            truth = windows.futures(0)[a:b]
            bounds = point[a:b], low[a:b], high[a:b]
            begin = series.span.start + int(windows.ends(0)[a]) - shape.history + 1
            pairs.append(_Pair(series, begin, truth, *bounds, at[a:b], since_s[a:b], clock_s))
    return pairs


def mean_error(
    predictor: Predictor, series: Sequence[Series], scale: np.ndarray | None = None
) -> float:
    """Mean absolute error over all windows, steps and targets, each target by its spread.

    Parameters
    ----------
    predictor : Predictor
        Fitted.
    series : sequence of Series
        Physical units.
    scale : numpy.ndarray, shape (targets,), optional
        What each target is divided by; default the predictor's own scaler.

    Returns
    -------
    float
        Infinite if a forecast is not a number, NaN never.

    Raises
    ------
    GaitcastError
        If no series holds a window.
    """
    shape = predictor.signature
    unit = predictor.target_scaler.scale if scale is None else scale
    errors = [
        np.abs(forecast - shape.windows([s]).futures(0)) / unit
        for s, forecast in predictor.forecasts(series)
    ]
    if not errors:
        raise GaitcastError("no validation span holds a window", hint="Shorten history_ms")
    error = float(np.concatenate(errors).mean())
    return error if np.isfinite(error) else float("inf")


def _scores(pairs: Sequence[_Pair], shape: Signature) -> dict[str, dict[str, object]]:
    ahead_ms = np.arange(shape.first, shape.horizon + 1) * 1000 / shape.rate_hz
    scores: dict[str, dict[str, object]] = {}
    # Curves with clocks of their own are timed by their mean.
    rate_hz = shape.rate_hz / float(np.mean([p.clock_s for p in pairs]))
    for number, target in enumerate(shape.targets):
        curves = [(p.truth[:, :, number], p.point[:, :, number]) for p in pairs]
        a, b = (np.concatenate(side) for side in zip(*curves, strict=True))
        over_time = [curve for p in pairs for curve in p.curves(number, shape.whole)]
        figures = score(a, b)
        if Channel.parse(target).quantity == "grf":
            off = [
                (forecast - truth).sum() * p.clock_s / shape.rate_hz
                for p in pairs
                for truth, forecast in p.cycles(number, shape.whole)
            ]
            figures["impulse"] = impulse_score(off)
        scores[target] = {
            **figures,
            **curve_score(over_time, rate_hz),
            "by_step": [round(float(v), 5) for v in mae_by_step(a, b)],
            "ahead_ms": [round(float(v), 3) for v in ahead_ms],
            "by_phase": _means(np.abs(a - b)[:, -1], _bins(pairs, PHASES), PHASES),
            "by_since": _means(np.abs(a - b).mean(1), _periods(pairs), len(SINCE_S)),
            "trials": _by_trial(pairs, number),
            "windows": len(a),
        }
    return scores


def _means(error: np.ndarray, bins: np.ndarray, count: int) -> list[float | None]:
    """Mean error in each bin, None in one that holds none; -1 is no bin."""
    counts = np.bincount(bins[bins >= 0], minlength=count)
    sums = np.bincount(bins[bins >= 0], error[bins >= 0], minlength=count)
    return [round(float(s / n), 5) if n else None for s, n in zip(sums, counts, strict=True)]


def _by_trial(pairs: Sequence[_Pair], number: int) -> dict[str, float]:
    errors: dict[str, list[np.ndarray]] = {}
    for p in pairs:
        error = np.abs(p.truth[:, :, number] - p.point[:, :, number]).mean(axis=1)
        errors.setdefault(p.series.span.trial, []).append(error)
    return {trial: round(float(np.concatenate(e).mean()), 5) for trial, e in errors.items()}


def _bins(pairs: Sequence[_Pair], count: int) -> np.ndarray:
    return phase_bins(np.concatenate([p.phase for p in pairs]), count)


def _periods(pairs: Sequence[_Pair]) -> np.ndarray:
    """Which of the periods since a person was first met each window belongs to."""
    since_s = np.concatenate([p.since_s for p in pairs])
    return np.searchsorted(SINCE_S, since_s, side="right") - 1


def _mean_cycle(pairs: Sequence[_Pair]) -> np.ndarray:
    """Mean and SD of truth and of the farthest forecast over the cycle, (targets, 4, points)."""
    bins = _bins(pairs, CYCLE_POINTS)
    inside = bins >= 0
    counts = np.bincount(bins[inside], minlength=CYCLE_POINTS)
    counts = np.where(counts, counts, np.nan)
    rows = []
    for side in ("truth", "point"):
        curve = np.concatenate([getattr(p, side)[:, -1] for p in pairs])[inside].astype(float)
        sums, squares = (
            np.stack([np.bincount(bins[inside], c, CYCLE_POINTS) for c in (curve**power).T])
            for power in (1, 2)
        )
        mean = sums / counts
        rows += [mean, np.sqrt(np.maximum(squares / counts - mean**2, 0.0))]
    return np.stack(rows, axis=1).astype(np.float32)


def _distributions(pairs: Sequence[_Pair]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    out = np.concatenate([conformal.nonconformity(p.truth, p.low, p.high) for p in pairs])
    bins = _bins(pairs, PHASES)
    by_step = conformal.quantile_summary(out)
    by_phase = np.stack(
        [conformal.quantile_summary(out[bins == k, -1]) for k in range(PHASES)], axis=1
    )
    width = sum((p.high - p.low).sum(axis=0) for p in pairs) / len(out)
    return by_step.transpose(2, 0, 1), by_phase.transpose(2, 0, 1), np.asarray(width).T
