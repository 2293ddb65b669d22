"""A server for many wearers: each sends UDP packets, and gets its forecasts back."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.addresses import Address
from gaitcast.runtime.batch import Forecasts
from gaitcast.runtime.connections import WAIT_S
from gaitcast.runtime.frames import SAMPLES, forecast_frames, read_samples
from gaitcast.runtime.packets import LONGEST_LINE, Known, Packets, forecast_line
from gaitcast.runtime.sockets import bound
from gaitcast.runtime.stream import Signals
from gaitcast.runtime.wearer import beyond_training
from gaitcast.runtime.wearers import Wearers

#: A wearer that sends nothing for so long has left, s.
LEAVES_AFTER_S = 60.0
#: Who is refused hears of it this often, s, and so many of them are remembered.
_AGAIN_S, _REMEMBERED = 1.0, 10_000
#: Packets that are taken before their samples are computed.
_MOST_PACKETS = 4096
#: Who sent a packet; and rows, times and samples of some wearers.
Sender = tuple[str, int]
Samples = tuple[np.ndarray, np.ndarray, np.ndarray]


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
        Forecasts go back to where they come from, with ``wearer``. One with ``"frames": true``
        instead of a sample is answered with the wearer's ``number`` for binary packets, see
        :mod:`gaitcast.runtime.frames`.
    warn : callable
        Gets a line when a wearer comes, goes or is refused.
    ended : callable
        Asked now and then whether to stop.

    Raises
    ------
    Interrupted
        On SIGINT or SIGTERM (in the main thread), once the packets at work are done.
    GaitcastError
        If the address cannot be listened at.
    """
    signals = Signals()
    with bound(address, socket.SOCK_DGRAM) as opened, signals.taken():
        opened.setblocking(False)
        server = _Server(wearers, channels, opened, warn)
        looked_s = time.monotonic()
        try:
            while not ended():
                if select.select([opened], [], [], WAIT_S)[0]:
                    with signals.held():
                        server.answer()
                if time.monotonic() - looked_s > WAIT_S:
                    looked_s = time.monotonic()
                    for wearer in wearers.leave_silent(looked_s, LEAVES_AFTER_S):
                        warn(f"wearer '{wearer}' left")
        finally:
            wearers.leave_silent(np.inf, 0.0)


class _Server:
    """Takes the packets that wait, and answers them together."""

    def __init__(
        self,
        wearers: Wearers,
        channels: tuple[str, ...],
        opened: socket.socket,
        warn: Callable[[str], None],
    ) -> None:
        self._wearers, self._opened, self._warn = wearers, opened, warn
        self._count, self._packets = len(channels), Packets(channels, warn)
        self._refused: dict[str, float] = {}
        #: By row: where the forecasts go, and whether as binary packets, under which number.
        self._to: dict[int, tuple[Sender, int]] = {}

    def answer(self) -> None:
        """One round: all packets that wait, up to a bound."""
        parts = []
        for _ in range(_MOST_PACKETS):
            try:
                packet, sender = self._opened.recvfrom(LONGEST_LINE)
            except OSError:  # none waits, or one that was sent could not be delivered
                break
            if packet.startswith(SAMPLES):
                parts.append(self._framed(packet, sender))
            else:
                parts += self._lines(packet, sender)
        if parts:
            rows, time_s, samples = (np.concatenate(one) for one in zip(*parts, strict=True))
            self._send(self._wearers.push_all(rows, time_s, samples, time.monotonic()))

    def _framed(self, packet: bytes, sender: Sender) -> Samples:
        try:
            numbers, time_s, samples = read_samples(packet, self._count)
        except ValueError as error:
            self._packets.leave_out(f"packets that are no samples are left out ({error})")
            numbers, time_s, samples = np.zeros(0, int), np.zeros(0), np.zeros((0, self._count))
        rows = self._wearers.rows_of(numbers)
        known = rows >= 0
        for row, number in zip(rows[known].tolist(), numbers[known].tolist(), strict=True):
            self._to[row] = sender, number
        return rows[known], time_s[known], samples[known]

    def _lines(self, packet: bytes, sender: Sender) -> list[Samples]:
        found = []
        for wearer, known, time_s, sample in self._packets.of_wearers(packet):
            if wearer not in self._wearers and not self._admitted(wearer, known, sender):
                continue
            row = self._wearers.row(wearer)
            if np.isnan(time_s):
                answer = {"wearer": wearer, "number": self._wearers.number(wearer)}
                self._say(json.dumps(answer).encode() + b"\n", sender)
                continue
            self._to[row] = sender, 0
            found.append((np.array([row]), np.array([time_s]), sample[None]))
        return found

    def _admitted(self, wearer: str, known: Known, sender: Sender) -> bool:
        now_s = time.monotonic()
        if now_s - self._refused.get(wearer, -np.inf) < _AGAIN_S:
            return False
        try:
            engine = self._wearers.admit(wearer, known)
        except GaitcastError as error:
            if len(self._refused) >= _REMEMBERED:
                self._refused.clear()
            self._refused[wearer] = now_s
            self._warn(str(error))
            self._say(_mark(wearer) + f'"error":{json.dumps(error.what)}}}\n'.encode(), sender)
            return False
        self._warn(f"wearer '{wearer}' came")
        for line in beyond_training(known, engine.card.covariate_range):
            self._warn(f"wearer '{wearer}': {line}")
        return True

    def _send(self, made: Forecasts) -> None:
        framed: dict[Sender, tuple[list[int], list[int]]] = {}
        for place, row in enumerate(made.rows.tolist()):
            sender, number = self._to[row]
            if number:
                at, numbers = framed.setdefault(sender, ([], []))
                at.append(place)
                numbers.append(number)
            else:
                line = forecast_line(self._wearers.forecast(made, place))
                self._say(_mark(self._wearers.name(row)) + line[1:], sender)
        for sender, (at, numbers) in framed.items():
            for packet in forecast_frames(np.array(numbers), made, np.array(at)):
                self._say(packet, sender)

    def _say(self, packet: bytes, sender: Sender) -> None:
        with suppress(OSError):
            self._opened.sendto(packet, sender)


def _mark(wearer: str) -> bytes:
    return f'{{"wearer":{json.dumps(wearer)},'.encode()
