"""The bidirectional LSTM of Zare Banadkouki et al. 2025."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from annotated_types import Ge, Gt, Interval
from torch import Tensor, nn

from gaitcast.models.base import WindowNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class BiLSTM(WindowNetwork):
    """Dense 128 and ReLU per sample, Bi-LSTM, layer norm, dropout, Bi-LSTM (last), dropout, dense.

    Both directions run over the past window only, so the network is causal; it needs the whole
    window again at every sample.

    Parameters
    ----------
    units : int
        Size of the dense layer and of each LSTM direction.
    dropout : float
        After each Bi-LSTM.
    l2 : float
        Penalty on the input kernels.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Initial weights are as in Keras: Glorot-uniform kernels, orthogonal recurrent kernels, forget
    bias 1, all other biases 0.
    "Last" is each direction's own last step, as in Keras: the newest sample for the forward
    direction, the oldest for the backward one.

    Multiply-adds per prediction, by hand, with U units, a window of T samples and C columns:
    T (C U + 2 (U + U) 4 U + 2 (2 U + U) 4 U) + 2 U S K, the four gates of two directions twice.
    Parameters: C U + U (dense), 2 (4 U (U + U) + 8 U) and 2 (4 U (2 U + U) + 8 U) (torch keeps two
    biases per gate, Keras one), 4 U (norm), 2 U S K + S K (readout).

    Differences from Keras: each gate's recurrent kernel is drawn orthogonal separately (Keras draws
    the four as one matrix), and layer norm adds 1e-5 to the variance (Keras 1e-3).

    Differences from the paper: it does not state which weights the L2 penalty covers; here it
    covers every input kernel (Keras' ``kernel_regularizer``), not the recurrent ones and biases.
    """

    scaling: ClassVar[str] = "minmax"

    def __init__(
        self,
        signature: Signature,
        units: Annotated[int, Gt(0)] = 128,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.3,
        l2: Annotated[float, Ge(0)] = 1e-4,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.l2 = l2
        self.embed = nn.Linear(self.width_in, units)
        self.first = nn.LSTM(units, units, batch_first=True, bidirectional=True)
        self.norm = nn.LayerNorm(2 * units)
        self.second = nn.LSTM(2 * units, units, batch_first=True, bidirectional=True)
        self.dropout = nn.Dropout(dropout)
        self.last = self.readout(2 * units)
        self._begin_like_keras()

    def _begin_like_keras(self) -> None:
        for name, weight in self.named_parameters():
            if "norm" in name:
                continue
            if "weight_hh" in name:
                for gate in weight.data.chunk(4):
                    nn.init.orthogonal_(gate)
            elif "weight" in name:
                # A stacked LSTM kernel holds four gates; Keras too draws them as one matrix.
                nn.init.xavier_uniform_(weight)
            else:
                nn.init.zeros_(weight)
                if "bias_ih" in name:
                    weight.data.chunk(4)[1].fill_(1.0)

    def penalty(self) -> Tensor:
        """See :meth:`Forecaster.penalty`."""
        kernels = [
            weight
            for name, weight in self.named_parameters()
            if "weight" in name and "weight_hh" not in name and "norm" not in name
        ]
        return self.l2 * torch.stack([(kernel**2).sum() for kernel in kernels]).sum()

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        embedded = torch.relu(self.embed(window))
        sequence, _ = self.first(embedded)
        sequence = self.dropout(self.norm(sequence))
        _, (last, _) = self.second(sequence)
        return self.dropout(torch.cat([last[0], last[1]], dim=1))
