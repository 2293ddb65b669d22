"""Gated temporal convolutional network with ring buffers as its state."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import State, StatefulNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


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
    each block, one block after the other; before the first sample it is filled with zeros.

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
        """See :meth:`StatefulForecaster.initial_state`; shape (B, samples of all blocks, width)."""
        return {"held": torch.zeros(batch, sum(self.memory), self.embed.out_features)}

    def encode(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulNetwork.encode`."""
        if samples.shape[1] == 1 and not self.training:
            return self._one(samples[:, 0], state["held"])
        x, kept, found = self.embed(samples).transpose(1, 2), [], []
        for number, past in enumerate(state["held"].transpose(1, 2).split(self.memory, dim=2)):
            held = torch.cat([past, x], dim=2)
            kept.append(held[:, :, -past.shape[2] :])
            value, gate = self.convolutions[number](held).chunk(2, dim=1)
            found.append(torch.tanh(value) * torch.sigmoid(gate))
            if number < len(self.mixers):
                x = x + self.mixers[number](found[-1])
        skipped = torch.cat(found, dim=1).transpose(1, 2)
        embedding = self.dropout(torch.relu(self.gather(skipped)))
        return embedding, {"held": torch.cat(kept, dim=2).transpose(1, 2)}

    def _one(self, sample: Tensor, held: Tensor) -> tuple[Tensor, State]:
        """The same for one sample (B, C), in few operations.

        What the past adds to each block's gates is known before the first block.
        """
        blocks, width, taps = len(self.convolutions), held.shape[2], self.kernel - 1
        begins = [sum(self.memory[:d]) for d in range(blocks)]
        read = [begin + j * 2**d for d, begin in enumerate(begins) for j in range(taps)]
        ways = [c for c in self.convolutions if isinstance(c, nn.Conv1d)]
        mixers = [m for m in self.mixers if isinstance(m, nn.Conv1d)]
        weights = torch.stack([c.weight for c in ways])  # (D, 2 W, W, k)
        biases = torch.cat([c.bias for c in ways if c.bias is not None])
        old = held.index_select(1, torch.tensor(read)).reshape(-1, blocks, taps * width)
        by_past = weights[..., :-1].permute(0, 3, 2, 1).reshape(blocks, taps * width, 2 * width)
        added = (old.transpose(0, 1) @ by_past).transpose(0, 1).flatten(1) + biases
        x, seen, found = self.embed(sample), [], []
        for number, past in enumerate(added.split(2 * width, dim=1)):
            seen.append(x)
            value, gate = torch.addmm(past, x, weights[number, :, :, -1].T).chunk(2, dim=1)
            found.append(torch.tanh(value) * torch.sigmoid(gate))
            if number < len(mixers):
                weight, bias = mixers[number].weight[:, :, 0], mixers[number].bias
                x = torch.addmm(x, found[-1], weight.T) + (0.0 if bias is None else bias)
        next_rows = [
            row
            for number, (begin, count) in enumerate(zip(begins, self.memory, strict=True))
            for row in (*range(begin + 1, begin + count), held.shape[1] + number)
        ]
        kept = torch.cat([held, torch.stack(seen, dim=1)], dim=1)
        kept = kept.index_select(1, torch.tensor(next_rows))
        embedding = torch.relu(self.gather(torch.cat(found, dim=1)))
        return embedding[:, None], {"held": kept}
