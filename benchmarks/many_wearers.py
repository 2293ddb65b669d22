"""Wearers that one core serves: cost of each, missed deadlines and memory, against their number.

    taskset -c 0 chrt -f 1 python benchmarks/many_wearers.py BUNDLE --udp-core 1

Samples are synthetic gait in the units of the card's training people, a little jittered. Without
``--udp-core`` packets are made, read and answered in this process; with it ``gaitcast serve`` runs
on this core and a gateway on the other one sends it the samples of all wearers by UDP.
"""

from __future__ import annotations

import argparse
import json
import os
import select
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from gaitcast.runtime import Bundle
from gaitcast.runtime.binary_packets import (
    forecast_frames,
    read_forecasts,
    read_samples,
    samples_frame,
)
from gaitcast.runtime.latency import machine
from gaitcast.runtime.wearers import Wearers, measured_capacity

#: Records of one packet of the gateway, and shares of the capacity that are measured.
_RECORDS, _SHARES = 400, (0.1, 0.25, 0.5, 0.75, 0.9, 1.0)


def gait(bundle: Bundle, wearers: int, jitter: float) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Times (wearers,) and samples (wearers, channels), one after the other for ever."""
    card, draw = bundle.card, np.random.default_rng(0)
    mean, sd = np.array([card.usual.get(name, (0.0, 1.0)) for name in card.channels]).T
    begun_s, phase = draw.uniform(0, 100, wearers), draw.uniform(0, 6, (wearers, len(mean)))
    noise = draw.standard_normal((16, wearers, len(mean)))
    step = 0
    while True:
        wave = np.sin(phase + 2 * np.pi * 0.95 * step / card.raw_hz)
        apart_s = jitter * draw.uniform(-0.5, 0.5, wearers) / card.raw_hz
        yield begun_s + step / card.raw_hz + apart_s, mean + sd * (wave + 0.1 * noise[step % 16])
        step += 1


def memory_mb() -> float:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096 / 1e6


def row(count: int, busy_s: np.ndarray, period_s: float, memory: float) -> str:
    """A row of the table."""
    each = 1e6 * busy_s / count
    worst = ", ".join(f"{1e3 * v:.2f}" for v in np.percentile(busy_s, [50, 99, 100]))
    late = int((busy_s > period_s).sum())
    return (
        f"| {count} | {np.median(each):.1f} | {worst} | {100 * busy_s.mean() / period_s:.0f} % "
        f"| {late} of {len(busy_s)} | {memory:.0f} |"
    )


def in_process(bundle: Bundle, count: int, seconds: float, jitter: float) -> str:
    """All wearers' samples at the card's rate, from packet to packet."""
    before, wearers = memory_mb(), Wearers(bundle, count)
    for number in range(count):
        wearers.admit(f"w{number}", dict.fromkeys(bundle.card.covariates, 1.0))
    numbers = np.array([wearers.number(f"w{number}") for number in range(count)])
    period_s, busy = 1 / bundle.card.raw_hz, []
    begins = round(bundle.card.raw_hz) + bundle.card.warmup + 8
    samples, due_s = gait(bundle, count, jitter), time.perf_counter()
    for step in range(begins + round(seconds / period_s)):
        time_s, values = next(samples)
        packet = samples_frame(numbers, time_s, values)
        due_s = _waited(due_s, period_s)
        began_s = time.perf_counter()
        found, time_s, values = read_samples(packet, len(bundle.card.channels))
        made = wearers.push_all(wearers.rows_of(found), time_s, values)
        forecast_frames(numbers[made.rows], made, np.arange(len(made)))
        if step >= begins:
            busy.append(time.perf_counter() - began_s)
    return row(count, np.array(busy), period_s, memory_mb() - before)


def _waited(due_s: float, period_s: float) -> float:
    """Wait for the next samples; gives when those after them are due."""
    while (left_s := due_s - time.perf_counter()) > 0:
        time.sleep(left_s)
    return max(due_s + period_s, time.perf_counter())


def over_udp(bundle: Bundle, count: int, seconds: float, jitter: float, core: int) -> str:
    """The same with a server of its own: how long after its packet a forecast is back."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    words = [sys.executable, "-m", "gaitcast.cli", "serve", str(bundle.path)]
    words += ["--listen", f"udp://127.0.0.1:{port}", "--capacity", str(count)]
    server = subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)
    assert server.stdout is not None
    server.stdout.readline()
    mine = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {core})
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as gateway:
            gateway.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 23)
            gateway.connect(("127.0.0.1", port))
            gateway.settimeout(20)
            return _asked(bundle, count, seconds, jitter, gateway, server.pid)
    finally:
        server.terminate()
        server.wait()
        os.sched_setaffinity(0, mine)


