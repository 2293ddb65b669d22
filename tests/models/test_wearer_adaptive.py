"""A predictor that learns from its wearer: what it may know, and when."""

import json
from dataclasses import replace

import numpy as np
import pytest
import torch

import gaitcast
from gaitcast.errors import GaitcastError
from gaitcast.models import Signature, build
from gaitcast.models.moment_key import Moments, learn_key, plain_weights
from gaitcast.models.moment_search import ridge_line
from gaitcast.models.online_head import OnlineHead
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.sinks import ProfileFile, kept_files
from gaitcast.simulate import simulate
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

INPUTS = tuple(f"right_{s}_gyr_{a}" for s in ("foot", "shank") for a in "xyz")
TARGET = "right_ankle_angle_flexion"
SMALL = {"memory_s": 4.0, "neighbours": 6, "others": 30, "rank": 6}
NETWORK = {**SMALL, "features": 8, "body_options": {"width": 8, "blocks": 3}}
OPTIONS = {"wearer-adaptive": NETWORK, "wearer-memory": SMALL}


def signature(history=60, horizon=10):
    return Signature((*INPUTS, TARGET), (TARGET,), history, horizon, 100.0)


def walk(seconds, seed=0, pace_hz=1.0):
    """Sines with noise, as scaled samples (1, n, columns)."""
    draw = torch.Generator().manual_seed(seed)
    at = torch.arange(round(100 * seconds)) / 100 * 2 * torch.pi * pace_hz
    rows = torch.stack([torch.sin(at * (1 + k % 2) + k) for k in range(len(INPUTS) + 1)], dim=1)
    return (rows + 0.05 * torch.randn(rows.shape, generator=draw))[None]


def made(name, **options):
    torch.manual_seed(0)
    model = build(name, signature(), {**OPTIONS[name], **options})
    with torch.no_grad():
        model.memory.keys.normal_()
        model.memory.futures.normal_()
        for parameter in model.body.parameters():
            parameter.normal_(std=0.1)
    return model


@torch.inference_mode()
def run(model, samples, state=None):
    return model(samples, model.initial_state(len(samples)) if state is None else state)


@pytest.mark.parametrize("name", [*OPTIONS])
def test_many_samples_at_once_are_one_after_the_other(name):
    model, samples = made(name), walk(9)
    whole, _ = run(model, samples)
    state, single = None, []
    for now in range(samples.shape[1]):
        one, state = run(model, samples[:, now : now + 1], state)
        single.append(one)
    torch.testing.assert_close(torch.cat(single, dim=1), whole, atol=2e-5, rtol=0)


@pytest.mark.parametrize("name", [*OPTIONS])
def test_side_by_side_is_alone(name):
    model, both = made(name), torch.cat([walk(6, 1), walk(6, 2, 1.3)])
    together, _ = run(model, both)
    for number in range(2):
        alone, _ = run(model, both[number : number + 1])
        torch.testing.assert_close(together[number : number + 1], alone, atol=2e-5, rtol=0)


@pytest.mark.parametrize("name", [*OPTIONS])
def test_a_label_enters_one_horizon_after_its_instant(name):
    """The forecast made at t is about t + 1 ... t + 10: nothing is learnt from it before t + 10."""
    model, samples = made(name), walk(5)
    _, before = run(model, samples[:, :300])
    changed = samples.clone()
    changed[:, 300:, -1] += 3.0
    for count, same in ((300, True), (304, False)):
        one, other = run(model, samples[:, :count])[1], run(model, changed[:, :count])[1]
        for learnt in ("head_weights", "memory_keys"):
            if same:
                assert torch.equal(one[learnt], before[learnt])
                assert torch.equal(one[learnt], other[learnt])
        # Four samples later a label that ends at the changed ones has come in.
        assert torch.equal(one["head_weights"], other["head_weights"]) == same


def test_what_was_learnt_outlives_a_gap_and_the_rest_does_not():
    model = made("wearer-adaptive")
    _, state = run(model, walk(8))
    kept = model.initial_state(1) | {name: state[name] for name in model.kept}
    assert {"memory_keys", "memory_past", "head_weights"} <= {*model.kept}
    again, _ = run(model, walk(3, 5), kept)
    fresh, _ = run(model, walk(3, 5))
    assert not torch.allclose(again, fresh)
    assert torch.isfinite(again).all()


