"""Which samples train, validate and test; what a split holds apart is checked, not promised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Annotated

from annotated_types import Gt, Interval

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest
from gaitcast.tasks import Piece


@dataclass(frozen=True)
class Fold:
    """One way of dividing a cohort.

    Parameters
    ----------
    name : str
        Unique within its split.
    subject : str
        Who is tested.
    train, validation, test : tuple of Piece
        The parts.
    """

    name: str
    subject: str
    train: tuple[Piece, ...]
    validation: tuple[Piece, ...]
    test: tuple[Piece, ...]


@dataclass(frozen=True)
class Split(ABC):
    """A rule that divides any cohort into folds.

    Parameters
    ----------
    name : str
        As in the results' column ``split``.
    """

    name: str

    @abstractmethod
    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """Divide a cohort; every fold has passed :func:`check_fold`.

        Parameters
        ----------
        cohort : Cohort
            Recordings.
        gap : int
            Samples between parts of one recording: at least history + horizon.

        Returns
        -------
        list of Fold
            Checked.

        Raises
        ------
        GaitcastError
            If the cohort cannot be divided so.
        """


@dataclass(frozen=True)
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

    trial: str
    train_rows: Annotated[int, Gt(0)]
    test_rows: Annotated[int, Gt(0)]

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        recording = cohort[self.trial]
        if self.train_rows + self.test_rows > len(recording):
            raise GaitcastError(
                f"{self.train_rows} + {self.test_rows} rows asked for, {len(recording)} recorded",
                where=f"split '{self.name}', trial '{self.trial}'",
            )
        whole = (Piece(self.trial, 0, self.train_rows),)
        train, validation = carve_validation(whole, gap)
        test = (Piece(self.trial, len(recording) - self.test_rows, len(recording)),)
        fold = Fold(self.trial, recording.subject, train, validation, test)
        check_fold(fold, cohort, gap=gap, test_gap=0, where=self.name)
        return [fold]


@dataclass(frozen=True)
class Blocked(Split):
    """Within each person: contiguous blocks of each trial, dealt in turn to the folds.

    Parameters
    ----------
    blocks : int
        Per trial, over its whole length.
    deals : int
        Folds per person; block ``i`` is tested in fold ``i % deals``. Each fold tests
        ``blocks / deals`` blocks, at least five by default.
    """

    blocks: Annotated[int, Interval(ge=2, le=1000)] = 15
    deals: Annotated[int, Interval(ge=2, le=1000)] = 3

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        if not 2 <= self.deals <= self.blocks:
            raise GaitcastError("deals must be 2 to the number of blocks", where=self.name)
        # Deals outside: the first folds then meet every person before any is met again.
        return [
            self._fold(cohort, person, deal, gap)
            for deal in range(self.deals)
            for person in cohort.people
        ]

    def _fold(self, cohort: Cohort, person: str, deal: int, gap: int) -> Fold:
        train: list[Piece] = []
        test: list[Piece] = []
        for recording in cohort.select([person]):
            edges = [round(len(recording) * i / self.blocks) for i in range(self.blocks + 1)]
            tested = [
                Piece(recording.trial, edges[i], edges[i + 1])
                for i in range(deal, self.blocks, self.deals)
            ]
            test += tested
            train += remove((Piece(recording.trial, 0, len(recording)),), tested, gap)
        kept, validation = carve_validation(train, gap)
        fold = Fold(f"{person}/{deal}", person, kept, validation, tuple(test))
        check_fold(fold, cohort, gap=gap, test_gap=gap, where=self.name)
        return fold


@dataclass(frozen=True)
class HeldOutSubjects(Split):
    """Some people test, the next person validates, all others train.

    Parameters
    ----------
    subjects : tuple of str
        Tested, one fold each. Empty: everybody in turn, which is leave-one-subject-out.
    """

    subjects: tuple[str, ...] = field(default=())

    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """See :meth:`Split.folds`."""
        people = cohort.people
        if len(people) < 3:
            raise GaitcastError(
                f"{len(people)} people cannot train, validate and test apart",
                where=f"split '{self.name}'",
                mend="Bring at least three people, or use a split within subjects",
            )
        return [self._fold(cohort, person, gap) for person in self.subjects or people]

    def _fold(self, cohort: Cohort, person: str, gap: int) -> Fold:
        people = cohort.people
        if person not in people:
            raise GaitcastError(
                f"no subject '{person}'", where=self.name, mend=nearest(person, people)
            )
        validator = people[(people.index(person) + 1) % len(people)]
        parts: dict[str, list[Piece]] = {"train": [], "validation": [], "test": []}
        for recording in cohort:
            role = {person: "test", validator: "validation"}.get(recording.subject, "train")
            parts[role].append(Piece(recording.trial, 0, len(recording)))
        fold = Fold(person, person, *(tuple(parts[k]) for k in ("train", "validation", "test")))
        check_fold(fold, cohort, gap=gap, test_gap=gap, where=self.name, subjects_apart=True)
        return fold


def remove(pieces: Sequence[Piece], holes: Sequence[Piece], gap: int) -> tuple[Piece, ...]:
    """What is left of some pieces at least `gap` samples away from holes in the same trial.

    Parameters
    ----------
    pieces, holes : sequence of Piece
        To cut from, and to cut out.
    gap : int
        Samples.

    Returns
    -------
    tuple of Piece
        Non-empty rests, in order.
    """
    rest = list(pieces)
    for hole in holes:
        cut: list[Piece] = []
        for piece in rest:
            if piece.trial != hole.trial:
                cut.append(piece)
                continue
            before = Piece(piece.trial, piece.start, min(piece.stop, hole.start - gap))
            after = Piece(piece.trial, max(piece.start, hole.stop + gap), piece.stop)
            cut += [part for part in (before, after) if part.stop > part.start]
        rest = cut
    return tuple(rest)


def carve_validation(
    pieces: Sequence[Piece], gap: int, fraction: float = 0.12, blocks: int = 2
) -> tuple[tuple[Piece, ...], tuple[Piece, ...]]:
    """Take contiguous validation blocks, spread evenly, out of the training pieces of one person.

    Parameters
    ----------
    pieces : sequence of Piece
        Training pieces.
    gap : int
        Samples between a validation block and what still trains.
    fraction : float
        Of the training samples that validates.
    blocks : int
        How many blocks; each holds at least two windows' worth of samples.

    Returns
    -------
    tuple of tuple of Piece
        What still trains, and what validates.
    """
    total = sum(len(p) for p in pieces)
    size = max(round(fraction * total / blocks), 2 * gap)
    ends = [round(total * (i + 1) / blocks) for i in range(blocks)]
    validation: list[Piece] = []
    passed = 0
    for piece in pieces:
        here = [end for end in ends if passed < end <= passed + len(piece)]
        free = piece.start
        for end in here:
            stop = min(max(piece.start + end - passed, free + size), piece.stop)
            if stop > free:
                validation.append(Piece(piece.trial, max(free, stop - size), stop))
                free = stop
        passed += len(piece)
    return remove(pieces, validation, gap), tuple(validation)


def check_fold(
    fold: Fold, cohort: Cohort, *, gap: int, test_gap: int, where: str, subjects_apart: bool = False
) -> None:
    """Raise if a fold's parts overlap, touch, or share a person that must be apart.

    Parameters
    ----------
    fold : Fold
        To check.
    cohort : Cohort
        Its recordings.
    gap : int
        Least distance, in samples, of training and validation pieces of one trial.
    test_gap : int
        Least distance of test pieces from the other parts.
    where : str
        The split's name, said in the error.
    subjects_apart : bool
        Whether no person may stand in two parts.

    Raises
    ------
    GaitcastError
        Naming the fold and what is shared.
    """
    place = f"split '{where}', fold '{fold.name}'"
    parts = {"train": fold.train, "validation": fold.validation, "test": fold.test}
    for name, pieces in parts.items():
        if not pieces:
            raise GaitcastError(
                f"the {name} part is empty", where=place, mend="Give longer or more recordings"
            )
    for one, other, apart in (
        ("train", "validation", gap),
        ("train", "test", test_gap),
        ("validation", "test", test_gap),
    ):
        for a in parts[one]:
            for b in parts[other]:
                if a.trial == b.trial and max(a.start, b.start) - min(a.stop, b.stop) < apart:
                    raise GaitcastError(
                        f"{one} {a.start}-{a.stop} and {other} {b.start}-{b.stop} of '{a.trial}' "
                        f"are less than {apart} samples apart",
                        where=place,
                    )
        if subjects_apart:
            people = [{cohort[p.trial].subject for p in parts[k]} for k in (one, other)]
            if both := people[0] & people[1]:
                raise GaitcastError(f"{', '.join(both)} in both {one} and {other}", where=place)


SPLITS: dict[str, type[Split]] = {
    "within-tail": WithinTail,
    "blocked": Blocked,
    "held-out-subjects": HeldOutSubjects,
}
