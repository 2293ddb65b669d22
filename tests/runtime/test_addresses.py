"""Addresses of sources and sinks: what is one, what is none, and which channels a source gives."""

import pytest

from gaitcast.errors import GaitcastError
from gaitcast.runtime.addresses import parse_address

CHANNELS = ("right_foot_gyr_x", "right_foot_gyr_y", "right_shank_gyr_x")


def test_addresses():
    udp = parse_address("udp://:9000")
    assert (udp.kind, udp.place, udp.port) == ("udp", "127.0.0.1", 9000)
    tcp = parse_address("tcp://192.168.1.7:80?channels=right_foot_*")
    assert (tcp.kind, tcp.place, tcp.port) == ("tcp", "192.168.1.7", 80)
    port = parse_address("serial:/dev/ttyUSB0?baud=9600")
    assert (port.kind, port.place, port.options) == ("serial", "/dev/ttyUSB0", {"baud": "9600"})
    assert parse_address("serial:COM3").place == "COM3"
    assert parse_address("lsl:My IMU").place == "My IMU"
    assert parse_address("stdin").kind == "stdin"


@pytest.mark.parametrize(
    "text",
    [
        *("udp://", "udp://host", "http://host:80", "udp://host:99999", "udp://h:1/x", "x"),
        *("tcp-listen://", "serial:", "lsl:", "stdin:file", "udp://:9000?channels", "udp://:9#x"),
    ],
)
def test_what_is_no_address_is_one_clear_error(text):
    with pytest.raises(GaitcastError, match="is no address"):
        parse_address(text)


def test_unknown_options_and_channels_are_named():
    with pytest.raises(GaitcastError, match=r"unknown option 'baud'.*udp takes channels"):
        parse_address("udp://:9000?baud=9600")
    with pytest.raises(GaitcastError, match="no channel 'left_"):
        parse_address("udp://:9000?channels=left_*").channels(CHANNELS)
    assert parse_address("udp://:9000?channels=*_x").channels(CHANNELS) == [0, 2]
    assert parse_address("udp://:9000").channels(CHANNELS) == [0, 1, 2]
