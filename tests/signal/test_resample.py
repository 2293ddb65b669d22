import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.runtime import UniformClock
from gaitcast.signal import resample

STEPS_MS = st.lists(st.integers(1, 250), min_size=2, max_size=60)


def jittered(steps_ms):
    time_s = np.cumsum(steps_ms) / 1000
    samples = np.column_stack([np.sin(7 * time_s), time_s])
    return Recording("p", "t", 100.0, time_s, samples, ("right_foot_acc_x", "right_foot_acc_y"))


@given(STEPS_MS, st.sampled_from([100.0, 128.0, 200.0]))
def test_live_resampling_gives_the_same_bits(steps_ms, rate_hz):
    raw = jittered(steps_ms)
    offline = resample(raw, rate_hz)
    clock = UniformClock(rate_hz, raw.max_gap_s)
    live = [row for t, x in zip(raw.time_s, raw.samples, strict=True) for row in clock.push(t, x)]
    assert [row[0] for row in live] == offline.time_s.tolist()
    assert np.array_equal(np.array([row[1] for row in live]), offline.samples)
    firsts = [i for i, row in enumerate(live) if row[2]]
    assert firsts == [s.start for s in offline.segments()]


@given(STEPS_MS)
def test_a_line_stays_a_line_and_nothing_crosses_a_gap(steps_ms):
    raw = jittered(steps_ms)
    grid = resample(raw, 100.0)
    assert np.allclose(grid.samples[:, 1], grid.time_s)
    gaps = np.flatnonzero(np.diff(raw.time_s) > raw.max_gap_s + 1e-9)
    for gap in gaps:
        inside = (grid.time_s > raw.time_s[gap] + 1e-6) & (grid.time_s < raw.time_s[gap + 1] - 1e-6)
        assert not inside.any()
    assert len(grid.segments()) == len(gaps) + 1
    assert bool(grid.notes) == bool(len(gaps))


def test_a_much_faster_recording_is_not_aliased():
    fast = Recording("p", "t", 500.0, np.arange(50) / 500, np.zeros((50, 1)), ("right_foot_acc_x",))
    with pytest.raises(GaitcastError, match="500 Hz, 100 Hz would alias"):
        resample(fast, 100.0)


def test_the_clock_refuses_time_running_backwards():
    clock = UniformClock(100.0, 0.1)
    clock.push(1.0, np.zeros(1))
    with pytest.raises(GaitcastError, match="time does not increase"):
        clock.push(1.0, np.zeros(1))


@given(STEPS_MS, st.integers(0, 59))
def test_the_clock_goes_on_from_a_saved_state(steps_ms, cut):
    raw = jittered(steps_ms)
    one, first, second = (UniformClock(100.0, 0.1) for _ in range(3))
    whole = [row[0] for t, x in zip(raw.time_s, raw.samples, strict=True) for row in one.push(t, x)]
    parts = []
    clock = first
    for k, (t, x) in enumerate(zip(raw.time_s, raw.samples, strict=True)):
        if k == cut:
            second.restore(first.state())
            clock = second
        parts += [row[0] for row in clock.push(t, x)]
    assert parts == whole
