"""A forecast at each heel strike: the foot's IMU in, the stiffness that the ankle will have out."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.events import FootImuEvents
from gaitcast.events.event import HEEL_STRIKE, TOE_OFF
from gaitcast.runtime import Engine, Forecast
from gaitcast.runtime.swing import SWING_CHANNELS, SWING_POINTS, SWING_S, Swings, imu_channels

_STIFFNESS = "ipsi_ankle_stiffness_flexion"


class AtContact:
    """Runs a bundle of swings on the raw samples of one foot's IMU.

    Toe-off and contact are told by :class:`gaitcast.events.FootImuEvents`; the swing between them
    is brought to 61 points and goes through the bundle as the contact is told. Offline,
    :func:`gaitcast.impedance.swings` cuts the same swings.

    Parameters
    ----------
    engine : Engine
        With a bundle of the study ``stiffness``: its channels are a swing's.
    side : str
        ``left`` or ``right``.
    known_stiffness : float, optional
        Mean stiffness of the wearer, N m/rad/kg, from steps that were measured; needed by bundles
        that start from it.

    Raises
    ------
    GaitcastError
        If the bundle takes other channels, the side is unknown, or the stiffness is not given or
        not above 0.
    """

    def __init__(self, engine: Engine, side: str, known_stiffness: float | None = None) -> None:
        self._engine = engine
        places = {name: k for k, name in enumerate((*SWING_CHANNELS, _STIFFNESS))}
        unknown = [name for name in engine.card.channels if name not in places]
        if unknown:
            raise GaitcastError(
                f"it takes '{unknown[0]}', which is not of a swing",
                where=f"bundle '{engine.card.name}'",
                mend="Export one of the study 'stiffness', or leave the contact mode out",
            )
        self._order = [places[name] for name in engine.card.channels]
        if _STIFFNESS in engine.card.channels and known_stiffness is None:
            raise GaitcastError(
                "the wearer's mean stiffness is not given", where=f"bundle '{engine.card.name}'"
            )
        self._past: list[float] = []
        if known_stiffness is not None:
            self.measured(known_stiffness)
        self.channels = imu_channels(side)
        self._swings = Swings(side)
        self._events = FootImuEvents()
        self._kept: deque[tuple[float, np.ndarray]] = deque()
        self._begin_s: float | None = None
        #: How long after each contact its sample came in which it was told, ms; negative: before.
        self.late_ms: list[float] = []

    def measured(self, stiffness: float) -> None:
        """Take the stiffness of a step that was measured: the wearer's mean follows it.

        Parameters
        ----------
        stiffness : float
            N m/rad/kg.

        Raises
        ------
        GaitcastError
            If it is not a number above 0.
        """
        if not 0 < stiffness < 1e3:
            raise GaitcastError(f"a stiffness of {stiffness:g} N m/rad/kg is impossible")
        self._past.append(float(stiffness))

    def push(self, time_s: float, sample: np.ndarray | Sequence[float]) -> list[Forecast]:
        """One raw sample of the foot's IMU.

        Parameters
        ----------
        time_s : float
            Later than the one before.
        sample : array_like, shape (6,)
            In the order of `channels`.

        Returns
        -------
        list of Forecast
            One at a contact whose swing was seen from toe-off on, else none; its time is that of
            the contact.

        Raises
        ------
        GaitcastError
            If time does not increase, or the sample is not six finite numbers.
        """
        raw = np.asarray(sample, dtype=float)
        if raw.shape != (6,) or not np.isfinite(raw).all():
            raise GaitcastError(
                f"the sample at {time_s:.4f} s is not six finite numbers",
                mend=f"In this order: {', '.join(self.channels)}",
            )
        if self._kept and not time_s > self._kept[-1][0]:
            raise GaitcastError(
                f"time does not increase: {self._kept[-1][0]:.4f} s, then {time_s:.4f} s"
            )
        self._kept.append((float(time_s), raw))
        while time_s - self._kept[0][0] > 2 * SWING_S[1]:
            self._kept.popleft()
        made = []
        for event in self._events.process(np.array([time_s]), raw[None, :3], raw[None, 3:]):
            if event.kind == TOE_OFF:
                self._begin_s = event.time_s
            elif event.kind == HEEL_STRIKE and self._begin_s is not None:
                made += self._at(event.time_s, self._begin_s)
                self._begin_s = None
        return made

    def _at(self, strike_s: float, begin_s: float) -> list[Forecast]:
        kept = [(t, row) for t, row in self._kept if begin_s <= t <= strike_s]
        if len(kept) < 2 or not SWING_S[0] <= strike_s - begin_s <= SWING_S[1]:
            return []
        time_s = np.array([t for t, _ in kept])
        if np.diff(time_s).max() > self._engine.card.max_gap_s:
            return []
        swing = self._swings.shape(time_s, np.array([row for _, row in kept]), begin_s)
        past = np.mean(self._past) if self._past else 0.0
        rows = np.column_stack([swing, np.full(SWING_POINTS, past)])[:, self._order]
        self._engine.reset()
        told = None
        for number, row in enumerate(rows):
            told = self._engine.step(row, 1 / (SWING_POINTS - 1) if number else 0.0)
        if told is None:
            return []
        self.late_ms.append(1000 * (self._kept[-1][0] - strike_s))
        return [Forecast(strike_s, told)]
