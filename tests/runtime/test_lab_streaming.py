"""Lab Streaming Layer in and out, between an outlet and an inlet of this process."""

import contextlib
import threading
import uuid

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.runtime import Card, Forecast
from gaitcast.runtime.addresses import parse_address
from gaitcast.runtime.lab_streaming import LslSink
from gaitcast.runtime.opening import open_source

lsl = pytest.importorskip("pylsl")
CHANNELS = ("right_foot_gyr_x", "right_shank_gyr_x")


@pytest.fixture(autouse=True, scope="module")
def streams_are_found():
    """LSL looks for streams by multicast, which a machine may not allow."""
    name = f"here {uuid.uuid4().hex}"
    made = lsl.StreamOutlet(lsl.StreamInfo(name, "test", 1, 0, lsl.cf_float32, name))
    if not lsl.resolve_byprop("name", name, 1, 5):
        pytest.skip("no LSL stream is found on this machine")
    del made


@contextlib.contextmanager
def outlet(labels, count=3, format_=None):
    name = f"IMU {uuid.uuid4().hex}"
    info = lsl.StreamInfo(name, "IMU", count, 100, format_ or lsl.cf_double64, name)
    if labels:
        info.set_channel_labels(labels)
    yield name, lsl.StreamOutlet(info)


def sending(made, rows):
    def send() -> None:
        made.wait_for_consumers(10)
        for k, row in enumerate(rows):
            made.push_sample(row, 1000 + k / 100)

    thread = threading.Thread(target=send, daemon=True)
    thread.start()
    return thread


def taken(samples, count):
    found, idle = [], 0
    for item in samples:
        if item is not None:
            found.append(item)
        idle += item is None
        if len(found) == count or idle > 50:
            break
    samples.close()
    return found


def test_channels_are_found_by_their_labels():
    labels = ["right_shank_gyr_x", "battery", "right_foot_gyr_x"]
    with outlet(labels) as (name, made):
        thread = sending(made, [[10.0 + k, 90.0, float(k)] for k in range(20)])
        found = taken(open_source([f"lsl:{name}"], CHANNELS, 0.1, print), 20)
        thread.join(timeout=10)
    np.testing.assert_array_equal([row for _, row in found], [[k, 10 + k] for k in range(20)])
    np.testing.assert_allclose(np.diff([t for t, _ in found]), 0.01, atol=1e-4)


def test_without_labels_the_order_is_taken_with_a_warning():
    said = []
    with outlet(None, 2) as (name, made):
        thread = sending(made, [[1.0, 2.0]])
        found = taken(open_source([f"lsl:{name}"], CHANNELS, 0.1, said.append), 1)
        thread.join(timeout=10)
    assert found[0][1].tolist() == [1.0, 2.0]
    assert any("no labels" in line for line in said)


@pytest.mark.parametrize(
    ("labels", "count", "words"),
    [
        (["right_foot_gyr_x", "right_shank_gyr_y", "z"], 3, "no channel 'right_shank_gyr_x'"),
        (["right_foot_gyr_x", "right_foot_gyr_x", "z"], 3, "more than one channel"),
        (None, 3, "3 channels without labels"),
    ],
)
def test_a_stream_that_does_not_fit_is_one_clear_error(labels, count, words):
    with outlet(labels, count) as (name, _), pytest.raises(GaitcastError, match=words):
        taken(open_source([f"lsl:{name}"], CHANNELS, 0.1, print), 1)


def test_a_stream_of_text_is_refused():
    with outlet(None, 2, lsl.cf_string) as (name, _), pytest.raises(GaitcastError, match="text"):
        taken(open_source([f"lsl:{name}"], CHANNELS, 0.1, print), 1)


def card():
    return Card(
        name="b",
        channels=CHANNELS,
        units=("deg/s", "deg/s"),
        targets=("right_ankle_angle_flexion",),
        target_units=("deg",),
        rate_hz=100.0,
        raw_hz=100.0,
        resample=True,
        max_gap_s=0.1,
        horizon=2,
        first=1,
        covariates=(),
        measured_ms={},
        warmup=1,
        adapter_delay_s=0.0,
        steps_delay_s=0.0,
        trained_on=(),
        stopped_by=(),
        adapted_to=(),
        state={},
        graph_sha256="0" * 64,
        study={},
        versions={},
    )


@pytest.mark.parametrize("lsl_clock", [True, False])
def test_forecasts_are_a_stream_too(lsl_clock):
    name = f"forecast {uuid.uuid4().hex}"
    sink = LslSink(parse_address(f"lsl:{name}"), card(), lsl_clock=lsl_clock)
    info = lsl.resolve_byprop("name", name, 1, 10)[0]
    inlet = lsl.StreamInlet(info)
    inlet.open_stream(10)
    assert inlet.info().get_channel_labels() == [
        "right_ankle_angle_flexion+10ms",
        "right_ankle_angle_flexion+20ms",
    ]
    sink.write(Forecast(7.5, np.array([[1.5], [2.5]])))
    values, stamp = inlet.pull_sample(10)
    inlet.close_stream()
    sink.close()
    assert values == [1.5, 2.5]
    assert (stamp == 7.5) == lsl_clock
