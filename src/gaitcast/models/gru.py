"""Stateful causal GRU with a forecast at every sample."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import Signature, StatefulForecaster


class GRU(StatefulForecaster):
    """Stacked GRU and a linear head; constant work per sample, state carried on.

    Parameters
    ----------
    signature : Signature
        Shapes.
    units : int
        Per layer.
    layers : int
        Stacked layers.
    dropout : float
        Between layers and before the head.
    """

    def __init__(
        self,
        signature: Signature,
        units: Annotated[int, Gt(0)] = 64,
        layers: Annotated[int, Gt(0)] = 2,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0,
    ) -> None:
        super().__init__(signature)
        self.rnn = nn.GRU(
            signature.n_inputs,
            units,
            num_layers=layers,
            batch_first=True,
            dropout=dropout if layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(units, signature.horizon * signature.n_targets)

    def initial_state(self, batch: int) -> Tensor:
        """See :meth:`StatefulForecaster.initial_state`; shape (layers, B, units)."""
        return torch.zeros(self.rnn.num_layers, batch, self.rnn.hidden_size)

    def forward(self, samples: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """See :meth:`StatefulForecaster.forward`."""
        hidden, state = self.rnn(samples, state)
        shape = (*samples.shape[:2], self.signature.horizon, self.signature.n_targets)
        return self.head(self.dropout(hidden)).reshape(shape), state
