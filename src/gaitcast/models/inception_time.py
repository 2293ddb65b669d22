"""InceptionTime."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt
from torch import Tensor, nn

from gaitcast.models.base import WindowNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class InceptionTime(WindowNetwork):
    """Inception modules along time, a residual every three, mean over time.

    Parameters
    ----------
    filters : int
        Number in each of the four branches of a module, F.
    depth : int
        Number of modules; the paper has 6.
    kernel : int
        Longest kernel, samples; the others are a half and a quarter of it. The paper has 40.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Source: Ismail Fawaz et al., InceptionTime, 2020. Multiply-adds of a later module, by hand, with
    T samples: T (4F F + F F (k + k/2 + k/4) + 4F F): bottleneck, three convolutions, pooled branch.

    Differences from the paper: one network instead of an ensemble of five.
    """

    def __init__(
        self,
        signature: Signature,
        filters: Annotated[int, Gt(0)] = 32,
        depth: Annotated[int, Gt(0)] = 6,
        kernel: Annotated[int, Gt(3)] = 40,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.modules_, self.shortcuts = nn.ModuleList(), nn.ModuleList()
        width = start = self.width_in
        for number in range(depth):
            self.modules_.append(_Inception(width, filters, kernel))
            width = 4 * filters
            if number % 3 == 2:
                shortcut = nn.Conv1d(start, width, 1, bias=False)
                self.shortcuts.append(nn.Sequential(shortcut, nn.BatchNorm1d(width)))
                start = width
        self.last = self.readout(width)

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        x = start = window.transpose(1, 2)
        for number, module in enumerate(self.modules_):
            x = module(x)
            if number % 3 == 2:
                x = start = torch.relu(x + self.shortcuts[number // 3](start))
        return x.mean(2)


class _Inception(nn.Module):
    def __init__(self, width: int, filters: int, kernel: int) -> None:
        super().__init__()
        self.bottleneck = nn.Conv1d(width, filters, 1, bias=False)
        lengths = [k // 2 * 2 + 1 for k in (kernel - 1, kernel // 2 - 1, kernel // 4 - 1)]
        self.branches = nn.ModuleList(
            nn.Conv1d(filters, filters, k, padding=k // 2, bias=False) for k in lengths
        )
        self.pooled = nn.Sequential(
            nn.MaxPool1d(3, 1, padding=1), nn.Conv1d(width, filters, 1, bias=False)
        )
        self.norm = nn.BatchNorm1d(4 * filters)

    def forward(self, x: Tensor) -> Tensor:
        narrow = self.bottleneck(x)
        parts = [branch(narrow) for branch in self.branches]
        return torch.relu(self.norm(torch.cat([*parts, self.pooled(x)], dim=1)))
