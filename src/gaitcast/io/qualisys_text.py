"""Qualisys Track Manager: TSV exports of 3-D trajectories, with or without rows of column names."""

from __future__ import annotations

import re

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.point_table import ExportText, PointTable, frames_missing, number_rows
from gaitcast.io.text_numbers import is_number

_EVENT_SIDE = re.compile(r"(?i)(left|right|l|r)[ _-]?(.*)")
_WORDS = {"hs": "heel strike", "to": "toe off", "fs": "foot strike", "fo": "foot off"}


def is_qualisys(head: str) -> bool:
    """Whether a text begins as an export of trajectories of Qualisys Track Manager."""
    return head.lstrip("\ufeff").startswith("NO_OF_FRAMES") and "MARKER_NAMES" in head


def parse_qualisys(export: ExportText) -> PointTable:
    """Markers and events of a TSV export.

    Parameters
    ----------
    export : ExportText

    Raises
    ------
    GaitcastError
        If the header names no markers or no rate, or a row has another number of columns.
    """
    lines, where = export.lines, export.where
    rows = [[field.strip() for field in line.rstrip("\n").split("\t")] for line in lines]
    statement: dict[str, list[str]] = {}
    events: list[list[str]] = []
    first = 0
    for k, row in enumerate(rows):
        if row[0] and is_number(row[0]):
            first = k
            break
        if row[0].upper() == "EVENT":
            events.append(row)
        elif row[0]:
            statement[row[0].upper()] = row[1:]
    else:
        raise GaitcastError("the Qualisys export has no frames", where=where)
    names = [name for name in statement.get("MARKER_NAMES", []) if name]
    rate_hz = _number(statement.get("FREQUENCY", [""])[0])
    if not names or not rate_hz > 0:
        raise GaitcastError("the Qualisys export names no markers or no FREQUENCY", where=where)
    body = [row for row in rows[first:] if any(row)]
    width = max(len(row) - (row[-1] == "") for row in body[:20])
    before = width - 3 * len(names)
    if before not in (0, 1, 2):
        raise GaitcastError(
            f"line {first + 1} has {width} values for {len(names)} markers",
            where=where,
            hint="Export 3D data, not residuals or 6D",
        )
    numbers, notes = number_rows(body, first + 1, width, where)
    notes += frames_missing(statement.get("NO_OF_FRAMES", [""])[0], len(numbers))
    time_s = numbers[:, 1] if before == 2 else np.arange(len(numbers)) / rate_hz
    points = {
        name: numbers[:, before + 3 * k : before + 3 * k + 3] * 1e-3 for k, name in enumerate(names)
    }
    table = PointTable("Qualisys", rate_hz, time_s, points, notes=notes)
    for row in events:
        _add_event(table, row)
    return table


def _number(text: str) -> float:
    return float(text.replace(",", ".")) if is_number(text) else -1.0


def _add_event(table: PointTable, row: list[str]) -> None:
    """``EVENT  name  frame  time``; the side stands in the name."""
    name = row[1] if len(row) > 1 else ""
    seconds = _number(row[3]) if len(row) > 3 and is_number(row[3]) else np.nan
    found = _EVENT_SIDE.fullmatch(name.strip())
    if not found:
        table.notes.append(f"event '{name}' not read")
        return
    side = {"l": "left", "r": "right"}[found[1][0].lower()]
    word = found[2].strip().lower().replace("_", " ")
    table.add_event(side, _WORDS.get(word, word), float(seconds))
