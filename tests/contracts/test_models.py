"""One suite over every registered model; a model without a row fails."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from safetensors.torch import save_file

from gaitcast.deploy import assemble, write_bundle
from gaitcast.errors import GaitcastError
from gaitcast.models import (
    LEVELS,
    MODELS,
    ClosedForm,
    Signature,
    StatefulForecaster,
    build,
    spec,
)
from gaitcast.runtime import Bundle, Engine
from gaitcast.runtime.bundle import open_graph
from gaitcast.runtime.wearer import beyond_training
from gaitcast.signal import Butterworth, Chain, ComplementaryTilt
from gaitcast.study.preparation import force_per_mass
from gaitcast.tasks import Scaler, Series, Span, Windows
from gaitcast.training import Predictor, fit_scalers

#: Small options, so that the suite is fast.
ROWS = {
    "train-mean": {},
    "mean-curve": {},
    "newton": {},
    "known": {},
    "wearer-regression": {},
    "persistence": {},
    "linear-extrapolation": {},
    "phase-template": {"match_ms": 400.0, "periods": 4},
    "last-cycle": {"match_ms": 300.0, "shortest_ms": 200.0},
    "ridge": {"every": 4},
    "knn": {"neighbours": 3, "match_ms": 100.0, "every": 3},
    "local-linear": {"neighbours": 4, "match_ms": 100.0, "every": 3},
    "bilstm": {"units": 12},
    "gru": {"units": 12},
    "mlp": {"units": 12},
    "cnn": {"filters": 8, "units": 8},
    "cnn2d": {"filters": 4, "units": 8},
    "lstm": {"units": 12, "layers": 2},
    "cnn-lstm": {"filters": 8, "units": 12},
    "cnn-lstm-attention": {"filters": 8, "units": 12},
    "cnn2d-lstm": {"filters": 4, "units": 12},
    "inception-time": {"filters": 4, "kernel": 12},
    "resnet50": {"side": 32},
    "inceptionv3": {},
    "trees": {"trees": 8, "anchors": 3},
    "kernel-ridge": {"every": 6, "components": 40, "largest": 400},
    "tcn": {"width": 12, "blocks": 4},
    "gated-tcn": {"width": 12, "blocks": 4},
    "transformer": {"width": 12, "heads": 2, "memory_ms": 200.0},
    "lru": {"width": 12, "modes": 10},
    "wearer-adaptive": {
        "body_options": {"width": 8, "blocks": 3},
        "features": 6,
        "memory_s": 3.0,
        "neighbours": 6,
        "others": 40,
        "rank": 6,
    },
    "wearer-memory": {"memory_s": 3.0, "neighbours": 6, "others": 40, "rank": 6},
}
HISTORY, HORIZON = 60, 8
TARGET = "right_ankle_angle_flexion"
STEPS = (Butterworth(20.0), ComplementaryTilt())
NAMES = sorted(MODELS)
STATEFUL = [name for name in NAMES if spec(name).stateful]
NETWORKS = [name for name in NAMES if not spec(name).by_formula]
#: Large networks look at fewer samples, so that the suite stays fast.
LARGE = ("inceptionv3", "resnet50")


#: What a model forecasts here, where it is not an angle.
TARGETS = {"newton": "right_foot_grf_z"}


@pytest.fixture
def setting(request, settings):
    """Chain, signature, and the series of one person, for the model that is tried."""
    named = getattr(request.node, "callspec", None)
    return settings[TARGETS.get(named.params.get("name") if named else None, TARGET)]


@pytest.fixture(scope="module")
def settings(people):
    """By target."""
    weighed = replace(people, subjects={p: {"mass_kg": 70.0} for p in people.people})
    walking = force_per_mass(weighed)
    return {target: setting_for(walking["S01"], target) for target in (TARGET, *TARGETS.values())}


def setting_for(trial, name):
    inputs = tuple(n for n in trial.channels if n == TARGET or "_grf_" not in n)
    trial = replace(trial, time_s=trial.time_s[:760], samples=trial.samples[:760], events={})
    chain = Chain(STEPS, inputs, trial.rate_hz)
    target = (name,)
    signature = Signature(chain.channels, target, HISTORY, HORIZON, 100.0)
    features = chain.run(trial).astype(np.float32)
    series = Series(Span("S01", 0, len(trial)), features, trial.matrix(target).astype(np.float32))
    return trial, chain, signature, series


def part(name, setting):
    """Samples that a model is tried on."""
    return cut(setting[3], 130 if name in LARGE else 760)


def cut(series, stop):
    return replace(series, features=series.features[:stop], targets=series.targets[:stop])


def predictor(name, setting, seed=0) -> Predictor:
    _, _, signature, series = setting
    forecaster = build(name, signature, ROWS[name], seed)
    scalers = (Scaler.fit(forecaster.scaling, [part]) for part in (series.features, series.targets))
    made = Predictor(name, ROWS[name], forecaster, *scalers)
    if isinstance(forecaster, ClosedForm):
        forecaster.fit(Windows(made.scaled([series]), HISTORY, HORIZON))
    return made


def forecasts(made, series):
    ((_, values),) = made.forecasts([series])
    return values


def test_every_model_has_a_row():
    assert set(ROWS) == set(MODELS)


@pytest.mark.parametrize("name", NAMES)
def test_shapes_and_flags(name, setting):
    made = predictor(name, setting)
    series = part(name, setting)
    values = forecasts(made, series)
    assert values.shape == (len(series) - HISTORY - HORIZON + 1, HORIZON, 1)
    assert np.isfinite(values).all()
    assert spec(name).stateful == isinstance(made.forecaster, StatefulForecaster)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_equal_weights_and_forecasts(name, setting):
    one, same = predictor(name, setting), predictor(name, setting)
    for key, tensor in one.forecaster.state_dict().items():
        assert torch.equal(tensor, same.forecaster.state_dict()[key])
    series = part(name, setting)
    assert np.array_equal(forecasts(one, series), forecasts(same, series))
    if name in NETWORKS:
        other = predictor(name, setting, seed=1)
        assert not np.array_equal(forecasts(one, series), forecasts(other, series))


@pytest.mark.parametrize("name", NAMES)
def test_the_causal_flag_is_true(name, setting):
    series = part(name, setting)
    at = len(series) - 50
    made = predictor(name, setting)
    features = series.features.copy()
    features[at:] += 30.0
    before = forecasts(made, series)
    after = forecasts(made, replace(series, features=features))
    same = at - HISTORY + 1  # the last forecast made before sample `at` was seen, exclusive
    assert np.array_equal(before[:same], after[:same]) == spec(name).causal
    if name not in ("train-mean", "mean-curve", "wearer-regression"):
        assert not np.array_equal(before[same:], after[same:])


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded_it_forecasts_the_same(name, setting, tmp_path):
    made = predictor(name, setting)
    made.save(tmp_path)
    assert {p.suffix for p in tmp_path.iterdir()} == {".json", ".safetensors"}
    series = part(name, setting)
    assert np.array_equal(forecasts(Predictor.load(tmp_path), series), forecasts(made, series))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_gradient_reaches_every_parameter(name, setting):
    forecaster = build(name, setting[2], ROWS[name])
    x = torch.randn(3, HISTORY, setting[2].n_inputs)
    out = forecaster(x, forecaster.initial_state(3))[0] if forecaster.stateful else forecaster(x)
    (out.square().sum() + forecaster.penalty()).backward()
    for key, parameter in forecaster.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().sum() > 0, key


#: Changes from the present are wrapped around closed forms, and added inside networks.
RELATIVE = ("ridge", "knn", "trees", "kernel-ridge", "gru", "mlp")


@pytest.mark.parametrize(
    ("name", "relative"), [*((n, False) for n in NAMES), *((n, True) for n in RELATIVE)]
)
def test_the_exported_graph_gives_what_the_offline_pipeline_gives(name, relative, setting):
    trial, chain, signature, series = setting
    setting = (trial, chain, replace(signature, relative=relative), series)
    made, stop = predictor(name, setting), min(400, len(part(name, setting)))
    model = assemble(chain, made)
    session = open_graph(model.SerializeToString())
    feed = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()}
    names = [o.name for o in session.get_outputs()]
    raw, dt_s, live = trial.matrix(chain.inputs), trial.dt_s(), []
    for k in range(stop):
        feed["sample"][0, 0], feed["dt_s"][0] = raw[k], dt_s[k]
        out = dict(zip(names, session.run(names, feed), strict=True))
        feed |= {key[:-5]: value for key, value in out.items() if key.endswith("_next")}
        live.append(out["forecast"][0])
    offline = forecasts(made, part(name, setting))[: stop - HISTORY + 1]
    worst = np.abs(np.array(live)[HISTORY - 1 :][: len(offline)] - offline).max()
    assert worst < 1e-4 * series.targets.std()


WEARER = ("mass_kg", "affected_side")


def wearing(series, values):
    known = np.tile(np.float32(values), (len(series), 1))
    return replace(series, features=np.hstack([series.features, known]))


@pytest.mark.parametrize("name", NAMES)
def test_the_covariate_flag_is_true(name, setting):
    series = part(name, setting)
    signature = replace(setting[2], covariates=WEARER)
    light, heavy = wearing(series, (60.0, -1.0)), wearing(series, (90.0, 1.0))
    forecaster = build(name, signature, ROWS[name], 0)
    scalers = [
        Scaler.fit(forecaster.scaling, [np.vstack([s.features for s in (light, heavy)])]),
        Scaler.fit(forecaster.scaling, [series.targets]),
    ]
    made = Predictor(name, ROWS[name], forecaster, *scalers)
    if isinstance(forecaster, ClosedForm):
        # Heavy people's targets differ, so that there is something to learn.
        taller = replace(heavy, targets=heavy.targets + 20)
        forecaster.fit(Windows(made.scaled([light, taller]), HISTORY, HORIZON))
    same = np.array_equal(forecasts(made, light), forecasts(made, heavy))
    assert same != spec(name).takes_covariates


@pytest.mark.parametrize("fusion", ["concat", "late", "film"])
@pytest.mark.parametrize("name", ["mlp", "gru"])
def test_covariates_come_in_where_they_are_told_to(name, fusion, setting):
    signature = replace(setting[2], covariates=WEARER)
    forecaster = build(name, signature, {**ROWS[name], "fusion": fusion})
    joined = {"concat": 2, "late": 0, "film": 0}[fusion]
    assert forecaster.width_in == signature.n_inputs + joined
    x = torch.randn(3, HISTORY, signature.n_columns)
    out = forecaster(x, forecaster.initial_state(3))[0] if forecaster.stateful else forecaster(x)
    out.square().sum().backward()
    for key, parameter in forecaster.named_parameters():
        assert parameter.grad.abs().sum() > 0, key


@pytest.mark.parametrize("fusion", ["concat", "film"])
@pytest.mark.parametrize("name", ["cnn", "gru"])
def test_a_bundle_is_told_who_wears_it(name, fusion, setting, tmp_path):
    trial, chain, _, series = setting
    series = cut(series, 200)
    signature = replace(setting[2], covariates=WEARER)
    options = {**ROWS[name], "fusion": fusion}
    heavy = wearing(series, (80.0, -1.0))
    scalers = (Scaler.fit("standard", [part]) for part in (heavy.features, series.targets))
    made = Predictor(name, options, build(name, signature, options, 0), *scalers)
    bundle = Bundle.load(write_bundle(chain, made, tmp_path / "bundle"))
    engine = Engine(bundle, {"affected_side": -1.0, "mass_kg": 80.0})
    raw = trial.matrix(chain.inputs)
    live = [f.values for k in range(200) for f in engine.push(trial.time_s[k], raw[k])]
    offline = forecasts(made, heavy)
    np.testing.assert_allclose(
        np.stack(live)[: len(offline)], offline, atol=1e-4 * setting[3].targets.std()
    )
    with pytest.raises(GaitcastError, match="affected_side of the wearer is not given"):
        Engine(bundle, {"mass_kg": 80.0})
    assert Engine(bundle, {"affected_side": "left", "mass_kg": "80"})
    with pytest.raises(GaitcastError, match="'mass_kg' is 'heavy', which is not a number"):
        Engine(bundle, {"affected_side": -1.0, "mass_kg": "heavy"})
    with pytest.raises(GaitcastError, match=r"no covariate 'mass'.*mass_kg"):
        Engine(bundle, {"mass": 80.0})


@pytest.mark.parametrize("name", ["cnn", "gru"])
def test_covariates_beyond_those_of_the_training_people_are_taken_as_the_nearest(
    name, setting, tmp_path
):
    trial, chain, _, series = setting
    series, signature = cut(series, 200), replace(setting[2], covariates=WEARER)
    seen = [wearing(series, known) for known in ((60.0, -1.0), (80.0, 1.0))]
    scalers = fit_scalers("standard", seen, 2)
    made = Predictor(name, ROWS[name], build(name, signature, ROWS[name]), *scalers)
    made.save(tmp_path)
    for one in (made, Predictor.load(tmp_path)):
        assert one.covariate_range == {"mass_kg": (60.0, 80.0), "affected_side": (-1.0, 1.0)}
        far, near = (forecasts(one, wearing(series, (kg, 1.0))) for kg in (1000.0, 80.0))
        np.testing.assert_array_equal(far, near)
    bundle = Bundle.load(write_bundle(chain, made, tmp_path / "bundle"))
    raw = trial.matrix(chain.inputs)
    far, near = (
        [f.values for k in range(200) for f in engine.push(trial.time_s[k], raw[k])]
        for engine in (Engine(bundle, {"mass_kg": kg, "affected_side": 1.0}) for kg in (1000, 80))
    )
    np.testing.assert_array_equal(far, near)
    (line,) = beyond_training(
        {"mass_kg": 1000, "affected_side": "left"}, bundle.card.covariate_range
    )
    assert line == "mass_kg 1000 is beyond the 60 to 80 of the training people: taken as 80"


@pytest.mark.parametrize("first", [-5, 0, HORIZON])
@pytest.mark.parametrize("name", NAMES)
def test_one_step_ahead_alone_the_present_and_the_past(name, first, setting):
    if first < 0 and spec(name).stateful:
        pytest.skip("has no hindsight")
    signature = replace(setting[2], first=first, horizon=first)
    series = part(name, setting)
    forecaster = build(name, signature, ROWS[name])
    scalers = (Scaler.fit(forecaster.scaling, [x]) for x in (series.features, series.targets))
    made = Predictor(name, ROWS[name], forecaster, *scalers)
    windows = Windows(made.scaled([series]), HISTORY, first, first=first)
    if isinstance(forecaster, ClosedForm):
        forecaster.fit(windows)
    assert forecasts(made, series).shape == windows.futures(0).shape == (len(windows), 1, 1)


@pytest.mark.parametrize("head", ["quantile", "gaussian"])
@pytest.mark.parametrize("name", ["cnn", "gru"])
def test_heads_that_say_how_sure_they_are(name, head, setting):
    series = part(name, setting)
    signature = replace(setting[2], head=head)
    scalers = (Scaler.fit("standard", [part]) for part in (series.features, series.targets))
    made = Predictor(name, ROWS[name], build(name, signature, ROWS[name]), *scalers)
    ((_, quantiles),) = made.quantiles([series])
    assert quantiles.shape == (*forecasts(made, series).shape, len(LEVELS))
    assert (np.diff(quantiles, axis=-1) >= 0).all()
    np.testing.assert_allclose(quantiles[..., 2], forecasts(made, series), atol=1e-4)
    session = open_graph(assemble(setting[1], made).SerializeToString())
    assert session.get_outputs()[-1].shape == [1, HORIZON, 1]


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("transformer", {"width": 64, "heads": 3}, "3 heads do not divide a width of 64"),
        ("cnn-lstm-attention", {"pointed_at": "nose_*"}, "pointed_at 'nose_.*' matches no input"),
        ("cnn-lstm-attention", {"over": "inputs", "where": "before"}, "has one place"),
    ],
)
def test_impossible_options_are_one_line(name, options, words, setting):
    with pytest.raises(GaitcastError, match=words):
        build(name, setting[2], options)


@pytest.mark.parametrize(
    "options",
    [
        {"where": "before"},
        {"over": "inputs"},
        {"pointed_at": "right_foot_*"},
        {"pointed_at": "right_foot_*", "over": "inputs"},
        {"pointed_at": "right_foot_*", "where": "before"},
    ],
)
def test_every_place_of_attention_learns_and_sees_what_it_points_at(options, setting):
    signature = setting[2]
    made = build("cnn-lstm-attention", signature, {"filters": 8, "units": 12, **options})
    x = torch.randn(4, HISTORY, signature.n_columns)
    made(x).square().sum().backward()
    for key, parameter in made.named_parameters():
        assert parameter.grad.abs().sum() > 0, key
    if "pointed_at" in options:
        pointed = [n for n, c in enumerate(signature.inputs) if c.startswith("right_foot_")]
        assert made.pointed == pointed


@pytest.mark.parametrize("name", NAMES)
def test_the_smallest_shapes_work(name, setting):
    """A short window, one step, one input: nothing is longer than it may be."""
    if name in LARGE:
        pytest.skip("pictures are stretched to their size whatever the window")
    if name == "newton":
        pytest.skip("needs the sensors of half a body")
    series = cut(setting[3], 760)
    target = setting[2].targets
    signature = Signature(target, target, 8, 1, 100.0)
    angle = replace(series, features=series.targets)
    forecaster = build(name, signature, {k: v for k, v in ROWS[name].items() if k != "every"})
    scalers = (Scaler.fit(forecaster.scaling, [angle.features]) for _ in range(2))
    made = Predictor(name, {}, forecaster, *scalers)
    if isinstance(forecaster, ClosedForm):
        forecaster.fit(Windows(made.scaled([angle]), 8, 1))
    assert np.isfinite(forecasts(made, angle)).all()


def test_unknown_models_options_and_inputs_are_named(setting):
    with pytest.raises(GaitcastError, match="Did you mean 'bilstm'"):
        build("bi-lstm", setting[2])
    with pytest.raises(GaitcastError, match="Did you mean 'units'"):
        build("gru", setting[2], {"unit": 3})
    without = replace(setting[2], inputs=("right_foot_acc_x",))
    for name in ("persistence", "linear-extrapolation", "phase-template", "last-cycle"):
        with pytest.raises(GaitcastError, match="needs the past of the target"):
            build(name, without)


@pytest.mark.parametrize("relative", [False, True])
@pytest.mark.parametrize("name", ["knn", "local-linear"])
def test_stored_windows_are_kept_as_the_rows_they_share(name, relative, setting, tmp_path):
    """Less than a fifth of the bytes and the same forecasts, of several series, one with a mask."""
    _, _, signature, series = setting
    inputs = (TARGET, *signature.inputs[1:]) if relative else signature.inputs
    signature = replace(signature, inputs=inputs, relative=relative)
    made = Predictor(
        name,
        {"every": 1},
        build(name, signature, {"every": 1}),
        Scaler.fit("standard", [series.features]),
        Scaler.fit("standard", [series.targets]),
    )
    masked = replace(series, mask=np.arange(len(series)) % 3 > 0)
    made.forecaster.fit(signature.windows(made.scaled([cut(series, 300), masked])))
    made.save(tmp_path)
    whole = sum(t.nbytes for t in made.forecaster.state_dict().values())
    assert (tmp_path / "weights.safetensors").stat().st_size < whole / 5
    loaded = Predictor.load(tmp_path)
    assert np.array_equal(forecasts(loaded, series), forecasts(made, series))
    for key, tensor in made.forecaster.state_dict().items():
        assert torch.equal(tensor, loaded.forecaster.state_dict()[key])
    loaded.save(tmp_path)
    assert np.array_equal(forecasts(Predictor.load(tmp_path), series), forecasts(made, series))
    # A store of an earlier version holds the windows themselves.
    save_file(made.forecaster.state_dict(), tmp_path / "weights.safetensors")
    assert np.array_equal(forecasts(Predictor.load(tmp_path), series), forecasts(made, series))
    save_file(
        {**made.forecaster.state_dict(), "more": torch.ones(1)}, tmp_path / "weights.safetensors"
    )
    with pytest.raises(GaitcastError, match="this predictor is damaged"):
        Predictor.load(tmp_path)


def test_rows_are_kept_only_where_that_is_less(setting):
    """Many more training rows than stored windows: those are kept."""
    _, _, signature, series = setting
    made = build("knn", signature, {"largest": 40})
    made.fit(signature.windows([series]))
    assert made.packed().keys() == made.state_dict().keys()
    unknown = series.targets.copy()
    unknown[200:260] = np.nan
    made = build("knn", signature, {"every": 1})
    made.fit(signature.windows([replace(series, targets=unknown)]))
    assert made.packed().keys() == made.state_dict().keys()
