"""XDF files of the Lab Streaming Layer: streams as columns, markers as events.

Time stamps are brought onto the clock of the recording computer with the measured clock offsets,
and those of regular streams are smoothed by a straight line within each run without a break, unless
their header says that samples may be lost.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from pathlib import Path

import numpy as np

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.io.columns import Columns
from gaitcast.io.xdf_chunks import Stream, read_streams
from gaitcast.runtime.recorder_streams import FORECAST
from gaitcast.signal.antialias import onto_clock

#: A longer break between samples is a pause, not jitter: s, and samples.
_BREAK_S = 1.0
_BREAK_SAMPLES = 500
_EVENT = re.compile(
    r"(?i)(left|right|l|r)?[ _-]*(heel[ _-]*strike|foot[ _-]*strike|initial[ _-]*contact|hs|ic"
    r"|toe[ _-]*off|foot[ _-]*off|to)[ _-]*(left|right|l|r)?"
)


def xdf_columns(path: str | Path) -> Columns:
    """Columns of the streams of an XDF file.

    Parameters
    ----------
    path : str or Path
        ``.xdf``, or packed as ``.xdfz``.

    Returns
    -------
    Columns
        ``time_s`` from the first sample, and the channels of the stream with most channels and of
        those with its rate, brought onto its clock; named by their labels, with the stream's name
        before them where there are several streams and the label is no channel name. A stream of
        another rate has a time column of its own (``EMG time_s``) and its own length. Forecasts,
        which ``gaitcast stream --record`` writes beside the samples, are left out. Markers that
        name a side and a heel strike or a toe-off are events.

    Raises
    ------
    GaitcastError
        If the file is damaged or holds no stream of numbers.
    """
    path = Path(path)
    try:
        streams, notes = read_streams(path)
    except (OSError, EOFError, ValueError, OverflowError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise GaitcastError(f"cannot read the XDF file: {reason}", where=str(path)) from error
    measured = [s for s in streams if s.format != "string" and s.kind.lower() != FORECAST]
    found = [(stream, _clock(stream, notes)) for stream in measured]
    numbers = [(stream, time_s) for stream, time_s in found if len(time_s) > 1]
    if not numbers:
        raise GaitcastError("no stream of the XDF file holds numbers", where=str(path))
    main, main_s = max(numbers, key=lambda pair: (len(pair[0].labels), pair[0].rate_hz))
    start = float(main_s[0])
    columns: dict[str, np.ndarray] = {"time_s": main_s - start}
    units = {"time_s": "s"}
    names = _names([stream for stream, _ in numbers])
    for stream, time_s in sorted(numbers, key=lambda pair: pair[0] is not main):
        values = np.vstack(stream.values)
        own = names[id(stream)]
        if stream is not main and _same_rate(stream, main):
            values = onto_clock(time_s, values, stream.rate_hz, main_s, main.rate_hz)
            notes.append(f"stream '{stream.name}' interpolated onto the clock of '{main.name}'")
        elif stream is not main:
            columns[f"{stream.name} time_s"] = time_s - start
            units[f"{stream.name} time_s"] = "s"
            notes.append(
                f"stream '{stream.name}' has another rate ({stream.rate_hz:g} Hz) and a "
                f"time column of its own, '{stream.name} time_s'; a mapping takes one clock"
            )
        for name, unit, column in zip(own, stream.units, values.T, strict=True):
            columns[name] = column
            if unit:
                units[name] = unit
    events = _events(streams, start, notes)
    about = {stream.name: stream.kind for stream in streams}
    return Columns(columns, units, main.rate_hz or None, about, notes, events)


def _same_rate(one: Stream, other: Stream) -> bool:
    return other.rate_hz > 0 and abs(one.rate_hz / other.rate_hz - 1) < 0.02


def _names(streams: list[Stream]) -> dict[int, list[str]]:
    """Names of the channels of each stream, none twice."""
    taken: set[str] = {"time_s"}
    labels = Counter(label for stream in streams for label in stream.labels)
    own = {label for label, count in labels.items() if count == 1 and _is_channel(label)}
    found: dict[int, list[str]] = {}
    for stream in streams:
        prefix = f"{stream.name} " if len(streams) > 1 else ""
        names = []
        for k, label in enumerate(stream.labels):
            name = free = label if label in own else f"{prefix}{label or f'channel{k + 1}'}"
            count = 2
            while free in taken:
                free = f"{name}.{count}"
                count += 1
            taken.add(free)
            names.append(free)
        found[id(stream)] = names
    return found


def _is_channel(label: str) -> bool:
    try:
        Channel.parse(label)
    except GaitcastError:
        return False
    return True


def _clock(stream: Stream, notes: list[str]) -> np.ndarray:
    """Times of the samples on the clock of the recording computer, s."""
    if not stream.time_s:
        return np.empty(0)
    time_s = np.concatenate(stream.time_s)
    time_s = _complete(time_s, stream.rate_hz)
    if not np.isfinite(time_s).all():
        notes.append(f"warning: stream '{stream.name}' has samples without a time; it is left out")
        return np.empty(0)
    offsets = np.array([pair for pair in stream.offsets if np.isfinite(pair).all()])
    if len(offsets):
        time_s = time_s + _offset(offsets, time_s, stream.name, notes)
    return _smooth(time_s) if stream.rate_hz > 0 and not stream.drops else time_s


def _complete(time_s: np.ndarray, rate_hz: float) -> np.ndarray:
    """Samples without a stamp follow the last one at the nominal rate."""
    given = np.isfinite(time_s)
    if given.all() or not given.any() or not rate_hz:
        return time_s
    last = np.maximum.accumulate(np.where(given, np.arange(len(time_s)), -1))
    return np.where(last >= 0, time_s[last] + (np.arange(len(time_s)) - last) / rate_hz, np.nan)


def _offset(offsets: np.ndarray, time_s: np.ndarray, name: str, notes: list[str]) -> np.ndarray:
    """Offset of the stream's clock at each sample: a straight line through the measured ones."""
    at, values = offsets.T
    if len(at) < 3 or np.ptp(at) <= 0:
        return np.full(len(time_s), float(np.median(values)))
    slope, level = np.polyfit(at - at[0], values, 1)
    rest = values - level - slope * (at - at[0])
    if np.abs(rest).max() > 0.02 or abs(slope) > 1e-3:
        notes.append(
            f"warning: the clock offset of stream '{name}' jumps by {1e3 * np.ptp(values):.0f} ms: "
            "the nearest measured offset is used"
        )
        return np.interp(time_s, at, values)
    return level + slope * (time_s - at[0])


