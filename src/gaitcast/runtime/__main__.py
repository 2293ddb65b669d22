"""On the device, without the rest: ``python -m gaitcast.runtime bench|stream BUNDLE``."""

from __future__ import annotations

import argparse
import sys

from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Bundle
from gaitcast.runtime.engine import Engine
from gaitcast.runtime.latency import machine, measure
from gaitcast.runtime.sources import text_lines
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
        Exit code: 2 for bad input, told in one line.
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
    given = parser.parse_args(words)
    try:
        bundle = Bundle.load(given.bundle)
        if given.command == "bench":
            _bench(bundle)
        else:
            _stream(bundle, parse_wearer(given.wearer))
    except GaitcastError as error:
        print(f"gaitcast: {error}", file=sys.stderr)
        return 2
    return 0


def _bench(bundle: Bundle) -> None:
    latency = measure(bundle)
    parts = [f"{name} {latency.percentile(p):.1f} us" for name, p in _SHOWN.items()]
    print(f"{latency.name}: {', '.join(parts)}")
    missed = f"{latency.misses}/{len(latency.steps_us)} missed {latency.deadline_us:.0f} us"
    print(f"{missed}; {machine()}")


def _stream(bundle: Bundle, wearer: dict[str, str]) -> None:
    engine = Engine(bundle, wearer)
    for stamp, sample in text_lines(sys.stdin):
        for forecast in engine.push(stamp, sample):
            values = ",".join(f"{v:.4f}" for v in forecast.values.ravel())
            print(f"{forecast.time_s:.4f},{values}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
