"""Where the table is in a text file: what stands above it, its header rows, its separator.

The body is found first: the lines that have as many fields as most lines of numbers have, with
numbers in the same columns. Then the rows directly above it are sorted into names, units, sampling
rates and kinds (``CAL``), and everything above those is read as statements ``key: value``.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from gaitcast.io.clock_groups import is_clock_name
from gaitcast.io.text_numbers import is_missing, is_number
from gaitcast.units import parse_unit

#: Separators that are runs of blanks: of any number, or of two and more (names hold single ones).
BLANKS = " "
WIDE = "  "
#: Lines looked at, from the first, and the most rows of a header.
HEAD_LINES = 600
_MOST_HEADER_ROWS = 6
_COMMENT = re.compile(r"\s*\"?(#+|%+|//+)\s?")
_SEP_LINE = re.compile(r"\s*\"?\s*sep\s*=\s*(\\t|.)?\s*\"?\s*", re.IGNORECASE)
_SEPARATORS = ("\t", ";", "|", ",", WIDE, BLANKS)
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
_KIND_FIELD = {"cal", "raw", "uncal", "calibrated", "uncalibrated"}


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


def find_layout(lines: Sequence[str]) -> Layout | None:
    """Find the table among the first lines of a file.

    Parameters
    ----------
    lines : sequence of str
        From the first line of the file.

    Returns
    -------
    Layout or None
        None if no two lines are rows of one table with a column of numbers.
    """
    given = next((m for m in map(_SEP_LINE.fullmatch, lines[:1]) if m), None)
    candidates: tuple[str, ...] = _SEPARATORS
    if given and given[1]:
        candidates = ("\t" if given[1] == "\\t" else given[1],)
    best: tuple[float, Layout] | None = None
    for separator in candidates:
        rows = [split_line(line, separator) if line.strip() else [] for line in lines]
        found = _body(rows, lines, separator)
        if found and (best is None or found[0] > best[0] + 1e-9):
            score, first, width, numeric = found
            best = score, Layout(separator, [""] * width, first, numeric=numeric)
            best[1].blank_last = all(not row[-1] for row in rows[first:] if len(row) == width)
    if best is None:
        return None
    layout = best[1]
    _read_header(layout, lines, 1 if given else 0)
    return layout


def _body(
    rows: list[list[str]], lines: Sequence[str], separator: str
) -> tuple[float, int, int, list[int]] | None:
    """Score, first line, width and columns of numbers of the body under one separator."""
    like = [
        k
        for k, row in enumerate(rows)
        if row and not is_comment(lines[k]) and any(map(is_number, row))
    ]
    if not like:
        return None
    width = _width(rows, like)
    like = [k for k in like if len(rows[k]) == width]
    counted = like[len(like) // 4 :] or like
    numeric = [j for j in range(width) if _is_numeric([rows[k][j] for k in counted])]
    if not numeric:
        return None
    stamped = [
        j
        for j in range(width)
        if j not in numeric and all(re.search(r"\d", rows[k][j]) for k in counted)
    ]
    fits = [_fits(row, width, numeric, stamped) for row in rows]
    shown = [k for k, row in enumerate(rows) if row and not is_comment(lines[k])]
    first = _first_row(rows, shown, fits)
    if first is None:
        return None
    body = [k for k in like if k >= first]
    numbers = sum(is_number(field) or is_missing(field) for k in body for field in rows[k])
    torn = sum(any(s in f for s in ";\t|" if s != separator) for k in body for f in rows[k])
    score = (numbers - 2 * torn) / (len(body) * width) + 0.25 * min(len(body) / 20, 1)
    score -= 1 - len(body) / sum(k >= first for k in shown)
    header = without_comment(lines[_above(lines, first)]) if first else ""
    if width == 1:
        score -= 0.7 if separator in header else 0.8
    elif first and len(split_line(header, separator)) == width:
        score += 0.5
    return score, first, width, numeric


def _above(lines: Sequence[str], first: int) -> int:
    """Index of the last line above the body that is not blank."""
    k = first - 1
    while k > 0 and not lines[k].strip(" \t;,|"):
        k -= 1
    return k


def _width(rows: list[list[str]], like: list[int]) -> int:
    """Number of fields of the body, among the lines with numbers."""
    widths = Counter(len(rows[k]) for k in like)
    # That of most lines; among equals, the one met last: preambles stand first.
    most = max(reversed(list(widths)), key=lambda width: widths[width])
    for width in sorted(widths):
        first = next(k for k in like if len(rows[k]) == width)
        above = [row for row in rows[max(first - 4, 0) : first] if len(row) == width]
        if width > most and any(sum(map(is_clock_name, row)) > 1 for row in above):
            return width  # the columns of slower sensors end earlier, and with them the lines
    return most


def _is_numeric(fields: Sequence[str]) -> bool:
    numbers = sum(map(is_number, fields))
    return numbers > 0 and numbers + sum(map(is_missing, fields)) >= 0.8 * len(fields)


def _fits(row: list[str], width: int, numeric: list[int], stamped: list[int]) -> bool:
    """Whether a line holds numbers where the body does."""
    if len(row) != width:
        return False
    numbers = sum(is_number(row[j]) for j in numeric)
    good = numbers + sum(is_missing(row[j]) for j in numeric)
    return (
        numbers > 0
        and good >= 0.8 * len(numeric)
        and all(re.search(r"\d", row[j]) or is_missing(row[j]) for j in stamped)
    )


def _first_row(rows: list[list[str]], shown: list[int], fits: list[bool]) -> int | None:
    """First line of the body: upward from its end, over single lines that are damaged."""
    k = len(shown) - 1
    while k >= 0 and not fits[shown[k]]:
        k -= 1
    if k < 0:
        return None
    while k > 0:
        torn = any(map(is_number, rows[shown[k - 1]]))
        if fits[shown[k - 1]]:
            k -= 1
        elif k > 1 and fits[shown[k - 2]] and (torn or (k > 2 and fits[shown[k - 3]])):
            k -= 2
        else:
            break
    return shown[k]


def _with_torn_row(layout: Layout, lines: Sequence[str], start: int) -> int:
    """First line of the body, or the one above it if that is a damaged row under the header."""
    above = [k for k in range(start, layout.first) if lines[k].strip(" \t;,|")][-2:]
    if len(above) < 2 or any(is_comment(lines[k]) for k in above):
        return layout.first
    header, torn = (split_line(lines[k], layout.separator) for k in above)
    numbers = any(is_number(torn[j]) for j in layout.numeric if j < len(torn))
    names = len(header) >= len(layout.names) and not any(map(is_number, header))
    return above[1] if numbers and names and not _counts(torn) else layout.first


def _read_header(layout: Layout, lines: Sequence[str], start: int) -> None:
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
    header = _sort_rows(layout, _whole_rows(layout, header))
    passed = [line for line in lines[start : k + 1] if line.strip(" \t;,|")]
    fields = [_statement(without_comment(line), separator) for line in passed]
    layout.above = [[f for f in row if f] for row in fields] + layout.above
    if not header:
        _name_without_header(layout)
    else:
        _join_names(layout, header)
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

    A row of names without a blank that is one too short is no such row: nobody knows which column
    has no name. That of units is then passed over.
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
