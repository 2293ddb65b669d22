"""Batches made by a thread while the ones before are learnt from."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from queue import Queue
from threading import Event, Thread
from typing import TypeVar

_Batch = TypeVar("_Batch")

#: Batches that wait.
_WAITING = 4


@dataclass(frozen=True)
class _End:
    """There are no more, or an error instead."""

    error: BaseException | None = None


def ahead(batches: Iterable[_Batch]) -> Iterator[_Batch]:
    """The same batches, a few of them made beforehand: reading from disk takes no time then.

    Parameters
    ----------
    batches : iterable
        Gone through in a thread of its own.

    Yields
    ------
    object
        In the same order; an error comes where its batch would.
    """
    waiting: Queue[_Batch | _End] = Queue(_WAITING)
    left = Event()

    def make() -> None:
        try:
            for batch in batches:
                waiting.put(batch)
                if left.is_set():
                    return
            waiting.put(_End())
        except BaseException as error:  # raised where the batches are used
            waiting.put(_End(error))

    thread = Thread(target=make, daemon=True)
    thread.start()
    try:
        while not isinstance(batch := waiting.get(), _End):
            yield batch
        if batch.error is not None:
            raise batch.error
    finally:
        left.set()
        while thread.is_alive():  # it may wait for a place
            while not waiting.empty():
                waiting.get()
            thread.join(0.01)
