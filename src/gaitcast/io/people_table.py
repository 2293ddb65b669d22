"""Tables of participants as people write them: ``participants.tsv``, ``subjects.csv``, any CSV."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.metadata_tables import Value, as_value, read_rows
from gaitcast.units import factor, parse_unit

#: Names of tables that are found beside recordings.
PEOPLE_TABLES = ("subjects.csv", "participants.tsv", "participants.csv", "subjects.tsv")
_CODES = (
    "subject", "participant_id", "participant", "subject_id", "person", "code", "id", "subj",
)  # fmt: skip
_WORDS = {
    "mass": "mass_kg", "weight": "mass_kg", "bodymass": "mass_kg", "bodyweight": "mass_kg",
    "height": "height_m", "stature": "height_m", "bodyheight": "height_m",
    "age": "age", "sex": "sex", "gender": "sex",
}  # fmt: skip
#: Covariate -> quantity, least and greatest value of a person, and the unit by size from there on.
_BODY = {
    "mass_kg": ("mass", 2.0, 400.0, ((0.0, "kg"), (2000.0, "g"))),
    "height_m": ("length", 0.3, 2.6, ((0.0, "m"), (20.0, "cm"), (300.0, "mm"))),
}
_MISSING = {"", "n/a", "na", "nan", "none", "null", "-", "?", "unknown"}


@dataclass
class People:
    """What a table says of participants.

    Parameters
    ----------
    known : dict of str to dict
        Covariates by participant: ``mass_kg``, ``height_m``, ``age``, ``sex``, and every other
        column under its own name.
    notes : list of str
        What was assumed, or left out.
    """

    known: dict[str, dict[str, Value]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def add(self, other: People) -> None:
        """Take what another table says; it goes before what is known already."""
        for who, row in other.known.items():
            self.known[who] = {**self.known.get(who, {}), **row}
        self.notes += other.notes


def read_people(path: str | Path) -> People:
    """Read a table of participants.

    Parameters
    ----------
    path : str or Path
        Comma, semicolon or tab between the columns. One column is called ``subject``,
        ``participant_id``, ``person`` or ``id``. Mass and height may have any usual name and unit
        (``weight``, ``Height (cm)``); beside a ``.tsv`` the unit may be stated in the ``.json`` of
        the same name, as BIDS does.

    Returns
    -------
    People
        Empty cells and ``n/a`` are left out.

    Raises
    ------
    GaitcastError
        If it cannot be read, names no participant, or one stands twice.
    """
    path = Path(path)
    columns, rows = read_rows(path)
    code = next((c for word in _CODES for c in columns if c.strip().lower() == word), None)
    if code is None:
        raise GaitcastError(
            "no column of participants",
            where=str(path),
            hint=f"Call it {_CODES[0]} or {_CODES[1]}; it has {', '.join(columns) or 'no columns'}",
        )
    people = People({_code(row, code): {} for row in rows})
    if "" in people.known:
        raise GaitcastError(f"a row has no '{code}'", where=str(path))
    if len(people.known) < len(rows):
        codes = [_code(row, code) for row in rows]
        twice = next(who for who in codes if codes.count(who) > 1)
        raise GaitcastError(f"participant '{twice}' stands twice", where=str(path))
    units = _units_beside(path)
    for column in columns:
        if column != code:
            cells = {_code(row, code): row.get(column, "").strip() for row in rows}
            _add_column(people, path, column, cells, units.get(column, ""))
    return people


def _code(row: Mapping[str, str], column: str) -> str:
    return row.get(column, "").strip()


def _units_beside(path: Path) -> dict[str, str]:
    """``Units`` of the columns, from a BIDS data dictionary."""
    beside = path.with_suffix(".json")
    if path.suffix != ".tsv" or not beside.is_file():
        return {}
    try:
        about = json.loads(beside.read_text(encoding="utf-8"))
        return {
            str(name): str(row["Units"])
            for name, row in about.items()
            if isinstance(row, dict) and "Units" in row
        }
    except (OSError, ValueError, AttributeError) as error:
        raise GaitcastError("cannot be read", where=str(beside)) from error


def _add_column(
    people: People, path: Path, column: str, cells: Mapping[str, str], unit: str
) -> None:
    values = {
        who: as_value(re.sub(r"^(-?[0-9]+),([0-9]+)$", r"\1.\2", cell))
        for who, cell in cells.items()
        if cell.lower() not in _MISSING
    }
    name, stated = _meaning(column, unit)
    if name in _BODY:
        values = _body_sizes(people, path, column, name, values, stated)
    for who, value in values.items():
        if value is not None:
            people.known[who].setdefault(name, value)


def _meaning(column: str, unit: str) -> tuple[str, str]:
    """Covariate and unit of a column, from its name and what is stated beside it."""
    plain = column.strip()
    bracket = re.search(r"[\[(]([^\])]*)[\])]\s*$", plain)
    stem = plain[: bracket.start()] if bracket else plain
    stated = bracket[1] if bracket else unit
    head, _, tail = stem.strip().rpartition("_")
    if head and not stated and parse_unit(tail) is not None:
        stem, stated = head, tail
    word = re.sub(r"[^a-z]", "", stem.lower())
    return (_WORDS[word], stated) if word in _WORDS else (plain, "")


def _body_sizes(
    people: People,
    path: Path,
    column: str,
    name: str,
    values: Mapping[str, Value | None],
    stated: str,
) -> dict[str, Value | None]:
    """Masses and heights in kg and m; what no person has is left out."""
    quantity, least, most, by_size = _BODY[name]
    numbers = {who: v for who, v in values.items() if isinstance(v, float)}
    unit = parse_unit(stated) if stated else None
    if stated and unit is None:
        people.notes.append(f"warning: {path.name}: unit '{stated}' of '{column}' is not known")
    if unit is None and numbers:
        middle = float(np.median([*numbers.values()]))
        unit = next(unit for limit, unit in reversed(by_size) if middle >= limit)
        if unit != by_size[0][1]:
            people.notes.append(f"assumed: {path.name}: '{column}' is in {unit}, by its size")
    # g is the unit of acceleration elsewhere
    scale = 1e-3 if (quantity, unit) == ("mass", "g") else factor(unit or by_size[0][1], quantity)
    kept: dict[str, Value | None] = {}
    for who, value in numbers.items():
        if least <= value * scale <= most:
            kept[who] = round(value * scale, 9)
        else:
            people.notes.append(
                f"warning: {path.name}: {column} of {who} is {value:g}: no person's; left out"
            )
    return kept
