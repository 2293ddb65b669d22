"""One live sample of a wearer's memory, in few operations: a graph pays for each of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gaitcast.models.base import State
from gaitcast.models.moment_search import EMPTY, FEW, MANY, OTHERS, ridge_slope, within
from gaitcast.models.signature import Signature

#: State, then keys (places, width + 2), rows of the past (places,), and the past (rows, K).
Known = tuple[State, Tensor, Tensor, Tensor]


class MemoryStep(nn.Module):
    """What a :class:`gaitcast.models.wearer_memory.WearerMemory` does at one sample of one wearer.

    It is the same as for many samples, to rounding.
    """

    key: Tensor
    keys: Tensor
    futures: Tensor
    poles: Tensor
    rise: Tensor
    begin: Tensor
    signature: Signature
    inputs: list[int]
    targets: list[int]
    input_lags: list[int]
    target_lags: list[int]
    neighbours: int
    places: int
    every: int
    held: int
    delay: int
    first_count: float
    used: list[float]
    cycle: nn.Module

    @property
    def others(self) -> Tensor:
        """Moments of the training people, (n, width + 2), as they are searched."""
        size = (self.keys * self.keys).sum(-1, keepdim=True)
        return OTHERS * torch.cat([self.keys, size, torch.ones_like(size)], dim=-1)

    def filtered(self, rows: Tensor, count: Tensor, before: Tensor) -> Tensor:
        """Smoothed inputs, their slow part and the level, (B, width), `count` samples before it."""
        pole = torch.minimum(self.poles, count / (count + 1) * self.rise + self.begin)
        return rows + pole * (before - rows)

    def step(self, sample: Tensor, state: State) -> tuple[Tensor, State]:
        """Columns (1, 1, total) and state after a sample (1, C)."""
        rank, inputs, targets = self.key.shape[1], len(self.inputs), len(self.targets)
        # Views, not picks: a graph copies what it picks.
        begun, recent, newest = state["count"], state["recent"], state["past"]
        lags = len(self.target_lags)
        picked = sample.index_select(
            1, torch.tensor([*self.inputs, *self.inputs, *self.targets, *lags * self.targets])
        )
        rows, lagged = picked.split([2 * inputs + targets, lags * targets], dim=1)
        other, _, target = rows.split([inputs, inputs, targets], dim=1)
        filtered = self.filtered(rows, begun, state["filtered"])
        smooth, _, level = filtered.split([inputs, inputs, targets], dim=1)
        later = torch.cat([newest[:, 1:], target[None]], dim=1)
        past = later.reshape(later.shape[1:])
        # What a moment is known by, as changes from now: 0 where it was before the segment.
        back = [self.held - 1 - lag for lag in self.target_lags]
        earlier = past.index_select(0, torch.tensor(back)).reshape(1, -1)
        back = [recent.shape[1] - lag for lag in (self.delay, self.input_lags[-1])]
        waited = recent.index_select(1, torch.tensor(back)).reshape(1, -1)
        incoming, _, _, old = waited.split([rank + 2, inputs, rank + 2, inputs], dim=1)
        changes = torch.cat([old, earlier], dim=1) - torch.cat([smooth, lagged], dim=1)
        after = self.input_lags[-1:] * inputs + [k for k in self.target_lags for _ in self.targets]
        changes = changes * (begun >= torch.tensor(after).float()).float()
        key = torch.cat([filtered, changes, target], dim=1) @ self._key_of_changes()
        size = (key * key).sum(1, keepdim=True)
        one = torch.ones(1, 1)
        row = torch.cat([key, size, one, smooth], dim=1)
        count, since = begun + 1, state["since"] + 1
        kept, keys, at, searched = self.take_up(state, incoming, since, past)
        asked = torch.cat([-2 * key, one, size], dim=1)
        memory, figures = self._line(key, asked, keys, at, searched)
        cycle = (self._last_cycle(past) - target) * (count >= self.signature.history).float()
        change = (begun > 0).float() * (target - newest[:, -1])
        parts = [other, target - level, change, figures, target]
        made = [self.used[0] * cycle.reshape(1, -1), self.used[1] * memory.reshape(1, -1)]
        state = {
            "past": later,
            "count": count,
            "since": since,
            "filtered": filtered,
            "recent": torch.cat([recent[:, 1:], row[None]], dim=1),
            **kept,
        }
        return torch.cat([*parts, *made], dim=1)[None], state

    def _key_of_changes(self) -> Tensor:
        """The key for filtered inputs, changes and targets: a constant of the graph."""
        inputs, targets = len(self.inputs), len(self.targets)
        sizes = [inputs, inputs, inputs, len(self.target_lags) * targets, targets]
        now, old, slow, changes, height = self.key.split(sizes)
        return torch.cat([now + old, slow, -height, old, changes, height])

    def take_up(self, state: State, incoming: Tensor, since: Tensor, past: Tensor) -> Known:
        """Take up the moment whose future is known by now.

        Parameters
        ----------
        state : dict of str to Tensor
            Before the sample.
        incoming : Tensor, shape (1, width + 2)
            Its key, as it is kept.
        since : Tensor, shape (1, 1)
            Samples since the segment began, or since a fault.
        past : Tensor, shape (held, K)
            Targets up to the sample.
        """
        ready = (since > self.first_count).float()
        number = state["turn"] + ready
        # A place for every so manieth one that is ready, else the last, which is not searched.
        numbers = torch.arange(self.places * self.every + 1)
        kept = (numbers % self.every == 0) & (numbers > 0)
        slots = torch.where(kept, numbers // self.every - 1, self.places)
        slot = slots.index_select(0, (number * ready).long().reshape(1))
        turn = number * (number < self.places * self.every).float()
        index = slot.reshape(1, 1, 1).expand(1, 1, incoming.shape[1])
        keys = state["keys"].scatter(1, index, incoming[None])
        fresh = torch.full((1, 1), float(self.held - 1 - self.delay))
        at = torch.relu(state["at"] - 1).scatter(1, slot[None], fresh)
        known = keys.reshape(keys.shape[1:]), at.reshape(-1)
        return {"keys": keys, "at": at, "turn": turn}, *known, past

    def _line(
        self, key: Tensor, asked: Tensor, keys: Tensor, at: Tensor, past: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Value of the line through similar moments (S, K), a change, and three figures (1, 3)."""
        rank, targets, count = key.shape[1], past.shape[1], len(at)
        there = at > torch.tensor([0.0] * self.places + [2.0 * self.held])
        own = torch.where(there, (asked @ keys.T).reshape(-1), EMPTY)
        apart, index = torch.cat([own, (asked @ self.others.T).reshape(-1)]).topk(
            self.neighbours, largest=False
        )
        last = FEW - 1 + there.float().sum(0, keepdim=True) / MANY
        border = apart.index_select(0, last.clamp(max=self.neighbours - 1).long())
        weight = torch.relu(1 + 1e-6 - apart / border.clamp(1e-9, EMPTY / 2))[None]
        share = weight / weight.sum(1, keepdim=True).clamp(min=1e-6)
        # Of each neighbour: key, sum of squares, whether it is the wearer's, present, future.
        place = index.clamp(max=count - 1)
        ahead = [0, *range(self.signature.first, self.signature.horizon + 1)]
        rows = at.index_select(0, place).long()[:, None] + torch.tensor(ahead)
        values = past.index_select(0, rows.reshape(-1)).reshape(self.neighbours, -1)
        found = torch.cat([keys.index_select(0, place), values], dim=1)
        if len(self.keys):
            none = torch.zeros(len(self.keys), 2 + targets)
            table = torch.cat([self.keys, none, self.futures], dim=1)
            theirs = table.index_select(0, (index - count).clamp(min=0))
            found = torch.where((index < count)[:, None], found, theirs)
        mean = share @ found
        away = found - mean
        near = away[:, :rank]
        joint = (near * weight.T).T @ away
        sizes = [rank, 1, 1, targets, self.signature.n_steps * targets]
        middle, _, mine, now, future = mean.split(sizes, dim=1)
        slope = ridge_slope(joint[:, :rank], middle - key)
        along = slope @ joint
        along = along * within(along[:, :rank], slope, weight)[0]
        _, _, _, present, ahead_of = along.split(sizes, dim=1)
        steps = (-1, targets)
        bend = ahead_of.reshape(steps) - present
        value = future.reshape(steps) - now - bend
        closeness = torch.exp(-torch.relu(apart[:1]).sqrt())[None]
        return value, torch.cat(
            [closeness, mine, bend.abs().mean(0, keepdim=True).mean(1, keepdim=True)], dim=1
        )

    def _last_cycle(self, past: Tensor) -> Tensor:
        """(S, K)."""
        return self.cycle(past[None, -self.signature.history :]).reshape(-1, past.shape[1])
