"""The one exception of gaitcast: what is wrong, where, and a hint how to fix it."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any


class GaitcastError(ValueError):
    """Bad input or an impossible request, reported in one line.

    Parameters
    ----------
    what : str
        What is wrong.
    where : str, optional
        File, channel, fold or subject.
    hint : str, optional
        How the user can fix it.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what, where, hint)

    def __reduce__(self) -> tuple[Any, ...]:
        # Fits run in other processes: pickling must keep where and hint.
        return _rebuild, (type(self), self.what, self.where, self.hint)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        text = " ".join(text.split())
        stop = "" if text.endswith((".", "?", "!")) else "."
        return f"{text}{stop} {' '.join(self.hint.split())}" if self.hint else text


class CombinedError(GaitcastError):
    """Several errors of the same file or table at once, a line each.

    Parameters
    ----------
    errors : sequence of GaitcastError
        Several of them inside stand for what they hold.
    where : str, optional
        The file.
    """

    def __init__(self, errors: Sequence[GaitcastError], *, where: str = "") -> None:
        self.errors = tuple(one for error in errors for one in each_of(error))
        super().__init__("; ".join(map(str, self.errors)), where=where)

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild_faults, (self.errors, self.where)

    def __str__(self) -> str:
        head = f"{self.where}: " if self.where else ""
        return "\n  ".join([f"{head}{len(self.errors)} faults", *map(str, self.errors)])


def each_of(error: GaitcastError) -> tuple[GaitcastError, ...]:
    """The errors that one stands for: itself, or several."""
    return error.errors if isinstance(error, CombinedError) else (error,)


def raise_all(errors: Sequence[GaitcastError]) -> None:
    """Raise the only error, or several as `CombinedError`; nothing if there is none."""
    if len(errors) == 1:
        raise errors[0]
    if errors:
        raise CombinedError(errors)


class MissingError(GaitcastError):
    """An optional package or download is missing. A study goes on without it."""


class CannotWriteError(GaitcastError):
    """A file or folder cannot be written: the disk is full, or it is not allowed."""


def _rebuild(kind: type[GaitcastError], what: str, where: str, hint: str) -> GaitcastError:
    return kind(what, where=where, hint=hint)


def _rebuild_faults(errors: Sequence[GaitcastError], where: str) -> CombinedError:
    return CombinedError(errors, where=where)


def nearest(word: str, known: Sequence[str]) -> str:
    """Hint for an unknown word: the closest known one, or the whole list.

    Returns
    -------
    str
        ``did you mean 'x'?`` or ``valid: a, b, c``.
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean '{close[0]}'?" if close else f"Valid: {', '.join(sorted(known))}"
