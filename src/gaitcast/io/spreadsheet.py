"""Spreadsheets: the first sheet of an ``.xlsx`` file that holds a table.

The rows become lines of text and go the way of a text table, so that preambles, rows of units and
several header rows are understood alike. Formulas count with their stored values; nothing in the
file is executed.
"""

from __future__ import annotations

import csv
import datetime
import io
import warnings
import zipfile
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

from gaitcast.errors import GaitcastError
from gaitcast.io.columns import Columns
from gaitcast.io.text_table import text_columns

SPREADSHEETS = (".xlsx", ".xlsm")
#: Most unpacked bytes, rows and columns; a damaged file can announce any number.
_MOST_BYTES = 1024 * 2**20
_MOST_ROWS = 1_048_576
_MOST_COLUMNS = 16_384
_MOST_BLANK_ROWS = 1000
#: A shorter table is about the recording rather than the recording.
_LEAST_ROWS = 10


def read_spreadsheet(path: str | Path) -> Columns:
    """Columns of the first sheet with a table.

    Returns
    -------
    Columns
        With a note on the other sheets.

    Raises
    ------
    GaitcastError
        If the file is damaged or too large, or no sheet holds a table.
    """
    path = Path(path)
    try:
        import openpyxl
    except ImportError as error:
        raise GaitcastError(
            "reading spreadsheets needs openpyxl",
            where=str(path),
            hint="pip install openpyxl, or save the sheet as .csv",
        ) from error
    try:
        with zipfile.ZipFile(path) as archive:
            if sum(item.file_size for item in archive.infolist()) > _MOST_BYTES:
                raise GaitcastError(
                    f"it unpacks to more than {_MOST_BYTES // 2**20} MiB",
                    where=str(path),
                    hint="Save the sheet as .csv",
                )
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about styles and drawings
            book = openpyxl.load_workbook(path, read_only=True, data_only=True)
            try:
                return _first_table(book, str(path))
            finally:
                book.close()
    except GaitcastError:
        raise
    except Exception as error:  # a damaged file can make the parser raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise GaitcastError(f"cannot read the spreadsheet: {reason}", where=str(path)) from error


def _first_table(book: Any, where: str) -> Columns:
    first_problem: GaitcastError | None = None
    short: tuple[str, Columns] | None = None
    for sheet in book.worksheets:
        lines = _lines(sheet)
        if not any(line.strip(";") for line in lines):
            continue
        try:
            columns = text_columns(lines, where)
            if not any(values.dtype.kind in "iuf" for values in columns.values()):
                raise GaitcastError("no column of numbers", where=where)
        except GaitcastError as error:
            problem = GaitcastError(
                f"sheet '{sheet.title}': {error.what}", where=where, hint=error.hint
            )
            first_problem = first_problem or problem
            continue
        if max(len(values) for values in columns.values()) >= _LEAST_ROWS:
            return _with_note(columns, str(sheet.title), book)
        short = short or (str(sheet.title), columns)
    if short is not None:
        return _with_note(short[1], short[0], book)
    raise first_problem or GaitcastError("no sheet holds a table", where=where)


def _with_note(columns: Columns, title: str, book: Any) -> Columns:
    others = [str(sheet.title) for sheet in book.worksheets if str(sheet.title) != title]
    if others:
        shown = ", ".join(f"'{name}'" for name in others[:3]) + (" ..." if len(others) > 3 else "")
        columns.notes = (*columns.notes, f"sheet '{title}' read, not {shown}")
    return columns


def _lines(sheet: Any) -> list[str]:
    """Rows of a sheet as lines with semicolons, without blank rows and columns at its end."""
    sheet.reset_dimensions()  # the announced size can be wrong
    rows: list[list[str]] = []
    blank = 0
    # Without a last column rows come as long as they are written, not filled up to it.
    for row in islice(sheet.iter_rows(values_only=True), _MOST_ROWS):
        fields = [_field(value) for value in row[:_MOST_COLUMNS]]
        while fields and not fields[-1]:
            fields.pop()
        blank = 0 if fields else blank + 1
        if blank > _MOST_BLANK_ROWS:
            break
        rows.append(fields)
    while rows and not rows[-1]:
        rows.pop()
    # From the first row of the usual width on, the header, blank cells at the end of a row belong
    # to the table.
    usual = Counter(len(row) for row in rows if row).most_common(1)
    width = max(map(len, rows), default=0)
    first = next((k for k, row in enumerate(rows) if usual and len(row) >= usual[0][0]), 0)
    padded = [
        row + [""] * (width - len(row)) if row and k >= first else row for k, row in enumerate(rows)
    ]
    return [_joined(row) for row in padded]


def _field(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat(*(" ",) if isinstance(value, datetime.datetime) else ())
    return str(value).replace("\n", " ").replace("\r", " ")


def _joined(fields: list[str]) -> str:
    text = io.StringIO()
    csv.writer(text, delimiter=";", lineterminator="").writerow(fields)
    return text.getvalue() if fields else ""
