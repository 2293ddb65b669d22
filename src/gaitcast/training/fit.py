"""Fit a model: in closed form, or by gradient through Lightning with early stopping and resume."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any, Literal

import lightning
import torch
from annotated_types import Ge, Gt
from lightning.pytorch.callbacks import EarlyStopping, ModelCheckpoint
from torch import Tensor
from torch.utils.data import DataLoader

from gaitcast.errors import GaitcastError
from gaitcast.models import ClosedFormForecaster, Forecaster, Signature, build, spec
from gaitcast.models.base import StatefulForecaster
from gaitcast.tasks import Affine, Series, Windows
from gaitcast.training.batches import HeldBatches, StretchBatches, WindowBatches
from gaitcast.training.log import Log
from gaitcast.training.predictor import Predictor


@dataclass(frozen=True)
class Training:
    """How a network is trained; each model has its own defaults in the registry.

    Parameters
    ----------
    max_epochs : int
        At most so many epochs.
    patience : int
        Stop after so many epochs without a better validation error.
    learning_rate : float
        Of Adam, at the start.
    halve_after : int
        Halve the rate after so many epochs without a better validation error; 0 lets it fall to
        nothing along a cosine over `max_epochs`.
    loss : str
        ``mse`` or ``mae``, over all steps ahead; quantile and Gaussian heads have their own.
    batch : int
        Windows, or stretches, per batch.
    stride : int
        Samples between training windows (windowed models).
    stretch_ms : float
        Length of a training stretch (stateful models).
    burn_in_ms : float
        First part of a stretch that bears no loss (stateful models).
    batches : int
        Batches per epoch (stateful models).
    weight_decay : float
        Of AdamW.
    precision : str
        Lightning precision; bf16 gives way to float32 where the hardware lacks it.
    """

    max_epochs: Annotated[int, Gt(0)] = 60
    patience: Annotated[int, Gt(0)] = 20
    learning_rate: Annotated[float, Gt(0)] = 3e-3
    halve_after: Annotated[int, Ge(0)] = 0
    loss: Literal["mse", "mae"] = "mse"
    batch: Annotated[int, Gt(0)] = 32
    stride: Annotated[int, Gt(0)] = 1
    stretch_ms: Annotated[float, Gt(0)] = 5000.0
    burn_in_ms: Annotated[float, Ge(0)] = 1000.0
    batches: Annotated[int, Gt(0)] = 20
    weight_decay: Annotated[float, Ge(0)] = 0.0
    precision: Literal["32-true", "bf16-mixed"] = "32-true"


def settings(model: str, changes: Mapping[str, Any] | None = None) -> Training:
    """How a model is trained: its own defaults, and what a study changes.

    Parameters
    ----------
    model : str
        Registry name.
    changes : dict, optional
        Fields of :class:`Training`.

    Returns
    -------
    Training
        Complete.
    """
    merged: dict[str, Any] = {**spec(model).training, **(changes or {})}
    return Training(**merged)


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
    options: Mapping[str, object] | None = None,
    training: Mapping[str, Any] | None = None,
    seed: int = 0,
    checkpoints: Path | None = None,
    progress: bool = False,
    log: Log | None = None,
    devices: int = 1,
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
        early and picks the weights. Models fitted in closed form get both parts.
    options : dict, optional
        Of the model.
    training : dict, optional
        Fields of :class:`Training` that differ from the model's defaults.
    seed : int
        Of weights, order and dropout.
    checkpoints : Path, optional
        Folder for ``last.ckpt`` and ``best.ckpt``; a run that finds them goes on from there.
    progress : bool
        Show Lightning's progress bar.
    log : Log, optional
        Where losses are written while training goes on.
    devices : int
        GPUs, or processes where there is none; each takes its share of every epoch's batches.

    Returns
    -------
    tuple of Predictor and FitReport
        Ready to forecast.

    Raises
    ------
    GaitcastError
        If no training window fits, or a network gets no validation part.
    """
    forecaster = build(model, signature, options, seed)
    by_gradient = any(True for _ in forecaster.parameters())
    seen = [*train] if by_gradient else [*train, *validation]
    predictor = Predictor(
        model,
        dict(options or {}),
        forecaster,
        Affine.fit(forecaster.scaling, [s.features for s in seen]),
        Affine.fit(forecaster.scaling, [s.targets for s in seen]),
    )
    history, horizon = signature.history, signature.horizon
    windows = Windows(predictor.scaled(seen), history, horizon, first=signature.first)
    if not len(windows):
        raise GaitcastError(
            f"no training piece holds {history} + {horizon} samples",
            where=f"model '{model}'",
            mend="Shorten history_ms or horizon_ms, or give longer recordings",
        )
    if isinstance(forecaster, ClosedFormForecaster):
        forecaster.fit(windows)
    if not by_gradient:
        return predictor, FitReport()
    chosen = settings(model, training)
    held = Windows(predictor.scaled(validation), history, horizon, chosen.stride, signature.first)
    if not len(held):
        raise GaitcastError(
            "no validation window to stop the training on",
            where=f"model '{model}'",
            mend="Give a longer validation part",
        )
    with ExitStack() as stack:
        place = checkpoints or Path(stack.enter_context(TemporaryDirectory()))
        run = _Run(place, progress, log, devices)
        report = _by_gradient(forecaster, windows, held, chosen, seed, run)
    return predictor, report


