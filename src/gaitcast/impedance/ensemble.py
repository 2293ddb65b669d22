"""Impedance across steps: at one instant of stance, from how steps differ from each other there."""

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
        As asked for.
    percent : numpy.ndarray, shape (P,)
        Of stance.
    value, se : numpy.ndarray, shape (P, terms)
        Estimates and standard errors; NaN where nothing can be said.
    vaf : numpy.ndarray, shape (P,)
        Variance across steps accounted for, %.
    steps : int
        Behind each instant.
    identifiable : numpy.ndarray of bool, shape (P,)
        Whether steps differ enough, and not all in one way.
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
            Nominal coverage.

        Returns
        -------
        tuple of numpy.ndarray, shape (P,)
            Low and high.
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
    """Regress torque on angle, rate and acceleration over steps, at each instant by itself.

    Nothing is assumed about how impedance changes over stance, only that the steps of one person
    share it (Lortie and Kearney, *Ann Biomed Eng* 29:1136, 2001). Of unperturbed steps it is a
    quasi-stiffness: steps also differ in what the muscles do.

    Parameters
    ----------
    stances : Stances
        Of one person and side, as alike as can be.
    percent : sequence of float
        Instants, % of stance.
    terms : sequence of str
        Besides a constant.

    Returns
    -------
    Ensemble
        Over stance.

    Raises
    ------
    GaitcastError
        If there are several people or sides, too few steps, or a term or instant is impossible.
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
    freedom = len(stances) - len(terms) - 1
    spread = np.diagonal(inverse, axis1=1, axis2=2)
    se = np.sqrt(left[:, None] / freedom * spread) / size[:, 0]
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
