"""Splits between conditions of walking, such as speed or terrain."""

from __future__ import annotations

from dataclasses import field
from typing import ClassVar

from gaitcast.cohort import Cohort, RecordingInfo
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.splits.cutting import carve_validation
from gaitcast.evaluation.splits.fold import Fold, Split, check_fold, check_participants
from gaitcast.options import options
from gaitcast.tasks import Span


@options
class HeldOutConditions(Split):
    """Trials of one condition test, all others train; blocks of these validate.

    Parameters
    ----------
    by : str
        A covariate of trials, such as ``speed_m_s`` or ``terrain``.
    new_person : bool
        Whether the tested person trains neither: one fold for each condition and person.
    """

    kind: ClassVar[str] = "held-out-conditions"
    holds_apart: ClassVar[str] = "conditions of walking"
    by: str = field(kw_only=True)
    new_person: bool = False

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        if self.new_person:
            check_participants(cohort, self.name)
        condition = {info.trial: self._condition(info) for info in cohort.infos}
        values = sorted(set(condition.values()))
        if len(values) < 2:
            raise GaitcastError(
                f"all trials have the same '{self.by}'", where=f"split '{self.name}'"
            )
        folds = []
        for value in values:
            here = [r for r in cohort.infos if condition[r.trial] == value]
            others = [r for r in cohort.infos if condition[r.trial] != value]
            for person in sorted({r.subject for r in here}) if self.new_person else [None]:
                test = [r for r in here if person in (None, r.subject)]
                training = [r for r in others if r.subject != person]
                name = value if person is None else f"{value}/{person}"
                folds.append(self._fold(cohort, name, training, test, gap))
        return folds

    def _condition(self, info: RecordingInfo) -> str:
        if self.by not in info.covariates:
            raise GaitcastError(
                f"'{self.by}' of trial '{info.trial}' is not known",
                where=f"split '{self.name}'",
                hint=nearest(self.by, [*info.covariates])
                if info.covariates
                else "Nothing is known of this trial",
            )
        value = info.covariates[self.by]
        return value if isinstance(value, str) else f"{value:g}"

    def _fold(
        self,
        cohort: Cohort,
        name: str,
        training: list[RecordingInfo],
        tested: list[RecordingInfo],
        gap: int,
    ) -> Fold:
        whole = [Span(r.trial, 0, r.samples) for r in training]
        train, validation = carve_validation(whole, gap, blocks=max(2, len(whole)))
        test = tuple(Span(r.trial, 0, r.samples) for r in tested)
        who = "+".join(sorted({r.subject for r in tested}))
        fold = Fold(name, who, train, validation, test)
        check_fold(fold, cohort, gap=gap, test_gap=gap, where=self.name)
        if self.new_person:
            self._people_apart(cohort, fold)
        return fold

    def _people_apart(self, cohort: Cohort, fold: Fold) -> None:
        trained = {cohort.info(p.trial).subject for p in fold.train + fold.validation}
        if both := trained & {cohort.info(p.trial).subject for p in fold.test}:
            raise GaitcastError(
                f"{', '.join(both)} in both train and test", where=f"split '{self.name}'"
            )
