"""The one exception a user meets: what is wrong, where, and the hint."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import Any


class GaitcastError(ValueError):
    """Bad input or an impossible request, told in one line.

    Parameters
    ----------
    what : str
        What is wrong.
    where : str, optional
        File, channel, fold or subject concerned.
    hint : str, optional
        What the user can do about it.
    """

    def __init__(self, what: str, *, where: str = "", hint: str = "") -> None:
        self.what, self.where, self.hint = what, where, hint
        super().__init__(what, where, hint)

    def __reduce__(self) -> tuple[Any, ...]:
        # Fits run in other processes; the error has to travel whole.
        return _rebuild, (type(self), self.what, self.where, self.hint)

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        text = " ".join(text.split())
        return f"{text}. {' '.join(self.hint.split())}" if self.hint else text


class MissingError(GaitcastError):
    """Something optional is not at hand: a package, a download. A study goes on without it."""


def _rebuild(kind: type[GaitcastError], what: str, where: str, hint: str) -> GaitcastError:
    return kind(what, where=where, hint=hint)


def nearest(word: str, known: Sequence[str]) -> str:
    """Phrase for an unknown word: the closest known one, or the whole list.

    Parameters
    ----------
    word : str
        What the user wrote.
    known : sequence of str
        What would have been valid.

    Returns
    -------
    str
        ``did you mean 'x'?`` or ``valid: a, b, c``.
    """
    close = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    return f"Did you mean '{close[0]}'?" if close else f"Valid: {', '.join(sorted(known))}"
