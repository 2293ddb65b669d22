"""Errors of forecasts, with units."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy import signal
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error

from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.conformal import LEVEL

#: Peaks of a gait curve stand out by this part of its range, and are this far apart.
_PROMINENCE, _APART_S = 0.4, 0.4
#: How far from a measured peak the forecast one is looked for; delays are looked for twice as far.
_REACH_S = 0.15


def correlation(truth: np.ndarray, forecast: np.ndarray) -> float:
    """Pearson's r.

    Parameters
    ----------
    truth, forecast : numpy.ndarray, shape (n,)
        Measured and predicted.

    Returns
    -------
    float
        0 if either is constant.
    """
    if np.ptp(truth) == 0 or np.ptp(forecast) == 0:
        return 0.0
    return float(np.corrcoef(truth, forecast)[0, 1])


def _relative(size: Callable[[np.ndarray], float]) -> Callable[[np.ndarray, np.ndarray], float]:
    def metric(truth: np.ndarray, forecast: np.ndarray) -> float:
        whole = float(size(truth))
        error = 100 * float(root_mean_squared_error(truth, forecast))
        return error / whole if whole > 0 else float("nan")

    return metric


def _vaf(truth: np.ndarray, forecast: np.ndarray) -> float:
    whole = float(np.var(truth))
    return 100 * (1 - float(np.var(truth - forecast)) / whole) if whole > 0 else float("nan")


class Metric(NamedTuple):
    """What a figure is, and which value would be perfect: the nearer to that, the better.

    Parameters
    ----------
    unit : str or None
        None stands for the target's own, ``{}`` for the target's own in a compound.
    ideal : float
        0 of an error, 1 of R2; the nominal level of a coverage, since an interval that always
        covers is too wide.
    function : callable, optional
        Of truth and forecast, shape (n,), where they are all that it takes.
    """

    unit: str | None
    ideal: float
    function: Callable[[np.ndarray, np.ndarray], float] | None = None


#: Over all windows and steps. Relative RMSE is named by what it is divided by; VAF, unlike R2,
#: forgives a constant offset. NaN where a constant curve leaves nothing to divide by.
METRICS = {
    "mae": Metric(None, 0.0, mean_absolute_error),
    "rmse": Metric(None, 0.0, root_mean_squared_error),
    "r": Metric("1", 1.0, correlation),
    "r2": Metric("1", 1.0, r2_score),
    "vaf": Metric("%", 100.0, _vaf),
    "rrmse_mean": Metric("%", 0.0, _relative(lambda truth: abs(float(np.mean(truth))))),
    "rrmse_sd": Metric("%", 0.0, _relative(lambda truth: float(np.std(truth)))),
    "nrmse": Metric("%", 0.0, _relative(lambda truth: float(np.ptp(truth)))),
}
#: Of the farthest step as a curve over time. A lag is early or late: its ideal is between.
CURVE_METRICS = {
    "peak": Metric(None, 0.0),
    "peak_time": Metric("ms", 0.0),
    "lag": Metric("ms", 0.0),
}
#: Of ground reaction per mass besides.
FORCE_METRICS = {"rmse_bw": Metric("% BW", 0.0), "impulse": Metric("{} s", 0.0)}
#: Of intervals around forecasts, see :mod:`gaitcast.evaluation.conformal`.
INTERVAL_METRICS = {"coverage": Metric("%", 100 * LEVEL), "width": Metric(None, 0.0)}
#: The mean absolute error of one step, and of one trial.
_PARTS = {"mae_at": METRICS["mae"], "mae_of_trial": METRICS["mae"]}


def ideal(metric: str) -> float:
    """The value of a perfect forecast.

    Parameters
    ----------
    metric : str
        Name of any metric of ``results.csv``.

    Returns
    -------
    float
        In the metric's unit.

    Raises
    ------
    GaitcastError
        If there is no such metric.
    """
    known = {**METRICS, **CURVE_METRICS, **FORCE_METRICS, **INTERVAL_METRICS, **_PARTS}
    if metric not in known:
        raise GaitcastError(f"unknown metric '{metric}'", hint=nearest(metric, list(known)))
    return known[metric].ideal


def score(truth: np.ndarray, forecast: np.ndarray) -> dict[str, float]:
    """All metrics over every window and horizon step together.

    Parameters
    ----------
    truth, forecast : numpy.ndarray, shape (windows, steps)
        One target.

    Returns
    -------
    dict of str to float
        By name of the metric.
    """
    a, b = np.ravel(truth).astype(float), np.ravel(forecast).astype(float)
    return {name: float(m.function(a, b)) for name, m in METRICS.items() if m.function}


def mae_by_step(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Mean absolute error at each horizon step.

    Parameters
    ----------
    truth, forecast : numpy.ndarray, shape (windows, steps)
        One target.

    Returns
    -------
    numpy.ndarray, shape (steps,)
        From the nearest step to the farthest.
    """
    return np.abs(truth.astype(float) - forecast).mean(axis=0)