def test_an_unused_memory_forecasts_no_change_before_anything_is_known():
    model = build("wearer-memory", signature(), {**SMALL, "others": 0})
    samples = walk(1)
    forecast, _ = run(model, samples)
    torch.testing.assert_close(forecast[0, :9, :, 0], samples[0, :9, -1:].expand(-1, 10))


@pytest.mark.parametrize("parts", [(), ("cycle",), ("memory",), ("memory", "head")])
def test_each_part_can_be_left_out(parts):
    whole, _ = run(made("wearer-adaptive"), walk(8))
    torch.manual_seed(0)
    less, _ = run(made("wearer-adaptive", parts=parts), walk(8))
    assert not torch.allclose(whole, less)


def test_the_line_through_neighbours_is_that_of_ridge_regression():
    rng = np.random.default_rng(0)
    away, weight = rng.normal(size=(20, 5)), rng.random(20)
    values = away @ rng.normal(size=5) + 3 + 0.1 * rng.normal(size=20)
    share = weight / weight.sum()
    found = ridge_line(
        *(torch.tensor(x, dtype=torch.float64).float() for x in (away, weight, share))
    )
    middle = share @ away
    apart = away - middle
    slope = np.linalg.solve(
        (apart * weight[:, None]).T @ apart + np.eye(5), (apart * weight[:, None]).T @ values
    )
    assert float(found.numpy() @ values) == pytest.approx(share @ values - middle @ slope, abs=1e-4)


def test_the_head_is_recursive_least_squares():
    rng = np.random.default_rng(0)
    features = rng.normal(size=(400, 3)).astype(np.float32)
    truth = features @ rng.normal(size=(3, 2)).astype(np.float32)
    head = OnlineHead(3, 2, 5, 4, 100.0, 0.0)
    plain = torch.zeros(1, 400, 2)
    known = torch.cat([torch.zeros(5, 2), torch.from_numpy(truth[:-5])])[None]
    corrected, state = head(torch.from_numpy(features)[None], plain, known, head.initial_state(1))
    used = np.arange(5, 400, 4) - 5  # the samples that were learnt from, each for four
    x, y = features[used], truth[used]
    fitted = np.linalg.solve(4 * x.T @ x + 30 * np.eye(3), 4 * x.T @ y)
    np.testing.assert_allclose(state["weights"][0], fitted, atol=0.05)
    error = np.abs(corrected[0, -50:].numpy() - truth[-50:]).mean()
    assert error < 0.2 * np.abs(truth[-50:]).mean()


def test_a_head_that_makes_it_worse_is_not_used():
    """Labels that follow no feature but jump: the correction of the past never fits the next."""
    rng = np.random.default_rng(0)
    features = torch.from_numpy(rng.normal(size=(1, 6000, 3)).astype(np.float32))
    head = OnlineHead(3, 1, 5, 4, 100.0, 0.0)
    sign = torch.from_numpy(np.repeat(rng.choice([-1.0, 1.0], 60), 100).astype(np.float32))
    lacked = 5 * features[..., :1] * sign[None, :, None]
    known = torch.cat([torch.zeros(1, 5, 1), lacked[:, :-5]], dim=1)
    made, _ = head(features, torch.zeros_like(lacked), known, head.initial_state(1))
    assert (made - lacked).abs().mean() < 1.03 * lacked.abs().mean()


def test_a_head_stays_what_it_is_over_a_million_updates():
    head = OnlineHead(4, 1, 1, 1, 100.0, 0.0)
    state = head.initial_state(1) | {"learnt": head.spread[None] * 0.999}
    features = torch.ones(1, 1, 4)
    with torch.inference_mode():
        for _ in range(2000):
            _, state = head(features, torch.zeros(1, 1, 1), torch.zeros(1, 1, 1), state)
    spread = head.spread - state["learnt"][0]
    eigenvalues = torch.linalg.eigvalsh(spread)
    assert eigenvalues.min() > 0
    assert eigenvalues.max() <= head.spread.diagonal().max() + 1e-6
    # What fades with every update comes back to the prior and goes no farther.
    still = head.initial_state(1)["learnt"] + 0.5 * head.spread
    for _ in range(20):
        still = still * (1 - 5e-5) ** 50_000
    assert torch.linalg.eigvalsh(head.spread - still[0]).max() <= 1 / 30 + 1e-6


