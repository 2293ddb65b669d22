"""Everything that is wrong in a mapping, named at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from gaitcast.channel import Channel
from gaitcast.errors import CombinedError, GaitcastError, nearest
from gaitcast.io import mapping_people as people
from gaitcast.units import factor, parse_unit

_KEYS = ("rate_hz", "time", "missing", "channels", *people.KEYS)
_COLUMN_KEYS = ("column", "unit", "scale")
_TIME_KEYS = (*_COLUMN_KEYS, "wraps_at")


def check_mapping(table: Mapping[str, Any], where: str) -> None:
    """Raise unless a mapping is complete and valid.

    Parameters
    ----------
    table : dict
        As read.
    where : str
        File.

    Raises
    ------
    GaitcastError
        With the name of the bad key; of several faults a line each.
    """
    faults = [*_faults(table)]
    if len(faults) > 1:
        raise CombinedError(faults, where=where)
    for fault in faults:
        place = f"{where}, {fault.where}" if fault.where else where
        raise GaitcastError(fault.what, where=place, hint=fault.hint)


def _faults(table: Mapping[str, Any]) -> Iterator[GaitcastError]:
    own = not any(key in table for key in people.KEYS) or "channels" in table
    yield from _faults_of_keys(table, _KEYS, ("rate_hz", "channels") if own else (), "")
    yield from people.people_faults(table)
    if "rate_hz" in table and (not _is_number(table["rate_hz"]) or table["rate_hz"] <= 0):
        yield GaitcastError("rate_hz is not a positive number")
    if not isinstance(table.get("missing", False), bool):
        yield GaitcastError("missing is not true or false")
    channels = table.get("channels", {})
    if "channels" in table and (not isinstance(channels, dict) or not channels):
        yield GaitcastError("[channels] is not a table with at least one channel")
        channels = {}
    entries = dict(channels)
    if "time" in table:
        entries["time"] = table["time"]
    for name, entry in entries.items():
        yield from _faults_of_entry(name, entry)


def _faults_of_entry(name: str, entry: Any) -> Iterator[GaitcastError]:
    if not isinstance(entry, dict):
        yield GaitcastError(
            f"'{name}' is not a table", hint='Write { column = "...", unit = "..." }'
        )
        return
    known = _TIME_KEYS if name == "time" else _COLUMN_KEYS
    yield from _faults_of_keys(entry, known, ("column", "unit"), name)
    for key in ("scale", "wraps_at"):
        if not _is_number(entry.get(key, 1.0)) or entry.get(key) == 0:
            yield GaitcastError(f"{key} is not a number other than 0", where=name)
    try:
        quantity = "time" if name == "time" else Channel.parse(name).quantity
        if "unit" in entry and not (name == "time" and entry["unit"] == "iso"):
            unit = str(entry["unit"])
            factor(parse_unit(unit) or unit, quantity)
    except GaitcastError as error:
        yield GaitcastError(error.what, where=name, hint=error.hint)


def _faults_of_keys(
    table: Mapping[str, Any], known: tuple[str, ...], needed: tuple[str, ...], where: str
) -> Iterator[GaitcastError]:
    """A key that is absent since its name was mistyped counts once."""
    hints = [nearest(key, known) for key in table if key not in known]
    for key in table:
        if key not in known:
            yield GaitcastError(f"unknown key '{key}'", where=where, hint=nearest(key, known))
    for key in needed:
        if key not in table and not any(f"mean '{key}'" in hint for hint in hints):
            yield GaitcastError(f"key '{key}' is missing", where=where)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
