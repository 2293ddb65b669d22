"""Where the table is in a text file: what stands above it, its header rows, its separator.

The body is found first: the lines that have as many fields as most lines of numbers have, with
numbers in the same columns. Then the rows directly above it are sorted into names, units, sampling
rates and kinds (``CAL``), and everything above those is read as statements ``key: value``.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from gaitcast.io.clock_groups import is_clock_name
from gaitcast.io.text_header import read_header
from gaitcast.io.text_lines import BLANKS, WIDE, Layout, is_comment, split_line, without_comment
from gaitcast.io.text_numbers import is_missing, is_number

#: Lines looked at, from the first.
HEAD_LINES = 600
_SEP_LINE = re.compile(r"\s*\"?\s*sep\s*=\s*(\\t|.)?\s*\"?\s*", re.IGNORECASE)
_SEPARATORS = ("\t", ";", "|", ",", BLANKS, WIDE)


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
    read_header(layout, lines, 1 if given else 0)
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
    width, ragged = _width(rows, like)
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
    below = sum(k >= first for k in shown)
    if not ragged and len(body) < 0.5 * below:
        return None  # prose, in which some lines happen to look alike
    numbers = sum(is_number(field) or is_missing(field) for k in body for field in rows[k])
    torn = sum(any(s in f for s in ";\t|" if s != separator) for k in body for f in rows[k])
    score = (numbers - 2 * torn) / (len(body) * width) + 0.25 * min(len(body) / 20, 1)
    score -= 1 - len(body) / below
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


def _width(rows: list[list[str]], like: list[int]) -> tuple[int, bool]:
    """Number of fields of the body, and whether shorter lines belong to it too."""
    widths = Counter(len(rows[k]) for k in like)
    # That of most lines; among equals, the one met last: preambles stand first.
    most = max(reversed(list(widths)), key=lambda width: widths[width])
    for width in sorted(widths):
        first = next(k for k in like if len(rows[k]) == width)
        above = [row for row in rows[max(first - 4, 0) : first] if len(row) == width]
        if width > most and any(sum(map(is_clock_name, row)) > 1 for row in above):
            return width, True  # the columns of slower sensors end earlier, and so do the lines
    return most, False


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
