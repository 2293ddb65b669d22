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
    """

    name: ClassVar[str] = "marker_motion"
    window_ms: Annotated[float, Gt(0)] = 60.0
    positions: Literal["kept", "dropped"] = "kept"
    heights: tuple[str, ...] = ()

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
            channels, (*(channels[n] for n in others), *moved), np.array(taps), markers, others
        )


@dataclass
class BoundMarkerMotion(BoundStep):
    """Parabolas at work; `taps`, shape (2, samples), weigh the last samples, oldest first."""

    taps: np.ndarray
    markers: list[int]
    others: list[int]

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
        """See :meth:`BoundStep.process`; a marker is taken to have stood still before the start."""
        here = samples[:, self.markers]
        if len(samples) and dt_s[0] == 0:
            self._past = np.tile(here[0], (len(self._past), 1))
        path = np.concatenate([self._past, here])
        self._past = path[len(path) - len(self._past) :]
        views = np.lib.stride_tricks.sliding_window_view(path, self.taps.shape[1], axis=0)
        moved = views @ self.taps.T
        return np.hstack([samples[:, self.others], moved[..., 0], moved[..., 1]])
