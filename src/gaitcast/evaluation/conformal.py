"""Intervals around forecasts, as wide as other people's errors ask for.

A forecast comes with a lower and an upper bound (both are the forecast itself, or the 5 % and 95 %
quantiles of a head that gives them). How far a measured value lies outside these bounds is its
*excess*, negative inside. Bounds moved out by the 90 % quantile of the excess over people whom the
model had not seen hold 90 % of a new person's values, if people are alike (Romano et al. 2019,
conformalised quantile regression; for a point forecast this is split-conformal prediction).

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

#: Nominal coverage.
LEVEL = 0.9
#: Distributions of the excess are kept as this many evenly spaced quantiles.
_QUANTILES = 201


def excess(truth: np.ndarray, low: np.ndarray, high: np.ndarray) -> np.ndarray:
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


def sketch(values: np.ndarray) -> np.ndarray:
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
        Sketches of the excess of people who calibrate; each person counts the same.
    level : float
        Nominal coverage.

    Returns
    -------
    numpy.ndarray, shape (...)
        Per column.
    """
    return np.nanquantile(np.concatenate(others), level, axis=0)


def covered(own: np.ndarray, moved: np.ndarray) -> np.ndarray:
    """Share of a person's values inside bounds that were moved out.

    Parameters
    ----------
    own : numpy.ndarray, shape (201, ...)
        Sketch of the person's excess.
    moved : numpy.ndarray, shape (...)
        From :func:`margin`.

    Returns
    -------
    numpy.ndarray, shape (...)
        0 to 1; NaN without values.
    """
    share = (own <= moved).mean(axis=0)
    return np.where(np.isfinite(own).all(axis=0), share, np.nan)


def merged(sketches: Sequence[np.ndarray]) -> np.ndarray:
    """One distribution of several, each counting the same.

    Parameters
    ----------
    sketches : sequence of numpy.ndarray, shape (201, ...)
        Of one person, from several folds or seeds.

    Returns
    -------
    numpy.ndarray, shape (201, ...)
        Sketch; NaN where one of them is.
    """
    return sketches[0] if len(sketches) == 1 else sketch(np.concatenate(sketches))


def calibrated(
    people: Mapping[str, np.ndarray],
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Each person's interval from all others, and what it covers.

    Parameters
    ----------
    people : dict of str to numpy.ndarray, shape (201, ...)
        Sketches of the excess.

    Returns
    -------
    dict of str to tuple of numpy.ndarray
        Per person: by how much the bounds moved, and the share covered; empty for one person.
    """
    found = {}
    for person, own in people.items():
        others = [values for other, values in people.items() if other != person]
        if others:
            moved = margin(others)
            found[person] = (moved, covered(own, moved))
    return found
