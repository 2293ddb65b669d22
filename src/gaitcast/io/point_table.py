"""Markers of a text export of a motion-capture program: Vicon, Motive or Qualisys."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from gaitcast.channel import ANGLE_AXES, VECTOR_AXES, marker_channels
from gaitcast.errors import GaitcastError
from gaitcast.io.columns import Columns
from gaitcast.io.sheet import Sheet
from gaitcast.io.text_numbers import MISSING
from gaitcast.recording import Recording
from gaitcast.signal.plate_corners import laboratory_frame
from gaitcast.units import factor, parse_unit

#: Outputs of Plug-in Gait that have a channel name here.
_JOINT = re.compile(r"([LR])(Hip|Knee|Ankle|Shoulder|Elbow|Wrist)(Angles|Moment)")
_EVENTS = {
    "foot strike": "heel_strike", "heel strike": "heel_strike", "hs": "heel_strike",
    "foot off": "toe_off", "toe off": "toe_off", "to": "toe_off",
}  # fmt: skip


@dataclass
class PointTable:
    """What one export holds.

    Parameters
    ----------
    program : str
        That wrote it.
    rate_hz : float
        Of the frames.
    time_s : numpy.ndarray, shape (n,)
    points : dict of str to numpy.ndarray, shape (n, 3)
        Markers by label, m; NaN where hidden.
    outputs : dict of str to tuple
        Model outputs by label: values (n, 3) and their unit.
    up : str
        Axis that is up, ``"y"`` or ``"z"``; the files do not say.
    events : dict of str to list of float
        Event times, s.
    subject : str
        ``""`` if the file names none.
    notes : list of str
    """

    program: str
    rate_hz: float
    time_s: np.ndarray
    points: dict[str, np.ndarray]
    outputs: dict[str, tuple[np.ndarray, str]] = field(default_factory=dict)
    up: str = "z"
    events: dict[str, list[float]] = field(default_factory=dict)
    subject: str = ""
    notes: list[str] = field(default_factory=list)

    def recording(self, path: str | Path, max_gap_s: float) -> Recording:
        """The recording: z up, x the walking direction.

        Parameters
        ----------
        path : str or Path
            It names the trial, and the subject where the file does not.
        max_gap_s : float
            Longest interval between samples, s, that does not start a new segment.

        Raises
        ------
        GaitcastError
            If there is neither a marker nor a known joint.
        """
        sheet = Sheet(path)
        sheet.notes += self.notes
        for label, values in self.points.items():
            hidden = (values == 0).all(axis=1)  # some programs write 0 for "not seen"
            sheet.add_vector(marker_channels(label), np.where(hidden[:, None], np.nan, values))
        outputs = self.outputs.items()
        unread = [label for label, given in outputs if not _add_joint(sheet, label, *given)]
        if unread:
            more = f" and {len(unread) - 3} more outputs" if len(unread) > 3 else ""
            sheet.notes.append(f"{', '.join(unread[:3])}{more} not read: no joint angle or moment")
        sheet.events = {name: np.sort(np.array(times)) for name, times in self.events.items()}
        gap_s = max(max_gap_s, 2.5 / self.rate_hz)
        recording = sheet.recording(self.time_s, self.rate_hz, gap_s, subject=self.subject)
        if not self.points:
            return recording
        if self.up == "z":
            return laboratory_frame(recording, {})
        up = np.array([0.0, 1.0, 0.0])
        return laboratory_frame(recording, {}, up, f"{self.program}'s usual axes")

    def columns(self) -> Columns:
        """The same as columns for a mapping, ``LASI X`` in m, with a column ``time_s``."""
        found: dict[str, np.ndarray] = {"time_s": self.time_s}
        units = {"time_s": "s"}
        given = {label: (values, "m") for label, values in self.points.items()} | self.outputs
        for label, (values, unit) in given.items():
            for axis, column in zip(VECTOR_AXES, values.T, strict=False):
                found[f"{label} {axis.upper()}"] = column
                units[f"{label} {axis.upper()}"] = unit
        return Columns(found, units, self.rate_hz, notes=self.notes)

    def add_event(self, side: str, name: str, time_s: float) -> None:
        """Keep an event; one without a side or of another kind becomes a note."""
        kind = _EVENTS.get(name.strip().lower().replace("_", " "))
        if side.lower() in ("left", "right") and kind and np.isfinite(time_s):
            self.events.setdefault(f"{side.lower()}_{kind}", []).append(time_s)
        else:
            self.notes.append(f"event '{name}' not read")


def _add_joint(sheet: Sheet, label: str, values: np.ndarray, unit: str) -> bool:
    """Add a model output that is a joint angle or moment; say whether it is one."""
    joint = _JOINT.fullmatch(label)
    known = parse_unit(unit)
    if not joint or values.shape[1] != 3 or known is None:
        return False
    side, name = {"L": "left", "R": "right"}[joint[1]], joint[2].lower()
    kinds = ("angle",) if joint[3] == "Angles" else ("moment", "torque")
    for quantity in kinds:
        try:
            scale = factor(known, quantity)
        except GaitcastError:
            continue
        for axis, column in zip(ANGLE_AXES, values.T, strict=True):
            sheet.add(f"{side}_{name}_{quantity}_{axis}", column * scale)
        return True
    return False


@dataclass(frozen=True)
class ExportText:
    """A text export, as the parsers of the programs take it.

    Parameters
    ----------
    lines : list of str
        Of the whole file.
    where : str
        The file, for errors.
    """

    lines: list[str]
    where: str


def frames_missing(announced: str, found: int) -> list[str]:
    """A warning if a header announces another number of frames than there are.

    Parameters
    ----------
    announced : str
        As the header says it; what is no number announces none.
    found : int
        Frames in the file.

    Returns
    -------
    list of str
        Of one note, or empty.
    """
    word = announced.strip()
    if not word.isdigit() or int(word) == found:
        return []
    return [f"warning: the header announces {int(word)} frames, the file has {found}"]


def number_rows(
    lines: list[list[str]], first_line: int, width: int, where: str
) -> tuple[np.ndarray, list[str]]:
    """Rows of numbers; a blank field is NaN.

    Parameters
    ----------
    lines : list of list of str
        Fields of each line.
    first_line : int
        Number of the first of them in the file.
    width : int
        Number of columns; blank fields at the end of a line may be left out.

    Returns
    -------
    rows : numpy.ndarray, shape (n, width)
    notes : list of str
        A last line that is cut short is left out, with a warning.

    Raises
    ------
    GaitcastError
        With the number of the line that does not hold numbers.
    """
    rows = []
    notes = []
    full = 0  # numbers of the line before
    for k, fields in enumerate(lines):
        bare = list(fields)
        while len(bare) > width and not bare[-1]:
            bare.pop()
        last = k == len(lines) - 1
        try:
            if len(bare) > width:
                raise ValueError
            numbers = [np.nan if f.lower() in MISSING else float(f.replace(",", ".")) for f in bare]
        except ValueError as error:
            if last and k:
                number = first_line + k
                notes.append(f"warning: the last line ({number}) is damaged and left out")
                continue
            what = f"line {first_line + k} does not hold {width} numbers"
            raise GaitcastError(what, where=where) from error
        if last and k and len(bare) < width == full:
            notes.append(f"warning: the last line ({first_line + k}) is cut and left out")
            continue
        full = len(bare)
        rows.append(numbers + [np.nan] * (width - len(bare)))
    return np.array(rows, dtype=float).reshape(-1, width), notes
