"""Bytes of a connection that may be lost: whole lines, and connecting again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from gaitcast.runtime.packets import LONGEST_LINE

#: So long a source waits for bytes before it gives None, s.
WAIT_S = 0.2
#: Pauses between attempts to connect, s.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0

#: Gives bytes, None where none came in time, and ``b""`` at the end.
Read = Callable[[], bytes | None]


def reconnecting(
    connect: Callable[[], AbstractContextManager[Read]], where: str, warn: Callable[[str], None]
) -> Iterator[bytes | None]:
    """Whole lines of a connection that is made again whenever it is lost.

    Parameters
    ----------
    connect : callable
        Opens it; an `OSError` or `TimeoutError` is a failed attempt.
    where : str
        Its address, for messages.
    warn : callable
        Gets a line when it is made, lost or tried again.

    Yields
    ------
    bytes or None
        Lines; None while nothing comes.
    """
    pause_s, lost = _FIRST_PAUSE_S, False
    while True:
        try:
            with connect() as read:
                warn(f"connected to {where}")
                pause_s, lost = _FIRST_PAUSE_S, False
                yield from whole_lines(read)
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            reason = "the sender closed the connection"
        if not lost:
            warn(f"{where}: {reason}; trying again")
        lost = True
        until_s = time.monotonic() + pause_s
        while (left_s := until_s - time.monotonic()) > 0:
            time.sleep(min(WAIT_S, left_s))
            yield None
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def whole_lines(read: Read) -> Iterator[bytes | None]:
    """Whole lines; of one that is too long its beginning, which is no sample.

    Parameters
    ----------
    read : callable
        See :data:`Read`.

    Yields
    ------
    bytes or None
        One or more lines; None while nothing comes.
    """
    kept, skipping = b"", False
    while True:
        part = read()
        if part is None:
            yield None
            continue
        if not part:
            return
        if skipping:
            _, end, part = part.partition(b"\n")
            skipping = not end
        whole, _, kept = (kept + part).rpartition(b"\n")
        if whole:
            yield whole
        if len(kept) > LONGEST_LINE:
            yield kept
            kept, skipping = b"", True
