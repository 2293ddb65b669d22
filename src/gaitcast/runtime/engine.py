"""`Engine`: push raw samples, get forecasts; the state can be saved and restored."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Bundle
from gaitcast.runtime.forecast import ClockSample, Forecast
from gaitcast.runtime.graph_block import GraphBlock, GraphRow
from gaitcast.runtime.guard import Guard, Guarded
from gaitcast.runtime.health import Health
from gaitcast.runtime.rate import Pace, RateAdapter
from gaitcast.runtime.stored_state import arrays_in, read_arrays
from gaitcast.runtime.wearer import known_covariates

#: The card's intervals are this many times wider while the input is not in good health.
WIDER = 2.0


class Engine:
    """Runs a bundle sample by sample on one thread.

    Parameters
    ----------
    bundle : Bundle
        What to run.
    wearer : dict of str to float or str, optional
        The card's covariates, such as ``{"mass_kg": 72.0, "affected_side": "left"}``.
    raw_hz : float, optional
        Rate at which raw samples will be pushed; default the card's ``raw_hz``. Above 1.05 times
        the card's ``rate_hz`` they pass a causal low-pass.
    bridge_s : float
        Gaps up to this long are filled from the gait cycle before; by default a gap above the
        card's ``max_gap_s`` begins anew, as in training and evaluation.
    graph : GraphRow, optional
        What runs its steps; by default a graph of its own.

    Raises
    ------
    GaitcastError
        If the graph does not fit its card, a covariate is missing, unknown or no number, or the
        raw rate cannot be adapted.

    Notes
    -----
    Data never raise: :class:`gaitcast.runtime.guard.Guard` says what becomes of samples that are
    late, lost, stuck or no numbers. What the model learns of its wearer is not touched by them.
    """

    def __init__(
        self,
        bundle: Bundle,
        wearer: Mapping[str, float | str] | None = None,
        raw_hz: float | None = None,
        bridge_s: float = 0.0,
        graph: GraphRow | None = None,
    ) -> None:
        self.card, self.bridge_s = bundle.card, bridge_s
        self.raw_hz = self.card.raw_hz if raw_hz is None else raw_hz
        self._graph = graph or GraphBlock(bundle).row(0)
        self._graph.know(known_covariates(self.card, wearer or {}))
        self._hash = np.frombuffer(bytes.fromhex(self.card.graph_sha256), np.uint8)
        self._half_width = np.array(self.card.half_width) if self.card.half_width else None
        self._begins = (
            arrays_in(BytesIO(bundle.begins), str(bundle.path)) if bundle.begins else None
        )
        self.reset()

    def reset(self) -> None:
        """Forget everything, time included: the next sample is the first of a segment.

        A bundle that was adapted to its wearer begins with what it knew of them then.
        """
        self._adapter = RateAdapter(self.raw_hz, self.card.rate_hz, self.card.max_gap_s)
        self._guard = Guard(self.card, self.raw_hz, self.bridge_s)
        self._refused, self._measured_s = "", np.nan
        self._pace = Pace(self.raw_hz, least_s=min(1.0, 0.5 * self.card.warmup / self.card.rate_hz))
        self._last_s = np.nan
        for array in self._graph.state.values():
            array[...] = 0
        self._seen = 0
        if self._begins is not None:
            self.wear(self._begins)

    @property
    def adapter_delay_s(self) -> float:
        """How much later than the instant it speaks of a sample of the working rate is known."""
        return self._adapter.delay_s if self.card.resample else 0.0

    def step(self, sample: np.ndarray, dt_s: float) -> np.ndarray | None:
        """One sample on the bundle's clock.

        Parameters
        ----------
        sample : array_like, shape (channels,)
            Canonical units, in the card's order.
        dt_s : float
            Time since the sample before; 0 marks the first of a segment.

        Returns
        -------
        numpy.ndarray, shape (steps, targets), or None
            The steps ahead; None during the warm-up.
        """
        forecast = self._graph.step(sample, dt_s)
        return forecast if self._is_warm(dt_s) else None

    def _is_warm(self, dt_s: float) -> bool:
        self._seen = self._seen + 1 if dt_s > 0 else 1
        return self._seen >= self.card.warmup

    def push(self, time_s: float, sample: np.ndarray) -> list[Forecast]:
        """One raw sample with its own time stamp.

        Parameters
        ----------
        time_s : float
            Later than the one before.
        sample : array_like, shape (channels,)
            Canonical units, in the card's order.

        Returns
        -------
        list of Forecast
            One for each sample of the bundle's clock that this raw sample completes; none during
            the warm-up, for a sample that is left out, and while the input cannot be used.

        Raises
        ------
        GaitcastError
            If the sample has another number of channels.
        """
        done = []
        for one in self.take(time_s, sample):
            if one.filled:
                self.pause()
            made = self._graph.step(one.sample, one.dt_s)
            if one.wanted:
                half = self._half_width
                if half is not None and not one.health.good:
                    half = WIDER * half
                done.append(Forecast(one.time_s, made, half, one.age_s, one.health))
        return done

    def take(self, time_s: float, sample: np.ndarray) -> list[ClockSample]:
        """The samples of the bundle's clock that a raw sample completes, for the graph to run.

        Parameters
        ----------
        time_s : float
        sample : array_like, shape (channels,)

        Returns
        -------
        list of ClockSample
            In order; :meth:`push` runs them.

        Raises
        ------
        GaitcastError
            If the sample has another number of channels.
        """
        raw = np.asarray(sample, dtype=float)
        if raw.shape != (len(self.card.channels),):
            raise GaitcastError(
                f"a sample of {raw.size} values came, the bundle takes {len(self.card.channels)}",
                where=f"bundle '{self.card.name}'",
                hint=f"In this order: {', '.join(self.card.channels)}",
            )
        done = []
        for guarded in self._guard.take(time_s, raw):
            if self.at_pace(guarded.time_s):
                done += self._clock_samples(guarded)
        return done

    def pause(self) -> None:
        """Let the model learn nothing from the next sample."""
        for name in self.card.pauses:
            self._graph.state[name][...] = 0

    def overdue(self, time_s: float) -> Health:
        """Look, between samples, whether none has come for too long.

        Parameters
        ----------
        time_s : float
            The present, on the source's clock.

        Returns
        -------
        Health
            The engine reads no clock of its own; asked like this it reports lost samples before the
            next one comes.
        """
        self._guard.overdue(time_s)
        return self.health

    @property
    def health(self) -> Health:
        """What is wrong with the newest sample, if anything."""
        now = self._guard.health
        return Health(now.faults, self._refused, now.recovering) if self._refused else now

    @property
    def faults(self) -> Counter[str]:
        """How many samples had each fault, ``channel: kind``, since the last reset."""
        return self._guard.counts

    def refuse_silence(self, forecasts: int) -> None:
        """Raise at the end of a stream that gave nothing because its input could not be used.

        Parameters
        ----------
        forecasts : int
            How many there were.

        Raises
        ------
        GaitcastError
            With the reason.
        """
        if forecasts or not (why := self.health.refused):
            return
        hint = "Look at that sensor and its connection"
        if self._refused:
            hint = "Time stamps are in s; state another rate with --rate-hz (Engine: raw_hz=)"
        raise GaitcastError(f"no forecast: {why}", where=f"bundle '{self.card.name}'", hint=hint)

    def at_pace(self, time_s: float) -> bool:
        """Whether samples come at `raw_hz`; noticed before the first forecast."""
        if self.card.resample and not self._refused:
            self._refused = self._pace.fault(time_s)
        return not self._refused

    def _clock_samples(self, guarded: Guarded) -> list[ClockSample]:
        health, done = guarded.health, []
        if not guarded.filled:
            self._measured_s = guarded.time_s
        age_s = guarded.time_s - self._measured_s
        for grid_s, value, first in self._on_clock(guarded):
            dt_s = 0.0 if first else grid_s - self._last_s
            self._last_s = grid_s
            at_s, wanted = grid_s - self._guard.offset_s, self._is_warm(dt_s) and not health.refused
            done.append(ClockSample(at_s, value, dt_s, age_s, health, guarded.filled, wanted))
        return done

    def _on_clock(self, guarded: Guarded) -> list[tuple[float, np.ndarray, bool]]:
        if self.card.resample:
            return self._adapter.push(guarded.time_s, guarded.row)
        return [(guarded.time_s, guarded.row, guarded.begins)]

    def state(self) -> dict[str, np.ndarray]:
        """Everything needed to go on later.

        Returns
        -------
        dict of str to numpy.ndarray
            Copies, by name.
        """
        carried = {name: array.copy() for name, array in self._graph.state.items()}
        return {**carried, **self.intake(), "graph": self._hash}

    def intake(self) -> dict[str, np.ndarray]:
        """Of the state, all but the graph's: guard and clock. Copies, by name."""
        engine = np.array([self._last_s, float(self._seen), self._measured_s])
        return {**self._adapter.state(), **self._guard.state(), "engine": engine}

    def take_back(self, intake: Mapping[str, np.ndarray]) -> None:
        """Go on from what :meth:`intake` gave."""
        self._adapter.restore(intake)
        self._guard.restore(intake)
        self._last_s, seen, self._measured_s = (float(v) for v in intake["engine"])
        self._seen = int(seen)

    @property
    def pace_known(self) -> bool:
        """Whether enough samples came to know whether they come at `raw_hz`."""
        return self._pace.judged or not self.card.resample

    def restore(self, state: dict[str, np.ndarray]) -> None:
        """Go on from a saved state.

        Parameters
        ----------
        state : dict of str to numpy.ndarray
            From :meth:`state` of an engine with the same bundle.

        Raises
        ------
        GaitcastError
            If it is the state of another bundle.
        """
        if not np.array_equal(state.get("graph", 0), self._hash):
            raise GaitcastError(
                f"this is not a state of bundle '{self.card.name}'", hint="Name another file"
            )
        expected = {name: value.shape for name, value in self.state().items() if name != "graph"}
        for name in ("clock_sample", "low_pass"):  # empty until the first sample
            expected[name] = np.shape(state.get(name, 0.0))
        for name, shape in expected.items():
            value = np.asarray(state.get(name, np.nan))
            if value.dtype.kind != "f" or value.shape != shape:
                raise GaitcastError(f"the state is damaged ({name})", hint="Delete it")
            if name in self.card.state and not np.isfinite(value).all():
                raise GaitcastError(f"a value of the state is not a number ({name})")
        for name, array in self._graph.state.items():
            array[...] = state[name]
        self.take_back(state)
        self._refused = ""

    def profile(self) -> dict[str, np.ndarray]:
        """What was learnt of the wearer, for their next session.

        Returns
        -------
        dict of str to numpy.ndarray
            Copies, by name; empty but for the graph's hash where the bundle learns nothing.
        """
        learnt = {name: self._graph.state[name].copy() for name in self.card.learnt}
        return {**learnt, "graph": self._hash}

    def wear(self, profile: Mapping[str, np.ndarray]) -> None:
        """Begin with what was learnt of the wearer before.

        Parameters
        ----------
        profile : dict of str to numpy.ndarray
            From :meth:`profile` of an engine with the same bundle.

        Raises
        ------
        GaitcastError
            If it is the profile of another bundle, or the bundle learns nothing of its wearer.
        """
        if not self.card.learnt:
            raise GaitcastError(
                f"bundle '{self.card.name}' learns nothing of its wearer",
                hint="Train a wearer-adaptive model, or leave the profile out",
            )
        if not np.array_equal(profile.get("graph", 0), self._hash):
            raise GaitcastError(
                f"this is not a profile of bundle '{self.card.name}'", hint="Begin a new one"
            )
        for name in self.card.learnt:
            value = np.asarray(profile.get(name, np.nan))
            whole = value.dtype.kind == "f" and value.shape == self.card.state[name]
            if not (whole and np.isfinite(value).all()):
                raise GaitcastError(f"the profile is damaged ({name})", hint="Begin a new one")
        for name in self.card.learnt:
            self._graph.state[name][...] = profile[name]

    def save_state(self, file: str | Path | BinaryIO) -> None:
        """Write the state as ``.npz``.

        Parameters
        ----------
        file : path or binary file
            Replaced if it exists.
        """
        np.savez(file, allow_pickle=False, **self.state())

    def load_state(self, file: str | Path) -> None:
        """Read what :meth:`save_state` wrote.

        Parameters
        ----------
        file : path
            An ``.npz`` file; nothing in it is executed.

        Raises
        ------
        GaitcastError
            If it is damaged, or the state of another bundle.
        """
        self.restore(read_arrays(Path(file)))