def _arithmetic(precision: str) -> str:
    """Bf16 only where the hardware computes in it: emulated, an LSTM is forty times slower."""
    native = torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported()
    return precision if native else "32-true"


class _Module(lightning.LightningModule):
    """Lightning's view of a forecaster: loss, validation error, optimiser."""

    def __init__(self, forecaster: Forecaster, settings: Training, burn_in: int, seed: int) -> None:
        super().__init__()
        self.forecaster, self.settings, self.burn_in = forecaster, settings, burn_in
        self.seed = seed
        self.trace: list[dict[str, float]] = []

    def _forecast(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        x, y = batch
        if isinstance(self.forecaster, StatefulForecaster):
            numbers, _ = self.forecaster(x, self.forecaster.initial_state(len(x)).to(x.device))
            return numbers[:, self.burn_in :].float(), y[:, self.burn_in :]
        return self.forecaster(x).float(), y

    def on_train_epoch_start(self) -> None:
        self.trainer.train_dataloader.dataset.epoch = self.current_epoch

    def on_train_batch_start(self, batch: object, batch_idx: int) -> None:
        # Dropout too depends on seed, epoch and batch only: a resumed fit is an unbroken one.
        del batch
        torch.manual_seed((self.seed * 100_003 + self.current_epoch) * 100_003 + batch_idx)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor:
        loss = self.forecaster.head.loss(*self._forecast(batch), self.settings.loss)
        size = len(batch[0])
        self.log("train_loss", loss, on_step=False, on_epoch=True, batch_size=size, sync_dist=True)
        return loss + self.forecaster.penalty()

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        numbers, truth = self._forecast(batch)
        error = self.forecaster.head.point(numbers) - truth
        self.log("val_mae", error.abs().mean(), prog_bar=True, batch_size=error[..., 0, 0].numel())

    def on_train_epoch_end(self) -> None:
        metrics = self.trainer.callback_metrics
        self.trace.append({k: float(metrics[k]) for k in ("train_loss", "val_mae")})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        checkpoint["trace"] = self.trace

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        self.trace = checkpoint["trace"]

    def configure_optimizers(self) -> Any:
        s = self.settings
        optimizer = torch.optim.AdamW(
            self.parameters(), lr=s.learning_rate, weight_decay=s.weight_decay
        )
        if s.halve_after:
            schedule: Any = torch.optim.lr_scheduler.ReduceLROnPlateau(
                optimizer, factor=0.5, patience=s.halve_after
            )
        else:
            schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, s.max_epochs)
        return {
            "optimizer": optimizer,
            "lr_scheduler": {"scheduler": schedule, "monitor": "val_mae"},
        }


@dataclass(frozen=True)
class _Run:
    """How a training is run, which does not change what comes out."""

    checkpoints: Path
    progress: bool
    log: Log | None
    devices: int


def _by_gradient(
    forecaster: Forecaster,
    windows: Windows,
    held: Windows,
    chosen: Training,
    seed: int,
    run: _Run,
) -> FitReport:
    rate_hz = forecaster.signature.rate_hz
    batches: StretchBatches | WindowBatches
    if forecaster.stateful:
        length = round(chosen.stretch_ms * rate_hz / 1000)
        batches = StretchBatches(windows, length, chosen.batch, chosen.batches, seed)
        burn_in = min(round(chosen.burn_in_ms * rate_hz / 1000), batches.length // 2)
    else:
        thinned = Windows(
            windows.series, windows.history, windows.horizon, chosen.stride, windows.first
        )
        batches, burn_in = WindowBatches(thinned, chosen.batch, seed), 0
    validation = HeldBatches(held, forecaster.stateful, burn_in)
    if not validation.windows.series:
        raise GaitcastError(
            f"no validation piece is longer than the burn-in of {burn_in} samples and the horizon",
            mend="Shorten burn_in_ms, or give longer recordings",
        )
    best = ModelCheckpoint(
        run.checkpoints, "best", monitor="val_mae", save_last=True, enable_version_counter=False
    )
    module = _Module(forecaster, chosen, burn_in, seed)
    last = run.checkpoints / "last.ckpt"
    with _quiet():
        trainer = lightning.Trainer(
            max_epochs=chosen.max_epochs,
            accelerator="auto",
            devices=run.devices,
            strategy="auto" if run.devices == 1 else "ddp_spawn",
            precision=_arithmetic(chosen.precision),
            callbacks=[best, EarlyStopping("val_mae", patience=chosen.patience)],
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
                DataLoader(validation, batch_size=None),
                ckpt_path=last if last.exists() else None,
                weights_only=True,
            )
    kept = torch.load(best.best_model_path, weights_only=True, map_location="cpu")
    module.load_state_dict(kept["state_dict"])
    forecaster.cpu().eval()
    # With several devices the training went on in other processes; the file has what they saw.
    trace = module.trace or torch.load(last, weights_only=True, map_location="cpu")["trace"]
    return FitReport(len(trace), int(kept["epoch"]), trace)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep Lightning's advice to newcomers out of a study's output."""
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", module=r"lightning\.")
        warnings.filterwarnings("ignore", module=r"torch\.")
        yield
