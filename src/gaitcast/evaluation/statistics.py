"""Intervals over people, not over windows."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np
from scipy import stats


def interval_over_people(values: Sequence[float], level: float = 0.95) -> tuple[float, float]:
    """Bootstrap interval of the mean over people.

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
    BCa bootstrap of :func:`scipy.stats.bootstrap`, 5,000 draws, fixed seed. With six people such
    an interval is itself rough.
    """
    data = np.asarray(values, dtype=float)
    if len(data) < 3:
        return float("nan"), float("nan")
    if np.ptp(data) < 1e-12:
        return float(data[0]), float(data[0])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # degenerate resamples of very few people
        result = stats.bootstrap(
            (data,),
            np.mean,
            n_resamples=5000,
            confidence_level=level,
            method="BCa",
            rng=np.random.default_rng(0),
        )
    return float(result.confidence_interval.low), float(result.confidence_interval.high)
