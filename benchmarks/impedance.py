"""A sweep of all windows against a loop of scikit-learn fits: same numbers, time as a ratio.

    python benchmarks/impedance.py

One thread. The loop is timed on a part of the windows, drawn at random, and given per window.
"""

import time

import numpy as np
from ratio import Ratio
from sklearn.linear_model import LinearRegression

from gaitcast.impedance import Stances, cut_stances, identify
from gaitcast.simulate import simulate_ankles

STEPS, STARTS, WIDTHS, DRAWN = 1000, np.arange(60.0), np.linspace(10, 40, 10), 4000
TERMS = ("K", "B", "I")


def thousand_steps() -> Stances:
    """From as many simulated people as it takes."""
    cohort = simulate_ankles(24, 0.6, 250.0, seed=2)
    stances = cut_stances(cohort)
    if len(stances) < STEPS:
        raise SystemExit(f"only {len(stances)} steps")
    return stances


def measured() -> list[Ratio]:
    """Time of both; the numbers are compared."""
    stances = thousand_steps()
    begun = time.perf_counter()
    found = identify(stances, STARTS, WIDTHS, terms=TERMS)
    sweep_s = time.perf_counter() - begun
    rng = np.random.default_rng(0)
    places = [tuple(rng.integers(0, n) for n in found.vaf.shape) for _ in range(DRAWN)]
    worst, begun = 0.0, time.perf_counter()
    for s, start, width in places:
        x, y = found.window(stances, (s, start, width))
        slope = LinearRegression().fit(x, y).coef_
        if found.identifiable[s, start, width]:
            off = np.abs(found.value[s, start, width] - slope) / np.abs(slope).max()
            worst = max(worst, float(off.max()))
    each_s = (time.perf_counter() - begun) / DRAWN
    assert worst < 1e-6, worst
    what = f"impedance in {found.vaf.size} windows of {len(stances)} steps"
    return [Ratio(what, "scikit-learn, one by one", sweep_s, each_s * found.vaf.size, "s")]


def main() -> None:
    print(*measured(), sep="\n")


if __name__ == "__main__":
    main()
