"""Which column of a table is the clock, in which unit, and its seconds."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.clock_units import CANDIDATES, TICKS_100NS, Scale, other_scale, scale_by_level
from gaitcast.io.columns import Columns
from gaitcast.units import factor, parse_unit

#: The usual one where nothing else is known.
DEFAULT_HZ = 100.0
_TIME_WORDS = {
    "time", "t", "timestamp", "timestamps", "seconds", "sec", "secs", "second", "elapsed", "epoch",
    "epoc", "clock", "unix", "utc", "datetime", "date", "sampletimefine", "milliseconds", "millis",
    "microseconds", "micros", "nanoseconds", "ms", "us", "ns", "system", "device", "local", "host",
    "relative", "recording", "sensor", "cal", "raw", "s", "min", "minutes", "stamp", "zeit", "x",
    "h", "hours", "gmt", "of", "day", "iso", "wall", "sync", "sampling", "days", "datenum",
    "excel", "matlab", "serial", "number", "ticks", "tick", "filetime", "windows", "net",
    "datenumber", "julian", "mjd", "zeitstempel", "temps", "tiempo", "tempo", "sekunden",
    "horodatage", "uhrzeit", "secondes", "segundos",
}  # fmt: skip
#: At least one of these, or the unit, makes a column a clock.
_SURE = {
    "time", "t", "timestamp", "timestamps", "seconds", "sec", "secs", "elapsed", "epoch", "epoc",
    "clock", "unix", "datetime", "date", "sampletimefine", "milliseconds", "millis",
    "microseconds", "micros", "nanoseconds", "stamp", "zeit", "utc", "datenum", "filetime", "ticks",
    "days", "zeitstempel", "temps", "tiempo", "tempo", "sekunden", "horodatage", "uhrzeit",
}  # fmt: skip
#: Column -> unit, of devices that fix it.
_FIXED = {"sampletimefine": "us"}
_UNITS = (*CANDIDATES, "day")
#: Ticks of a length: (0.1 ms), [1/100 s], or at the end of a name, time_100ns.
_LENGTH = r"(?:(1)\s*/\s*(\d+)|(\d+(?:[.,]\d+)?(?:e-?\d+)?))"
_TICKS = re.compile(rf"[\[(]\s*{_LENGTH}\s*([a-zA-Zµμ]+)\s*[\])]")
_TICKS_OF_ROW = re.compile(rf"\s*{_LENGTH}\s*([a-zA-Zµμ]+)\s*")
_TICKS_AT_END = re.compile(r"(?:(?<=[_ ])|(?<=[a-z]))()()(\d+)([nuµm]s)$")
#: How dates and times of the day are written.
_PATTERN = re.compile(r"(?i)[hmsdyf:./\- ]+|utc|gmt|local|unix|epoch|iso.?\d*|24h?")
_WRAPS = (2.0**8, 2.0**16, 2.0**24, 2.0**32)
_ISO = "iso"


@dataclass(frozen=True)
class Clock:
    """The clock of a table.

    Parameters
    ----------
    entry : dict, optional
        ``time`` of a mapping; without it the rows are ``1 / rate_hz`` apart.
    rate_hz : float
        Nominal rate.
    column : str
        The column; empty where there is none.
    notes : tuple of str
        What was assumed, and warnings.
    stated : bool
        False where neither a column nor the file gives the rate.
    """

    entry: dict[str, Any] | None
    rate_hz: float
    column: str
    notes: tuple[str, ...]
    stated: bool = True


def find_clock(columns: Columns) -> Clock:
    """The clock of a table, by the names of columns and their values.

    Parameters
    ----------
    columns : Columns
        As read.

    Returns
    -------
    Clock
        A stated unit goes first; else the one unit in which the rate is one of gait. A column that
        is not understood is never taken silently: the rate is then the stated one, or 100 Hz with a
        warning.
    """
    counted = []
    for name, values in columns.items():
        if not _is_time(columns, name):
            continue
        if values.dtype.kind not in "iuf":
            found = _of_text(name, values)
        elif _counts(values) and not _stated(columns, name):
            counted.append(name)
            continue
        else:
            found = _of_numbers(columns, name, values)
        if found is not None:
            return _against_stated(found, columns)
    return _without(columns, counted)


def _is_time(columns: Columns, name: str) -> bool:
    words = _words(name)
    bracket = re.search(r"[\[(]([^\])]*)[\])]", name)
    inside = bracket[1].strip() if bracket else ""
    if inside and not (_time_unit(inside) or _ticks(columns, name) or _PATTERN.fullmatch(inside)):
        return False  # a percentage, frames, ticks of no known length
    delsys = words == {"x"} and _stated(columns, name) == "s"
    return delsys or (bool(words & _SURE) and not words - _TIME_WORDS)


def _words(name: str) -> set[str]:
    plain = re.sub(r"[\[(].*?[\])]", " ", name)
    parts = re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+", plain)
    joined = re.sub(r"[^a-z]", "", plain.lower())
    found = {part.lower() for part in parts}
    return {joined} if joined in _FIXED or joined in _SURE else found


def _ticks(columns: Columns, name: str) -> tuple[float, str] | None:
    """Number and unit of the ticks that a column counts, where its name or unit gives them."""
    row = _TICKS_OF_ROW.fullmatch(columns.units.get(name, ""))
    found = _TICKS.search(name) or row or _TICKS_AT_END.search(name.strip())
    unit = _time_unit(found[4]) if found else ""
    if found is None or not unit:
        return None
    size = 1 / float(found[2]) if found[1] else float(found[3].replace(",", "."))
    return (size, unit) if size else None


def _time_unit(text: str) -> str:
    unit = "day" if text.strip() == "d" else parse_unit(text)
    return unit if unit in _UNITS else ""


def _stated(columns: Columns, name: str) -> str:
    """Unit of a column of times: in brackets, in a row of units, or in its name."""
    if ticks := _ticks(columns, name):
        return ticks[1]
    bracket = re.search(r"[\[(]([^\])]*)[\])]", name)
    texts = [bracket[1] if bracket else "", columns.units.get(name, "")]
    plain = re.sub(r"[^a-z]", "", name.lower())
    if plain in _FIXED:
        return _FIXED[plain]
    words = re.sub(r"(?i)\bof[ _]?day\b|(?<=[a-z])OfDay\b", " ", name.replace("_", " "))
    texts += [w for w in re.findall(r"[A-Za-z]+", words) if len(w) > 1]
    return next((unit for unit in map(_time_unit, filter(None, texts)) if unit), "")


def _counts(values: np.ndarray) -> bool:
    """Whether a column counts rows: 0, 1, 2 ... or 1, 2, 3 ..."""
    known = values[np.isfinite(values)]
    return len(known) > 2 and known[0] in (0, 1) and bool((np.diff(known) == 1).all())


def _of_numbers(columns: Columns, name: str, values: np.ndarray) -> Clock | None:
    wraps_at = _wraps(values)
    seconds = _unwrapped(values.astype(float), wraps_at) if wraps_at else values.astype(float)
    finite = seconds[np.isfinite(seconds)]
    steps = np.diff(finite)
    if len(steps) < 2 or (steps > 0).mean() < 0.9 or len(finite) < len(seconds):
        return None
    step, stated, notes = _usual_step(steps), _stated(columns, name), []
    ticks = _ticks(columns, name)
    scale = Scale(stated, ticks[0] if ticks else 1.0) if stated else None
    likely = scale_by_level(finite, step)
    if not scale and _words(name) & {"tick", "ticks"} and str(likely) != str(TICKS_100NS):
        return None  # of no known length
    if scale and not scale.makes_gait(step) and likely:
        makes_hz = 1 / (step * scale.seconds)
        notes.append(
            f"warning: '{name}' says {scale}, which makes {makes_hz:.4g} Hz; its step of {step:g} "
            f"fits {likely}, which was taken"
        )
        scale = likely
    elif not scale and likely:
        scale = likely
        makes_hz = 1 / (step * scale.seconds)
        other = other_scale(scale, finite, step)
        if other:
            notes.append(
                f"warning: '{name}' in {scale} makes {makes_hz:.4g} Hz; in {other} it were "
                f"{1 / (step * other.seconds):.4g} Hz"
            )
        elif str(scale) != "s":
            notes.append(f"assumed: '{name}' in {scale} (its step is {step:g})")
    elif not likely and not (scale and scale.makes_gait(step)):
        notes.append(f"warning: '{name}' steps by {step:g}: no unit makes a rate of gait of it")
    scale = scale or Scale("s")
    entry: dict[str, Any] = {"column": name, "unit": scale.unit}
    if scale.ticks != 1:
        entry["scale"] = scale.ticks
    if wraps_at:
        entry["wraps_at"] = wraps_at
        notes.append(f"assumed: '{name}' starts again after {wraps_at:.0f}")
    return Clock(entry, _nominal(1 / (step * scale.seconds)), name, tuple(notes))


def _usual_step(steps: np.ndarray) -> float:
    """The step between two samples without a gap; of coarse stamps, their mean."""
    middle = float(np.median(steps[steps > 0]))
    if len(np.unique(steps)) > 0.05 * len(steps) + 20:  # not coarse
        return middle
    near = steps[(steps >= 0) & (steps < 2.5 * middle)]
    mean = float(near.mean())
    return mean if abs(mean / middle - 1) < 0.1 else middle


def _wraps(values: np.ndarray) -> float | None:
    """Where a counter begins anew, if it does."""
    if values.dtype.kind not in "iuf" or not np.isfinite(values).all() or not len(values):
        return None
    falls = np.diff(values.astype(float))
    back = falls[falls < 0]
    if not len(back) or len(back) > 0.1 * len(falls):
        return None
    top = float(values.max())
    return next((w for w in _WRAPS if 0.9 * w <= top < w and (back < -0.8 * w).all()), None)


def _unwrapped(values: np.ndarray, wraps_at: float) -> np.ndarray:
    turns = np.concatenate([[0], np.cumsum(np.diff(values) < -0.5 * wraps_at)])
    return values + wraps_at * turns


def _of_text(name: str, values: np.ndarray) -> Clock | None:
    try:
        seconds = _iso_seconds(values, name)
    except GaitcastError:
        return None
    steps = np.diff(seconds)
    if len(steps) < 2 or (steps > 0).mean() < 0.9:
        return None
    rate_hz = _nominal(1 / float(np.median(steps[steps > 0])))
    return Clock({"column": name, "unit": _ISO}, rate_hz, name, ())


def _iso_seconds(values: np.ndarray, name: str) -> np.ndarray:
    """Seconds since the first of some dates, or times of the day."""
    import pandas as pd

    texts = pd.Series([str(v).strip().replace(",", ".") for v in values])
    try:
        if texts.str.fullmatch(r"\d{1,3}:\d\d(:\d\d(\.\d+)?|\.\d+)?").all():
            spans = pd.to_timedelta(texts.where(texts.str.count(":") == 2, "0:" + texts))
            seconds = spans.dt.total_seconds().to_numpy(float)
            seconds = _unwrapped(seconds, 86_400.0)  # past midnight
        else:
            stamps = pd.to_datetime(texts, format="ISO8601", utc=True)
            seconds = (stamps - stamps.iloc[0]).dt.total_seconds().to_numpy(float)
    except (ValueError, TypeError, OverflowError) as error:
        raise GaitcastError(
            f"column '{name}' holds no dates or times: '{texts.iloc[0]}'",
            hint="Write them like 2024-03-01T10:00:00.020 or 10:00:00.020",
        ) from error
    return seconds - seconds[0]


def _nominal(rate_hz: float) -> float:
    near = round(rate_hz)
    return float(near) if near >= 1 and abs(rate_hz / near - 1) < 0.005 else float(f"{rate_hz:.6g}")


def _against_stated(clock: Clock, columns: Columns) -> Clock:
    """A rate that the file states outside the table has to agree."""
    stated = columns.rate_hz
    if stated is None or abs(stated / clock.rate_hz - 1) < 0.05:
        return clock
    note = (
        f"warning: the file states {stated:g} Hz, but '{clock.column}' runs at {clock.rate_hz:g} Hz"
    )
    return Clock(clock.entry, clock.rate_hz, clock.column, (*clock.notes, note))


def _without(columns: Columns, counted: list[str]) -> Clock:
    if columns.rate_hz is not None:
        note = f"the rate of {columns.rate_hz:g} Hz is the one that the file states"
        return Clock(None, columns.rate_hz, "", (note,))
    rising = counted or list(_rising(columns))
    seen = f"; '{rising[0]}' {'counts rows' if counted else 'increases steadily'}" if rising else ""
    note = (
        f"warning: assumed {DEFAULT_HZ:g} Hz, no column was understood as the clock{seen}: write "
        "rate_hz, or time = { column = ..., unit = ... }, into a mapping"
    )
    return Clock(None, DEFAULT_HZ, "", (note,), stated=False)


def _rising(columns: Columns) -> Iterator[str]:
    for name, values in columns.items():
        if values.dtype.kind in "iuf" and len(values) > 2:
            known = values[np.isfinite(values)].astype(float)
            if len(known) > 2 and (np.diff(known) > 0).all():
                yield name


def clock_seconds(
    columns: Mapping[str, np.ndarray], entry: Mapping[str, Any], where: str
) -> np.ndarray:
    """Time stamps of a table.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, shape (n,)
        As read.
    entry : dict
        ``time`` of a mapping: ``column``, ``unit`` (``iso`` for dates and times of the day),
        perhaps ``scale`` and ``wraps_at``.
    where : str
        Said in an error.

    Returns
    -------
    numpy.ndarray, shape (n,)
        s; dates since the first of them.

    Raises
    ------
    GaitcastError
        If the column holds no dates, or no numbers.
    """
    values = columns[str(entry["column"])]
    if entry["unit"] == _ISO:
        try:
            return _iso_seconds(values, str(entry["column"]))
        except GaitcastError as error:
            raise GaitcastError(error.what, where=where, hint=error.hint) from error
    numbers = values.astype(float)
    if "wraps_at" in entry:
        numbers = _unwrapped(numbers, float(entry["wraps_at"]))
    unit = parse_unit(str(entry["unit"])) or str(entry["unit"])
    return numbers * float(entry.get("scale", 1.0)) * factor(unit, "time")
