"""Convolutions along time and channels, alone and read by an LSTM."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import WindowNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class CNN2D(WindowNetwork):
    """2-D CNN: the window as a picture, time by channels, pooled along time only.

    Parameters
    ----------
    filters : int
        Number in the first convolution, F; the second has twice as many.
    kernel : int
        Length in samples, odd; both convolutions cover three channels.
    units : int
        Size of the dense layer, U.
    dropout : float
        Before the readout.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Multiply-adds, by hand: T C 3k F + (T/4) C 3k F 2F + (T/16) C 2F U + U S K.
    """

    def __init__(
        self,
        signature: Signature,
        filters: Annotated[int, Gt(0)] = 16,
        kernel: Annotated[int, Gt(0)] = 5,
        units: Annotated[int, Gt(0)] = 64,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.layers = planar_layers(filters, kernel)
        rows = -(-signature.history // 16)
        self.dense = nn.Sequential(
            nn.Flatten(),
            nn.Linear(rows * self.width_in * 2 * filters, units),
            nn.ReLU(),
            nn.Dropout(dropout),
        )
        self.last = self.readout(units)

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        return self.dense(self.layers(window[:, None]))


def planar_layers(filters: int, kernel: int) -> nn.Sequential:
    """Two convolutions over time and channels; time becomes 16 times coarser.

    Parameters
    ----------
    filters : int
        Number in the first convolution, F.
    kernel : int
        Length in samples, odd.

    Returns
    -------
    nn.Sequential
        From (B, 1, T, C) to (B, 2 F, ceil(T / 16), C).
    """
    layers = nn.Sequential(
        nn.Conv2d(1, filters, (kernel, 3), padding="same"),
        nn.ReLU(),
        nn.MaxPool2d((4, 1), ceil_mode=True),
        nn.Conv2d(filters, 2 * filters, (kernel, 3), padding="same"),
        nn.ReLU(),
        nn.MaxPool2d((4, 1), ceil_mode=True),
    )
    # Filters adjacent in memory halve the time of pooling, which is half of a training step.
    layers.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
    return layers


class CNN2DLSTM(WindowNetwork):
    """2-D CNN whose coarse rows an LSTM reads in order.

    Parameters
    ----------
    filters : int
        Number in the first convolution, F; the second has twice as many.
    kernel : int
        Length in samples, odd; both convolutions cover three channels.
    units : int
        Size of the LSTM, U.
    dropout : float
        Before the readout.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Multiply-adds, by hand: T C 3k F + (T/4) C 3k F 2F + (T/16) 4 U (2F C + U) + U S K.

    Differences from the paper: Sugiarto et al. 2025 found such a network best; only their abstract
    is public, so all sizes here are our choice.
    """

    def __init__(
        self,
        signature: Signature,
        filters: Annotated[int, Gt(0)] = 16,
        kernel: Annotated[int, Gt(0)] = 5,
        units: Annotated[int, Gt(0)] = 64,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.layers = planar_layers(filters, kernel)
        self.lstm = nn.LSTM(2 * filters * self.width_in, units, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.last = self.readout(units)

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        picture = self.layers(window[:, None])  # (B, 2 F, rows, C)
        rows = torch.flatten(picture.transpose(1, 2), 2)
        sequence, _ = self.lstm(rows)
        return self.dropout(sequence[:, -1])
