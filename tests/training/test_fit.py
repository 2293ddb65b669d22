import sys
from dataclasses import replace

import numpy as np
import pytest
import torch

from gaitcast.errors import GaitcastError
from gaitcast.models import Signature
from gaitcast.tasks import Series, Span, Windows
from gaitcast.tasks.mapped_rows import mapped
from gaitcast.training import Log, fit, fit_scalers
from gaitcast.training.module import arithmetic

TARGET = ("right_ankle_angle_flexion",)
SIGNATURE = Signature((*TARGET, "right_foot_acc_x"), TARGET, 30, 5, 100.0)
SMALL = {
    "gru": {
        "max_epochs": 4,
        "batches": 15,
        "learning_rate": 1e-2,
        "batch": 4,
        "segment_ms": 1000.0,
        "burn_in_ms": 200.0,
    },
    "bilstm": {"max_epochs": 4, "stride": 5, "precision": "32-true"},
}


def walk(n=900, seed=0):
    rng = np.random.default_rng(seed)
    angle = np.sin(np.arange(n) / 12) + 0.01 * rng.normal(size=n)
    features = np.column_stack([angle, np.gradient(angle)]).astype(np.float32)
    return Series(Span(f"t{seed}", 0, n), features, features[:, :1].copy())


def run(model, keep=list, **more):
    settings = {**SMALL[model], **more.pop("training", {})}
    parts = keep([walk()]), keep([walk(400, 1)])
    return fit(model, SIGNATURE, *parts, options={"units": 8}, training=settings, **more)


def weights(predictor):
    return predictor.forecaster.state_dict()


@pytest.mark.parametrize("model", sorted(SMALL))
def test_training_lowers_the_error_and_repeats_by_seed(model):
    predictor, report = run(model)
    assert report.history[-1]["val_mae"] < 0.9 * report.history[0]["val_mae"]
    assert report.epochs == 4
    again, _ = run(model)
    assert all(torch.equal(v, weights(again)[k]) for k, v in weights(predictor).items())


