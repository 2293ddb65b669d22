"""Engines of many wearers that run together: one pass of guard and clock, one graph for a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from gaitcast.runtime.bundle import Bundle
from gaitcast.runtime.engine import WIDER, Engine
from gaitcast.runtime.forecast import ClockSample, Forecast
from gaitcast.runtime.graph_block import GraphBlock, block_rows
from gaitcast.runtime.health import GOOD, RECOVERING, Health
from gaitcast.runtime.many_intakes import ClockRound, ManyIntakes

#: A block of whose wearers less than this share are present is not run; those few run elsewhere.
_FEW = 0.4
#: By row: samples that an engine had to judge.
Judged = Mapping[int, ClockSample]


@dataclass(frozen=True)
class Forecasts:
    """Forecasts of several wearers.

    Parameters
    ----------
    rows : numpy.ndarray of int, shape (n,)
        Whose they are; a wearer may have several, in order.
    time_s : numpy.ndarray, shape (n,)
    values : numpy.ndarray of float32, shape (n, steps, targets)
    age_s : numpy.ndarray, shape (n,)
    health : dict of int to Health
        By place among the forecasts; those that are not named are in good health.
    """

    rows: np.ndarray
    time_s: np.ndarray
    values: np.ndarray
    age_s: np.ndarray
    health: Mapping[int, Health] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.rows)


class Batch:
    """Engines side by side, a row for each wearer.

    Parameters
    ----------
    bundle : Bundle
        What all of them run.
    rows : int
        Wearers at most.
    raw_hz, bridge_s
        As for :class:`~gaitcast.runtime.Engine`.

    Attributes
    ----------
    most : int
        Wearers at most: whole blocks.

    Notes
    -----
    Each gets what an engine of their own would give, to rounding: a graph of several wearers adds
    up in another order. Always as many are computed together and each in the same place, so that
    not a bit of what a wearer gets depends on the others.
    """

    def __init__(
        self, bundle: Bundle, rows: int, raw_hz: float | None = None, bridge_s: float = 0.0
    ) -> None:
        self.bundle, self._raw_hz, self._bridge_s = bundle, raw_hz, bridge_s
        self._size = block_rows(bundle)
        self.most = -(-rows // self._size) * self._size
        self._blocks: list[GraphBlock] = []
        self._free: list[int] = []
        self._engines: dict[int, Engine] = {}
        self._spare: GraphBlock | None = None
        self._taken = np.zeros(self.most, bool)
        self._intakes: ManyIntakes | None = None

    def __len__(self) -> int:
        return len(self._engines)

    def add(self, wearer: Mapping[str, float | str] | None = None) -> int:
        """Take a wearer in, with their covariates.

        Returns
        -------
        int
            Their row; it is another wearer's once they are gone.

        Raises
        ------
        GaitcastError
            As an engine's.
        """
        if not self._free:
            first = self._size * len(self._blocks)
            self._blocks.append(GraphBlock(self.bundle, self._size))
            self._free += range(first, first + self._size)
        row = min(self._free)
        block, place = divmod(row, self._size)
        graph = self._blocks[block].row(place)
        engine = Engine(self.bundle, wearer, self._raw_hz, self._bridge_s, graph)
        if self._intakes is None:
            self._intakes = ManyIntakes(self.most, engine)
        self._free.remove(row)
        self._taken[row] = True
        self._engines[row] = engine
        return row

    def remove(self, row: int) -> None:
        """Let a wearer go."""
        self.engine(row).reset()
        del self._engines[row]
        self._taken[row] = False
        self._free.append(row)

    def engine(self, row: int) -> Engine:
        """A wearer's own engine, up to date until the next :meth:`push`."""
        engine = self._engines[row]
        if self._intakes is not None:
            self._intakes.give_back(row, engine)
        return engine

    def push(self, rows: np.ndarray, time_s: np.ndarray, samples: np.ndarray) -> Forecasts:
        """Raw samples of some wearers, in the order in which they came.

        Parameters
        ----------
        rows : numpy.ndarray of int, shape (n,)
            Whose they are; a wearer may have several.
        time_s : numpy.ndarray, shape (n,)
            Each on its wearer's clock.
        samples : numpy.ndarray, shape (n, channels)
            NaN where a value is missing.

        Returns
        -------
        Forecasts
        """
        made, left = [], np.arange(len(rows))
        while len(left):
            _, first = np.unique(rows[left], return_index=True)  # sorted by row
            now = left[first]
            made += self._once(rows[now], time_s[now], samples[now])
            left = np.delete(left, first)
        card = self.bundle.card
        return _joined(made, (len(card.steps), len(card.targets)))

    def forecast(self, made: Forecasts, number: int) -> Forecast:
        """One of several, as an engine gives it."""
        health, half = made.health.get(number, GOOD), self._half_width
        if half is not None and not health.good:
            half = WIDER * half
        time_s, age_s = float(made.time_s[number]), float(made.age_s[number])
        return Forecast(time_s, made.values[number], half, age_s, health)

    @property
    def _half_width(self) -> np.ndarray | None:
        half = self.bundle.card.half_width
        return np.array(half) if half else None

    def _once(self, rows: np.ndarray, time_s: np.ndarray, samples: np.ndarray) -> list[Forecasts]:
        """At most one raw sample a wearer, by rows that increase."""
        intakes = self._intakes
        if intakes is None:
            return []
        usual = intakes.take(rows, time_s, samples)
        rounds = []
        if usual.any():
            some = (rows, time_s, samples)
            some = some if usual.all() else (rows[usual], time_s[usual], samples[usual])
            rounds = [*intakes.rounds(*some, self._engines)]
        others = {
            int(rows[k]): self._judged(int(rows[k]), float(time_s[k]), samples[k])
            for k in np.flatnonzero(~usual)
        }
        found: list[Forecasts] = []
        for number in range(max([len(rounds), *map(len, others.values())])):
            judged = {row: taken[number] for row, taken in others.items() if number < len(taken)}
            for row in [row for row, one in judged.items() if one.filled]:
                self._engines[row].pause()
            now = rounds[number : number + 1] + ([ClockRound.of(judged)] if judged else [])
            found += self._run(ClockRound.joined(now), judged)
        return found

    def _judged(self, row: int, time_s: float, sample: np.ndarray) -> list[ClockSample]:
        engine = self.engine(row)
        taken = engine.take(time_s, sample)
        if self._intakes is not None:
            self._intakes.take_over(row, engine)
        return taken

    def _run(self, one: ClockRound, judged: Judged) -> Iterator[Forecasts]:
        """One step of the graph for each of some wearers, block by block."""
        edges = np.searchsorted(one.rows, self._size * np.arange(len(self._blocks) + 1))
        counts, few = np.diff(edges), []
        taken = self._taken.reshape(-1, self._size).sum(axis=1)
        for number in np.flatnonzero(counts):
            at = np.arange(edges[number], edges[number + 1])
            if counts[number] < _FEW * taken[number]:
                few.append(at)
                continue
            yield from self._given(one, judged, at, self._blocks[number], one.rows[at] % self._size)
        left = np.concatenate(few) if few else np.zeros(0, int)
        turns = _turns(one.rows[left] % self._size)
        for turn in range(turns.max(initial=-1) + 1):
            yield from self._elsewhere(one, judged, left[turns == turn])

    def _elsewhere(self, one: ClockRound, judged: Judged, at: np.ndarray) -> Iterator[Forecasts]:
        """Those of whom few are in each block, together in a spare one, each in the same place."""
        if self._spare is None:
            self._spare = GraphBlock(self.bundle, self._size)
        spare, (homes, places) = self._spare, np.divmod(one.rows[at], self._size)
        moves = [(self._blocks[k], places[homes == k]) for k in np.unique(homes)]
        for block, those in moves:
            block.lend(those, spare)
        made = [*self._given(one, judged, at, spare, places)]
        for block, those in moves:
            spare.lend(those, block)
        yield from made

    def _given(
        self,
        one: ClockRound,
        judged: Judged,
        at: np.ndarray,
        block: GraphBlock,
        places: np.ndarray,
    ) -> Iterator[Forecasts]:
        """What a block makes of a part of the samples, each in its place."""
        block.sample[places, 0] = one.samples[at]
        block.dt_s[places] = one.dt_s[at]
        present = None
        if block is not self._spare and len(places) < block.rows:
            first = one.rows[at[0]] - places[0]
            present = ~self._taken[first : first + block.rows]
            present[places] = True
        made, wanted = block.run(present), one.wanted[at]
        at, places = at[wanted], places[wanted]
        if not len(at):
            return
        rows, age_s = one.rows[at], np.zeros(len(at))
        health = dict.fromkeys(np.flatnonzero(one.recovering[at]).tolist(), RECOVERING)
        for k, row in enumerate(rows.tolist() if judged else ()):
            if row in judged:
                age_s[k] = judged[row].age_s
                if not judged[row].health.good:
                    health[k] = judged[row].health
        yield Forecasts(rows, one.time_s[at], made[places], age_s, health)


def _turns(places: np.ndarray) -> np.ndarray:
    """How many of the same place come before each, shape (n,)."""
    order = np.argsort(places, kind="stable")
    ordered, turns = places[order], np.zeros(len(places), int)
    turns[order] = np.arange(len(places)) - np.searchsorted(ordered, ordered)
    return turns


def _joined(parts: list[Forecasts], shape: tuple[int, int]) -> Forecasts:
    if not parts:
        none = np.zeros(0)
        return Forecasts(none.astype(int), none, np.zeros((0, *shape), np.float32), none)
    health, begin = dict[int, Health](), 0
    for part in parts:
        health.update({begin + k: v for k, v in part.health.items()})
        begin += len(part)
    rows, time_s, values, age_s = (
        np.concatenate([getattr(part, name) for part in parts])
        for name in ("rows", "time_s", "values", "age_s")
    )
    return Forecasts(rows, time_s, values, age_s, health)
