"""Vicon Nexus text exports: sections of trajectories, model outputs, events and devices.

Each section has its title, its rate, a row of names, a row of axes, a row of units, and rows of
numbers up to a blank line. Trajectories and model outputs have one clock; devices run faster.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.columns import Columns
from gaitcast.io.marker_people import is_of, other_people
from gaitcast.io.point_table import ExportText, PointTable, number_rows
from gaitcast.io.text_lines import split_line
from gaitcast.units import factor, parse_unit

TITLES = ("Trajectories", "Model Outputs", "Devices", "Events", "Joints", "Segments")
_RATE = re.compile(r"\d+(?:[.,]\d+)?")


@dataclass(frozen=True)
class _Section:
    title: str
    rate_hz: float
    line: int  # of the title, from 0
    rows: list[list[str]]


def is_vicon(head: str) -> bool:
    """Whether a text begins with a section of a Nexus export that holds markers or joints."""
    lines = head.split("\n")
    return any(_starts(lines, k) for k in range(min(len(lines) - 1, 3)))


def _starts(lines: list[str], k: int) -> bool:
    title = lines[k].strip(' \r",;\t')
    return title in TITLES and bool(_RATE.fullmatch(lines[k + 1].strip(' \r",;\t')))


def parse_vicon(export: ExportText) -> PointTable:
    """Trajectories, joints and events of a Nexus export.

    Parameters
    ----------
    export : ExportText

    Raises
    ------
    GaitcastError
        If a section is damaged, or none holds markers or joints.
    """
    lines, where = export.lines, export.where
    sections = _sections(lines)
    table: PointTable | None = None
    for section in sections:
        if section.title in ("Trajectories", "Model Outputs"):
            table = _add_section(table, section, where)
    if table is None:
        titles = ", ".join(section.title for section in sections)
        raise GaitcastError(
            f"the Vicon export has no trajectories and no model outputs (it has: {titles})",
            where=where,
            hint="Export them too, or the C3D file, which holds the force plates as well",
        )
    for section in sections:
        if section.title == "Events":
            _add_events(table, section)
        elif section.title not in ("Trajectories", "Model Outputs"):
            table.notes.append(
                f"section '{section.title}' ({section.rate_hz:g} Hz) of the export is not read: "
                "read the C3D file for force plates and EMG"
            )
    return table


def has_markers(text: str) -> bool:
    """Whether an export has a section of markers or model outputs."""
    return re.search(r"(?m)^\W*(Trajectories|Model Outputs)\W*$", text) is not None


def parse_devices(export: ExportText) -> Columns:
    """The devices (force plates, EMG) of a Nexus export, as columns for a mapping.

    Parameters
    ----------
    export : ExportText

    Returns
    -------
    Columns
        ``time_s`` from frame 1 of the trial, and ``Plate - Force Fx`` ... with their units.

    Raises
    ------
    GaitcastError
        If the section is damaged or there is none.
    """
    lines, where = export.lines, export.where
    sections = _sections(lines)
    section = next((found for found in sections if found.title == "Devices"), None)
    if section is None:
        titles = ", ".join(found.title for found in sections)
        raise GaitcastError(f"the Vicon export has no devices (it has: {titles})", where=where)
    head, numbers, notes = _numbers(section, where)
    names, axes, units = section.rows[head - 1], section.rows[head], section.rows[head + 1]
    per_frame = int(numbers[:, 1].max()) + 1 if np.isfinite(numbers[:, 1]).any() else 1
    begin = (numbers[0, 0] - 1) * per_frame / section.rate_hz
    columns = {"time_s": begin + np.arange(len(numbers)) / section.rate_hz}
    stated = {"time_s": "s"}
    group = ""
    for k in range(2, numbers.shape[1]):
        group = (names[k] if k < len(names) else "") or group
        name = f"{group.rpartition(':')[2]} {axes[k]}".strip()
        columns[name] = numbers[:, k]
        stated[name] = units[k] if k < len(units) else ""
    return Columns(columns, stated, section.rate_hz, notes=notes)


def _sections(lines: list[str]) -> list[_Section]:
    starts = [k for k in range(len(lines) - 1) if _starts(lines, k)]
    found = []
    for k, stop in zip(starts, [*starts[1:], len(lines)], strict=True):
        text = lines[k:stop]
        separator = max("\t;,", key=lambda s: sum(line.count(s) for line in text[:10]))
        rows = [split_line(line, separator) for line in text]
        while rows and not any(rows[-1]):
            rows.pop()
        rate = float(lines[k + 1].strip(' \r",;\t').replace(",", "."))
        found.append(_Section(lines[k].strip(' \r",;\t'), rate, k, rows))
    return found


def _numbers(section: _Section, where: str) -> tuple[int, np.ndarray, list[str]]:
    """Row of the axes, rows of numbers below it, and notes on them."""
    rows = section.rows
    heads = [k for k, row in enumerate(rows[:8]) if row and row[0] == "Frame"]
    if not heads or heads[0] < 3 or len(rows) < heads[0] + 3:
        raise GaitcastError(
            f"section '{section.title}' has no row 'Frame, Sub Frame, ...' with names above and "
            "numbers below it",
            where=where,
        )
    head = heads[0]
    while rows[head] and not rows[head][-1]:
        rows[head].pop()
    body = rows[head + 2 :]
    blank = next((k for k, row in enumerate(body) if not any(row)), len(body))
    first = section.line + head + 3
    numbers, notes = number_rows(body[:blank], first, len(rows[head]), where)
    if not len(numbers) or numbers.shape[1] < 3 or section.rate_hz <= 0:
        raise GaitcastError(f"section '{section.title}' has no frames", where=where)
    if not np.isfinite(numbers[:, 0]).all():
        raise GaitcastError(f"section '{section.title}' has rows without a frame", where=where)
    return head, numbers, notes


def _add_section(table: PointTable | None, section: _Section, where: str) -> PointTable:
    head, numbers, notes = _numbers(section, where)
    names, axes, units = section.rows[head - 1], section.rows[head], section.rows[head + 1]
    frames = numbers[:, 0]
    if table is None:
        time_s = (frames - 1) / section.rate_hz
        table = PointTable("Vicon", section.rate_hz, time_s, {}, notes=notes)
    elif len(frames) != len(table.time_s) or abs(section.rate_hz - table.rate_hz) > 1e-6:
        table.notes.append(f"warning: section '{section.title}' has other frames and is not read")
        return table
    _add_groups(table, section.title, names, axes, units, numbers, where)
    return table


def _add_groups(
    table: PointTable,
    title: str,
    names: list[str],
    axes: list[str],
    units: list[str],
    numbers: np.ndarray,
    where: str,
) -> None:
    """Add the groups of columns under one name each."""
    width = numbers.shape[1]
    starts = [k for k, name in enumerate(names[:width]) if k > 1 and name]
    others, several = other_people([names[k] for k in starts], table.subject)
    table.notes += [several] if several else []
    for k, stop in zip(starts, [*starts[1:], width], strict=True):
        if is_of(names[k], others):
            continue
        subject, _, label = names[k].rpartition(":")
        table.subject = table.subject or subject
        unit = units[k] if k < len(units) else ""
        values = numbers[:, k:stop]
        if [axis.upper() for axis in axes[k : k + 3]] == ["X", "Y", "Z"]:
            values = numbers[:, k : k + 3]
        elif title == "Trajectories":
            continue  # velocities and accelerations of the markers
        if title == "Model Outputs":
            table.outputs[label] = values, unit
            continue
        known = parse_unit(unit)
        if known is None and unit:
            raise GaitcastError(f"marker '{label}' is in '{unit}', which is no length", where=where)
        if not unit:
            known = "mm"
            note = "assumed: markers in mm (the file has no unit)"
            table.notes += [note] if note not in table.notes else []
        assert known is not None
        if label in table.points:
            note = f"warning: marker '{names[k]}' left out: '{label}' occurs twice (two subjects?)"
            table.notes.append(note)
            continue
        table.points[label] = values * factor(known, "pos")


def _add_events(table: PointTable, section: _Section) -> None:
    for row in section.rows[3:]:
        if len(row) < 4 or not any(row):
            continue
        try:
            seconds = float(row[3].replace(",", "."))
        except ValueError:
            seconds = np.nan
        table.add_event(row[1], row[2], seconds)
