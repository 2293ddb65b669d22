"""Intervals around forecasts, as wide as other people's errors ask for.

A forecast comes with a lower and an upper bound (both are the forecast itself, or the 5 % and 95 %
quantiles of a head that gives them). How far a measured value lies outside these bounds is its
*nonconformity*, negative inside. Bounds that are widened by the 90 % quantile of the nonconformity
over people whom the model had not seen hold 90 % of a new person's values, if people are alike
(Romano et al. 2019, conformalised quantile regression; for a point forecast this is split-conformal
prediction).

Differences from the papers
---------------------------
* The quantile is over people with equal weight, and no finite-sample term is added: of six people
  that term would ask for infinite intervals. What is covered is measured, person by person.
* In leave-one-subject-out every tested person's interval comes from the other folds' test people
  (as in the jackknife+ of Barber et al. 2021), so that no person has to be given up for it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gaitcast.runtime.bundle import INTERVAL_LEVEL

#: Nominal coverage.
LEVEL = INTERVAL_LEVEL
#: Distributions of the nonconformity are kept as this many evenly spaced quantiles.
_QUANTILES = 201


def nonconformity(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """How far values lie outside their bounds.

    Parameters
    ----------
    truth, low, high : numpy.ndarray
        Same shapes.

    Returns
    -------
    numpy.ndarray
        Negative inside.
    """
    return np.maximum(low - truth, truth - high)


def quantile_summary(values: np.ndarray) -> np.ndarray:
    """Distribution of values in few numbers.

    Parameters
    ----------
    values : numpy.ndarray, shape (n, ...)
        Of each column.

    Returns
    -------
    numpy.ndarray, shape (201, ...)
        Evenly spaced quantiles, float32; NaN without values.
    """
    if not len(values):
        return np.full((_QUANTILES, *values.shape[1:]), np.nan, np.float32)
    # Nearest ranks of one sort: interpolation would cost more and change nothing seen.
    ordered = np.sort(values.astype(np.float32), axis=0)
    ranks = np.linspace(0, len(values) - 1, _QUANTILES).round().astype(int)
    return ordered[ranks]


def margin(others: Sequence[np.ndarray], level: float = LEVEL) -> np.ndarray:
    """By how much bounds have to move out.

    Parameters
    ----------
    others : sequence of numpy.ndarray, shape (201, ...)
        Quantile summaries of the nonconformity of people who calibrate, each with equal weight.
    level : float
        Nominal coverage.

    Returns
    -------
    numpy.ndarray, shape (...)
        Per column.
    """
    return np.nanquantile(np.concatenate(others), level, axis=0)


def covered(own: np.ndarray, out_by: np.ndarray) -> np.ndarray:
    """Share of a person's values inside bounds that were moved out.

    Parameters
    ----------
    own : numpy.ndarray, shape (201, ...)
        Quantile summary of the person's nonconformity.
    out_by : numpy.ndarray, shape (...)
        From :func:`margin`.

    Returns
    -------
    numpy.ndarray, shape (...)
        0 to 1; NaN without values.
    """
    share = (own <= out_by).mean(axis=0)
    return np.where(np.isfinite(own).all(axis=0), share, np.nan)


def merged(summaries: Sequence[np.ndarray]) -> np.ndarray:
    """One distribution of several, each counting the same.

    Parameters
    ----------
    summaries : sequence of numpy.ndarray, shape (201, ...)
        Of one person, from several folds or seeds.

    Returns
    -------
    numpy.ndarray, shape (201, ...)
        Quantile summary; NaN where one of them is.
    """
    return summaries[0] if len(summaries) == 1 else quantile_summary(np.concatenate(summaries))


def calibrated(
    people: Mapping[str, np.ndarray],
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each person's interval from all others, and what it covers.

    Parameters
    ----------
    people : dict of str to numpy.ndarray, shape (201, ...)
        Quantile summaries of the nonconformity.

    Returns
    -------
    dict of str to tuple of numpy.ndarray
        Per person: by how much the bounds moved, and the share covered; empty for one person.
    """
    found = {}
    for person, own in people.items():
        others = [values for other, values in people.items() if other != person]
        if others:
            out_by = margin(others)
            found[person] = (out_by, covered(own, out_by))
    return found
