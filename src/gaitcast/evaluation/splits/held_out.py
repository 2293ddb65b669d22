"""Splits between people: one at a time, or in groups."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import replace
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Interval

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.splits.cutting import carve_validation
from gaitcast.evaluation.splits.fold import Fold, Split, check_fold, check_participants
from gaitcast.options import options
from gaitcast.seed import SEEDS, checked_seed
from gaitcast.tasks import Span


@options
class LeaveOneSubjectOut(Split):
    """Some people test, the next person validates, all others train.

    Of two people the other one trains, and blocks of theirs validate.

    Parameters
    ----------
    subjects : tuple of str
        Tested, one fold each; empty for all participants in turn.
    """

    kind: ClassVar[str] = "leave-one-subject-out"
    holds_apart: ClassVar[str] = "people"
    subjects: tuple[str, ...] = ()

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        people = enough_people(cohort, 2, self.name)
        return [self._fold(cohort, person, gap) for person in self.subjects or people]

    def _fold(self, cohort: Cohort, person: str, gap: int) -> Fold:
        people = cohort.people
        if person not in people:
            raise GaitcastError(
                f"no subject '{person}'", where=self.name, hint=nearest(person, people)
            )
        several = len(people) > 2
        validator = people[(people.index(person) + 1) % len(people)]
        fold = by_people(cohort, person, {person}, {validator} if several else set())
        if not several:
            train, validation = carve_validation(fold.train, gap)
            fold = replace(fold, train=train, validation=validation)
        check_fold(fold, cohort, gap=gap, test_gap=gap, where=self.name, subjects_apart=several)
        return fold


@options
class GroupedKFold(Split):
    """People assigned at random into groups; each group tests once, the next one validates.

    Parameters
    ----------
    groups : int
        Folds of one assignment.
    repeats : int
        Assignments, each with another order of people.
    seed : int
        Of the order.
    """

    kind: ClassVar[str] = "grouped-k-fold"
    holds_apart: ClassVar[str] = "people"
    groups: Annotated[int, Interval(ge=3, le=1000)] = 5
    repeats: Annotated[int, Interval(ge=1, le=1000)] = 1
    seed: Annotated[int, Interval(ge=0, lt=SEEDS)] = 0

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        people, seed = enough_people(cohort, self.groups, self.name), checked_seed(self.seed)
        folds = []
        for repeat in range(self.repeats):
            order = np.random.default_rng([seed, repeat]).permutation(people).tolist()
            groups = [sorted(order[i :: self.groups]) for i in range(self.groups)]
            for number, tested in enumerate(groups):
                validating = groups[(number + 1) % self.groups]
                name = f"{repeat}/{number}" if self.repeats > 1 else str(number)
                fold = by_people(cohort, name, set(tested), set(validating))
                check_fold(
                    fold, cohort, gap=gap, test_gap=gap, where=self.name, subjects_apart=True
                )
                folds.append(fold)
        return folds


def enough_people(cohort: Cohort, least: int, split: str) -> tuple[str, ...]:
    """The people of a cohort, if they are enough.

    Parameters
    ----------
    cohort : Cohort
        Recordings.
    least : int
        How many there have to be.
    split : str
        Said in the error.

    Returns
    -------
    tuple of str
        In order.

    Raises
    ------
    GaitcastError
        If they are fewer, or it is not certain who they are.
    """
    check_participants(cohort, split)
    people = cohort.people
    if len(people) < least:
        raise GaitcastError(
            f"{len(people)} people cannot train and test apart"
            if least == 2
            else f"{len(people)} people do not make {least} groups",
            where=f"split '{split}'",
            hint=f"Bring at least {least} people, or use a split within subjects",
        )
    return people


def by_people(cohort: Cohort, name: str, tested: Set[str], validating: Set[str]) -> Fold:
    """A fold of whole people.

    Parameters
    ----------
    cohort : Cohort
        Recordings.
    name : str
        Of the fold.
    tested, validating : set of str
        People; all others train.

    Returns
    -------
    Fold
        Not checked yet.
    """
    parts: dict[str, list[Span]] = {"train": [], "validation": [], "test": []}
    for info in cohort.infos:
        who = info.subject
        role = "test" if who in tested else "validation" if who in validating else "train"
        parts[role].append(Span(info.trial, 0, info.samples))
    train, validation, test = (tuple(spans) for spans in parts.values())
    return Fold(name, "+".join(sorted(tested)), train, validation, test)
