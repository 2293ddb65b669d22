"""Lines of a text table: their fields, their comments, and how they are laid out."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass, field

#: Separators that are runs of blanks: of any number, or of two and more (names hold single ones).
BLANKS = " "
WIDE = "  "
_COMMENT = re.compile(r"\s*\"?(#+|%+|//+)\s?")


@dataclass
class Layout:
    """How a text file is laid out.

    Parameters
    ----------
    separator : str
        `BLANKS` for runs of them.
    names : list of str
        One a column; ``""`` where there is none.
    first : int
        Index of the body's first line.
    units : list of str
        One a column, or none.
    above : list of list of str
        Fields of the lines above the header, comment signs removed.
    numeric : list of int
        Indices of the columns of numbers.
    notes : list of str
    misfit : list of str
        Fields of the line above a body, where they are words but not as many as its columns.
    blank_last : bool
        Whether the body's last column is empty: a separator at the end of each line.
    """

    separator: str
    names: list[str]
    first: int
    units: list[str] = field(default_factory=list)
    above: list[list[str]] = field(default_factory=list)
    numeric: list[int] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    misfit: list[str] = field(default_factory=list)
    blank_last: bool = False


def split_line(line: str, separator: str) -> list[str]:
    """Fields of a line, without quotes and blanks around them."""
    if separator == BLANKS:
        found = re.findall(r"\"[^\"]*\"|'[^']*'|\S+", line)
        return [text.strip("\"'") for text in found]
    if separator == WIDE:
        return [text.strip("\"'") for text in re.split(r"[ \t]{2,}|\t", line.strip())]
    if '"' not in line:
        return [text.strip() for text in line.split(separator)]
    try:
        return [text.strip() for text in next(csv.reader([line], delimiter=separator))]
    except (csv.Error, StopIteration):
        return [text.strip() for text in line.split(separator)]


def without_comment(line: str) -> str:
    """A line without the sign of a comment before it."""
    return _COMMENT.sub("", line, count=1)


def is_comment(line: str) -> bool:
    """Whether a line begins with the sign of a comment."""
    return _COMMENT.match(line) is not None
