"""Causal Transformer over the recent past, with a cache of keys and values as its state."""

from __future__ import annotations

from typing import Annotated

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention

from gaitcast.errors import GaitcastError
from gaitcast.models.base import State, StatefulNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class Transformer(StatefulNetwork):
    """Pre-norm Transformer; every sample attends to the last `memory` samples of each layer.

    Parameters
    ----------
    width : int
        Size of the embedding, W.
    heads : int
        Number per layer; divides `width`.
    layers : int
        Number of layers, L.
    memory_ms : float
        Length of the past that a layer attends to, M samples.
    dropout : float
        After attention and after the dense part.
    fusion : str
        Where covariates come in.

    Raises
    ------
    GaitcastError
        If `heads` does not divide `width`.

    Notes
    -----
    Positions come in as a penalty that grows with the distance (ALiBi, Press et al. 2022), so a
    sample's position in a recording does not matter. Receptive field: 1 + L (M - 1). Multiply-adds
    per sample, by hand: C W + L (4 W^2 + 2 M W + 8 W^2) + W S K. The state holds keys, values and a
    mask of the filled places: a sample before the start of the recording gets no attention.
    """

    def __init__(
        self,
        signature: Signature,
        width: Annotated[int, Gt(0)] = 64,
        heads: Annotated[int, Gt(0)] = 4,
        layers: Annotated[int, Gt(0)] = 2,
        memory_ms: Annotated[float, Gt(0)] = 1000.0,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        if width % heads:
            raise GaitcastError(
                f"{heads} heads do not divide a width of {width}", where="model 'transformer'"
            )
        self.memory = max(2, round(memory_ms * signature.rate_hz / 1000))
        self.embed = nn.Linear(self.width_in, width)
        self.layers = nn.ModuleList(_Layer(width, heads, dropout) for _ in range(layers))
        self.norm = nn.LayerNorm(width)
        self.last = self.readout(width)

    @property
    def receptive_field(self) -> int | None:
        """See :attr:`Forecaster.receptive_field`."""
        return 1 + len(self.layers) * (self.memory - 1)

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`; shape (B, L, M - 1, 2 W + 1)."""
        width = self.embed.out_features
        return {"cache": torch.zeros(batch, len(self.layers), self.memory - 1, 2 * width + 1)}

    def encode(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulNetwork.encode`."""
        x, kept = self.embed(samples), []
        for number, layer in enumerate(self.layers):
            x, cache = layer(x, state["cache"][:, number])
            kept.append(cache)
        return self.norm(x), {"cache": torch.stack(kept, dim=1)}

    def attention(self, window: Tensor) -> dict[str, Tensor]:
        """See :meth:`Forecaster.attention`; from the newest sample, mean over heads and layers."""
        read, _ = self.split(window)
        x, state, looks = self.embed(read), self.initial_state(len(read)), []
        for number, layer in enumerate(self.layers):
            assert isinstance(layer, _Layer)
            looks.append(layer.look(x, state["cache"][:, number]))
            x, _ = layer(x, state["cache"][:, number])
        return {"time": torch.stack(looks).mean(0)[:, -read.shape[1] :]}


class _Layer(nn.Module):
    """One attention and one dense part, each with its residual."""

    def __init__(self, width: int, heads: int, dropout: float) -> None:
        super().__init__()
        self.heads = heads
        self.first, self.second = nn.LayerNorm(width), nn.LayerNorm(width)
        self.project = nn.Linear(width, 3 * width)
        self.join = nn.Linear(width, width)
        self.dense = nn.Sequential(
            nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width)
        )
        self.dropout = nn.Dropout(dropout)
        slopes = 2.0 ** (-8.0 * torch.arange(1, heads + 1) / heads)
        self.register_buffer("slopes", slopes, persistent=False)

    slopes: Tensor

    def forward(self, x: Tensor, cache: Tensor) -> tuple[Tensor, Tensor]:
        """From (B, T, W) and the cache (B, M - 1, 2 W + 1) to the same shapes."""
        batch, length, width = x.shape
        query, key, value, mask, held = self._read(x, cache)
        mixed = scaled_dot_product_attention(query, key, value, attn_mask=mask)
        x = x + self.dropout(self.join(mixed.transpose(1, 2).reshape(batch, length, width)))
        return x + self.dropout(self.dense(self.second(x))), held[:, length:]

    def look(self, x: Tensor, cache: Tensor) -> Tensor:
        """Attention of the newest sample on cache and `x` (B, M - 1 + T), mean over heads."""
        query, key, _, mask, _ = self._read(x, cache)
        size = query.shape[-1] ** 0.5
        scores = query[:, :, -1:] @ key.transpose(-1, -2) / size + mask[:, :, -1:]
        return scores.softmax(-1)[:, :, 0].mean(1)

    def _read(self, x: Tensor, cache: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
        """Queries, keys and values by head, the mask of visible samples, and the new cache."""
        batch, length, width = x.shape
        query, key, value = self.project(self.first(x)).chunk(3, dim=-1)
        fresh = torch.cat([key, value, torch.ones_like(key[..., :1])], dim=-1)
        held = torch.cat([cache, fresh], dim=1)
        key, value, filled = held.split([width, width, 1], dim=-1)
        past = cache.shape[1]
        now = torch.arange(length, device=x.device)[:, None]
        back = now + past - torch.arange(past + length, device=x.device)[None, :]
        seen = ((back >= 0) & (back <= past))[None, None] & (filled[:, None, None, :, 0] > 0.5)
        bias = -self.slopes[:, None, None] * back.clamp(min=0)
        mask = bias[None].masked_fill(~seen, -1e9)

        def apart(tensor: Tensor) -> Tensor:
            return tensor.reshape(batch, -1, self.heads, width // self.heads).transpose(1, 2)

        return apart(query), apart(key), apart(value), mask, held
