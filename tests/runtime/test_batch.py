"""Engines that run together give each wearer what an engine of their own gives."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gaitcast.deploy import write_bundle
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.batch import Batch
from gaitcast.runtime.binary_packets import (
    forecast_frames,
    read_forecasts,
    read_samples,
    samples_frame,
)
from gaitcast.signal import Butterworth, Chain
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

CHANNELS = (*(f"right_foot_gyr_{axis}" for axis in "xyz"), "right_ankle_angle_flexion")
COUNT, WEARERS = 260, 5
#: A shorter example would take minutes to find.
PHASES = (Phase.explicit, Phase.generate)
FAULTS = ("none", "missing", "IMU gone", "stuck", "far", "late", "repeated", "lost", "set back")


def walk(seed):
    draw = np.random.default_rng(seed)
    phase = np.arange(COUNT) / 100 / draw.uniform(0.9, 1.2) * 2 * np.pi + seed
    waves = [np.cos(phase), np.sin(phase), np.cos(2 * phase), np.sin(phase + 1)]
    return np.column_stack(waves) * [100, 50, 80, 10] + draw.normal(0, 0.1, (COUNT, 4))


@pytest.fixture(scope="module")
def bundles(tmp_path_factory):
    signature = Signature(CHANNELS, CHANNELS[3:], 30, 5, 100.0)
    rows = walk(0).astype(np.float32)
    chain, made = Chain([Butterworth(20)], CHANNELS, 100.0), {}
    series = Series(Span("t", 0, len(rows)), rows, rows[:, 3:])
    for name, options in (("gru", {"units": 4}), ("wearer-memory", {"memory_s": 3.0, "rank": 4})):
        forecaster = build(name, signature, options)
        scalers = (Scaler.fit("standard", [x]) for x in (series.features, series.targets))
        predictor = Predictor(name, options, forecaster, *scalers)
        if name == "wearer-memory":
            forecaster.fit(signature.windows(predictor.scaled([series])))
        path = write_bundle(chain, predictor, tmp_path_factory.mktemp("b") / name)
        made[name] = Bundle.load(path)
    return made


def spoilt(seed, fault, begin, length, jitter, raw_hz):
    """Times and samples of one wearer with a fault."""
    draw = np.random.default_rng(seed)
    time_s, samples, at = (
        3.0 * seed + np.arange(COUNT) / raw_hz,
        walk(seed),
        slice(begin, begin + length),
    )
    time_s = time_s + jitter * draw.uniform(-0.4, 0.4, COUNT) / raw_hz
    if fault == "missing":
        samples[at] = np.nan
    elif fault == "IMU gone":
        samples[at, :3] = np.nan
    elif fault == "stuck":
        samples[at] = samples[begin]
    elif fault == "far":
        samples[at] *= 1e30
    elif fault == "late":
        time_s[at] -= 0.5
    elif fault == "repeated":
        time_s[at] = time_s[begin]
    elif fault == "set back":
        time_s[begin:] -= 100.0
    elif fault == "lost":
        time_s[begin:] += length / raw_hz
    return time_s, samples


@pytest.mark.parametrize("name", ["gru", "wearer-memory"])
@settings(max_examples=12, deadline=None, phases=PHASES)
@given(
    st.lists(
        st.tuples(st.sampled_from(FAULTS), st.integers(90, 200), st.integers(1, 60)),
        min_size=WEARERS,
        max_size=WEARERS,
    ),
    st.sampled_from([0.0, 1.0]),
    st.sampled_from([100.0, 148.0]),
    st.sampled_from([0.0, 0.5]),
    st.integers(0, 2**31),
)
def test_each_wearer_gets_what_an_engine_of_their_own_gives(
    bundles, name, faults, jitter, raw_hz, bridge_s, seed
):
    bundle, draw = bundles[name], np.random.default_rng(seed)
    given_ = [spoilt(k, *fault, jitter, raw_hz) for k, fault in enumerate(faults)]
    batch = Batch(bundle, WEARERS, raw_hz, bridge_s)
    rows = [batch.add() for _ in faults]
    alone = [Engine(bundle, None, raw_hz, bridge_s) for _ in faults]
    wanted = [
        [f for t, x in zip(*one, strict=True) for f in engine.push(t, x)]
        for engine, one in zip(alone, given_, strict=True)
    ]
    found, at = [[] for _ in rows], [0] * WEARERS
    while min(at) < COUNT:  # packets come in groups of any size, some wearers' more often
        asked = [k for k in draw.integers(0, WEARERS, draw.integers(1, 12)) if at[k] < COUNT]
        some = []
        for k in asked:
            if at[k] < COUNT:
                some.append((rows[k], given_[k][0][at[k]], given_[k][1][at[k]]))
                at[k] += 1
        if some:
            made = batch.push(*(np.array(one) for one in zip(*some, strict=True)))
            for place, row in enumerate(made.rows.tolist()):
                found[rows.index(row)].append(batch.forecast(made, place))
    for k, row in enumerate(rows):
        assert [replace(f, values=0, half_width=None) for f in found[k]] == [
            replace(f, values=0, half_width=None) for f in wanted[k]
        ]
        for one, other in zip(found[k], wanted[k], strict=True):
            np.testing.assert_allclose(one.values, other.values, rtol=1e-4, atol=1e-4)
        engine, state = batch.engine(row), alone[k].state()
        assert engine.faults == alone[k].faults
        for key, value in engine.state().items():
            np.testing.assert_allclose(value, state[key], rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["gru", "wearer-memory"])
def test_bad_data_of_one_wearer_changes_not_a_bit_of_the_others(bundles, name):
    found = []
    for bad in (False, True):
        batch, made = Batch(bundles[name], 3), []
        rows = np.array([batch.add() for _ in range(3)])
        own = [walk(k) for k in range(3)]
        draw = np.random.default_rng(0)
        for k in range(COUNT):
            time_s, samples = np.full(3, k / 100), np.array([one[k] for one in own])
            if bad:
                samples[1] = draw.choice([np.nan, np.inf, 1e30, 0.0], 4)
                time_s[1] = draw.choice([np.nan, -1.0, 1e9, k / 100])
            some = np.array([0, 2]) if bad and draw.random() < 0.3 else np.arange(3)
            part = batch.push(rows[some], time_s[some], samples[some])
            made += [part.values[part.rows != rows[1]]]
        found.append(np.concatenate(made))
    assert len(found[0]) > 400
    np.testing.assert_array_equal(*found)


def test_a_wearer_who_left_leaves_nothing_behind(bundles):
    batch, alone = Batch(bundles["gru"], 2), Engine(bundles["gru"])
    first, second = batch.add(), batch.add()
    for k, row in enumerate(walk(1)):
        batch.push(np.array([first, second]), np.full(2, k / 100), np.array([row, row]))
    batch.remove(first)
    assert len(batch) == 1
    assert batch.add() == first
    found, wanted = [], []
    for k, row in enumerate(walk(2)):
        found += [*batch.push(np.array([first]), np.array([k / 100]), row[None]).values]
        wanted += [f.values for f in alone.push(k / 100, row)]
    assert len(wanted) > 200
    np.testing.assert_allclose(found, wanted, rtol=1e-5)


def test_frames_carry_samples_and_forecasts(bundles):
    numbers, samples = np.array([7, 2**32 - 1]), np.array([[1.5, np.nan, 3, 4], [5, 6, 7, 8]])
    packet = samples_frame(numbers, [1e9, 2.25], samples)
    for found, wanted in zip(read_samples(packet, 4), (numbers, [1e9, 2.25], samples), strict=True):
        np.testing.assert_array_equal(found, wanted)
    engines, batch = Engine(bundles["gru"]), Batch(bundles["gru"], 1)
    row, frames, wanted = batch.add(), [], []
    for k, sample in enumerate(walk(3)):
        made = batch.push(np.array([row]), np.array([k / 100]), sample[None])
        frames += forecast_frames(np.full(len(made), 9), made, np.arange(len(made)))
        wanted += engines.push(k / 100, sample)
    read = np.concatenate([read_forecasts(frame) for frame in frames])
    assert set(read["number"]) == {9}
    np.testing.assert_allclose(read["values"], [f.values[:, 0] for f in wanted], rtol=1e-5)
    np.testing.assert_array_equal(read["time_s"], [f.time_s for f in wanted])


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=80), st.sampled_from([b"", b"GCS1", b"GCS1\4\0\1\0", b"GCF1\1\0\1\0"]))
def test_what_is_no_frame_is_refused(rest, begin):
    for read in (lambda p: read_samples(p, 4), read_forecasts):
        try:
            found = read(begin + rest)
        except ValueError:
            continue
        assert (begin + rest)[:3] == b"GCS" or len(found) == int.from_bytes(
            (begin + rest)[6:8], "little"
        )
