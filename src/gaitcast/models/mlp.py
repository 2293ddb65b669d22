"""Multi-layer perceptron on the window."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import WindowNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class MLP(WindowNetwork):
    """Two dense ReLU layers on the window, sampled every few samples.

    Parameters
    ----------
    units : int
        Size of each layer, U.
    every : int
        Interval, samples, between the rows of the window that are used, the newest included.
    dropout : float
        After each layer.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Multiply-adds, by hand, with R rows of C columns: R C U + U^2 + U S K; as many parameters, and
    2 U + S K biases.
    """

    def __init__(
        self,
        signature: Signature,
        units: Annotated[int, Gt(0)] = 128,
        every: Annotated[int, Gt(0)] = 5,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.rows = list(range(signature.history - 1, -1, -every))
        self.layers = nn.Sequential(
            nn.Linear(len(self.rows) * self.width_in, units),
            nn.ReLU(),
            nn.Dropout(dropout),
            nn.Linear(units, units),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.last = self.readout(units)

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        return self.layers(torch.flatten(window[:, self.rows], 1))
