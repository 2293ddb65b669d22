"""Many wearers in one process: names, as many as this machine can serve, and what is kept."""

from __future__ import annotations

import secrets
import time
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.batch import Batch, Forecasts
from gaitcast.runtime.binary_packets import forecast_frames, read_samples, samples_frame
from gaitcast.runtime.bundle import Bundle
from gaitcast.runtime.engine import Engine
from gaitcast.runtime.forecast import Forecast
from gaitcast.runtime.graph_block import block_rows
from gaitcast.runtime.sinks import ProfileFile

#: Share of a core that wearers may take; the rest is for the network and the system.
_SHARE = 0.7
#: Wearers that are measured at least, blocks of them, and for how many samples each.
_LEAST, _BLOCKS, _SAMPLES = 32, 4, 60


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
        At least 1. Measured on noise for a moment, as binary packets: a busy machine gives less.
    """
    card, rows = bundle.card, np.arange(max(_LEAST, _BLOCKS * block_rows(bundle)))
    rate_hz, batch = raw_hz or card.raw_hz, Batch(bundle, len(rows), raw_hz)
    for _ in rows:
        batch.add(dict.fromkeys(card.covariates, 1.0))
    mean, sd = np.array([card.usual.get(name, (0.0, 1.0)) for name in card.channels]).T
    noise = np.random.default_rng(0).standard_normal((64, len(rows), len(card.channels)))
    begins = round(max(card.warmup / card.rate_hz, 1.0) * rate_hz) + 8
    taken_s = np.zeros(begins + _SAMPLES)
    for number in range(len(taken_s)):
        sample = mean + 0.5 * sd * noise[number % len(noise)]
        packet = samples_frame(rows, np.full(len(rows), number / rate_hz), sample)
        began_s = time.perf_counter()
        made = batch.push(*read_samples(packet, len(card.channels)))
        forecast_frames(made.rows, made, np.arange(len(made)))
        taken_s[number] = time.perf_counter() - began_s
    step_s = float(np.mean(taken_s[begins:])) / len(rows)
    return max(1, int(_SHARE / (step_s * rate_hz)))


class Wearers:
    """Many wearers by name, each with a state of their own.

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
    They are computed side by side (:class:`~gaitcast.runtime.batch.Batch`): what one wearer's
    sensors send changes not a bit of another wearer's forecast.
    """

    def __init__(
        self,
        bundle: Bundle,
        capacity: int | None = None,
        raw_hz: float | None = None,
        bridge_s: float = 0.0,
        profiles: str | Path | None = None,
    ) -> None:
        self._profiles = None if profiles is None else Path(profiles)
        self.capacity = measured_capacity(bundle, raw_hz) if capacity is None else capacity
        if self.capacity < 1:
            raise GaitcastError(f"a capacity of {self.capacity} wearers", hint="Give 1 or more")
        self._batch = Batch(bundle, self.capacity, raw_hz, bridge_s)
        self._rows: dict[str, int] = {}
        self._kept: dict[str, ProfileFile] = {}
        self._came_s = np.full(self._batch.most, -np.inf)
        self._names: dict[int, str] = {}
        self._numbers: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, wearer: str) -> bool:
        return wearer in self._rows

    def __getitem__(self, wearer: str) -> Engine:
        """Their engine, up to date until their next sample."""
        return self._batch.engine(self.row(wearer))

    def row(self, wearer: str) -> int:
        """Where a wearer stands in :meth:`push_all`, until they leave.

        Raises
        ------
        GaitcastError
            If the wearer was not admitted.
        """
        if wearer not in self._rows:
            raise GaitcastError(f"wearer '{wearer}' was not admitted")
        return self._rows[wearer]

    def name(self, row: int) -> str:
        """Who stands in a row."""
        return self._names[row]

    def number(self, wearer: str) -> int:
        """What stands for a wearer in binary packets: 32 random bits, never another wearer's."""
        row = self.row(wearer)
        known = (number for number, at in self._numbers.items() if at == row)
        number = next(known, 0)
        while number == 0 or self._numbers.get(number, row) != row:
            number = secrets.randbits(32)
        self._numbers[number] = row
        return number

    def heard(self, wearer: str, now_s: float) -> None:
        """Note, for :meth:`leave_silent`, that a wearer is here though no sample came."""
        self._came_s[self._rows[wearer]] = now_s

    def rows_of(self, numbers: np.ndarray) -> np.ndarray:
        """Rows of wearers by their numbers, shape (n,); -1 where there is none."""
        return np.array([self._numbers.get(number, -1) for number in numbers.tolist()], int)

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
        if wearer in self._rows:
            raise GaitcastError(f"wearer '{wearer}' is here already")
        if len(self) >= self.capacity:
            raise GaitcastError(
                f"wearer '{wearer}' cannot be served: there are {len(self)} already",
                hint="Serve more on another core or machine",
            )
        row = self._batch.add(covariates)
        engine = self._batch.engine(row)
        if self._profiles is not None:
            try:
                self._kept[wearer] = ProfileFile(self._profiles / f"{wearer}.npz", engine)
            except GaitcastError:
                self._batch.remove(row)
                raise
        self._rows[wearer], self._names[row], self._came_s[row] = row, wearer, -np.inf
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
        row = np.array([self.row(wearer)])
        made = self.push_all(row, np.array([time_s]), np.asarray(sample, float)[None], now_s)
        return [self._batch.forecast(made, number) for number in range(len(made))]

    def push_all(
        self, rows: np.ndarray, time_s: np.ndarray, samples: np.ndarray, now_s: float = 0.0
    ) -> Forecasts:
        """Raw samples of several wearers at once, see :meth:`gaitcast.runtime.batch.Batch.push`.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n,)
            Of the wearers.
        time_s : numpy.ndarray, shape (n,)
        samples : numpy.ndarray, shape (n, channels)
        now_s : float
            On this machine's clock, for :meth:`leave_silent`.

        Returns
        -------
        Forecasts
        """
        made = self._batch.push(rows, time_s, samples)
        self._came_s[rows] = now_s
        if self._kept:
            for wearer in {self._names[row] for row in rows.tolist()}:
                self._kept[wearer].keep()
        return made

    def forecast(self, made: Forecasts, number: int) -> Forecast:
        """One of several, as an engine gives it."""
        return self._batch.forecast(made, number)

    def leave(self, wearer: str) -> None:
        """Let a wearer go; their profile is saved."""
        if wearer in self._kept:
            self._kept.pop(wearer).save()
        row = self._rows.pop(wearer)
        self._batch.remove(row)
        self._names.pop(row)
        self._numbers = {number: at for number, at in self._numbers.items() if at != row}

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
        gone = [who for who, row in self._rows.items() if now_s - self._came_s[row] > after_s]
        for wearer in gone:
            self.leave(wearer)
        return gone
