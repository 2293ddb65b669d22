"""Columns of text to numbers: decimal signs, thousands, and the words for "no value".

A sign that can be read in two ways is never guessed: ``1,234`` alone is 1234 in one country and
1.234 in the next, so such a column stays text, and a note names the line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import numpy as np

#: What programs write where there is no value, in small letters.
MISSING = (
    "", "nan", "-nan", "+nan", "na", "n/a", "#n/a", "#na", "<na>", "null", "none", "nil", "-", "--",
    "---", "?", ".", "*", "missing", "1.#ind", "-1.#ind", "1.#qnan", "-1.#qnan", "nan(ind)",
    "-nan(ind)", "#div/0!", "#value!", "#num!", "#ref!", "#null!",
)  # fmt: skip
_EXPONENT = r"(?:[eEdD][+-]?\d+)?"
_PLAIN = rf"[+-]?(?:\d+\.?\d*|\.\d+){_EXPONENT}"
_COMMA = rf"[+-]?(?:\d+,?\d*|,\d+){_EXPONENT}"
_THOUSANDS_COMMA = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d*)?"  # 1,234.5
_THOUSANDS_DOT = r"[+-]?\d{1,3}(?:\.\d{3})+(?:,\d*)?"  # 1.234,5
_BLANKS = " '\u2019\u00a0\u202f"
_THOUSANDS_BLANK = rf"[+-]?\d{{1,3}}(?:[{_BLANKS}]\d{{3}})+(?:[.,]\d*)?"
#: One sign and three digits behind one to three: a fraction or a thousand.
_EITHER = r"[+-]?[1-9]\d{0,2}[.,]\d{3}"
_NUMBER = re.compile(
    "|".join(
        (_PLAIN, _COMMA, _THOUSANDS_COMMA, _THOUSANDS_DOT, _THOUSANDS_BLANK, r"[+-]?inf(?:inity)?")
    ),
    re.IGNORECASE,
)
#: Share of numbers above which a word in a column is a damaged number.
_MOSTLY = 0.8


def is_number(field: str) -> bool:
    """Whether a field looks like a number, in the spelling of any country."""
    return _NUMBER.fullmatch(field.strip()) is not None


def decimal_sign(numbers: Sequence[str], separator: str) -> str:
    """The decimal sign of all of some numbers where it is plain to see.

    Parameters
    ----------
    numbers : sequence of str
        Fields that hold numbers.
    separator : str
        Of the table.

    Returns
    -------
    str
        ``"."`` (also of whole numbers) or ``","``; empty where signs are mixed, or where a comma
        may stand before thousands.
    """
    commas = [text for text in numbers if "," in text]
    if not commas:
        return "." if all(re.fullmatch(_PLAIN, text) for text in numbers) else ""
    clear = any(not re.fullmatch(_EITHER, text) for text in commas)
    plain = separator != "," and clear and all(re.fullmatch(_COMMA, text) for text in numbers)
    return "," if plain else ""


def is_missing(field: str) -> bool:
    """Whether a field says that there is no value."""
    return field.strip().lower() in MISSING


def to_arrays(
    columns: Sequence[Any], names: Sequence[str], lines: np.ndarray, separator: str
) -> tuple[list[np.ndarray], list[str]]:
    """Numbers of columns of text, where all their values are numbers.

    Parameters
    ----------
    columns : sequence of pyarrow.ChunkedArray
        Of strings, one a column.
    names : sequence of str
        For the notes.
    lines : numpy.ndarray, shape (n,)
        Number of the line that each row stands in.
    separator : str
        Of the table.

    Returns
    -------
    arrays : list of numpy.ndarray, shape (n,)
        Integers or floats with NaN; text (object) where a value is no number, or where its decimal
        sign is not clear.
    notes : list of str
        ``warning:`` notes on columns that a few values turn into text.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    bare = [pc.utf8_trim_whitespace(column) for column in columns]
    missing = pa.array(MISSING)
    known = [pc.if_else(pc.is_in(pc.utf8_lower(c), missing), None, c) for c in bare]
    context = {_clear_sign(column) for column in known} - {""}
    table_sign = context.pop() if len(context) == 1 else ""
    arrays, notes = [], []
    for column, text, name in zip(known, bare, names, strict=True):
        numbers, trouble = _numbers(column, table_sign, separator)
        if numbers is None:
            numbers = text.to_numpy(zero_copy_only=False)
        if trouble is not None:
            row, reason = trouble
            value = str(text[row].as_py())[:40]
            notes.append(
                f"warning: column '{name}' is text: line {lines[row]} has '{value}'{reason}"
            )
        arrays.append(numbers)
    return arrays, notes


