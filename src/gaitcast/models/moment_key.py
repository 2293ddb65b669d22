"""Which moments are alike: a linear key, learnt on other people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

#: Weights of the parts of a moment at first: inputs at each lag, their slow part, changes, level.
_INPUT, _SLOW, _CHANGE, _LEVEL = 1.0, 0.5, 1.5, 3.0
#: Steps for the weights and as many for the key, their rate, and what holds the key back.
_STEPS, _RATE, _PULL = 300, 0.02, 5e-4
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
    first = [_INPUT] * inputs * (lags[0] - 1) + [_SLOW] * inputs
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
        Found by gradient through a soft nearest-neighbour forecast: first the weights alone, which
        five people are enough for, then the key, which begins with the principal axes of the
        weighted moments. Where recordings are too short to learn from it stays with those.

    Notes
    -----
    Close to neighbourhood components analysis (Goldberger et al. 2004), for regression.
    """
    learning = _Learning(people, delay, rate_hz)
    weights = learning.descend(weights, 0.0, torch.diag).abs()
    seen = torch.cat([one.seen[::20] for one in people]) * weights
    axes = torch.linalg.svd(seen - seen.mean(0), full_matrices=False).Vh[:rank]
    axes = torch.nn.functional.pad(axes, (0, 0, 0, rank - len(axes)))  # of few moments
    return learning.descend((weights[:, None] * axes.T).contiguous(), _PULL, Tensor.contiguous)


class _Learning:
    """Descent by the error of a soft nearest-neighbour forecast from a person's own past."""

    def __init__(self, people: Sequence[Moments], delay: int, rate_hz: float) -> None:
        self.span, self.back = round(_SPAN_S * rate_hz), round(_BACK_S * rate_hz)
        self.delay, self.every = delay, max(1, round(rate_hz / 25))
        self.long = [one for one in people if len(one.seen) > 2 * delay + self.span]

    def descend(self, begun: Tensor, pull: float, as_key: Callable[[Tensor], Tensor]) -> Tensor:
        """Values by which `as_key` makes a better key, not far from where they began."""
        if not self.long:
            return begun
        values, warmth = begun.clone().requires_grad_(), torch.tensor(1.5, requires_grad=True)
        descent = torch.optim.Adam([{"params": [values]}, {"params": [warmth]}], lr=_RATE)
        schedule = torch.optim.lr_scheduler.OneCycleLR(
            descent, [_RATE, 2.5 * _RATE], _STEPS, pct_start=0.1
        )
        rng = np.random.default_rng(0)
        for _ in range(_STEPS):
            loss = self._error(as_key(values), warmth, rng) + pull * (values - begun).abs().sum()
            descent.zero_grad()
            loss.backward()
            descent.step()
            schedule.step()
        return values.detach()

    def _error(self, key: Tensor, warmth: Tensor, rng: np.random.Generator) -> Tensor:
        """Of forecasts at some instants of a few seconds."""
        one = self.long[rng.integers(len(self.long))]
        stop = int(rng.integers(self.span + 2 * self.delay, len(one.seen) + 1))
        asked = torch.from_numpy(np.sort(rng.integers(stop - self.span, stop, _INSTANTS)))
        known = torch.arange(max(0, stop - self.back), stop - self.delay, self.every)
        forecast = _soft(one, key, warmth, asked, known, self.delay)
        return (forecast - one.futures[asked]).abs().mean()


def _soft(
    one: Moments, key: Tensor, warmth: Tensor, asked: Tensor, known: Tensor, delay: int
) -> Tensor:
    """Mean future of known moments, weighted by how near their keys are."""
    at, past = one.seen[asked] @ key, one.seen[known] @ key
    apart = (at**2).sum(1)[:, None] + (past**2).sum(1) - 2 * at @ past.T
    there = known[None] <= asked[:, None] - delay
    near = torch.where(there, -apart * warmth.exp(), torch.tensor(-1e9))
    return near.softmax(dim=1) @ one.futures[known]
