"""LSTM over the window."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import WindowNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class LSTM(WindowNetwork):
    """Stacked LSTM over the window; its last output is read.

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
    Multiply-adds, by hand, with T samples and C columns: T 4 U (C + U) in the first layer, T 8 U^2
    in each further one, and U S K in the readout. The parameters of a layer serve all T samples.
    """

    def __init__(
        self,
        signature: Signature,
        units: Annotated[int, Gt(0)] = 64,
        layers: Annotated[int, Gt(0)] = 1,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.lstm = nn.LSTM(
            self.width_in,
            units,
            num_layers=layers,
            batch_first=True,
            dropout=dropout if layers > 1 else 0.0,
        )
        self.dropout = nn.Dropout(dropout)
        self.last = self.readout(units)

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        sequence, _ = self.lstm(window)
        return self.dropout(sequence[:, -1])
