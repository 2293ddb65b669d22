"""Stateful causal GRU with a forecast at every sample."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import State, StatefulNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class GRU(StatefulNetwork):
    """Stacked GRU and a linear readout; constant work per sample, state carried on.

    Parameters
    ----------
    units : int
        Size of each layer, U.
    layers : int
        Number of stacked layers.
    dropout : float
        Between layers and before the readout.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Multiply-adds per sample, by hand: 3 U (C + U) in the first layer, 6 U^2 in each further one,
    and U S K in the readout; as many parameters, and 6 U biases a layer, S K in the readout.
    """

    def __init__(
        self,
        signature: Signature,
        units: Annotated[int, Gt(0)] = 64,
        layers: Annotated[int, Gt(0)] = 2,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.rnn = nn.GRU(
            self.width_in,
            units,
            num_layers=layers,
            batch_first=True,
            dropout=dropout if layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(dropout)
        self.last = self.readout(units)

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`; (layers, B, units)."""
        return {"hidden": torch.zeros(self.rnn.num_layers, batch, self.rnn.hidden_size)}

    def encode(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulNetwork.encode`."""
        hidden, last = self.rnn(samples, state["hidden"])
        return self.dropout(hidden), {"hidden": last}
