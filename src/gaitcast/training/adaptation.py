"""Adapt a trained network to one person by some seconds of theirs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import lightning
import torch
from torch.utils.data import DataLoader

from gaitcast.errors import GaitcastError
from gaitcast.tasks import Series
from gaitcast.training.batches import training_batches
from gaitcast.training.module import ForecastModule, arithmetic, quiet
from gaitcast.training.predictor import Predictor
from gaitcast.training.settings import Training


def adapt(
    predictor: Predictor, calibration: Sequence[Series], chosen: Training, seed: int = 0
) -> None:
    """Train on for a few epochs at a lower rate, in place; nothing stops it early.

    Parameters
    ----------
    predictor : Predictor
        Trained on other people; its scalers stay.
    calibration : sequence of Series
        Of the new person, physical units.
    chosen : Training
        ``adapt_epochs`` and ``adapt_rate`` of it, and the model's usual batches.
    seed : int
        Of order and dropout.

    Raises
    ------
    GaitcastError
        If the calibration holds no window.
    """
    forecaster, shape = predictor.forecaster, predictor.signature
    if not chosen.adapt_epochs:
        return
    windows = shape.windows(predictor.scaled(calibration))
    if not len(windows):
        raise GaitcastError(
            f"the calibration holds no window of {shape.span} samples",
            where=f"model '{predictor.model}'",
            hint="Give more seconds to adapt to",
        )
    gentle = replace(
        chosen,
        max_epochs=chosen.adapt_epochs,
        learning_rate=chosen.learning_rate * chosen.adapt_rate,
        halve_after=0,
    )
    batches, burn_in = training_batches(forecaster, windows, gentle, seed)
    module = ForecastModule(forecaster, gentle, burn_in, seed, validated=False)
    forecaster.train()
    for layer in forecaster.modules():
        if isinstance(layer, torch.nn.modules.batchnorm._BatchNorm):
            layer.eval()  # some seconds tell no mean over batches
    with quiet(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        trainer = lightning.Trainer(
            max_epochs=gentle.max_epochs,
            accelerator="auto",
            devices=1,
            precision=arithmetic(gentle.precision),
            logger=False,
            enable_checkpointing=False,
            enable_progress_bar=False,
            enable_model_summary=False,
        )
        trainer.fit(module, DataLoader(batches, batch_size=None))
    forecaster.cpu().eval()
