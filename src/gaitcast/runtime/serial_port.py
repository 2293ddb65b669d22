"""Samples from a serial port: the same lines as over the network."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from gaitcast.errors import GaitcastError
from gaitcast.runtime.addresses import Address
from gaitcast.runtime.connections import WAIT_S, Read, reconnecting

_BAUD = 115_200


def serial_lines(address: Address, warn: Callable[[str], None]) -> Iterator[bytes | None]:
    """Lines of a serial port, which is opened again when its cable was pulled.

    Parameters
    ----------
    address : Address
        Device, and ``baud`` (default 115200).
    warn : callable
        Gets a line when the port is opened, lost or tried again.

    Returns
    -------
    iterator of bytes or None
        Lines; None while nothing comes.

    Raises
    ------
    GaitcastError
        If pyserial is not installed, or the baud rate is no number.
    """
    try:
        from serial import serial_for_url
    except ImportError as error:
        raise GaitcastError(
            "serial ports need pyserial", hint="pip install 'gaitcast[live]'"
        ) from error
    baud = address.options.get("baud", str(_BAUD))
    if not baud.isdecimal() or not 0 < int(baud) < 1e8:
        raise GaitcastError(f"baud={baud} is no baud rate", where=address.text, hint="baud=115200")

    @contextmanager
    def connect() -> Iterator[Read]:
        with serial_for_url(address.place, int(baud), timeout=WAIT_S) as port:
            # The first byte wakes up; the rest of what is there comes with it.
            yield lambda: port.read(max(1, port.in_waiting)) or None

    return reconnecting(connect, address.text, warn)
