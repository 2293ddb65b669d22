"""The wearer's own moments as they are searched, and the ridge line through the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from gaitcast.models.base import State

#: Penalty on the slope of the line through the neighbours, and steps that invert its matrix.
_STIFFNESS, _STEPS = 1.0, 12


@dataclass(frozen=True)
class Searched:
    """The wearer's own moments that are searched at some samples.

    Parameters
    ----------
    keys, size : Tensor, shape (B, n, width) and (B, n)
        And the sums of their squares.
    absent : Tensor, shape (B, L or 1, n)
        1 where at a sample a place holds nothing, or what is not known yet or no longer.
    at : Tensor, shape (B, n)
        Row of `past` of each moment.
    past : Tensor, shape (B, rows, K)
        Targets, to which the rows refer.
    """

    keys: Tensor
    size: Tensor
    absent: Tensor
    at: Tensor
    past: Tensor

    @classmethod
    def after(cls, kept: State, past: Tensor) -> Searched:
        """Those remembered up to the one sample that is asked."""
        held = past.shape[1]
        at = (held - kept["age"]).long().clamp(0, held - 1)
        absent = (kept["age"] == 0).float()[:, None]
        return cls(kept["keys"], kept["size"], absent, at, past)

    @classmethod
    def along(
        cls,
        state: State,
        incoming: Tensor,
        written: Tensor,
        past: Tensor,
        every: int,
        delay: int,
    ) -> Searched:
        """Those remembered before some samples, and those that come in with them."""
        ages, length, held = state["age"], incoming.shape[1], state["past"].shape[1]
        places, now = ages.shape[1] - 1, torch.arange(length)
        begun = torch.floor(state["turn"] / every)
        turn = torch.remainder(torch.arange(places + 1) - begun, places)[:, None]
        newer = turn < written.cumsum(1)[..., None]
        lost = ages[:, None] + now[:, None] >= held
        old = ((ages == 0)[:, None] | newer | lost).float()
        new = 1 - written[:, None] * (now[None] <= now[:, None]).float()
        rows = (held - ages).long().clamp(0, held - 1)
        fresh = (held - delay + now).expand(len(rows), -1)
        return cls(
            torch.cat([state["keys"], incoming], dim=1),
            torch.cat([state["size"], (incoming * incoming).sum(-1)], dim=1),
            torch.cat([old, new], dim=-1),
            torch.cat([rows, fresh], dim=1),
            past,
        )


def ago(rows: Tensor, lags: Sequence[int], count: Tensor) -> Tensor:
    """What stood so many samples before each of the last ones, (B, L, lags, columns).

    What was before the segment is as it is now; `count` (B, L) are samples of the segment.
    """
    length, columns = count.shape[1], rows.shape[2]
    back = torch.tensor(lags)
    at = (rows.shape[1] - length + torch.arange(length)[:, None] - back).reshape(-1)
    found = rows.index_select(1, at).reshape(len(rows), length, len(lags), columns)
    known = count[..., None, None] > back[:, None]
    return torch.where(known, found, rows[:, -length:, None])


def rows_at(table: Tensor, index: Tensor) -> Tensor:
    """Rows (B, L, n, width) of (B, rows, width) at (B, L, n)."""
    batch, length, count = index.shape
    flat = index.reshape(batch, -1, 1).expand(-1, -1, table.shape[2])
    return table.gather(1, flat).reshape(batch, length, count, -1)


def ridge_line(away: Tensor, weight: Tensor, share: Tensor) -> Tensor:
    """Shares (..., n) of the neighbours in the value of a ridge line where `away` is 0.

    Parameters
    ----------
    away : Tensor, shape (..., n, width)
        Keys of the neighbours minus that of the present.
    weight, share : Tensor, shape (..., n)
        Of each, and the same to a sum of 1.

    Notes
    -----
    The inverse is Newton's (Schulz 1933), in matrix products alone: a graph has no solver.
    """
    middle = (away * share[..., None]).sum(-2, keepdim=True)
    apart = away - middle
    eye = torch.eye(away.shape[-1])
    matrix = (apart * weight[..., None]).transpose(-1, -2) @ apart + _STIFFNESS * eye
    largest = matrix.abs().sum(-1).amax(-1)[..., None, None]
    inverse = 2 / (_STIFFNESS + largest) * eye
    for _ in range(_STEPS):
        inverse = inverse @ (2 * eye - matrix @ inverse)
    slope = (middle @ inverse).transpose(-1, -2)
    return share - weight * (apart @ slope)[..., 0]
