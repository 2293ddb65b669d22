"""Guard and clock of many wearers in one pass, for samples with which nothing is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields

import numpy as np

from gaitcast.runtime.engine import Engine
from gaitcast.runtime.forecast import ClockSample
from gaitcast.runtime.guard import LOST, RATE_OFF, RATE_POLE
from gaitcast.runtime.health import ChannelWatch
from gaitcast.runtime.rate import low_pass_for


@dataclass(frozen=True)
class ClockRound:
    """At most one sample of the bundle's clock for each of some wearers.

    Parameters
    ----------
    rows : numpy.ndarray of int, shape (n,)
        Which wearers; different ones.
    time_s, dt_s : numpy.ndarray, shape (n,)
    samples : numpy.ndarray, shape (n, channels)
    wanted, recovering : numpy.ndarray of bool, shape (n,)
        As in :class:`~gaitcast.runtime.engine.ClockSample`, and whether that is all that is to be
        said of its health.
    """

    rows: np.ndarray
    time_s: np.ndarray
    dt_s: np.ndarray
    samples: np.ndarray
    wanted: np.ndarray
    recovering: np.ndarray

    @classmethod
    def of(cls, judged: Mapping[int, ClockSample]) -> ClockRound:
        """Samples of which the engines have judged, by row."""
        names = ("time_s", "dt_s", "sample", "wanted")
        time_s, dt_s, samples, wanted = (
            np.array([getattr(one, name) for one in judged.values()]) for name in names
        )
        none = np.zeros(len(judged), bool)
        return cls(np.array([*judged]), time_s, dt_s, samples, wanted, none)

    @classmethod
    def joined(cls, parts: Sequence[ClockRound]) -> ClockRound:
        """Samples of different wearers together, by rows that increase."""
        if len(parts) == 1:
            return parts[0]
        arrays = [np.concatenate([getattr(p, f.name) for p in parts]) for f in fields(cls)]
        order = np.argsort(arrays[0])
        return cls(*(array[order] for array in arrays))


class ManyIntakes:
    """What an :class:`~gaitcast.runtime.Engine` keeps besides the graph's state, a row a wearer.

    Parameters
    ----------
    rows : int
        Wearers at most.
    engine : Engine
        Any of theirs: all have the same bundle and rates.

    Notes
    -----
    Samples that come on time, with values that a working sensor gives, are all that is decided
    here, by the same arithmetic as in `Engine.take`.
    With any other sample the row goes back into the wearer's engine (:meth:`give_back`), which has
    the rules, and comes here again once the engine has nothing to say of it (:meth:`take_over`). A
    wearer's intake stands in one of both places at any time.
    """

    def __init__(self, rows: int, engine: Engine) -> None:
        card = engine.card
        self._rows, self._card, self._raw_hz = rows, card, engine.raw_hz
        self._low_pass = low_pass_for(engine.raw_hz, card.rate_hz) if card.resample else None
        self._delay_s = engine.adapter_delay_s
        self._watch = ChannelWatch(card, engine.raw_hz)
        self._kept: dict[str, np.ndarray] = {}
        self.here, self._new = np.zeros(rows, bool), np.zeros(rows, bool)

    def take_over(self, row: int, engine: Engine) -> None:
        """Take a wearer's intake, if the engine has found nothing wrong so far."""
        if engine.health.faults or engine.health.refused:
            return
        intake = engine.intake()
        if self._card.resample and not len(intake["clock_sample"]):
            return
        if not self._kept:
            self._kept = {k: np.zeros((self._rows, *v.shape)) for k, v in intake.items()}
        for name, value in intake.items():
            self._kept[name][row] = value
        self.here[row] = True
        self._new[row] = not engine.pace_known

    def give_back(self, row: int, engine: Engine) -> None:
        """Give a wearer's intake back to their engine, if it is here."""
        if self.here[row]:
            self.here[row] = False
            engine.take_back({name: array[row] for name, array in self._kept.items()})

    def take(self, rows: np.ndarray, time_s: np.ndarray, samples: np.ndarray) -> np.ndarray:
        """Judge raw samples, at most one a wearer; :meth:`rounds` takes those that are usual.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n,)
        time_s : numpy.ndarray, shape (n,)
        samples : numpy.ndarray, shape (n, channels)

        Returns
        -------
        numpy.ndarray of bool, shape (n,)
            Which are usual; nothing was done with the others.
        """
        if not self._kept:
            return np.zeros(len(rows), bool)
        guard, clock = self._kept["guard"][rows], self._kept["clock"][rows]
        with np.errstate(invalid="ignore", over="ignore"):
            at_s = time_s + guard[:, 0]
            gap_s = at_s - guard[:, 1]
            pace = RATE_POLE * guard[:, 4] + (1 - RATE_POLE) * (gap_s * self._raw_hz)
            usual = self.here[rows] & (guard[:, 6] == 0)
            usual &= (gap_s > 0) & (gap_s <= self._card.max_gap_s + 1e-9)
            usual &= gap_s * self._raw_hz <= LOST
            if self._card.resample:
                usual &= np.maximum(pace, 1 / np.maximum(pace, 1e-9)) <= RATE_OFF
                usual &= (at_s > clock[:, 2]) & (at_s - clock[:, 2] <= self._card.max_gap_s + 1e-9)
            usual &= self._watch.are_usual(samples, self._kept["watch"][rows, 0])
        return usual

    def rounds(
        self,
        rows: np.ndarray,
        time_s: np.ndarray,
        samples: np.ndarray,
        engines: Mapping[int, Engine],
    ) -> Iterator[ClockRound]:
        """Samples of the bundle's clock that usual raw samples complete.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n,)
            Those that :meth:`take` found usual.
        time_s : numpy.ndarray, shape (n,)
        samples : numpy.ndarray, shape (n, channels)
        engines : dict of int to Engine
            By row: in the first second each looks at the rate.

        Yields
        ------
        ClockRound
            In order.
        """
        guard, own = self._kept["guard"][rows], self._kept["engine"][rows]
        at_s = time_s + guard[:, 0]
        step = (at_s - guard[:, 1]) * self._raw_hz
        guard[:, 4] = RATE_POLE * guard[:, 4] + (1 - RATE_POLE) * step
        guard[:, 1], guard[:, 2], guard[:, 3] = at_s, time_s, 0
        self._kept["guard"][rows] = guard
        self._remember(rows, samples)
        own[:, 2] = at_s
        self._kept["engine"][rows] = own
        if self._new[rows].any():
            paced = self._paced(rows, at_s, engines)
            rows, at_s, samples = rows[paced], at_s[paced], samples[paced]
            guard, own = guard[paced], own[paced]
        if self._card.resample:
            parts = self._on_clock(rows, at_s, samples)
        else:
            parts = iter([(np.ones(len(rows), bool), at_s, samples)])
        for due, speaks_s, values in parts:
            dt_s = speaks_s - own[:, 0]
            own[:, 1] += due
            own[:, 0] = np.where(due, speaks_s, own[:, 0])
            self._kept["engine"][rows] = own
            made = (rows, speaks_s - guard[:, 0], dt_s, values, own[:, 1] >= self._card.warmup)
            parts_of_it = (*made, at_s < guard[:, 5])
            yield ClockRound(*(part if due.all() else part[due] for part in parts_of_it))

    def _paced(
        self, rows: np.ndarray, at_s: np.ndarray, engines: Mapping[int, Engine]
    ) -> np.ndarray:
        """Whose samples come at the stated rate, as far as is known; the others' go back."""
        paced = np.ones(len(rows), bool)
        for k in np.flatnonzero(self._new[rows]):
            row, engine = int(rows[k]), engines[int(rows[k])]
            paced[k] = engine.at_pace(float(at_s[k]))
            self._new[row] = not engine.pace_known
            if not paced[k]:
                self.give_back(row, engine)
        return paced

    def _remember(self, rows: np.ndarray, samples: np.ndarray) -> None:
        """What the watch and the bridge keep of a usual sample."""
        watch, kept = self._kept["watch"][rows], self._kept
        change = np.abs(samples - watch[:, 0])
        watch[:, 2] *= self._watch.pole
        watch[:, 2] += (1 - self._watch.pole) * change
        watch[:, 0], watch[:, 1] = samples, 0
        kept["watch"][rows] = watch
        kept["watch_gravity"][rows] = 0
        kept["guard_filled"][rows] = 0
        count = kept["bridge_at"][rows, 0]
        kept["bridge"][rows, count.astype(int) % kept["bridge"].shape[1]] = samples
        kept["bridge_at"][rows, 0] = count + 1

    def _on_clock(
        self, rows: np.ndarray, at_s: np.ndarray, samples: np.ndarray
    ) -> Iterator[tuple[np.ndarray, np.ndarray, np.ndarray]]:
        """Rate adapter of many: who is due, at which instants, with which values."""
        clock, before = self._kept["clock"][rows], self._kept["clock_sample"][rows]
        if self._low_pass is not None:
            samples = self._filtered(self._low_pass.sections, rows, samples)
        last_s = clock[:, 2].copy()
        limit_s = at_s + np.maximum(1e-9, 4 * np.spacing(np.abs(at_s)))
        clock[:, 2] = at_s
        self._kept["clock_sample"][rows] = samples
        while True:
            grid_s = clock[:, 0] + clock[:, 1] / self._card.rate_hz
            due = grid_s <= limit_s
            clock[:, 1] += due
            self._kept["clock"][rows] = clock
            if not due.any():
                return
            weight = np.minimum((grid_s - last_s) / (at_s - last_s), 1.0)
            values = before + weight[:, None] * (samples - before)
            yield due, grid_s - self._delay_s if self._low_pass else grid_s, values

    def _filtered(self, sections: np.ndarray, rows: np.ndarray, value: np.ndarray) -> np.ndarray:
        past = self._kept["low_pass"][rows]
        for number, (b0, b1, b2, _, a1, a2) in enumerate(sections):
            result = b0 * value + past[:, number, 0]
            past[:, number, 0] = b1 * value - a1 * result + past[:, number, 1]
            past[:, number, 1] = b2 * value - a2 * result
            value = result
        self._kept["low_pass"][rows] = past
        return value
