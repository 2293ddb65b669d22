"""Roll and pitch of each IMU by the complementary filter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Interval
from scipy import signal

from gaitcast.channel import VECTOR_AXES
from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.signal.step import BoundStep, Step


@options
class ComplementaryTilt(Step):
    """Add roll and pitch of every IMU among the channels, in deg.

    ``roll = alpha (roll + gyr_x dt) + (1 - alpha) atan2(acc_y, acc_z)`` and
    ``pitch = alpha (pitch + gyr_y dt) + (1 - alpha) atan2(-acc_x, hypot(acc_y, acc_z))``,
    both 0 at the first sample of a segment. Channels without an IMU pass through unchanged.

    Parameters
    ----------
    alpha : float
        Weight of the gyroscope, 0 to 1.

    Notes
    -----
    Source: Zare Banadkouki et al. 2025. The gyroscope axes are integrated as if they were Euler
    rates. A negative zero keeps its sign, as in the source. Where standing gravity was subtracted
    from the accelerometers, as in the ankle6-encoder set, the tilts are features, not inclinations.
    """

    name: ClassVar[str] = "complementary_tilt"
    alpha: Annotated[float, Interval(ge=0, le=1)] = 0.98

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`."""
        if not 0 < self.alpha < 1:
            return 0.0 if self.alpha <= 0 else float("inf")
        return np.log(0.01) / np.log(self.alpha) / rate_hz

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundTilt:
        """See :meth:`Step.bind`; raises if `alpha` is not within 0 to 1."""
        del rate_hz
        if not 0 <= self.alpha <= 1:
            raise GaitcastError(f"alpha {self.alpha:g} is not within 0 to 1")
        imus = [
            segment
            for segment in dict.fromkeys(name.rsplit("_", 2)[0] for name in channels)
            if all(f"{segment}_{q}_{a}" in channels for q in ("acc", "gyr") for a in VECTOR_AXES)
        ]
        tilts = tuple(f"{imu}_tilt_{axis}" for axis in ("roll", "pitch") for imu in imus)
        return BoundTilt(channels, channels + tilts, self.alpha, tuple(imus))


@dataclass
class BoundTilt(BoundStep):
    """Complementary filters at work: first the rolls of all IMUs, then their pitches."""

    alpha: float
    imus: tuple[str, ...]

    def __post_init__(self) -> None:
        self._tilt_deg = np.zeros(2 * len(self.imus))

    def columns(self, quantity: str, axis: str) -> list[int]:
        """Indices of one component of every IMU among the inputs.

        Parameters
        ----------
        quantity : str
            ``acc`` or ``gyr``.
        axis : str
            ``x``, ``y`` or ``z``.

        Returns
        -------
        list of int
            One index per IMU.
        """
        return [self.inputs.index(f"{imu}_{quantity}_{axis}") for imu in self.imus]

    @property
    def state(self) -> np.ndarray:
        """Rolls, then pitches, deg."""
        return self._tilt_deg.copy()

    @state.setter
    def state(self, value: np.ndarray) -> None:
        self._tilt_deg = np.array(value)

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`."""
        x, y, z = (samples[:, self.columns("acc", axis)] for axis in VECTOR_AXES)
        rate = samples[:, self.columns("gyr", "x") + self.columns("gyr", "y")]
        gravity = np.degrees(np.hstack([np.arctan2(y, z), np.arctan2(-x, np.hypot(y, z))]))
        drive = self.alpha * rate * dt_s[:, None] + (1 - self.alpha) * gravity
        tilt = np.empty_like(drive)
        start = 0
        if len(samples) and dt_s[0] == 0:
            self._tilt_deg[:] = 0.0
            tilt[0], start = 0.0, 1
        tilt[start:], _ = signal.lfilter(
            [1.0], [1.0, -self.alpha], drive[start:], axis=0, zi=self.alpha * self._tilt_deg[None]
        )
        if len(samples) > start:
            self._tilt_deg = tilt[-1].copy()
        return np.hstack([samples, tilt])
