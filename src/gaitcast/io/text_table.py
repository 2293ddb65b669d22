"""Text tables as laboratories write them, to columns.

A clean CSV (one header line, unique names, numbers with a decimal point) goes straight to pyarrow.
Everything else is laid out first (:mod:`gaitcast.io.text_layout`): the encoding, what stands above
the header, rows of units, the separator, the decimal sign; then pyarrow parses the body.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.clock_groups import split_clocks
from gaitcast.io.columns import Columns
from gaitcast.io.preamble import read_preamble
from gaitcast.io.sub_frames import rate_of_rows
from gaitcast.io.text_encoding import decode, read_start, read_text
from gaitcast.io.text_header import plain_unit
from gaitcast.io.text_layout import HEAD_LINES, find_layout
from gaitcast.io.text_lines import BLANKS, WIDE, Layout, is_comment, split_line
from gaitcast.io.text_numbers import decimal_sign, is_missing, is_number, to_arrays
from gaitcast.io.text_rows import table_rows

_START = 65536
_CLEAN_LINES = 30


def read_text_table(path: str | Path) -> Columns:
    """Every column of a text table.

    Parameters
    ----------
    path : str or Path
        Separated by commas, semicolons, tabs, bars or blanks, perhaps packed with gzip; with lines
        above the header, a row of units, several header rows, any decimal sign.

    Returns
    -------
    Columns
        Numbers where all values are numbers, else text; a field without a value is NaN.

    Raises
    ------
    GaitcastError
        If there is no table, or a line has another number of values than the header.
    ValueError, OSError, EOFError, zlib.error
        If the file cannot be read, or is no text.
    """
    path = Path(path)
    start = read_start(path, _START)
    clean = _clean_columns(path, start)
    if clean is not None:
        return split_clocks(Columns(clean))
    text, encoding = read_text(path)
    return text_columns(text.lstrip("\ufeff").split("\n"), str(path), encoding)


def text_columns(lines: Sequence[str], where: str, encoding: str = "utf-8") -> Columns:
    """Columns of the lines of a file; see :func:`read_text_table`."""
    layout = find_layout(lines[:HEAD_LINES])
    if layout is None and len(lines) > HEAD_LINES:
        layout = find_layout(lines[: 20 * HEAD_LINES])
    if layout is None:
        return _words_only(lines, where)
    rows = table_rows(lines, layout, where)
    notes = [*layout.notes, *rows.notes]
    if encoding in ("cp1252", "latin-1", "mac_roman"):
        notes.append(f"assumed: text in {encoding} (it is not UTF-8)")
    names, renamed = _numbered(layout.names)
    arrays, trouble = to_arrays(
        _parse(rows.lines, len(names), layout.separator), names, rows.numbers, layout.separator
    )
    about, rate_hz, rate_notes = read_preamble(layout.above)
    kept = zip(names, arrays, _named(layout, arrays), strict=True)
    values = {name: a for name, a, keep in kept if keep}
    rate_hz, row_notes = rate_of_rows(values, rate_hz, about)
    columns = Columns(
        values,
        units={
            name: plain_unit(unit)
            for name, unit in zip(names, layout.units, strict=False)
            if unit and not is_missing(unit)
        },
        rate_hz=rate_hz,
        about=about,
        notes=[*notes, *renamed, *rate_notes, *row_notes, *trouble],
    )
    if not any(column.dtype.kind in "iuf" for column in columns.values()):
        raise GaitcastError(
            "no column holds only numbers"
            + (f": {trouble[0].removeprefix('warning: ')}" if trouble else ""),
            where=where,
        )
    return split_clocks(columns)


def _clean_columns(path: Path, start: bytes) -> dict[str, np.ndarray] | None:
    """Columns of a table that pyarrow reads as it is; None where the structure must be found."""
    import pyarrow as pa
    import pyarrow.csv

    try:
        if start[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in start:
            return None
        head, encoding = decode(start, complete=False)
    except ValueError:
        return None
    lines = [line.rstrip("\r") for line in head.split("\n")]
    separator = max("\t;,", key=lines[0].count)
    found = _clean_head(lines if len(start) < _START else lines[:-1], separator)
    if found is None or not encoding.startswith("utf-8"):
        return None
    numeric, decimal = found
    try:
        # One thread: results do not depend on it, and a fit runs on each core.
        table = pa.csv.read_csv(
            path,
            read_options=pa.csv.ReadOptions(use_threads=False),
            parse_options=pa.csv.ParseOptions(delimiter=separator),
            convert_options=pa.csv.ConvertOptions(decimal_point=decimal),
        )
    except (pa.ArrowException, ValueError):
        return None
    names = [str(name).strip() for name in table.column_names]
    for k in numeric:
        kind = table.column(k).type
        if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_null(kind)):
            return None  # a later line holds no number: the other way names the line
    return {name: as_array(table.column(k)) for k, name in enumerate(names)}


def _clean_head(lines: Sequence[str], separator: str) -> tuple[list[int], str] | None:
    """Columns of numbers and decimal sign of a head that needs no care, or None."""
    names = split_line(lines[0], separator)
    width = len(names)
    if len(set(names)) < width or not all(names) or is_comment(lines[0]) or "=" in names[0]:
        return None
    if any(map(is_number, names)):
        return None
    body = [line for line in lines[1 : _CLEAN_LINES + 1] if line]
    rows = [split_line(line, separator) for line in body]
    if not rows or any(len(row) != width for row in rows):
        return None
    numeric = []
    for k in range(width):
        fields = [row[k] for row in rows if not is_missing(row[k])]
        count = sum(map(is_number, fields))
        if 0 < count < len(fields):
            return None
        if count:
            numeric.append(k)
    numbers = [row[k] for row in rows for k in numeric if not is_missing(row[k])]
    sign = decimal_sign(numbers, separator)
    return (numeric, sign) if numeric and sign else None


def as_array(column: Any) -> np.ndarray:
    """Values of an Arrow column: numbers, else text."""
    import pyarrow as pa

    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.to_numpy()
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    try:
        return column.cast(pa.string()).to_numpy()
    except pa.ArrowException:
        return np.full(len(column), "?", dtype=object)


def _parse(lines: Sequence[str], width: int, separator: str) -> list[Any]:
    """The body as columns of text."""
    import pyarrow as pa
    import pyarrow.csv

    if separator in (BLANKS, WIDE):
        plain = separator == BLANKS and not any('"' in line for line in lines)
        rows = [line.split() if plain else split_line(line, separator) for line in lines]
        lines, separator = ["\t".join(row) for row in rows], "\t"
    names = [str(k) for k in range(width)]
    table = pa.csv.read_csv(
        io.BytesIO("\n".join(lines).encode()),
        read_options=pa.csv.ReadOptions(column_names=names, use_threads=False),
        parse_options=pa.csv.ParseOptions(delimiter=separator, ignore_empty_lines=False),
        convert_options=pa.csv.ConvertOptions(column_types={name: pa.string() for name in names}),
    )
    return table.columns


def _numbered(names: Sequence[str]) -> tuple[list[str], list[str]]:
    """Unique names: a repeated one gets a number, a blank one its place."""
    unique: list[str] = []
    notes, taken = [], set(names)
    for k, name in enumerate(names):
        free = name or f"column{k + 1}"
        count = 2
        while free in unique or (count > 2 and free in taken):
            free = f"{name}.{count}"
            count += 1
        if name and free != name:
            notes.append(f"column '{name}' occurs more than once: column {k + 1} is '{free}'")
        unique.append(free)
    if len(notes) > 3:
        notes = [*notes[:2], f"{len(notes) - 2} more columns have the name of an earlier one"]
    return unique, notes


def _named(layout: Layout, arrays: Sequence[np.ndarray]) -> list[bool]:
    """Which columns to keep: all but those without a name and a value."""
    return [
        bool(name) or values.dtype.kind not in "f" or not np.isnan(values).all()
        for name, values in zip(layout.names, arrays, strict=True)
    ]


def _words_only(lines: Sequence[str], where: str) -> Columns:
    """Columns of a table without numbers, or the reason why there is no table."""
    filled = [line for line in lines if line.strip()]
    if not filled:
        raise GaitcastError("the file is empty", where=where)
    separator = max("\t;,", key=filled[0].count)
    rows = [split_line(line, separator) for line in filled]
    width = len(rows[0])
    if len(rows) == 1 and width > 1:
        raise GaitcastError("the table has no rows", where=where)
    if width < 2 or any(len(row) != width for row in rows):
        raise GaitcastError(
            "no table: no lines hold numbers in the same columns",
            where=where,
            hint="A table has one line a sample, and its values stand between commas, semicolons, "
            "tabs or blanks",
        )
    names, notes = _numbered(rows[0])
    columns = zip(*rows[1:], strict=True)
    return Columns(
        {n: np.array(c, dtype=object) for n, c in zip(names, columns, strict=True)}, notes=notes
    )
