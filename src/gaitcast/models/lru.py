"""Linear recurrent unit: a diagonal state-space model, one complex state per mode."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn
from torch.nn.functional import gelu, pad

from gaitcast.models.base import State, StatefulNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class LRU(StatefulNetwork):
    """Stacked linear recurrences with gated dense layers between them.

    Parameters
    ----------
    width : int
        Size of the embedding, W.
    modes : int
        Number of complex states per layer, N.
    layers : int
        Number of layers, L.
    dropout : float
        After each layer.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Source: Orvieto et al., Resurrecting recurrent neural networks for long sequences, 2023. One
    sample is one multiplication of each mode by its eigenvalue; a segment is a parallel scan, so
    training needs log2 of its length in steps. Eigenvalues are initialised with moduli of 0.9 to
    0.999 and phases up to pi / 10. Multiply-adds in matrix products per sample, by hand:
    C W + L (4 N W + 2 W^2) + W S K (input 2 N W, output 2 N W, gate 2 W^2); the eigenvalues add
    4 N a layer.

    Differences from the paper: the residual connection is the only skip connection.
    """

    def __init__(
        self,
        signature: Signature,
        width: Annotated[int, Gt(0)] = 64,
        modes: Annotated[int, Gt(0)] = 64,
        layers: Annotated[int, Gt(0)] = 2,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.embed = nn.Linear(self.width_in, width)
        self.layers = nn.ModuleList(_Recurrence(width, modes, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.modes = modes
        self.last = self.readout(width)

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`; (B, L, 2 N), real parts first."""
        return {"modes": torch.zeros(batch, len(self.layers), 2 * self.modes)}

    def encode(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulNetwork.encode`."""
        x, kept = self.embed(samples), []
        for number, layer in enumerate(self.layers):
            x, after = layer(x, state["modes"][:, number])
            kept.append(after)
        return self.norm(x), {"modes": torch.stack(kept, dim=1)}


class _Recurrence(nn.Module):
    def __init__(self, width: int, modes: int, dropout: float) -> None:
        super().__init__()
        # |eigenvalue| = exp(-exp(decay)) < 1: stable whatever is learnt.
        modulus = torch.sqrt(torch.rand(modes) * (0.999**2 - 0.9**2) + 0.9**2)
        self.decay = nn.Parameter(torch.log(-torch.log(modulus)))
        self.phase = nn.Parameter(torch.log(torch.rand(modes) * torch.pi / 10 + 1e-3))
        gain = torch.sqrt(1 - modulus**2)
        self.enter = nn.Linear(width, 2 * modes, bias=False)
        self.enter.weight.data *= torch.cat([gain, gain])[:, None]
        self.leave = nn.Linear(2 * modes, width)
        self.gate = nn.Linear(width, 2 * width)
        self.norm, self.dropout = nn.LayerNorm(width), nn.Dropout(dropout)

    def forward(self, x: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """From (B, T, W) and state (B, 2 N) to the same."""
        drive = self.enter(self.norm(x))
        modes = _scan(drive, state, self.decay.exp(), self.phase.exp())
        value, gate = self.gate(gelu(self.leave(modes))).chunk(2, dim=-1)
        return x + self.dropout(value * torch.sigmoid(gate)), modes[:, -1]


def _scan(drive: Tensor, state: Tensor, decay: Tensor, phase: Tensor) -> Tensor:
    """Modes at every sample, (B, T, 2 N), in log2 T sweeps; each adds the part `shift` before it.

    In real numbers, because the exported graph has no complex ones, and without an FFT, whose
    rounding would let future samples influence the past.
    """

    def turned(modes: Tensor, steps: Tensor | int) -> Tensor:
        """Multiply by the eigenvalues to the power of `steps`."""
        modulus = torch.exp(-decay * steps)
        cosine, sine = modulus * torch.cos(phase * steps), modulus * torch.sin(phase * steps)
        real, imaginary = modes.chunk(2, dim=-1)
        parts = [cosine * real - sine * imaginary, sine * real + cosine * imaginary]
        return torch.cat(parts, dim=-1)

    length, shift, modes = drive.shape[1], 1, drive
    while shift < length:
        modes = modes + pad(turned(modes[:, :-shift], shift), (0, 0, shift, 0))
        shift *= 2
    ahead = torch.arange(1, length + 1, device=drive.device)[:, None]
    return modes + turned(state[:, None], ahead)