def test_a_key_learns_which_parts_tell_the_future():
    rng = np.random.default_rng(0)
    seen = rng.normal(size=(4000, 5)).astype(np.float32)
    seen = np.stack([np.convolve(c, np.ones(9) / 3, "same") for c in seen.T], axis=1)
    futures = np.tanh(2 * seen[:, 4:5])  # one part of five, with a small weight at first
    people = [Moments(torch.tensor(seen).float(), torch.tensor(futures).float(), "S1")]
    weights = torch.tensor([1.0, 1.0, 1.0, 1.0, 0.1])
    key = learn_key(people, weights, 2, 10, 100.0)
    size = key.abs().sum(1)
    assert size[4] > 3 * size[:4].max()
    assert len(plain_weights(6, 1, (3, 6))) == 6 * 3 + 6 + 1


def test_own_moments_are_hidden_from_training_people_but_for_their_last_minute():
    shape = signature()
    model = build("wearer-memory", shape, {**SMALL, "memory_s": 1.0})
    rows = walk(12)[0].numpy()
    series = [
        Series(Span(f"t{k}", 0, len(rows)), rows * (1 + k), rows[:, -1:], person=f"P{k}")
        for k in range(2)
    ]
    model._remember(shape.windows(series))
    assert [model._owners.count(who) for who in ("P0", "P1")] == [15, 15]
    (columns, _) = model._columns(shape.windows(series)).series
    alone = build("wearer-memory", shape, {**SMALL, "memory_s": 1.0})
    alone._remember(shape.windows(series[1:]))
    assert columns.person == "P0"
    assert columns.features.shape == (len(rows), model.memory.columns.plain + 1 + 2 * 10)


@pytest.fixture(scope="module")
def walkers():
    return simulate(4, 0.5, 3)


@pytest.fixture(scope="module")
def fitted(walkers):
    pipe = gaitcast.Pipeline(
        inputs=["right_shank_gyr_*", TARGET], targets=[TARGET], history_ms=2000, horizon_ms=200,
        model="wearer-memory", options={"memory_s": 20.0, "others": 90},
    )  # fmt: skip
    return pipe.fit(walkers.without("S04"))


def test_a_new_wearer_is_forecast_better_than_by_the_last_cycle(fitted, walkers):
    new = walkers.select(["S04"])
    other = replace(fitted, model="last-cycle", options={})
    other.fit(walkers.without("S04"))
    mae = [float(pipe.score(new)["mae"].iloc[0]) for pipe in (fitted, other)]
    assert mae[0] < 0.8 * mae[1]


def test_recordings_of_one_wearer_are_met_in_a_row(fitted, walkers):
    (recording,) = walkers.select(["S04"])
    predictor = fitted.fitted.predictor
    rows = recording.matrix(predictor.signature.inputs).astype(np.float32)
    half = len(rows) // 2
    parts = [
        Series(Span(f"t{k}", 0, len(x)), x, x[:, -1:], person="S04")
        for k, x in enumerate((rows[:half], rows[half:]))
    ]
    later = [v for _, v in predictor.forecasts(parts)][1]
    (alone,) = (v for _, v in predictor.forecasts(parts[1:]))
    strangers = [replace(parts[0], person="S01"), parts[1]]
    (_, apart) = (v for _, v in predictor.forecasts(strangers))
    truth = predictor.signature.windows(parts[1:]).futures(0)
    assert np.array_equal(apart, alone)
    assert np.abs(later - truth).mean() < np.abs(alone - truth).mean()


