"""Every channel scaled by the wearer's own recent past: causal, with state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt

from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.signal.step import BoundStep, Step


@options
class WearerScale(Step):
    """Subtract a running mean and divide by a running SD, both of the past only.

    New people differ by offsets (sensor placement, encoder zero) and by size; this step removes
    both without a calibration.

    Parameters
    ----------
    time_constant_s : float
        Time after which a sample's weight has fallen to 37 %, from the first sample on.
    least_sd : float
        Added in quadrature to the SD, in the channel's unit, so that the noise of a person who
        stands still is not amplified.

    Notes
    -----
    Channels keep their names but become dimensionless. The update of mean and variance is West's
    (1979), with weights that decay.
    """

    name: ClassVar[str] = "wearer_scale"
    time_constant_s: Annotated[float, Gt(0)] = 20.0
    least_sd: Annotated[float, Gt(0)] = 0.1

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`."""
        del rate_hz
        return self.time_constant_s * np.log(100)

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundWearerScale:
        """See :meth:`Step.bind`; raises if the time constant is shorter than two samples."""
        if not self.time_constant_s * rate_hz >= 2:
            raise GaitcastError(
                f"time constant {self.time_constant_s:g} s is shorter than two samples",
                where=f"step '{self.name}'",
            )
        if not self.least_sd > 0:
            raise GaitcastError(
                f"least_sd {self.least_sd:g} is not above 0", where=f"step '{self.name}'"
            )
        keep = 1 - 1 / (self.time_constant_s * rate_hz)
        return BoundWearerScale(channels, channels, keep, self.least_sd)


@dataclass
class BoundWearerScale(BoundStep):
    """Running mean and SD at work; `keep` is the share of a weight that is left a sample later."""

    keep: float
    least_sd: float

    def __post_init__(self) -> None:
        self._state = np.zeros((3, len(self.inputs)))

    @property
    def state(self) -> np.ndarray:
        """Sum of weights, mean and variance, shape (3, inputs)."""
        return self._state.copy()

    @state.setter
    def state(self, value: np.ndarray) -> None:
        self._state = np.array(value)

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`."""
        scaled = np.empty(samples.shape)
        total, mean, variance = self._state
        for number, (sample, fresh) in enumerate(zip(samples, dt_s == 0, strict=True)):
            if fresh:
                total, mean, variance = np.zeros_like(sample), sample, np.zeros_like(sample)
            total = self.keep * total + 1
            away = sample - mean
            mean = mean + away / total
            variance = (1 - 1 / total) * (variance + away**2 / total)
            scaled[number] = (sample - mean) / np.sqrt(variance + self.least_sd**2)
        self._state = np.stack([total, mean, variance])
        return scaled