def _numbers(
    column: Any, table_sign: str, separator: str
) -> tuple[np.ndarray | None, tuple[int, str] | None]:
    """Numbers, or None; and the row and reason of what makes a column of numbers text."""
    import pyarrow.compute as pc

    if column.null_count == len(column):
        return np.full(len(column), np.nan), None
    direct = _cast(column)
    if direct is not None:
        if (
            table_sign == ","
            and _all(column, rf"{_EITHER}|[+-]?\d{{1,3}}")
            and _any(column, r".*\..*")
        ):
            return None, (_first(column, _EITHER), ", which may be a fraction or a thousand")
        return direct, None
    if _any(column, _THOUSANDS_BLANK):
        column = pc.replace_substring_regex(column, f"([0-9])[{_BLANKS}]([0-9]{{3}})", r"\1\2")
        column = pc.replace_substring_regex(column, f"([0-9])[{_BLANKS}]([0-9]{{3}})", r"\1\2")
    if _all(column, _PLAIN):
        return _cast(column), None
    if _all(column, _COMMA):
        return _commas(column, table_sign, separator)
    if _all(column, f"{_PLAIN}|{_THOUSANDS_COMMA}") and _any(column, r"\d,\d{3}(?:,\d{3})*\.\d*"):
        return _cast(pc.replace_substring(column, ",", "")), None
    if _all(column, f"{_COMMA}|{_THOUSANDS_DOT}") and _any(column, r".*\d\.\d{3}(?:\.\d{3})*,\d*"):
        return _cast(pc.replace_substring(pc.replace_substring(column, ".", ""), ",", ".")), None
    if _all(column, f"{_PLAIN}|{_COMMA}|{_THOUSANDS_COMMA}|{_THOUSANDS_DOT}"):
        return None, (_first(column, r".*,.*"), ", beside numbers with a decimal point")
    strange = _not_numbers(column)
    if strange.sum() <= (1 - _MOSTLY) * (len(column) - column.null_count):
        return None, (int(strange.argmax()), "")
    return None, None


def _commas(
    column: Any, table_sign: str, separator: str
) -> tuple[np.ndarray | None, tuple[int, str] | None]:
    """Numbers with at most one comma each: decimal commas, unless all may be thousands."""
    import pyarrow.compute as pc

    if _all(column, rf"{_EITHER}|[+-]?\d{{1,3}}"):
        every = _all(column, _EITHER)
        if table_sign == ".":
            return _cast(pc.replace_substring(column, ",", "")), None
        if table_sign != "," and not (every and separator != ","):
            return None, (_first(column, _EITHER), ", which may be a fraction or a thousand")
    return _cast(pc.replace_substring(column, ",", ".")), None


def _clear_sign(column: Any) -> str:
    """The decimal sign that a column of numbers shows for certain, or ``""``."""
    for sign, pattern in ((",", _COMMA), (".", _PLAIN)):
        clear = (
            rf"[+-]?(?:0?|\d{{4,}})[{sign}]\d+|[+-]?\d+[{sign}](?:\d{{1,2}}|\d{{4,}})"
            rf"|[+-]?\d+[{sign}]\d+[eE].*"
        )
        if _any(column, clear) and _all(column, f"{pattern}|{_THOUSANDS_BLANK}"):
            return sign
    return ""


def _cast(column: Any) -> np.ndarray | None:
    import pyarrow as pa
    import pyarrow.compute as pc

    for text in (column, None):
        if text is None:  # signs that Arrow does not read
            if not _all(column, rf"{_PLAIN}|(?i:[+-]?inf(?:inity)?)"):
                return None
            text = pc.replace_substring_regex(pc.utf8_lower(column), r"^\+", "")
            text = pc.replace_substring(text, "d", "e")
        for kind in (pa.int64(), pa.float64()):
            try:
                return text.cast(kind).to_numpy(zero_copy_only=False)
            except pa.ArrowInvalid:
                continue
    return None


def _match(column: Any, pattern: str) -> Any:
    import pyarrow.compute as pc

    return pc.match_substring_regex(column, f"^(?:{pattern})$")


def _all(column: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return pc.all(_match(column, pattern)).as_py() is not False


def _any(column: Any, pattern: str) -> bool:
    import pyarrow.compute as pc

    return pc.any(_match(column, pattern)).as_py() is True


def _first(column: Any, pattern: str) -> int:
    found = _match(column, pattern).fill_null(False).to_numpy(zero_copy_only=False)
    return int(found.argmax())


def _not_numbers(column: Any) -> np.ndarray:
    pattern = f"(?i:{_NUMBER.pattern})"
    return ~_match(column, pattern).fill_null(True).to_numpy(zero_copy_only=False).astype(bool)
