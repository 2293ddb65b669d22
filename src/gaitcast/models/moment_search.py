"""The wearer's own moments as they are searched, and the ridge line through the nearest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gaitcast.models.base import State

#: Added to the squared distance of a place that holds nothing.
EMPTY = 1e6
#: Squared distances to other people's moments count so much more.
OTHERS = 1.5
#: Neighbours while nothing of the wearer is known, and moments of theirs for one neighbour more.
FEW, MANY = 24, 60
#: Penalty on the slope of the line through the neighbours, and squarings that invert its matrix.
_STIFFNESS, _STEPS = 1.0, 10
#: The line leaves the neighbours' mean future by at most so many of their standard deviations.
_FARTHEST = 1.5


@dataclass(frozen=True)
class Searched:
    """The wearer's own moments that are searched at some samples.

    Parameters
    ----------
    keys : Tensor, shape (B, n, width + 2)
        Each with the sum of its squares, and 1.
    absent : Tensor, shape (B, L, n)
        1 where at a sample a place holds nothing, or what is not known yet or no longer.
    at : Tensor, shape (B, n)
        Row of `past` of each moment.
    past : Tensor, shape (B, rows, K)
        Targets, to which the rows refer.
    """

    keys: Tensor
    absent: Tensor
    at: Tensor
    past: Tensor

    @classmethod
    def fixed(cls, state: State, length: int) -> Searched:
        """Those that a memory began with, at so many samples."""
        absent = (state["at"][:, :-1] == 0).float()[:, None].expand(-1, length, -1)
        at = state["at"][:, :-1].long()
        return cls(state["keys"][:, :-1], absent, at, state["fixed"])

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
        at, length, held = state["at"][:, :-1], incoming.shape[1], state["past"].shape[1]
        places, now = at.shape[1], torch.arange(length)
        begun = torch.floor(state["turn"] / every)
        turn = torch.remainder(torch.arange(places) - begun, places)[:, None]
        newer = turn < written.cumsum(1)[..., None]
        lost = at[:, None] <= now[:, None] + 1
        old = (newer | lost).float()
        new = 1 - written[:, None] * (now[None] <= now[:, None]).float()
        fresh = (held - delay + now).expand(len(at), -1)
        return cls(
            torch.cat([state["keys"][:, :-1], incoming], dim=1),
            torch.cat([old, new], dim=-1),
            torch.cat([at.long(), fresh], dim=1),
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
    """
    middle = (away * share[..., None]).sum(-2, keepdim=True)
    apart = away - middle
    spread = (apart * weight[..., None]).transpose(-1, -2) @ apart
    slope = ridge_slope(spread, middle)
    slope = slope * within(slope @ spread, slope, weight)
    return share - weight * (apart @ slope.transpose(-1, -2))[..., 0]


def within(along: Tensor, slope: Tensor, weight: Tensor) -> Tensor:
    """Factor (..., 1, 1) on a slope (..., 1, width) so that its line stays near the neighbours.

    Parameters
    ----------
    along : Tensor, shape (..., 1, width)
        Slope times the spread of the neighbours' keys.
    slope : Tensor, shape (..., 1, width)
    weight : Tensor, shape (..., n)
        Of each neighbour.

    Notes
    -----
    By Cauchy and Schwarz the line changes any weighted mean of theirs by at most the root of
    (slope spread slope') (sum of weights), in their weighted standard deviations. Where few moments
    are known and all are far from the present, it would lead anywhere.
    """
    squared = (along * slope).sum(-1, keepdim=True) * weight.sum(-1, keepdim=True)[..., None]
    return (_FARTHEST * squared.clamp(min=1e-12).rsqrt()).clamp(max=1.0)


def ridge_slope(spread: Tensor, middle: Tensor) -> Tensor:
    """`middle` (..., 1, width) times the inverse of `spread` (..., width, width) plus the penalty.

    Notes
    -----
    The inverse is a geometric series in E = 1 - spread / scale. Squaring [[E, 0], [x, 1]] gives
    [[E E, 0], [x E + x, 1]]: each squaring doubles the terms, in one product; a graph has no
    solver.
    """
    width = spread.shape[-1]
    eye = torch.eye(width + 1)
    largest = (spread * spread).sum((-2, -1), keepdim=True).sqrt()
    rows = torch.cat([spread + _STIFFNESS * eye[:-1, :-1], -middle], dim=-2)
    power = eye - nn.functional.pad(rows, (0, 1)) / (_STIFFNESS + largest / 2)
    for _ in range(_STEPS):
        power = power @ power
    return power[..., -1:, :width]
