"""Convolutions along time."""

from __future__ import annotations

from typing import Annotated

from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import WindowNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class CNN(WindowNetwork):
    """1-D CNN: two convolutions along time with tanh, each pooled by 2, then a dense layer.

    Parameters
    ----------
    signature : Signature
        At least 4 samples of history.
    filters : int
        Number in each convolution, F.
    kernel : int
        Length in samples, odd; borders are padded with zeros.
    units : int
        Size of the dense layer, U.
    dropout : float
        Before the readout.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Multiply-adds, by hand, with T samples and C columns: T C k F + (T/2) F k F + (T/4) F U + U S K.

    Differences from the paper: Zhu et al. 2021 draw convolution (tanh), max-pooling and a fully
    connected layer before the output; they state neither sizes nor the number of layers.
    """

    def __init__(
        self,
        signature: Signature,
        filters: Annotated[int, Gt(0)] = 64,
        kernel: Annotated[int, Gt(0)] = 5,
        units: Annotated[int, Gt(0)] = 64,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.layers = nn.Sequential(
            nn.Conv1d(self.width_in, filters, kernel, padding="same"),
            nn.Tanh(),
            nn.MaxPool1d(2, ceil_mode=True),
            nn.Conv1d(filters, filters, kernel, padding="same"),
            nn.Tanh(),
            nn.MaxPool1d(2, ceil_mode=True),
            nn.Flatten(),
            nn.Linear(-(-signature.history // 4) * filters, units),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.last = self.readout(units)

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        return self.layers(window.transpose(1, 2))
