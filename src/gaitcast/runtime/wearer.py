"""Covariates of the wearer as numbers: the same coding offline and live."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Card

#: Words that stand for a number: a side, and the usual codes of sex.
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


def as_number(name: str, given: object, *, where: str) -> float:
    """A covariate as a number.

    Parameters
    ----------
    name : str
        Of the covariate, such as ``mass_kg``; for the error.
    given : float or str
        A number, also as text, or a word of :data:`CODES`.

    Returns
    -------
    float
        Finite, also in float32.

    Raises
    ------
    GaitcastError
        If it is neither a number nor a known word.
    """
    value = float("nan")
    if isinstance(given, str):
        word = given.strip().lower()
        with suppress(ValueError):
            value = CODES[word] if word in CODES else float(word)
    elif isinstance(given, int | float | np.number) and not isinstance(given, bool):
        value = float(given)
    if not abs(value) < 1e30:
        raise GaitcastError(
            f"'{name}' is {given!r}, which is not a number",
            where=where,
            hint=f"Known words: {', '.join(CODES)}",
        )
    return value


def parse_wearer(words: Sequence[str]) -> dict[str, str]:
    """Covariates of the wearer, from the command line.

    Parameters
    ----------
    words : sequence of str
        Such as ``mass_kg=72`` or ``affected_side=left``.

    Returns
    -------
    dict of str to str
        Value by name.

    Raises
    ------
    GaitcastError
        If one has not this form, or a name occurs twice.
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


def known_covariates(card: Card, given: Mapping[str, float | str]) -> dict[str, np.ndarray]:
    """What a graph is given of its wearer.

    Parameters
    ----------
    card : Card
        Of the bundle.
    given : dict of str to float or str
        The card's covariates.

    Returns
    -------
    dict of str to numpy.ndarray
        ``covariates``, shape (1, 1, n); empty where the bundle takes none.

    Raises
    ------
    GaitcastError
        If one is missing, unknown or no number.
    """
    where = f"bundle '{card.name}'"
    for name in given:
        if name not in card.covariates:
            takes = ", ".join(card.covariates) or "none"
            raise GaitcastError(f"no covariate '{name}'", where=where, hint=f"It takes: {takes}")
    missing = [name for name in card.covariates if name not in given]
    if missing:
        raise GaitcastError(
            f"{missing[0]} of the wearer is not given",
            where=where,
            hint=f"Give {', '.join(missing)} (Engine: wearer=, command line: --wearer NAME=VALUE)",
        )
    values = [as_number(name, given[name], where=where) for name in card.covariates]
    return {"covariates": np.array([[values]], np.float32)} if values else {}


def beyond_training(
    given: Mapping[str, float | str], ranges: Mapping[str, tuple[float, float]]
) -> list[str]:
    """Covariates of a participant that lie beyond those of all training people.

    Parameters
    ----------
    given : dict of str to float or str
        Of the participant.
    ranges : dict of str to tuple of float
        Least and largest of the training people, such as a card's ``covariate_range``.

    Returns
    -------
    list of str
        A line for each that is not taken as it is.
    """
    lines = []
    for name, (low, high) in ranges.items():
        value, slack = as_number(name, given[name], where="covariates"), 1e-5 * (high - low + 1)
        if not low - slack <= value <= high + slack:
            nearest = min(max(value, low), high)
            lines.append(
                f"{name} {value:g} is beyond the {low:g} to {high:g} of the training people: "
                f"taken as {nearest:g}"
            )
    return lines
