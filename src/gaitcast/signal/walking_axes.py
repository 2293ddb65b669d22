"""Axes of each IMU turned to what it feels in walking: gravity, and the axis it turns about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np
from annotated_types import Gt
from scipy import signal

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.signal.step import BoundStep, Step

_IMU = ("acc", "gyr")
#: Before the first sample: an upright IMU that turns about its y, m/s^2 and (deg/s)^2.
_USUAL = np.array([0.0, 0.0, 9.81, 0.0, 60.0**2, 0.0, 0.0, 0.0, 0.0])
#: Products of rates that are summed: xx, yy, zz, xy, xz, yz.
PAIRS = ((0, 0), (1, 1), (2, 2), (0, 1), (0, 2), (1, 2))
#: An IMU upside down, or one that turns about its x, has no smallest turn.
LEAST = 1e-3


@options
class WalkingAxes(Step):
    """Turn the axes of each IMU: z along its mean acceleration, y along what it turns about most.

    Sensors on a leg are mounted a little otherwise on each wearer. In walking, the mean of the
    accelerometer is gravity, and a leg turns mostly about the axis from right to left. Both are
    means over the past, from the first sample on.

    Parameters
    ----------
    time_constant_s : float
        Time after which a sample's weight has fallen to 37 %.
    usual_s : float
        How long an IMU that is mounted as its axes say would have to be worn to weigh as much as
        what is assumed before the first sample.

    Notes
    -----
    IMUs with all axes of ``acc`` and ``gyr`` are turned; other channels pass through. An IMU that
    is mounted about upside down, or with y ahead, has to be turned by the mapping of its file.
    """

    name: ClassVar[str] = "walking_axes"
    time_constant_s: Annotated[float, Gt(0)] = 20.0
    usual_s: Annotated[float, Gt(0)] = 0.3

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`."""
        del rate_hz
        return self.time_constant_s * np.log(100)

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundWalkingAxes:
        """See :meth:`Step.bind`; raises if the time constant is shorter than two samples."""
        if not self.time_constant_s * rate_hz >= 2:
            raise GaitcastError(
                f"time constant {self.time_constant_s:g} s is shorter than two samples",
                where=f"step '{self.name}'",
            )
        at = {name: k for k, name in enumerate(channels)}
        columns = []
        for name in channels:
            sensor = Channel.parse(name)
            own = [f"{sensor.side}_{sensor.segment}_{q}_{a}" for q in _IMU for a in VECTOR_AXES]
            if name == own[0] and at.keys() >= {*own}:
                columns.append([at[n] for n in own])
        keep = 1 - 1 / (self.time_constant_s * rate_hz)
        usual = self.usual_s * rate_hz * _USUAL
        place = np.array(columns, dtype=int).reshape(-1, 6).T
        return BoundWalkingAxes(channels, channels, place, keep, usual)


@dataclass
class BoundWalkingAxes(BoundStep):
    """Sums at work; `columns`, shape (6, IMUs), `keep` the share of a weight a sample later."""

    columns: np.ndarray
    keep: float
    usual: np.ndarray

    def __post_init__(self) -> None:
        self._sums = np.zeros((len(self.usual), self.columns.shape[1]))

    @property
    def state(self) -> np.ndarray:
        """Sums of accelerations and of products of rates, shape (9, IMUs)."""
        return self._sums.copy()

    @state.setter
    def state(self, value: np.ndarray) -> None:
        self._sums = np.array(value)

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`."""
        made = np.array(samples, dtype=float)
        if not len(samples) or not self.columns.size:
            return made
        if dt_s[0] == 0:
            self._sums = np.tile(self.usual[:, None], self.columns.shape[1])
        sensors = made[:, self.columns]  # (n, 6, IMUs)
        rates = sensors[:, 3:]
        seen = np.concatenate(
            [sensors[:, :3], np.stack([rates[:, i] * rates[:, j] for i, j in PAIRS], axis=1)],
            axis=1,
        )
        start = self.keep * self._sums[None]
        sums, _ = signal.lfilter([1.0], [1.0, -self.keep], seen, axis=0, zi=start)
        self._sums = sums[-1]
        axes = turned_axes(sums)
        made[:, self.columns[:3]] = np.einsum("nijk,njk->nik", axes, sensors[:, :3])
        made[:, self.columns[3:]] = np.einsum("nijk,njk->nik", axes, rates)
        return made


def turned_axes(sums: np.ndarray) -> np.ndarray:
    """Rows of the rotation to the turned axes.

    Parameters
    ----------
    sums : numpy.ndarray, shape (n, 9, IMUs)
        Of accelerations and products of rates.

    Returns
    -------
    numpy.ndarray, shape (n, 3, 3, IMUs)
    """
    up = sums[:, :3] / np.maximum(np.linalg.norm(sums[:, :3], axis=1, keepdims=True), LEAST)
    x, y, z = up.transpose(1, 0, 2)
    near = np.maximum(1 + z, LEAST)
    ahead = np.stack([1 - x * x / near, -x * y / near, -x], axis=1)
    left = np.stack([-x * y / near, 1 - y * y / near, -y], axis=1)
    turns = np.empty((len(sums), 3, 3, sums.shape[2]))
    for k, (i, j) in enumerate(PAIRS):
        turns[:, i, j] = turns[:, j, i] = sums[:, 3 + k]
    of_left = np.einsum("nijk,njk->nik", turns, left)
    across = (ahead * of_left).sum(axis=1)
    along = (left * of_left).sum(axis=1)
    along = along - (ahead * np.einsum("nijk,njk->nik", turns, ahead)).sum(axis=1)
    size = np.sqrt(along**2 + 4 * across**2) + LEAST
    cosine = np.sqrt(np.maximum((1 + along / size) / 2, LEAST))
    sine = across / size / cosine
    length = np.sqrt(cosine**2 + sine**2)
    cosine, sine = (cosine / length)[:, None], (sine / length)[:, None]
    return np.stack([cosine * ahead - sine * left, sine * ahead + cosine * left, up], axis=1)
