"""What an identification gives: every stance in every window, and what it is worth."""

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
#: Why a window says nothing.
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
        Of stance.
    value : numpy.ndarray, shape (S, starts, widths, terms)
        Estimates; NaN where they are not determined.
    se : numpy.ndarray, shape (S, starts, widths, terms)
        Standard errors, for residuals that resemble their neighbours.
    angle0_rad, angle0_se : numpy.ndarray
        Where the torque of the spring is 0; NaN without ``K``.
    vaf : numpy.ndarray
        Variance of the torque accounted for, %.
    condition : numpy.ndarray
        Of the normal equations of centred columns scaled to one.
    samples : numpy.ndarray of int
        In the window.
    freedom : numpy.ndarray
        Degrees that are left, as if neighbours were independent.
    reason : numpy.ndarray of int
        Index into :data:`REASONS`: why it is not identifiable here; 0 where it is.
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
    freedom: np.ndarray
    reason: np.ndarray

    @property
    def identifiable(self) -> np.ndarray:
        """Bool, (S, starts, widths)."""
        return self.reason == 0

    def window(
        self, stances: Stances, place: tuple[int, int, int]
    ) -> tuple[np.ndarray, np.ndarray]:
        """What one fit saw.

        Parameters
        ----------
        stances : Stances
            That were fitted.
        place : tuple of int
            Which stance, start and width.

        Returns
        -------
        tuple of numpy.ndarray
            Columns of the terms (n, terms) and torque (n,).

        Raises
        ------
        GaitcastError
            If these are other stances.
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
        """Estimates of one term, (S, starts, widths)."""
        return self.value[..., fitted(self.terms, term)]

    def interval(self, term: Term, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Student's interval of one term.

        Parameters
        ----------
        term : str
            ``K``, ``B`` or ``I``.
        level : float
            Nominal coverage.

        Returns
        -------
        tuple of numpy.ndarray, shape (S, starts, widths)
            Low and high.

        Raises
        ------
        GaitcastError
            If the term was not fitted.
        """
        k = fitted(self.terms, term)
        check_level(level)
        reach = stats.t.ppf(0.5 + level / 2, np.maximum(self.freedom, 1.0)) * self.se[..., k]
        return self.value[..., k] - reach, self.value[..., k] + reach


def fitted(terms: Sequence[str], term: str) -> int:
    """Where a term stands among those that were fitted.

    Parameters
    ----------
    terms : sequence of str
        That were.
    term : str
        Wanted.

    Returns
    -------
    int
        Its place.

    Raises
    ------
    GaitcastError
        If it was not fitted.
    """
    if term not in terms:
        raise GaitcastError(f"{term} was not fitted", hint=f"Fitted: {', '.join(terms)}")
    return list(terms).index(term)


def check_level(level: float) -> None:
    """Refuse what is no confidence level.

    Parameters
    ----------
    level : float
        Between 0 and 1.

    Raises
    ------
    GaitcastError
        If it is not; 90 is a likely slip.
    """
    if not 0 < level < 1:
        raise GaitcastError(f"a level of {level:g} is not between 0 and 1", hint="Write 0.9")


def check_terms(terms: Sequence[str]) -> None:
    """Refuse what is no model.

    Parameters
    ----------
    terms : sequence of str
        Of ``K``, ``B`` and ``I``.

    Raises
    ------
    GaitcastError
        If there is none, one twice, or another.
    """
    if not terms or len(set(terms)) < len(terms) or not set(terms) <= {*_COLUMN}:
        raise GaitcastError(
            f"terms {', '.join(terms) or 'none'}", hint="Give some of K, B, I, each once"
        )


def columns_of(stances: Stances, terms: Sequence[str]) -> list[np.ndarray]:
    """What each term multiplies.

    Parameters
    ----------
    stances : Stances
        Of one or many people.
    terms : sequence of str
        Of ``K``, ``B`` and ``I``.

    Returns
    -------
    list of numpy.ndarray, shape (S, N)
        Angle, rate, acceleration.
    """
    return [getattr(stances, _COLUMN[term]) for term in terms]
