"""`make bench`: speed as ratios against a named peer, all in one run, with the spread of three.

Arguments: names of some benchmarks; without, all of them. Run it on a quiet machine.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence

import live_step
import numpy as np
import readers
import windows
from ratio import Ratio
from rich.console import Console
from rich.table import Table

import impedance
from gaitcast.runtime.latency import machine

REPEATS = 3
MEASURED: dict[str, Callable[[], Sequence[Ratio]]] = {
    "windows": windows.measured,
    "readers": readers.measured,
    "live_step": live_step.measured,
    "impedance": impedance.measured,
}


def main() -> None:
    rows: dict[tuple[str, str], list[Ratio]] = {}
    for name in sys.argv[1:] or MEASURED:
        for _ in range(REPEATS):
            for one in MEASURED[name]():
                rows.setdefault((one.what, one.peer), []).append(one)
    table = Table(title=f"median of {REPEATS} runs; {machine()}", title_justify="left")
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
