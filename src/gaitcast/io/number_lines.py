"""Text files with a header and rows of numbers below it, as OpenSim and its friends write them."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.text_encoding import read_text


def text_of(path: str | Path) -> list[str]:
    """Lines of a text file, in whatever encoding it is.

    Parameters
    ----------
    path : str or Path
        Of the file.

    Returns
    -------
    list of str
        Without line ends.

    Raises
    ------
    GaitcastError
        If it cannot be read, or is no text.
    """
    try:
        return read_text(path)[0].split("\n")
    except (OSError, ValueError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise GaitcastError(reason or "cannot be read", where=str(path)) from error


def rows_of_numbers(
    path: str | Path, lines: list[str], first: int, columns: int, *, holes: bool = False
) -> np.ndarray:
    """Rows of numbers.

    Parameters
    ----------
    path : str or Path
        Said in an error.
    lines : list of str
        Blank ones are passed over.
    first : int
        Lines above them.
    columns : int
        Numbers in each.
    holes : bool
        Whether an empty field between tabs is NaN.

    Returns
    -------
    numpy.ndarray, shape (n, columns)
        A comma is a decimal sign where no point is in the file and tabs stand between the numbers.

    Raises
    ------
    GaitcastError
        With the number of the first bad line.
    """
    comma = any("," in line for line in lines) and not any("." in line for line in lines)
    rows = []
    for number, line in enumerate(lines, start=first + 1):
        if not line.strip():
            continue
        tabs = "\t" in line.strip()
        fields = line.rstrip("\r\n").split("\t") if tabs else line.split()
        while len(fields) > columns and not fields[-1].strip():
            fields.pop()
        fields += [""] * (columns - len(fields)) if holes and "\t" in line else []
        if len(fields) != columns:
            raise GaitcastError(
                f"line {number} has {len(fields)} values for {columns} columns", where=str(path)
            )
        try:
            texts = [f.replace(",", ".") for f in fields] if comma and tabs else fields
            rows.append([float(text) if text.strip() else np.nan for text in texts])
        except ValueError as error:
            raise GaitcastError(f"line {number} is not numeric", where=str(path)) from error
    return np.array(rows, dtype=float).reshape(-1, columns)


def measured_rate(time_s: np.ndarray) -> float:
    """The nominal rate of time stamps, which files round.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        At least two, increasing.

    Returns
    -------
    float
        Hz; a whole number where it is within 0.2 % of one.
    """
    span = np.diff(time_s)
    rate_hz = 1 / float(span[span < 1.5 * np.median(span)].mean())
    near = round(rate_hz)
    return float(near) if near and abs(rate_hz / near - 1) < 2e-3 else rate_hz