def _asked(
    bundle: Bundle, count: int, seconds: float, jitter: float, gateway: socket.socket, pid: int
) -> str:
    numbers = np.zeros(count, int)
    for number in range(count):
        greeting = {"wearer": f"w{number}", "frames": True}
        gateway.send(json.dumps({**greeting, "covariates": {}}).encode())
        numbers[number] = json.loads(gateway.recv(9999))["number"]
    period_s, samples = 1 / bundle.card.raw_hz, gait(bundle, count, jitter)
    begins = round(bundle.card.raw_hz) + bundle.card.warmup + 50
    steps, due_s = begins + round(seconds / period_s), time.perf_counter() + 0.1
    parts = [slice(k, k + _RECORDS) for k in range(0, count, _RECORDS)]
    waited, owed = [], 0
    for step in range(steps):
        time_s, values = next(samples)
        packets = [samples_frame(numbers[at], time_s[at], values[at]) for at in parts]
        due_s = _waited(due_s, period_s)
        sent_s = time.perf_counter()
        for packet in packets:
            gateway.send(packet)
        owed += count if step >= begins else 0
        while owed > 0 and (left_s := sent_s + period_s - time.perf_counter()) > 0:
            if select.select([gateway], [], [], left_s)[0]:
                owed -= len(read_forecasts(gateway.recv(65_507)))
        if step < begins:
            while (left_s := sent_s + 0.95 * period_s - time.perf_counter()) > 0:
                if select.select([gateway], [], [], left_s)[0]:
                    gateway.recv(65_507)
        if step >= begins:
            waited.append(time.perf_counter() - sent_s)
    while select.select([gateway], [], [], 0.5)[0]:
        owed -= len(read_forecasts(gateway.recv(65_507)))
    print(f"{owed} forecasts of {count * len(waited)} never came") if owed else None
    memory = int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * 4096 / 1e6
    return row(count, np.array(waited), period_s, memory)


def main() -> None:
    """Print the table."""
    words = argparse.ArgumentParser(description=__doc__)
    words.add_argument("bundle", type=Path)
    words.add_argument("--wearers", type=int, nargs="*", help="By default shares of the capacity.")
    words.add_argument("--seconds", type=float, default=10.0)
    words.add_argument("--jitter", type=float, default=0.0, help="Share of a sample's interval.")
    words.add_argument("--udp-core", type=int, default=None)
    asked = words.parse_args()
    bundle = Bundle.load(asked.bundle)
    capacity = measured_capacity(bundle)
    print(f"{bundle.card.name}: {capacity} wearers admitted; {machine()}")
    print("| wearers | us each | ms a round: p50, p99, most | busy | late | MB |")
    print("|---|---|---|---|---|---|")
    for count in asked.wearers or sorted({max(1, round(s * capacity)) for s in _SHARES}):
        settings = (bundle, count, asked.seconds, asked.jitter)
        line = (
            in_process(*settings)
            if asked.udp_core is None
            else over_udp(*settings, core=asked.udp_core)
        )
        print(line, flush=True)


if __name__ == "__main__":
    main()
