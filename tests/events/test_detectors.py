"""Properties every detector keeps, on made-up and simulated walks."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gaitcast.errors import GaitcastError
from gaitcast.events import (
    FootImuEvents,
    ForceEvents,
    LivePhase,
    compare_events,
    foot_flat,
    force_events,
    imu_events,
    stance_phase,
    stride_phase,
)
from gaitcast.recording import Recording
from gaitcast.simulate import simulate

TIME_S = np.arange(0, 6, 0.005)


def force(noise_n=0.0, seed=0):
    """Stances of 0.6 s every 1.1 s from 0.5 s on, with two humps."""
    phase = (TIME_S - 0.5) % 1.1 / 0.6
    loaded = (phase < 1) & (TIME_S >= 0.5)
    humps = np.sin(np.pi * phase) * 700 + np.sin(3 * np.pi * phase) * 250
    return np.where(loaded, humps, 0.0) + noise_n * np.random.default_rng(seed).normal(
        size=len(TIME_S)
    )


@pytest.fixture(scope="module")
def walk():
    (trial,) = simulate(1, 0.5, 8)
    return trial


def imu(trial, side="right"):
    return [trial.matrix([f"{side}_foot_{q}_{a}" for a in "xyz"]) for q in ("acc", "gyr")]


def test_force_events_are_where_the_force_crosses_20_n():
    events = ForceEvents().process(TIME_S, force())
    strikes = [e.time_s for e in events if e.kind == "heel_strike"]
    np.testing.assert_allclose(strikes, 0.5 + 1.1 * np.arange(5), atol=0.005)
    offs = [e.time_s for e in events if e.kind == "toe_off"]
    np.testing.assert_allclose(offs, 1.1 + 1.1 * np.arange(len(offs)), atol=0.005)
    flat = [e.time_s for e in events if e.kind == "foot_flat"]
    off = [e.time_s for e in events if e.kind == "heel_off"]
    assert all(a < b < c for a, b, c in zip(strikes, flat, off, strict=False))
    assert max(e.latency_ms for e in events if e.kind in ("heel_strike", "toe_off")) <= 30


@settings(deadline=None, max_examples=20)
@given(seed=st.integers(0, 10_000))
def test_noise_makes_no_steps(seed):
    events = ForceEvents().process(TIME_S, force(8.0, seed))
    strikes = np.array([e.time_s for e in events if e.kind == "heel_strike"])
    agreement = compare_events(strikes, 0.5 + 1.1 * np.arange(5), tolerance_ms=20)
    assert (agreement.missed, agreement.extra) == (0, 0)


def told(events):
    return [(e.kind, e.time_s, e.detected_s) for e in events]


@settings(deadline=None, max_examples=10)
@given(cuts=st.lists(st.integers(1, 1199), max_size=6, unique=True))
def test_force_cut_anywhere_with_the_state_saved_gives_the_same(cuts):
    whole = told(ForceEvents().process(TIME_S, force(8.0)))
    spans = []
    state = None
    for part in np.split(np.arange(len(TIME_S)), sorted(cuts)):
        detector = ForceEvents()
        if state is not None:
            detector.state = json.loads(state)
        spans += told(detector.process(TIME_S[part], force(8.0)[part]))
        state = json.dumps(detector.state)
    assert spans == whole


def test_imu_cut_anywhere_with_the_state_saved_gives_the_same(walk):
    acc, rate = imu(walk)
    whole = told(FootImuEvents().process(walk.time_s, acc, rate))
    assert len(whole) > 20
    spans, state = [], None
    for part in np.array_split(np.arange(len(walk)), 37):
        detector = FootImuEvents()
        if state is not None:
            detector.state = json.loads(state)
        spans += told(detector.process(walk.time_s[part], acc[part], rate[part]))
        state = json.dumps(detector.state)
    assert spans == whole


@pytest.mark.parametrize("kind", ["force", "imu"])
def test_what_comes_later_changes_nothing_told_before(walk, kind):
    rng = np.random.default_rng(0)
    if kind == "force":
        time_s, inputs = TIME_S, [force()]
        detect = ForceEvents
    else:
        time_s, inputs = walk.time_s, imu(walk)
        detect = FootImuEvents
    at = len(time_s) // 2
    later = [x.copy() for x in inputs]
    for x in later:
        x[at:] = rng.normal(size=x[at:].shape) * 300
    before, after = (
        [e for e in detect().process(time_s, *values) if e.detected_s < time_s[at]]
        for values in (inputs, later)
    )
    assert told(before) == told(after)
    assert before


def test_a_simulated_walk_s_steps_are_found_live_and_offline(walk):
    offline = imu_events(walk)
    for side in ("left", "right"):
        acc, rate = imu(walk, side)
        live = FootImuEvents().process(walk.time_s, acc, rate)
        for kind in ("heel_strike", "toe_off"):
            known = walk.events[f"{side}_{kind}"]
            known = known[known < walk.time_s[-1] - 0.3]
            found = offline.events[f"{side}_{kind}"]
            assert compare_events(found, known, tolerance_ms=100).f1 > 0.93
            times = np.array([e.time_s for e in live if e.kind == kind])
            assert compare_events(times, known, tolerance_ms=100).f1 > 0.93


def test_the_mounting_does_not_matter(walk):
    turn = Rotation.random(rng=np.random.default_rng(4)).as_matrix()
    turned = walk.samples.copy()
    for quantity in ("acc", "gyr"):
        at = [walk.channels.index(f"right_foot_{quantity}_{a}") for a in "xyz"]
        turned[:, at] = turned[:, at] @ turn
    other = Recording("P", "t", walk.rate_hz, walk.time_s, turned, walk.channels)
    for kind in ("heel_strike", "toe_off"):
        np.testing.assert_allclose(
            imu_events(other).events[f"right_{kind}"],
            imu_events(walk).events[f"right_{kind}"],
            atol=1e-6,
        )


def test_a_standing_foot_takes_no_step():
    rng = np.random.default_rng(0)
    acc = np.array([0.0, 0.0, 9.81]) + 0.05 * rng.normal(size=(3000, 3))
    rate = 2.0 * rng.normal(size=(3000, 3))
    assert FootImuEvents().process(np.arange(3000) / 100, acc, rate) == []


def test_phases_run_from_0_to_1_and_live_ones_follow():
    strikes, offs = 0.5 + 1.1 * np.arange(5), 1.1 + 1.1 * np.arange(5)
    stride = stride_phase(TIME_S, strikes)
    assert np.isnan(stride[TIME_S < 0.5]).all()
    assert stride[np.searchsorted(TIME_S, 1.05)] == pytest.approx(0.5, abs=0.01)
    stance = stance_phase(TIME_S, strikes, offs)
    assert np.isnan(stance[(TIME_S > 1.12) & (TIME_S < 1.58)]).all()
    assert stance[np.searchsorted(TIME_S, 0.8)] == pytest.approx(0.5, abs=0.01)
    detector, live, state = ForceEvents(), LivePhase(), None
    found = []
    for t, value in zip(TIME_S, force(), strict=True):
        if state is not None:
            live = LivePhase()
            live.state = state
        live.add(detector.process(t, value))
        state = live.state
        found.append(live.at(t)[0])
    known = (TIME_S > 2.8) & np.isfinite(stride)
    assert np.nanmax(np.abs(np.array(found)[known] - stride[known])[10:]) < 1.01
    assert np.nanmedian(np.abs(np.array(found)[known] - stride[known])) < 0.02


def test_recordings_without_the_channels_are_refused():
    r = Recording(
        "P", "t", 100.0, np.arange(5) / 100, np.zeros((5, 1)), ("left_knee_angle_flexion",)
    )
    for find, words in ((force_events, "no foot has a force"), (imu_events, "no foot has an IMU")):
        with pytest.raises(GaitcastError, match=words):
            find(r)


def test_each_known_event_is_matched_once():
    found = compare_events(np.array([1.0, 1.05, 3.0]), np.array([1.02, 2.0]), tolerance_ms=100)
    assert (found.hits, found.missed, found.extra) == (1, 1, 2)
    assert found.errors_ms.tolist() == pytest.approx([-20.0])
    assert found.f1 == pytest.approx(2 / 5)


def test_a_knock_does_not_hide_the_stance_after_it():
    knock = (TIME_S >= 0.38) & (TIME_S < 0.42)
    events = ForceEvents().process(TIME_S, np.where(knock, 300.0, force()))
    strikes = [e.time_s for e in events if e.kind == "heel_strike"]
    assert any(abs(t - 0.5) < 0.006 for t in strikes)


def test_wrong_shapes_are_told():
    with pytest.raises(GaitcastError, match="not one series"):
        ForceEvents().process(TIME_S, np.ones((len(TIME_S), 3)))
    with pytest.raises(GaitcastError, match="acc_ms2 has shape"):
        FootImuEvents().process(TIME_S, np.ones((len(TIME_S), 2)), np.ones((len(TIME_S), 3)))


def test_the_foot_is_flat_once_the_toe_is_down():
    # The toe sinks to 1 cm above the floor 0.1 s after the strike, and hides in the next stance.
    time_s = np.arange(0, 2, 0.005)
    toe_z = np.clip(0.05 - 0.4 * (time_s - 0.5), 0.0, 0.05) + 0.03
    heel_z = np.full(len(time_s), 0.03)
    toe_z[time_s > 1.2] = np.nan
    names = [f"right_{m}_marker_{a}" for m in ("RHEE", "RTOE") for a in "xyz"]
    still = np.zeros(len(time_s))
    columns = [still, still, heel_z, still + 0.2, still, toe_z]
    one = Recording("P", "walk", 200.0, time_s, np.column_stack(columns), tuple(names))
    assert foot_flat(one, "right", 0.5, 1.1) == pytest.approx(0.6, abs=0.006)
    assert foot_flat(one, "right", 0.5, 1.1, above_m=0.02) == pytest.approx(0.575, abs=0.006)
    assert np.isnan(foot_flat(one, "right", 0.8, 1.1)), "never up"
    assert np.isnan(foot_flat(one, "right", 1.1, 1.6)), "hidden"
    assert np.isnan(foot_flat(one, "left", 0.5, 1.1)), "no markers"
