"""Windows of stance in which a spring, damper and inertia describe the ankle best."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.impedance.least_squares import identify
from gaitcast.impedance.stance_fits import Impedance, Term
from gaitcast.impedance.stances import Stances

#: Share of the stances that must be identifiable in a window that is called best.
LEAST_SHARE = 0.5


@dataclass(frozen=True, eq=False)
class Sweep:
    """Fits over window starts and widths, and their medians.

    Parameters
    ----------
    impedance : Impedance
        Every single fit.
    vaf : numpy.ndarray, shape (starts, widths)
        Median over people of the median over their identifiable stances, %; NaN where fewer than
        half of the stances are identifiable.
    stiffness : numpy.ndarray, shape (starts, widths)
        ``K``, as the same median, N m/rad/kg.
    share : numpy.ndarray, shape (starts, widths)
        Share of the stances that are identifiable, 0 to 1.
    """

    impedance: Impedance
    vaf: np.ndarray
    stiffness: np.ndarray
    share: np.ndarray

    def ranked(self) -> list[tuple[float, float]]:
        """Windows by falling VAF.

        Returns
        -------
        list of tuple of float
            Start and width (% of stance) of each window with half of the stances identifiable.

        Raises
        ------
        GaitcastError
            If there is no such window.
        """
        order = np.argsort(-self.vaf.ravel(), kind="stable")
        known = order[np.isfinite(self.vaf.ravel()[order])]
        if not len(known):
            raise GaitcastError(
                "no window is identifiable in half of the stances",
                hint="Widen the windows, sample faster, or fit fewer terms",
            )
        rows, columns = np.unravel_index(known, self.vaf.shape)
        starts = self.impedance.starts_percent[rows].tolist()
        return list(zip(starts, self.impedance.widths_percent[columns].tolist(), strict=True))


def sweep(
    stances: Stances,
    *,
    starts_percent: Sequence[float] | np.ndarray = tuple(range(60)),
    widths_percent: Sequence[float] | np.ndarray = (2, 4, 6, 8, 10, 15, 20, 30, 40, 60),
    terms: Sequence[Term] = ("K", "B"),
    worst_error: float = 0.5,
) -> Sweep:
    """Identify in windows of every start and width.

    Parameters
    ----------
    stances : Stances
        From :func:`gaitcast.impedance.cut_stances`.
    starts_percent, widths_percent : sequence of float
        % of stance; a window that would end after toe-off is not identifiable.
    terms, worst_error
        See :func:`gaitcast.impedance.identify`.

    Returns
    -------
    Sweep
        Every person counts the same, whatever the number of stances.
    """
    found = identify(stances, starts_percent, widths_percent, terms=terms, worst_error=worst_error)
    usable = found.identifiable
    share = usable.mean(axis=0)
    people = np.array(stances.subject)
    stiffness = found.of("K") if "K" in found.terms else np.full(found.vaf.shape, np.nan)
    return Sweep(
        found,
        np.where(share >= LEAST_SHARE, over_people(found.vaf, usable, people), np.nan),
        np.where(share >= LEAST_SHARE, over_people(stiffness, usable, people), np.nan),
        share,
    )


def over_people(values: np.ndarray, usable: np.ndarray, people: np.ndarray) -> np.ndarray:
    """Median over people of the median over their usable stances.

    Parameters
    ----------
    values : numpy.ndarray, shape (S, ...)
        One value per stance.
    usable : numpy.ndarray of bool, shape (S, ...)
        Which values are used.
    people : numpy.ndarray of str, shape (S,)
        Person of each stance.

    Returns
    -------
    numpy.ndarray, shape (...)
        NaN where no person has a usable stance.
    """
    known = np.where(usable, values, np.nan)
    return _median(np.stack([_median(known[people == one]) for one in np.unique(people)]))


def _median(values: np.ndarray) -> np.ndarray:
    """Median over the first axis without NaN; NaN where all are NaN, without a warning."""
    ordered = np.sort(values, axis=0)  # NaN last
    count = np.isfinite(values).sum(axis=0)
    low, high = (np.maximum(count - 1, 0) // 2)[None], (count // 2)[None]
    pair = [np.take_along_axis(ordered, np.minimum(k, len(values) - 1), 0)[0] for k in (low, high)]
    return np.where(count > 0, (pair[0] + pair[1]) / 2, np.nan)
