"""The engine over a bundle: live = offline, cut and restored, gaps, bad input."""

import hashlib
import json
import shutil

import numpy as np
import onnx
import pytest

from gaitcast.deploy import bare_network, write_bundle
from gaitcast.errors import GaitcastError
from gaitcast.models import Signature, build
from gaitcast.recording import Recording
from gaitcast.runtime import Bundle, Engine, measure, sources
from gaitcast.runtime.latency import machine, measure_graph
from gaitcast.signal import Butterworth, Chain, ComplementaryTilt, resample
from gaitcast.simulate import simulate
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

TARGET = ("right_ankle_angle_flexion",)
HISTORY, HORIZON = 50, 10


@pytest.fixture(scope="module")
def raw():
    (trial,) = simulate(1, 0.15, seed=8)
    return trial.select(["right_foot_[ag]*", "right_shank_*", "right_ankle_angle_flexion"])


@pytest.fixture(scope="module", params=["gru", "bilstm"])
def made(request, raw, tmp_path_factory):
    """A bundle with filter, orientation, scaling and network, and its offline twin."""
    chain = Chain([Butterworth(20.0), ComplementaryTilt()], raw.channels, 100.0)
    signature = Signature(chain.channels, TARGET, HISTORY, HORIZON, 100.0)
    forecaster = build(request.param, signature, {"units": 16}, seed=1)
    clocked = resample(raw, 100.0)
    scalers = (
        Scaler.fit("standard", [chain.run(clocked)]),
        Scaler.fit("standard", [clocked.matrix(TARGET)]),
    )
    predictor = Predictor(request.param, {"units": 16}, forecaster, *scalers)
    folder = tmp_path_factory.mktemp("bundles") / request.param
    write_bundle(chain, predictor, folder, study={"study": "test"})
    return Bundle.load(folder), chain, predictor


def offline(chain, predictor, recording):
    found = []
    features = chain.run(recording)
    for segment in recording.segments():
        part = (
            features[segment].astype(np.float32),
            recording.matrix(TARGET)[segment].astype(np.float32),
        )
        series = Series(Span("t", 0, len(part[0])), *part)
        for _, values in predictor.forecasts([series]):
            times = recording.time_s[segment][HISTORY - 1 :][: len(values)]
            found += list(zip(times, values, strict=True))
    return found


def live(engine, recording):
    return [
        f
        for stamp, sample in sources.replay(recording.time_s, recording.samples)
        for f in engine.push(stamp, sample)
    ]


def assert_same(forecasts, expected, sd):
    by_time = {round(f.time_s, 6): f.values for f in forecasts}
    assert len(by_time) == len(forecasts) >= len(expected)
    for time_s, values in expected:
        assert np.abs(by_time[round(time_s, 6)] - values).max() < 1e-4 * sd


def test_a_jittered_recording_gives_live_what_it_gives_offline(made, raw):
    bundle, chain, predictor = made
    expected = offline(chain, predictor, resample(raw, 100.0))
    assert_same(live(Engine(bundle), raw), expected, raw.column(TARGET[0]).std())


def test_cut_in_two_it_goes_on_from_the_saved_state(made, raw, tmp_path):
    bundle = made[0]
    first, second, cut = Engine(bundle), Engine(bundle), 437
    forecasts = []
    for k, (stamp, sample) in enumerate(sources.replay(raw.time_s, raw.samples)):
        if k == cut:
            first.save_state(tmp_path / "state.npz")
            second.load_state(tmp_path / "state.npz")
        forecasts += (first if k < cut else second).push(stamp, sample)
    whole = live(Engine(bundle), raw)
    assert len(whole) == len(forecasts)
    assert all(np.array_equal(a.values, b.values) for a, b in zip(whole, forecasts, strict=True))


def test_a_gap_starts_anew_as_offline(made, raw):
    bundle, chain, predictor = made
    keep = np.r_[0:300, 360:800]
    broken = Recording("p", "t", 100.0, raw.time_s[keep], raw.samples[keep], raw.channels)
    assert len(broken.segments()) == 2
    expected = offline(chain, predictor, resample(broken, 100.0))
    assert_same(live(Engine(bundle), broken), expected, raw.column(TARGET[0]).std())


