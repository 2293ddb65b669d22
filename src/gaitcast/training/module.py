"""Lightning's view of a forecaster, and the trainer it runs in."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import lightning
import torch
from torch import Tensor

from gaitcast.models import Forecaster
from gaitcast.models.base import StatefulForecaster
from gaitcast.training.settings import Training


class ForecastModule(lightning.LightningModule):
    """Loss, validation error, optimiser.

    Parameters
    ----------
    forecaster : Forecaster
        To train.
    settings : Training
        How.
    burn_in : int
        First samples of a segment that bear no loss.
    seed : int
        Of dropout.
    validated : bool
        Whether there is a validation part whose error is traced.
    """

    def __init__(
        self,
        forecaster: Forecaster,
        settings: Training,
        burn_in: int,
        seed: int,
        *,
        validated: bool = True,
    ) -> None:
        super().__init__()
        self.forecaster, self.settings, self.burn_in = forecaster, settings, burn_in
        self.seed, self.validated = seed, validated
        self.trace: list[dict[str, float]] = []
        self._losses: list[tuple[Tensor, int]] = []

    def __setstate__(self, state: dict[str, Any]) -> None:
        """In a process that it is sent to, which is one of several that share a fit."""
        _ignore_advice()
        super().__setstate__(state)

    def _forecast(self, batch: tuple[Tensor, Tensor]) -> tuple[Tensor, Tensor]:
        x, y = batch
        if isinstance(self.forecaster, StatefulForecaster):
            state = self.forecaster.initial_state(len(x))
            numbers, _ = self.forecaster(x, {k: v.to(x.device) for k, v in state.items()})
            burn_in = min(self.burn_in, y.shape[1] // 2)  # some batches are of short segments
            numbers, y = numbers[:, burn_in:].float(), y[:, burn_in:]
            counts = ~y.isnan().flatten(2).any(2)
            return (numbers, y) if counts.all() else (numbers[counts], y[counts])
        return self.forecaster(x).float(), y

    def on_train_epoch_start(self) -> None:
        """Tell the batches which epoch it is."""
        self.trainer.train_dataloader.dataset.epoch = self.current_epoch
        self._losses.clear()

    def on_train_batch_start(self, batch: object, batch_idx: int) -> None:
        """Seed dropout."""
        # Dropout too depends on seed, epoch and batch only: a resumed fit is an unbroken one.
        del batch
        # A generator takes 64 bits: a seed above 1.8e9 would make more.
        seed = ((self.seed * 100_003 + self.current_epoch) * 100_003 + batch_idx) % 2**64
        # `torch.manual_seed` would also note a seed, and where it was asked for, for every kind of
        # device that is absent: a quarter of a small network's time.
        torch.default_generator.manual_seed(seed)
        if self.device.type != "cpu":
            torch.get_device_module(self.device).manual_seed(seed)

    def training_step(self, batch: tuple[Tensor, Tensor]) -> Tensor | None:
        """The head's loss and the model's penalty."""
        numbers, truth = self._forecast(batch)
        if not len(truth):  # no window of these segments counts
            return None
        loss = self.forecaster.head.loss(numbers, truth, self.settings.loss)
        self._losses.append((loss.detach(), len(batch[0])))
        return loss + self.forecaster.penalty()

    def validation_step(self, batch: tuple[Tensor, Tensor]) -> None:
        """Mean absolute error of the point forecast."""
        numbers, truth = self._forecast(batch)
        if not len(truth):
            return
        error = self.forecaster.head.point(numbers) - truth
        self.log("val_mae", error.abs().mean(), prog_bar=True, batch_size=error[..., 0, 0].numel())

    def on_train_epoch_end(self) -> None:
        """Note what the epoch gave."""
        # Once an epoch: `log` takes as long as a step of a small network.
        if self._losses:
            losses, sizes = zip(*self._losses, strict=True)
            weight = torch.tensor(sizes, dtype=torch.float32, device=self.device)
            mean = (torch.stack(losses) * weight).sum() / weight.sum()
            self.log("train_loss", mean, sync_dist=True)
        metrics = self.trainer.callback_metrics
        names = ("train_loss", "val_mae") if self.validated else ("train_loss",)
        self.trace.append({k: float(metrics[k]) for k in names if k in metrics})

    def on_save_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Keep the trace with the weights."""
        checkpoint["trace"] = self.trace

    def on_load_checkpoint(self, checkpoint: dict[str, Any]) -> None:
        """Take the trace back."""
        self.trace = checkpoint["trace"]

    def configure_optimizers(self) -> Any:
        """AdamW, and how its rate falls."""
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
        watched = {"monitor": "val_mae"} if self.validated else {}
        return {"optimizer": optimizer, "lr_scheduler": {"scheduler": schedule, **watched}}


def arithmetic(precision: str) -> str:
    """Bf16 only where the hardware computes in it: emulated, an LSTM is forty times slower.

    Parameters
    ----------
    precision : str
        Asked for.

    Returns
    -------
    str
        For Lightning.
    """
    native = torch.cuda.is_available() or torch.cpu._is_avx512_bf16_supported()
    return precision if native else "32-true"


@contextmanager
def quiet() -> Iterator[None]:
    """Keep Lightning's advice to newcomers out of a study's output."""
    with warnings.catch_warnings():
        _ignore_advice()
        yield


def _ignore_advice() -> None:
    for name in ("lightning.pytorch", "lightning.fabric"):
        logging.getLogger(name).setLevel(logging.ERROR)
    warnings.filterwarnings("ignore", module=r"lightning\.")
    warnings.filterwarnings("ignore", module=r"torch\.")
