"""Samples from, and forecasts to, the network: UDP packets and TCP lines."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from urllib.parse import urlsplit

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.engine import Forecast
from gaitcast.runtime.packets import LONGEST_LINE, Packets, forecast_line

_WAIT_S = 0.2
#: Pauses between attempts to connect, s.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.1, 5.0

Samples = Iterator[tuple[float, np.ndarray]]


def network_address(text: str) -> tuple[str, str, int]:
    """Read an address such as ``udp://127.0.0.1:9000``.

    Parameters
    ----------
    text : str
        Without a host, as in ``udp://:9000``, it is this machine's loopback.

    Returns
    -------
    tuple of str, str and int
        ``udp`` or ``tcp``, host, port.

    Raises
    ------
    GaitcastError
        If it is no such address.
    """
    try:
        parts = urlsplit(text)
        kind, host, port = parts.scheme, parts.hostname or "127.0.0.1", parts.port
    except ValueError:
        kind, host, port = "", "", None
    if kind not in ("udp", "tcp") or port is None or parts.path or parts.query:
        raise GaitcastError(
            f"'{text}' is no address", hint="Such as udp://127.0.0.1:9000 or tcp://HOST:PORT"
        )
    return kind, host, port


def network_samples(address: str, packets: Packets, say: Callable[[str], None]) -> Samples:
    """Samples as they arrive, until the process is asked to end.

    Parameters
    ----------
    address : str
        ``udp://HOST:PORT`` to listen there, ``tcp://HOST:PORT`` to connect to a sender of lines.
    packets : Packets
        Reads them.
    say : callable
        Gets a line when a connection is made, lost or tried again.

    Yields
    ------
    tuple of float and numpy.ndarray, shape (channels,)
        Time stamp of the sender and sample.

    Raises
    ------
    GaitcastError
        If the address cannot be listened at.
    """
    kind, host, port = network_address(address)
    made = _udp(host, port) if kind == "udp" else _tcp(host, port, say)
    return _read(made, packets, say)


def _read(parts: Iterator[bytes], packets: Packets, say: Callable[[str], None]) -> Samples:
    """Samples of packets; the first line that is none is said, even if no good one ever comes."""
    warned = False
    for part in parts:
        found = packets.samples(part)
        if packets.malformed and not warned:
            warned = True
            say("lines that are no samples are left out")
        yield from found


def _udp(host: str, port: int) -> Iterator[bytes]:
    try:
        opened = _bound(host, port)
    except OSError as error:
        raise GaitcastError(
            f"cannot listen: {error.strerror or error}", where=f"udp://{host}:{port}"
        ) from error
    with opened:
        while True:
            with suppress(TimeoutError):
                yield opened.recvfrom(LONGEST_LINE)[0]


def _bound(host: str, port: int) -> socket.socket:
    opened = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    try:
        opened.bind((host, port))
    except OSError:
        opened.close()
        raise
    opened.settimeout(_WAIT_S)
    return opened


def _tcp(host: str, port: int, say: Callable[[str], None]) -> Iterator[bytes]:
    pause_s, lost = _FIRST_PAUSE_S, False
    while True:
        try:
            with socket.create_connection((host, port), timeout=5.0) as opened:
                say(f"connected to tcp://{host}:{port}")
                opened.settimeout(_WAIT_S)
                pause_s, lost = _FIRST_PAUSE_S, False
                yield from _lines(opened)
        except OSError as error:
            reason = error.strerror or str(error)
        else:
            reason = "the sender closed the connection"
        if not lost:
            say(f"tcp://{host}:{port}: {reason}; trying again")
        lost = True
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)


def _lines(opened: socket.socket) -> Iterator[bytes]:
    """Whole lines; of one that is too long its beginning, which is no sample."""
    kept, skipping = b"", False
    while True:
        try:
            part = opened.recv(LONGEST_LINE)
        except TimeoutError:
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


class UdpSink:
    """Sends each forecast as a UDP packet with a line of JSON.

    Parameters
    ----------
    address : str
        ``udp://HOST:PORT``. A receiver that is not there is no error.

    Raises
    ------
    GaitcastError
        If it is no address of that kind, or its host is not known.
    """

    def __init__(self, address: str) -> None:
        kind, host, port = network_address(address)
        if kind != "udp":
            raise GaitcastError("forecasts are sent by UDP", where=address, hint="udp://HOST:PORT")
        try:
            found = socket.getaddrinfo(host, port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise GaitcastError(f"no such host '{host}'", where=address) from error
        self._to = found[4]
        self._socket = socket.socket(found[0], socket.SOCK_DGRAM)
        self._socket.setblocking(False)  # a full buffer must not hold up the next sample

    def write(self, forecast: Forecast) -> None:
        """Send one, or lose it."""
        with suppress(OSError):
            self._socket.sendto(forecast_line(forecast), self._to)

    def close(self) -> None:
        """Close the socket."""
        self._socket.close()
