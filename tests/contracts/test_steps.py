"""One suite over every signal step: causality, single = batch, state, live graph = offline."""

from dataclasses import replace

import numpy as np
import pytest
from onnx import helper
from scipy.spatial.transform import Rotation

from gaitcast.deploy.builder import GraphBuilder
from gaitcast.deploy.steps import Tick, append_step
from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import open_graph
from gaitcast.signal import (
    STEPS,
    Butterworth,
    Chain,
    ComplementaryTilt,
    Envelope,
    JointAngle,
    MarkerMotion,
    MassCentre,
    OfflineButterworth,
    Rectify,
    WalkingAxes,
    WearerScale,
)

ANGLE = JointAngle(
    "right_ankle_angle_flexion",
    "right_shank",
    "right_foot",
    rate_map=(-0.2, 0.05, 1.0, 0.2, -0.1, -1.0),
    axes=(0.0, 0.6, 0.8, 0.0, 0.6, -0.8),
    axes_spread=tuple(0.01 * np.eye(6).ravel()),
    gravity_map=(3.0, 0.6, 1.4, 6.0, 5.0, -4.0, 10.0, -0.5),
    start_deg=(1.0, 0.5, 4.0, 8.0),
    rest_deg=(1.0, 0.7),
    rate_dps=(3.0, 1.0),
)

#: A step without a row here fails the suite.
ROWS = {
    "butterworth": [Butterworth(10.0, 2), Butterworth(6.0, 5), Butterworth(20.0, 1)],
    "offline_butterworth": [OfflineButterworth(5.0, 2)],
    "wearer_scale": [WearerScale(), WearerScale(1.0, 0.5)],
    "marker_motion": [
        MarkerMotion(),
        MarkerMotion(100.0, "dropped"),
        MarkerMotion(60.0, "dropped", ("*_R.HEEL_*",)),
        MarkerMotion(40.0, before="moving"),
    ],
    "walking_axes": [WalkingAxes(), WalkingAxes(1.0)],
    "mass_centre": [MassCentre(), MassCentre(("heel",))],
    "complementary_tilt": [ComplementaryTilt(), ComplementaryTilt(alpha=0.9)],
    "joint_angle": [
        ANGLE,
        replace(ANGLE, uncertainty="none", rest_dps=5.0),
        replace(ANGLE, rate_dps=(20.0, 0.0)),
        replace(ANGLE, rest_dps=1e3),  # at rest throughout, where its level does not fit
    ],
    "rectify": [Rectify(), Rectify(0.0)],
    "envelope": [Envelope(), Envelope(10.0, 0.0)],
}
#: A working rate below 500 Hz holds no raw EMG.
RATES_HZ = {"rectify": 1000.0, "envelope": 1000.0}
CASES = [
    pytest.param(step, id=f"{name}-{i}")
    for name, steps in ROWS.items()
    for i, step in enumerate(steps)
]
CAUSAL = [case for case in CASES if case.values[0].causal]
CHANNELS = (
    *(f"right_{s}_{q}_{a}" for s in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz"),
    *(f"right_R.HEEL_marker_{a}" for a in "xyz"),
)
BODY = tuple(
    f"{side}_{spot}_marker_{axis}"
    for side, spots in (
        ("ipsi", "heel mt5 ankle-lateral knee-lateral trochanter asis psis hand"),
        ("contra", "heel mt5 ankle-lateral knee-lateral trochanter asis psis hand"),
        ("left", "L.HLE L.RSP L.UHE"),
        ("right", "R.HLE R.RSP R.UHE"),
        ("center", "C7 SJN"),
    )
    for spot in spots.split()
    for axis in "xyz"
)
EMG = tuple(f"right_{m}_emg_{a}" for m, a in (("soleus", "raw"), ("gastro", "rectified")))
N = 300


def channels_of(step):
    if step.name == "mass_centre":
        return (*CHANNELS[:3], *BODY)
    return (*CHANNELS[:3], *EMG, *CHANNELS[3:]) if step.name in RATES_HZ else CHANNELS


def bound_to(step):
    return step.bind(channels_of(step), RATES_HZ.get(step.name, 100.0))


def chained(step):
    return Chain([step], channels_of(step), RATES_HZ.get(step.name, 100.0))


def samples(step=None):
    rng = np.random.default_rng(0)
    count = len(CHANNELS if step is None else channels_of(step))
    walk = np.cumsum(rng.normal(size=(N, count)), axis=0)
    walk[5:8] = 0.0
    walk[8:10] = -0.0
    return walk


def dt():
    return np.r_[0.0, np.full(N - 1, 0.01)]


def test_every_step_has_a_row():
    assert set(ROWS) == set(STEPS)


@pytest.mark.parametrize("step", CASES)
def test_the_causal_flag_is_true(step):
    one, other = samples(step), samples(step)
    other[200:] += 50.0
    before, after = (bound_to(step).process(x, dt())[:200] for x in (one, other))
    assert np.array_equal(before, after) == step.causal


@pytest.mark.parametrize("step", CAUSAL)
def test_one_by_one_is_the_same_as_at_once(step):
    x = samples(step)
    whole = bound_to(step).process(x, dt())
    bound = bound_to(step)
    single = np.vstack([bound.process(x[k : k + 1], dt()[k : k + 1]) for k in range(N)])
    np.testing.assert_allclose(single, whole, rtol=1e-12, atol=1e-9)
    assert len(bound.channels) == whole.shape[1]


@pytest.mark.parametrize("step", CAUSAL)
def test_a_cut_recording_goes_on_from_its_state(step):
    x = samples(step)
    whole = bound_to(step).process(x, dt())
    first, second = chained(step), chained(step)
    head = first.process(x[:120], dt()[:120])
    second.state = first.state
    tail = second.process(x[120:], dt()[120:])
    np.testing.assert_allclose(np.vstack([head, tail]), whole, rtol=1e-12, atol=1e-9)


@pytest.mark.parametrize("step", CASES)
def test_a_second_stretch_starts_afresh(step):
    x = samples(step)
    bound = bound_to(step)
    first = bound.process(x, dt())
    assert np.array_equal(bound.process(x, dt()), first)


@pytest.mark.parametrize("step", CAUSAL)
def test_the_live_graph_is_the_step(step):
    bound = bound_to(step)
    graph = GraphBuilder()
    sample, dt_s = graph.input("sample", (1, 1, len(channels_of(step)))), graph.input("dt_s", (1,))
    started = graph.add("Greater", dt_s, graph.constant(np.zeros(1)))
    value = append_step(bound, graph, sample, Tick(dt_s, started), "state")
    graph.output("result", value, (1, 1, len(bound.channels)))
    made = helper.make_graph(graph.nodes, "g", graph.inputs, graph.outputs, graph.constants)
    model = helper.make_model(made, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    session = open_graph(model.SerializeToString())
    x = samples(step)
    offline = bound.process(x, dt())
    feed = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()}
    names = [o.name for o in session.get_outputs()]
    live = []
    for k in range(N):
        feed["sample"][0, 0], feed["dt_s"][0] = x[k], dt()[k]
        out = dict(zip(names, session.run(names, feed), strict=True))
        if "state" in feed:
            feed["state"] = out["state_next"]
        live.append(out["result"][0, 0])
    np.testing.assert_allclose(np.array(live), offline, atol=1e-4 * np.abs(offline).max())


def test_an_offline_step_has_no_live_graph():
    bound = OfflineButterworth(5.0).bind(CHANNELS, 100.0)
    with pytest.raises(GaitcastError, match=r"no live form.*causal steps"):
        append_step(bound, GraphBuilder(), "sample", Tick("dt_s", "started"), "state")


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Butterworth(60.0), "60 Hz"),
        (lambda: Butterworth(5.0, 0), "Butterworth: option 'order'"),
        (lambda: OfflineButterworth(50.0), "50 Hz"),
        (lambda: ComplementaryTilt(1.5), "option 'alpha'"),
        (lambda: WearerScale(0.001), "0.001"),
        (lambda: WalkingAxes(0.001), "0.001"),
        (lambda: MarkerMotion(10.0), "10"),
    ],
)
def test_impossible_settings_are_refused(make, words):
    with pytest.raises(GaitcastError, match=words):
        make().bind(CHANNELS, 100.0)


