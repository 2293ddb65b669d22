"""Samples from the network: UDP packets, and lines of a TCP connection in either direction."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

from gaitcast.errors import GaitcastError
from gaitcast.runtime.addresses import Address
from gaitcast.runtime.connections import WAIT_S, Read, reconnecting
from gaitcast.runtime.packets import LONGEST_LINE

#: Bytes of packets that may wait; the system may allow fewer.
_BUFFER = 1 << 22


def udp_packets(address: Address) -> Iterator[bytes | None]:
    """Packets that arrive at a port.

    Parameters
    ----------
    address : Address
        Where to listen.

    Yields
    ------
    bytes or None
        A packet; None while nothing comes.

    Raises
    ------
    GaitcastError
        If the port is taken or the host is not this machine.
    """
    with bound(address, socket.SOCK_DGRAM) as opened:
        opened.settimeout(WAIT_S)
        while True:
            try:
                yield opened.recvfrom(LONGEST_LINE)[0]
            except TimeoutError:
                yield None


def tcp_lines(address: Address, warn: Callable[[str], None]) -> Iterator[bytes | None]:
    """Lines of a sender that is connected to, again and again.

    Parameters
    ----------
    address : Address
        Of the sender.
    warn : callable
        Gets a line when the connection is made, lost or tried again.

    Returns
    -------
    iterator of bytes or None
        Lines; None while nothing comes.
    """

    @contextmanager
    def connect() -> Iterator[Read]:
        with socket.create_connection((address.place, address.port), timeout=5.0) as opened:
            yield _reader(opened)

    return reconnecting(connect, address.text, warn)


def accepted_lines(address: Address, warn: Callable[[str], None]) -> Iterator[bytes | None]:
    """Lines of a sender that connects to us; one at a time.

    Parameters
    ----------
    address : Address
        Where to listen.
    warn : callable
        Gets a line when a sender comes or goes.

    Yields
    ------
    bytes or None
        Lines; None while nothing comes.

    Raises
    ------
    GaitcastError
        If the port is taken or the host is not this machine.
    """
    with bound(address, socket.SOCK_STREAM) as server:
        server.listen(1)
        server.settimeout(5.0)

        @contextmanager
        def accept() -> Iterator[Read]:
            opened, _ = server.accept()
            with opened:
                yield _reader(opened)

        yield from reconnecting(accept, address.text, warn)


def _reader(opened: socket.socket) -> Read:
    opened.settimeout(WAIT_S)

    def read() -> bytes | None:
        with suppress(TimeoutError):
            return opened.recv(LONGEST_LINE)
        return None

    return read


def bound(address: Address, kind: socket.SocketKind) -> socket.socket:
    """A socket at an address of this machine.

    Parameters
    ----------
    address : Address
        Where.
    kind : socket.SocketKind
        For packets or connections.

    Raises
    ------
    GaitcastError
        If the port is taken or the host is not this machine.
    """
    opened = socket.socket(socket.AF_INET, kind)
    try:
        if kind == socket.SOCK_STREAM:
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        else:  # packets that come while a sample is at work must not be lost
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _BUFFER)
        opened.bind((address.place, address.port))
    except OSError as error:
        opened.close()
        raise GaitcastError(
            f"cannot listen: {error.strerror or error}", where=address.text
        ) from error
    return opened
