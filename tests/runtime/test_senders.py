"""Forecasts over the loopback: to receivers that are there, come later, or do not keep up."""

import json
import socket
import threading

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.runtime import Forecast
from gaitcast.runtime.addresses import parse_address
from gaitcast.runtime.senders import TcpSink, UdpSink

FORECAST = Forecast(1.5, np.array([[2.5]]))


def test_forecasts_are_sent_as_udp_packets():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        sink = UdpSink(parse_address(f"udp://127.0.0.1:{receiver.getsockname()[1]}"))
        sink.write(FORECAST)
        found = json.loads(receiver.recv(1000))
    assert (found["time_s"], found["values"], found["health"]) == (1.5, [[2.5]], "good")
    sink.write(FORECAST)  # nobody listens any more
    sink.close()
    with pytest.raises(GaitcastError, match="no such host"):
        UdpSink(parse_address("udp://no-such-host.invalid:9"))


def test_receivers_that_connect_get_lines_and_a_slow_one_is_let_go():
    with socket.create_server(("127.0.0.1", 0)) as one:
        port = one.getsockname()[1]
    sink = TcpSink(parse_address(f"tcp://:{port}"))
    sink.write(FORECAST)  # no receiver yet
    with pytest.raises(GaitcastError, match="cannot listen"):
        TcpSink(parse_address(f"tcp://:{port}"))
    quick = socket.create_connection(("127.0.0.1", port), timeout=5)
    slow = socket.create_connection(("127.0.0.1", port), timeout=5)
    threading.Event().wait(0.1)
    with quick, slow, quick.makefile("rb") as lines:
        large = Forecast(2.0, np.zeros((2000, 4)))
        for _ in range(400):  # 40 KB each: more than any buffer holds
            sink.write(large)
            assert json.loads(lines.readline())["time_s"] == 2.0
        assert len(sink._receivers) == 1
    sink.close()