def test_a_constant_passes_a_filter_from_the_first_sample_on():
    x = np.full((50, len(CHANNELS)), 9.81)
    assert np.allclose(Butterworth(5.0).bind(CHANNELS, 100.0).process(x, dt()[:50]), 9.81)


@pytest.mark.parametrize(("cutoff_hz", "delay_ms"), [(5.0, 45), (10.0, 23), (20.0, 11)])
def test_the_delay_is_told(cutoff_hz, delay_ms):
    assert 1000 * Butterworth(cutoff_hz, 2).delay_s(100.0) == pytest.approx(delay_ms, abs=1.5)


def test_an_offline_filter_refuses_part_of_a_stretch():
    bound = OfflineButterworth(5.0).bind(CHANNELS, 100.0)
    with pytest.raises(GaitcastError, match="whole segment"):
        bound.process(samples()[:5], dt()[:5])


def test_a_chain_refuses_another_rate(people):
    with pytest.raises(GaitcastError, match=r"recorded at 100 Hz.*expect 50 Hz"):
        Chain([], people["S01"].channels, 50.0).run(people["S01"])


def test_the_centre_of_mass_lies_within_the_body():
    x = np.tile(np.r_[np.zeros(3), np.tile([1.0, 2.0, 3.0], len(BODY) // 3)], (5, 1))
    feet = [k for k, name in enumerate(channels_of(MassCentre())) if "heel_marker_z" in name]
    bound = MassCentre(("heel",)).bind(channels_of(MassCentre()), 100.0)
    assert len(bound.channels) == 3 + 6 + 3
    np.testing.assert_allclose(bound.process(x, dt()[:5])[:, -3:], [[1.0, 2.0, 3.0]] * 5)
    x[:, feet] += 1.0
    assert 3.0 < bound.process(x, dt()[:5])[0, -1] < 3.05
    with pytest.raises(GaitcastError, match="no marker of the hand"):
        MassCentre().bind(tuple(n for n in channels_of(MassCentre()) if "hand" not in n), 100.0)
    with pytest.raises(GaitcastError, match=r"unknown landmark 'heal'.*'heel'"):
        MassCentre(("heal",)).bind(channels_of(MassCentre()), 100.0)


def test_an_imu_that_is_mounted_askew_is_turned_upright():
    at_s, shape = np.arange(N) / 100, (N, len(CHANNELS))
    level = np.zeros(shape)
    level[:, 2] = 9.81 + np.sin(7 * at_s)
    level[:, 4], level[:, 3] = 200 * np.sin(6 * at_s), 20 * np.cos(6 * at_s)
    turn = Rotation.from_euler("xyz", [12.0, -9.0, 17.0], degrees=True)
    askew = level.copy()
    for first in (0, 3):
        askew[:, first : first + 3] = turn.apply(level[:, first : first + 3])
    made = WalkingAxes().bind(CHANNELS, 100.0).process(askew, dt())
    np.testing.assert_allclose(made[100:, :3], level[100:, :3], atol=0.5)
    np.testing.assert_allclose(made[100:, 3:6], level[100:, 3:6], atol=12.0)
    np.testing.assert_allclose(np.linalg.norm(made[:, :3], axis=1), level[:, 2])


def test_a_parabola_s_velocity_and_acceleration_are_exact():
    at_s = np.arange(80) / 100
    path = np.column_stack([3 + 2 * at_s - 4 * at_s**2] * 3)
    channels = tuple(f"right_R.HEEL_marker_{a}" for a in "xyz")
    bound = MarkerMotion(50.0, "dropped").bind(channels, 100.0)
    assert bound.channels[0] == "right_R.HEEL_vel_x"
    assert bound.channels[3] == "right_R.HEEL_accel_x"
    high = MarkerMotion(50.0, "dropped", ("*HEEL*",)).bind(channels, 100.0)
    assert high.channels == (channels[2], *bound.channels)
    moved = bound.process(path, np.r_[0.0, np.full(79, 0.01)])
    begun = MarkerMotion(50.0, "dropped", before="moving").bind(channels, 100.0)
    begun = begun.process(path, np.r_[0.0, np.full(79, 0.01)])
    np.testing.assert_allclose(begun[1:10, 0], (2 - 8 * at_s)[1:10], atol=0.1)
    assert np.abs(begun[:, 3:]).max() < 8.1 < 20 < np.abs(moved[:, 3:]).max()
    np.testing.assert_allclose(moved[10:, 0], (2 - 8 * at_s)[10:], atol=1e-9)
    np.testing.assert_allclose(moved[10:, 5], -8.0, atol=1e-6)


def burst():
    """A second of rest, then of 100 Hz bursts of amplitude 1 mV, on an offset of 0.3 mV."""
    at_s = np.arange(2000) / 1000
    return (0.3 + np.where(at_s >= 1, np.sin(2 * np.pi * 100 * at_s), 0.0))[:, None]


def test_an_envelope_is_the_mean_rectified_value_whatever_the_offset():
    bound = Envelope().bind(("left_soleus_emg_raw",), 1000.0)
    assert bound.channels == ("left_soleus_emg_envelope",)
    made = bound.process(burst(), np.r_[0.0, np.full(1999, 0.001)])[:, 0]
    assert np.abs(made[:1000]).max() < 1e-9
    assert made[1500:].mean() == pytest.approx(2 / np.pi, abs=0.01)


def test_a_rectifier_keeps_other_channels_and_renames_its_own():
    channels = ("left_soleus_emg_raw", "left_knee_angle_flexion")
    bound = Rectify().bind(channels, 1000.0)
    assert bound.channels == ("left_knee_angle_flexion", "left_soleus_emg_rectified")
    x = np.column_stack([burst(), np.arange(2000.0)])
    made = bound.process(x, np.r_[0.0, np.full(1999, 0.001)])
    assert np.array_equal(made[:, 0], x[:, 1])
    assert made[:, 1].min() >= 0
    two = Chain([Rectify(), Envelope()], channels, 1000.0)
    once = Chain([Envelope()], channels, 1000.0)
    step_s = np.r_[0.0, np.full(1999, 0.001)]
    np.testing.assert_allclose(two.process(x, step_s), once.process(x, step_s), atol=1e-12)


def test_a_rate_that_holds_no_emg_is_refused():
    with pytest.raises(GaitcastError, match=r"100 Hz leaves nothing of raw EMG.*500 or more"):
        Envelope().bind(("left_soleus_emg_raw",), 100.0)
    assert Envelope().bind(("left_soleus_emg_rectified",), 100.0).channels
    assert Rectify().bind(CHANNELS, 100.0).channels == CHANNELS
