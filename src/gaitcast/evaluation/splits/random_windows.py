"""Overlapping windows assigned at random: what many papers do, kept to show its effect."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Interval

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits.fold import Assignment, Fold, Split
from gaitcast.options import options
from gaitcast.seed import SEEDS, checked_seed
from gaitcast.tasks import Span


@options
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
        Assignments, one fold each.
    seed : int
        Of the assignments; each repeat has a stream of its own.
    """

    kind: ClassVar[str] = "random-windows"
    holds_apart: ClassVar[str] = "nothing: windows that overlap stand in all parts"
    leaks: ClassVar[bool] = True
    validation: Annotated[float, Interval(gt=0, lt=0.5)] = 0.1
    test: Annotated[float, Interval(gt=0, lt=0.5)] = 0.2
    repeats: Annotated[int, Interval(ge=1, le=1000)] = 1
    seed: Annotated[int, Interval(ge=0, lt=SEEDS)] = 0

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
        seed = checked_seed(self.seed)
        return [
            Fold(
                str(repeat),
                people,
                whole,
                whole,
                whole,
                assignment=Assignment(self.validation, self.test, _seed_of(seed, repeat)),
            )
            for repeat in range(self.repeats)
        ]


def _seed_of(seed: int, repeat: int) -> int:
    """The seed of a repeat, which no other repeat or seed shares: `seed` itself for the first."""
    if repeat == 0:
        return seed
    return int(np.random.SeedSequence([seed, repeat]).generate_state(1, np.uint64)[0])
