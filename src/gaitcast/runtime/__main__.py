"""On the device, without the rest: ``python -m gaitcast.runtime bench|stream BUNDLE``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Bundle
from gaitcast.runtime.engine import Engine
from gaitcast.runtime.first_seconds import FirstSeconds
from gaitcast.runtime.forecast import Forecast
from gaitcast.runtime.health import FaultLog, Health
from gaitcast.runtime.latency import machine, measure, measure_paced
from gaitcast.runtime.opening import open_sink, open_source
from gaitcast.runtime.recorder import Recorder
from gaitcast.runtime.senders import Sink
from gaitcast.runtime.sinks import RowFile, StateFile, csv_names, csv_row, kept_files
from gaitcast.runtime.stream import Interrupted, run_stream
from gaitcast.runtime.wearer import beyond_training, parse_wearer

_SHOWN = {"p50": 50, "p95": 95, "p99": 99, "max": 100}


def main(words: list[str] | None = None) -> int:
    """Run a command of the device.

    Parameters
    ----------
    words : list of str, optional
        Instead of the process's arguments.

    Returns
    -------
    int
        Exit code: 2 for bad input, 130 or 143 after SIGINT or SIGTERM, each with one line.
    """
    parser = argparse.ArgumentParser(prog="python -m gaitcast.runtime", description=__doc__)
    parser.add_argument("command", choices=("bench", "stream"))
    parser.add_argument("bundle", help="folder of a bundle")
    parser.add_argument(
        "--wearer",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="what the bundle has to know of the wearer, such as mass_kg=72",
    )
    parser.add_argument("--out", type=Path, help="stream: write the forecasts as CSV")
    parser.add_argument(
        "--state", type=Path, help="stream: go on from this state; it is kept while samples come"
    )
    parser.add_argument(
        "--wearer-profile",
        type=Path,
        help="stream: begin with what was learnt of the wearer before, and keep it here",
    )
    parser.add_argument("--record", type=Path, help="stream: new .xdf file for all that comes")
    parser.add_argument(
        "--rate-hz", type=float, help="stream: rate of the raw samples; default the card's raw_hz"
    )
    parser.add_argument(
        "--bridge-s", type=float, default=0.0, help="stream: fill gaps up to this long, s"
    )
    parser.add_argument(
        "--source",
        action="append",
        metavar="ADDRESS",
        help="stream: where samples come from; default stdin; repeated for several sensors",
    )
    parser.add_argument("--send", metavar="ADDRESS", help="stream: where forecasts go to")
    given = parser.parse_args(words)
    kept_on_disk = given.out or given.state or given.wearer_profile or given.record
    if given.command == "bench" and kept_on_disk:
        parser.error("--out, --state, --wearer-profile and --record belong to stream")
    try:
        bundle = Bundle.load(given.bundle)
        if given.command == "bench":
            _bench(bundle)
        else:
            wearer = parse_wearer(given.wearer)
            engine = Engine(bundle, wearer, given.rate_hz, given.bridge_s)
            _warn(beyond_training(wearer, bundle.card.covariate_range))
            kept = kept_files(engine, given.state, given.wearer_profile)
            sources = given.source or ["stdin"]
            sink = open_sink(given.send, engine.card, sources) if given.send else None
            recorder = None
            if given.record is not None:
                recorder = Recorder(given.record, bundle.card, rate_hz=engine.raw_hz)
            _stream(engine, sources, given.out, sink, kept, recorder)
    except GaitcastError as error:
        print(f"gaitcast: {error}", file=sys.stderr)
        return 2
    except Interrupted as end:
        print("gaitcast: interrupted; what was written is kept", file=sys.stderr)
        return int(str(end.code))
    return 0


def _bench(bundle: Bundle) -> None:
    latency, paced = measure(bundle), measure_paced(bundle)
    for one in (latency, paced):
        parts = [f"{name} {one.percentile(p):.1f} us" for name, p in _SHOWN.items()]
        print(f"{one.name}: {', '.join(parts)}")
    missed = f"{latency.misses}/{len(latency.steps_us)} missed {latency.deadline_us:.0f} us"
    print(f"{missed}; {machine()}")


def _stream(
    engine: Engine,
    sources: Sequence[str],
    out: Path | None,
    sink: Sink | None,
    kept: Sequence[StateFile],
    recorder: Recorder | None,
) -> None:
    card = engine.card
    first, log, count = FirstSeconds(card, engine.raw_hz), FaultLog(), 0

    def named(stamp: float, health: Health) -> None:
        for line in log.add(stamp, health):
            _warn([line])
            if recorder is not None:
                recorder.mark(stamp, line)

    def push(stamp: float, sample: np.ndarray) -> list[Forecast]:
        _warn(first.add(stamp, sample))
        made = engine.push(stamp, sample)
        named(stamp, engine.health)
        return made

    def show(stamp: float, made: list[Forecast], took_us: float) -> None:
        nonlocal count
        del stamp, took_us
        count += len(made)
        for forecast in made:
            if sink is not None:
                sink.write(forecast)
            elif out is None:
                print(csv_row(forecast), flush=True)

    with ExitStack() as stack:
        if sink is not None:
            stack.callback(sink.close)
        if recorder is not None:
            stack.enter_context(recorder)
        run_stream(
            open_source(sources, card.channels, card.max_gap_s, lambda line: _warn([line])),
            push,
            show,
            idle=lambda now_s: named(now_s, engine.overdue(now_s)),
            rows=stack.enter_context(RowFile(out, csv_names(card))) if out else None,
            kept=kept,
            recorder=recorder,
        )
    _warn(first.end(count))
    engine.refuse_silence(count)


def _warn(lines: list[str]) -> None:
    for line in lines:
        print(f"warning: {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
