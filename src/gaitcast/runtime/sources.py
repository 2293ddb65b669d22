"""Where live samples come from: pairs of a time stamp and a raw sample."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator

import numpy as np

from gaitcast.errors import GaitcastError


def replay(
    time_s: np.ndarray, samples: np.ndarray, *, realtime: bool = False
) -> Iterator[tuple[float, np.ndarray]]:
    """A recording, sample by sample.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        Time stamps.
    samples : numpy.ndarray, shape (n, channels)
        Raw samples.
    realtime : bool
        Wait between samples as the recording did.

    Yields
    ------
    tuple of float and numpy.ndarray, shape (channels,)
        Time stamp and sample.
    """
    begun = time.perf_counter()
    for stamp, sample in zip(time_s, samples, strict=True):
        if realtime:
            time.sleep(max(0.0, stamp - time_s[0] - (time.perf_counter() - begun)))
        yield float(stamp), sample


def text_lines(lines: Iterable[str]) -> Iterator[tuple[float, np.ndarray]]:
    """Comma-separated lines, such as a serial port or another program writes.

    Parameters
    ----------
    lines : iterable of str
        ``time_s,channel 1,channel 2 ...``; empty lines are passed over.

    Yields
    ------
    tuple of float and numpy.ndarray, shape (channels,)
        Time stamp and sample.

    Raises
    ------
    GaitcastError
        If a line holds something else than numbers; it names the line.
    """
    stream = iter(lines)
    number = 0
    while True:
        number += 1
        try:
            line = next(stream, None)
            if line is None:
                return
            if not line.strip():
                continue
            stamp, *values = (float(part) for part in line.split(","))
        except ValueError as error:  # also a byte that is not text
            raise GaitcastError(
                f"line {number} is not comma-separated numbers",
                where="standard input",
                hint="Write time_s and then the bundle's channels in order",
            ) from error
        yield stamp, np.array(values)
