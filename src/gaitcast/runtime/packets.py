"""One line of text for one raw sample, or one forecast: CSV and JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from gaitcast.runtime.forecast import Forecast

#: A longer line is no sample.
LONGEST_LINE = 65_535
#: Of a line that is no sample, so much is shown.
_SHOWN = 60
#: What is known of a wearer, by name.
Known = Mapping[str, float | str]
#: Names of wearers: also names of files.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class Packets:
    """Lines into samples; what is no sample is counted and left out.

    Parameters
    ----------
    channels : sequence of str
        Of a sample, in order.
    warn : callable
        Gets the first line that is no sample.

    Attributes
    ----------
    malformed : int
        Lines that were left out so far.

    Notes
    -----
    A line is ``time_s,value,value ...`` in the order of `channels`, an empty value being none, or
    a JSON object ``{"time_s": 1.25, "right_shank_gyr_x": 3.5}`` whose absent channels have no
    value. Values are in canonical units.
    """

    def __init__(self, channels: Sequence[str], warn: Callable[[str], None]) -> None:
        self._channels, self._warn = tuple(channels), warn
        self.malformed = 0

    def samples(self, packet: bytes) -> list[tuple[float, np.ndarray]]:
        """Samples of a packet.

        Parameters
        ----------
        packet : bytes
            Lines.

        Returns
        -------
        list of tuple of float and numpy.ndarray, shape (channels,)
            Time stamp and sample, NaN where a value is absent.
        """
        return [(time_s, sample) for _, time_s, sample in self._read(packet)]

    def of_wearers(self, packet: bytes) -> list[tuple[str, Known, float, np.ndarray]]:
        """Samples of several wearers: JSON objects with ``wearer``, a name, besides.

        Parameters
        ----------
        packet : bytes
            Lines.

        Returns
        -------
        list of tuple of str, dict, float and numpy.ndarray, shape (channels,)
            Wearer, their ``covariates`` (``{"mass_kg": 72}``; empty where the line has none), time
            stamp and sample; a stamp that is no number where the line asks for ``frames``.
        """
        found = []
        for said, time_s, sample in self._read(packet):
            wearer, known = said.get("wearer"), said.get("covariates", {})
            if isinstance(wearer, str) and _NAME.fullmatch(wearer) and _are_covariates(known):
                found.append((wearer, known, time_s, sample))
            else:
                self.leave_out("samples without the name of a wearer are left out")
        return found

    def _read(self, packet: bytes) -> Iterator[tuple[Mapping[str, Any], float, np.ndarray]]:
        """Of each line that is a sample: what it says by name, time stamp and sample."""
        for line in packet.splitlines():
            if not line.strip():
                continue
            try:
                read = self._sample(line)
            except (ValueError, TypeError, RecursionError, OverflowError):
                shown = line[:_SHOWN].decode("ascii", "replace")
                self.leave_out(f"lines that are no samples are left out, such as {shown!r}")
                continue
            yield read

    def leave_out(self, why: str) -> None:
        """Count what is no sample; the first one is reported."""
        self.malformed += 1
        if self.malformed == 1:
            self._warn(why)

    def _sample(self, line: bytes) -> tuple[Mapping[str, Any], float, np.ndarray]:
        if len(line) > LONGEST_LINE:
            raise ValueError
        text, values = line.decode("utf-8"), dict[str, Any]()
        if text.lstrip().startswith("{"):
            values = json.loads(text)
            row = [values.get(name) for name in self._channels]
            if values.get("frames") is True and "wearer" in values:
                return values, np.nan, np.full(len(row), np.nan)
            stamp = values.get("time_s")
            if any(type(value) not in (int, float, type(None)) for value in (stamp, *row)):
                raise ValueError
        else:
            stamp, *row = (part.strip() or None for part in text.split(","))
            if "_" in text:  # Python reads 1_0 as 10
                raise ValueError
        numbers = [np.nan if value is None else float(value) for value in row]
        given = float(stamp)
        if len(row) != len(self._channels) or not np.isfinite(given) or row.count(None) == len(row):
            raise ValueError
        return values, given, np.array(numbers)


def _are_covariates(known: object) -> bool:
    return isinstance(known, dict) and all(type(v) in (int, float, str) for v in known.values())


def forecast_line(forecast: Forecast) -> bytes:
    """A forecast as a line of JSON.

    Parameters
    ----------
    forecast : Forecast

    Returns
    -------
    bytes
        ``time_s``, ``values`` (steps, targets), ``half_width`` or null, ``age_s`` and ``health``,
        with the end of the line.
    """
    half = forecast.half_width
    content = {
        "time_s": round(float(forecast.time_s), 6),
        "values": np.round(forecast.values.astype(float), 4).tolist(),
        "half_width": None if half is None else np.round(half, 4).tolist(),
        "age_s": round(float(forecast.age_s), 4),
        "health": str(forecast.health),
    }
    return json.dumps(content, separators=(",", ":")).encode() + b"\n"
