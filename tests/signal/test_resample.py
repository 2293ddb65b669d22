import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.runtime import RateAdapter, UniformClock
from gaitcast.runtime.rate import LowPass
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


def test_a_rate_that_cannot_be_adapted_is_refused():
    slow = Recording("p", "t", 10.0, np.arange(50) / 10, np.zeros((50, 1)), ("right_foot_acc_x",))
    with pytest.raises(GaitcastError, match="recording 't': a raw rate of 10 Hz cannot be adapted"):
        resample(slow, 100.0)


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


@pytest.mark.parametrize("raw_hz", [50.0, 97.0, 100.0, 148.0, 200.0, 1000.0])
@pytest.mark.parametrize("begin_s", [0.0, 1.7e9], ids=["zero", "epoch"])
def test_a_whole_recording_is_adapted_as_sample_by_sample(raw_hz, begin_s):
    """Also behind the low-pass, over gaps, with epoch time stamps, and cut with the state saved."""
    rng = np.random.default_rng(3)
    steps_s = rng.uniform(0.8, 1.2, 400) / raw_hz
    steps_s[150] = 0.5
    time_s = begin_s + np.cumsum(steps_s)
    samples = rng.normal(size=(400, 2))
    raw = Recording("p", "t", raw_hz, time_s, samples, ("right_foot_acc_x", "right_foot_acc_y"))
    offline = resample(raw, 100.0)
    adapter, rows = RateAdapter(raw_hz, 100.0, raw.max_gap_s), []
    for k, (t, x) in enumerate(zip(time_s, samples, strict=True)):
        if k == 237:
            saved, adapter = adapter.state(), RateAdapter(raw_hz, 100.0, raw.max_gap_s)
            adapter.restore(saved)
        rows += adapter.push(t, x)
    assert [row[0] for row in rows] == offline.time_s.tolist()
    np.testing.assert_allclose([row[1] for row in rows], offline.samples, atol=1e-9)
    assert [k for k, row in enumerate(rows) if row[2]] == [s.start for s in offline.segments()]
    assert (offline.delay_s > 0) == (raw_hz > 105)


@pytest.mark.parametrize(("raw_hz", "rate_hz"), [(1000, 100), (200, 100), (148, 100), (107, 100)])
def test_the_low_pass_is_the_known_one(raw_hz, rate_hz):
    ours = LowPass.design(raw_hz, rate_hz)
    cutoff_hz = min(0.4 * rate_hz, 0.49 * raw_hz)
    theirs = signal.butter(4, cutoff_hz, fs=raw_hz, output="sos")
    impulse = np.eye(1, 300)[0]
    np.testing.assert_allclose(
        signal.sosfilt(ours.sections, impulse), signal.sosfilt(theirs, impulse), atol=1e-12
    )
    np.testing.assert_allclose(
        (ours.rest[:, :, None] * 2.0).ravel(),
        signal.sosfilt_zi(ours.sections).ravel() * 2.0,
        atol=1e-9,
    )
