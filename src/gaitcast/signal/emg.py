"""Muscle activity from raw EMG: causal high-pass, full-wave rectification, causal low-pass."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Ge, Interval
from scipy import signal

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.signal.step import BoundStep, Step

#: Surface EMG lies between some 20 and 450 Hz; what is slower than that clock has lost it.
LEAST_RATE_HZ = 500.0
_ORDER = 2


@options
class Rectify(Step):
    """Full-wave rectified EMG: ``SIDE_MUSCLE_emg_raw`` becomes ``SIDE_MUSCLE_emg_rectified``.

    Other channels pass through, in front of those.

    Parameters
    ----------
    high_pass_hz : float
        Of a causal Butterworth filter of order 2 in front, against the offset of the amplifier and
        the movement of cables; 0 for none.

    Notes
    -----
    The working rate has to be 500 Hz or more: the low-pass of a slower one leaves nothing of raw
    EMG.
    """

    name: ClassVar[str] = "rectify"
    high_pass_hz: Annotated[float, Ge(0)] = 20.0

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundEMG:
        """See :meth:`Step.bind`; raises if the rate holds no EMG."""
        return _bind(self.name, channels, rate_hz, "rectified", self.high_pass_hz, None)

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`; by the slowest pole."""
        return _memory_s(_sections("highpass", self.high_pass_hz, rate_hz, self.name), rate_hz)


@options
class Envelope(Step):
    """Linear envelope of EMG: rectified, then low-passed, as ``SIDE_MUSCLE_emg_envelope``.

    It takes ``SIDE_MUSCLE_emg_raw``, which it rectifies as :class:`Rectify` does, or
    ``SIDE_MUSCLE_emg_rectified``. Other channels pass through, in front of those.

    Parameters
    ----------
    cutoff_hz : float
        Of a causal Butterworth low-pass of order 2; 3 to 10 Hz are usual. 6 Hz delay by 37 ms.
    high_pass_hz : float
        See :class:`Rectify`.
    """

    name: ClassVar[str] = "envelope"
    cutoff_hz: Annotated[float, Interval(gt=0, le=50)] = 6.0
    high_pass_hz: Annotated[float, Ge(0)] = 20.0

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundEMG:
        """See :meth:`Step.bind`; raises if the rate holds no EMG."""
        return _bind(self.name, channels, rate_hz, "envelope", self.high_pass_hz, self.cutoff_hz)

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`; of both filters."""
        high = _sections("highpass", self.high_pass_hz, rate_hz, self.name)
        low = _sections("lowpass", self.cutoff_hz, rate_hz, self.name)
        return _memory_s(high, rate_hz) + _memory_s(low, rate_hz)

    def delay_s(self, rate_hz: float) -> float:
        """See :meth:`Step.delay_s`; of the low-pass, near 0 Hz."""
        low = _sections("lowpass", self.cutoff_hz, rate_hz, self.name)
        b, a = signal.sos2tf(low)
        _, delay = signal.group_delay((b, a), w=[self.cutoff_hz / 100], fs=rate_hz)
        return float(delay[0]) / rate_hz


def _sections(kind: str, cutoff_hz: float, rate_hz: float, step: str) -> np.ndarray:
    if cutoff_hz == 0:
        return np.zeros((0, 6))
    if cutoff_hz >= rate_hz / 2:
        raise GaitcastError(
            f"{cutoff_hz:g} Hz is not below half the rate ({rate_hz / 2:g} Hz)",
            where=f"step '{step}'",
        )
    return signal.butter(_ORDER, cutoff_hz, kind, fs=rate_hz, output="sos")


def _memory_s(sections: np.ndarray, rate_hz: float) -> float:
    if not len(sections):
        return 0.0
    _, poles, _ = signal.sos2zpk(sections)
    return float(np.log(0.01) / np.log(np.abs(poles).max()) / rate_hz)


def _bind(
    step: str,
    channels: tuple[str, ...],
    rate_hz: float,
    axis: str,
    high_pass_hz: float,
    cutoff_hz: float | None,
) -> BoundEMG:
    takes = ("raw",) if cutoff_hz is None else ("raw", "rectified")
    named = [Channel.parse(name) for name in channels]
    muscles = [k for k, c in enumerate(named) if c.quantity == "emg" and c.axis in takes]
    raw = np.array([named[k].axis == "raw" for k in muscles], dtype=bool)
    if raw.any() and rate_hz < LEAST_RATE_HZ:
        raise GaitcastError(
            f"a working rate of {rate_hz:g} Hz leaves nothing of raw EMG",
            where=f"step '{step}'",
            hint=f"Set rate_hz (resample_hz in a study) to {LEAST_RATE_HZ:g} or more, or take "
            "envelopes that the EMG system made",
        )
    others = [k for k in range(len(channels)) if k not in muscles]
    made = [f"{named[k].side}_{named[k].segment}_emg_{axis}" for k in muscles]
    high = _sections("highpass", high_pass_hz if raw.any() else 0.0, rate_hz, step)
    low = np.zeros((0, 6)) if cutoff_hz is None else _sections("lowpass", cutoff_hz, rate_hz, step)
    if not muscles:
        high, low = np.zeros((0, 6)), np.zeros((0, 6))
    after = (*(channels[k] for k in others), *made)
    return BoundEMG(channels, after, muscles, others, raw, high, low)


@dataclass
class BoundEMG(BoundStep):
    """Rectifier at work: `high` and `low` are second-order sections in front and behind."""

    muscles: list[int]
    others: list[int]
    raw: np.ndarray
    high: np.ndarray
    low: np.ndarray

    def __post_init__(self) -> None:
        self._past = np.zeros((len(self.high) + len(self.low), 2, len(self.muscles)))

    @property
    def state(self) -> np.ndarray:
        """Delay lines of the high-pass, then of the low-pass, shape (sections, 2, muscles)."""
        return self._past.copy()

    @state.setter
    def state(self, value: np.ndarray) -> None:
        self._past = np.array(value)

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`; before the start the first sample stood for ever."""
        value, count = samples[:, self.muscles], len(self.high)
        starts = len(samples) > 0 and dt_s[0] == 0
        if count:
            if starts:
                self._past[:count] = rest(self.high)[:, :, None] * value[0]
            filtered, self._past[:count] = signal.sosfilt(
                self.high, value, axis=0, zi=self._past[:count]
            )
            value = np.where(self.raw, filtered, value)
        value = np.abs(value)
        if len(self.low):
            if starts:
                self._past[count:] = rest(self.low)[:, :, None] * value[0]
            value, self._past[count:] = signal.sosfilt(
                self.low, value, axis=0, zi=self._past[count:]
            )
        return np.hstack([samples[:, self.others], value])


def rest(sections: np.ndarray) -> np.ndarray:
    """State of a filter, shape (sections, 2), after an endless input of one."""
    return signal.sosfilt_zi(sections)