def test_there_is_no_forecast_during_the_warm_up(made, raw):
    engine = Engine(made[0])
    first = live(engine, raw)[0]
    assert first.time_s == pytest.approx(raw.time_s[0] + (HISTORY - 1) / 100)
    assert first.values.shape == (HORIZON, 1)


def test_the_card_tells_what_the_bundle_is(made):
    card = made[0].card
    assert card.channels[-1] == TARGET[0]
    assert card.units[1] == "m/s^2"
    assert card.delay_s == pytest.approx(0.010, abs=0.001)
    assert card.study == {"study": "test"}
    assert card.warmup == HISTORY


def test_bad_samples_never_raise_and_are_counted(made, raw):
    engine, good = Engine(made[0]), raw.samples[0]
    engine.push(1.0, good)
    for time_s, sample, kind in (
        (0.5, good, "time: repeated or out of order"),
        (np.nan, good, "time: no number"),
        (1.01, np.where(np.arange(13) == 1, np.nan, good), "right_foot_acc_y: missing"),
        (1.02, good * 1e39, "right_foot_acc_z: missing"),
    ):
        assert engine.push(time_s, sample) == []
        assert engine.faults[kind] == 1, engine.faults
        assert not engine.health.good
    with pytest.raises(GaitcastError, match=r"sample of 3 values came, the bundle takes 13"):
        engine.push(2.0, good[:3])


def test_forecasts_say_what_they_rest_on_and_widen_their_intervals(made, raw, tmp_path):
    _, chain, predictor = made
    write_bundle(chain, predictor, tmp_path / "b", half_width=np.full((HORIZON, 1), 2.0))
    engine, samples = Engine(Bundle.load(tmp_path / "b")), raw.samples.copy()
    samples[400:420, 3] = np.nan
    rows = zip(raw.time_s[:700], samples[:700], strict=True)
    found = [f for stamp, sample in rows for f in engine.push(stamp, sample)]
    by_time = {round(f.time_s - raw.time_s[0], 2): f for f in found}
    assert by_time[3.9].health.good
    assert by_time[3.9].half_width[0, 0] == 2.0
    lost = by_time[4.1]
    assert lost.health.faults == {raw.channels[3]: "missing"}
    assert lost.half_width[0, 0] == 4.0
    assert lost.age_s == pytest.approx(0.1, abs=0.03)
    assert by_time[4.5].health.recovering
    assert by_time[6.0].health.good


def test_a_gap_is_bridged_where_that_is_wanted(made, raw):
    keep = np.r_[0:300, 360:800]
    broken = Recording("p", "t", 100.0, raw.time_s[keep], raw.samples[keep], raw.channels)
    plain, bridged = live(Engine(made[0]), broken), live(Engine(made[0], bridge_s=1.0), broken)
    whole = live(Engine(made[0]), raw)[: len(bridged)]
    assert len(plain) < len(bridged)
    assert [f.time_s for f in bridged] == pytest.approx([f.time_s for f in whole], abs=0.011)


def test_a_sensor_that_stays_away_ends_the_forecasts_until_it_is_back(made, raw):
    engine, samples = Engine(made[0]), raw.samples.copy()
    samples[300:600, 0] = np.nan
    counts = [len(engine.push(t, x)) for t, x in zip(raw.time_s, samples, strict=True)]
    assert sum(counts[300:440]) > 100
    assert sum(counts[460:600]) == 0
    assert sum(counts[602:700]) > 90


def test_a_stream_at_another_rate_ends_with_its_reason(made, raw):
    engine = Engine(made[0])
    for k, sample in enumerate(raw.samples[:300]):
        assert not engine.push(k / 200, sample)
    assert "200 Hz instead of 100" in str(engine.health)
    with pytest.raises(GaitcastError, match="200 Hz instead of 100"):
        engine.refuse_silence(0)