def test_a_wearer_s_profile_goes_from_session_to_session(fitted, walkers, tmp_path):
    bundle = Bundle.load(fitted.export(tmp_path / "bundle"))
    assert set(bundle.card.learnt) == {
        f"state_{n}" for n in fitted.fitted.predictor.forecaster.kept
    }
    assert sum(4 * np.prod(bundle.card.state[n]) for n in bundle.card.state) < 2e6
    (recording,) = walkers.select(["S04"])
    raw = recording.matrix(bundle.card.channels)
    half = len(raw) // 2

    def errors(engine, rows):
        made = [f for k in rows for f in engine.push(recording.time_s[k], raw[k])]
        truth = recording.column(TARGET)
        at = np.searchsorted(recording.time_s, [f.time_s - 1e-6 for f in made])
        good = at + 20 < len(truth)
        return np.mean([
            np.abs(f.values[:, 0] - truth[k + 1 : k + 21]).mean()
            for f, k, g in zip(made, at, good, strict=True) if g
        ])  # fmt: skip

    first = Engine(bundle)
    errors(first, range(half))
    ProfileFile(tmp_path / "S04.npz", first).save()
    known = Engine(bundle)
    ProfileFile(tmp_path / "S04.npz", known)
    for name, value in known.profile().items():
        assert np.array_equal(value, first.profile()[name])
    assert errors(known, range(half, len(raw))) < errors(Engine(bundle), range(half, len(raw)))
    (tmp_path / "S04.npz").write_bytes(b"x")
    with pytest.raises(GaitcastError, match="cannot be read"):
        ProfileFile(tmp_path / "S04.npz", known)
    with pytest.raises(GaitcastError, match="not a profile of bundle"):
        known.wear({"graph": np.zeros(3)})
    with pytest.raises(GaitcastError, match="the profile is damaged"):
        known.wear({**known.profile(), bundle.card.learnt[0]: np.zeros(2)})


def test_nothing_is_learnt_while_a_sensor_is_gone(fitted, walkers, tmp_path):
    engine = Engine(Bundle.load(fitted.export(tmp_path / "bundle")))
    (recording,) = walkers.select(["S04"])
    raw = recording.matrix(engine.card.channels)
    raw[900:960, 2] = np.nan
    learnt = []
    for k in range(1400):
        engine.push(recording.time_s[k], raw[k])
        profile = engine.profile()
        learnt.append((profile["state_head_weights"], profile["state_memory_keys"][:, :-1]))

    def same(one, other):
        return all(np.array_equal(a, b) for a, b in zip(learnt[one], learnt[other], strict=True))

    assert not same(800, 880)
    assert same(902, 975)  # and for a horizon after it: the fault is in its labels
    assert not same(902, 1300)


def test_a_bundle_that_learns_nothing_takes_no_profile(walkers, tmp_path):
    pipe = gaitcast.Pipeline(
        inputs=[TARGET], targets=[TARGET], history_ms=500, horizon_ms=100, model="persistence"
    )
    bundle = Bundle.load(pipe.fit(walkers).export(tmp_path / "bundle"))
    with pytest.raises(GaitcastError, match="learns nothing of its wearer"):
        ProfileFile(tmp_path / "p.npz", Engine(bundle))


def test_a_bundle_that_learns_nothing_more_takes_no_profile(fitted, walkers, tmp_path):
    fixed = fitted.adapt(walkers.select(["S04"]), "fixed-memory")
    card = fixed.export(tmp_path / "bundle") / "card.json"
    assert json.loads(card.read_text())["learns"] is False
    before = {k: v for k, v in json.loads(card.read_text()).items() if k != "learns"}
    for content in (card.read_text(), json.dumps(before)):  # and on a card of before this field
        card.write_text(content)
        engine = Engine(Bundle.load(tmp_path / "bundle"))
        with pytest.raises(GaitcastError, match="is fixed: it learns nothing more"):
            kept_files(engine, None, tmp_path / "p.npz")
        assert not (tmp_path / "p.npz").exists()


def test_a_profile_that_cannot_be_kept_is_refused_before_the_session(fitted, tmp_path):
    bundle = Bundle.load(fitted.export(tmp_path / "bundle"))
    (tmp_path / "folder").mkdir()
    with pytest.raises(GaitcastError, match="cannot write"):
        ProfileFile(tmp_path / "folder", Engine(bundle))
    (tmp_path / "table.csv").write_text("time_s,angle")
    with pytest.raises(GaitcastError, match="cannot be read as a state or profile"):
        ProfileFile(tmp_path / "table.csv", Engine(bundle))


