"""Causal temporal convolutional network with ring buffers as its state."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import State, StatefulNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class TCN(StatefulNetwork):
    """Residual blocks of one dilated causal convolution each; dilation doubles from block to block.

    Parameters
    ----------
    width : int
        Number of channels, W.
    blocks : int
        Number of blocks, D.
    kernel : int
        Taps of each convolution, k.
    dropout : float
        After each convolution.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Receptive field: 1 + (k - 1) (2^D - 1) samples. Multiply-adds per sample, by hand:
    C W + D (k W^2 + W^2) + W S K. The state holds the last (k - 1) 2^d inputs of each block, one
    after the other; before the first sample it is filled with zeros, as padding would be.

    Source: Bai et al. 2018. Differences: one convolution a block, layer norm, no weight norm.
    """

    def __init__(
        self,
        signature: Signature,
        width: Annotated[int, Gt(0)] = 48,
        blocks: Annotated[int, Gt(0)] = 6,
        kernel: Annotated[int, Gt(1)] = 3,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.kernel = kernel
        self.embed = nn.Linear(self.width_in, width)
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(blocks))
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, width, kernel, dilation=2**d) for d in range(blocks)
        )
        self.mixers = nn.ModuleList(nn.Linear(width, width) for _ in range(blocks))
        self.dropout = nn.Dropout(dropout)
        self.last = self.readout(width)

    @property
    def memory(self) -> list[int]:
        """Number of samples that each block keeps."""
        return [(self.kernel - 1) * 2**d for d in range(len(self.convolutions))]

    @property
    def receptive_field(self) -> int | None:
        """See :attr:`Forecaster.receptive_field`."""
        return 1 + sum(self.memory)

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`; shape (B, samples of all blocks, width)."""
        return {"held": torch.zeros(batch, sum(self.memory), self.embed.out_features)}

    def encode(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulNetwork.encode`."""
        x, kept = self.embed(samples), []
        buffers = state["held"].split(self.memory, dim=1)
        for norm, layer, mix, past in zip(
            self.norms, self.convolutions, self.mixers, buffers, strict=True
        ):
            held = torch.cat([past, norm(x)], dim=1)
            kept.append(held[:, -past.shape[1] :])
            hidden = layer(held.transpose(1, 2))
            x = x + self.dropout(mix(torch.relu(hidden).transpose(1, 2)))
        return x, {"held": torch.cat(kept, dim=1)}