def test_a_damaged_or_foreign_state_is_refused(made, raw, tmp_path):
    engine = Engine(made[0])
    live(engine, raw)
    state = engine.state()
    with pytest.raises(GaitcastError, match="not a state of bundle"):
        engine.restore({})
    with pytest.raises(GaitcastError, match="not a state of bundle"):
        engine.restore({**state, "graph": state["graph"][::-1]})
    with pytest.raises(GaitcastError, match=r"damaged \(clock\)"):
        engine.restore({**state, "clock": np.zeros(2)})
    name = next(iter(made[0].card.state))
    with pytest.raises(GaitcastError, match="not a number"):
        engine.restore({**state, name: state[name] * np.nan})
    for content in (b"", b"rubbish", b"PK\x03\x04"):
        (tmp_path / "state.npz").write_bytes(content)
        with pytest.raises(GaitcastError, match="cannot be read"):
            engine.load_state(tmp_path / "state.npz")


def test_reset_makes_a_fresh_engine(made, raw):
    engine = Engine(made[0])
    first = live(engine, raw)
    engine.reset()
    again = live(engine, raw)
    assert [f.time_s for f in first] == [f.time_s for f in again]
    assert all(np.array_equal(a.values, b.values) for a, b in zip(first, again, strict=True))


def test_a_changed_or_missing_bundle_is_refused(made, tmp_path):
    with pytest.raises(GaitcastError, match=r"not a bundle: no readable card\.json"):
        Bundle.load(tmp_path)
    card = (made[0].path / "card.json").read_text()
    (tmp_path / "card.json").write_text(card)
    (tmp_path / "graph.onnx").write_bytes(made[0].graph + b" ")
    with pytest.raises(GaitcastError, match="not the one its card describes"):
        Bundle.load(tmp_path)
    (tmp_path / "card.json").write_text(json.dumps({**json.loads(card), "format": 99}))
    with pytest.raises(GaitcastError, match="format 99"):
        Bundle.load(tmp_path)
    for key, value in {"channels": 3, "rate_hz": -1, "warmup": 2.5, "state": []}.items():
        (tmp_path / "card.json").write_text(json.dumps({**json.loads(card), key: value}))
        with pytest.raises(GaitcastError, match=f"impossible values: {key}"):
            Bundle.load(tmp_path)
    rubbish = {**json.loads(card), "graph_sha256": hashlib.sha256(b"rubbish").hexdigest()}
    (tmp_path / "card.json").write_text(json.dumps(rubbish))
    (tmp_path / "graph.onnx").write_bytes(b"rubbish")
    with pytest.raises(GaitcastError, match="not a model that ONNX Runtime can run"):
        Engine(Bundle.load(tmp_path))
    (tmp_path / "card.json").write_text("[]")
    with pytest.raises(GaitcastError, match="not a card"):
        Bundle.load(tmp_path)


@pytest.mark.parametrize("field", ["units", "channels", "raw_hz", "usual", "trained_on"])
def test_a_card_that_was_changed_is_refused(made, tmp_path, field):
    folder = tmp_path / "b"
    shutil.copytree(made[0].path, folder)
    card = json.loads((folder / "card.json").read_text())
    changed = {"raw_hz": 200.0, "usual": {"right_foot_acc_x": [0.0, 3.0]}, "trained_on": ["P99"]}
    card[field] = changed[field] if field in changed else card[field][::-1]
    (folder / "card.json").write_text(json.dumps(card))
    with pytest.raises(GaitcastError, match=r"not the one that was written with graph\.onnx"):
        Engine(Bundle.load(folder))
    renamed = {**json.loads(made[0].card.to_json()), "name": "another"}
    (folder / "card.json").write_text(json.dumps(renamed))
    assert Engine(Bundle.load(folder))


def test_the_graph_says_by_itself_what_it_takes(made):
    card = made[0].card
    model = onnx.load(made[0].path / "graph.onnx")
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    shown = json.loads(metadata["gaitcast"])
    assert (tuple(shown["channels"]), shown["rate_hz"]) == (card.channels, card.rate_hz)
    assert shown["steps_delay_s"] == card.steps_delay_s
    assert set(shown["state"]) == {i.name for i in model.graph.input if i.name.startswith("state_")}


def test_latencies_are_counted(made):
    whole = measure(made[0], steps=50)
    bare = measure_graph("bare", bare_network(made[0].path), 100.0, steps=50)
    for latency in (whole, bare):
        assert len(latency.steps_us) == 50
        assert 0 < latency.percentile(50) <= latency.percentile(100)
        assert latency.deadline_us == 10_000
    assert "ONNX Runtime" in machine()
