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
from gaitcast.runtime.engine import Engine, Forecast
from gaitcast.runtime.first_seconds import FirstSeconds
from gaitcast.runtime.health import FaultLog
from gaitcast.runtime.latency import machine, measure
from gaitcast.runtime.sinks import RowFile, StateFile, csv_names, csv_row, kept_files
from gaitcast.runtime.sources import text_lines
from gaitcast.runtime.stream import Interrupted, run_stream
from gaitcast.runtime.wearer import parse_wearer

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
    parser.add_argument(
        "--rate-hz", type=float, help="stream: rate of the raw samples; default the card's raw_hz"
    )
    parser.add_argument(
        "--bridge-s", type=float, default=0.0, help="stream: fill gaps up to this long, s"
    )
    given = parser.parse_args(words)
    if given.command == "bench" and (given.out or given.state or given.wearer_profile):
        parser.error("--out, --state and --wearer-profile belong to stream")
    try:
        bundle = Bundle.load(given.bundle)
        if given.command == "bench":
            _bench(bundle)
        else:
            engine = Engine(bundle, parse_wearer(given.wearer), given.rate_hz, given.bridge_s)
            kept = kept_files(engine, given.state, given.wearer_profile)
            _stream(engine, given.out, kept)
    except GaitcastError as error:
        print(f"gaitcast: {error}", file=sys.stderr)
        return 2
    except Interrupted as end:
        print("gaitcast: interrupted; what was written is kept", file=sys.stderr)
        return int(str(end.code))
    return 0


def _bench(bundle: Bundle) -> None:
    latency = measure(bundle)
    parts = [f"{name} {latency.percentile(p):.1f} us" for name, p in _SHOWN.items()]
    print(f"{latency.name}: {', '.join(parts)}")
    missed = f"{latency.misses}/{len(latency.steps_us)} missed {latency.deadline_us:.0f} us"
    print(f"{missed}; {machine()}")


def _stream(engine: Engine, out: Path | None, kept: Sequence[StateFile]) -> None:
    first, log, count = FirstSeconds(engine.card, engine.raw_hz), FaultLog(), 0

    def push(stamp: float, sample: np.ndarray) -> list[Forecast]:
        _warn(first.add(stamp, sample))
        made = engine.push(stamp, sample)
        _warn(log.add(stamp, engine.health))
        return made

    def show(stamp: float, made: list[Forecast], took_us: float) -> None:
        nonlocal count
        del stamp, took_us
        count += len(made)
        if out is None:
            for forecast in made:
                print(csv_row(forecast), flush=True)

    with ExitStack() as stack:
        run_stream(
            text_lines(sys.stdin),
            push,
            show,
            rows=stack.enter_context(RowFile(out, csv_names(engine.card))) if out else None,
            kept=kept,
        )
    _warn(first.end(count))
    engine.refuse_silence(count)


def _warn(lines: list[str]) -> None:
    for line in lines:
        print(f"warning: {line}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
