"""A forecast at each heel strike: the foot's IMU in, the stiffness that the ankle will have out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime import Engine, Forecast, RateAdapter
from gaitcast.runtime.swing import (
    SWING_CHANNELS,
    SWING_CLOCK_HZ,
    SWING_POINTS,
    LiveSwings,
    Swings,
    imu_channels,
)

_STIFFNESS = "ipsi_ankle_stiffness_flexion"


class AtContact:
    """Runs a bundle of swings on the raw samples of one foot's IMU.

    Samples are brought to 100 Hz, toe-off and contact are detected by
    :class:`gaitcast.events.FootImuEvents`, and as a contact is detected the swing before it goes
    through the bundle. :func:`gaitcast.impedance.swings` cuts the same swings offline.

    Parameters
    ----------
    engine : Engine
        With a bundle of the study ``stiffness``.
    side : str
        ``left`` or ``right``.
    known_stiffness : float, optional
        Mean stiffness of the wearer, N m/rad/kg, from steps that were measured; needed by bundles
        that start from it.
    known_steps : int
        How many steps that mean is of: so much it weighs beside those that are
        :meth:`measured` later.
    raw_hz : float
        Rate of the raw samples; faster ones than 105 Hz pass a causal low-pass.

    Raises
    ------
    GaitcastError
        If it is no such bundle, the side is unknown, or the stiffness is not given or not above 0.
    """

    def __init__(
        self,
        engine: Engine,
        side: str,
        known_stiffness: float | None = None,
        known_steps: int = 1,
        raw_hz: float = SWING_CLOCK_HZ,
    ) -> None:
        self._engine, card = engine, engine.card
        places = {name: k for k, name in enumerate((*SWING_CHANNELS, _STIFFNESS))}
        where = f"bundle '{card.name}'"
        fits = card.targets == (_STIFFNESS,) and card.rate_hz == SWING_POINTS - 1
        if not fits or not set(card.channels) <= set(places) or card.warmup > SWING_POINTS:
            raise GaitcastError(
                "predicts no stiffness from swings",
                where=where,
                hint="Export one of the study 'stiffness', or leave the contact mode out",
            )
        self._order = [places[name] for name in card.channels]
        self._past = [0.0, 0]
        if known_stiffness is not None:
            self.measured(known_stiffness, known_steps)
        elif _STIFFNESS in card.channels:
            raise GaitcastError(
                "the wearer's mean stiffness is not given",
                where=where,
                hint="AtContact: known_stiffness=, command line: --wearer stiffness=2.1",
            )
        self.channels = imu_channels(side)
        self._clock = RateAdapter(raw_hz, SWING_CLOCK_HZ, card.max_gap_s)
        self._swings = LiveSwings(Swings(side, card.max_gap_s))

    def measured(self, stiffness: float, steps: int = 1) -> None:
        """Take the stiffness of steps that were measured: the wearer's mean follows it.

        Parameters
        ----------
        stiffness : float
            N m/rad/kg.
        steps : int
            How many it is the mean of.

        Raises
        ------
        GaitcastError
            If one of them is not a number above 0.
        """
        if not 0 < stiffness < 1e3:
            raise GaitcastError(f"a stiffness of {stiffness:g} N m/rad/kg is impossible")
        if steps < 1:
            raise GaitcastError(f"{steps} steps have no mean stiffness")
        mean, count = self._past
        self._past = [(mean * count + stiffness * steps) / (count + steps), count + steps]

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
            One if this sample shows a contact whose swing was seen from toe-off on, and a swing
            before it, else none; its time is that of the contact.

        Raises
        ------
        GaitcastError
            If time does not increase, or the sample is not six finite numbers.
        """
        raw = np.asarray(sample, dtype=float)
        if raw.shape != (6,) or not (np.abs(raw) < 1e30).all():
            raise GaitcastError(
                f"the sample at {time_s:.4f} s is not six finite numbers",
                hint=f"In this order: {', '.join(self.channels)}",
            )
        made = []
        for even_s, row, _ in self._clock.push(time_s, raw):
            swing = self._swings.push(even_s, row.tolist())
            if swing is not None:
                made.append(Forecast(swing.strike_s, self._forecast(swing.points)))
        return made

    def _forecast(self, points: np.ndarray) -> np.ndarray:
        past = np.full(SWING_POINTS, self._past[0])
        self._engine.reset()
        forecast = None
        for number, row in enumerate(np.column_stack([points, past])[:, self._order]):
            forecast = self._engine.step(row, 1 / (SWING_POINTS - 1) if number else 0.0)
        assert forecast is not None  # the warm-up is no longer than a swing
        return forecast

    @property
    def state(self) -> dict[str, Any]:
        """All that is carried from one sample to the next, as plain numbers."""
        clock = {name: value.tolist() for name, value in self._clock.state().items()}
        return {"clock": clock, "swings": self._swings.state, "past": list(self._past)}

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._clock.restore({name: np.array(v) for name, v in value["clock"].items()})
        self._swings.state, self._past = value["swings"], list(value["past"])
