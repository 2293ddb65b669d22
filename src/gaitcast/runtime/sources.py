"""Where live samples come from: pairs of a time stamp and a raw sample."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from typing import TypeAlias

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.packets import Packets

#: Time stamp and raw sample; None where nothing came for a while.
Samples: TypeAlias = Iterator[tuple[float, np.ndarray] | None]


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


def packet_samples(parts: Iterable[bytes | None], packets: Packets) -> Samples:
    """Samples of packets or lines as they arrive.

    Parameters
    ----------
    parts : iterable of bytes or None
        Lines, or None where nothing came for a while.
    packets : Packets
        Reads them.

    Yields
    ------
    tuple of float and numpy.ndarray, shape (channels,); or None
        Time stamp and sample; None for None.
    """
    for part in parts:
        if part is None:
            yield None
        else:
            yield from packets.samples(part)


def piped_samples(lines: Iterable[str] | Iterable[bytes], packets: Packets) -> Samples:
    """Samples of lines that end, such as another program writes to standard input.

    Parameters
    ----------
    lines : iterable of str or bytes
        See :class:`~gaitcast.runtime.packets.Packets`.
    packets : Packets
        Reads them.

    Yields
    ------
    tuple of float and numpy.ndarray, shape (channels,)
        Time stamp and sample.

    Raises
    ------
    GaitcastError
        At the end, if there were lines and none of them was a sample.
    """
    count = 0
    coded = (line.encode() if isinstance(line, str) else line for line in lines)
    for sample in packet_samples(coded, packets):
        count += 1
        yield sample
    if packets.malformed and not count:
        raise GaitcastError(
            f"none of {packets.malformed} lines is a sample",
            where="standard input",
            hint="Write time_s and then the bundle's channels in order, or JSON by name",
        )
