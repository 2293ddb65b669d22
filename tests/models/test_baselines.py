import numpy as np
import pytest
import torch
from sklearn.neighbors import NearestNeighbors

from gaitcast.models import Signature, build
from gaitcast.models.local_linear import _solve
from gaitcast.tasks import Series, Span, Windows

TARGET = ("right_ankle_angle_flexion",)


def windows(values, history, horizon):
    rows = np.asarray(values, np.float32).reshape(len(values), -1)
    return Windows([Series(Span("t", 0, len(rows)), rows, rows[:, :1])], history, horizon)


def run(name, values, history, horizon, **options):
    inputs = TARGET if np.ndim(values) == 1 else (*TARGET, "right_foot_acc_x")
    model = build(name, Signature(inputs, TARGET, history, horizon, 100.0), options)
    w = windows(values, history, horizon)
    if hasattr(model, "fit"):
        model.fit(w)
    x, y = w.batch(np.arange(len(w)))
    return model(torch.from_numpy(x)).detach().numpy()[..., 0], y[..., 0], x, model


def test_the_mean_is_that_of_the_training_rows():
    forecast, *_ = run("train-mean", np.arange(50.0), 10, 3)
    assert np.all(forecast == 24.5)


def test_persistence_holds_the_present_value():
    forecast, *_ = run("persistence", np.arange(50.0), 10, 3)
    assert np.all(forecast == np.arange(9.0, 47.0)[:, None])


@pytest.mark.parametrize("period", [61, 88, 130])
@pytest.mark.parametrize("horizon", [20, 50, 140])
def test_last_cycle_repeats_any_period_beyond_one_cycle(period, horizon):
    phase = 2 * np.pi * np.arange(600) / period
    values = np.sin(phase) + 0.5 * np.cos(2 * phase + 1)
    forecast, truth, *_ = run("last-cycle", values, 200, horizon)
    np.testing.assert_allclose(forecast, truth, atol=1e-3)


def test_ridge_learns_a_linear_rule():
    rng = np.random.default_rng(0)
    noise = rng.normal(size=900)
    values = np.convolve(noise, np.ones(40) / 40, "same")
    forecast, truth, *_ = run("ridge", values, 30, 2, every=1, alpha=1e-6)
    assert np.abs(forecast - truth).mean() < 0.35 * np.abs(truth - truth.mean()).mean()


def test_neighbours_are_those_of_scikit_learn():
    rng = np.random.default_rng(1)
    values = np.cumsum(rng.normal(size=(400, 2)), axis=0)
    forecast, truth, x, model = run("knn", values, 40, 5, neighbours=4, match_ms=120.0, every=4)
    keys = x[:, model.rows].reshape(len(x), -1)
    distances, places = (
        NearestNeighbors(n_neighbors=5, algorithm="brute").fit(keys).kneighbors(keys)
    )
    weight = distances[:, 4:] ** 2 - distances[:, :4] ** 2
    expected = (truth[places[:, :4]] * weight[:, :, None]).sum(1) / weight.sum(1, keepdims=True)
    np.testing.assert_allclose(forecast, expected, atol=1e-2)


def test_neighbours_thin_a_large_memory_evenly():
    *_, model = run("knn", np.arange(500.0), 40, 5, neighbours=2, largest=50)
    assert model.futures.shape[0] == 50
    assert model.futures[-1, -1, 0] == 499


def test_a_straight_line_goes_on():
    forecast, truth, *_ = run("linear-extrapolation", 3 + 0.5 * np.arange(60.0), 20, 7)
    np.testing.assert_allclose(forecast, truth, atol=1e-4)


@pytest.mark.parametrize("period", [84, 100, 121])
def test_the_mean_cycle_finds_stride_time_and_phase(period):
    training = [
        np.sin(2 * np.pi * np.arange(1500) / p) + 0.3 * np.cos(4 * np.pi * np.arange(1500) / p + 1)
        for p in np.linspace(80, 125, 10)
    ]
    model = build("phase-template", Signature(TARGET, TARGET, 200, 50, 100.0))
    rows = [c.astype(np.float32)[:, None] for c in training]
    model.fit(Windows([Series(Span("t", 0, 1500), r, r) for r in rows], 200, 50))
    phase = 2 * np.pi * np.arange(600) / period
    x, truth = windows(np.sin(phase) + 0.3 * np.cos(2 * phase + 1), 200, 50).batch(np.arange(300))
    error = np.abs(model(torch.from_numpy(x)).numpy() - truth).mean()
    assert error < 0.1 * np.abs(truth - truth.mean()).mean()


def test_without_cycles_the_mean_is_left():
    forecast, *_ = run("phase-template", np.full(400, 2.5), 60, 5)
    np.testing.assert_allclose(forecast, 2.5, atol=1e-4)


def test_people_are_told_by_what_is_known_of_them():
    shape = Signature(("right_foot_acc_x",), TARGET, 8, 2, 100.0, covariates=("mass_kg",))
    model = build("wearer-regression", shape, {"alpha": 0.0})
    series = []
    for k, (mass, minutes) in enumerate([(-1.0, 40), (0.0, 400), (1.0, 40)]):
        features = np.tile(np.float32([0.5, mass]), (minutes, 1))
        targets = np.full((minutes, 1), 10 + 3 * mass, np.float32)
        series.append(Series(Span(f"t{k}", 0, minutes), features, targets))
    model.fit(Windows(series, 8, 2))
    window = torch.zeros(1, 8, 2)
    window[..., 1] = 2.0
    assert model(window).flatten().tolist() == pytest.approx([16.0, 16.0])
    # Somebody walked ten times as long and counts no more.
    assert model.bias.item() == pytest.approx(10.0)


def test_a_line_through_the_neighbours_reads_off_what_lies_between():
    # A curve whose future is a smooth function of its past: between neighbours a line is near it.
    at = np.arange(4000) / 50
    values = np.sin(at) + 0.3 * np.sin(2.1 * at)
    shape = Signature(TARGET, TARGET, 30, 10, 100.0, first=10)
    rows = values[:, None].astype(np.float32)
    trained = Windows([Series(Span("t", 0, 3000), rows[:3000], rows[:3000])], 30, 10, first=10)
    x, y = Windows([Series(Span("t", 0, 900), rows[3100:], rows[3100:])], 30, 10, first=10).batch(
        np.arange(800)
    )
    errors = {}
    for name in ("knn", "local-linear"):
        model = build(name, shape, {"neighbours": 6, "every": 5})
        model.fit(trained)
        errors[name] = np.abs(model(torch.from_numpy(x)).detach().numpy() - y).mean()
    assert errors["local-linear"] < 0.5 * errors["knn"]


def test_conjugate_gradients_solve_the_system():
    rng = np.random.default_rng(0)
    half = rng.normal(size=(5, 6, 9))
    system = torch.tensor(half @ half.transpose(0, 2, 1))
    wanted = torch.tensor(rng.normal(size=(5, 6)))
    found = _solve(system, 0.1, wanted, 6)
    exact = torch.linalg.solve(system + 0.1 * torch.eye(6), wanted)
    assert torch.allclose(found, exact, rtol=1e-6)
