"""Intervals over people, not over windows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats


def interval_over_people(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Student's t interval of the mean over people.

    Parameters
    ----------
    values : sequence of float
        One value a person (seeds and folds already averaged).
    level : float
        Coverage.

    Returns
    -------
    tuple of float
        Low and high end; both NaN with fewer than three people, both the mean if all are equal.

    Notes
    -----
    A bootstrap is too narrow for so few people: of six normal draws the BCa interval of the mean
    covers it 88 % of the time instead of 95 %, of three 73 %; Student's t keeps its level.
    """
    data = np.asarray(values, dtype=float)
    if len(data) < 3:
        return float("nan"), float("nan")
    mean = float(data.mean())
    if np.ptp(data) < 1e-12:
        return mean, mean
    low, high = stats.t.interval(level, len(data) - 1, loc=mean, scale=stats.sem(data))
    return float(low), float(high)
