"""Overlapping windows assigned at random: what many papers do, kept to show its effect."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Ge, Interval

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits.fold import Assignment, Fold, Split
from gaitcast.tasks import Span


@dataclass(frozen=True)
class RandomWindows(Split):
    """Every window of every recording goes to train, validation or test by chance.

    A test window then has neighbours one sample away that train: a memory of the recordings does
    well, and nothing is said about another walk or another person. Its figures never count as
    deployable.

    Parameters
    ----------
    validation, test : float
        Shares of the windows.
    repeats : int
        Deals, one fold each.
    seed : int
        Of the deals.
    """

    holds_apart: ClassVar[str] = "nothing: windows that overlap stand in all parts"
    leaks: ClassVar[bool] = True
    validation: Annotated[float, Interval(gt=0, lt=0.5)] = 0.1
    test: Annotated[float, Interval(gt=0, lt=0.5)] = 0.2
    repeats: Annotated[int, Interval(ge=1, le=1000)] = 1
    seed: Annotated[int, Ge(0)] = 0

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        whole = tuple(Span(r.trial, 0, r.samples) for r in cohort.infos if r.samples >= gap)
        if not whole:
            raise GaitcastError(
                f"no recording holds a window of {gap} samples",
                where=f"split '{self.name}'",
                hint="Shorten history_ms, or give longer recordings",
            )
        people = "+".join(sorted({cohort.info(span.trial).subject for span in whole}))
        return [
            Fold(
                str(repeat),
                people,
                whole,
                whole,
                whole,
                assignment=Assignment(self.validation, self.test, self.seed + repeat),
            )
            for repeat in range(self.repeats)
        ]
