"""What becomes of samples that are late, lost, stuck or no numbers."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitcast.runtime.guard import Guard

CHANNELS = (
    *(f"right_shank_{kind}_{axis}" for kind in ("acc", "gyr") for axis in "xyz"),
    "right_knee_angle_flexion",
)
HZ = 100.0


def card(**change):
    usual = dict.fromkeys(CHANNELS[3:], (0.0, 20.0))
    return SimpleNamespace(channels=CHANNELS, usual=usual, max_gap_s=0.1, resample=True, **change)


def walk(seconds, seed=0):
    """Time stamps and samples of a body that moves once a second."""
    rng = np.random.default_rng(seed)
    at_s = np.arange(round(seconds * HZ)) / HZ
    waves = np.array(
        [np.sin(2 * np.pi * at_s + k) + 0.3 * np.sin(4 * np.pi * at_s) for k in range(7)]
    )
    samples = 20 * waves.T + rng.normal(0, 0.05, (len(at_s), 7))
    samples[:, 2] += 9.81
    return at_s + 5.0, samples


def passed(guard, time_s, samples):
    return [made for t, x in zip(time_s, samples, strict=True) for made in guard.take(t, x)]


def test_good_samples_pass_unchanged():
    time_s, samples = walk(10)
    made = passed(Guard(card(), HZ, 1.0), time_s, samples)
    np.testing.assert_array_equal([g.row for g in made], samples)
    np.testing.assert_array_equal([g.time_s for g in made], time_s)
    assert all(g.health.good for g in made)
    assert [g.begins for g in made] == [True] + [False] * (len(made) - 1)


def test_a_repeated_or_late_sample_is_left_out():
    time_s, samples = walk(2)
    guard = Guard(card(), HZ, 1.0)
    order = [*range(100), 99, 98, 101, 100, *range(102, 200)]
    made = passed(guard, time_s[order], samples[order])
    kept = [k for k in range(200) if k != 100]
    np.testing.assert_array_equal([g.time_s for g in made], time_s[kept])
    assert guard.counts["time: repeated or out of order"] == 3


def test_a_clock_that_is_set_back_goes_on():
    time_s, samples = walk(4)
    guard = Guard(card(), HZ, 1.0)
    stamps = np.where(np.arange(400) < 200, time_s, time_s - 0.5)
    made = passed(guard, stamps, samples)
    assert guard.counts["time: clock set back"] == 1
    assert len(made) >= 395
    assert (np.diff([g.time_s for g in made]) > 0).all()
    assert guard.offset_s == pytest.approx(0.47, abs=0.02)


def test_a_long_gap_begins_anew_and_a_short_one_is_filled_from_the_cycle_before():
    time_s, samples = walk(8)
    keep = np.r_[0:500, 540:800]
    made = passed(Guard(card(), HZ, 0.0), time_s[keep], samples[keep])
    assert [k for k, g in enumerate(made) if g.begins] == [0, 500]
    made = passed(Guard(card(), HZ, 1.0), time_s[keep], samples[keep])
    assert sum(g.begins for g in made) == 1
    assert len(made) == 800
    assert np.abs(np.array([g.row for g in made]) - samples).max() < 2.0  # of 20: noise and period
    assert not made[520].health.good


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e300])
def test_a_lost_sensor_is_filled_then_refused_then_taken_back(value):
    time_s, samples = walk(12)
    broken = samples.copy()
    broken[500:800, 3:6] = value
    made = passed(Guard(card(), HZ, 1.0), time_s, broken)
    filled = np.array([g.row for g in made])
    assert np.isfinite(filled).all()
    assert np.abs(filled[500:640] - samples[500:640]).max() < 3.0
    assert not made[640].health.refused
    assert "right_shank_gyr_x" in made[700].health.refused
    assert made[799].health.refused
    assert not made[800].health.refused
    assert made[800].health.recovering
    assert made[-1].health.good


def test_three_axes_that_repeat_themselves_are_filled():
    time_s, samples = walk(8)
    stuck = samples.copy()
    stuck[500:580, :3] = stuck[499, :3]
    made = passed(Guard(card(), HZ, 1.0), time_s, stuck)
    assert made[505].health.faults == dict.fromkeys(CHANNELS[:3], "stuck")
    assert np.abs(made[550].row - samples[550]).max() < 3.0
    assert made[-1].health.good


def test_a_standing_joint_is_not_stuck_and_one_that_stops_in_mid_swing_is():
    time_s, samples = walk(8)
    samples[:, 6] = np.round(samples[:, 6], 1)
    standing = samples.copy()
    standing[:300, 6] = 3.0
    guard = Guard(card(), HZ, 1.0)
    passed(guard, time_s[:300], standing[:300])
    assert not guard.counts
    stuck = samples.copy()
    fastest = 400 + int(np.abs(np.diff(samples[400:500, 6])).argmax())
    stuck[fastest:, 6] = samples[fastest, 6]
    made = passed(Guard(card(), HZ, 1.0), time_s, stuck)
    assert made[fastest + 5].health.faults == {CHANNELS[6]: "stuck"}


def test_the_end_of_a_range_and_a_missing_gravity_are_reported_and_used():
    time_s, samples = walk(8)
    cut = samples.copy()
    cut[500:510, 4] = 65.0
    made = passed(Guard(card(), HZ, 1.0), time_s, cut)
    assert made[503].health.faults == {CHANNELS[4]: "saturated"}
    assert made[503].row[4] == 65.0
    in_g = samples.copy()
    in_g[500:600, :3] = np.array([0.1, 0.2, 0.95]) + 0.01 * samples[500:600, :3] / 20
    made = passed(Guard(card(), HZ, 1.0), time_s, in_g)
    assert made[506].health.faults[CHANNELS[0]] == "no gravity"


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**32 - 1))
def test_nothing_raises_and_nothing_that_is_no_number_comes_through(seed):
    rng = np.random.default_rng(seed)
    time_s, samples = walk(3, seed % 7)
    for _ in range(rng.integers(1, 12)):
        rows = slice(int(rng.integers(0, 300)), int(rng.integers(0, 300)))
        where = rng.random(7) < 0.4
        samples[rows] = np.where(
            where, rng.choice([np.nan, np.inf, -1e39, 0.0, 77.0]), samples[rows]
        )
    time_s = time_s[rng.permutation(300) if rng.random() < 0.2 else np.arange(300)]
    jumps = rng.choice(
        [0.0, 0.0, 0.0, -3.0, 1e6, np.nan], 300, p=[0.4, 0.3, 0.27, 0.01, 0.01, 0.01]
    )
    made = passed(Guard(card(), HZ, 1.0), time_s + np.cumsum(jumps), samples)
    assert len(made) < 3000
    assert all(np.isfinite(g.row).all() for g in made)
    assert (np.diff([g.time_s for g in made]) > 0).all()


def test_cut_in_two_it_goes_on_from_its_state():
    time_s, samples = walk(8)
    samples[300:420, 3:6] = np.nan
    whole = passed(Guard(card(), HZ, 1.0), time_s, samples)
    first, second = Guard(card(), HZ, 1.0), Guard(card(), HZ, 1.0)
    made = passed(first, time_s[:350], samples[:350])
    second.restore(first.state())
    made += passed(second, time_s[350:], samples[350:])
    np.testing.assert_array_equal([g.row for g in whole], [g.row for g in made])
    assert [g.health for g in whole] == [g.health for g in made]
