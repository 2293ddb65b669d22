"""New people who give some seconds to adapt to."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, ClassVar

from annotated_types import Gt

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits.fold import Fold, Split, check_fold
from gaitcast.evaluation.splits.held_out import LeaveOneSubjectOut
from gaitcast.options import options
from gaitcast.tasks import Span


@options
class Transfer(Split):
    """Leave-one-subject-out, the first seconds of the tested person to adapt to, the rest tested.

    Parameters
    ----------
    calibration_s : float
        Of the person's recordings, in their order.
    subjects : tuple of str
        Tested, one fold each; empty for all participants in turn.
    """

    kind: ClassVar[str] = "transfer"
    holds_apart: ClassVar[str] = "people, but for some seconds at the start of the tested one"
    calibration_s: Annotated[float, Gt(0)] = 60.0
    subjects: tuple[str, ...] = ()

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        folds = []
        for fold in LeaveOneSubjectOut(self.name, self.subjects).folds(cohort, gap):
            calibration, test = self._divide(cohort, fold, gap)
            fold = replace(fold, calibration=calibration, test=test)
            check_fold(fold, cohort, gap=gap, test_gap=gap, where=self.name, subjects_apart=True)
            folds.append(fold)
        return folds

    def _divide(
        self, cohort: Cohort, fold: Fold, gap: int
    ) -> tuple[tuple[Span, ...], tuple[Span, ...]]:
        calibration: list[Span] = []
        test: list[Span] = []
        left_s = self.calibration_s
        for span in fold.test:
            rate_hz = cohort.info(span.trial).rate_hz
            taken = min(len(span), max(0, round(left_s * rate_hz)))
            left_s -= taken / rate_hz
            if taken:
                calibration.append(Span(span.trial, span.start, span.start + taken))
            begin = span.start + taken + (gap if taken else 0)
            if begin < span.stop:
                test.append(Span(span.trial, begin, span.stop))
        if sum(len(p) for p in calibration) < gap:
            raise GaitcastError(
                f"{self.calibration_s:g} s to adapt to hold no window of {gap} samples",
                where=f"split '{self.name}', person '{fold.subject}'",
                hint="Raise calibration_s",
            )
        if not test:
            raise GaitcastError(
                f"{self.calibration_s:g} s to adapt to leave nothing to test",
                where=f"split '{self.name}', person '{fold.subject}'",
                hint="Lower calibration_s",
            )
        return tuple(calibration), tuple(test)
