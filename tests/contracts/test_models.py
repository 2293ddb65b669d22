"""One suite over every registered model; a model without a row fails."""

from dataclasses import replace

import numpy as np
import onnxruntime as ort
import pytest
import torch

from gaitcast.deploy import assemble
from gaitcast.errors import GaitcastError
from gaitcast.models import MODELS, ClosedFormForecaster, Signature, StatefulForecaster, build, spec
from gaitcast.signal import Butterworth, Chain, ComplementaryTilt
from gaitcast.tasks import Affine, Piece, Series, Windows
from gaitcast.training import Predictor

#: Small options, so that the suite is fast.
ROWS = {
    "train-mean": {},
    "persistence": {},
    "last-cycle": {"match_ms": 300.0, "shortest_ms": 200.0},
    "ridge": {"every": 4},
    "knn": {"neighbours": 3, "match_ms": 100.0, "every": 3},
    "bilstm": {"units": 12},
    "gru": {"units": 12},
}
HISTORY, HORIZON = 60, 8
STEPS = (Butterworth(20.0), ComplementaryTilt())
NAMES = sorted(MODELS)


@pytest.fixture(scope="module")
def setting(people):
    """Chain, signature, and the series of one person."""
    trial = people["S01"]
    chain = Chain(STEPS, trial.channels, trial.rate_hz)
    target = ("right_ankle_angle_flexion",)
    signature = Signature(chain.channels, target, HISTORY, HORIZON, 100.0)
    features = chain.run(trial).astype(np.float32)
    series = Series(Piece("S01", 0, len(trial)), features, trial.matrix(target).astype(np.float32))
    return trial, chain, signature, series


def predictor(name, setting, seed=0) -> Predictor:
    _, _, signature, series = setting
    forecaster = build(name, signature, ROWS[name], seed)
    scalers = (Affine.fit(forecaster.scaling, [part]) for part in (series.features, series.targets))
    made = Predictor(name, ROWS[name], forecaster, *scalers)
    if isinstance(forecaster, ClosedFormForecaster):
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
    values = forecasts(made, setting[3])
    assert values.shape == (len(setting[3]) - HISTORY - HORIZON + 1, HORIZON, 1)
    assert np.isfinite(values).all()
    assert spec(name).stateful == isinstance(made.forecaster, StatefulForecaster)


@pytest.mark.parametrize("name", NAMES)
def test_a_seed_gives_equal_weights_and_forecasts(name, setting):
    one, same = predictor(name, setting), predictor(name, setting)
    for key, tensor in one.forecaster.state_dict().items():
        assert torch.equal(tensor, same.forecaster.state_dict()[key])
    assert np.array_equal(forecasts(one, setting[3]), forecasts(same, setting[3]))
    if any(True for _ in one.forecaster.parameters()):
        other = predictor(name, setting, seed=1)
        assert not np.array_equal(forecasts(one, setting[3]), forecasts(other, setting[3]))


@pytest.mark.parametrize("name", NAMES)
def test_the_causal_flag_is_true(name, setting):
    series, at = setting[3], 700
    made = predictor(name, setting)
    features = series.features.copy()
    features[at:] += 30.0
    before = forecasts(made, series)
    after = forecasts(made, replace(series, features=features))
    same = at - HISTORY + 1  # the last forecast made before sample `at` was seen, exclusive
    assert np.array_equal(before[:same], after[:same]) == spec(name).causal
    if name != "train-mean":
        assert not np.array_equal(before[same : same + 20], after[same : same + 20])


@pytest.mark.parametrize("name", NAMES)
def test_saved_and_loaded_it_forecasts_the_same(name, setting, tmp_path):
    made = predictor(name, setting)
    made.save(tmp_path)
    assert {p.suffix for p in tmp_path.iterdir()} == {".json", ".safetensors"}
    assert np.array_equal(
        forecasts(Predictor.load(tmp_path), setting[3]), forecasts(made, setting[3])
    )


@pytest.mark.parametrize("name", [n for n in NAMES if n in ("bilstm", "gru")])
def test_the_gradient_reaches_every_parameter(name, setting):
    forecaster = build(name, setting[2], ROWS[name])
    x = torch.randn(3, HISTORY, setting[2].n_inputs)
    out = forecaster(x, forecaster.initial_state(3))[0] if forecaster.stateful else forecaster(x)
    (out.square().sum() + forecaster.penalty()).backward()
    for key, parameter in forecaster.named_parameters():
        assert parameter.grad is not None, key
        assert parameter.grad.abs().sum() > 0, key


@pytest.mark.parametrize("name", NAMES)
def test_the_exported_graph_gives_what_the_offline_pipeline_gives(name, setting):
    trial, chain, _, series = setting
    made, stop = predictor(name, setting), 400
    model = assemble(chain, made)
    session = ort.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    feed = {i.name: np.zeros(i.shape, np.float32) for i in session.get_inputs()}
    names = [o.name for o in session.get_outputs()]
    raw, dt_s, live = trial.matrix(chain.inputs), trial.dt_s(), []
    for k in range(stop):
        feed["sample"][0, 0], feed["dt_s"][0] = raw[k], dt_s[k]
        out = dict(zip(names, session.run(names, feed), strict=True))
        feed |= {key[:-5]: value for key, value in out.items() if key.endswith("_next")}
        live.append(out["forecast"][0])
    offline = forecasts(made, series)[: stop - HISTORY + 1]
    worst = np.abs(np.array(live)[HISTORY - 1 :] - offline).max()
    assert worst < 1e-4 * series.targets.std()


def test_unknown_models_options_and_inputs_are_named(setting):
    with pytest.raises(GaitcastError, match="Did you mean 'bilstm'"):
        build("bi-lstm", setting[2])
    with pytest.raises(GaitcastError, match="Did you mean 'units'"):
        build("gru", setting[2], {"unit": 3})
    without = replace(setting[2], inputs=("right_foot_acc_x",))
    for name in ("persistence", "last-cycle"):
        with pytest.raises(GaitcastError, match="needs the past of the target"):
            build(name, without)
