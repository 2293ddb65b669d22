"""A server for many wearers: each sends UDP packets, and gets its forecasts back."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.addresses import Address
from gaitcast.runtime.connections import WAIT_S
from gaitcast.runtime.packets import LONGEST_LINE, Known, Packets, forecast_line
from gaitcast.runtime.sockets import bound
from gaitcast.runtime.stream import Signals
from gaitcast.runtime.wearer import beyond_training
from gaitcast.runtime.wearers import Wearers

#: A wearer that sends nothing for so long has left, s.
LEAVES_AFTER_S = 60.0
#: Who is refused hears of it this often, s, and so many of them are remembered.
_AGAIN_S, _REMEMBERED = 1.0, 10_000


def serve_wearers(
    wearers: Wearers,
    channels: tuple[str, ...],
    address: Address,
    warn: Callable[[str], None],
    ended: Callable[[], bool] = bool,
) -> None:
    """Serve until the process is asked to end.

    Parameters
    ----------
    wearers : Wearers
        They are admitted with their first sample.
    channels : tuple of str
        Of a sample.
    address : Address
        ``udp://HOST:PORT`` to listen at. Packets are JSON with ``wearer``, ``time_s`` and channels;
        the first one also with ``covariates``, ``{"mass_kg": 72}``, if the bundle asks for some.
        Forecasts go back to where they come from, with ``wearer``.
    warn : callable
        Gets a line when a wearer comes, goes or is refused.
    ended : callable
        Asked now and then whether to stop.

    Raises
    ------
    Interrupted
        On SIGINT or SIGTERM (in the main thread), once the packet at work is done.
    GaitcastError
        If the address cannot be listened at.
    """
    packets, refused, signals = Packets(channels, warn), dict[str, float](), Signals()
    with bound(address, socket.SOCK_DGRAM) as opened, signals.taken():
        opened.settimeout(WAIT_S)
        looked_s = time.monotonic()
        try:
            while not ended():
                try:
                    packet, sender = opened.recvfrom(LONGEST_LINE)
                except TimeoutError:
                    packet = b""
                with signals.held():
                    for wearer, known, time_s, sample in packets.of_wearers(packet):
                        for line in _answer(wearers, wearer, known, time_s, sample, refused, warn):
                            with suppress(OSError):
                                opened.sendto(line, sender)
                if time.monotonic() - looked_s > WAIT_S:
                    looked_s = time.monotonic()
                    for wearer in wearers.leave_silent(looked_s, LEAVES_AFTER_S):
                        warn(f"wearer '{wearer}' left")
        finally:
            wearers.leave_silent(np.inf, 0.0)


def _answer(
    wearers: Wearers,
    wearer: str,
    known: Known,
    time_s: float,
    sample: np.ndarray,
    refused: dict[str, float],
    warn: Callable[[str], None],
) -> list[bytes]:
    now_s, mark = time.monotonic(), f'{{"wearer":{json.dumps(wearer)},'.encode()
    if wearer not in wearers:
        if now_s - refused.get(wearer, -np.inf) < _AGAIN_S:
            return []
        try:
            engine = wearers.admit(wearer, known)
            warn(f"wearer '{wearer}' came")
            for line in beyond_training(known, engine.card.covariate_range):
                warn(f"wearer '{wearer}': {line}")
        except GaitcastError as error:
            if len(refused) >= _REMEMBERED:
                refused.clear()
            refused[wearer] = now_s
            warn(str(error))
            return [mark + f'"error":{json.dumps(error.what)}}}\n'.encode()]
    made = wearers.push(wearer, time_s, sample, now_s)
    return [mark + forecast_line(forecast)[1:] for forecast in made]
