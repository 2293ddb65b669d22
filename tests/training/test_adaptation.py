"""Every way to adapt a fitted model to one person: what it changes, and what it leaves."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from conftest import ANGLE
from gaitcast.analysis.gain import divide
from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.protocol import Material
from gaitcast.evaluation.scoring import mean_error
from gaitcast.models import MODELS, build
from gaitcast.models.base import Network
from gaitcast.models.signature import Signature
from gaitcast.pipeline import Pipeline
from gaitcast.runtime import Bundle, Engine
from gaitcast.simulate import simulate
from gaitcast.training import METHODS, adapt, methods_of

NETWORKS = {
    "gru": {"units": 6},
    "tcn": {"width": 6, "blocks": 3},
    "cnn": {},
}
QUICK = {"max_epochs": 2, "batches": 4, "segment_ms": 1500.0, "burn_in_ms": 200.0, "stride": 5}
BY_GRADIENT = ("last", "low-rank", "network")


@pytest.fixture(scope="module")
def walks():
    return simulate(subjects=3, minutes=0.25, seed=8)


@pytest.fixture(scope="module")
def fitted(walks):
    """By model, fitted on two of the three."""
    made = {}
    for model, options in {**NETWORKS, "wearer-memory": {"memory_s": 8.0, "others": 60}}.items():
        training = QUICK if model in NETWORKS else {}
        pipe = Pipeline(
            inputs=["right_shank_gyr_*", ANGLE], targets=[ANGLE], history_ms=1200,
            horizon_ms=100, model=model, options=options, training=training,
        )  # fmt: skip
        made[model] = pipe.fit(walks.without("S03"))
    return made


def error(pipe, walks):
    return float(pipe.score(walks.select(["S03"]))["mae"].iloc[0])


def live(pipe, recording, folder, count=400):
    engine = Engine(Bundle.load(pipe.export(folder)), raw_hz=recording.rate_hz)
    samples = recording.matrix(engine.card.channels)
    rows = zip(recording.time_s[:count], samples[:count], strict=True)
    return np.array([f.values for at, row in rows for f in engine.push(at, row)])


WAYS = [("gru", way) for way in ("head", *BY_GRADIENT)]
WAYS += [("tcn", "low-rank"), ("cnn", "head"), ("cnn", "last")]
WAYS += [("wearer-memory", "memory"), ("wearer-memory", "fixed-memory")]


@pytest.mark.parametrize(("model", "method"), WAYS)
def test_an_adapted_model_is_better_there_and_the_same_live(model, method, fitted, walks, tmp_path):
    pipe, recording = fitted[model], walks["S03"]
    before = pipe.predict(recording).values
    adapted = pipe.adapt(walks.select(["S03"]), method)
    assert error(adapted, walks) < error(pipe, walks)
    assert np.array_equal(pipe.predict(recording).values, before)
    assert adapted.fitted.origin.adapted_to == ("S03",)
    assert adapted.fitted.origin.adapted_by["method"] == method
    offline = adapted.predict(recording).values
    made = live(adapted, recording, tmp_path / "b")
    assert np.abs(made - offline[: len(made)]).max() < 1e-4 * recording.column(ANGLE).std()
    again = Pipeline.load(tmp_path / "b" / "pipeline")
    assert np.array_equal(again.predict(recording).values, offline)
    assert again.fitted.origin == adapted.fitted.origin
    card = Bundle.load(tmp_path / "b").card
    assert card.adapted_to == ("S03",)
    assert card.adapted_by["method"] == method
    assert card.adapted_by["seconds"] == pytest.approx(15.0, abs=0.1)


@pytest.mark.parametrize("model", [*NETWORKS])
@pytest.mark.parametrize("method", ["head", "last", "low-rank"])
def test_only_the_weights_that_are_meant_change(model, method, fitted, walks):
    old = fitted[model].fitted.predictor.forecaster.state_dict()
    adapted = fitted[model].adapt(walks.select(["S03"]), method).fitted.predictor.forecaster
    new = adapted.state_dict()
    assert new.keys() == old.keys()
    changed = {name for name in new if not torch.equal(new[name], old[name])}
    if method != "low-rank":
        assert changed == {"last.linear.weight", "last.linear.bias"}
    else:
        assert changed == {name for name in new if new[name].dim() > 1}
        for name in changed:
            difference = (new[name] - old[name]).reshape(len(new[name]), -1)
            assert torch.linalg.matrix_rank(difference, rtol=1e-3) <= 4
    assert all(weight.requires_grad for weight in adapted.parameters())


def test_what_the_head_learns_is_ridge_regression_around_the_weights_it_has(fitted, walks):
    """With much data it goes to least squares, with little it stays near what it was."""
    pipe = fitted["gru"]
    series = pipe.series(walks.select(["S03"]))
    old = pipe.fitted.predictor.forecaster.last.linear.weight.detach()
    sizes = []
    for count in (1, 10):
        made = METHODS["head"].apply(pipe.fitted.predictor, series * count, None, 0)
        sizes.append(float((made.forecaster.last.linear.weight.detach() - old).norm()))
    assert 0 < sizes[0] < sizes[1]


def test_a_model_refuses_ways_that_are_not_its_own(fitted, walks):
    new = walks.select(["S03"])
    with pytest.raises(GaitcastError, match="cannot be adapted by 'network'"):
        fitted["wearer-memory"].adapt(new, "network")
    with pytest.raises(GaitcastError, match="cannot be adapted by 'memory'"):
        fitted["gru"].adapt(new, "memory")
    with pytest.raises(GaitcastError, match="unknown method 'heads'"):
        fitted["gru"].adapt(new, "heads")
    with pytest.raises(GaitcastError, match="2 participants"):
        fitted["gru"].adapt(walks.without("S03"))
    ridge = replace(fitted["gru"], model="ridge", options={}, training={}).fit(walks)
    with pytest.raises(GaitcastError, match="not trained by gradient"):
        ridge.adapt(new)


def test_every_model_that_is_trained_by_gradient_can_be_adapted():
    signature = Signature(("a", "b"), ("b",), 60, 10, 100.0)
    for name, known in MODELS.items():
        if name in ("resnet50", "inceptionv3", "known", "newton", "wearer-regression"):
            continue
        ways = methods_of(build(name, signature))
        assert bool(ways) == (issubclass(known.make, Network) or known.learns_from_wearer), name


def test_fixed_is_what_was_learnt_and_nothing_more(fitted, walks):
    """Frozen after the calibration: a profile that is kept over a session stays bit by bit."""
    new = walks.select(["S03"])
    predictor = fitted["wearer-memory"].adapt(new, "fixed-memory").fitted.predictor
    assert predictor.options["learns"] is False
    before = {name: value.clone() for name, value in predictor.learnt.items()}
    predictor.learn(fitted["wearer-memory"].series(walks.select(["S01"])))
    assert before.keys() == predictor.learnt.keys()
    for name, value in before.items():
        assert torch.equal(predictor.learnt[name], value), name


def test_what_is_fixed_can_be_adapted_anew_and_a_study_may_ask_for_it(fitted, walks):
    """With ``learns = false`` a calibration part is all that is ever learnt of a wearer."""
    new, pipe = walks.select(["S03"]), fitted["wearer-memory"]
    once = pipe.adapt(new, "fixed-memory")
    with pytest.raises(GaitcastError, match="cannot be adapted by 'memory'"):
        once.adapt(new, "memory")
    other = pipe.adapt(walks.select(["S01"]), "fixed-memory").adapt(new)
    still = replace(pipe, options={**pipe.options, "learns": False})
    series = tuple(tuple(pipe.series(c)) for c in (walks.without("S03"), new))
    still.fit_material(pipe.assemble(pipe.at_rate(walks)), Material(series[0], (), series[1], ()))
    for name, value in once.fitted.predictor.learnt.items():
        assert torch.equal(other.fitted.predictor.learnt[name], value)
        torch.testing.assert_close(still.fitted.predictor.learnt[name], value)


def test_right_after_calibration_fixed_and_learning_forecast_the_same(fitted, walks):
    new = walks.select(["S03"])
    made = [fitted["wearer-memory"].adapt(new, m) for m in ("memory", "fixed-memory")]
    values = [pipe.predict(walks["S01"]).values for pipe in made]
    # The first forecast is made one history after the start: own moments come in from there on.
    np.testing.assert_allclose(values[0][:2], values[1][:2], atol=0.5)
    assert np.abs(values[0][-1] - values[1][-1]).max() > 0.01


def test_what_was_learnt_outlives_a_gap_offline_as_it_does_live(fitted, walks, tmp_path):
    """A memory that is made in the first seconds serves after the gap, also in `predict`."""
    whole = walks["S03"]
    there = (whole.time_s < 7.0) | (whole.time_s > 8.0)
    cut = replace(whole, time_s=whole.time_s[there], samples=whole.samples[there], events={},
                  truth=None)  # fmt: skip
    made = live(fitted["wearer-memory"], cut, tmp_path / "b", 1200)
    offline = fitted["wearer-memory"].predict(cut).values[: len(made)]
    assert len(made) > 900
    assert np.abs(made - offline).max() < 1e-4 * whole.column(ANGLE).std()


def test_the_engine_begins_with_what_the_bundle_was_adapted_to(fitted, walks, tmp_path):
    adapted = fitted["wearer-memory"].adapt(walks.select(["S03"]), "memory")
    bundle = Bundle.load(adapted.export(tmp_path / "b"))
    engine = Engine(bundle)
    first = engine.profile()
    assert np.abs(first["state_memory_keys"]).max() > 0
    engine.step(np.zeros(len(engine.card.channels)), 0.0)
    engine.reset()
    assert all(np.array_equal(engine.profile()[name], first[name]) for name in first)
    plain = Engine(Bundle.load(fitted["wearer-memory"].export(tmp_path / "plain")))
    assert not np.abs(plain.profile()["state_memory_keys"]).any()
    (tmp_path / "b" / "begins.npz").write_bytes(b"PK")
    with pytest.raises(GaitcastError, match=r"begins\.npz is not the one"):
        Bundle.load(tmp_path / "b")
    (tmp_path / "b" / "begins.npz").unlink()
    with pytest.raises(GaitcastError, match=r"no readable begins\.npz"):
        Bundle.load(tmp_path / "b")


def test_a_split_with_a_calibration_part_does_not_train_through_the_memory(walks):
    """What a wearer model is given of the tested person is learnt as it is live."""
    pipe = Pipeline(
        inputs=[ANGLE], targets=[ANGLE], history_ms=1200, horizon_ms=100, model="wearer-memory",
        options={"memory_s": 8.0, "others": 60},
    )  # fmt: skip
    at_rate = pipe.at_rate(walks)
    assembly = pipe.assemble(at_rate)
    pipe.fit(walks.without("S03"))
    train, new = (tuple(pipe.series(c)) for c in (walks.without("S03"), walks.select(["S03"])))
    other = replace(pipe)
    other.fit_material(assembly, Material(train, (), new, ()))
    adapted = pipe.adapt(walks.select(["S03"])).fitted.predictor
    assert other.fitted.predictor.learnt.keys() == adapted.learnt.keys()
    for name, value in adapted.learnt.items():
        torch.testing.assert_close(other.fitted.predictor.learnt[name], value)


def test_a_target_that_comes_late_is_not_learnt_from(walks):
    pipe = Pipeline(
        inputs=["right_shank_gyr_*", ANGLE], targets=[ANGLE], history_ms=1200, horizon_ms=100,
        model="wearer-memory", measured_ms={ANGLE: 40.0},
    )  # fmt: skip
    with pytest.raises(GaitcastError, match=r"40 ms late"):
        pipe.fit(walks)


def test_a_profile_of_yesterday_does_not_hurt_with_sensors_put_on_anew(data):
    """Learnt in a first minute; in the next one both sensors are turned by 5 deg."""
    cohort = load("ankle6-encoder", data)
    target = "ipsi_ankle_angle_flexion"
    pipe = Pipeline(
        inputs=["*_acc_*", "*_gyr_*", target], targets=[target], history_ms=2000, horizon_ms=300,
        model="wearer-memory", options={"others": 300},
    )  # fmt: skip
    others = cohort.select(["LOG2", "LOG8"])
    pipe.fit(divide(others, 40.0)[0])
    new, _ = divide(cohort.select(["LOG25"]), 100.0)
    first, second = divide(new, 60.0)
    fresh = pipe.fitted.predictor
    worn = adapt(fresh, pipe.series(first), pipe.training_settings(), method="memory")
    today = pipe.series(replace(second, recordings=tuple(turned(r, 5.0) for r in second)))
    without, with_it = (mean_error(p, today, np.ones(1)) for p in (fresh, worn))
    assert with_it < without


def turned(recording, degrees):
    """Both IMUs turned about an axis of their own."""
    samples = recording.samples.copy()
    for segment, axis in (("foot", [1.0, 2.0, -1.0]), ("shank", [-2.0, 1.0, 1.0])):
        turn = np.radians(degrees) * np.array(axis) / np.linalg.norm(axis)
        matrix = Rotation.from_rotvec(turn).as_matrix()
        for quantity in ("acc", "gyr"):
            names = [f"ipsi_{segment}_{quantity}_{a}" for a in "xyz"]
            columns = [recording.channels.index(name) for name in names]
            samples[:, columns] = samples[:, columns] @ matrix.T
    return replace(recording, samples=samples)
