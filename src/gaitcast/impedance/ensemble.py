"""Impedance across steps: at each instant of stance, from the differences between steps."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from gaitcast.errors import GaitcastError
from gaitcast.impedance.least_squares import LEAST_MOTION_RAD, WORST_CONDITION
from gaitcast.impedance.stance_fits import Term, check_level, check_terms, columns_of, fitted
from gaitcast.impedance.stances import Stances


@dataclass(frozen=True, eq=False)
class Ensemble:
    """A linear time-varying fit; P instants of stance.

    Parameters
    ----------
    terms : tuple of str
        Some of ``K``, ``B`` and ``I``, in the given order.
    percent : numpy.ndarray, shape (P,)
        Instant, % of stance.
    value, se : numpy.ndarray, shape (P, terms)
        Estimates and standard errors; NaN where the steps do not determine them.
    vaf : numpy.ndarray, shape (P,)
        Torque variance across steps accounted for, %.
    steps : int
        Number of steps at each instant.
    identifiable : numpy.ndarray of bool, shape (P,)
        Whether steps differ enough, and in more than one way.
    """

    terms: tuple[Term, ...]
    percent: np.ndarray
    value: np.ndarray
    se: np.ndarray
    vaf: np.ndarray
    steps: int
    identifiable: np.ndarray

    def interval(self, term: Term, level: float = 0.9) -> tuple[np.ndarray, np.ndarray]:
        """Student's interval of one term over stance.

        Parameters
        ----------
        term : str
            ``K``, ``B`` or ``I``.
        level : float
            Nominal coverage, 0 to 1.

        Returns
        -------
        tuple of numpy.ndarray, shape (P,)
            Lower and upper bound.
        """
        check_level(level)
        k = fitted(self.terms, term)
        reach = stats.t.ppf(0.5 + level / 2, self.steps - len(self.terms) - 1) * self.se[:, k]
        return self.value[:, k] - reach, self.value[:, k] + reach


def across_steps(
    stances: Stances,
    *,
    percent: Sequence[float] | np.ndarray = tuple(range(101)),
    terms: Sequence[Term] = ("K", "B"),
) -> Ensemble:
    """Regress torque on angle, rate and acceleration over steps, separately at each instant.

    The only assumption is that the steps of one person share their impedance at each instant of
    stance (Lortie and Kearney, *Ann Biomed Eng* 29:1136, 2001). For unperturbed steps the result is
    a quasi-stiffness: steps also differ in muscle activity.

    Parameters
    ----------
    stances : Stances
        Of one person and side, as similar as possible.
    percent : sequence of float
        Instants, % of stance.
    terms : sequence of str
        Some of ``K``, ``B`` and ``I``; a constant is added.

    Raises
    ------
    GaitcastError
        If there are several people or sides, too few steps, or a term or instant is invalid.
    """
    at = np.asarray(percent, dtype=float)
    check_terms(terms)
    if not ((at >= 0) & (at <= 100)).all():
        raise GaitcastError("an instant is not within 0 to 100 % of stance")
    if len({*zip(stances.subject, stances.side, strict=True)}) > 1:
        raise GaitcastError("steps of several people or sides", hint="Fit each by itself")
    if len(stances) < 2 * len(terms) + 4:
        raise GaitcastError(
            f"{len(stances)} steps are too few for {len(terms)} terms",
            hint=f"Bring {2 * len(terms) + 4} or more",
        )
    columns = [stances.curve(values, at) for values in columns_of(stances, terms)]
    x = np.stack(columns, axis=-1).transpose(1, 0, 2)
    y = stances.curve(stances.torque, at).T[..., None]
    x, y = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    size = np.maximum(np.sqrt((x**2).mean(axis=1, keepdims=True)), 1e-12)
    scaled = x / size
    normal = scaled.transpose(0, 2, 1) @ scaled
    condition = np.linalg.cond(normal)
    moves = size[:, 0, 0] >= LEAST_MOTION_RAD if terms[0] == "K" else np.ones(len(at), bool)
    identifiable = (condition < WORST_CONDITION) & moves
    inverse = np.linalg.inv(np.where(identifiable[:, None, None], normal, np.eye(len(terms))))
    slope = inverse @ (scaled.transpose(0, 2, 1) @ y)
    left = ((y - scaled @ slope) ** 2).sum(axis=(1, 2))
    degrees_of_freedom = len(stances) - len(terms) - 1
    spread = np.diagonal(inverse, axis1=1, axis2=2)
    se = np.sqrt(left[:, None] / degrees_of_freedom * spread) / size[:, 0]
    unknown = ~identifiable[:, None]
    whole = (y**2).sum(axis=(1, 2))
    vaf = 100 * (1 - left / np.where(whole > 0, whole, np.nan))
    return Ensemble(
        tuple(terms),
        at,
        np.where(unknown, np.nan, slope[..., 0] / size[:, 0]),
        np.where(unknown, np.nan, se),
        np.where(identifiable, vaf, np.nan),
        len(stances),
        identifiable,
    )
