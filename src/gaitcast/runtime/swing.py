"""Swings of a foot up to contact, cut live from its IMU and brought to a fixed number of points.

Offline and live use the same code: a study cuts swings by pushing samples one by one.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.foot_imu import FootImuEvents
from gaitcast.runtime.gait_event import HEEL_STRIKE, TOE_OFF
from gaitcast.runtime.reckoning import LONGEST_MOVE_S

#: Number of points of a swing; the last one is just before contact.
SWING_POINTS = 61
#: Rate of the samples that swings are cut from, Hz.
SWING_CLOCK_HZ = 100.0
#: Duration of a swing, and largest time from its last sample to contact, s.
_SWING_S, _LATEST_S = (0.15, 1.0), 0.05
_AXES = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
#: Axes whose sign changes when a left foot is mirrored in the sagittal plane.
_MIRROR = (1.0, -1.0, 1.0, -1.0, 1.0, -1.0)


def imu_channels(side: str) -> tuple[str, ...]:
    """Channels of the foot's IMU: acceleration, then angular rate.

    Parameters
    ----------
    side : str
        ``left``, ``right`` or ``ipsi``.
    """
    return tuple(f"{side}_foot_{axis}" for axis in _AXES)


#: Channels of a swing: the readings, then their deviation from the wearer's usual swing.
SWING_CHANNELS = (
    *imu_channels("ipsi"),
    *(f"ipsi_foot_{axis[:3]}dev_{axis[-1]}" for axis in _AXES),
)


@dataclass(frozen=True, eq=False)
class Swing:
    """One swing.

    Parameters
    ----------
    begin_s, strike_s : float
        Toe-off, or the first sample where a recording begins in the swing; contact.
    end_s : float
        Last sample before contact.
    points : numpy.ndarray, shape (61, 12)
        Columns as in :data:`SWING_CHANNELS`.
    """

    begin_s: float
    strike_s: float
    end_s: float
    points: np.ndarray


class Swings:
    """Brings swings of one foot to one length, and keeps the mean of the swings so far.

    Parameters
    ----------
    side : str
        ``left``, which is mirrored so that it reads like a right one, or ``right``.
    max_gap_s : float
        A swing with a longer interval between samples is left out.

    Raises
    ------
    GaitcastError
        If `side` is neither.
    """

    def __init__(self, side: str, max_gap_s: float = 0.1) -> None:
        if side not in ("left", "right"):
            raise GaitcastError(f"no side '{side}'", hint="Give left or right")
        self._sign = np.array(_MIRROR) if side == "left" else np.ones(len(_MIRROR))
        self._max_gap_s = max_gap_s
        self._sum = np.zeros((SWING_POINTS, len(_AXES)))
        self._count = 0

    def take(
        self, time_s: np.ndarray, samples: np.ndarray, begin_s: float, strike_s: float
    ) -> Swing | None:
        """Process the next swing.

        Parameters
        ----------
        time_s : numpy.ndarray, shape (n,)
            Increasing, s; samples outside the swing are ignored.
        samples : numpy.ndarray, shape (n, 6)
            Columns as in :func:`imu_channels`.
        begin_s, strike_s : float
            Toe-off and contact.

        Returns
        -------
        Swing or None
            None if the swing is not whole or too short or long for walking, and for the first
            swing, for which there is no mean yet.
        """
        rows = np.flatnonzero((time_s >= begin_s) & (time_s <= strike_s))
        if len(rows) < 2 or not _SWING_S[0] <= strike_s - begin_s <= _SWING_S[1]:
            return None
        at_s, readings = time_s[rows], samples[rows]
        longest_s = max(float(np.diff(at_s).max()), float(at_s[0]) - begin_s)
        if longest_s > self._max_gap_s or strike_s - at_s[-1] > _LATEST_S:
            return None
        if not np.isfinite(readings).all():
            return None
        even_s = np.linspace(at_s[0], at_s[-1], SWING_POINTS)
        points = self._sign * np.column_stack([np.interp(even_s, at_s, c) for c in readings.T])
        usual = self._sum / max(self._count, 1)
        self._sum = self._sum + points
        self._count += 1
        if self._count == 1:
            return None
        both = np.column_stack([points, points - usual])
        return Swing(float(at_s[0]), strike_s, float(at_s[-1]), both)

    @property
    def state(self) -> dict[str, Any]:
        """The mean swing so far, as plain numbers."""
        return {"sum": self._sum.tolist(), "count": self._count}

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._sum, self._count = np.array(value["sum"]), int(value["count"])


class LiveSwings:
    """Cuts swings out of the samples of one foot's IMU as its contacts are detected.

    Parameters
    ----------
    swings : Swings
        Of that foot; the same object may continue in another recording.
    """

    def __init__(self, swings: Swings) -> None:
        self._swings = swings
        self._events = FootImuEvents()
        self._kept: deque[tuple[float, list[float]]] = deque()
        self._begin_s: float | None = None

    def push(self, time_s: float, sample: Sequence[float]) -> Swing | None:
        """Process one sample.

        Parameters
        ----------
        time_s : float
            On a clock of 100 Hz, s, later than the sample before.
        sample : sequence of float, length 6
            Columns as in :func:`imu_channels`; a sample with NaN is skipped.

        Returns
        -------
        Swing or None
            The swing whose contact is detected at this sample.
        """
        row = [float(value) for value in sample]
        if any(value != value for value in row):
            return None
        self._kept.append((time_s, row))
        while time_s - self._kept[0][0] > LONGEST_MOVE_S + _SWING_S[1]:
            self._kept.popleft()
        found = None
        for event in self._events.process(
            np.array([time_s]), np.array([row[:3]]), np.array([row[3:]])
        ):
            if event.kind == TOE_OFF:
                self._begin_s = event.time_s
            elif event.kind == HEEL_STRIKE and self._begin_s is not None:
                times = np.array([t for t, _ in self._kept])
                rows = np.array([values for _, values in self._kept])
                found = self._swings.take(times, rows, self._begin_s, event.time_s)
                self._begin_s = None
        return found

    @property
    def state(self) -> dict[str, Any]:
        """Everything carried from one sample to the next, as plain numbers."""
        return {
            "swings": self._swings.state,
            "events": self._events.state,
            "kept": [[t, list(row)] for t, row in self._kept],
            "begin_s": self._begin_s,
        }

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._swings.state, self._events.state = value["swings"], value["events"]
        self._kept = deque((float(t), list(row)) for t, row in value["kept"])
        self._begin_s = value["begin_s"]