def half_known(series):
    targets = series.targets.copy()
    targets[: len(series) // 2] = np.nan
    return replace(series, targets=targets, features=series.features[:, 1:])


@pytest.mark.parametrize("model", [*sorted(SMALL), "train-mean", "mean-curve", "ridge", "trees"])
def test_targets_may_be_known_for_a_part_of_a_recording_only(model):
    series = [half_known(walk()), half_known(walk(400, 1))]
    shape = replace(SIGNATURE, inputs=SIGNATURE.inputs[1:])
    training = SMALL.get(model)
    predictor, _ = fit(model, shape, series[:1], series[1:], training=training)
    assert np.isfinite(predictor.target_scaler.scale).all()
    ((_, forecast),) = predictor.forecasts(series[1:])
    assert np.isfinite(forecast).all()
    assert len(forecast) == 200 - SIGNATURE.horizon + 1


def test_an_infinite_target_and_an_unknown_input_are_named():
    whole = walk()
    wrong = whole.targets.copy()
    wrong[7] = np.inf
    with pytest.raises(GaitcastError, match=r"'right_ankle_angle_flexion' is not a number 0\.07 s"):
        fit("ridge", SIGNATURE, [replace(whole, targets=wrong)])
    wrong = whole.features.copy()
    wrong[7, 1] = np.nan
    with pytest.raises(GaitcastError, match=r"'right_foot_acc_x' is not a number 0\.07 s"):
        fit("ridge", SIGNATURE, [replace(whole, features=wrong)])


@pytest.mark.parametrize("model", sorted(SMALL))
def test_a_killed_fit_goes_on_where_it_was(model, tmp_path, monkeypatch):
    training = {"halve_after": 2}
    common = {"options": {"units": 8, "dropout": 0.3}, "seed": 3}
    series = ([walk()], [walk(400, 1)])
    whole, report = fit(model, SIGNATURE, *series, training={**SMALL[model], **training}, **common)

    from gaitcast.training.module import ForecastModule

    validated = ForecastModule.validation_step

    def killed(self, batch):
        if self.current_epoch == 2:
            raise KeyboardInterrupt
        return validated(self, batch)

    monkeypatch.setattr(ForecastModule, "validation_step", killed)
    monkeypatch.setattr("gaitcast.training.checkpoint.SECONDS_BETWEEN", 0.0)
    settings = {**SMALL[model], **training}
    with pytest.raises((KeyboardInterrupt, SystemExit)):
        fit(model, SIGNATURE, *series, training=settings, checkpoints=tmp_path, **common)
    assert (tmp_path / "last.ckpt").exists()
    monkeypatch.undo()
    resumed, second = fit(
        model, SIGNATURE, *series, training=settings, checkpoints=tmp_path, **common
    )
    assert [h["val_mae"] for h in second.history] == [h["val_mae"] for h in report.history]
    assert all(torch.equal(v, weights(resumed)[k]) for k, v in weights(whole).items())


def test_a_short_fit_writes_no_file(tmp_path):
    run("gru", checkpoints=tmp_path)
    assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize("model", sorted(SMALL))
def test_dropout_is_on_while_training_and_off_after(model):
    series = ([walk()], [walk(400, 1)])
    made = [
        fit(model, SIGNATURE, *series, options={"units": 8, "dropout": d}, training=SMALL[model])[0]
        for d in (0.0, 0.5)
    ]
    one, other = (weights(predictor) for predictor in made)
    assert any(not torch.equal(v, other[k]) for k, v in one.items())
    assert not made[1].forecaster.training


def test_the_best_epoch_is_kept_and_patience_ends_the_fit():
    _, report = run("gru", training={"learning_rate": 0.5, "max_epochs": 30, "patience": 2})
    errors = [h["val_mae"] for h in report.history]
    assert report.best_epoch == int(np.argmin(errors))
    assert report.epochs == report.best_epoch + 3


def test_scalers_see_the_training_part_only():
    far = walk(400, 1)
    far.features[:] += 100.0
    predictor, _ = fit(
        "gru", SIGNATURE, [walk()], [far], options={"units": 4}, training=SMALL["gru"]
    )
    assert abs(predictor.feature_scaler.offset[0]) < 0.2


def test_what_cannot_be_fitted_is_said():
    with pytest.raises(GaitcastError, match=r"no training span holds 35 samples"):
        fit("ridge", SIGNATURE, [walk(20)])
    with pytest.raises(GaitcastError, match="no validation window"):
        fit("gru", SIGNATURE, [walk()], training=SMALL["gru"])


def test_bf16_gives_way_where_the_processor_lacks_it(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    assert arithmetic("bf16-mixed") == "32-true"
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert arithmetic("bf16-mixed") == "bf16-mixed"
    assert arithmetic("32-true") == "32-true"


@pytest.mark.parametrize("kind", ["csv", "tensorboard"])
def test_losses_are_written_while_training_goes_on(kind, tmp_path):
    if kind == "tensorboard":
        pytest.importorskip("tensorboard")
    _, report = run("gru", log=Log(kind, tmp_path, "fit"))
    (file,) = [p for p in tmp_path.rglob("*") if p.is_file() and "hparams" not in p.name]
    if kind == "csv":
        rows = file.read_text().splitlines()
        assert "val_mae" in rows[0]
        assert len(rows) >= 1 + report.epochs
    else:
        assert file.stat().st_size > 100


def test_a_log_that_is_not_installed_is_one_line(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "lightning.pytorch.loggers", None)
    with pytest.raises(GaitcastError, match=r"mlflow is not installed.*pip install"):
        run("gru", log=Log("mlflow", tmp_path, "fit"))


@pytest.mark.parametrize("head", ["quantile", "gaussian"])
def test_a_head_learns_how_sure_it_may_be(head):
    rng = np.random.default_rng(0)
    angle = np.sin(np.arange(3000) / 12)
    features = np.column_stack([angle, np.gradient(angle)]).astype(np.float32)
    noisy = (angle + 0.3 * rng.standard_normal(3000)).astype(np.float32)[:, None]
    series = Series(Span("t", 0, 3000), features, noisy)
    signature = replace(SIGNATURE, head=head)
    settings = {**SMALL["gru"], "max_epochs": 12}
    options = {"units": 16}
    made, _ = fit("gru", signature, [series], [series], options=options, training=settings)
    ((_, quantiles),) = made.quantiles([series])
    truth = Windows([series], 30, 5).futures(0)
    inside = (truth > quantiles[..., 0]) & (truth < quantiles[..., -1])
    assert 0.84 < inside.mean() < 0.96  # nominal 90 %


def test_two_processes_share_a_fit(tmp_path, capfd):
    made, report = run("gru", keep=mapped, devices=2, checkpoints=tmp_path)
    assert "weights_only" not in "".join(capfd.readouterr())  # nor other advice of Lightning
    assert report.epochs == 4
    assert report.history[-1]["val_mae"] < 0.9 * report.history[0]["val_mae"]
    assert all(bool(v.isfinite().all()) for v in weights(made).values())


@pytest.mark.parametrize("training", [{"batch": 1}, {"stride": 900}])
def test_batch_norm_needs_two_windows(training):
    with pytest.raises(GaitcastError, match=r"'inception-time'.*two windows in a batch"):
        fit("inception-time", SIGNATURE, [walk()], [walk(400, 1)], training=training)


def test_batch_norm_takes_one_window_from_each_of_few_series():
    curves = [walk(35, seed) for seed in range(3)]
    made, _ = fit(
        "inception-time", SIGNATURE, curves, [walk(35, 3)],
        options={"filters": 2, "depth": 3, "kernel": 8},
        training={"stride": 20, "max_epochs": 1},
    )  # fmt: skip
    assert all(bool(v.isfinite().all()) for v in weights(made).values())


def test_a_last_batch_of_one_joins_the_one_before():
    # 866 windows in batches of 173 would leave one alone.
    made, _ = fit(
        "inception-time", SIGNATURE, [walk()], [walk(400, 1)], calibration=[walk(35, 2)],
        options={"filters": 2, "depth": 3, "kernel": 8},
        training={"batch": 173, "stride": 1, "max_epochs": 1, "adapt_epochs": 1},
    )  # fmt: skip
    assert all(bool(v.isfinite().all()) for v in weights(made).values())


@pytest.mark.parametrize("seed", [2**31 - 1, 2**31, 2**32 - 1])
@pytest.mark.parametrize("model", sorted(SMALL))
def test_every_seed_of_32_bits_fits(model, seed):
    short = {"max_epochs": 2}
    first, _ = run(model, training=short, seed=seed)
    again, _ = run(model, training=short, seed=seed)
    other, _ = run(model, training=short, seed=seed - 1)
    same = [torch.equal(v, weights(again)[k]) for k, v in weights(first).items()]
    assert all(same)
    assert not all(torch.equal(v, weights(other)[k]) for k, v in weights(first).items())


@pytest.mark.parametrize("seed", [-1, 2**32, 1.5])
def test_any_other_seed_is_one_clear_error(seed):
    with pytest.raises(GaitcastError, match=r"seed .* is impossible.*Give 0 to 4294967295"):
        run("gru", seed=seed)


def test_a_target_among_the_inputs_is_scaled_as_a_target():
    rng = np.random.default_rng(0)
    truth = rng.standard_normal((500, 1)).astype(np.float32)
    seen = np.hstack([truth * 3 + 2, 5 * truth]).astype(np.float32)
    names = ("right_foot_gyr_x", "right_ankle_angle_flexion")
    series = Series(Span("t", 0, 500), seen, truth, columns=names, wanted=names[1:])
    features, targets = fit_scalers("standard", [series])
    assert features.offset[1] == targets.offset[0]
    assert features.scale[1] == targets.scale[0]
    assert features.scale[0] == pytest.approx(3, rel=0.1)
