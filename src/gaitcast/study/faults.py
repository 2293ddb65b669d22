"""Everything that is wrong in a study file, named at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from gaitcast.errors import CombinedError, GaitcastError, each_of, nearest

Place = tuple[int | str, ...]
#: Tables that stand in double brackets.
_ROWS = ("models", "splits", "published", "variants")


def place_of(loc: Place) -> str:
    """Where a fault lies, as a reader of the file looks for it: ``[[models]] 2, training``."""
    if loc == ("horizons_ms",):
        return "task.horizons_ms"
    parts: list[str] = []
    for key in loc:
        if isinstance(key, int) and parts:
            of = parts[-1]
            parts[-1] = f"[[{of}]] {key + 1}" if of in _ROWS else f"{of}, value {key + 1}"
        else:
            parts.append(str(key))
    return ", ".join(parts)


def faults_in(error: ValidationError) -> list[tuple[Place, GaitcastError]]:
    """All faults of a study's tables, with the keys that lead to each.

    Parameters
    ----------
    error : pydantic.ValidationError
        From checking a study.

    Returns
    -------
    list of tuple
        A key that is absent since its name was mistyped counts once.
    """
    found: list[tuple[Place, GaitcastError]] = []
    details = error.errors()
    hints = [
        (d["loc"], e.hint) for d in details for e in _own(d) if e.what.startswith("unknown key")
    ]
    for detail in details:
        loc = detail["loc"]
        own = _own(detail)
        if own:
            found += [(loc, one) for one in own]
        elif detail["type"] != "missing":
            found.append((loc, GaitcastError(detail["msg"])))
        elif not any(loc[:-1] == at and f"'{loc[-1]}'" in hint for at, hint in hints):
            table = ("task",) if loc == ("horizons_ms",) else loc[:-1]
            found.append((table, GaitcastError(f"key '{loc[-1]}' is missing")))
    return found


def _own(detail: ErrorDetails) -> tuple[GaitcastError, ...]:
    own = detail.get("ctx", {}).get("error")
    return each_of(own) if isinstance(own, GaitcastError) else ()


def names_in(table: Mapping[str, Any]) -> list[GaitcastError]:
    """Names in ``[[models]]`` that stand nowhere else, whatever else is wrong.

    Parameters
    ----------
    table : dict
        A study as read.

    Returns
    -------
    list of GaitcastError
    """
    inputs, steps = table.get("inputs"), table.get("steps", {})
    splits, models = table.get("splits"), table.get("models")
    known: dict[str, list[str]] = {}
    if isinstance(inputs, dict):
        known["inputs"] = [*inputs]
    if isinstance(steps, dict):
        known["steps"] = [*steps] if "steps" in table else ["none"]
    if isinstance(splits, list) and all(isinstance(row, dict) for row in splits):
        known["splits"] = [str(row.get("name") or row.get("kind")) for row in splits]
    return [
        unknown_name(word, names, f"model '{row.get('name') or row.get('model')}', {key}")
        for row in (models if isinstance(models, list) else ())
        if isinstance(row, dict)
        for key, names in known.items()
        for word in (row[key] if isinstance(row.get(key), list) else ())
        if isinstance(word, str) and word not in names
    ]


def unknown_name(word: str, known: list[str], where: str) -> GaitcastError:
    """Fault of a name that is not in a list; its hint is the nearest one."""
    return GaitcastError(f"unknown name '{word}'", where=where, hint=nearest(word, known))


def as_error(error: ValidationError, table: Mapping[str, Any], path: str) -> GaitcastError:
    """One error for a file: a line where there is one fault, else a line each.

    Parameters
    ----------
    error : pydantic.ValidationError
        From checking it.
    table : dict
        As read.
    path : str
        The file.

    Returns
    -------
    GaitcastError
    """
    lines: list[GaitcastError] = []
    for loc, fault in faults_in(error):
        lines.append(GaitcastError(str(fault), where=place_of(loc)))
    said = " ".join(map(str, lines))
    lines += [fault for fault in names_in(table) if fault.what not in said]
    if len(lines) == 1:
        return GaitcastError(str(lines[0]), where=path)
    return CombinedError(lines, where=path)
