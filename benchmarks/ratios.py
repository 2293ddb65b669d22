"""`make bench`: speed as ratios against a named peer, all in one run, with the spread of several.

Arguments: names of some benchmarks; without, all of them. Run it on a quiet machine. Keras, darts
and neuralforecast are no part of gaitcast: `--peer-python` is of an environment that has them.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

import forecasting
import live_step
import numpy as np
import readers
import windows
from ratio import Ratio
from rich.console import Console
from rich.table import Table

import impedance
import training
from gaitcast.runtime.latency import machine

#: Of each benchmark; those with peers of their own take minutes.
REPEATS, REPEATS_BESIDE = 3, 2
MEASURED: dict[str, Callable[[], Sequence[Ratio]]] = {
    "windows": windows.measured,
    "readers": readers.measured,
    "live_step": live_step.measured,
    "impedance": impedance.measured,
}
#: With peers in an environment of their own.
BESIDE: dict[str, Callable[[str], Sequence[Ratio]]] = {
    "training": training.measured,
    "forecasting": forecasting.measured,
}


def run(name: str, peer_python: str | None) -> Sequence[Ratio]:
    """One benchmark, once."""
    if name in MEASURED:
        return MEASURED[name]()
    return BESIDE[name](peer_python) if peer_python else []


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*", choices=[[], *MEASURED, *BESIDE])
    parser.add_argument("--peer-python")
    given = parser.parse_args()
    rows: dict[tuple[str, str], list[Ratio]] = {}
    for name in given.names or [*MEASURED, *BESIDE]:
        for _ in range(REPEATS if name in MEASURED else REPEATS_BESIDE):
            for one in run(name, given.peer_python):
                rows.setdefault((one.what, one.peer), []).append(one)
    table = Table(
        title=f"median and range of {REPEATS} runs, of {REPEATS_BESIDE} beside Keras, darts and "
        f"neuralforecast; {machine()}",
        title_justify="left",
    )
    for heading in ("what", "gaitcast", "peer", "takes", "peer / gaitcast", "range"):
        table.add_column(heading)
    for (what, peer), found in rows.items():
        times = [
            f"{np.median([getattr(r, side) for r in found]):.3g}" for side in ("ours", "theirs")
        ]
        ratios = sorted(one.faster for one in found)
        table.add_row(
            what,
            f"{times[0]} {found[0].unit}",
            peer,
            f"{times[1]} {found[0].unit}",
            f"{np.median(ratios):.3g}",
            f"{ratios[0]:.3g} to {ratios[-1]:.3g}",
        )
    Console(width=150).print(table)


if __name__ == "__main__":
    main()