def _smooth(time_s: np.ndarray) -> np.ndarray:
    """Equally spaced times within each run without a break."""
    steps = np.diff(time_s)
    usual = float(np.median(steps)) if len(steps) else 0.0
    breaks = np.flatnonzero(
        (np.abs(steps) > _BREAK_S) & (np.abs(steps) > _BREAK_SAMPLES * max(usual, 0.0))
    )
    smoothed = time_s.copy()
    for begin, stop in zip([0, *(breaks + 1)], [*(breaks + 1), len(time_s)], strict=True):
        if stop - begin > 2:
            k = np.arange(stop - begin)
            slope, level = np.polyfit(k, time_s[begin:stop] - time_s[begin], 1)
            smoothed[begin:stop] = time_s[begin] + level + slope * k
    return smoothed


def _events(streams: list[Stream], start: float, notes: list[str]) -> dict[str, np.ndarray]:
    found: dict[str, list[float]] = {}
    unread: dict[str, int] = {}
    for stream in streams:
        if stream.format != "string" or not stream.words:
            continue
        for time_s, word in zip(_clock(stream, notes), stream.words, strict=False):
            match = _EVENT.fullmatch(word.strip())
            side = (match[1] or match[3] or "")[:1].lower() if match else ""
            if not match or not side:
                unread[word] = unread.get(word, 0) + 1
                continue
            kind = "toe_off" if re.match(r"(?i)t|foot[ _-]*off", match[2]) else "heel_strike"
            name = f"{'left' if side == 'l' else 'right'}_{kind}"
            found.setdefault(name, []).append(float(time_s) - start)
    if unread:
        shown = ", ".join(f"'{word[:30]}'" for word in list(unread)[:3])
        notes.append(f"{sum(unread.values())} markers are no gait events: {shown}")
    return {name: np.sort(times) for name, times in found.items()}
