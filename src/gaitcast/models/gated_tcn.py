"""Gated temporal convolutional network with ring buffers as its state."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import Signature, State, StatefulNetwork
from gaitcast.models.heads import Fusion


class GatedTCN(StatefulNetwork):
    """Dilated causal convolutions, each with a gate; the embedding reads all of them.

    Parameters
    ----------
    width : int
        Number of channels, W.
    blocks : int
        Number of blocks, D; dilation doubles from one to the next.
    kernel : int
        Taps of each convolution, k.
    dropout : float
        On the embedding.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Receptive field: 1 + (k - 1) (2^D - 1) samples. Multiply-adds per sample, by hand:
    C W + D (2 k W^2 + W^2) + (D - 1) W^2 + W S K. The state holds the last (k - 1) 2^d inputs of
    each block, one after the other; before the first sample it is filled with zeros.

    Source: van den Oord et al. 2016 (WaveNet). Differences: one layer after the sum of the blocks'
    outputs instead of two, and the last block has no residual branch.
    """

    def __init__(
        self,
        signature: Signature,
        width: Annotated[int, Gt(0)] = 32,
        blocks: Annotated[int, Gt(0)] = 7,
        kernel: Annotated[int, Gt(1)] = 3,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.kernel = kernel
        self.embed = nn.Linear(self.width_in, width)
        self.convolutions = nn.ModuleList(
            nn.Conv1d(width, 2 * width, kernel, dilation=2**d) for d in range(blocks)
        )
        self.mixers = nn.ModuleList(nn.Conv1d(width, width, 1) for _ in range(blocks - 1))
        self.gather = nn.Linear(blocks * width, width)
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
        """See :meth:`StatefulForecaster.initial_state`; shape (B, width, samples of all blocks)."""
        return {"held": torch.zeros(batch, self.embed.out_features, sum(self.memory))}

    def encode(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulNetwork.encode`."""
        x, kept, found = self.embed(samples).transpose(1, 2), [], []
        for number, past in enumerate(state["held"].split(self.memory, dim=2)):
            held = torch.cat([past, x], dim=2)
            kept.append(held[:, :, -past.shape[2] :])
            value, gate = self.convolutions[number](held).chunk(2, dim=1)
            found.append(torch.tanh(value) * torch.sigmoid(gate))
            if number < len(self.mixers):
                x = x + self.mixers[number](found[-1])
        skipped = torch.cat(found, dim=1).transpose(1, 2)
        embedding = self.dropout(torch.relu(self.gather(skipped)))
        return embedding, {"held": torch.cat(kept, dim=2)}
