"""TRC: marker positions as text, of OpenSim, OpenCap, Pose2Sim, Vicon, Qualisys or Motive."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.errors import GaitcastError
from gaitcast.io.columns import Columns
from gaitcast.io.frame_numbers import frames_against_time
from gaitcast.io.marker_people import is_of, other_people
from gaitcast.io.marker_unit import MarkerSizes, marker_sizes
from gaitcast.io.number_lines import measured_rate, rows_of_numbers, text_of
from gaitcast.io.sentinels import sentinel_note, without_sentinels
from gaitcast.io.sheet import Sheet
from gaitcast.units import factor, parse_unit

#: Gait is recorded at such rates, Hz.
_RATES_HZ = (10.0, 5000.0)


def read_markers(sheet: Sheet, path: str | Path) -> np.ndarray:
    """Add the markers of a TRC file to a sheet.

    The header is compared with the data: where its unit makes no person of the markers, the unit
    that does is taken, and two that might are refused; where its rate is another than that of the
    time stamps, the stamps count, unless their rate is none of gait. Warnings say so.

    Parameters
    ----------
    sheet : Sheet
        Gets markers in m, on the file's axes, and notes.
    path : str or Path
        Of the file.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Time stamps, s.

    Raises
    ------
    GaitcastError
        If the header or a number cannot be read, or two units are as likely.
    """
    lines = text_of(path)
    if len(lines) < 5 or not lines[0].lower().startswith("pathfiletype"):
        raise GaitcastError("not a TRC file: its header is missing", where=str(path))
    names = [name.strip() for name in lines[3].split("\t")[2:] if name.strip()]
    if not names:
        raise GaitcastError("the TRC header names no marker", where=str(path))
    # Below the names stand X1 Y1 Z1 ..., and mostly a blank line.
    first = next((k for k in range(4, len(lines)) if re.match(r"\s*[-+\d]", lines[k])), len(lines))
    rows = rows_of_numbers(path, lines[first:], first, 2 + 3 * len(names), holes=True)
    header = _header(lines)
    _compare_counts(sheet, header, rows, names)
    points = rows[:, 2:].reshape(len(rows), len(names), 3)
    others, several = other_people(names)
    sheet.notes += [several] if several else []
    mine = [k for k, name in enumerate(names) if not is_of(name, others)]
    names, points = [names[k] for k in mine], points[:, mine]
    hidden = (points == 0).all(axis=2)
    points = np.where(hidden[:, :, None], np.nan, points)
    for k, name in enumerate(names):
        for axis in range(3):
            points[:, k, axis], sentinels = without_sentinels(points[:, k, axis])
            sheet.notes += [sentinel_note(name, sentinels)] if sentinels and not axis else []
    known = np.abs(points[np.isfinite(points)])
    middle = float(np.median(known)) if len(known) else 0.0
    scale = factor(_unit(sheet, header, marker_sizes(names, points), middle), "pos")
    for k, name in enumerate(names):
        sheet.add_vector(marker_channels(name.split(":", 1)[-1]), points[:, k] * scale)
    time_s = _time(sheet, header, rows[:, 1])
    hidden = frames_against_time(Columns({"Frame": rows[:, 0]}), time_s)
    sheet.notes += [hidden] if hidden else []
    return time_s


def _header(lines: list[str]) -> dict[str, str]:
    keys = lines[1].split("\t") if "\t" in lines[1].strip() else lines[1].split()
    values = lines[2].split("\t") if "\t" in lines[2].strip() else lines[2].split()
    pairs = zip(keys, values, strict=False)
    return {key.strip().lower(): value.strip() for key, value in pairs if value.strip()}


def _compare_counts(
    sheet: Sheet, header: dict[str, str], rows: np.ndarray, names: list[str]
) -> None:
    for key, word, there in (
        ("numframes", "frames", len(rows)),
        ("nummarkers", "markers", len(names)),
    ):
        announced = header.get(key, "")
        if announced.isdigit() and int(announced) != there:
            sheet.notes.append(
                f"warning: the header announces {announced} {word}, the file has {there}"
            )


def _unit(sheet: Sheet, header: dict[str, str], sizes: MarkerSizes, middle: float) -> str:
    said = header.get("units", "")
    unit = parse_unit(said)
    fitting = sizes.fitting()
    if unit is None or unit not in ("mm", "cm", "dm", "m", "in", "ft", "um"):
        words = f"the file says '{said}'" if said else "the file does not say"
        unit = fitting[0] if fitting else "mm" if middle > 20 else "m"
        _refuse_several(sheet, fitting, words)
        sheet.notes.append(f"assumed: markers in {unit} ({words})")
        return unit
    wrong = sizes.contradict(unit)
    if not wrong and not sizes.is_doubtful(unit):
        return unit
    span_m = (sizes.span or 0.0) * factor(unit, "pos")
    words = f"the header says {said}, which makes the markers span {span_m:.3g} m"
    if wrong:
        _refuse_several(sheet, fitting, words)
    taken = f"read as {fitting[0]}" if fitting and wrong else "check the unit"
    sheet.notes.append(f"warning: {words}: {taken}")
    return fitting[0] if fitting and wrong else unit


def _refuse_several(sheet: Sheet, fitting: list[str], words: str) -> None:
    if len(fitting) > 1:
        raise GaitcastError(
            f"markers in {' or '.join(fitting)}? {words}",
            where=str(sheet.path),
            hint="Write the right unit under Units in the third line of the file",
        )


def _time(sheet: Sheet, header: dict[str, str], time_s: np.ndarray) -> np.ndarray:
    stated_hz = _positive(header.get("datarate", "")) or _positive(header.get("camerarate", ""))
    steps = np.diff(time_s)
    if stated_hz is None or len(steps) < 2 or not (steps > 0).all():
        return time_s
    seen_hz = measured_rate(time_s)
    if abs(seen_hz / stated_hz - 1) < 0.02:
        return time_s
    words = f"warning: DataRate is {stated_hz:g} Hz, but Time runs at {seen_hz:.4g} Hz"
    if _RATES_HZ[0] <= seen_hz <= _RATES_HZ[1]:
        sheet.notes.append(f"{words}: Time was taken")
        return time_s
    for unit in ("ms", "us"):
        if abs(seen_hz / factor(unit, "time") / stated_hz - 1) < 0.02:
            sheet.notes.append(f"{words}: Time is in {unit}")
            return time_s * factor(unit, "time")
    counts = "Time counts frames" if np.allclose(steps, 1) else "DataRate was taken"
    sheet.notes.append(f"{words}: {counts}")
    return (time_s - time_s[0]) / steps.mean() / stated_hz


def _positive(text: str) -> float | None:
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        return None
    return value if np.isfinite(value) and value > 0 else None
