"""Butterworth low-pass filters: causal with state, and zero-phase for offline use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt, Interval
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.signal.step import BoundStep, Step


def _design(order: int, cutoff_hz: float, rate_hz: float) -> np.ndarray:
    if not 1 <= order <= 8:
        raise GaitcastError(f"filter order {order} is not within 1 to 8")
    if not 0 < cutoff_hz < rate_hz / 2:
        raise GaitcastError(
            f"cutoff {cutoff_hz:g} Hz is not between 0 and half the rate ({rate_hz / 2:g} Hz)",
            hint="Lower cutoff_hz",
        )
    return signal.butter(order, cutoff_hz, fs=rate_hz, output="sos")


def _memory_s(order: int, cutoff_hz: float, rate_hz: float) -> float:
    _, poles, _ = signal.sos2zpk(_design(order, cutoff_hz, rate_hz))
    return float(np.log(0.01) / np.log(np.abs(poles).max()) / rate_hz)


@options
class Butterworth(Step):
    """Causal low-pass with carried state, as it runs on a device.

    The state starts as if the first sample had been constant before, so a constant offset makes no
    start-up transient.

    Parameters
    ----------
    cutoff_hz : float
        Frequency of -3 dB.
    order : int
        1 to 8.
    """

    name: ClassVar[str] = "butterworth"
    cutoff_hz: Annotated[float, Gt(0)]
    order: Annotated[int, Interval(ge=1, le=8)] = 2

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundButterworth:
        """See :meth:`Step.bind`; raises if the cutoff is not below half the rate."""
        return BoundButterworth(channels, channels, _design(self.order, self.cutoff_hz, rate_hz))

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`; by the slowest pole."""
        return _memory_s(self.order, self.cutoff_hz, rate_hz)

    def delay_s(self, rate_hz: float) -> float:
        """See :meth:`Step.delay_s`; measured near 0 Hz."""
        b, a = signal.sos2tf(_design(self.order, self.cutoff_hz, rate_hz))
        _, delay = signal.group_delay((b, a), w=[self.cutoff_hz / 100], fs=rate_hz)
        return float(delay[0]) / rate_hz


@dataclass
class BoundButterworth(BoundStep):
    """A causal low-pass at work; `sos` are its second-order sections."""

    sos: np.ndarray

    def __post_init__(self) -> None:
        self._zi = np.zeros((len(self.sos), 2, len(self.inputs)))

    @property
    def rest_state(self) -> np.ndarray:
        """State, shape (sections, 2), after an endless input of one."""
        return signal.sosfilt_zi(self.sos)

    @property
    def state(self) -> np.ndarray:
        """Delay line of every section, shape (sections, 2, channels)."""
        return self._zi.copy()

    @state.setter
    def state(self, value: np.ndarray) -> None:
        self._zi = np.array(value)

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`."""
        if len(samples) and dt_s[0] == 0:
            self._zi = self.rest_state[:, :, None] * samples[0]
        result, self._zi = signal.sosfilt(self.sos, samples, axis=0, zi=self._zi)
        return result


@options
class OfflineButterworth(Step):
    """Zero-phase low-pass (forward and backward): sees the future, cannot run live.

    It serves to reproduce published protocols; a study that uses it says so in its results.

    Parameters
    ----------
    cutoff_hz : float
        Frequency of -3 dB of one pass.
    order : int
        Order of one pass, 1 to 8.
    """

    name: ClassVar[str] = "offline_butterworth"
    causal: ClassVar[bool] = False
    cutoff_hz: Annotated[float, Gt(0)]
    order: Annotated[int, Interval(ge=1, le=8)] = 2

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`; both ways."""
        return _memory_s(self.order, self.cutoff_hz, rate_hz)

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundOfflineButterworth:
        """See :meth:`Step.bind`; raises if the cutoff is not below half the rate."""
        sos = _design(self.order, self.cutoff_hz, rate_hz)
        return BoundOfflineButterworth(channels, channels, sos)


@dataclass
class BoundOfflineButterworth(BoundStep):
    """A zero-phase low-pass at work; needs a whole segment at once."""

    sos: np.ndarray

    @property
    def state(self) -> np.ndarray:
        """No state is carried: an empty array."""
        return np.zeros(0)

    @state.setter
    def state(self, value: np.ndarray) -> None:
        del value

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`; raises unless given a whole segment."""
        shortest = 3 * (2 * len(self.sos) + 1) + 1
        if len(samples) < shortest or dt_s[0] != 0:
            raise GaitcastError(
                f"a zero-phase filter needs a whole segment of at least {shortest} samples",
                hint="Use the causal 'butterworth' step",
            )
        return signal.sosfiltfilt(self.sos, samples, axis=0)