@pytest.mark.parametrize("model", ["wearer-memory", "wearer-adaptive"])
def test_short_training_recordings_are_enough_or_refused(model, walkers):
    training = {"max_epochs": 1, "batches": 2} if model == "wearer-adaptive" else {}
    pipe = gaitcast.Pipeline(
        inputs=[TARGET], targets=[TARGET], history_ms=500, horizon_ms=100, model=model,
        training=training, options={"others": 30, "neighbours": 5, "memory_s": 5.0},
    )  # fmt: skip

    def cut(samples):
        short = [
            replace(r, time_s=r.time_s[:samples], samples=r.samples[:samples], truth=None)
            for r in walkers
        ]
        return replace(walkers, recordings=tuple(replace(r, events={}) for r in short))

    made = pipe.fit(cut(130)).predict(next(iter(walkers)))
    assert np.isfinite(made.values).all()
    with pytest.raises(GaitcastError, match=r"no training recording is longer than 1\.1 s"):
        pipe.fit(cut(90))


def test_a_predictor_with_what_it_knows_of_others_comes_back(fitted, walkers, tmp_path):
    fitted.save(tmp_path / "pipe")
    (recording,) = walkers.select(["S04"])
    again = gaitcast.Pipeline.load(tmp_path / "pipe").predict(recording)
    assert np.array_equal(again.values, fitted.predict(recording).values)
    scalers = (Scaler.fit("standard", [np.zeros((3, width))]) for width in (7, 1))
    model = build("wearer-memory", signature(), SMALL)
    Predictor("wearer-memory", dict(SMALL), model, *scalers).save(tmp_path)
    assert Predictor.load(tmp_path).forecaster.memory.keys.shape == (30, 6)


def test_training_corrects_each_half_of_a_group_by_the_other_and_mixes_inputs_as_one():
    torch.manual_seed(0)
    model = made("wearer-adaptive")
    body, count = model.body, model.memory.columns.inputs
    group = torch.randn(4, 200, body.columns.plain + 1 + 2 * 10)
    mounted = body._mounted(group)
    assert torch.equal(mounted[..., count:], group[..., count:])
    same = body._mounted(group[:1].expand(4, -1, -1))
    assert torch.equal(same[0], same[3])
    assert 0.1 < (mounted - group)[..., :count].std() < 0.5
    features, change = torch.randn(4, 200, 3), torch.zeros(4, 200, 10, 1)
    now = torch.zeros(4, 200, 1)
    now[2:] = torch.arange(200.0)[:, None] * features[2:, :, :1].mean()
    taught = body._taught(features, change, now, 60)
    assert torch.equal(taught[2:], change[2:])
    assert taught[:2].abs().max() > 0


#: Whom the model learns from, and who is new to it: regular walkers, and irregular ones.
_REAL = {
    "ankle6-encoder": (("LOG2", "LOG13"), ("LOG8",), ["*_acc_*", "*_gyr_*"], "ipsi_ankle"),
    "uci-emg-knee22": (
        ("healthy01", "healthy05", "healthy09", "impaired02", "impaired05", "impaired09"),
        ("healthy03", "impaired01", "impaired03"), [], "ipsi_knee",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", [*_REAL])
def test_on_real_people_learning_never_costs_more_than_a_little(name, data):
    teachers, new, inputs, joint = _REAL[name]
    target = f"{joint}_angle_flexion"
    cohort = gaitcast.load(name, data, rate_hz=100)
    pipe = gaitcast.Pipeline(
        inputs=[*inputs, target], targets=[target], history_ms=2000, horizon_ms=500,
        model="wearer-memory",
    ).fit(cohort.select(teachers))  # fmt: skip
    model, scaler = pipe.fitted.predictor.forecaster, pipe.fitted.predictor.feature_scaler
    for recording in cohort.select(new):
        rows = scaler.apply(recording.matrix(pipe.fitted.predictor.signature.inputs))
        samples = torch.from_numpy(rows.astype(np.float32))[None]
        with torch.inference_mode():
            columns, _ = model.memory(samples, model.memory.initial_state(1))
            _, bare, _ = model.body.features(columns, model.body.initial_state(1))
            full, _ = model(samples, model.initial_state(1))
        truth = samples[0, :, model.memory.targets]
        made = torch.arange(200, len(rows) - 50)
        wanted = truth[made[:, None] + torch.arange(1, 51), 0]
        errors = [
            (forecast - wanted).abs().mean(1)
            for forecast in (
                bare[0, made, :, 0] + truth[made],
                full[0, made, :, 0],
            )
        ]
        assert errors[1].mean() <= 1.02 * errors[0].mean()
        for minute in zip(*(e.split(6000) for e in errors), strict=True):
            assert minute[1].mean() <= 1.10 * minute[0].mean()
