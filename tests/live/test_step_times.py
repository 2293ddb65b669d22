"""Histogram and missed deadlines."""

import numpy as np

from gaitcast.live.step_times import EDGES_US, StepTimes


def test_each_sample_is_in_its_bin_and_late_ones_are_counted():
    times = StepTimes(5000.0)
    for took_us in (1.0, 12.0, 150.0, 155.0, 4999.0, 5001.0, 1e7):
        times.add(took_us)
    expected, _ = np.histogram([10.5, 12, 150, 155, 4999, 5001, 99_999], EDGES_US)
    np.testing.assert_array_equal(times.counts, expected)
    assert times.missed == 2
    assert times.spread.count == 7
