"""A million steps of a live bundle: spread of step times, memory, and the way in and out by UDP.

Arguments: folders of bundles, then the number of steps (default 1,000,000). Samples are those of a
simulated walk where the bundle takes its channels, else noise. Run it on a quiet machine.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.latency import Spread, machine, measure_paced
from gaitcast.simulate import simulate

_PERCENTS = (50, 99, 99.9)
_UDP_STEPS = 3000


def resident_mb() -> float:
    """Memory of this process that is in use."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20


def walk(bundle: Bundle) -> np.ndarray:
    """One minute of raw samples at the card's rate."""
    try:
        recording = next(iter(simulate(1, 1.0, seed=5)))
        return recording.matrix(bundle.card.channels)
    except GaitcastError:
        return np.random.default_rng(0).standard_normal((6000, len(bundle.card.channels)))


def steps(bundle: Bundle, count: int) -> None:
    """Push `count` raw samples at the card's rate."""
    engine, rows, rate_hz = Engine(bundle), walk(bundle), bundle.card.raw_hz
    took, before = Spread(), 0.0
    for number in range(-1000, count):
        at_s, row = number / rate_hz, rows[number % len(rows)]
        begun = time.perf_counter_ns()
        engine.push(at_s, row)
        if number >= 0:
            took.add((time.perf_counter_ns() - begun) / 1000)
        if number == count // 10:
            before = resident_mb()
    shown = ", ".join(f"p{p:g} {took.percentile(p):.0f} us" for p in _PERCENTS)
    grown = resident_mb() - before
    late = f"{1e6 / rate_hz:.0f} us" if took.largest < 1e6 / rate_hz else "NOT within the deadline"
    print(f"{bundle.card.name}: {count} steps: {shown}, longest {took.largest:.0f} us ({late});")
    print(f"  memory {before:.1f} MB after a tenth of them, {grown:+.2f} MB at the end")


def over_udp(bundle: Bundle) -> None:
    """Packet in to packet out of the runtime in a process of its own, at the card's rate."""
    paced = measure_paced(bundle, _UDP_STEPS / bundle.card.rate_hz)
    p99_us = paced.percentile(99)
    shown = ", ".join(f"p{p:g} {paced.percentile(p):.0f} us" for p in _PERCENTS)
    print(f"  a step {paced.name}: {shown}")
    rows, rate_hz = walk(bundle), bundle.card.raw_hz
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as back:
        back.bind(("127.0.0.1", 0))
        back.settimeout(10.0)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        words = ["stream", str(bundle.path), "--source", f"udp://:{port}"]
        words += ["--send", f"udp://127.0.0.1:{back.getsockname()[1]}"]
        command = [sys.executable, "-m", "gaitcast.runtime", *words]
        with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
            try:
                time.sleep(3.0)
                took, begun = Spread(), time.perf_counter()
                for number in range(bundle.card.warmup + _UDP_STEPS):
                    wait_s = begun + number / rate_hz - time.perf_counter()
                    time.sleep(max(0.0, wait_s))
                    values = ",".join(f"{v:.6g}" for v in rows[number % len(rows)])
                    line = f"{number / rate_hz:.6f},{values}".encode()
                    sent = time.perf_counter_ns()
                    back.sendto(line, ("127.0.0.1", port))
                    if number >= bundle.card.warmup + 10:
                        _answered(back, number / rate_hz - 0.5 / rate_hz)
                        took.add((time.perf_counter_ns() - sent) / 1000)
            finally:
                process.terminate()
    shown = ", ".join(f"p{p:g} {took.percentile(p):.0f} us" for p in _PERCENTS)
    added = took.percentile(99) - p99_us
    print(f"  UDP in to UDP out at {rate_hz:g} Hz: {shown};", end=" ")
    print(f"adds {added / p99_us:.1f} times that p99")


def _answered(back: socket.socket, from_s: float) -> None:
    """Wait for the forecast of a sample; those of earlier samples may lie before it."""
    while json.loads(back.recv(65535))["time_s"] < from_s:
        pass


def main() -> None:
    """Measure each bundle."""
    words = sys.argv[1:]
    count = int(words.pop()) if words and words[-1].isdecimal() else 1_000_000
    print(machine())
    for word in words:
        bundle = Bundle.load(word)
        steps(bundle, count)
        over_udp(bundle)


if __name__ == "__main__":
    main()
