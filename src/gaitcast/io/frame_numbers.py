"""Numbers of frames beside a stated rate: frames that were lost, and steps of more than one."""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np

from gaitcast.io.columns import Columns
from gaitcast.io.sub_frames import sub_frames

#: Words of columns that number frames, and words that may stand beside them.
_COUNTING = {
    "frame", "frames", "sample", "samples", "packet", "packets", "counter", "packetcounter",
    "index", "idx", "framenumber", "samplenumber", "sampleindex", "bild", "bildnummer", "trame",
}  # fmt: skip
_BESIDE = {"number", "no", "nr", "num", "id", "count", "counter", "data", "row", "i", "n"}
_LEAST = 10
#: Share of rows with jumps from which the numbers are none of frames; usual steps, in steps.
_UNEVEN, _NEXT = 0.2, 1.5
#: Counters start again at these.
_WRAPS = (2.0**8, 2.0**16, 2.0**24, 2.0**32)


@dataclass(frozen=True)
class FrameNumbers:
    """What a column of frame numbers says.

    Parameters
    ----------
    column : str
    steps : numpy.ndarray, shape (rows - 1,)
        Between rows, where the numbers begin anew too.
    wraps_at : float, optional
        Where the numbers begin anew.
    """

    column: str
    steps: np.ndarray
    wraps_at: float | None = None

    @property
    def step(self) -> int:
        """Between two frames, mostly."""
        return int(np.median(self.steps[self.steps > 0]))

    @property
    def jumps(self) -> np.ndarray:
        """Whether frames are missing between two rows, (rows - 1,)."""
        return self.steps > self.step

    @property
    def lost(self) -> int:
        """How many frames are missing."""
        return int(np.round(self.steps[self.jumps] / self.step - 1).sum())

    @property
    def backwards(self) -> int:
        """How often the numbers go back or stand still."""
        return int((self.steps <= 0).sum())


def frame_numbers(columns: Columns) -> FrameNumbers | None:
    """The first column that numbers frames, by its name and its whole numbers."""
    for name, values in columns.items():
        words = {w.lower() for w in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", name)}
        if not words & _COUNTING or words - _COUNTING - _BESIDE:
            continue
        if values.dtype.kind not in "iuf" or len(values) < _LEAST:
            continue
        numbers = values.astype(float)
        if not np.isfinite(numbers).all() or (numbers != np.round(numbers)).any():
            continue
        steps = np.diff(numbers)
        wraps_at = _wraps_at(numbers, steps)
        if wraps_at:
            steps = np.where(steps < -0.5 * wraps_at, steps + wraps_at, steps)
        if (steps > 0).mean() < 0.9:
            continue
        return FrameNumbers(name, steps, wraps_at)
    return None


def _wraps_at(numbers: np.ndarray, steps: np.ndarray) -> float | None:
    top = float(numbers.max())
    back = steps[steps < 0]
    if not len(back):
        return None
    return next((w for w in _WRAPS if 0.9 * w <= top < w and (back < -0.5 * w).all()), None)


def frames_clock(columns: Columns, rate_hz: float) -> tuple[dict[str, object] | None, str]:
    """The clock of frame numbers where some are missing, and what to say of it.

    Parameters
    ----------
    columns : Columns
        As read.
    rate_hz : float
        Of the frames.

    Returns
    -------
    entry : dict or None
        ``time`` of a mapping, in which lost frames are gaps; None where the rows are equally far
        apart, or the numbers cannot be a clock.
    note : str
        A warning; empty where the numbers go up by one.
    """
    found = frame_numbers(columns)
    if found is None:
        return None, _rows_of_frames(columns, rate_hz)
    name, jumps = f"warning: '{found.column}'", int(found.jumps.sum())
    if found.backwards:
        return None, (
            f"{name} goes back or stands still {found.backwards} times: frames are mixed up or "
            "repeated, and every row was taken for the next frame"
        )
    if jumps > _UNEVEN * len(found.steps):
        return None, f"{name} goes up unevenly: is {rate_hz:g} Hz the rate of the rows?"
    notes = []
    if found.step > 1:
        notes.append(
            f"goes up by {found.step}: {rate_hz:g} Hz was taken for the rate of the rows; if it is "
            f"that of the numbers, rate_hz is {rate_hz / found.step:g}"
        )
    if jumps:
        notes.append(f"jumps {jumps} times: {found.lost} frames are missing there (gaps)")
    if not notes:
        return None, ""
    entry: dict[str, object] = {
        "column": found.column, "unit": "s", "scale": 1 / (rate_hz * found.step),
    }  # fmt: skip
    if found.wraps_at:
        entry["wraps_at"] = found.wraps_at
    return entry if jumps else None, f"{name} {'; it '.join(notes)}"


def _rows_of_frames(columns: Columns, rate_hz: float) -> str:
    """A warning where several rows belong to a frame, and no file says the rate."""
    found = sub_frames(columns)
    if found is None or columns.rate_hz is not None:
        return ""
    rows_hz = rate_hz * found.per_frame
    return (
        f"warning: '{found.column}' counts {found.per_frame} rows of each frame: is {rate_hz:g} Hz "
        f"the rate of the rows? If it is that of the frames, rate_hz is {rows_hz:g}"
    )


def frames_against_time(columns: Columns, time_s: np.ndarray) -> str:
    """A warning where frames are missing and the time stamps go on as if none were; else empty.

    Parameters
    ----------
    columns : Columns
        As read.
    time_s : numpy.ndarray, shape (n,)
        Of their rows.
    """
    found = frame_numbers(columns)
    if found is None or len(found.steps) != len(time_s) - 1 or not found.jumps.any():
        return ""
    steps_s = np.diff(time_s)
    hidden = found.jumps & (steps_s < _NEXT * np.median(steps_s))
    if found.jumps.mean() > _UNEVEN or not hidden.any():
        return ""
    return (
        f"warning: '{found.column}' jumps {int(hidden.sum())} times where time goes on by one "
        "sample: frames are missing, and time stamps count rows?"
    )
