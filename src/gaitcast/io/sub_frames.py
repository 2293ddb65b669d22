"""Sub frames: several rows of a table for each frame, as devices beside cameras have them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

_NAME = re.compile(r"(?i)\W*sub[\s_-]*(?:frame|sample)s?[\s_-]*(?:no|nr|num|number|#|id)?\W*")
_FRAME = re.compile(r"(?i)\W*frames?[\s_-]*(?:no|nr|num|number|#|id)?\W*")
#: Rows that follow the count, at least.
_REGULAR = 0.9


@dataclass(frozen=True)
class SubFrames:
    """A column that numbers the rows within each frame, or has each frame's number in several.

    Parameters
    ----------
    column : str
    per_frame : int
        Rows for each frame.
    """

    column: str
    per_frame: int


def sub_frames(columns: Mapping[str, np.ndarray]) -> SubFrames | None:
    """The column of sub frames, whose count begins anew, or of frames with several rows each."""
    numbers = {
        name: values.astype(float)
        for name, values in columns.items()
        if values.dtype.kind in "iuf" and len(values) > 3 and np.isfinite(values).all()
    }
    for name, values in numbers.items():
        if _NAME.fullmatch(name):
            steps, count = np.diff(values), int(np.ptp(values)) + 1
            regular = float(np.mean((steps == 1) | (steps == 1 - count)))
            if 1 < count < len(values) and regular > _REGULAR:
                return SubFrames(name, count)
    for name, values in numbers.items():
        if _FRAME.fullmatch(name):
            lengths = np.diff(np.flatnonzero(np.diff(values)))
            count = int(np.median(lengths)) if len(lengths) > 1 else 1
            if count > 1 and float(np.mean(lengths == count)) > _REGULAR:
                return SubFrames(name, count)
    return None


def rate_of_rows(
    columns: Mapping[str, np.ndarray], rate_hz: float | None, about: Mapping[str, str]
) -> tuple[float | None, list[str]]:
    """The rate of the rows, where a file states that of the frames.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, shape (n,)
        As read.
    rate_hz : float, optional
        That the file states outside the table.
    about : mapping of str to str
        Its statements, for whether the rate is one of frames.

    Returns
    -------
    rate_hz : float or None
    notes : list of str
        What was assumed; a warning where it is not clear whose rate is stated.
    """
    found = sub_frames(columns)
    if found is None or rate_hz is None:
        return rate_hz, []
    rows_hz = rate_hz * found.per_frame
    counted = f"'{found.column}' counts {found.per_frame} rows of each frame"
    words = " ".join(key.lower() for key, value in about.items() if f"{rate_hz:g}" in value)
    if re.search(r"frame|fps|camera|video|capture", words):
        note = f"assumed: {counted}: {rows_hz:g} Hz, of the {rate_hz:g} frames a second stated"
        return rows_hz, [note]
    return rate_hz, [
        f"warning: {counted}: {rate_hz:g} Hz was taken for the rate of the rows; if it is that of "
        f"the frames, rate_hz is {rows_hz:g}"
    ]
