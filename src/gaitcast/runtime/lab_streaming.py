"""Lab Streaming Layer: samples of an inlet with its clock corrected, forecasts to an outlet."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError, nearest
from gaitcast.runtime.addresses import Address
from gaitcast.runtime.bundle import Card
from gaitcast.runtime.connections import WAIT_S
from gaitcast.runtime.forecast import Forecast
from gaitcast.runtime.sinks import csv_names
from gaitcast.runtime.sources import Samples

_LOOK_S = 1.0


def inlet_samples(
    address: Address, channels: Sequence[str], warn: Callable[[str], None]
) -> Samples:
    """Samples of a stream, on this machine's LSL clock; one that went away is waited for.

    Parameters
    ----------
    address : Address
        Name of the stream.
    channels : sequence of str
        Of a sample, in order. They are found by the labels of the stream's channels; a stream
        without labels must have as many and is taken in order, with a warning.
    warn : callable
        Gets a line when the stream was found.

    Yields
    ------
    tuple of float and numpy.ndarray, shape (channels,); or None
        Time stamp and sample; None while nothing comes.

    Raises
    ------
    GaitcastError
        If pylsl is not installed, or the stream lacks a channel or is no stream of numbers.
    """
    lsl = _pylsl()
    found: list[Any] = []
    warn(f"waiting for the stream '{address.place}'")
    while not found:
        found = lsl.resolve_byprop("name", address.place, 1, _LOOK_S)
        yield None
    if len(lsl.resolve_byprop("name", address.place, 2, WAIT_S)) > 1:
        warn(f"several streams are named '{address.place}'; one of them is taken")
    inlet = lsl.StreamInlet(found[0], max_buflen=10, processing_flags=lsl.proc_clocksync)
    try:
        at = _places(inlet.info(timeout=5.0), channels, address.text, warn)
        while True:
            rows, stamps = inlet.pull_chunk(timeout=WAIT_S, max_samples=256)
            if not stamps:
                yield None
            for stamp, row in zip(stamps, rows, strict=True):
                yield float(stamp), np.array(row, float)[at]
    finally:
        inlet.close_stream()


def _pylsl() -> Any:
    try:
        import pylsl
    except (ImportError, RuntimeError) as error:  # RuntimeError: the library in C is missing
        raise GaitcastError(
            "Lab Streaming Layer needs pylsl", hint="pip install 'gaitcast[lsl]'"
        ) from error
    return pylsl


def _places(
    info: Any, channels: Sequence[str], where: str, warn: Callable[[str], None]
) -> list[int]:
    """Where each channel stands in a row of the stream."""
    if info.channel_format() == _pylsl().cf_string:
        raise GaitcastError("the stream holds text, not numbers", where=where)
    labels = [label or "" for label in info.get_channel_labels() or []]
    if not any(labels):
        if info.channel_count() != len(channels):
            raise GaitcastError(
                f"the stream has {info.channel_count()} channels without labels",
                where=where,
                hint=f"Label them, or send {len(channels)}: {', '.join(channels)}",
            )
        warn(f"{where}: channels have no labels; taken in the order {', '.join(channels)}")
        return list(range(len(channels)))
    for name in channels:
        if labels.count(name) != 1:
            how = "no channel" if name not in labels else "more than one channel"
            raise GaitcastError(
                f"the stream has {how} '{name}'", where=where, hint=nearest(name, labels)
            )
    return [labels.index(name) for name in channels]


class LslSink:
    """Offers forecasts as a stream: a channel for each target of each step ahead.

    Parameters
    ----------
    address : Address
        Name of the stream.
    card : Card
        Of the bundle.
    lsl_clock : bool
        Whether forecasts are stamped by the LSL clock already, as they are where samples come by
        LSL; otherwise each gets the time at which it is sent.

    Raises
    ------
    GaitcastError
        If pylsl is not installed.
    """

    def __init__(self, address: Address, card: Card, *, lsl_clock: bool) -> None:
        lsl = _pylsl()
        names = csv_names(card)[1:]
        info = lsl.StreamInfo(
            address.place,
            "forecast",
            len(names),
            card.rate_hz,
            lsl.cf_float32,
            f"gaitcast-{card.graph_sha256[:16]}",
        )
        info.set_channel_labels(names)
        info.set_channel_units([*card.target_units] * len(card.steps))
        self._outlet, self._lsl_clock = lsl.StreamOutlet(info), lsl_clock
        self._now: Callable[[], float] = lsl.local_clock

    def write(self, forecast: Forecast) -> None:
        """Send one."""
        stamp = forecast.time_s if self._lsl_clock else self._now()
        self._outlet.push_sample(forecast.values.ravel().tolist(), stamp)

    def close(self) -> None:
        """End the stream."""
        del self._outlet