def curve_score(
    curves: Sequence[tuple[np.ndarray, np.ndarray]], rate_hz: float
) -> dict[str, float]:
    """How well curves over time keep peaks and phase.

    Parameters
    ----------
    curves : sequence of tuple of numpy.ndarray, shape (n,)
        Truth and forecast for the same instants, one pair for each uninterrupted segment.
    rate_hz : float
        Sampling rate.

    Returns
    -------
    dict of str to float
        ``peak`` (mean absolute error of the height of each cycle's peak), ``peak_time`` (of its
        instant, ms; both look up to 150 ms around the measured peak) and ``lag`` (the delay of the
        forecast that makes the two most alike, ms; positive is late). NaN without peaks, or where
        no delay within 300 ms makes them most alike.
    """
    heights: list[float] = []
    times: list[float] = []
    lags: list[tuple[float, int]] = []
    reach = max(1, round(_REACH_S * rate_hz))
    for truth, forecast in curves:
        span = float(np.ptp(truth))
        if span == 0:
            continue
        distance = max(1, round(_APART_S * rate_hz))
        peaks, _ = signal.find_peaks(truth, prominence=_PROMINENCE * span, distance=distance)
        for peak in peaks.tolist():
            start = max(0, peak - reach)
            near = forecast[start : peak + reach + 1]
            heights.append(abs(float(near.max()) - float(truth[peak])))
            times.append(abs(start + int(near.argmax()) - peak) * 1000 / rate_hz)
        if len(truth) > 4 * reach and np.ptp(forecast) > 0:
            lag = _lag(truth, forecast, 2 * reach)
            if lag is not None:
                lags.append((lag * 1000 / rate_hz, len(truth)))
    nothing = float("nan")
    weights = [n for _, n in lags]
    return {
        "peak": float(np.mean(heights)) if heights else nothing,
        "peak_time": float(np.mean(times)) if times else nothing,
        "lag": float(np.average([v for v, _ in lags], weights=weights)) if lags else nothing,
    }


def impulse_score(impulses: Sequence[float]) -> float:
    """Error of the impulse of a ground reaction per mass.

    Parameters
    ----------
    impulses : sequence of float
        Forecast less true force over each gait cycle or stance, or over each recording that holds
        no whole one, N/kg s.

    Returns
    -------
    float
        Mean absolute error, NaN without any.
    """
    return float(np.mean(np.abs(impulses))) if len(impulses) else float("nan")


def _lag(truth: np.ndarray, forecast: np.ndarray, most: int) -> int | None:
    middle = truth[most : len(truth) - most]
    shifts = range(-most, most + 1)
    alike = [correlation(middle, forecast[most + s : len(forecast) - most + s]) for s in shifts]
    best = int(np.argmax(alike))
    return shifts[best] if 0 < best < len(alike) - 1 else None
