"""What a mapping says of participants: who a file is of, and what is known of them.

::

    subject = "P01"                                   # of every file that the mapping is for
    subject = "folder"                                # the first one below the mapping's place
                                                      # that is no condition or day
    subject = { column = "person" }                   # a column of the table; with it perhaps
    trial = { column = "walk" }                       # the trials of each person
    subject = { pattern = "(?P<subject>P[0-9]+)[-_](?P<trial>.+)" }   # of the file's path

    [subjects.P01]
    mass_kg = 71.5
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError, nearest
from gaitcast.io.columns import Columns
from gaitcast.io.name_words import CONDITION
from gaitcast.io.subject_name import participant_in

KEYS = ("subject", "trial", "subjects")


def absolute_path(path: str | Path) -> Path:
    """A path from the root, without ``..`` and with its symbolic links.

    Returns
    -------
    Path
        So that its parents are the folders above it.
    """
    return Path(os.path.normpath(Path(path).absolute()))


def check_people(table: Mapping[str, Any], where: str) -> None:
    """Raise unless ``subject``, ``trial`` and ``[subjects]`` of a mapping are valid.

    Parameters
    ----------
    table : dict
        The mapping.
    where : str
        Said in the error.

    Raises
    ------
    GaitcastError
        With the bad key.
    """
    rule = table.get("subject", "folder")
    place = f"{where}, subject"
    if isinstance(rule, dict):
        _one_key(rule, ("column", "pattern"), place)
        if "pattern" in rule:
            _groups(str(rule["pattern"]), place)
    elif not isinstance(rule, str) or not rule:
        raise GaitcastError(
            "subject is not a name",
            where=where,
            hint='Write "P01", "folder", { column = "..." } or { pattern = "(?P<subject>...)" }',
        )
    if "trial" in table:
        trial = table["trial"]
        if not isinstance(trial, dict) or (isinstance(rule, dict) and "column" not in rule):
            raise GaitcastError(
                "trial is a column, and goes with no pattern",
                where=where,
                hint='Write trial = { column = "..." }, or a group (?P<trial>...) in the pattern',
            )
        _one_key(trial, ("column",), f"{where}, trial")
    known = table.get("subjects", {})
    if not isinstance(known, dict) or not all(isinstance(row, dict) for row in known.values()):
        raise GaitcastError(
            "[subjects] is not a table of tables", where=where, hint="Write [subjects.P01]"
        )
    for who, row in known.items():
        for name, value in row.items():
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise GaitcastError(
                    f"'{name}' is neither a number nor a text", where=f"{where}, subjects.{who}"
                )


def _one_key(rule: Mapping[str, Any], known: tuple[str, ...], where: str) -> None:
    for key in rule:
        if key not in known:
            raise GaitcastError(f"unknown key '{key}'", where=where, hint=nearest(key, known))
    if len(rule) != 1 or not isinstance(next(iter(rule.values())), str):
        raise GaitcastError(f"give one of {', '.join(known)}, as a text", where=where)


def _groups(pattern: str, where: str) -> None:
    try:
        names = re.compile(pattern).groupindex
    except re.error as error:
        raise GaitcastError(f"the pattern cannot be read: {error}", where=where) from error
    if "subject" not in names:
        raise GaitcastError(
            "the pattern has no group 'subject'", where=where, hint="Write (?P<subject>...)"
        )


def person_by_rule(rule: Any, path: str | Path, root: str | Path) -> tuple[str, str]:
    """Participant and trial of a file, by the rule of a mapping.

    Parameters
    ----------
    rule : str or dict
        ``subject`` of the mapping.
    path : str or Path
        Of the file.
    root : str or Path
        Folder of the mapping.

    Returns
    -------
    subject, trial : str
        The trial is empty where the rule names none; both are for a column of the table.

    Raises
    ------
    GaitcastError
        If the path does not match the pattern.
    """
    if isinstance(rule, str) and rule != "folder":
        return rule, ""
    place, folder = absolute_path(path), absolute_path(root)
    inside = place.relative_to(folder) if place.is_relative_to(folder) else Path(place.name)
    if rule == "folder":
        folders = inside.parts[:-1] or (place.parent.name,)
        people = (f for f in folders if participant_in(f) or not CONDITION.fullmatch(f))
        return next(people, folders[0]), ""
    if "pattern" not in rule:
        return "", ""
    found = re.search(str(rule["pattern"]), inside.with_suffix("").as_posix())
    if found is None or not found["subject"]:
        raise GaitcastError(
            f"'{inside.as_posix()}' does not match the pattern of the participants",
            where=str(path),
            hint="Change subject = { pattern = ... } in the mapping",
        )
    return found["subject"], (found.groupdict().get("trial") or "")


def people_of_columns(
    table: Mapping[str, Any], columns: Columns, where: str
) -> Iterator[tuple[str, str, Columns]]:
    """The rows of each participant, and of each of their trials, of a table that holds several.

    Parameters
    ----------
    table : dict
        A mapping with ``subject = { column = ... }``, ``trial = { column = ... }``, or both.
    columns : Columns
        Of the table.
    where : str
        Said in an error.

    Yields
    ------
    subject, trial : str
        Empty where no column says it.
    rows : Columns
        In the order of the table.

    Raises
    ------
    GaitcastError
        If there is no such column, or a row of it is empty.
    """
    rules = (table.get(key) for key in KEYS[:2])
    named = [r["column"] if isinstance(r, dict) and "column" in r else "" for r in rules]
    known = {name: _labels(columns, name, where) for name in named if name}
    nothing = [""] * len(next(iter(known.values())))
    pairs = list(zip(*(known.get(name, nothing) for name in named), strict=True))
    for who, trial in dict.fromkeys(pairs):
        mine = np.array([pair == (who, trial) for pair in pairs])
        rows = {name: v[mine] for name, v in columns.items() if len(v) == len(mine)}
        about = (columns.units, columns.rate_hz, columns.about, columns.notes)
        yield str(who), str(trial), Columns(rows, *about)


def _labels(columns: Mapping[str, np.ndarray], name: str, where: str) -> list[str]:
    if name not in columns:
        raise GaitcastError(f"no column '{name}'", where=where, hint=nearest(name, [*columns]))
    values = columns[name].tolist()
    labels = [f"{v:g}" if isinstance(v, float) else str(v).strip() for v in values]
    if any(label in ("", "nan", "None") for label in labels):
        raise GaitcastError(f"column '{name}' does not say whose every row is", where=where)
    return labels
