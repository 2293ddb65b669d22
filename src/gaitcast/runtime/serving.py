"""A server for many wearers: each sends UDP packets, and gets its forecasts back."""

from __future__ import annotations

import json
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.addresses import Address
from gaitcast.runtime.batch import Forecasts
from gaitcast.runtime.binary_packets import SAMPLES, forecast_frames, read_samples
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
#: Packets that are taken before their samples are computed.
_MOST_PACKETS = 4096
#: Who sent a packet.
Sender = tuple[str, int]


@dataclass(frozen=True)
class _Part:
    """Samples of one packet: of whom, and their numbers if it is a binary one, else 0."""

    sender: Sender
    rows: np.ndarray
    time_s: np.ndarray
    samples: np.ndarray
    numbers: np.ndarray


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
        :mod:`gaitcast.runtime.binary_packets`.
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

    def answer(self) -> None:
        """One round: all packets that wait, up to a bound."""
        parts = list[_Part]()
        for _ in range(_MOST_PACKETS):
            try:
                packet, sender = self._opened.recvfrom(LONGEST_LINE)
            except OSError:  # none waits, or one that was sent could not be delivered
                break
            if packet.startswith(SAMPLES):
                parts.append(self._framed(packet, sender))
            else:
                parts += self._lines(packet, sender)
        rows = np.concatenate([np.zeros(0, int), *(part.rows for part in parts)])
        if not len(rows):
            return
        time_s = np.concatenate([part.time_s for part in parts])
        samples = np.concatenate([part.samples for part in parts])
        made = self._wearers.push_all(rows, time_s, samples, time.monotonic())
        owner, numbers = np.zeros(rows.max() + 1, int), np.zeros(rows.max() + 1, np.uint32)
        for number, part in enumerate(parts):  # the newest packet of a wearer says where they are
            owner[part.rows], numbers[part.rows] = number, part.numbers
        for number in np.unique(owner[made.rows]):
            at = np.flatnonzero(owner[made.rows] == number)
            self._send(made, at, numbers[made.rows[at]], parts[number].sender)

    def _framed(self, packet: bytes, sender: Sender) -> _Part:
        try:
            numbers, time_s, samples = read_samples(packet, self._count)
        except ValueError as error:
            self._packets.leave_out(f"packets that are no samples are left out ({error})")
            numbers, time_s, samples = np.zeros(0, int), np.zeros(0), np.zeros((0, self._count))
        rows = self._wearers.rows_of(numbers)
        known = rows >= 0
        return _Part(sender, rows[known], time_s[known], samples[known], numbers[known])

    def _lines(self, packet: bytes, sender: Sender) -> list[_Part]:
        found = []
        for wearer, known, time_s, sample in self._packets.of_wearers(packet):
            if wearer not in self._wearers and not self._admitted(wearer, known, sender):
                continue
            if np.isnan(time_s):
                self._wearers.heard(wearer, time.monotonic())
                answer = {"wearer": wearer, "number": self._wearers.number(wearer)}
                self._say(json.dumps(answer).encode() + b"\n", sender)
                continue
            row = np.array([self._wearers.row(wearer)])
            found.append(_Part(sender, row, np.array([time_s]), sample[None], np.zeros(1, int)))
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

    def _send(self, made: Forecasts, at: np.ndarray, numbers: np.ndarray, sender: Sender) -> None:
        """Some forecasts, each under its wearer's number, or with the name where that is 0."""
        framed = numbers > 0
        if framed.any():
            for packet in forecast_frames(numbers[framed], made, at[framed]):
                self._say(packet, sender)
        for place in at[~framed].tolist():
            line = forecast_line(self._wearers.forecast(made, place))
            self._say(_mark(self._wearers.name(int(made.rows[place]))) + line[1:], sender)

    def _say(self, packet: bytes, sender: Sender) -> None:
        with suppress(OSError):
            self._opened.sendto(packet, sender)


def _mark(wearer: str) -> bytes:
    return f'{{"wearer":{json.dumps(wearer)},'.encode()
