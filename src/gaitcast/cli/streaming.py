"""`gaitcast stream`: a source, an engine, forecasts out."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from gaitcast.atomic import new_file, write_text
from gaitcast.errors import GaitcastError, nearest
from gaitcast.io import read
from gaitcast.recording import Recording
from gaitcast.runtime import Bundle, Card, Engine, Forecast, sources
from gaitcast.runtime.contact import AtContact
from gaitcast.runtime.wearer import as_number, parse_wearer
from gaitcast.signal import resample


def stream_bundle(
    bundle: Path,
    source: str,
    *,
    mapping: Path | None = None,
    out: Path | None = None,
    state: Path | None = None,
    realtime: bool = False,
    wearer: Sequence[str] = (),
    at_contact: str | None = None,
) -> Iterator[str]:
    """Run a bundle over a source and tell what came out.

    Parameters
    ----------
    bundle : Path
        Folder of a bundle.
    source : str
        ``replay:FILE`` or ``stdin``.
    mapping : Path, optional
        Of a replayed table; by default ``mapping.toml`` beside it.
    out : Path, optional
        Forecasts as CSV; without it, forecasts from standard input are given out as they come.
    state : Path, optional
        State to go on from if the file exists, and to save at the end.
    realtime : bool
        Replay at the recorded pace.
    wearer : sequence of str
        What the bundle has to know of the wearer, as ``mass_kg=72``.
    at_contact : str, optional
        ``left`` or ``right``: samples are of that foot's IMU, and there is a forecast at each heel
        strike; the wearer's ``stiffness`` is the mean that was measured before.

    Yields
    ------
    str
        Lines for the user.

    Raises
    ------
    GaitcastError
        If bundle, source or state do not fit together.
    """
    loaded = Bundle.load(bundle)
    known = parse_wearer(wearer)
    measured = known.pop("stiffness", None) if at_contact is not None else None
    engine, card = Engine(loaded, known), loaded.card
    contact = None
    if at_contact is not None:
        if state is not None:
            raise GaitcastError("forecasts at contact take no --state", hint="Leave it out")
        mean = None if measured is None else as_number("stiffness", measured, where="--wearer")
        contact = AtContact(engine, at_contact, mean)
    if state is not None and state.is_file():
        engine.load_state(state)
    channels = card.channels if contact is None else contact.channels
    push = engine.push if contact is None else contact.push
    kind, _, name = source.partition(":")
    recording = None
    if kind == "replay" and name:
        recording, *others = read(Path(name), mapping)
        if others:
            yield f"{len(others)} more sessions in {name} are left out"
        samples = sources.replay(recording.time_s, recording.complete(channels), realtime=realtime)
    elif source == "stdin":
        samples = sources.text_lines(sys.stdin)
    else:
        raise GaitcastError(
            f"unknown source '{source}'", hint=nearest(kind, ["replay:FILE", "stdin"])
        )

    forecasts: list[Forecast] = []
    times_us: list[float] = []
    late_ms: list[float] = []
    for stamp, sample in samples:
        begun = time.perf_counter_ns()
        made = push(stamp, sample)
        times_us.append((time.perf_counter_ns() - begun) / 1000)
        late_ms += [1000 * (stamp - forecast.time_s) for forecast in made]
        if recording is None and out is None:
            yield from (_line(f) for f in made)
        else:
            forecasts += made
    if out is not None:
        heading = _heading(card) if contact is None else ",".join(["time_s", *card.targets])
        text = "\n".join([heading, *(_line(f) for f in forecasts)])
        write_text(out, text + "\n")
        yield f"written: {out}"
    if state is not None:
        with new_file(state) as draft, draft.open("wb") as file:
            engine.save_state(file)
    if contact is not None:
        yield _contacts(late_ms, np.array(times_us))
    elif recording is not None:
        yield from _account(card, recording, forecasts, np.array(times_us))


def _heading(card: Card) -> str:
    ahead_ms = np.array(card.steps) * 1000 / card.rate_hz
    return ",".join(["time_s", *(f"{t}+{ms:g}ms" for ms in ahead_ms for t in card.targets)])


def _line(forecast: Forecast) -> str:
    return ",".join([f"{forecast.time_s:.4f}", *(f"{v:.4f}" for v in forecast.values.ravel())])


def _contacts(late_ms: Sequence[float], times_us: np.ndarray) -> str:
    if not late_ms:
        return f"{len(times_us)} samples in, no contact told"
    early, median, late = np.percentile(late_ms, (10, 50, 90))
    return (
        f"{len(times_us)} samples in, {len(late_ms)} contacts; the sample that told one came "
        f"{median:.0f} ms (10-90 %: {early:.0f} to {late:.0f}) after it, its forecast took at most "
        f"{times_us.max() / 1000:.1f} ms more"
    )


def _account(
    card: Card, recording: Recording, forecasts: list[Forecast], times_us: np.ndarray
) -> Iterator[str]:
    deadline_us = 1e6 / card.rate_hz
    p50, p99 = np.percentile(times_us, (50, 99))
    missed = int((times_us > deadline_us).sum())
    yield f"{len(times_us)} samples of {recording.trial} in, {len(forecasts)} forecasts out"
    yield (
        f"per sample p50 {p50:.0f} us, p99 {p99:.0f} us, max {times_us.max():.0f} us; "
        f"{missed} deadlines of {deadline_us / 1000:g} ms missed"
    )
    if forecasts and set(card.targets) <= set(recording.channels):
        recording = replace(recording, max_gap_s=card.max_gap_s)
        clocked = resample(recording, card.rate_hz) if card.resample else recording
        segment = np.cumsum(clocked.dt_s() == 0)
        truth = clocked.matrix(card.targets)
        now = np.searchsorted(clocked.time_s, [f.time_s - 1e-6 for f in forecasts])
        last = np.minimum(now + card.horizon, len(truth) - 1)
        known = (now + card.horizon < len(truth)) & (segment[now] == segment[last])
        if not known.any():
            return
        ahead = truth[now[known][:, None] + np.array(card.steps)]
        error = np.abs(np.stack([f.values for f in forecasts])[known] - ahead).mean(axis=(0, 1))
        for target, unit, value in zip(card.targets, card.target_units, error, strict=True):
            yield f"{target}: mean absolute error {value:.2f} {unit} against the recording"
