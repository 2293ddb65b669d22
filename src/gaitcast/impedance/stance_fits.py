"""Result of an identification: every stance in every window, with its quality."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import stats

from gaitcast.errors import GaitcastError
from gaitcast.impedance.stances import Stances

Term = Literal["K", "B", "I"]
_COLUMN = {"K": "angle_rad", "B": "rate_rad_s", "I": "accel_rad_s2"}
#: Why a window is not identifiable.
REASONS = (
    "", "too few samples", "no motion", "collinear", "uncertain", "beyond toe-off", "no torque",
    "noisy angle",
)  # fmt: skip


@dataclass(frozen=True, eq=False)
class Impedance:
    """Fits of every stance in every window; arrays of shape (S, starts, widths).

    Parameters
    ----------
    terms : tuple of str
        Of ``K`` (N m/rad/kg), ``B`` (N m s/rad/kg) and ``I`` (N m s^2/rad/kg).
    starts_percent, widths_percent : numpy.ndarray
        % of stance.
    value : numpy.ndarray, shape (S, starts, widths, terms)
        Estimates; NaN where they are not determined.
    se : numpy.ndarray, shape (S, starts, widths, terms)
        Standard errors that account for the autocorrelation of the residuals.
    angle0_rad, angle0_se : numpy.ndarray
        Angle at which the torque of the spring is 0, rad; NaN without ``K``.
    vaf : numpy.ndarray
        Torque variance accounted for, %.
    condition : numpy.ndarray
        Condition number of the normal equations with centred columns of unit scale.
    samples : numpy.ndarray of int
        Number of samples in the window.
    degrees_of_freedom : numpy.ndarray
        Left after the fit, reduced for the autocorrelation of the residuals.
    reason : numpy.ndarray of int
        Index into :data:`REASONS`: why the window is not identifiable; 0 where it is.
    """

    terms: tuple[Term, ...]
    starts_percent: np.ndarray
    widths_percent: np.ndarray
    value: np.ndarray
    se: np.ndarray
    angle0_rad: np.ndarray
    angle0_se: np.ndarray
    vaf: np.ndarray
    condition: np.ndarray
    samples: np.ndarray
    degrees_of_freedom: np.ndarray
    reason: np.ndarray

    @property
    def identifiable(self) -> np.ndarray:
        """Bool, shape (S, starts, widths)."""
        return self.reason == 0

    def window(
        self, stances: Stances, place: tuple[int, int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """Columns and torque of one fit.

        Parameters
        ----------
        place : tuple of int
            Indices of stance, start and width.

        Returns
        -------
        tuple of numpy.ndarray
            Columns of the terms (n, terms) and torque (n,).

        Raises
        ------
        GaitcastError
            If `stances` are not those that were fitted.
        """
        stance, start, _ = place
        if len(stances) != len(self.vaf):
            raise GaitcastError(f"{len(self.vaf)} fits are not of these {len(stances)} stances")
        last = int(stances.count[stance]) - 1
        first = int(np.ceil(self.starts_percent[start] / 100 * last - 1e-9))
        rows = slice(first, first + int(self.samples[place]))
        columns = [column[stance, rows] for column in columns_of(stances, self.terms)]
        return np.stack(columns, axis=1), stances.torque[stance, rows]

    def of(self, term: Term) -> np.ndarray:
        """Estimates of one term, shape (S, starts, widths)."""
        return self.value[..., fitted(self.terms, term)]

    def interval(self, term: Term, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Student's interval of one term.

        Parameters
        ----------
        term : str
            ``K``, ``B`` or ``I``.
        level : float
            Nominal coverage, 0 to 1.

        Returns
        -------
        tuple of numpy.ndarray, shape (S, starts, widths)
            Lower and upper bound.

        Raises
        ------
        GaitcastError
            If the term was not fitted.
        """
        k = fitted(self.terms, term)
        check_level(level)
        dof = np.maximum(self.degrees_of_freedom, 1.0)
        reach = stats.t.ppf(0.5 + level / 2, dof) * self.se[..., k]
        return self.value[..., k] - reach, self.value[..., k] + reach


def fitted(terms: Sequence[str], term: str) -> int:
    """Index of a term among those that were fitted.

    Raises
    ------
    GaitcastError
        If it was not fitted.
    """
    if term not in terms:
        raise GaitcastError(f"{term} was not fitted", hint=f"Fitted: {', '.join(terms)}")
    return list(terms).index(term)


def check_level(level: float) -> None:
    """Raise unless a confidence level lies between 0 and 1.

    Raises
    ------
    GaitcastError
        If it does not; 90 instead of 0.9 is a likely mistake.
    """
    if not 0 < level < 1:
        raise GaitcastError(f"a level of {level:g} is not between 0 and 1", hint="Write 0.9")


def check_terms(terms: Sequence[str]) -> None:
    """Raise unless the terms form a model.

    Parameters
    ----------
    terms : sequence of str
        Some of ``K``, ``B`` and ``I``.

    Raises
    ------
    GaitcastError
        If there is none, one occurs twice, or one is unknown.
    """
    if not terms or len(set(terms)) < len(terms) or not set(terms) <= {*_COLUMN}:
        raise GaitcastError(
            f"terms {', '.join(terms) or 'none'}", hint="Give some of K, B, I, each once"
        )


def columns_of(stances: Stances, terms: Sequence[str]) -> list[np.ndarray]:
    """Columns that the terms multiply: angle, rate or acceleration.

    Parameters
    ----------
    terms : sequence of str
        Some of ``K``, ``B`` and ``I``.

    Returns
    -------
    list of numpy.ndarray, shape (S, N)
        One per term; rad, rad/s or rad/s^2.
    """
    return [getattr(stances, _COLUMN[term]) for term in terms]
