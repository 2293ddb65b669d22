"""Splits within a person: the end of a walk, and blocks of time."""

from __future__ import annotations

from dataclasses import field
from typing import Annotated, ClassVar

from annotated_types import Gt, Interval

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits.cutting import carve_validation, remove
from gaitcast.evaluation.splits.fold import Fold, Split, check_fold
from gaitcast.options import options
from gaitcast.tasks import Span


@options
class WithinTail(Split):
    """The first rows of one trial train, its last rows test: the protocol of Zare 2025.

    Parameters
    ----------
    trial : str
        Which trial.
    train_rows, test_rows : int
        From its beginning and from its end.

    Notes
    -----
    As published there is no gap before the test rows; windows still do not overlap, because the
    history of a test window lies within the test rows. The validation part lies inside the training
    rows, with the full gap.
    """

    kind: ClassVar[str] = "within-tail"
    holds_apart: ClassVar[str] = "the end of one walk, without a gap"
    trial: str = field(kw_only=True)
    train_rows: Annotated[int, Gt(0)] = field(kw_only=True)
    test_rows: Annotated[int, Gt(0)] = field(kw_only=True)

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        info = cohort.info(self.trial)
        if self.train_rows + self.test_rows > info.samples:
            raise GaitcastError(
                f"{self.train_rows} + {self.test_rows} rows asked for, {info.samples} recorded",
                where=f"split '{self.name}', trial '{self.trial}'",
            )
        whole = (Span(self.trial, 0, self.train_rows),)
        train, validation = carve_validation(whole, gap)
        test = (Span(self.trial, info.samples - self.test_rows, info.samples),)
        fold = Fold(self.trial, info.subject, train, validation, test)
        check_fold(fold, cohort, gap=gap, test_gap=0, where=self.name)
        return [fold]


@options
class Blocked(Split):
    """Within each person: contiguous blocks of each trial, assigned in turn to the folds.

    Parameters
    ----------
    blocks : int
        Per trial, over its whole length.
    folds_per_person : int
        Folds per person; block ``i`` is tested in fold ``i % folds_per_person``. Each fold tests
        ``blocks / folds_per_person`` blocks, at least five by default.
    """

    kind: ClassVar[str] = "blocked"
    holds_apart: ClassVar[str] = "blocks of time of the same person, with a gap"
    blocks: Annotated[int, Interval(ge=2, le=1000)] = 15
    folds_per_person: Annotated[int, Interval(ge=2, le=1000)] = 3

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        if not 2 <= self.folds_per_person <= self.blocks:
            raise GaitcastError(
                "folds_per_person must be 2 to the number of blocks", where=self.name
            )
        # People inside: the first folds then meet every person before any is met again.
        return [
            self._fold(cohort, person, number, gap)
            for number in range(self.folds_per_person)
            for person in cohort.people
        ]

    def _fold(self, cohort: Cohort, person: str, number: int, gap: int) -> Fold:
        train: list[Span] = []
        test: list[Span] = []
        for info in cohort.select([person]).infos:
            edges = [round(info.samples * i / self.blocks) for i in range(self.blocks + 1)]
            tested = [
                Span(info.trial, edges[i], edges[i + 1])
                for i in range(number, self.blocks, self.folds_per_person)
            ]
            test += tested
            train += remove((Span(info.trial, 0, info.samples),), tested, gap)
        kept, validation = carve_validation(train, gap)
        fold = Fold(f"{person}/{number}", person, kept, validation, tuple(test))
        check_fold(fold, cohort, gap=gap, test_gap=gap, where=self.name)
        return fold
