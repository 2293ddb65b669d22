"""All windows of an hour of 16 channels at stride 1: views against a loop that copies each."""

from __future__ import annotations

import time
import tracemalloc

import numpy as np
from ratio import Ratio

from gaitcast.tasks import Series, Span, Windows

RATE_HZ, HISTORY, HORIZON, CHANNELS = 100, 200, 50, 16


def measured() -> list[Ratio]:
    """Time of both; what the views take of memory is checked."""
    n = 3600 * RATE_HZ
    rng = np.random.default_rng(0)
    features = rng.standard_normal((n, CHANNELS)).astype(np.float32)
    targets = rng.standard_normal((n, 1)).astype(np.float32)
    series = Series(Span("hour", 0, n), features, targets)

    tracemalloc.start()
    begun = time.perf_counter()
    windows = Windows([series], HISTORY, HORIZON)
    views, futures = windows.inputs(0), windows.futures(0)
    ours_s = time.perf_counter() - begun
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    # The copies of an hour would take 4.6 GB; a tenth of them is made and counted ten times.
    some = len(windows) // 10
    begun = time.perf_counter()
    copies = [features[i : i + HISTORY].copy() for i in range(some)]
    after = [targets[i + HISTORY : i + HISTORY + HORIZON].copy() for i in range(some)]
    loop_s = 10 * (time.perf_counter() - begun)
    assert np.array_equal(copies[some // 2], views[some // 2])
    assert np.array_equal(after[some // 2], futures[some // 2])
    share = peak / (features.nbytes + targets.nbytes)
    assert share < 0.05
    what = f"{len(windows)} windows of an hour of {CHANNELS} channels"
    return [Ratio(what, "a loop that copies each", 1000 * ours_s, 1000 * loop_s, "ms")]


def main() -> None:
    print(*measured(), sep="\n")


if __name__ == "__main__":
    main()
