"""Small tables beside recordings (participants, events, an index): CSV that a person can edit.

A cell that reads as a number is a number, and an empty cell is a value that is not known. A text
that would read as a number, or begins with a quotation mark, is written as JSON writes it; so every
value comes back as it was.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError

Value = float | str
#: Time stamps of events by trial and event.
Events = dict[str, dict[str, np.ndarray]]

SUBJECTS, EVENTS = "subjects.csv", "events.csv"


def write_rows(path: str | Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Write a table of texts.

    Parameters
    ----------
    path : str or Path
        Replaced if it exists.
    columns : sequence of str
        The first line.
    rows : iterable of sequence of str
        One text a column; see :func:`as_cell`.
    """
    with Path(path).open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(columns)
        writer.writerows(rows)


def read_rows(
    path: str | Path, needed: Sequence[str] = ()
) -> tuple[list[str], list[dict[str, str]]]:
    """Read a table of texts; comma, semicolon or tab stand between its columns.

    Parameters
    ----------
    path : str or Path
        CSV with a first line of names.
    needed : sequence of str
        Columns that it has to have.

    Returns
    -------
    columns : list of str
        Names.
    rows : list of dict of str to str
        See :func:`as_value`.

    Raises
    ------
    GaitcastError
        If it cannot be read, a column is missing or stands twice, or a row is too long.
    """
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            title = file.readline()
            file.seek(0)
            separator = max(",;\t", key=title.count)
            lines = csv.reader(file, delimiter=separator)
            columns = next(lines, [])
            rows = [row for row in lines if row]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GaitcastError(f"cannot read the table: {reason}", where=str(path)) from error
    for name in needed:
        if name not in columns:
            raise GaitcastError(
                f"no column '{name}'",
                where=str(path),
                hint=f"It needs the columns {', '.join(needed)}; docs/own-data.md shows it",
            )
    if twice := [name for name in columns if columns.count(name) > 1]:
        raise GaitcastError(f"column '{twice[0]}' stands twice", where=str(path))
    for number, row in enumerate(rows, start=2):
        if len(row) > len(columns):
            raise GaitcastError(
                f"row {number} has {len(row)} cells for {len(columns)} columns", where=str(path)
            )
    return columns, [dict(zip(columns, row, strict=False)) for row in rows]


def as_cell(value: Value | None) -> str:
    """A value as the text of a cell.

    Parameters
    ----------
    value : float, str or None
        None is not known.

    Returns
    -------
    str
        From which :func:`as_value` makes the same value.
    """
    if value is None:
        return ""
    if isinstance(value, str):
        plain = value and value[0] != '"' and not _is_number(value)
        return value if plain else json.dumps(value)
    return repr(float(value))


def as_value(cell: str) -> Value | None:
    """The value of a cell.

    Parameters
    ----------
    cell : str
        From a table.

    Returns
    -------
    float, str or None
        None for an empty cell.
    """
    if not cell:
        return None
    if cell[0] == '"':
        try:
            return str(json.loads(cell))
        except ValueError:
            return cell
    return float(cell) if _is_number(cell) else cell


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def write_subjects(path: str | Path, subjects: Mapping[str, Mapping[str, Value]]) -> None:
    """Write what is known of participants: a row each.

    Parameters
    ----------
    path : str or Path
        Replaced if it exists.
    subjects : dict of str to dict
        Covariates by participant.

    Raises
    ------
    GaitcastError
        If a covariate is called ``subject``.
    """
    names = [*dict.fromkeys(name for known in subjects.values() for name in known)]
    if "subject" in names:
        raise GaitcastError("a covariate cannot be called 'subject'", where=str(path))
    rows = ([who, *(as_cell(known.get(n)) for n in names)] for who, known in subjects.items())
    write_rows(path, ["subject", *names], rows)


def read_subjects(path: str | Path) -> dict[str, dict[str, Value]]:
    """Read what is known of participants.

    Parameters
    ----------
    path : str or Path
        CSV with the column ``subject`` and one column a covariate.

    Returns
    -------
    dict of str to dict
        Covariates by participant; empty cells are left out.

    Raises
    ------
    GaitcastError
        If it cannot be read or a participant stands twice.
    """
    subjects: dict[str, dict[str, Value]] = {}
    for row in read_rows(path, ["subject"])[1]:
        who = row.pop("subject")
        if who in subjects:
            raise GaitcastError(f"participant '{who}' stands twice", where=str(path))
        values = {name: as_value(cell) for name, cell in row.items()}
        subjects[who] = {name: value for name, value in values.items() if value is not None}
    return subjects


def write_events(path: str | Path, rows: Iterable[tuple[str, str, float]]) -> None:
    """Write events: a row each.

    Parameters
    ----------
    path : str or Path
        Replaced if it exists.
    rows : iterable of (str, str, float)
        Trial, event, time in s.
    """
    texts = ((trial, event, repr(float(t))) for trial, event, t in rows)
    write_rows(path, ("trial", "event", "time_s"), texts)


def read_events(path: str | Path) -> Events:
    """Read events.

    Parameters
    ----------
    path : str or Path
        CSV with the columns ``trial``, ``event`` and ``time_s``.

    Returns
    -------
    dict of str to dict of str to numpy.ndarray
        Times in s by trial and event, in the order of the rows.

    Raises
    ------
    GaitcastError
        If it cannot be read or a time is not a number.
    """
    found: dict[str, dict[str, list[float]]] = {}
    _, rows = read_rows(path, ["trial", "event", "time_s"])
    for number, row in enumerate(rows, start=2):
        try:
            time_s = float(row["time_s"])
            found.setdefault(row["trial"], {}).setdefault(row["event"], []).append(time_s)
        except (KeyError, ValueError) as error:
            raise GaitcastError(f"row {number} is no event: {error}", where=str(path)) from error
    return {
        trial: {event: np.array(times) for event, times in events.items()}
        for trial, events in found.items()
    }
