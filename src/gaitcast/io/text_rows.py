"""The lines of a text table's body: what belongs to it, and what is torn, repeated or below it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.clock_groups import is_clock_name
from gaitcast.io.text_layout import BLANKS, WIDE, Layout, is_comment, split_line
from gaitcast.io.text_numbers import is_missing, is_number

#: Lines below the table that are passed over, such as a mean or an end mark.
_MOST_FOOTER_LINES = 12


@dataclass
class TableRows:
    """Lines of a body, each with the right number of fields.

    Parameters
    ----------
    lines : list of str
    numbers : numpy.ndarray, shape (n,)
        Number of each line in the file, from 1.
    notes : list of str
    """

    lines: list[str]
    numbers: np.ndarray
    notes: list[str] = field(default_factory=list)


def table_rows(lines: Sequence[str], layout: Layout, where: str) -> TableRows:
    """The rows of a table.

    Parameters
    ----------
    lines : sequence of str
        Of the file.
    layout : Layout
        Of the table in it.
    where : str
        File, for the error.

    Raises
    ------
    GaitcastError
        If a line within the body has another number of fields.
    """
    if layout.misfit:
        raise _misnamed(layout, where)
    end = _end(lines, layout)
    below = sum(bool(line.strip(" \t;,|")) for line in lines[end:])
    notes = [f"{below} line{'s' if below > 1 else ''} below the table passed over"] if below else []
    header = lines[layout.first - 1].strip() if layout.first else None
    kept, numbers, comments, again = [], [], 0, 0
    for k in range(layout.first, end):
        line = lines[k]
        if not line.strip():
            continue
        if is_comment(line):
            comments += 1
            continue
        if line.strip() == header:
            again = again or k + 1
            continue
        fitted = _fitted(line, layout)
        if fitted is None and k >= end - 1:
            notes.append(
                f"warning: the last line ({k + 1}) is incomplete and left out: the file is cut"
            )
            continue
        if fitted is None:
            raise _wrong_width(lines, k, layout, where)
        kept.append(fitted)
        numbers.append(k + 1)
    if not kept:
        raise GaitcastError("the table has no rows", where=where)
    if comments:
        notes.append(
            f"{comments} comment line{'s' if comments > 1 else ''} inside the table passed over"
        )
    if again:
        notes.append(f"warning: the header occurs again in line {again}: the logger was restarted")
    return TableRows(kept, np.array(numbers), notes)


def _fields(line: str, separator: str) -> int:
    if separator in (BLANKS, WIDE):
        return len(split_line(line, separator))
    if '"' in line:
        return len(split_line(line, separator))
    return line.count(separator) + 1


def _fitted(line: str, layout: Layout) -> str | None:
    """A line with as many fields as there are columns, or None."""
    width, separator = len(layout.names), layout.separator
    count = _fields(line, separator)
    if count == width:
        return line
    if separator in (BLANKS, WIDE):
        return None
    while count > width and line.rstrip(" ").endswith(separator):
        line, count = line.rstrip(" ")[:-1], count - 1
    if count == width - 1 and not layout.names[-1]:  # separators at the end of some lines
        return line + separator
    clocks = sum(map(is_clock_name, layout.names))
    if count < width and clocks > 1:  # the columns of slower sensors end earlier
        line, count = line + separator * (width - count), width
    return line if count == width else None


def _end(lines: Sequence[str], layout: Layout) -> int:
    """Index behind the last row: lines of words below the table are none."""
    end = len(lines)
    while end > layout.first and not lines[end - 1].strip(" \t;,|\x1a"):
        end -= 1
    low = max(layout.first, end - _MOST_FOOTER_LINES)
    last = end
    for k in range(end - 1, low - 1, -1):
        if not lines[k].strip(" \t;,|"):
            last = k  # what follows a blank line and is no row is a footer
            continue
        if _is_row(lines[k], layout):
            break
        if k < end - 1 or not _looks_cut(lines[k], layout):
            last = k
    else:
        return end
    return last


def _is_row(line: str, layout: Layout) -> bool:
    fields = split_line(line, layout.separator)
    if len(fields) < len(layout.names):
        return False
    numbers = [fields[j] for j in layout.numeric]
    fits = sum(is_number(f) or is_missing(f) for f in numbers)
    return fits == len(numbers) or fits >= 0.8 * len(numbers)


def _looks_cut(line: str, layout: Layout) -> bool:
    """Whether a short last line is the begin of a row."""
    fields = split_line(line, layout.separator)[:-1]
    return all(
        is_number(fields[j]) or is_missing(fields[j]) for j in layout.numeric if j < len(fields)
    )


def _misnamed(layout: Layout, where: str) -> GaitcastError:
    named, width = len(layout.misfit), len(layout.names)
    hint = "Give each column a name of its own"
    if layout.separator == "," and named < width <= 2 * named:
        hint = "If the decimal sign is a comma, export with semicolons or tabs between the columns"
    return GaitcastError(
        f"line {layout.first + 1} has {width} value{'s' if width != 1 else ''}, but the line above "
        f"it names {named} columns",
        where=where,
        hint=hint,
    )


def _wrong_width(lines: Sequence[str], k: int, layout: Layout, where: str) -> GaitcastError:
    count, width = _fields(lines[k], layout.separator), len(layout.names)
    return GaitcastError(
        f"line {k + 1} has {count} value{'s' if count != 1 else ''} for {width} columns",
        where=where,
        hint="Delete the line, or export the table again",
    )
