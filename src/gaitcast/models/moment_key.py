"""Which moments are alike: a linear key, learnt on other people."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

#: Weights of the parts of a moment at first: inputs now, later lags, changes, level.
_NOW, _LATER, _CHANGE, _LEVEL = 0.6, 0.2, 0.6, 1.5
_STEPS, _RATE, _PULL = 600, 0.02, 5e-4
#: Instants of one step, the span they come from, and how far back they look.
_INSTANTS, _SPAN_S, _BACK_S = 128, 15.0, 70.0


def first_key(inputs: int, targets: int, lags: tuple[int, int], rank: int) -> Tensor:
    """A key before anything is learnt: the parts of a moment with plain weights, cut to `rank`.

    Parameters
    ----------
    inputs, targets : int
        Other inputs, and targets.
    lags : tuple of int
        Of the other inputs, and of the targets.

    Returns
    -------
    Tensor, shape (width, rank)
        The first rows of a random rotation, the same for the same shapes.
    """
    weights = torch.tensor(plain_weights(inputs, targets, lags))
    draw = torch.Generator().manual_seed(0)
    basis = torch.linalg.qr(torch.randn(len(weights), len(weights), generator=draw)).Q
    return (weights[:, None] * basis[:, : min(rank, len(weights))]).contiguous()


def plain_weights(inputs: int, targets: int, lags: tuple[int, int]) -> list[float]:
    """Weight of each part of a moment before anything is learnt."""
    first = [_NOW] * inputs + [_LATER] * inputs * (lags[0] - 1)
    return [*first, *[_CHANGE] * targets * lags[1], *[_LEVEL] * targets]


@dataclass(frozen=True)
class Moments:
    """Moments of one recording of a training person.

    Parameters
    ----------
    seen : Tensor, shape (n, width)
        What they are known by, sample by sample.
    futures : Tensor, shape (n, O)
        What followed, as a change.
    person : str
    """

    seen: Tensor
    futures: Tensor
    person: str


def learn_key(
    people: Sequence[Moments], weights: Tensor, rank: int, delay: int, rate_hz: float
) -> Tensor:
    """Learn the key by which a person's own past forecasts them best.

    Parameters
    ----------
    people : sequence of Moments
        Of the training people.
    weights : Tensor, shape (width,)
        To begin with.
    rank : int
        Width of a key.
    delay : int
        Samples until a future is known.

    Returns
    -------
    Tensor, shape (width, rank)
        Found by gradient through a soft nearest-neighbour forecast; it begins with the principal
        axes of the weighted moments. The first key where recordings are too short to learn from.

    Notes
    -----
    Close to neighbourhood components analysis (Goldberger et al. 2004), for regression.
    """
    seen = torch.cat([one.seen[::20] for one in people]) * weights
    axes = torch.linalg.svd(seen - seen.mean(0), full_matrices=False).Vh[:rank]
    begun = (weights[:, None] * axes.T).contiguous()
    span, back = round(_SPAN_S * rate_hz), round(_BACK_S * rate_hz)
    long = [one for one in people if len(one.seen) > 2 * delay + span]
    if not long:
        return begun
    key, warmth = begun.clone().requires_grad_(), torch.tensor(1.5, requires_grad=True)
    descent = torch.optim.Adam([{"params": [key]}, {"params": [warmth]}], lr=_RATE)
    schedule = torch.optim.lr_scheduler.OneCycleLR(
        descent, [_RATE, 2.5 * _RATE], _STEPS, pct_start=0.1
    )
    rng = np.random.default_rng(0)
    for _ in range(_STEPS):
        one = long[rng.integers(len(long))]
        stop = int(rng.integers(span + 2 * delay, len(one.seen) + 1))
        asked = torch.from_numpy(np.sort(rng.integers(stop - span, stop, _INSTANTS)))
        known = torch.arange(max(0, stop - back), stop - delay, max(1, round(rate_hz / 25)))
        forecast = _soft(one, key, warmth, asked, known, delay)
        loss = (forecast - one.futures[asked]).abs().mean()
        loss = loss + _PULL * (key - begun).abs().sum()
        descent.zero_grad()
        loss.backward()
        descent.step()
        schedule.step()
    return key.detach().contiguous()


def _soft(
    one: Moments, key: Tensor, warmth: Tensor, asked: Tensor, known: Tensor, delay: int
) -> Tensor:
    """Mean future of known moments, weighted by how near their keys are."""
    at, past = one.seen[asked] @ key, one.seen[known] @ key
    apart = (at**2).sum(1)[:, None] + (past**2).sum(1) - 2 * at @ past.T
    there = known[None] <= asked[:, None] - delay
    near = torch.where(there, -apart * warmth.exp(), torch.tensor(-1e9))
    return near.softmax(dim=1) @ one.futures[known]
