"""Sensors with clocks of their own: offsets, drift, delays, different rates, one that is gone."""

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.runtime.joined import ClockOffset, JoinedClocks, joined_samples


def value(time_s):
    return 100 * np.sin(2 * np.pi * 1.3 * time_s)


def arrivals(draw, seconds, rate_hz, offset_s, drift, source, delay_s=0.004):
    """Samples of one sensor: its own stamp, the value at that instant, when it arrives."""
    true_s = np.arange(0.1 * source, seconds, 1 / rate_hz) + 0.003 * source
    late_s = 0.001 + draw.exponential(delay_s, len(true_s))
    came_s = np.maximum.accumulate(true_s + late_s)
    return [
        (a, source, (t + offset_s) * (1 + drift), value(t))
        for a, t in zip(came_s, true_s, strict=True)
    ]


def join(streams, joined):
    made = []
    for arrived_s, source, stamp_s, x in sorted(s for stream in streams for s in stream):
        made += joined.add(source, stamp_s, np.array([x]), arrived_s)
    return np.array([t for t, _ in made]), np.array([row for _, row in made])


def test_clocks_that_differ_and_drift_are_brought_together():
    draw = np.random.default_rng(2)
    streams = [
        arrivals(draw, 60, 100, 5.0, 0.0, 0),
        arrivals(draw, 60, 100, -1e5, 5e-5, 1),
        arrivals(draw, 60, 60, 1.7e9, -5e-5, 2),
    ]
    joined = JoinedClocks([[0], [1], [2]], 3, 0.1, 0.1, [False] * 3)
    time_s, rows = join(streams, joined)
    assert len(rows) > 5990
    assert (np.diff(time_s) > 0).all()
    late = time_s > 6  # offsets are known by then
    assert np.isfinite(rows[late]).all()
    # A clock that is wrong by 2 ms is wrong by 1.6 here; without offsets it would be by 100.
    assert np.abs(rows[late] - value(time_s[late] - 5.0)[:, None]).max() < 2.0
    assert np.abs(rows[late, 0] - value(time_s[late] - 5.0)).max() < 1e-9


def test_a_sensor_that_is_gone_holds_up_the_others_for_a_moment_only():
    draw = np.random.default_rng(3)
    first, second = (arrivals(draw, 4, 100, 0.0, 0.0, k) for k in (0, 1))
    gone = [s for s in second if not 2 < s[0] < 3]
    joined = JoinedClocks([[0], [1]], 2, 0.1, 0.05, [False, False])
    time_s, rows = join([first, gone], joined)
    assert len(rows) >= 395
    lost = np.isnan(rows[:, 1])
    assert lost[(time_s > 2.1) & (time_s < 2.9)].all()
    assert not lost[(time_s > 0.3) & (time_s < 1.9)].any()
    assert not lost[(time_s > 3.1) & (time_s < 3.9)].any()
    assert np.isfinite(rows[:, 0]).all()


def test_a_clock_that_begins_anew_is_followed():
    offset = ClockOffset()
    for k in range(100):
        offset.add(10 + k / 100, 50 + k / 100)
    assert offset.offset_s == pytest.approx(40)
    for k in range(100):
        offset.add(k / 100, 51 + k / 100)
    assert offset.offset_s == pytest.approx(51)
    for k in range(100):
        offset.add(90 + k / 100, 52 + k / 100)
    assert offset.offset_s == pytest.approx(-38)


def test_what_a_source_raises_comes_through():
    def fails():
        yield None
        raise GaitcastError("cannot listen", where="udp://:1")

    def idle():
        while True:
            yield None

    joined = JoinedClocks([[0], [1]], 2, 0.1, 0.05, [False, False])
    with pytest.raises(GaitcastError, match="cannot listen"):
        list(joined_samples([fails(), idle()], joined))


def test_two_live_sources_are_read_side_by_side():
    def source(offset_s):
        for k in range(200):
            yield (offset_s + k / 1000, np.array([float(k)]))

    joined = JoinedClocks([[1], [0]], 2, 0.1, 0.05, [True, True])
    made = []
    for item in joined_samples([source(0.0), source(0.0)], joined):
        if item is None:
            break
        made.append(item)
    assert [t for t, _ in made] == [k / 1000 for k in range(200)]
    np.testing.assert_array_equal([row for _, row in made][10], [10.0, 10.0])
