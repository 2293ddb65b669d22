"""Samples over the loopback: nothing is lost or changed, and connections come back."""

import socket
import threading
from collections.abc import Iterator

import pytest

from gaitcast.errors import GaitcastError
from gaitcast.runtime.opening import open_source

CHANNELS = ("right_foot_gyr_x", "right_foot_gyr_y")


def free_port(kind: int) -> int:
    with socket.socket(socket.AF_INET, kind) as opened:
        opened.bind(("127.0.0.1", 0))
        return int(opened.getsockname()[1])


def take(samples: Iterator, count: int) -> list:
    found = []
    while len(found) < count:
        if (item := next(samples)) is not None:
            found.append(item)
    return found


@pytest.mark.parametrize("kind", ["udp", "tcp-listen"])
def test_a_port_that_is_taken_is_one_clear_error(kind):
    type_ = socket.SOCK_DGRAM if kind == "udp" else socket.SOCK_STREAM
    with socket.socket(socket.AF_INET, type_) as taken:
        taken.bind(("127.0.0.1", 0))
        if kind != "udp":
            taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(GaitcastError, match="cannot listen"):
            next(open_source([f"{kind}://:{port}"], CHANNELS, 0.1, print))


def test_a_lost_connection_is_made_again():
    port, said = free_port(socket.SOCK_STREAM), []
    samples = open_source([f"tcp://127.0.0.1:{port}"], CHANNELS, 0.1, said.append)
    first, second = (
        (b"0.1,1,2\n0.2,3", b",4\n0.3,5"),
        (b"x" * 70_000, b"9.9,1,2\n0.4,7,8\n"),
    )

    def serve() -> None:
        for parts in (first, second):
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
    assert sum("lines that are no samples" in line for line in said) == 1
    samples.close()


def test_senders_may_connect_to_us_one_after_the_other():
    port, said = free_port(socket.SOCK_STREAM), []
    samples = open_source([f"tcp-listen://:{port}"], CHANNELS, 0.1, said.append)

    def connect() -> None:
        for line in (b"0.1,1,2\n", b"0.2,3,4\n"):
            for _ in range(50):
                try:
                    with socket.create_connection(("127.0.0.1", port), timeout=5) as opened:
                        opened.sendall(line)
                    break
                except ConnectionRefusedError:
                    threading.Event().wait(0.1)

    sender = threading.Thread(target=connect, daemon=True)
    sender.start()
    assert [t for t, _ in take(samples, 2)] == [0.1, 0.2]
    sender.join(timeout=10)
    samples.close()
