"""Velocity and acceleration of markers: a causal local polynomial with state."""

from __future__ import annotations

import fnmatch
from dataclasses import dataclass
from typing import Annotated, ClassVar, Literal

import numpy as np
from annotated_types import Gt
from scipy import signal

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.signal.step import BoundStep, Step


@options
class MarkerMotion(Step):
    """Add velocity (m/s) and acceleration (m/s^2) of every marker, estimated from the past.

    A parabola is fitted to the last samples and evaluated at the newest (Savitzky and Golay, *Anal
    Chem* 36:1627, 1964). Other channels pass through.

    Parameters
    ----------
    window_ms : float
        Length of the past that the parabola is fitted to. A longer window is smoother, and lags
        more behind what a parabola cannot follow.
    positions : str
        ``kept`` among the channels, or ``dropped``: the place in the laboratory says nothing about
        the gait.
    heights : tuple of str
        Patterns of markers, such as ``"*_heel_*"``, whose z stays where positions are dropped.
    before : str
        What is taken for the past of the first samples: that markers stood ``still``, or were
        ``moving`` as between the first two. A walk that begins in the middle would show large
        accelerations otherwise, which also widen the scale of these channels.
    """

    name: ClassVar[str] = "marker_motion"
    window_ms: Annotated[float, Gt(0)] = 60.0
    positions: Literal["kept", "dropped"] = "kept"
    heights: tuple[str, ...] = ()
    before: Literal["still", "moving"] = "still"

    def memory_s(self, rate_hz: float) -> float:
        """See :meth:`Step.memory_s`."""
        del rate_hz
        return self.window_ms / 1000

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundMarkerMotion:
        """See :meth:`Step.bind`; raises if the window is shorter than two sample intervals."""
        count = round(self.window_ms * rate_hz / 1000) + 1
        if count < 3:
            raise GaitcastError(
                f"window_ms {self.window_ms:g} holds {count} samples, a parabola needs 3",
                where=f"step '{self.name}'",
                hint="Lengthen window_ms",
            )
        markers = [n for n, name in enumerate(channels) if Channel.parse(name).quantity == "marker"]
        named = [Channel.parse(channels[n]) for n in markers]
        stay = {n for h in self.heights for n in fnmatch.filter(channels, h) if n.endswith("_z")}
        if self.positions == "kept":
            stay.update(channels)
        others = [n for n, name in enumerate(channels) if n not in markers or name in stay]
        moved = [
            Channel(c.side, c.segment, quantity, c.axis).name
            for quantity in ("vel", "accel")
            for c in named
        ]
        taps = [
            signal.savgol_coeffs(count, 2, deriv=d, delta=1 / rate_hz, pos=count - 1, use="dot")
            for d in (1, 2)
        ]
        return BoundMarkerMotion(
            channels,
            (*(channels[n] for n in others), *moved),
            np.array(taps),
            markers,
            others,
            self.before == "moving",
        )


@dataclass
class BoundMarkerMotion(BoundStep):
    """Parabolas at work; `taps`, shape (2, samples), weigh the last samples, oldest first."""

    taps: np.ndarray
    markers: list[int]
    others: list[int]
    moving: bool

    def __post_init__(self) -> None:
        self._past = np.zeros((self.taps.shape[1] - 1, len(self.markers)))

    @property
    def state(self) -> np.ndarray:
        """The last positions, shape (samples - 1, markers), oldest first."""
        return self._past.copy()

    @state.setter
    def state(self, value: np.ndarray) -> None:
        self._past = np.array(value)

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`."""
        here = samples[:, self.markers]
        if len(samples) and dt_s[0] == 0:
            self._past = np.tile(here[0], (len(self._past), 1))
        if not self.moving:
            return np.hstack([samples[:, self.others], self._moved(here)])
        made = [np.zeros((0, 2 * len(self.markers)))]
        for row in here[:, None]:
            # Measured markers never stand quite still, so that only a start looks like this.
            still = self._past[0] == self._past[-1]
            back = np.arange(len(self._past), 0, -1)[:, None] * (self._past[-1] - row)
            self._past = np.where(still, row + back, self._past)
            made.append(self._moved(row))
        return np.hstack([samples[:, self.others], np.concatenate(made)])

    def _moved(self, here: np.ndarray) -> np.ndarray:
        path = np.concatenate([self._past, here])
        self._past = path[len(path) - len(self._past) :]
        views = np.lib.stride_tricks.sliding_window_view(path, self.taps.shape[1], axis=0)
        moved = views @ self.taps.T
        return np.hstack([moved[..., 0], moved[..., 1]])
