"""Errors of forecasts, with units."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.metrics import mean_absolute_error, r2_score, root_mean_squared_error


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


#: name -> (function of truth and forecast, unit; None stands for the target's own)
METRICS: dict[str, tuple[Callable[[np.ndarray, np.ndarray], float], str | None]] = {
    "mae": (mean_absolute_error, None),
    "rmse": (root_mean_squared_error, None),
    "r": (correlation, "1"),
    "r2": (r2_score, "1"),
}


def score(truth: np.ndarray, forecast: np.ndarray) -> dict[str, float]:
    """All metrics over every window and horizon step together.

    Parameters
    ----------
    truth, forecast : numpy.ndarray, shape (windows, horizon)
        One target.

    Returns
    -------
    dict of str to float
        By name of the metric.
    """
    a, b = np.ravel(truth).astype(float), np.ravel(forecast).astype(float)
    return {name: float(function(a, b)) for name, (function, _) in METRICS.items()}


def mae_by_step(truth: np.ndarray, forecast: np.ndarray) -> np.ndarray:
    """Mean absolute error at each horizon step.

    Parameters
    ----------
    truth, forecast : numpy.ndarray, shape (windows, horizon)
        One target.

    Returns
    -------
    numpy.ndarray, shape (horizon,)
        From the nearest step to the farthest.
    """
    return np.abs(truth.astype(float) - forecast).mean(axis=0)
