"""Tables of participants as people write them: ``participants.tsv``, ``subjects.csv``, any CSV."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
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
#: A number with its unit, or alone.
_NUMBER = re.compile(r"(-?[0-9]+(?:\.[0-9]+)?)\s*([^0-9.,\s][^0-9]*)?")
#: Adults in inches, small children in cm.
_INCHES = (50.0, 90.0)
#: Median of a group, kg/m^2.
_BMI = (12.0, 38.0)
#: Of any person, kg/m^2.
_ANY_BMI = (10.0, 55.0)
#: Medians above this are hardly in kg: of a group, and of one person.
_HEAVY_KG, _HEAVY_ALONE_KG = 110.0, 140.0
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
            _add_column(people, path.name, column, cells, units.get(column, ""))
    people.notes += _unlikely_bodies(people.known, path.name)
    return people


def people_of(rows: Mapping[str, Mapping[str, object]], where: str) -> People:
    """What is stated of participants outside a table: in a mapping, above a table.

    Parameters
    ----------
    rows : dict of str to dict
        Text or number by name, such as ``{"P1": {"weight_lb": 150}}``.
    where : str
        Said in notes.

    Returns
    -------
    People
        Names and units as in :func:`read_people`.
    """
    people = People({who: {} for who in rows})
    for column in dict.fromkeys(name for row in rows.values() for name in row):
        cells = {who: str(row[column]).strip() for who, row in rows.items() if column in row}
        _add_column(people, where, column, cells, "")
    people.notes += _unlikely_bodies(people.known, where)
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
    people: People, where: str, column: str, cells: Mapping[str, str], unit: str
) -> None:
    given = {
        who: re.sub(r"^(-?[0-9]+),([0-9]+)(?![0-9])", r"\1.\2", cell)
        for who, cell in cells.items()
        if cell.lower() not in _MISSING
    }
    name, stated = _meaning(column, unit)
    if name in _BODY:
        values: Mapping[str, Value | None] = _body_sizes(people, where, column, given, stated)
    else:
        values = {who: as_value(cell) for who, cell in given.items()}
    for who, value in values.items():
        if value is not None:
            people.known[who].setdefault(name, value)


def meaning(column: str) -> str | None:
    """Covariate of a column of a person's mass, height, age or sex.

    Returns
    -------
    str or None
        Such as ``"mass_kg"`` of ``"Body weight (lb)"``; None of any other column.
    """
    name, _ = _meaning(column, "")
    return name if name in _WORDS.values() else None


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
    people: People, where: str, column: str, cells: Mapping[str, str], stated: str
) -> dict[str, Value]:
    """Masses and heights in kg and m; what no person has, or has no clear unit, is left out."""
    name, _ = _meaning(column, "")
    quantity, least, most, _ = _BODY[name]
    numbers: dict[str, tuple[float, str]] = {}
    for who, cell in cells.items():
        if found := _NUMBER.fullmatch(cell):
            numbers[who] = float(found[1]), found[2] or stated
        else:
            people.notes.append(
                f"warning: {where}: {column} of {who} is '{cell}', not understood; left out"
            )
    for unit in {unit for _, unit in numbers.values() if unit and parse_unit(unit) is None}:
        people.notes.append(f"warning: {where}: unit '{unit}' of '{column}' is not known")
    silent = [v for v, unit in numbers.values() if parse_unit(unit) is None]
    by_size = _unit_by_size(people, where, column, silent) if silent else ""
    kept: dict[str, Value] = {}
    for who, (value, unit) in numbers.items():
        known = parse_unit(unit) or by_size
        if not known:
            continue
        # g is the unit of acceleration elsewhere
        scale = 1e-3 if (quantity, known) == ("mass", "g") else factor(known, quantity)
        if least <= value * scale <= most:
            kept[who] = round(value * scale, 9)
        else:
            people.notes.append(
                f"warning: {where}: {column} of {who} is {value:g}: no person's; left out"
            )
    return kept


def _unit_by_size(people: People, where: str, column: str, values: Sequence[float]) -> str:
    """Unit of a column that states none; empty, with a warning, where two are as likely."""
    name, _ = _meaning(column, "")
    by_size = _BODY[name][3]
    middle = float(np.median(values))
    if name == "height_m" and _INCHES[0] <= middle <= _INCHES[1]:
        people.notes.append(
            f"warning: {where}: '{column}' about {middle:g} may be inches or cm; left out. State "
            "the unit: height_cm or height_in"
        )
        return ""
    unit = next(unit for limit, unit in reversed(by_size) if middle >= limit)
    if unit != by_size[0][1]:
        people.notes.append(f"assumed: {where}: '{column}' is in {unit}, by its size")
    return unit


def unlikely_body(mass_kg: float, height_m: float) -> str:
    """What to say of a mass that does not go with a height; empty where it may.

    Parameters
    ----------
    mass_kg, height_m : float
        Of one person.
    """
    bmi = mass_kg / height_m**2
    if _ANY_BMI[0] <= bmi <= _ANY_BMI[1]:
        return ""
    return f"{mass_kg:.4g} kg at {height_m:.3g} m are {bmi:.3g} kg/m^2: is a unit or a digit wrong?"


def _unlikely_bodies(known: Mapping[str, Mapping[str, Value]], where: str) -> list[str]:
    """Masses that do not go with the heights, as those in lb that are called kg."""
    masses = {who: m for who, row in known.items() if isinstance(m := row.get("mass_kg"), float)}
    heights = {who: h for who, row in known.items() if isinstance(h := row.get("height_m"), float)}
    both = [who for who in masses if who in heights]
    if masses and not heights:
        middle = float(np.median([*masses.values()]))
        if middle > (_HEAVY_KG if len(masses) > 1 else _HEAVY_ALONE_KG):
            return [
                f"warning: {where}: masses of {middle:.4g} kg at the median: are they in lb? State "
                "the unit (weight_lb), or heights"
            ]
    if not both:
        return []
    middle = float(np.median([masses[who] / heights[who] ** 2 for who in both]))
    if not _BMI[0] <= middle <= _BMI[1]:
        return [
            f"warning: {where}: masses and heights give {middle:.0f} kg/m^2 at the median: is a "
            "unit wrong?"
        ]
    found = {who: unlikely_body(masses[who], heights[who]) for who in both}
    return [f"warning: {where}: {who}: {words}" for who, words in found.items() if words]
