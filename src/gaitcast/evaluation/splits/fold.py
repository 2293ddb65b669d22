"""Which samples train, validate and test; what a split holds apart is checked, not promised."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass, field, fields
from typing import Annotated, Any, ClassVar, Literal

import numpy as np
from annotated_types import Ge, Interval, Len
from pydantic import Field

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.tasks import Span


@dataclass(frozen=True)
class Assignment:
    """Windows of the same spans assigned to the parts by chance.

    Parameters
    ----------
    validation, test : float
        Shares of the windows; the others train.
    seed : int
        Of the assignment.
    """

    validation: float
    test: float
    seed: int

    def mask(self, part: str, number: int, length: int) -> np.ndarray:
        """Which windows of a span belong to a part.

        Parameters
        ----------
        part : str
            ``train``, ``validation`` or ``test``.
        number : int
            Of the span in its part.
        length : int
            Samples.

        Returns
        -------
        numpy.ndarray, shape (length,)
            Bool, true where an mask window ends.
        """
        drawn = np.random.default_rng([self.seed, number]).random(length)
        low, high = {
            "test": (0.0, self.test),
            "validation": (self.test, self.test + self.validation),
            "train": (self.test + self.validation, 1.0),
        }[part]
        return (drawn >= low) & (drawn < high)


@dataclass(frozen=True)
class Fold:
    """One way of dividing a cohort.

    Parameters
    ----------
    name : str
        Unique within its split.
    subject : str
        Who is tested; several people joined by ``+``.
    train, validation, test : tuple of Span
        The parts.
    calibration : tuple of Span
        Of the tested person: what a fitted model may still adapt to.
    assignment : Assignment, optional
        How the windows of parts that are the same spans are assigned out.
    """

    name: str
    subject: str
    train: tuple[Span, ...]
    validation: tuple[Span, ...]
    test: tuple[Span, ...]
    calibration: tuple[Span, ...] = ()
    assignment: Assignment | None = None

    @property
    def parts(self) -> dict[str, tuple[Span, ...]]:
        """All parts by name."""
        return {
            "train": self.train,
            "validation": self.validation,
            "calibration": self.calibration,
            "test": self.test,
        }


#: Names become parts of file names and of tables.
SplitName = Annotated[str, Field(pattern=r"^([A-Za-z0-9][A-Za-z0-9 _.+-]*)?$")]
_Seeds = Annotated[tuple[Annotated[int, Interval(ge=0, lt=2**32)], ...], Len(1)]
_Horizons = Annotated[tuple[Annotated[float, Interval(ge=-60_000, le=60_000)], ...], Len(1)]


@options
class Split(ABC):
    """A rule that divides any cohort into folds.

    Parameters
    ----------
    name : str
        As in the results' column ``split``; by default its kind.
    clock : str
        ``uniform`` or ``recorded``: whether recordings are brought to the working rate first.
    max_folds : int, optional
        Only the first so many are run.
    seeds, horizons_ms : sequence, optional
        In a study: instead of the study's own.

    Attributes
    ----------
    kind : str
        As study files call it.
    holds_apart : str
        What train and test never share, in words.
    leaks : bool
        Whether its figures say nothing about use on a device.
    """

    kind: ClassVar[str]
    holds_apart: ClassVar[str]
    leaks: ClassVar[bool] = False
    name: SplitName = ""
    clock: Literal["uniform", "recorded"] = field(default="uniform", kw_only=True)
    max_folds: Annotated[int, Ge(1)] | None = field(default=None, kw_only=True)
    seeds: _Seeds | None = field(default=None, kw_only=True)
    horizons_ms: _Horizons | None = field(default=None, kw_only=True)

    def __post_init__(self) -> None:
        object.__setattr__(self, "name", self.name or self.kind)

    def own_options(self) -> dict[str, Any]:
        """What its kind adds to every split's fields."""
        common = {f.name for f in fields(Split)}
        return {f.name: getattr(self, f.name) for f in fields(self) if f.name not in common}

    @abstractmethod
    def folds(self, cohort: Cohort, gap: int) -> list[Fold]:
        """Divide a cohort; every fold has passed :func:`check_fold`, unless the split leaks.

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


def check_participants(cohort: Cohort, where: str) -> None:
    """Raise if it is not certain who the participants of a cohort are.

    Parameters
    ----------
    cohort : Cohort
        Of which people are to be held apart.
    where : str
        The split's name, said in the error.

    Raises
    ------
    GaitcastError
        With the reason. A split of wrongly named people trains on those whom it tests.
    """
    if cohort.identity_warnings:
        more = len(cohort.identity_warnings) - 1
        reason = cohort.identity_warnings[0] + (f" And {more} more warnings." if more else "")
        raise GaitcastError(
            f"it is not certain who the participants are: {reason}",
            where=f"split '{where}'",
            hint="'gaitcast check' shows them. Say whose they are (docs/own-data.md), or confirm: "
            'participants = "confirmed" in [data], cohort.confirm_participants() in Python',
        )


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
        Least distance, in samples, of training and validation spans of one trial.
    test_gap : int
        Least distance of test spans from the other parts.
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
    parts = fold.parts
    for name, spans in parts.items():
        if not spans and name != "calibration":
            raise GaitcastError(
                f"the {name} part is empty", where=place, hint="Give longer or more recordings"
            )
    for one, other, apart in (
        ("train", "validation", gap),
        ("train", "test", test_gap),
        ("validation", "test", test_gap),
        ("calibration", "test", test_gap),
        ("train", "calibration", gap),
        ("validation", "calibration", gap),
    ):
        others: dict[str, list[Span]] = {}
        for b in parts[other]:
            others.setdefault(b.trial, []).append(b)
        for a in parts[one]:
            for b in others.get(a.trial, []):
                if max(a.start, b.start) - min(a.stop, b.stop) < apart:
                    raise GaitcastError(
                        f"{one} {a.start}-{a.stop} and {other} {b.start}-{b.stop} of '{a.trial}' "
                        f"are less than {apart} samples apart",
                        where=place,
                    )
        if subjects_apart and {one, other} != {"calibration", "test"}:
            people = [{cohort.info(p.trial).subject for p in parts[k]} for k in (one, other)]
            if both := people[0] & people[1]:
                raise GaitcastError(f"{', '.join(both)} in both {one} and {other}", where=place)
