"""Forecasts to the network: a UDP packet each, or lines for all that connect by TCP."""

from __future__ import annotations

import socket
from contextlib import suppress
from typing import Protocol

from gaitcast.errors import GaitcastError
from gaitcast.runtime.addresses import Address
from gaitcast.runtime.forecast import Forecast
from gaitcast.runtime.packets import forecast_line


class Sink(Protocol):
    """Takes forecasts while a stream runs, and never holds it up."""

    def write(self, forecast: Forecast) -> None:
        """Send one, or lose it."""

    def close(self) -> None:
        """Give back what was opened."""


class UdpSink:
    """Sends each forecast as a UDP packet with a line of JSON.

    Parameters
    ----------
    address : Address
        Of the receiver. One that is not there is no error.

    Raises
    ------
    GaitcastError
        If its host is not known.
    """

    def __init__(self, address: Address) -> None:
        try:
            found = socket.getaddrinfo(address.place, address.port, type=socket.SOCK_DGRAM)[0]
        except OSError as error:
            raise GaitcastError(f"no such host '{address.place}'", where=address.text) from error
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


class TcpSink:
    """Listens, and sends each forecast as a line of JSON to all that have connected.

    Parameters
    ----------
    address : Address
        Where to listen. A receiver that does not keep up is disconnected.

    Raises
    ------
    GaitcastError
        If the port is taken or the host is not this machine.
    """

    def __init__(self, address: Address) -> None:
        try:
            self._server = socket.create_server((address.place, address.port))
        except OSError as error:
            raise GaitcastError(
                f"cannot listen: {error.strerror or error}", where=address.text
            ) from error
        self._server.setblocking(False)
        self._receivers: list[socket.socket] = []

    def write(self, forecast: Forecast) -> None:
        """Send one to all of them."""
        with suppress(OSError):  # mostly there is no new one
            receiver, _ = self._server.accept()
            receiver.setblocking(False)
            self._receivers.append(receiver)
        if not self._receivers:
            return
        line = forecast_line(forecast)
        for receiver in list(self._receivers):
            try:
                whole = receiver.send(line) == len(line)
            except OSError:
                whole = False
            if not whole:  # half a line cannot be taken back
                receiver.close()
                self._receivers.remove(receiver)

    def close(self) -> None:
        """Close all sockets."""
        for opened in (*self._receivers, self._server):
            opened.close()
