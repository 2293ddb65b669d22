"""One live sample of a wearer's memory, in few operations: a graph pays for each of them."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from gaitcast.models.base import State
from gaitcast.models.moment_search import EMPTY, FEW, MANY, OTHERS, ridge_slope, within
from gaitcast.models.signature import Signature

#: State, then keys (B, places, width + 2), rows of the past (B, places), and the past (B, rows, K).
Known = tuple[State, Tensor, Tensor, Tensor]


class MemoryStep(nn.Module):
    """What a :class:`gaitcast.models.wearer_memory.WearerMemory` does at one sample.

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
        """Columns (B, 1, total) and state after a sample of each wearer (B, C)."""
        rank, inputs, targets = self.key.shape[1], len(self.inputs), len(self.targets)
        # Views, not picks: a graph copies what it picks.
        begun, recent = state["count"], state["recent"]
        lags = len(self.target_lags)
        picked = sample.index_select(
            1, torch.tensor([*self.inputs, *self.inputs, *self.targets, *lags * self.targets])
        )
        rows, lagged = picked.split([2 * inputs + targets, lags * targets], dim=1)
        other, _, target = rows.split([inputs, inputs, targets], dim=1)
        filtered = self.filtered(rows, begun, state["filtered"])
        smooth, _, level = filtered.split([inputs, inputs, targets], dim=1)
        past = torch.cat([state["past"][:, 1:], target[:, None]], dim=1)
        # What a moment is known by, as changes from now: 0 where it was before the segment.
        back = [self.held - 1 - lag for lag in self.target_lags]
        earlier = past.index_select(1, torch.tensor(back)).flatten(1)
        back = [recent.shape[1] - lag for lag in (self.delay, self.input_lags[-1])]
        waited = recent.index_select(1, torch.tensor(back)).flatten(1)
        incoming, _, _, old = waited.split([rank + 2, inputs, rank + 2, inputs], dim=1)
        changes = torch.cat([old, earlier], dim=1) - torch.cat([smooth, lagged], dim=1)
        after = self.input_lags[-1:] * inputs + [k for k in self.target_lags for _ in self.targets]
        changes = changes * (begun >= torch.tensor(after).float()).float()
        key = torch.cat([filtered, changes, target], dim=1) @ self._key_of_changes()
        size = (key * key).sum(1, keepdim=True)
        one = torch.ones_like(size)
        row = torch.cat([key, size, one, smooth], dim=1)
        count, since = begun + 1, state["since"] + 1
        kept, keys, at, searched = self.take_up(state, incoming, since, past)
        asked = torch.cat([-2 * key, one, size], dim=1)
        memory, figures = self._line(key, asked, keys, at, searched)
        cycle = (self._last_cycle(past) - target[:, None]).flatten(1)
        cycle = cycle * (count >= self.signature.history).float()
        change = (begun > 0).float() * (target - past[:, -2])
        parts = [other, target - level, change, figures, target]
        made = [self.used[0] * cycle, self.used[1] * memory]
        state = {
            "past": past,
            "count": count,
            "since": since,
            "filtered": filtered,
            "recent": torch.cat([recent[:, 1:], row[:, None]], dim=1),
            **kept,
        }
        return torch.cat([*parts, *made], dim=1)[:, None], state

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
        incoming : Tensor, shape (B, width + 2)
            Its key, as it is kept.
        since : Tensor, shape (B, 1)
            Samples since the segment began, or since a fault.
        past : Tensor, shape (B, held, K)
            Targets up to the sample.
        """
        ready = (since > self.first_count).float()
        number = state["turn"] + ready
        # A place for every so manieth one that is ready, else the last, which is not searched.
        numbers = torch.arange(self.places * self.every + 1)
        kept = (numbers % self.every == 0) & (numbers > 0)
        slots = torch.where(kept, numbers // self.every - 1, self.places)
        slot = slots.index_select(0, (number * ready).long().reshape(-1))[:, None]
        turn = number * (number < self.places * self.every).float()
        index = slot[:, :, None].expand(-1, -1, incoming.shape[1])
        keys = state["keys"].scatter(1, index, incoming[:, None])
        fresh = torch.full_like(since, float(self.held - 1 - self.delay))
        at = torch.relu(state["at"] - 1).scatter(1, slot, fresh)
        return {"keys": keys, "at": at, "turn": turn}, keys, at, past

    def _line(
        self, key: Tensor, asked: Tensor, keys: Tensor, at: Tensor, past: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Change by the line through similar moments (B, S K), and three figures (B, 3)."""
        rank, targets = key.shape[1], past.shape[2]
        there = at > torch.tensor([0.0] * self.places + [2.0 * self.held])
        own = torch.where(there, (keys @ asked[:, :, None]).flatten(1), EMPTY)
        apart, index = torch.cat([own, asked @ self.others.T], dim=1).topk(
            self.neighbours, largest=False
        )
        last = FEW - 1 + there.float().sum(1, keepdim=True) / MANY
        border = apart.gather(1, last.clamp(max=self.neighbours - 1).long())
        weight = torch.relu(1 + 1e-6 - apart / border.clamp(1e-9, EMPTY / 2))[:, None]
        share = weight / weight.sum(2, keepdim=True).clamp(min=1e-6)
        found = self._found(index, keys, at, past)
        mean = share @ found
        away = found - mean
        near = away[..., :rank]
        joint = (near * weight.mT).mT @ away
        sizes = [rank, 1, 1, targets, self.signature.n_steps * targets]
        middle, _, mine, now, future = mean.split(sizes, dim=2)
        slope = ridge_slope(joint[..., :rank], middle - key[:, None])
        along = slope @ joint
        along = along * within(along[..., :rank], slope, weight.flatten(1))
        _, _, _, present, ahead_of = along.split(sizes, dim=2)
        steps = (-1, self.signature.n_steps, targets)
        bend = ahead_of.reshape(steps) - present
        value = future.reshape(steps) - now - bend
        closeness = torch.exp(-torch.relu(apart[:, :1]).sqrt())
        bend = bend.abs().flatten(1).mean(1, keepdim=True)
        return value.flatten(1), torch.cat([closeness, mine.flatten(1), bend], dim=1)

    def _found(self, index: Tensor, keys: Tensor, at: Tensor, past: Tensor) -> Tensor:
        """Of each neighbour: key, sum of squares, whether it is the wearer's, present, future."""
        (batch, count), targets = at.shape, past.shape[2]
        place = index.clamp(max=count - 1)
        ahead = [0, *range(self.signature.first, self.signature.horizon + 1)]
        rows = at.gather(1, place).long()[:, :, None] + torch.tensor(ahead)
        places = rows[..., None] * targets + torch.arange(targets)
        values = past.flatten(1).gather(1, places.flatten(1))
        own = place + count * torch.arange(batch)[:, None]
        near = keys.flatten(0, 1).index_select(0, own.flatten())
        shape = (batch, self.neighbours, -1)
        found = torch.cat([near.reshape(shape), values.reshape(shape)], dim=2)
        if not len(self.keys):
            return found
        none = torch.zeros(len(self.keys), 2 + targets)
        table = torch.cat([self.keys, none, self.futures], dim=1)
        theirs = table.index_select(0, (index - count).clamp(min=0).flatten()).reshape(found.shape)
        return torch.where((index < count)[:, :, None], found, theirs)

    def _last_cycle(self, past: Tensor) -> Tensor:
        """(B, S, K)."""
        return self.cycle(past[:, -self.signature.history :])
