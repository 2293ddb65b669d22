"""Open the source of a stream, and where its forecasts go, by their addresses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

from gaitcast.errors import GaitcastError
from gaitcast.runtime.addresses import Address, parse_address
from gaitcast.runtime.bundle import Card
from gaitcast.runtime.joined import JoinedClocks, joined_samples
from gaitcast.runtime.lab_streaming import LslSink, inlet_samples
from gaitcast.runtime.packets import Packets
from gaitcast.runtime.senders import Sink, TcpSink, UdpSink
from gaitcast.runtime.serial_port import serial_lines
from gaitcast.runtime.sockets import accepted_lines, tcp_lines, udp_packets
from gaitcast.runtime.sources import Samples, packet_samples, piped_samples

#: A sample waits so long for the other sensors, s.
_WAIT_S = 0.05


def open_source(
    addresses: Sequence[str], channels: Sequence[str], max_gap_s: float, warn: Callable[[str], None]
) -> Samples:
    """Samples as they arrive, until the process is asked to end.

    Parameters
    ----------
    addresses : sequence of str
        ``stdin``, ``udp://HOST:PORT`` and ``tcp-listen://HOST:PORT`` to listen, ``tcp://HOST:PORT``
        to connect to a sender, ``serial:DEVICE?baud=115200``, ``lsl:NAME``. Several are sensors
        with clocks of their own, each with its ``?channels=PATTERN,PATTERN``: their samples are
        joined at the instants of the first.
    channels : sequence of str
        Of a whole sample, in order.
    max_gap_s : float
        Between samples of a joined sensor, at most; beyond it its values are missing.
    warn : callable
        Gets a line when a connection is made, lost or tried again, and when a line is no sample.

    Returns
    -------
    iterator of tuple of float and numpy.ndarray, shape (channels,); or None
        Time stamp of the sender and sample; None while nothing comes.

    Raises
    ------
    GaitcastError
        If an address is none, cannot be opened, or several do not make up a whole sample.
    """
    found = [parse_address(text) for text in addresses]
    places = [address.channels(channels) for address in found]
    where = " + ".join(addresses)
    for number, name in enumerate(channels):
        count = sum(number in at for at in places)
        if count != 1:
            what = f"{'no source gives' if not count else 'several sources give'} {name}"
            raise GaitcastError(what, where=where, hint="Add ?channels=PATTERN to each source")
    if len(found) == 1:
        return _opened(found[0], channels, warn)
    if any(address.kind == "stdin" for address in found):
        raise GaitcastError("standard input cannot be joined with other sources", where=where)
    opened = [
        _opened(address, [channels[k] for k in at], warn)
        for address, at in zip(found, places, strict=True)
    ]
    shared = [address.kind == "lsl" for address in found]
    if any(shared) and not all(shared):
        raise GaitcastError("LSL streams can be joined with LSL streams only", where=where)
    return joined_samples(opened, JoinedClocks(places, len(channels), max_gap_s, _WAIT_S, shared))


def _opened(address: Address, channels: Sequence[str], warn: Callable[[str], None]) -> Samples:
    if address.kind == "lsl":
        return inlet_samples(address, channels, warn)
    packets = Packets(channels, warn)
    if address.kind == "stdin":
        return piped_samples(getattr(sys.stdin, "buffer", sys.stdin), packets)
    if address.kind == "udp":
        return packet_samples(udp_packets(address), packets)
    lines = {"tcp": tcp_lines, "tcp-listen": accepted_lines, "serial": serial_lines}[address.kind]
    return packet_samples(lines(address, warn), packets)


def open_sink(text: str, card: Card, sources: Sequence[str]) -> Sink:
    """Where each forecast is sent.

    Parameters
    ----------
    text : str
        ``udp://HOST:PORT`` of a receiver, ``tcp://HOST:PORT`` to listen for receivers there,
        ``lsl:NAME`` for a stream of that name.
    card : Card
        Of the bundle.
    sources : sequence of str
        Addresses of the stream's sources.

    Returns
    -------
    Sink

    Raises
    ------
    GaitcastError
        If it is no address of that kind, or cannot be opened.
    """
    address = parse_address(text)
    if address.options:
        raise GaitcastError("where forecasts are sent takes no options", where=text)
    if address.kind == "udp":
        return UdpSink(address)
    if address.kind == "tcp":
        return TcpSink(address)
    if address.kind == "lsl":
        lsl_clock = all(source.startswith("lsl:") for source in sources)
        return LslSink(address, card, lsl_clock=lsl_clock)
    raise GaitcastError(
        "forecasts cannot be sent there",
        where=text,
        hint="udp://HOST:PORT, tcp://HOST:PORT (listens) or lsl:NAME",
    )
