"""A sweep of all windows against a loop of scikit-learn fits: same numbers, time as a ratio.

    python benchmarks/impedance.py

One thread. The loop is timed on a part of the windows, drawn at random, and given per window.
"""

import time

import numpy as np
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


def main() -> None:
    """Time both, compare the numbers."""
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
    windows = found.vaf.size
    print(f"{len(stances)} steps x {len(STARTS)} starts x {len(WIDTHS)} widths: {sweep_s:.1f} s")
    print(
        f"scikit-learn, {DRAWN} of them: {1e6 * each_s:.0f} us each, {each_s * windows:.0f} s all"
    )
    print(f"ratio {each_s * windows / sweep_s:.0f}, largest difference {worst:.1e} of the largest")


if __name__ == "__main__":
    main()
