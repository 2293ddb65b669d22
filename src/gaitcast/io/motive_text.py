"""OptiTrack Motive: CSV exports with rows for type, name, number, quantity and axis."""

from __future__ import annotations

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.point_table import ExportText, PointTable, frames_missing, number_rows
from gaitcast.io.text_lines import split_line
from gaitcast.units import factor, parse_unit

_MOST_HEADER_LINES = 12
#: Kinds of columns that are single points, best first.
_MARKER_KINDS = ("Marker", "Bone Marker", "Rigid Body Marker")


def is_motive(head: str) -> bool:
    """Whether a text begins as an export of Motive."""
    return head.lstrip('\ufeff"').startswith("Format Version")


def parse_motive(export: ExportText) -> PointTable:
    """Markers of a Motive export.

    Parameters
    ----------
    export : ExportText

    Returns
    -------
    PointTable
        In the axes of the program (y up); a note says what of bones and rigid bodies is left out.

    Raises
    ------
    GaitcastError
        If the header is damaged, or there is no marker.
    """
    lines, where = export.lines, export.where
    separator = max("\t;,", key=lines[0].count)
    rows = [split_line(line, separator) for line in lines]
    statement = dict(zip(rows[0][::2], rows[0][1::2], strict=False))
    heads = [k for k, row in enumerate(rows[:_MOST_HEADER_LINES]) if row[0] == "Frame"]
    if not heads:
        what = "the Motive export has no row 'Frame, Time (Seconds), ...'"
        raise GaitcastError(what, where=where)
    head = heads[0]
    axes = rows[head]
    above = [_padded(row, len(axes)) for row in rows[1:head] if any(row[2:])]
    if len(above) < 3:
        raise GaitcastError(
            "the Motive export has no rows of types and names above its axes",
            where=where,
            hint="Export again with 'Header Information'",
        )
    body = [row for row in rows[head + 1 :] if any(row)]
    numbers, notes = number_rows(body, head + 2, len(axes), where)
    if len(numbers) < 2:
        raise GaitcastError("the Motive export has fewer than two frames", where=where)
    notes += frames_missing(statement.get("Total Exported Frames", ""), len(numbers))
    scale = _scale(statement, where)
    points = _points(above, axes, numbers, notes)
    if not points:
        raise GaitcastError(
            "the Motive export holds no markers", where=where, hint="Export it with 'Markers'"
        )
    rate_hz = _rate(statement, numbers[:, 1], where)
    scaled = {label: values * scale for label, values in points.items()}
    up = "z" if statement.get("Up Axis", "").strip().upper().endswith("Z") else "y"
    bodies = {name.split(":")[0] for name in above[1] if ":" in name}
    if len(bodies) > 1:
        shown = ", ".join(sorted(bodies)[:3])
        notes.append(f"warning: markers of several bodies ({shown}); equal names: the first")
    return PointTable("Motive", rate_hz, numbers[:, 1], scaled, up=up, notes=notes)


def _padded(row: list[str], width: int) -> list[str]:
    return row[:width] + [""] * (width - len(row))


def _scale(statement: dict[str, str], where: str) -> float:
    unit = statement.get("Length Units", "Meters")
    known = parse_unit(unit)
    if known is None:
        raise GaitcastError(f"'{unit}' is no length that gaitcast knows", where=where)
    return factor(known, "pos")


def _rate(statement: dict[str, str], time_s: np.ndarray, where: str) -> float:
    """The rate of the export, which the time column must not contradict."""
    step = float(np.median(np.diff(time_s)))
    if not step > 0:
        raise GaitcastError("its time column does not increase", where=where)
    for key in ("Export Frame Rate", "Capture Frame Rate"):
        try:
            rate = float(statement.get(key, ""))
        except ValueError:
            continue
        if 0.99 < rate * step < 1.01:
            return rate
    return 1 / step


def _points(
    above: list[list[str]], axes: list[str], numbers: np.ndarray, notes: list[str]
) -> dict[str, np.ndarray]:
    """Positions of the markers by name, in the file's unit."""
    kinds, names, quantities = above[0], above[1], above[-1]
    found: dict[str, np.ndarray] = {}
    others = set()
    for kind in (*_MARKER_KINDS, *dict.fromkeys(kinds[2:])):
        for k in range(2, len(axes) - 2):
            if kinds[k] != kind or quantities[k] != "Position" or axes[k].upper() != "X":
                continue
            if kind not in _MARKER_KINDS:
                others.add(kind)
                continue
            label = names[k].rpartition(":")[2]
            if label not in found and [a.upper() for a in axes[k : k + 3]] == ["X", "Y", "Z"]:
                found[label] = numbers[:, k : k + 3]
    if others - {""}:
        notes.append(f"not read: {', '.join(sorted(others - {''}))} (markers are)")
    return found
