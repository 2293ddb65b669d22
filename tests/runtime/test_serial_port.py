"""Samples of a serial port: a pseudo terminal stands in for the cable."""

import os
import threading
import tty

import pytest

from gaitcast.errors import GaitcastError
from gaitcast.runtime.opening import open_source

CHANNELS = ("right_foot_gyr_x", "right_foot_gyr_y")


def test_lines_of_a_port_that_is_unplugged_and_comes_back(tmp_path):
    said, link, ends = [], tmp_path / "port", []

    def plug() -> None:
        ours, theirs = os.openpty()
        tty.setraw(theirs)
        link.unlink(missing_ok=True)
        link.symlink_to(os.ttyname(theirs))
        ends[:] = [ours, theirs]

    def unplug() -> None:
        for end in ends:
            os.close(end)

    def connected(times: int) -> None:
        for _ in range(50):  # a port that is opened forgets what came before
            if sum("connected" in line for line in said) == times:
                return
            next(samples)

    def stamps(count: int) -> list[float]:
        found = []
        for _ in range(50):
            if (item := next(samples)) is not None:
                found.append(item[0])
            if len(found) == count:
                break
        return found

    samples = open_source([f"serial:{link}?baud=9600"], CHANNELS, 0.1, said.append)
    assert next(samples) is None  # not there yet
    plug()
    connected(1)
    os.write(ends[0], b"0.1,1,2\r\n0.2,3")
    threading.Timer(0.2, lambda: os.write(ends[0], b",4\r\n")).start()
    assert stamps(2) == [0.1, 0.2]
    unplug()
    assert next(samples) is None
    plug()
    connected(2)
    os.write(ends[0], b"0.3,5,6\n")
    assert stamps(1) == [0.3]
    samples.close()
    unplug()
    assert sum("trying again" in line for line in said) == 2


@pytest.mark.parametrize("baud", ["fast", "0", "-1"])
def test_no_baud_rate(baud):
    with pytest.raises(GaitcastError, match="is no baud rate"):
        open_source([f"serial:/dev/null?baud={baud}"], CHANNELS, 0.1, print)
