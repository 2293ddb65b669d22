"""`gaitcast live`: a source, an engine, a page."""

from __future__ import annotations

import signal
import sys
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np

from gaitcast.cli.streaming import replayed_recording
from gaitcast.live.live_session import LiveSession
from gaitcast.live.server import LiveServer
from gaitcast.live.viewer import LivePage
from gaitcast.recording import Recording
from gaitcast.runtime import Bundle, Card, Engine
from gaitcast.runtime.opening import open_source
from gaitcast.runtime.sinks import kept_files
from gaitcast.runtime.sources import Samples, replay
from gaitcast.runtime.wearer import beyond_training, parse_wearer

#: Threads take turns so often, s: a step must not wait 5 ms, Python's usual, for the page.
_TURN_S = 0.0005


def watch_bundle(
    bundle: Path,
    sources: Sequence[str],
    say: Callable[[str], None],
    *,
    mapping: Path | None = None,
    state: Path | None = None,
    profile: Path | None = None,
    wearer: Sequence[str] = (),
    rate_hz: float | None = None,
    bridge_s: float = 0.0,
    host: str = "127.0.0.1",
    port: int = 0,
    record_to: Path | None = None,
) -> None:
    """Run a bundle over a source and serve its page until interrupted.

    Parameters
    ----------
    bundle : Path
        Folder of a bundle.
    sources : sequence of str
        ``replay:FILE`` alone, or see :func:`gaitcast.runtime.opening.open_source`.
    say : callable
        Gets each line for the user, the page's address first.
    mapping : Path, optional
        Of a replayed table; by default ``mapping.toml`` beside it.
    state, profile : Path, optional
        As in :func:`gaitcast.cli.streaming.stream_bundle`.
    wearer : sequence of str
        What the bundle has to know of the wearer, as ``mass_kg=72``.
    rate_hz : float, optional
        Of the raw samples; by default the recording's own, or what the bundle's card says.
    bridge_s : float
        Gaps up to this long are filled.
    host, port : str and int
        Where the page is served.
    record_to : Path, optional
        Folder for recordings; the page has a button for them then.

    Raises
    ------
    GaitcastError
        If bundle, source or state do not fit together, or the page cannot be served there.
    """
    loaded = Bundle.load(bundle)
    recording = replayed_recording(sources, mapping, say)
    if recording is not None:
        rate_hz = rate_hz or recording.rate_hz
    known = parse_wearer(wearer)
    engine = Engine(loaded, known, rate_hz, bridge_s)
    kept = kept_files(engine, state, profile)
    card = engine.card
    measured = _recorded(recording, card)
    session = LiveSession(engine, measured=measured, kept=kept, record_to=record_to)
    for line in beyond_training(known, card.covariate_range):
        session.warn(line)
    samples: Samples = (
        open_source(sources, card.channels, card.max_gap_s, session.warn)
        if recording is None
        else replay(recording.time_s, recording.complete(card.channels), realtime=True)
    )
    server = LiveServer(partial(LivePage, session), host, port)
    usual_s, usual = sys.getswitchinterval(), signal.getsignal(signal.SIGTERM)
    sys.setswitchinterval(_TURN_S)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    say(f"live page: {server.url}")
    if server.token:
        say("who has this address sees and steers the page; it is not encrypted")
    try:
        session.begin(samples)
        server.run()
    finally:
        session.close()
        server.close()
        sys.setswitchinterval(usual_s)
        signal.signal(signal.SIGTERM, usual)


def _recorded(
    recording: Recording | None, card: Card
) -> Callable[[float, np.ndarray], np.ndarray] | None:
    """The targets of a replayed recording; None where it has not all of them."""
    if recording is None or not set(card.targets) <= set(recording.channels):
        return None
    time_s, truth = recording.time_s, recording.matrix(card.targets)

    def measured(stamp: float, sample: np.ndarray) -> np.ndarray:
        del sample
        return np.asarray(truth[min(int(np.searchsorted(time_s, stamp)), len(truth) - 1)])

    return measured
