"""Lines into samples: CSV and JSON, and what is neither."""

import json
import random
import tracemalloc

import numpy as np
import pytest

from gaitcast.runtime import Forecast
from gaitcast.runtime.health import Health
from gaitcast.runtime.packets import Packets, forecast_line

CHANNELS = ("right_foot_gyr_x", "right_foot_gyr_y")


def test_a_line_is_csv_or_json_and_may_lack_values():
    packets = Packets(CHANNELS, print)
    found = packets.samples(
        b"0.5,1,2\n\n"
        b"0.6,,2.5\r\n"
        b'{"time_s": 0.7, "right_foot_gyr_y": 3, "battery": 90}\n'
        b"0.8, nan, 1e1\n"
    )
    assert [t for t, _ in found] == [0.5, 0.6, 0.7, 0.8]
    np.testing.assert_array_equal(
        [row for _, row in found], [[1, 2], [np.nan, 2.5], [np.nan, 3], [np.nan, 10]]
    )
    assert packets.malformed == 0


@pytest.mark.parametrize(
    "line",
    [
        b"0.5,1",
        b"0.5,,",
        b"inf,1,2",
        b"0.5,1_0,2",
        b'{"time_s": 1, "right_foot_gyr_x": true}',
        b'{"time_s": 1, "right_foot_gyr_x": "3"}',
        b"0.5,1,2,3",
        b"hello",
        b"\xff\xfe,1,2",
        b"{}",
        b'{"time_s": 1}',
        b'{"right_foot_gyr_x": 1}',
        b'{"time_s": "soon", "right_foot_gyr_x": 1}',
        b'{"time_s": 1, "right_foot_gyr_x": [1]}',
        b"[" * 5000,
        b'{"a":' * 5000,
        b"[1, 2, 3]",
        b"," * 70_000,
    ],
)
def test_what_is_no_sample_is_counted_and_left_out(line):
    packets = Packets(CHANNELS, print)
    assert packets.samples(line) == []
    assert packets.malformed == 1


def test_ten_thousand_mutated_packets_raise_nothing_and_leave_nothing():
    draw, packets = random.Random(3), Packets(CHANNELS, print)
    good = [b"0.5,1,2\n0.6,3,4\n", b'{"time_s": 0.7, "right_foot_gyr_x": 3.25}\n']
    tracemalloc.start()
    for k in range(10_000):
        packet = bytearray(draw.choice(good))
        for _ in range(draw.randint(1, 6)):
            at = draw.randrange(len(packet))
            packet[at : at + draw.randint(0, 3)] = draw.randbytes(draw.randint(0, 4))
            if not packet:
                packet = bytearray(b"x")
        for time_s, row in packets.samples(bytes(packet)):
            assert isinstance(time_s, float)
            assert row.shape == (2,)
        if k == 2000:
            before = tracemalloc.get_traced_memory()[0]
    grown = tracemalloc.get_traced_memory()[0] - before
    tracemalloc.stop()
    assert packets.malformed > 1000
    assert grown < 20_000


def test_a_forecast_is_a_line_of_json():
    made = Forecast(1.25, np.array([[1.0], [2.0]]), np.array([[0.5], [1.0]]), 0.1,
                    Health({"right_foot_gyr_x": "missing"}))  # fmt: skip
    assert json.loads(forecast_line(made)) == {
        "time_s": 1.25,
        "values": [[1.0], [2.0]],
        "half_width": [[0.5], [1.0]],
        "age_s": 0.1,
        "health": "missing: right_foot_gyr_x",
    }
    assert json.loads(forecast_line(Forecast(1.0, np.zeros((1, 1)))))["half_width"] is None
