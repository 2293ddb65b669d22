"""Many wearers in one process: an engine each, one graph, as many as this machine can serve."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Bundle
from gaitcast.runtime.engine import Engine, Forecast
from gaitcast.runtime.packets import forecast_line
from gaitcast.runtime.sinks import ProfileFile

#: Share of a core that wearers may take; the rest is for the network and the system.
_SHARE = 0.7
_MEASURED_STEPS = 300


def measured_capacity(bundle: Bundle, raw_hz: float | None = None) -> int:
    """How many wearers one core of this machine can serve at their rate.

    Parameters
    ----------
    bundle : Bundle
        What they run.
    raw_hz : float, optional
        Rate of their samples; default the card's.

    Returns
    -------
    int
        At least 1. Measured on noise for a moment: a busy machine gives less.
    """
    card = bundle.card
    rate_hz = raw_hz or card.raw_hz
    engine = Engine(bundle, dict.fromkeys(card.covariates, 1.0), rate_hz)
    mean, sd = np.array([card.usual.get(name, (0.0, 1.0)) for name in card.channels]).T
    rows = mean + sd * np.random.default_rng(0).standard_normal((256, len(card.channels)))
    began_s = 0.0
    for number in range(card.warmup + 2 * _MEASURED_STEPS):
        if number == card.warmup + _MEASURED_STEPS:
            began_s = time.perf_counter()
        for forecast in engine.push(number / rate_hz, rows[number % len(rows)]):
            forecast_line(forecast)
    step_s = (time.perf_counter() - began_s) / _MEASURED_STEPS
    return max(1, int(_SHARE / (step_s * rate_hz)))


class Wearers:
    """Engines of many wearers, each with a state of its own.

    Parameters
    ----------
    bundle : Bundle
        What all of them run.
    capacity : int, optional
        How many there may be at once; by default :func:`measured_capacity`.
    raw_hz : float, optional
        Rate of their samples; default the card's.
    bridge_s : float
        See :class:`~gaitcast.runtime.Engine`.
    profiles : str or Path, optional
        Folder with ``WEARER.npz``, what was learnt of each wearer; kept while they are here and
        when they leave.

    Raises
    ------
    GaitcastError
        If `capacity` is below 1.

    Notes
    -----
    Nothing is shared but the graph, which holds no state: what one wearer's sensors send reaches
    no other wearer's forecast.
    """

    def __init__(
        self,
        bundle: Bundle,
        capacity: int | None = None,
        raw_hz: float | None = None,
        bridge_s: float = 0.0,
        profiles: str | Path | None = None,
    ) -> None:
        self._bundle, self._raw_hz, self._bridge_s = bundle, raw_hz, bridge_s
        self._profiles = None if profiles is None else Path(profiles)
        self.capacity = measured_capacity(bundle, raw_hz) if capacity is None else capacity
        if self.capacity < 1:
            raise GaitcastError(f"a capacity of {self.capacity} wearers", hint="Give 1 or more")
        self._engines: dict[str, Engine] = {}
        self._kept: dict[str, ProfileFile] = {}
        self._came_s: dict[str, float] = {}

    def __len__(self) -> int:
        return len(self._engines)

    def __contains__(self, wearer: str) -> bool:
        return wearer in self._engines

    def __getitem__(self, wearer: str) -> Engine:
        return self._engines[wearer]

    def admit(self, wearer: str, covariates: Mapping[str, float | str] | None = None) -> Engine:
        """Take a wearer in.

        Parameters
        ----------
        wearer : str
            Name.
        covariates : dict, optional
            The card's, such as ``{"mass_kg": 72}``.

        Returns
        -------
        Engine
            Theirs: its state can be saved and restored.

        Raises
        ------
        GaitcastError
            If there are as many as can be served, they are here already, or a covariate is missing.
        """
        if wearer in self._engines:
            raise GaitcastError(f"wearer '{wearer}' is here already")
        if len(self) >= self.capacity:
            raise GaitcastError(
                f"wearer '{wearer}' cannot be served: there are {len(self)} already",
                hint="Serve more on another core or machine",
            )
        engine = Engine(self._bundle, covariates, self._raw_hz, self._bridge_s)
        if self._profiles is not None:
            self._kept[wearer] = ProfileFile(self._profiles / f"{wearer}.npz", engine)
        self._engines[wearer], self._came_s[wearer] = engine, -np.inf
        return engine

    def push(
        self, wearer: str, time_s: float, sample: np.ndarray, now_s: float = 0.0
    ) -> list[Forecast]:
        """One raw sample of a wearer, see :meth:`gaitcast.runtime.Engine.push`.

        Parameters
        ----------
        wearer : str
            Admitted.
        time_s : float
            On their own clock.
        sample : numpy.ndarray, shape (channels,)
            Canonical units.
        now_s : float
            On this machine's clock, for :meth:`leave_silent`.

        Returns
        -------
        list of Forecast
            Theirs.

        Raises
        ------
        GaitcastError
            If the wearer was not admitted.
        """
        if wearer not in self._engines:
            raise GaitcastError(f"wearer '{wearer}' was not admitted")
        self._came_s[wearer] = now_s
        made = self._engines[wearer].push(time_s, sample)
        if wearer in self._kept:
            self._kept[wearer].keep()
        return made

    def leave(self, wearer: str) -> None:
        """Let a wearer go; their profile is saved."""
        if wearer in self._kept:
            self._kept.pop(wearer).save()
        self._engines.pop(wearer)
        self._came_s.pop(wearer)

    def leave_silent(self, now_s: float, after_s: float) -> list[str]:
        """Let those go who sent nothing for so long.

        Parameters
        ----------
        now_s : float
            On this machine's clock.
        after_s : float

        Returns
        -------
        list of str
            Who went.
        """
        gone = [who for who, came_s in self._came_s.items() if now_s - came_s > after_s]
        for wearer in gone:
            self.leave(wearer)
        return gone
