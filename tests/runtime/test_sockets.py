"""Samples over the loopback: nothing is lost or changed, and connections come back."""

import json
import socket
import threading
from collections.abc import Iterator

import numpy as np
import pytest

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.pipeline import Pipeline
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.packets import Packets
from gaitcast.runtime.sockets import UdpSink, network_address, network_samples
from gaitcast.simulate import simulate

CHANNELS = ("right_foot_gyr_x", "right_foot_gyr_y")
ANGLE = "right_ankle_angle_flexion"


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def take(samples: Iterator, count: int) -> list:
    return [next(samples) for _ in range(count)]


def test_addresses():
    assert network_address("udp://:9000") == ("udp", "127.0.0.1", 9000)
    assert network_address("tcp://192.168.1.7:80") == ("tcp", "192.168.1.7", 80)
    for text in ("udp://", "udp://host", "http://host:80", "udp://host:99999", "udp://h:1/x", "x"):
        with pytest.raises(GaitcastError, match="is no address"):
            network_address(text)


def test_a_port_that_is_taken_is_one_clear_error():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(GaitcastError, match="cannot listen"):
            next(network_samples(f"udp://:{port}", Packets(CHANNELS), print))


def test_a_lost_connection_is_made_again():
    port, said = free_port(socket.SOCK_STREAM), []
    samples = network_samples(f"tcp://127.0.0.1:{port}", Packets(CHANNELS), said.append)

    def serve() -> None:
        long = b"x" * 70_000
        for parts in (
            (b"0.1,1,2\n0.2,3", b",4\n0.3,5"),
            (
                long,
                b"9.9,1,2\n0.4,7,8\n",
            ),
        ):
            threading.Event().wait(0.3)
            with socket.create_server(("127.0.0.1", port)) as server:
                opened, _ = server.accept()
                with opened:
                    for part in parts:
                        opened.sendall(part)
                        threading.Event().wait(0.05)

    sender = threading.Thread(target=serve, daemon=True)
    sender.start()
    found = take(samples, 3)
    sender.join(timeout=10)
    assert [t for t, _ in found] == [0.1, 0.2, 0.4]  # 0.3 was cut off in the middle
    assert sum("connected" in line for line in said) == 2
    assert any("trying again" in line for line in said)
    assert said.count("lines that are no samples are left out") == 1
    samples.close()


def test_a_model_gives_over_udp_with_jitter_what_it_gives_offline(tmp_path):
    people = list(simulate(2, 0.3, seed=3))
    pipe = Pipeline(
        inputs=["right_foot_gyr_*", ANGLE],
        targets=[ANGLE],
        history_ms=300,
        horizon_ms=50,
        model="gru",
        options={"units": 8},
        training={"max_epochs": 1},
    )
    pipe.fit(Cohort("simulated", (people[0],)))
    engine = Engine(Bundle.load(pipe.export(tmp_path / "bundle")))
    names, recording = engine.card.channels, people[1]
    rows = recording.matrix(names)[:900]
    port, packets = free_port(socket.SOCK_DGRAM), Packets(names)
    samples = network_samples(f"udp://127.0.0.1:{port}", packets, print)

    def send() -> None:
        draw = np.random.default_rng(0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as out:
            threading.Event().wait(0.5)
            for time_s, row in zip(recording.time_s, rows, strict=False):
                sample = dict(zip(names, row.tolist(), strict=True))
                line = json.dumps({"time_s": float(time_s), **sample})
                out.sendto(line.encode(), ("127.0.0.1", port))
                threading.Event().wait(float(draw.exponential(0.0004)))

    sender = threading.Thread(target=send, daemon=True)
    sender.start()
    live = [f for t, x in take(samples, len(rows)) for f in engine.push(t, x)]
    sender.join(timeout=10)
    samples.close()
    offline = pipe.predict(recording)
    at = np.searchsorted(offline.time_s, [f.time_s - 1e-6 for f in live])
    worst = np.abs(np.stack([f.values for f in live]) - offline.values[at]).max()
    assert worst < 1e-4 * recording.column(ANGLE).std()
    assert packets.malformed == 0


def test_forecasts_are_sent_and_a_missing_receiver_is_no_error():
    from gaitcast.runtime import Forecast

    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        sink = UdpSink(f"udp://127.0.0.1:{receiver.getsockname()[1]}")
        sink.write(Forecast(1.5, np.ones((2, 1))))
        assert json.loads(receiver.recv(65_535))["time_s"] == 1.5
    for _ in range(3):
        sink.write(Forecast(1.5, np.ones((2, 1))))
    sink.close()
    with pytest.raises(GaitcastError, match="no such host"):
        UdpSink("udp://no-such-host.invalid:9")
    with pytest.raises(GaitcastError, match="sent by UDP"):
        UdpSink("tcp://127.0.0.1:9")
