"""What is known of the wearer, as numbers: the same words offline and live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from gaitcast.errors import GaitcastError

#: Words that stand for a number: a side, and the sexes as they are commonly coded.
CODES: Mapping[str, float] = {
    "left": -1.0,
    "none": 0.0,
    "both": 0.0,
    "right": 1.0,
    "female": 0.0,
    "f": 0.0,
    "male": 1.0,
    "m": 1.0,
}


def as_number(name: str, fact: object, *, where: str) -> float:
    """A fact as a number.

    Parameters
    ----------
    name : str
        Of the fact, such as ``mass_kg``.
    fact : float or str
        A number, also as text, or a word of :data:`CODES`.
    where : str
        Said in the error.

    Returns
    -------
    float
        Finite, also in float32.

    Raises
    ------
    GaitcastError
        If it is neither.
    """
    value = float("nan")
    if isinstance(fact, str):
        word = fact.strip().lower()
        with suppress(ValueError):
            value = CODES[word] if word in CODES else float(word)
    elif isinstance(fact, int | float | np.number) and not isinstance(fact, bool):
        value = float(fact)
    if not abs(value) < 1e30:
        raise GaitcastError(
            f"'{name}' is {fact!r}, which is no number",
            where=where,
            hint=f"Words that are understood: {', '.join(CODES)}",
        )
    return value


def parse_wearer(words: Sequence[str]) -> dict[str, str]:
    """What is known of the wearer, from the command line.

    Parameters
    ----------
    words : sequence of str
        Like ``mass_kg=72`` or ``affected_side=left``.

    Returns
    -------
    dict of str to str
        By name.

    Raises
    ------
    GaitcastError
        If one is not of this form, or a name comes twice.
    """
    known: dict[str, str] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals and value):
            raise GaitcastError(f"--wearer {word} is not NAME=VALUE")
        if name in known:
            raise GaitcastError(f"--wearer {name} is given twice")
        known[name] = value
    return known
