"""Samples in, forecasts out, until the source ends or the process is asked to end."""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.forecast import Forecast
from gaitcast.runtime.recorder import Recorder
from gaitcast.runtime.sinks import RowFile, StateFile


class Interrupted(SystemExit):
    """SIGINT or SIGTERM came; `code` is the exit code, 128 and the signal's number."""


class Signals:
    """SIGINT and SIGTERM become `Interrupted`, but never in the middle of a sample."""

    def __init__(self) -> None:
        self._held = False
        self._came: int = 0

    def _take(self, number: int, frame: FrameType | None) -> None:
        del frame
        if self._held and not self._came:  # a second signal does not wait
            self._came = number
        else:
            raise Interrupted(128 + number)

    @contextmanager
    def held(self) -> Iterator[None]:
        """While a sample is at work a signal waits until all of it is done."""
        self._held = True
        try:
            yield
        finally:
            self._held = False
        if self._came:
            raise Interrupted(128 + self._came)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Take the signals, and give them back afterwards."""
        before: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():  # no other may
            for number in (int(signal.SIGINT), int(signal.SIGTERM)):
                if signal.getsignal(number) != signal.SIG_IGN:  # as for a job in the background
                    before[number] = signal.signal(number, self._take)
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def run_stream(
    samples: Iterable[tuple[float, np.ndarray] | None],
    push: Callable[[float, np.ndarray], list[Forecast]],
    watch: Callable[[float, list[Forecast], float], None],
    *,
    idle: Callable[[float], object] = float,
    rows: RowFile | None = None,
    kept: Sequence[StateFile] = (),
    recorder: Recorder | None = None,
) -> None:
    """Push every sample of a source; rows and state on disk are never far behind.

    Parameters
    ----------
    samples : iterable of tuple of float and numpy.ndarray, shape (channels,); or None
        A source, see :mod:`gaitcast.runtime.opening`. Nothing of it is kept.
    push : callable
        Of time stamp and sample, such as :meth:`gaitcast.runtime.Engine.push`.
    watch : callable
        Called after each sample with its time stamp, the forecasts it gave, and the microseconds
        that took.
    idle : callable
        Called, while nothing comes, with the present on the source's clock, such as
        :meth:`gaitcast.runtime.Engine.overdue`.
    rows : RowFile, optional
        Gets each forecast as it comes.
    kept : sequence of StateFile
        State and profile: kept while samples come, and saved at the end, when a sample is refused,
        and when the stream is interrupted. They are always those after the last sample of `rows`.
    recorder : Recorder, optional
        Gets each sample and its forecasts.

    Raises
    ------
    Interrupted
        On SIGINT or SIGTERM (in the main thread), once the sample at work is done.
    GaitcastError
        If the source, or a sample, is wrong, or a file cannot be written.
    """
    signals, whole = Signals(), True
    stamp, came_s = np.nan, 0.0
    with signals.taken():
        try:
            for item in samples:
                if item is None:
                    if np.isfinite(stamp):
                        idle(stamp + time.monotonic() - came_s)
                        if recorder is not None:
                            with signals.held():
                                recorder.keep()
                    continue
                (stamp, sample), came_s = item, time.monotonic()
                with signals.held():
                    whole = False
                    begun = time.perf_counter_ns()
                    try:
                        made = push(stamp, sample)
                    except GaitcastError:  # refused before anything changed
                        whole = True
                        raise
                    took_us = (time.perf_counter_ns() - begun) / 1000
                    if rows is not None:
                        for forecast in made:
                            rows.write(forecast)
                    if recorder is not None:
                        recorder.add(stamp, sample, made)
                    whole = True
                    for file in kept:
                        file.keep()
                watch(stamp, made, took_us)
        finally:
            if kept and whole:
                with signals.held():
                    for file in kept:
                        file.save()
