"""Kinovea: 2-D trajectories of points tracked in a video, as text or CSV.

The text export has a block of ``time x y`` lines per trajectory. The CSV export of the kinematics
dialogue has a time column and two columns per trajectory. Kinovea knows no sides and no segments:
points keep the names that the user gave them in Kinovea.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.errors import GaitcastError
from gaitcast.io.sheet import Sheet
from gaitcast.recording import Recording, check_time

_TITLE = "Kinovea Trajectory data export"
_AXIS = re.compile(r"(.+?)(?:\s*/\s*|\s+-\s+|\s+|\.)\(?([XY])\)?\s*(?:\((px|mm|cm|m)\))?")
#: A clock such as 0:00:01:04; the last part counts hundredths of a second.
_CLOCK = re.compile(r"(\d+):(\d\d):(\d\d)[:.](\d\d+)")

_Track = tuple[str, np.ndarray, np.ndarray]  # name, times (n,), points (n, 2)


def is_kinovea(head: str) -> bool:
    """Whether a text is the begin of one of Kinovea's exports.

    Parameters
    ----------
    head : str
        First kilobytes of the file.

    Returns
    -------
    bool
        By the title of the text export, or by a time column before pairs of x and y.
    """
    if _TITLE in head[:200]:
        return True
    names = _fields(head.partition("\n")[0])
    pairs = [m for m in map(_AXIS.fullmatch, names[1:]) if m]
    return (
        len(names) >= 3
        and names[0].lower().startswith("time")
        and len(pairs) == len(names) - 1
        and all(a[1] == b[1] for a, b in zip(pairs[::2], pairs[1::2], strict=False))
    )


def read_kinovea(path: str | Path, *, max_gap_s: float = 0.1) -> Recording:
    """Read the trajectories of one video.

    Parameters
    ----------
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Returns
    -------
    Recording
        ``<side>_<name>_marker_x`` (along the picture) and ``_z`` (up), in m where Kinovea was
        calibrated; a note says what was assumed for the unit and the vertical direction.

    Raises
    ------
    GaitcastError
        If there is no trajectory, or a line cannot be read.
    """
    path = Path(path)
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise GaitcastError(error.strerror or "cannot be read", where=str(path)) from error
    blocks = bool(lines) and _TITLE in lines[0]
    tracks, unit = _read_blocks(path, lines) if blocks else _read_columns(path, lines)
    if not tracks:
        raise GaitcastError("no trajectory in the export", where=str(path))
    sheet = Sheet(path)
    time_s = np.unique(np.concatenate([times for _, times, _ in tracks]))
    if len(time_s) < 2:
        raise GaitcastError("fewer than two samples", where=str(path))
    span = np.diff(time_s)
    if np.median(span) > 0.6:  # no camera is this slow: the times are in ms
        time_s, tracks = time_s / 1000, [(n, t / 1000, p) for n, t, p in tracks]
        sheet.notes.append("assumed: times in ms (by their step)")
    check_time(time_s, where=str(path))
    scale = _scale(sheet, unit, tracks)
    for name, times, points in tracks:
        whole = np.full((len(time_s), 2), np.nan)
        whole[np.searchsorted(time_s, times)] = points * scale
        x, _, z = marker_channels(name)
        sheet.add(x, whole[:, 0])
        sheet.add(z, whole[:, 1])
    rate_hz = 1 / float(np.median(np.diff(time_s)))
    return sheet.recording(time_s, rate_hz, max(max_gap_s, 2.5 / rate_hz))


def _fields(line: str) -> list[str]:
    separator = max("\t;,", key=line.count)
    return [field.strip().strip('"') for field in line.split(separator)]


def _number(field: str) -> float:
    return float(field.replace(",", "."))


def _seconds(field: str) -> float:
    clock = _CLOCK.fullmatch(field)
    if clock:
        hours, minutes, seconds = (int(clock[k]) for k in (1, 2, 3))
        return 3600 * hours + 60 * minutes + seconds + int(clock[4]) / 10 ** len(clock[4])
    return _number(field)


def _read_blocks(path: Path, lines: list[str]) -> tuple[list[_Track], str]:
    """Blocks of ``time x y``, separated by empty lines, each perhaps under a line ``# name``."""
    tracks: list[_Track] = []
    rows: list[tuple[float, float, float]] = []
    name = ""

    def close() -> None:
        if rows:
            values = np.array(rows)
            values = values[np.unique(values[:, 0], return_index=True)[1]]
            tracks.append((name or f"point{len(tracks) + 1}", values[:, 0], values[:, 1:]))
            rows.clear()

    for number, line in enumerate(lines[1:], start=2):
        text = line.strip()
        if not text or text.startswith("#"):
            close()
            if text and text.replace(" ", "").upper() != "#TXY":
                name = text.lstrip("# ")
            continue
        try:
            t, x, y = text.split()
            rows.append((_seconds(t), _number(x), _number(y)))
        except ValueError as error:
            raise GaitcastError(f"line {number} is not 'time x y'", where=str(path)) from error
        if len(rows) == 1 and tracks and name == tracks[-1][0]:
            name = ""  # a block without a title of its own
    close()
    return tracks, ""


def _read_columns(path: Path, lines: list[str]) -> tuple[list[_Track], str]:
    names = _fields(lines[0]) if lines else []
    axes = [_AXIS.fullmatch(name) for name in names[1:]]
    if not axes or not all(axes):
        raise GaitcastError("the columns are not a time and pairs of x and y", where=str(path))
    rows = []
    for number, line in enumerate(lines[1:], start=2):
        if not line.strip():
            continue
        fields = _fields(line)
        try:
            if len(fields) != len(names):
                raise ValueError
            rows.append([_seconds(fields[0]), *(_number(f) if f else np.nan for f in fields[1:])])
        except ValueError as error:
            what = f"line {number} does not hold {len(names)} numbers"
            raise GaitcastError(what, where=str(path)) from error
    table = np.array(rows, dtype=float).reshape(-1, len(names))
    tracks: list[_Track] = []
    unit = ""
    for k in range(0, len(axes) - 1, 2):
        match = axes[k]
        assert match is not None
        unit = match[3] or unit
        points = table[:, [k + 1, k + 2]]
        known = np.isfinite(points).all(axis=1)
        if known.any():
            tracks.append((match[1], table[known, 0], points[known]))
    return tracks, unit


def _scale(sheet: Sheet, unit: str, tracks: list[_Track]) -> float:
    """Factor to m; Kinovea's own origin already has y up."""
    if unit == "px":
        raise GaitcastError(
            "the points are in pixels",
            where=str(sheet.path),
            hint="Calibrate the picture in Kinovea and export again",
        )
    if unit in ("m", "cm", "mm"):
        return {"m": 1.0, "cm": 1e-2, "mm": 1e-3}[unit]
    spread = float(np.ptp(np.vstack([points for _, _, points in tracks]), axis=0).max())
    guess, scale = next(
        (word, value)
        for limit, word, value in (
            (8.0, "m", 1.0), (400.0, "cm", 1e-2), (np.inf, "mm (or pixels)", 1e-3)
        )
        if spread <= limit
    )  # fmt: skip
    sheet.notes.append(f"assumed: points in {guess}, y up (the export does not say)")
    return scale
