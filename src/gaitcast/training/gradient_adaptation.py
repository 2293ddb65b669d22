"""Adapt a network by gradient: all of it, its last layer, or all of it by few numbers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from copy import deepcopy
from dataclasses import replace

import lightning
import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize
from torch.utils.data import DataLoader

from gaitcast.models import Forecaster
from gaitcast.models.base import Network
from gaitcast.tasks import Series, Windows
from gaitcast.training.adaptation_method import AdaptationMethod
from gaitcast.training.batches import training_batches
from gaitcast.training.closed_form_adaptation import last_layer
from gaitcast.training.module import ForecastModule, arithmetic, quiet
from gaitcast.training.predictor import Predictor
from gaitcast.training.settings import Training

#: Rank of the update of each matrix, and how much faster it learns than the matrices would.
_RANK, _FASTER = 4, 10.0


class WholeNetwork(AdaptationMethod):
    """Train all weights on for some epochs at a lower rate; nothing stops it early."""

    faster = 1.0

    def takes(self, forecaster: Forecaster) -> bool:
        """See :meth:`AdaptationMethod.takes`."""
        return isinstance(forecaster, Network)

    def apply(
        self, predictor: Predictor, calibration: Sequence[Series], chosen: Training, seed: int
    ) -> Predictor:
        """See :meth:`AdaptationMethod.apply`."""
        made = replace(predictor, forecaster=deepcopy(predictor.forecaster))
        if not chosen.adapt_epochs:
            return made
        gentle = replace(
            chosen,
            max_epochs=chosen.adapt_epochs,
            learning_rate=min(10.0, chosen.learning_rate * chosen.adapt_rate * self.faster),
            halve_after=0,
        )
        windows = made.signature.windows(made.scaled(calibration))
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            with self.learning(made.forecaster):
                _train_on(made.forecaster, windows, gentle, seed)
        return made

    @contextmanager
    def learning(self, forecaster: Forecaster) -> Iterator[None]:
        """Let those weights be trained that are to be."""
        del forecaster
        yield


class Last(WholeNetwork):
    """Train the last layer alone."""

    @contextmanager
    def learning(self, forecaster: Forecaster) -> Iterator[None]:
        """See :meth:`WholeNetwork.learning`."""
        with _fixed(forecaster):
            last_layer(forecaster).requires_grad_(True)
            yield


class LowRank(WholeNetwork):
    """Train an update of low rank of every matrix, which is then part of the matrix.

    Notes
    -----
    Source: Hu et al. 2022 (LoRA). A weight of more than two axes, as of a convolution, is a matrix
    of its first axis by the others. Vectors stay as they are.
    """

    faster = _FASTER

    @contextmanager
    def learning(self, forecaster: Forecaster) -> Iterator[None]:
        """See :meth:`WholeNetwork.learning`."""
        with _fixed(forecaster):
            changed = [
                (module, name)
                for module in forecaster.modules()
                for name, weight in [*module.named_parameters(recurse=False)]
                if weight.dim() > 1
            ]
            for module, name in changed:
                update = _Update(getattr(module, name).shape)
                parametrize.register_parametrization(module, name, update)
            yield
        for module, name in changed:
            parametrize.remove_parametrizations(module, name)


class _Update(nn.Module):
    """A weight plus a product of two narrow matrices, which is 0 at first."""

    def __init__(self, shape: torch.Size) -> None:
        super().__init__()
        rows, columns = shape[0], shape.numel() // shape[0]
        rank = min(_RANK, rows, columns)
        self.up = nn.Parameter(torch.zeros(rows, rank))
        self.down = nn.Parameter(torch.randn(rank, columns) / columns**0.5)

    def forward(self, weight: Tensor) -> Tensor:
        """The weight as it is used."""
        return weight + (self.up @ self.down).reshape(weight.shape)


@contextmanager
def _fixed(forecaster: Forecaster) -> Iterator[None]:
    """No weight that is there already is trained."""
    weights = [*forecaster.parameters()]
    for weight in weights:
        weight.requires_grad_(False)
    yield
    for weight in weights:
        weight.requires_grad_(True)


def _train_on(forecaster: Forecaster, windows: Windows, gentle: Training, seed: int) -> None:
    batches, burn_in = training_batches(forecaster, windows, gentle, seed)
    module = ForecastModule(forecaster, gentle, burn_in, seed, validated=False)
    forecaster.train()
    for layer in forecaster.modules():
        if isinstance(layer, nn.modules.batchnorm._BatchNorm):
            layer.eval()  # some seconds tell no mean over batches
    with quiet():
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
