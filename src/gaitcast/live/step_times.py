"""How long the steps of a stream took: histogram, percentiles and missed deadlines."""

from __future__ import annotations

import numpy as np

from gaitcast.runtime.latency import Spread

#: Edges of the histogram, microseconds: ten bins in each tenfold, 10 us to 100 ms.
EDGES_US = np.logspace(1, 5, 41)


class StepTimes:
    """Computing times of all samples so far, in memory of a fixed size.

    Parameters
    ----------
    deadline_us : float
        Time between two samples.

    Attributes
    ----------
    counts : numpy.ndarray, shape (bins,)
        Samples in each bin of :data:`EDGES_US`; what is beyond counts in the outer ones.
    missed : int
        Samples that took longer than the time between two.
    """

    def __init__(self, deadline_us: float) -> None:
        self.deadline_us, self.missed = deadline_us, 0
        self.counts = np.zeros(len(EDGES_US) - 1, np.int64)
        self.spread = Spread()

    def add(self, took_us: float) -> None:
        """Count a sample."""
        self.spread.add(took_us)
        self.missed += took_us > self.deadline_us
        place = int(np.log10(max(took_us, EDGES_US[0]) / EDGES_US[0]) * 10)
        self.counts[min(place, len(self.counts) - 1)] += 1
