"""Between a source and the graph: samples that are late, lost or not to be used."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gaitcast.runtime.bridging import LastCycleBridge
from gaitcast.runtime.bundle import Card
from gaitcast.runtime.health import GOOD, MISSING, RECOVERING, ChannelWatch, Health

#: So many samples in a row whose stamps go on from an earlier time: the clock was set back.
_SET_BACK = 4
#: A step between samples this many times longer or shorter than it should be.
LOST = 2.5
RATE_OFF, RATE_POLE = 1.6, 0.8
#: A channel may be filled in for so long, s; then there is no forecast until it comes back.
LONGEST_FILL_S = 1.5
#: After samples were filled in, the forecast rests on them for so long, s.
_RECOVERS_S = 1.0
#: Samples at most that are made up for a gap.
_MOST_ROWS = 20_000


@dataclass(frozen=True)
class Guarded:
    """A raw sample that can be used.

    Parameters
    ----------
    time_s : float
        On the engine's clock.
    row : numpy.ndarray, shape (channels,)
        Finite.
    health : Health
        Of what it rests on.
    filled : bool
        Whether some of it was not measured.
    begins : bool
        Whether it begins anew: the first one, or one after a gap that is not bridged.
    """

    time_s: float
    row: np.ndarray
    health: Health
    filled: bool
    begins: bool


class Guard:
    """Takes any sample and gives those that the graph can be fed with.

    Parameters
    ----------
    card : Card
        Of the bundle.
    raw_hz : float
        Rate at which samples should come.
    bridge_s : float
        A gap up to this long is filled from the gait cycle before instead of beginning anew.

    Notes
    -----
    Policies, each bounded:

    * a stamp that is no number, repeated or out of order: the sample is left out;
    * the clock set back: after four samples that go on from there, time goes on;
    * a gap up to the card's ``max_gap_s``: interpolated, as in training; up to `bridge_s`: filled;
      longer, or the clock set forward: the bundle begins anew and keeps what it learnt;
    * a value that is missing, stuck (three axes at once) or impossible: filled in from the gait
      cycle before, for 1.5 s; then there is no forecast until it comes back;
    * saturated, out of range, without gravity, a joint that stops in mid-movement, a few samples
      lost, another rate for a while: used and reported.

    What is not filled in passes unchanged, so that a stream gives what evaluation gave.
    """

    def __init__(self, card: Card, raw_hz: float, bridge_s: float) -> None:
        self._names, self._max_gap_s, self._raw_hz = card.channels, card.max_gap_s, raw_hz
        self._even, self._bridge_s = card.resample, bridge_s
        self._watch = ChannelWatch(card, raw_hz)
        self._bridge = LastCycleBridge(len(card.channels), raw_hz)
        self.counts: Counter[str] = Counter()
        self.offset_s, self._last_s, self._came_s = 0.0, np.nan, np.nan
        self._behind, self._mean_step, self._anew = 0, 1.0, True
        self._filled = np.zeros(len(card.channels))
        self._recovers_until_s = -np.inf
        self.health = GOOD

    def take(self, time_s: float, sample: np.ndarray) -> list[Guarded]:
        """Take a raw sample.

        Parameters
        ----------
        time_s : float
            Its time stamp.
        sample : numpy.ndarray, shape (channels,)
            NaN where a value is missing.

        Returns
        -------
        list of Guarded
            None, where it is left out; mostly one; more, where a gap before it is filled.
        """
        at_s = self._on_time(time_s)
        if at_s is None:
            return []
        made, gap_s = [], at_s - self._last_s
        begins = self._anew or not gap_s <= self._max_gap_s + 1e-9
        if begins and not self._anew and gap_s <= self._bridge_s and self._even:
            made, begins = self._filled_gap(gap_s), False
        if begins:
            self._watch.forget()
            self._bridge.forget()
            self._filled[:] = 0
            self._mean_step = 1.0
        late = self._clock_faults(gap_s, begins)
        usable, faults = self._watch.look(sample)
        row = self._row(sample, usable)
        self._last_s, self._anew = at_s, row is None
        if row is None:
            self.health = Health(faults, "some channels had no value yet")
            self._count(faults)
            return made
        filled = usable is not None
        self._judge(at_s, {**late, **faults}, filled)
        return [*made, Guarded(at_s, row, self.health, filled, begins)]

    def overdue(self, time_s: float) -> None:
        """Notice that no sample came lately.

        Parameters
        ----------
        time_s : float
            The present, on the source's clock.
        """
        late = (time_s + self.offset_s - self._last_s) * self._raw_hz
        if late > LOST and "time" not in self.health.faults:
            faults = {**self.health.faults, "time": "samples lost"}
            self._count({"time": "samples lost"})
            self.health = Health(faults, self.health.refused, self.health.recovering)

    def _on_time(self, time_s: float) -> float | None:
        """The stamp on the engine's clock; None for a sample that is left out."""
        if not np.isfinite(time_s):
            self._leave_out("no number")
            return None
        at_s, came_s, self._came_s = time_s + self.offset_s, self._came_s, time_s
        if not at_s <= self._last_s:
            self._behind = 0
            return at_s
        step_s = time_s - came_s
        goes_on = 0 < step_s * self._raw_hz < LOST
        self._behind = self._behind + 1 if goes_on else 0
        if self._behind < _SET_BACK:
            self._leave_out("repeated or out of order")
            return None
        self._behind = 0
        self.counts["time: clock set back"] += 1
        self.offset_s += self._last_s + step_s - at_s
        return time_s + self.offset_s

    def _leave_out(self, why: str) -> None:
        self.counts[f"time: {why}"] += 1
        faults = {**self.health.faults, "time": why}
        self.health = Health(faults, self.health.refused, self.health.recovering)

    def _clock_faults(self, gap_s: float, begins: bool) -> dict[str, str]:
        if begins:
            return {}
        step = gap_s * self._raw_hz
        if step > LOST:
            return {"time": "samples lost"}
        self._mean_step = RATE_POLE * self._mean_step + (1 - RATE_POLE) * step
        off = max(self._mean_step, 1 / max(self._mean_step, 1e-9))
        return {"time": "another rate"} if off > RATE_OFF and self._even else {}

    def _filled_gap(self, gap_s: float) -> list[Guarded]:
        count = min(max(round(gap_s * self._raw_hz) - 1, 0), _MOST_ROWS)
        if not count:
            return []
        self._bridge.begin()
        made = []
        for k in range(1, count + 1):
            now_s, row = self._last_s + gap_s * k / (count + 1), self._bridge.value().copy()
            self._bridge.add(row)
            self._judge(now_s, dict.fromkeys(self._names, MISSING), filled=True)
            made.append(Guarded(now_s, row, self.health, filled=True, begins=False))
        return made

    def _row(self, sample: np.ndarray, usable: np.ndarray | None) -> np.ndarray | None:
        """The sample with what can't be used filled in; None where nothing is known of it yet."""
        row = sample
        if usable is None:
            self._filled[:] = 0
        else:
            if not self._bridge.known:
                return None
            if (~usable & (self._filled == 0)).any():
                self._bridge.begin()
            row = np.where(usable, sample, self._bridge.value())
            self._filled = np.where(usable, 0.0, self._filled + 1)
        self._bridge.add(row)
        return row

    def _judge(self, at_s: float, faults: dict[str, str], filled: bool) -> None:
        """Health of a sample that is used."""
        recovering = bool(at_s < self._recovers_until_s)
        if not (faults or filled or recovering):
            self.health = GOOD
            return
        self._count(faults)
        if filled:
            self._recovers_until_s = at_s + _RECOVERS_S
        long = self._filled > LONGEST_FILL_S * self._raw_hz
        refused = ""
        if long.any():
            names = ", ".join(self._names[k] for k in np.flatnonzero(long))
            refused = f"no usable value for {LONGEST_FILL_S:g} s: {names}"
        recovering = bool(at_s < self._recovers_until_s)
        good = not (faults or refused or recovering)
        self.health = GOOD if good else Health(faults, refused, recovering)

    def _count(self, faults: Mapping[str, str]) -> None:
        self.counts.update(f"{channel}: {kind}" for channel, kind in faults.items())

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on later: arrays that `numpy.savez` can keep."""
        clock = [self.offset_s, self._last_s, self._came_s, float(self._behind)]
        clock += [self._mean_step, self._recovers_until_s, float(self._anew)]
        own = {"guard": np.array(clock), "guard_filled": self._filled.copy()}
        return {**own, **self._watch.state(), **self._bridge.state()}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        """Go on from :meth:`state`."""
        clock = [float(v) for v in state["guard"]]
        self.offset_s, self._last_s, self._came_s, behind = clock[:4]
        self._behind, (self._mean_step, self._recovers_until_s) = int(behind), clock[4:6]
        self._anew = bool(clock[6])
        recovering = self._last_s < self._recovers_until_s
        self.health = RECOVERING if recovering else GOOD
        self._filled = np.array(state["guard_filled"], float)
        self._watch.restore(state)
        self._bridge.restore(state)
