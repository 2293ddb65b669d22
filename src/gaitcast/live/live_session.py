"""A source and an engine at work in a thread, and what a page shows of them."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.live.live_error import LiveError
from gaitcast.live.step_times import StepTimes
from gaitcast.runtime import Engine, FirstSeconds, Forecast
from gaitcast.runtime.health import GOOD, FaultLog, Health
from gaitcast.runtime.recorder import Recorder
from gaitcast.runtime.sinks import StateFile
from gaitcast.runtime.sources import Samples
from gaitcast.runtime.stream import run_stream

#: Marks and warnings that are kept; of more, the newest.
LOG_LINES = 500
#: Rate of samples is counted over so many seconds, and none for so long is said.
_RATE_S, SILENT_S = 2.0, 0.5


@dataclass(frozen=True)
class LogLine:
    """A mark or a warning.

    Parameters
    ----------
    time_s : float
        Stamp of the newest sample then; NaN before the first.
    kind : str
        ``mark``, ``warning`` or ``state``.
    text : str
    """

    time_s: float
    kind: str
    text: str


class LiveSession:
    """Runs a source through an engine in a thread of its own, and keeps what is shown.

    Parameters
    ----------
    engine : Engine
        Used by the thread alone once it runs.
    measured : callable, optional
        Of a time stamp and a sample: the measured targets, shape (targets,). By default those among
        the bundle's channels, where all are.
    kept : sequence of StateFile
        State and profile, kept while samples come.
    record_to : Path, optional
        Folder of recordings; without it nothing can be recorded.

    Attributes
    ----------
    lock : threading.Lock
        Held while what is shown changes: hold it to read `error`, `times` and `log`.
    error : LiveError
    times : StepTimes
    log : collections.deque of LogLine
        Oldest first.
    newest : Forecast or None
    health : Health
        After the newest sample.
    state : str
        ``waiting``, ``running``, ``stopped``, ``ended`` or ``failed``.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        measured: Callable[[float, np.ndarray], np.ndarray] | None = None,
        kept: Sequence[StateFile] = (),
        record_to: Path | None = None,
    ) -> None:
        self.engine, self.card = engine, engine.card
        self.error = LiveError(self.card, engine.raw_hz, engine.adapter_delay_s)
        self.times = StepTimes(1e6 / engine.raw_hz)
        self.log: deque[LogLine] = deque(maxlen=LOG_LINES)
        self.lock = threading.Lock()
        self.newest: Forecast | None = None
        self.health: Health = GOOD
        self.state, self.forecasts = "waiting", 0
        self.first_s = self.now_s = np.nan
        self._measured = measured or _among_channels(engine)
        self.has_truth = self._measured is not None
        self._unmeasured = np.full(len(self.card.targets), np.nan)
        self._kept, self.record_to = kept, record_to
        self._recorder: Recorder | None = None
        self._writing = threading.Lock()
        self._first, self._faults = FirstSeconds(self.card, engine.raw_hz), FaultLog()
        self._sample: np.ndarray = np.zeros(0)
        self._came_s: deque[float] = deque(maxlen=max(2, round(_RATE_S * engine.raw_hz)))
        self._closed = threading.Event()
        self._thread: threading.Thread | None = None

    def begin(self, samples: Samples) -> None:
        """Start the thread; call it once.

        Parameters
        ----------
        samples : iterator of tuple of float and numpy.ndarray, shape (channels,); or None
            From :func:`gaitcast.runtime.opening.open_source`.
        """
        self.state = "running"
        self._thread = threading.Thread(target=self._run, args=(samples,), daemon=True)
        self._thread.start()

    def start(self) -> None:
        """Go on after :meth:`stop`: the engine begins anew and keeps what it learnt."""
        with self.lock:
            if self.state == "stopped":
                self.state = "running"
                self._note("state", "started")

    def stop(self) -> None:
        """Leave out what the source gives from now on; it goes on meanwhile."""
        with self.lock:
            if self.state == "running":
                self.state = "stopped"
                self._note("state", "stopped")

    def mark(self, text: str) -> LogLine:
        """Note something at the newest sample.

        Parameters
        ----------
        text : str
            Cut after 200 characters.

        Returns
        -------
        LogLine
        """
        text = text.strip()[:200] or "mark"
        with self._writing, self._reporting():
            if self._recorder is not None and np.isfinite(self.now_s):
                self._recorder.mark(self.now_s, text)
        with self.lock:
            return self._note("mark", text)

    @property
    def recording(self) -> bool:
        """Whether samples, forecasts and marks go into a file."""
        return self._recorder is not None

    def record(self) -> None:
        """Begin a file in `record_to`, or end the one that is written."""
        with self._writing, self._reporting():
            if self._recorder is not None:
                self._end_recording()
            elif self.record_to is not None:
                name = f"{self.card.name}-{datetime.now():%Y%m%d-%H%M%S}.xdf"
                path = self.record_to / name
                self._recorder = Recorder(path, self.card, rate_hz=self.engine.raw_hz)
                with self.lock:
                    self._note("state", f"recording to {path}")

    def _end_recording(self) -> None:
        recorder, self._recorder = self._recorder, None
        if recorder is not None:
            recorder.close()
            with self.lock:
                self._note("state", "recording ended")

    @contextmanager
    def _reporting(self) -> Iterator[None]:
        """A recording that cannot be written is a warning, and the stream goes on."""
        try:
            yield
        except GaitcastError as error:
            self._recorder = None
            self.warn(f"recording ended: {error}")

    def warn(self, text: str) -> None:
        """Show a warning; of a source that lost its connection, for instance."""
        with self.lock:
            self._note("warning", text)

    def close(self, wait_s: float = 2.0) -> None:
        """End the thread after the sample at work, so that state is saved.

        Parameters
        ----------
        wait_s : float
            At most; a source that gives nothing ends with the process.
        """
        self._closed.set()
        self.join(wait_s)

    def join(self, wait_s: float) -> None:
        """Wait for the end of the source, so long at most."""
        if self._thread is not None:
            self._thread.join(wait_s)

    @property
    def silent_s(self) -> float:
        """How long no sample has come, s; 0 unless it should."""
        if self.state != "running" or not self._came_s:
            return 0.0
        return max(0.0, time.monotonic() - self._came_s[-1])

    @property
    def samples_hz(self) -> float:
        """Samples a second, over the last two; hold the lock."""
        if len(self._came_s) < 2 or self.silent_s > _RATE_S:
            return 0.0
        return (len(self._came_s) - 1) / max(self._came_s[-1] - self._came_s[0], 1e-9)

    def _note(self, kind: str, text: str) -> LogLine:
        line = LogLine(self.now_s, kind, text)
        self.log.append(line)
        return line

    def _run(self, samples: Samples) -> None:
        state, text = "ended", "the source ended"
        try:
            taken = self._taken(samples)
            run_stream(taken, self._step, self._done, idle=self._idle, kept=self._kept)
        except GaitcastError as error:
            state, text = "failed", str(error)
        except Exception as error:  # a defect: the page says so instead of standing still
            state, text = "failed", f"unexpected {type(error).__name__}: {error}"
        with self._writing, self._reporting():
            self._end_recording()
        with self.lock:
            self.state = state
            self._note("state" if state == "ended" else "warning", text)

    def _taken(self, samples: Samples) -> Samples:
        for item in samples:
            if self._closed.is_set():
                return
            if self.state != "stopped":
                yield item

    def _idle(self, now_s: float) -> None:
        health = self.engine.overdue(now_s)
        with self.lock:
            self.health = health
            if self._faults.add(now_s, health):
                self._note("warning", str(health))

    def _step(self, stamp: float, sample: np.ndarray) -> list[Forecast]:
        self._sample = sample
        return self.engine.push(stamp, sample)

    def _done(self, stamp: float, made: list[Forecast], took_us: float) -> None:
        sample, health = self._sample, self.engine.health
        warnings = self._first.add(stamp, sample)
        if self._faults.add(stamp, health):
            warnings = [*warnings, str(health)]
        with self._writing, self._reporting():
            if self._recorder is not None:
                self._recorder.add(stamp, sample, made)
        with self.lock:
            if np.isfinite(stamp):
                self.now_s = stamp
                if not np.isfinite(self.first_s):
                    self.first_s = stamp
            self._came_s.append(time.monotonic())
            self.health = health
            if made:
                self.newest = made[-1]
                self.forecasts += len(made)
            self.times.add(took_us)
            self.error.add(stamp, self._targets(stamp, sample, health), made)
            for line in warnings:
                self._note("warning", line)

    def _targets(self, stamp: float, sample: np.ndarray, health: Health) -> np.ndarray:
        """Measured targets; a sensor with a fault measures nothing."""
        if self._measured is None:
            return self._unmeasured
        found = np.array(self._measured(stamp, sample), float)
        for place, name in enumerate(self.card.targets):
            if name in health.faults:
                found[place] = np.nan
        return found


def _among_channels(engine: Engine) -> Callable[[float, np.ndarray], np.ndarray] | None:
    card = engine.card
    if not set(card.targets) <= set(card.channels):
        return None
    columns = [card.channels.index(name) for name in card.targets]

    def measured(stamp: float, sample: np.ndarray) -> np.ndarray:
        del stamp
        return np.asarray(sample, float)[columns]

    return measured
