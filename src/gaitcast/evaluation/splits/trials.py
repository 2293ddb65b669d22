"""Splits between trials: cross-validation as papers have it, and within a participant."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Interval

from gaitcast.cohort import Cohort, RecordingInfo
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits.fold import Fold, Split, check_fold
from gaitcast.options import options
from gaitcast.seed import SEEDS, checked_seed
from gaitcast.tasks import Span


@options
class TrialsKFold(Split):
    """Trials assigned at random into groups; each group tests once, the next one validates.

    All participants train the model they are tested with, and trials before and after a tested
    one train too. Its figures never count as deployable.

    Parameters
    ----------
    groups : int
        Folds.
    seed : int
        Of the order.
    """

    kind: ClassVar[str] = "trials-k-fold"
    holds_apart: ClassVar[str] = "trials: all participants are in all parts"
    leaks: ClassVar[bool] = True
    groups: Annotated[int, Interval(ge=3, le=1000)] = 10
    seed: Annotated[int, Interval(ge=0, lt=SEEDS)] = 0

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        trials = [info for info in cohort.infos if info.samples >= gap]
        if len(trials) < self.groups:
            raise GaitcastError(
                f"{len(trials)} trials that hold a window do not make {self.groups} groups",
                where=f"split '{self.name}'",
            )
        order = np.random.default_rng(checked_seed(self.seed)).permutation(len(trials)).tolist()
        groups = [sorted(order[i :: self.groups]) for i in range(self.groups)]
        return [self._fold(trials, groups, number) for number in range(self.groups)]

    def _fold(self, trials: list[RecordingInfo], groups: list[list[int]], number: int) -> Fold:
        tested, validating = groups[number], groups[(number + 1) % self.groups]
        rest = [k for k in range(len(trials)) if k not in {*tested, *validating}]
        people = "+".join(sorted({trials[k].subject for k in tested}))
        train, validation, test = (
            tuple(_whole(trials[k]) for k in part) for part in (rest, validating, tested)
        )
        return Fold(str(number), people, train, validation, test)


@options
class LaterTrials(Split):
    """Each person alone: the first trials train, the next ones validate, the last ones test.

    A personal model, as one who was measured in a laboratory before would have it. Trials are taken
    in the order of the cohort; the one between two parts is left out.

    Parameters
    ----------
    validation, test : float
        Shares of a person's trials.
    """

    kind: ClassVar[str] = "later-trials"
    holds_apart: ClassVar[str] = "time within a person: the last trials test"
    validation: Annotated[float, Interval(gt=0, lt=0.5)] = 0.2
    test: Annotated[float, Interval(gt=0, lt=0.5)] = 0.3

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        return [self._fold(cohort, person, gap) for person in cohort.people]

    def _fold(self, cohort: Cohort, person: str, gap: int) -> Fold:
        own = [_whole(r) for r in cohort.infos if r.subject == person and r.samples >= gap]
        last = len(own) - round(len(own) * self.test)
        first = last - round(len(own) * self.validation)
        parts = own[: first - 1], own[first : last - 1], own[last:]
        if first < 2 or not all(parts):
            raise GaitcastError(
                f"{len(own)} trials that hold a window do not make three parts",
                where=f"split '{self.name}', person '{person}'",
            )
        train, validation, test = (tuple(part) for part in parts)
        fold = Fold(person, person, train, validation, test)
        check_fold(fold, cohort, gap=gap, test_gap=gap, where=self.name)
        return fold


def _whole(info: RecordingInfo) -> Span:
    return Span(info.trial, 0, info.samples)
