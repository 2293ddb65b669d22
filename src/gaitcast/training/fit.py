"""Fit a model: in closed form, or by gradient through Lightning with early stopping and resume."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import lightning
import numpy as np
import torch
from lightning.pytorch.callbacks import Callback, EarlyStopping
from torch.utils.data import DataLoader

from gaitcast.errors import GaitcastError
from gaitcast.models import ClosedForm, Forecaster, Signature, build
from gaitcast.tasks import Scaler, Series, Windows
from gaitcast.training import checkpoint
from gaitcast.training.adaptation import adapt
from gaitcast.training.assembly import check_series
from gaitcast.training.batches import HeldBatches, training_batches
from gaitcast.training.log import Log
from gaitcast.training.module import ForecastModule, arithmetic, quiet
from gaitcast.training.predictor import Predictor
from gaitcast.training.settings import Training, settings

#: Called after each epoch with its number from 0 and the validation error, scaled; it may raise.
Watch = Callable[[int, float], None]
#: No sample is beyond; finite, since it stands in JSON.
_UNBOUNDED = 1e30


@dataclass(frozen=True)
class FitReport:
    """What happened during a fit.

    Parameters
    ----------
    epochs : int
        Trained.
    best_epoch : int
        Whose weights were kept.
    history : list of dict
        Per epoch: training loss and validation MAE, both scaled.
    """

    epochs: int = 0
    best_epoch: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


def fit(
    model: str,
    signature: Signature,
    train: Sequence[Series],
    validation: Sequence[Series] = (),
    *,
    calibration: Sequence[Series] = (),
    scaled: Sequence[Series] = (),
    options: Mapping[str, object] | None = None,
    training: Mapping[str, Any] | None = None,
    seed: int = 0,
    checkpoints: str | Path | None = None,
    progress: bool = False,
    log: Log | None = None,
    devices: int = 1,
    watch: Watch | None = None,
) -> tuple[Predictor, FitReport]:
    """Fit a model with its scalers.

    Parameters
    ----------
    model : str
        Registry name.
    signature : Signature
        Shapes and channels.
    train, validation : sequence of Series
        Physical units. Scalers see the training part only; the validation part stops the training
        early and picks the weights. Models in closed form, and those whose `patience` is 0, get
        both parts.
    calibration : sequence of Series
        Of the person who will be tested: a network that is trained goes on for some epochs on these
        alone, a model that learns from its wearer begins with what it learns of them, another one
        in closed form gets them with the others. Scalers stay as they are.
    scaled : sequence of Series
        What the scalers are fitted on, if not the training part. They are part of what is learnt:
        anything of the test part in here is a leak.
    options : dict, optional
        Of the model.
    training : dict, optional
        Fields of :class:`Training` that differ from the model's defaults.
    seed : int
        Of weights, order and dropout.
    checkpoints : str or Path, optional
        Folder for ``last.ckpt``, written once a minute; a run that finds it goes on from there.
    progress : bool
        Show Lightning's progress bar.
    log : Log, optional
        Where losses are written while training goes on.
    devices : int
        GPUs, or processes where there is none. Each takes its share of an epoch, so that a step
        learns from as many batches at once, and the result is another one.
    watch : callable, optional
        Called after each epoch that a validation part stops, with its number and the validation
        error; what it raises ends the fit.

    Returns
    -------
    tuple of Predictor and FitReport
        Ready to forecast.

    Raises
    ------
    GaitcastError
        If columns are not those of the signature, a value is not a number, an option is unknown or
        out of bounds, no training window fits, or a network gets no validation part.
    """
    check_series([*train, *validation, *calibration], signature, f"model '{model}'")
    forecaster = build(model, signature, options, seed)
    by_gradient = any(True for _ in forecaster.parameters())
    chosen = settings(model, training)
    stopped = by_gradient and chosen.patience > 0
    seen = [*train] if stopped else [*train, *validation]
    if not seen:
        raise GaitcastError(
            f"no training recording holds two samples at {signature.rate_hz:g} Hz without a gap",
            hint="Let max_gap_s be longer than the time between two samples",
        )
    predictor = Predictor(
        model,
        dict(options or {}),
        forecaster,
        *fit_scalers(forecaster.scaling, scaled or seen, len(signature.covariates)),
    )
    windows = signature.windows(predictor.scaled(seen))
    if not len(windows):
        raise GaitcastError(
            f"no training span holds {signature.span} samples",
            where=f"model '{model}'",
            hint="Shorten history_ms or horizon_ms, or give longer recordings",
        )
    if isinstance(forecaster, ClosedForm):
        learnt_apart = forecaster.learns_from_wearer
        more = predictor.scaled(seen if learnt_apart else [*seen, *calibration])
        forecaster.fit(signature.windows(more))
        if calibration and learnt_apart:
            predictor = adapt(predictor, calibration, chosen, seed)
    if not by_gradient:
        return predictor, FitReport()
    held = signature.windows(predictor.scaled(validation if stopped else ()), chosen.stride)
    if stopped and not len(held):
        raise GaitcastError(
            "no validation window to stop the training on",
            where=f"model '{model}'",
            hint="Give a longer validation part",
        )
    normed = any(isinstance(m, torch.nn.modules.batchnorm._BatchNorm) for m in forecaster.modules())
    if normed and min(chosen.batch, len(windows.thinned(chosen.stride))) < 2:
        raise GaitcastError(
            "its batch norm needs at least two windows in a batch",
            where=f"model '{model}'",
            hint="Raise batch, lower stride, or give longer recordings",
        )
    learner, windows, held = forecaster.learner(windows, held)
    with ExitStack() as stack:
        place = Path(checkpoints or stack.enter_context(TemporaryDirectory()))
        run = _Run(place, progress, log, devices, watch)
        report = _by_gradient(learner, windows, held, chosen, seed, run)
    forecaster.conclude(windows)
    if calibration:
        predictor = adapt(predictor, calibration, chosen, seed)
    return predictor, report


def fit_scalers(kind: str, series: Sequence[Series], covariates: int = 0) -> tuple[Scaler, Scaler]:
    """Scalers of features and of targets; a target among the features is scaled as a target.

    A new participant may lie many standard deviations away from a few training people: their
    covariates are taken as the nearest of the training people's.

    Parameters
    ----------
    kind : str
        See :meth:`gaitcast.tasks.Scaler.fit`.
    series : sequence of Series
        Whose rows they see.
    covariates : int
        So many of the last columns are covariates.

    Returns
    -------
    tuple of Scaler
        Of features, and of targets.
    """
    features = Scaler.fit(kind, [s.features for s in series])
    targets = Scaler.fit(kind, [s.known for s in series])
    offset, scale = features.offset.copy(), features.scale.copy()
    columns = series[0].columns
    for number, name in enumerate(series[0].wanted):
        # An estimate's mean error on the training people is none of the next wearer's.
        if name in columns:
            place = columns.index(name)
            offset[place], scale[place] = targets.offset[number], targets.scale[number]
    if not covariates:
        return Scaler(offset, scale), targets
    known = np.stack([s.features[0, -covariates:] for s in series])
    low, high = np.full(len(offset), -_UNBOUNDED), np.full(len(offset), _UNBOUNDED)
    low[-covariates:], high[-covariates:] = known.min(axis=0), known.max(axis=0)
    return Scaler(offset, scale, low, high), targets


@dataclass(frozen=True)
class _Run:
    """How a training is run."""

    checkpoints: Path
    progress: bool
    log: Log | None
    devices: int
    watch: Watch | None


class _Watched(Callback):
    """Reports the validation error of each epoch."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    def on_validation_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """See :class:`lightning.pytorch.callbacks.Callback`."""
        del pl_module
        self.watch(trainer.current_epoch, float(trainer.callback_metrics["val_mae"]))


def _stopping(patience: int) -> list[EarlyStopping]:
    return [EarlyStopping("val_mae", patience=patience)] if patience else []


def _by_gradient(
    forecaster: Forecaster,
    windows: Windows,
    held: Windows,
    chosen: Training,
    seed: int,
    run: _Run,
) -> FitReport:
    batches, burn_in = training_batches(forecaster, windows, chosen, seed)
    validation = HeldBatches(held, forecaster.stateful, burn_in)
    stopped = chosen.patience > 0
    if stopped and not validation.windows.series:
        raise GaitcastError(
            f"no validation span is longer than the burn-in of {burn_in} samples and the horizon",
            hint="Shorten burn_in_ms, or give longer recordings",
        )
    module = ForecastModule(forecaster, chosen, burn_in, seed, validated=stopped)
    last = run.checkpoints / "last.ckpt"
    # With several devices the training goes on in other processes: only the file has its result.
    alone = run.devices == 1
    kept = checkpoint.Kept(last, checkpoint.SECONDS_BETWEEN if alone else 0.0)
    watched = [_Watched(run.watch)] if run.watch and stopped else []
    with quiet():
        trainer = lightning.Trainer(
            max_epochs=chosen.max_epochs,
            accelerator="auto",
            devices=run.devices,
            strategy="auto" if alone else "ddp_spawn",
            precision=arithmetic(chosen.precision),
            callbacks=[kept, *_stopping(chosen.patience), *watched],
            logger=run.log.logger() if run.log else False,
            enable_progress_bar=run.progress,
            enable_model_summary=False,
            num_sanity_val_steps=0,
        )
        # Models are built in evaluation mode, and Lightning leaves the mode as it finds it: without
        # this, dropout would be off.
        forecaster.train()
        if not last.exists():
            forecaster.begin()
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            trainer.fit(
                module,
                DataLoader(batches, batch_size=None),
                DataLoader(validation, batch_size=None) if stopped else None,
                ckpt_path=last if last.exists() else None,
                weights_only=True,
            )
    trace = module.trace
    if not alone:
        saved = torch.load(last, weights_only=True, map_location="cpu")
        kept.load_state_dict(saved["callbacks"][kept.state_key])
        trace = saved["trace"]
    module.load_state_dict(kept.weights)
    forecaster.cpu().eval()
    return FitReport(len(trace), kept.epoch, trace)
