"""Several sensors with clocks of their own, joined into one sample."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from queue import Empty, Full, Queue

import numpy as np

from gaitcast.runtime.connections import WAIT_S
from gaitcast.runtime.sources import Samples

#: The fastest packet of so long shows how far a sensor's clock is from this machine's, s.
_WINDOW_S = 5.0
#: A stamp farther than this from where it should be, so many times in a row: the clock began anew.
_ANEW_S, _TIMES = 1.0, 3
#: Samples of each sensor that are kept, and of all that may wait to be joined.
_KEPT, _WAITING = 256, 10_000


class ClockOffset:
    """How far this machine's clock is ahead of a sensor's, from when its packets arrive.

    Notes
    -----
    A packet never arrives before it was sent, and the fastest one of the last seconds had next to
    no delay: the least difference between arrival and stamp is the offset. Minima over the present
    and the last five seconds follow a clock that drifts.
    """

    def __init__(self) -> None:
        self._begun_s = -np.inf
        self._now, self._before, self._away = np.inf, np.inf, 0

    @property
    def offset_s(self) -> float:
        """Present estimate."""
        return min(self._now, self._before)

    def add(self, stamp_s: float, arrived_s: float) -> None:
        """Take the stamp of a packet, and when it arrived on this machine's clock."""
        apart = arrived_s - stamp_s
        self._away = self._away + 1 if abs(apart - self.offset_s) > _ANEW_S else 0
        if self._away >= _TIMES:
            self._now = self._before = np.inf
        if arrived_s - self._begun_s > _WINDOW_S:
            self._begun_s, self._before, self._now = arrived_s, self._now, np.inf
        self._now = min(self._now, apart)


class JoinedClocks:
    """Samples of several sensors into whole samples at the instants of the first.

    Parameters
    ----------
    places : sequence of sequence of int
        Where the values of each source stand in a whole sample.
    channels : int
        Values in a whole sample.
    max_gap_s : float
        Values are interpolated between two samples of a sensor that are no farther apart.
    wait_s : float
        So long a sample waits for the other sensors; what has not come is NaN.
    one_clock : sequence of bool
        Sources whose stamps are on this machine's clock already.
    """

    def __init__(
        self,
        places: Sequence[Sequence[int]],
        channels: int,
        max_gap_s: float,
        wait_s: float,
        one_clock: Sequence[bool],
    ) -> None:
        self._places, self._channels = [list(at) for at in places], channels
        self._max_gap_s, self._wait_s, self._one_clock = max_gap_s, wait_s, list(one_clock)
        self._offsets = [ClockOffset() for _ in places]
        self._kept: list[deque[tuple[float, np.ndarray]]] = [deque(maxlen=_KEPT) for _ in places]
        self._waiting: deque[tuple[float, np.ndarray, float]] = deque(maxlen=_KEPT)

    def add(
        self, source: int, stamp_s: float, values: np.ndarray, arrived_s: float
    ) -> list[tuple[float, np.ndarray]]:
        """Take a sample of one source.

        Parameters
        ----------
        source : int
            Which.
        stamp_s : float
            On its own clock.
        values : numpy.ndarray, shape (its channels,)
            NaN where missing.
        arrived_s : float
            On this machine's clock.

        Returns
        -------
        list of tuple of float and numpy.ndarray, shape (channels,)
            What can be joined now: time on the first source's clock, and a whole sample.
        """
        if not self._one_clock[source]:
            self._offsets[source].add(stamp_s, arrived_s)
        if source == 0:
            self._waiting.append((stamp_s, values, arrived_s))
        else:
            kept = self._kept[source]
            if kept and not stamp_s > kept[-1][0]:
                if kept[-1][0] - stamp_s < _ANEW_S:
                    return []  # repeated or out of order
                kept.clear()
            kept.append((stamp_s, values))
        return self.due(arrived_s)

    def due(self, now_s: float) -> list[tuple[float, np.ndarray]]:
        """What can be joined by now, as :meth:`add`, when nothing new came.

        Parameters
        ----------
        now_s : float
            On this machine's clock.
        """
        made = []
        while self._waiting:
            stamp_s, values, arrived_s = self._waiting[0]
            row = np.full(self._channels, np.nan)
            row[self._places[0]] = values
            whole = True
            for source in range(1, len(self._places)):
                ready, found = self._at(source, stamp_s)
                whole &= ready
                if found is not None:
                    row[self._places[source]] = found
            if not whole and now_s - arrived_s < self._wait_s:
                break
            self._waiting.popleft()
            made.append((stamp_s, row))
        return made

    def _at(self, source: int, stamp_s: float) -> tuple[bool, np.ndarray | None]:
        """Whether waiting is of no use any more, and a source's values at the first one's time."""
        kept = self._kept[source]
        own_s = stamp_s + self._offset_s(0) - self._offset_s(source)
        if not kept or kept[-1][0] < own_s:
            return False, None
        after_s, after = kept[-1]
        for before_s, before in reversed(kept):
            if before_s <= own_s:
                share = (own_s - before_s) / (after_s - before_s) if after_s > before_s else 0.0
                near = after_s - before_s <= self._max_gap_s + 1e-9
                return True, before + share * (after - before) if near else None
            after_s, after = before_s, before
        return True, None

    def _offset_s(self, source: int) -> float:
        return 0.0 if self._one_clock[source] else self._offsets[source].offset_s


def joined_samples(sources: Sequence[Samples], joined: JoinedClocks) -> Samples:
    """Read several sources at once, each in a thread of its own.

    Parameters
    ----------
    sources : sequence of iterator
        They give None from time to time.
    joined : JoinedClocks
        Joins them, in the same order.

    Yields
    ------
    tuple of float and numpy.ndarray, shape (channels,); or None
        Time on the first source's clock and a whole sample; None while nothing comes.

    Raises
    ------
    GaitcastError
        What one of the sources raises.
    """
    came: Queue[tuple[int, float, np.ndarray, float] | Exception] = Queue(_WAITING)
    ended = threading.Event()

    def read(number: int, source: Samples) -> None:
        try:
            for item in source:
                if ended.is_set():
                    return
                if item is not None:
                    came.put((number, *item, time.monotonic()), timeout=1.0)
        except Full:
            return  # samples are taken no more
        except Exception as error:  # it belongs to the thread that takes the samples
            came.put(error)

    threads = [
        threading.Thread(target=read, args=(k, source), daemon=True)
        for k, source in enumerate(sources)
    ]
    for thread in threads:
        thread.start()
    try:
        yield from _taken(came, joined)
    finally:
        ended.set()


def _taken(
    came: Queue[tuple[int, float, np.ndarray, float] | Exception], joined: JoinedClocks
) -> Iterator[tuple[float, np.ndarray] | None]:
    idle_s = time.monotonic()
    while True:
        try:
            item = came.get(timeout=WAIT_S / 10)
        except Empty:
            yield from joined.due(time.monotonic())
            if time.monotonic() - idle_s > WAIT_S:
                idle_s = time.monotonic()
                yield None
            continue
        if isinstance(item, Exception):
            raise item
        idle_s = time.monotonic()
        yield from joined.add(*item)
