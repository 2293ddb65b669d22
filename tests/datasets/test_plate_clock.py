"""Plates that lag the markers, by Newton's law."""

import numpy as np
import pytest

from gaitcast.datasets import load
from gaitcast.datasets.plate_clock import frames_late


def passages(late, seen=1.0):
    rng, heights, loads = np.random.default_rng(3), [], []
    for _ in range(4):
        t = np.arange(160) / 100
        phase = rng.uniform(0, 6)
        height = 0.9 + 0.03 * np.sin(2 * np.pi * 1.8 * t + phase)
        load = 70 * (9.81 - 0.03 * (2 * np.pi * 1.8) ** 2 * np.sin(2 * np.pi * 1.8 * t + phase))
        height[: round((1 - seen) * len(t))] = np.nan
        heights.append(height)
        loads.append(np.roll(load, late))
    return heights, loads


@pytest.mark.parametrize("late", [-3, 0, 4, 7])
def test_the_delay_of_the_plates_is_found(late):
    assert frames_late(*passages(late, 0.95), 100.0) == late


def test_a_pelvis_that_is_hardly_seen_shows_no_delay():
    assert frames_late(*passages(4, 0.8), 100.0) == 0


def test_two_people_s_plates_are_put_on_the_clock_of_their_imus(data):
    late = {
        r.subject: r.covariates.get("plates_late_s", 0)
        for r in load("zju-shank12", data, trials="*_force")
    }
    assert late["Z02"] == late["Z07"] == 0.04
    assert sum(map(bool, late.values())) < len(late) / 2
