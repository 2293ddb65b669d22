"""`gaitcast stream`: a source, an engine, forecasts out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io import read
from gaitcast.recording import Recording
from gaitcast.runtime import Bundle, Card, Engine, Forecast
from gaitcast.runtime.contact import AtContact
from gaitcast.runtime.first_seconds import FirstSeconds
from gaitcast.runtime.health import FaultLog, Health
from gaitcast.runtime.latency import Spread
from gaitcast.runtime.opening import open_sink, open_source
from gaitcast.runtime.recorder import Recorder
from gaitcast.runtime.relay import Relay
from gaitcast.runtime.sinks import RowFile, csv_names, csv_row, kept_files
from gaitcast.runtime.sources import Samples, replay
from gaitcast.runtime.stream import run_stream
from gaitcast.runtime.swing import SWING_CLOCK_HZ
from gaitcast.runtime.wearer import as_number, beyond_training, parse_wearer
from gaitcast.signal import resample


def stream_bundle(
    bundle: Path,
    sources: Sequence[str],
    say: Callable[[str], None],
    warn: Callable[[str], None],
    *,
    mapping: Path | None = None,
    out: Path | None = None,
    state: Path | None = None,
    profile: Path | None = None,
    realtime: bool = False,
    wearer: Sequence[str] = (),
    at_contact: str | None = None,
    rate_hz: float | None = None,
    bridge_s: float = 0.0,
    fallbacks: Sequence[Path] = (),
    send: str | None = None,
    record: Path | None = None,
) -> None:
    """Run a bundle over a source and report what came out.

    Rows and state are on disk while samples still come, and nothing is kept of what went by: a
    stream may go on for days, and be interrupted.

    Parameters
    ----------
    bundle : Path
        Folder of a bundle.
    sources : sequence of str
        ``replay:FILE`` alone, or see :func:`gaitcast.runtime.opening.open_source`.
    say : callable
        Gets each line for the user.
    warn : callable
        Gets each line about first seconds that do not look like what the bundle was trained on.
    mapping : Path, optional
        Of a replayed table; by default ``mapping.toml`` beside it.
    out : Path, optional
        Forecasts as CSV, row by row, in the place of an older file; without it, forecasts from
        standard input go to `say` as they come.
    state : Path, optional
        State to go on from if the file exists; saved at least once a second and at the end.
    profile : Path, optional
        What was learnt of the wearer in earlier sessions, if the file exists; saved like the state.
    realtime : bool
        Replay at the recorded pace.
    wearer : sequence of str
        What the bundle has to know of the wearer, as ``mass_kg=72``.
    at_contact : str, optional
        ``left`` or ``right``: samples are of that foot's IMU, and there is a forecast at each heel
        strike; the wearer's ``stiffness`` is the mean that was measured before.
    rate_hz : float, optional
        Of the raw samples; by default the recording's own, or what the bundle's card says.
    bridge_s : float
        Gaps up to this long are filled, see :class:`gaitcast.runtime.Engine`.
    fallbacks : sequence of Path
        Bundles that do without a sensor, see :class:`gaitcast.runtime.relay.Relay`.
    send : str, optional
        Where each forecast is sent, see :func:`gaitcast.runtime.opening.open_sink`.
    record : Path, optional
        New XDF file of samples, forecasts and faults, see
        :class:`gaitcast.runtime.recorder.Recorder`.

    Raises
    ------
    Interrupted
        On SIGINT or SIGTERM.
    GaitcastError
        If bundle, source or state do not fit together, or no forecast came because of the clock.
    """
    loaded = Bundle.load(bundle)
    known = parse_wearer(wearer)
    measured = known.pop("stiffness", None) if at_contact is not None else None
    recording = replayed_recording(sources, mapping, say)
    if recording is not None:
        rate_hz = rate_hz or recording.rate_hz
    engine, card = Engine(loaded, known, rate_hz, bridge_s), loaded.card
    for line in beyond_training(known, card.covariate_range):
        warn(line)
    contact = None
    if at_contact is not None:
        if state is not None or profile is not None:
            raise GaitcastError(
                "forecasts at contact take no --state and no --wearer-profile",
                hint="Leave them out",
            )
        mean = None if measured is None else as_number("stiffness", measured, where="--wearer")
        contact = AtContact(engine, at_contact, mean, raw_hz=rate_hz or SWING_CLOCK_HZ)
    kept = kept_files(engine, state, profile)
    channels = card.channels if contact is None else contact.channels
    push = engine.push if contact is None else contact.push
    if fallbacks:
        if contact is not None:
            raise GaitcastError("forecasts at contact take no --fallback", hint="Leave it out")
        others = [Engine(Bundle.load(path), known, rate_hz, bridge_s) for path in fallbacks]
        push = Relay(engine, others).push
    samples: Samples = (
        open_source(sources, channels, card.max_gap_s, warn)
        if recording is None
        else replay(recording.time_s, recording.complete(channels), realtime=realtime)
    )

    first = FirstSeconds(card, rate_hz, None if contact is None else contact.channels)
    log = FaultLog()
    account = _Contacts() if contact is not None else _Account(loaded.card, recording)

    def named(stamp: float, health: Health) -> None:
        for line in log.add(stamp, health):
            warn(line)
            if recorder is not None:
                recorder.mark(stamp, line)

    def watched(stamp: float, sample: np.ndarray) -> list[Forecast]:
        for line in first.add(stamp, sample):
            warn(line)
        made = push(stamp, sample)
        named(stamp, engine.health)
        return made

    def watch(stamp: float, made: list[Forecast], took_us: float) -> None:
        account.add(stamp, made, took_us)
        if sink is not None:
            for forecast in made:
                sink.write(forecast)
        elif recording is None and out is None:
            for forecast in made:
                say(csv_row(forecast))

    def idle(now_s: float) -> None:
        named(now_s, engine.overdue(now_s))

    sink = open_sink(send, card, sources) if send is not None else None
    names = csv_names(card) if contact is None else ["time_s", *card.targets]
    own = None if contact is None else (contact.channels, names)
    recorder = Recorder(record, card, own, rate_hz) if record is not None else None
    with ExitStack() as stack:
        if recorder is not None:
            stack.enter_context(recorder)
        rows = stack.enter_context(RowFile(out, names)) if out is not None else None
        if sink is not None:
            stack.callback(sink.close)
        run_stream(samples, watched, watch, idle=idle, rows=rows, kept=kept, recorder=recorder)
    for path in (out, record):
        if path is not None and path.exists():
            say(f"written: {path}")
    if contact is None:
        for line in first.end(account.made):
            warn(line)
        engine.refuse_silence(account.made)
    for line in account.lines():
        say(line)


def replayed_recording(
    sources: Sequence[str], mapping: Path | None, say: Callable[[str], None]
) -> Recording | None:
    """The recording that is replayed, if one is.

    Parameters
    ----------
    sources : sequence of str
        ``replay:FILE`` alone, or addresses.
    mapping : Path, optional
        Of a table.
    say : callable
        Gets a line where more sessions in the file are left out.

    Raises
    ------
    GaitcastError
        If it is not alone, or cannot be read.
    """
    names = [source.partition(":")[2] for source in sources if source.startswith("replay:")]
    if not names:
        return None
    if len(sources) > 1 or not names[0]:
        raise GaitcastError("a recording is replayed alone: --source replay:FILE")
    recording, *more = read(Path(names[0]), mapping)
    if more:
        say(f"{len(more)} more sessions in {names[0]} are left out")
    return recording


class _Contacts:
    """What came of a stream with forecasts at contact."""

    def __init__(self) -> None:
        self._took_us, self._late_ms = Spread(), Spread()
        self.made = 0

    def add(self, stamp: float, made: list[Forecast], took_us: float) -> None:
        self._took_us.add(took_us)
        self.made += len(made)
        for forecast in made:
            self._late_ms.add(1000 * (stamp - forecast.time_s))

    def lines(self) -> Iterator[str]:
        if not self._late_ms.count:
            yield f"{self._took_us.count} samples in, no contact detected"
            return
        early, median, late = (self._late_ms.percentile(p) for p in (10, 50, 90))
        yield (
            f"{self._took_us.count} samples in, {self._late_ms.count} contacts; the sample that "
            f"showed one came {median:.0f} ms (10-90 %: {early:.0f} to {late:.0f}) after it, its "
            f"forecast took at most {self._took_us.largest / 1000:.1f} ms more"
        )


class _Account:
    """What came of a stream: times, and errors against the recording that is replayed, if any."""

    def __init__(self, card: Card, recording: Recording | None) -> None:
        self._card, self._recording = card, recording
        self._deadline_us = 1e6 / card.rate_hz
        self._took_us, self._missed, self.made = Spread(), 0, 0
        self._error, self._compared = np.zeros(len(card.targets)), 0
        self._truth: tuple[np.ndarray, np.ndarray, np.ndarray] | None = None
        if recording is not None and set(card.targets) <= set(recording.channels):
            recording = replace(recording, max_gap_s=card.max_gap_s)
            clocked = resample(recording, card.rate_hz) if card.resample else recording
            segment = np.cumsum(clocked.dt_s() == 0)
            self._truth = clocked.time_s, segment, clocked.matrix(card.targets)

    def add(self, stamp: float, made: list[Forecast], took_us: float) -> None:
        del stamp
        self._took_us.add(took_us)
        self._missed += took_us > self._deadline_us
        self.made += len(made)
        if self._truth is not None:
            for forecast in made:
                self._compare(forecast, *self._truth)

    def _compare(
        self, forecast: Forecast, time_s: np.ndarray, segment: np.ndarray, truth: np.ndarray
    ) -> None:
        now = int(np.searchsorted(time_s, forecast.time_s - 1e-6))
        last = now + self._card.horizon
        if last < len(truth) and segment[now] == segment[last]:
            ahead = truth[now + np.array(self._card.steps)]
            self._error += np.abs(forecast.values - ahead).mean(axis=0)
            self._compared += 1

    def lines(self) -> Iterator[str]:
        if self._recording is None or not self._took_us.count:
            return
        yield (
            f"{self._took_us.count} samples of {self._recording.trial} in, {self.made} forecasts "
            "out"
        )
        p50, p99 = (self._took_us.percentile(p) for p in (50, 99))
        yield (
            f"per sample p50 {p50:.0f} us, p99 {p99:.0f} us, max {self._took_us.largest:.0f} us; "
            f"{self._missed} deadlines of {self._deadline_us / 1000:g} ms missed"
        )
        missing = [t for t in self._card.targets if t not in self._recording.channels]
        if missing:
            yield f"no error: {self._recording.trial} has no {', '.join(missing)}"
        if self._compared:
            means = self._error / self._compared
            units = self._card.target_units
            for target, unit, value in zip(self._card.targets, units, means, strict=True):
                yield f"{target}: mean absolute error {value:.2f} {unit} against the recording"
