"""The rows above a text table's body: names, units, sampling rates, kinds, and statements."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gaitcast.io.text_lines import (
    BLANKS,
    WIDE,
    Layout,
    is_comment,
    split_line,
    without_comment,
)
from gaitcast.io.text_numbers import is_number
from gaitcast.units import parse_unit

_MOST_HEADER_ROWS = 6
#: Words of a row of units that stand for no unit.
_UNITLESS = {
    "no units", "no_units", "nounits", "unitless", "none", "1", "a.u.", "au", "arb", "count",
    "counts", "lsb", "bit", "bits", "adc", "raw", "dimensionless", "n/a", "na", "-", "frames",
    "frame", "#", "%", "local", "degrees celsius", "degc", "c", "kpa", "hpa", "pa", "hz", "kohms",
    "ohm", "bpm", "string", "index", "yyyy/mm/dd hh:mm:ss.000", "boolean", "quaternion", "n/cm2",
    "n/cm\u00b2", "w", "w/kg",
}  # fmt: skip
_RATE_FIELD = re.compile(
    r"\d+(?:[.,]\d+)?\s*\(?\[?(?:Hz|fps|sa/s|samples/s(?:ec)?)\)?\]?", re.IGNORECASE
)
_RULE_FIELD = re.compile(r"[-=+:_~]+")
_UNIT_LABELS = {"unit", "units", "einheit", "einheiten"}
#: What the first field of a row of the header says of that row.
_ROW_LABELS = _UNIT_LABELS | {
    "sensor", "sensors", "channel", "channels", "device", "devices", "location", "placement",
    "segment", "side", "signal", "signals", "quantity", "axis", "axes", "component", "components",
    "name", "names", "label", "labels", "variable", "measure", "joint", "muscle", "marker",
    "body part",
}  # fmt: skip
_CLOCK_FIELD = re.compile(r"(time|timestamp|zeit|t|seconds|frames?)\b.*")
_KIND_FIELD = {"cal", "raw", "uncal", "calibrated", "uncalibrated"}


def _with_torn_row(layout: Layout, lines: Sequence[str], start: int) -> int:
    """First line of the body, or the one above it if that is a damaged row under the header."""
    above = [k for k in range(start, layout.first) if lines[k].strip(" \t;,|")][-2:]
    if len(above) < 2 or any(is_comment(lines[k]) for k in above):
        return layout.first
    header, torn = (split_line(lines[k], layout.separator) for k in above)
    numbers = any(is_number(torn[j]) for j in layout.numeric if j < len(torn))
    names = len(header) >= len(layout.names) and not any(map(is_number, header))
    return above[1] if numbers and names and not _counts(torn) else layout.first


def read_header(layout: Layout, lines: Sequence[str], start: int) -> None:
    """Complete a layout with what stands above its body.

    Parameters
    ----------
    layout : Layout
        With its separator, its body, and a blank name for each column.
    lines : sequence of str
        Of the file.
    start : int
        Index of the first line that may belong to the header.
    """
    width, separator = len(layout.names), layout.separator
    layout.first = _with_torn_row(layout, lines, start)
    k = layout.first - 1
    while k >= start and not lines[k].strip(" \t;,|"):
        k -= 1
    header: list[list[str]] = []
    while k >= start and len(header) < _MOST_HEADER_ROWS:
        row = _header_row(lines[k], separator, width)
        if row is None:
            if not header:
                layout.misfit = _misfit(lines[k], separator, width)
            break
        header.insert(0, row)
        k -= 1
    header = _without_labels(layout, _whole_rows(layout, header))
    header = _sort_rows(layout, header)
    layout.units = _units_of_groups(layout.units, header)
    passed = [line for line in lines[start : k + 1] if line.strip(" \t;,|")]
    fields = [_statement(without_comment(line), separator) for line in passed]
    layout.above = [[f for f in row if f] for row in fields] + layout.above
    if not header:
        _name_without_header(layout)
    else:
        _join_names(layout, header)
    numbers = [row for row in layout.above if len(row) > 1 and all(map(is_number, row))]
    if len(numbers) > 2:
        layout.above = [row for row in layout.above if row not in numbers]
        what = f"{len(numbers)} lines of numbers above line {layout.first + 1} are another table"
        layout.notes.append(f"warning: {what}, which is not read")
    if layout.above:
        count = len(layout.above)
        layout.notes.append(f"{count} line{'s' if count > 1 else ''} above the table passed over")


def _statement(line: str, separator: str) -> list[str]:
    """Fields of a line above the table, which may have separators of its own."""
    if separator in (BLANKS, WIDE) or separator not in line:
        separator = max("\t;,", key=line.count)
    return split_line(line, separator)


def _header_row(line: str, separator: str, width: int) -> list[str] | None:
    """Fields of a line if it can be a row of the header."""
    row = split_line(line, separator)
    if is_comment(line) and row and row[0] not in ("#", "%"):
        row = split_line(without_comment(line), separator)
    while len(row) > width and not row[-1]:
        row.pop()
    short = 1 < len(row) == width - 1 or (len(row) < width and "" in row)
    if not any(row) or (len(row) != width and not short):
        return None
    if width > 1 and sum(map(is_number, row)) > 0.5 * sum(map(bool, row)):
        return row if _counts(row) else None
    return row


def _misfit(line: str, separator: str, width: int) -> list[str]:
    """Fields of a line that names columns, but not all or too many of them."""
    row = split_line(line, separator)
    words = not is_comment(line) and not any(re.search(r"\d", text) for text in row)
    named = words and not re.search(r"(?i)names?\b|labels?\b", row[0])
    likely = len(row) > width or (separator == "," and width <= 2 * len(row))
    return row if named and len(row) > 1 and likely else []


def _whole_rows(layout: Layout, header: list[list[str]]) -> list[list[str]]:
    """Rows with a field for each column; programs leave out the last separators.

    A row of names without a blank that is one too short is no such row: which column has no name is
    not known. That of units is then passed over.
    """
    width = len(layout.names)
    whole = []
    for k, row in enumerate(header):
        if len(row) == width or layout.blank_last or _is_group(row):
            whole.append(row + [""] * (width - len(row)))
        elif _is_units([text for text in row if text]):
            layout.notes.append(
                f"warning: the row of {len(row)} units for {width} columns is not used"
            )
        elif not any(len(below) == width for below in header[k + 1 :]):
            layout.misfit = row
        else:
            layout.above.append(row)
    return whole


def _without_labels(layout: Layout, header: list[list[str]]) -> list[list[str]]:
    """Rows whose first fields say what the rows are (``Sensor``, ``Channel``, ``Unit``).

    They name no column. One of the rows may name the first column instead, if that is a clock.
    """
    first = [row[0].strip(" :").lower() for row in header]
    labels = [word for word in first if word in _ROW_LABELS]
    units = [_is_units([text for text in row if text]) for row in header]
    clocks = [
        word
        for word, unit in zip(first, units, strict=True)
        if word and word not in labels and not unit
    ]
    named = len(clocks) == 1 and _CLOCK_FIELD.fullmatch(clocks[0]) is not None
    if len({*labels}) < len(labels) or len(labels) + named < 2 or (clocks and not named):
        return header
    rest = []
    for own, row in zip(first, header, strict=True):
        row = ["", *row[1:]] if own in labels else row
        if own in _UNIT_LABELS and not layout.units:
            layout.units = row
        elif any(row):
            rest.append(row)
    return rest


def _units_of_groups(units: list[str], names: list[list[str]]) -> list[str]:
    """Units that stand over the first column of each group hold for the blanks behind it."""
    starts = {k for k, unit in enumerate(units) if unit}
    for row in names[:-1]:
        begins = {k for k, text in enumerate(row) if text}
        if len(starts) > 1 and begins <= starts and len(begins) < len(row) - (not row[0]):
            filled, last = [], ""
            for k, unit in enumerate(units):
                last = unit or (last if k not in begins else "")
                filled.append(last)
            return filled
    return units


def _is_group(row: Sequence[str]) -> bool:
    """Whether a row names groups of columns: blanks before its last name, or a name repeated."""
    words = [text for text in row if text]
    last = max((k for k, text in enumerate(row) if text), default=0)
    return len(set(words)) < len(words) or "" in row[:last]


def _counts(row: Sequence[str]) -> bool:
    """Whether a row is 0, 1, 2 ..., which some programs write as a header."""
    return len(row) > 2 and list(row) == [str(k) for k in range(len(row))]


def _sort_rows(layout: Layout, header: list[list[str]]) -> list[list[str]]:
    """Take the rows of units, rates and kinds out of the header; what is left holds names."""
    names: list[list[str]] = []
    kinds: list[str] = []
    for row in header:
        words = [text for text in row if text]
        if all(_RULE_FIELD.fullmatch(word) for word in words):
            continue  # a line drawn under the names
        if all(_RATE_FIELD.fullmatch(word) for word in words):
            layout.notes.append(
                f"a row of sampling rates ({', '.join(dict.fromkeys(words))}) above the table"
            )
        elif all(word.lower() in _KIND_FIELD for word in words):
            kinds = row
        elif _is_units(words):
            layout.units = row
        else:
            names.append(row)
    if not names and layout.units:  # a header such as "t,s,m" that reads as units
        names, layout.units = [layout.units], []
    if kinds and names and len(set(names[-1])) < len(names[-1]):
        names[-1] = [f"{n}_{k}" if k else n for n, k in zip(names[-1], kinds, strict=True)]
    return names


def plain_unit(word: str) -> str:
    """A unit without brackets inside it, where only so it is a known one (``m/(s^2)``)."""
    bare = re.sub(r"[\[\](){}]", "", word).strip()
    return bare if parse_unit(word) is None and parse_unit(bare) is not None else word


def _is_units(words: Sequence[str]) -> bool:
    known = 0
    for word in words:
        bare = word.strip("[](){} ").lower()
        if parse_unit(plain_unit(word)) is not None:
            known += 1
        elif bare not in _UNITLESS and not re.fullmatch(r"[\[(].*[\])]", word):
            return False
    return known > 0


def _join_names(layout: Layout, rows: list[list[str]]) -> None:
    """Names from the rows of the header; the upper ones name groups of columns."""
    lowest = rows[-1]
    joined = list(lowest)
    groups = rows[:-1]
    full = len(set(lowest)) == len(lowest) and all(lowest)
    alone = [row for row in groups if full or not _is_group(row)]
    layout.above += [[text for text in row if text] for row in alone]
    groups = [row for row in groups if row not in alone]
    for row in reversed(groups):
        filled = _filled(row, lowest)
        joined = [
            f"{upper} {name}".strip() if upper and upper not in name.split() else name
            for upper, name in zip(filled, joined, strict=True)
        ]
    layout.names = joined


def _filled(row: list[str], lowest: list[str]) -> list[str]:
    """A row of group names, each carried over the blanks behind it."""
    if all(row):
        return row
    filled, last = [], ""
    seen: set[str] = set()
    for text, name in zip(row, lowest, strict=True):
        if text:
            last, seen = text, set()
        elif name in seen:  # the axes begin again: a group without a name
            last, seen = "", set()
        seen.add(name)
        filled.append(last)
    return filled


def _name_without_header(layout: Layout) -> None:
    """Names from a line ``CHANNEL_NAMES ...`` above the table, else numbers."""
    width = len(layout.names)
    for row in layout.above:
        if len(row) == width + 1 and re.search(r"(?i)names?\b|label|columns?", row[0]):
            layout.names = row[1:]
            return
    layout.names = [f"column{k + 1}" for k in range(width)]
    layout.notes.append(f"assumed: no header line; the columns are named column1 to column{width}")
