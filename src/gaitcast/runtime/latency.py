"""Computing time of a step on this machine."""

from __future__ import annotations

import math
import os
import platform
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import onnxruntime as ort

from gaitcast.runtime.bundle import Bundle, open_graph
from gaitcast.runtime.engine import Engine


@dataclass(frozen=True)
class Latency:
    """Computing times of many single steps.

    Parameters
    ----------
    name : str
        Label of the measurement.
    steps_us : numpy.ndarray, shape (n,)
        Time of each step, microseconds.
    deadline_us : float
        Time between two samples.
    """

    name: str
    steps_us: np.ndarray
    deadline_us: float

    @property
    def misses(self) -> int:
        """Number of steps that took longer than the time between two samples."""
        return int((self.steps_us > self.deadline_us).sum())

    def percentile(self, percent: float) -> float:
        """A percentile of the step times, microseconds.

        Parameters
        ----------
        percent : float
            0 to 100.
        """
        return float(np.percentile(self.steps_us, percent))


class Spread:
    """Percentiles of positive numbers as they come, in bounded memory.

    Numbers are counted in bins that are 1 % wide, from 0.01 to 1e9; a percentile is at most half a
    bin off. `count` and `largest` are exact.
    """

    _LEAST, _WIDTH, _BINS = 0.01, math.log(1.01), 2546

    def __init__(self) -> None:
        self.count, self.largest = 0, 0.0
        self._counts = np.zeros(self._BINS, np.int64)

    def add(self, value: float) -> None:
        """Count a number."""
        self.count += 1
        self.largest = max(self.largest, value)
        place = math.log(max(value, self._LEAST) / self._LEAST) / self._WIDTH
        self._counts[min(int(place), self._BINS - 1)] += 1

    def percentile(self, percent: float) -> float:
        """A percentile of the numbers so far.

        Parameters
        ----------
        percent : float
            0 to 100.

        Returns
        -------
        float
            Middle of its bin, never above the largest number; NaN without any.
        """
        if not self.count:
            return float("nan")
        wanted = max(1.0, self.count * percent / 100)
        place = int(np.searchsorted(self._counts.cumsum(), wanted))
        return min(self._LEAST * math.exp((place + 0.5) * self._WIDTH), self.largest)


def measure(
    bundle: Bundle, steps: int = 2000, samples: np.ndarray | None = None, pause_s: float = 0.0
) -> Latency:
    """Time whole steps of a bundle: feed, filter, orientation, scaling, network, state.

    Parameters
    ----------
    steps : int
        Number of steps, after a tenth as many to warm up.
    samples : numpy.ndarray, shape (n, channels), optional
        Fed in turn, canonical units; noise by default.
    pause_s : float
        Sleep between two steps. A step after a pause takes longer than one of many back to back:
        the processor has slept, and its caches hold something else.
    """
    # Computing time does not depend on the wearer.
    engine = Engine(bundle, dict.fromkeys(bundle.card.covariates, 1.0))
    card = bundle.card
    if samples is None:
        samples = np.random.default_rng(0).normal(size=(256, len(card.channels)))
    rows = np.asarray(samples, np.float32)
    engine.step(rows[0], 0.0)

    def step(number: int) -> None:
        engine.step(rows[number % len(rows)], 1 / card.rate_hz)

    return Latency(card.name, _time(step, steps, pause_s), 1e6 / card.rate_hz)


def measure_graph(name: str, model: bytes, rate_hz: float, steps: int = 2000) -> Latency:
    """Time bare calls of an ONNX model on zeros.

    Parameters
    ----------
    name : str
        Label of the measurement.
    model : bytes
        The serialised model, with fixed shapes.
    rate_hz : float
        Sets the deadline: one call per sample.
    steps : int
        Number of calls, after a tenth as many to warm up.
    """
    session = open_graph(model)
    feed = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()}
    outputs = [o.name for o in session.get_outputs()]
    return Latency(name, _time(lambda _: session.run(outputs, feed), steps), 1e6 / rate_hz)


def measure_paced(bundle: Bundle, seconds: float = 3.0) -> Latency:
    """Time whole steps that come one sample period after another, as from a sensor.

    Parameters
    ----------
    seconds : float
        Measured, after a tenth as long to warm up.
    """
    rate_hz = bundle.card.rate_hz
    paced = measure(bundle, round(seconds * rate_hz), pause_s=1 / rate_hz)
    return replace(paced, name=f"at {rate_hz:g} Hz")


def _time(step: Callable[[int], object], steps: int, pause_s: float = 0.0) -> np.ndarray:
    times = np.empty(steps)
    for number in range(-(steps // 10), steps):
        if pause_s:
            time.sleep(pause_s)
        start = time.perf_counter_ns()
        step(number)
        times[number] = (time.perf_counter_ns() - start) / 1000
    return times


def machine() -> str:
    """Processor, cores, system and ONNX Runtime's version, in one line."""
    processor = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        lines = info.read_text(encoding="utf-8", errors="replace").splitlines()
        names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
        processor = names[0] if names else processor
    return (
        f"{processor}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, ONNX Runtime {ort.__version__}"
    )
