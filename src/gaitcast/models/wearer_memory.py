"""What a device knows of its wearer before any network: level, last cycle, and similar moments."""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor, nn

from gaitcast.models.base import Signature, State
from gaitcast.models.baselines import LastCycle

#: Lags of the targets and of the other inputs in a key, ms.
_TARGET_LAGS_MS = (50, 100, 200, 300, 400)
_INPUT_LAGS_MS = (0, 100)
#: Weights of the three parts of a key, in standard deviations.
_INPUT_WEIGHT, _TARGET_WEIGHT, _LEVEL_WEIGHT = 1.0, 1.5, 3.0
#: More inputs than these weigh no more together.
_INPUTS = 12
_SMOOTHING_S = 0.028
_LEVEL_S = 20.0
#: A moment is remembered from so much of a segment on.
_FIRST_S = 1.0
#: Samples that are searched for together.
_CHUNK = 64
#: Added to the squared distance of a place that holds nothing.
_EMPTY = 1e6
#: Squared distances to other people's moments count so much more.
_OTHERS = 2.0


@dataclass(frozen=True)
class Columns:
    """Columns that :class:`WearerMemory` makes, in order, and where they stand.

    Parameters
    ----------
    inputs : int
        Inputs other than the targets.
    targets, steps : int
        K and S.
    """

    inputs: int
    targets: int
    steps: int

    @property
    def plain(self) -> int:
        """Other inputs, level and change of each target, and three figures of the neighbours."""
        return self.inputs + 2 * self.targets + 3

    def split(self, columns: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Cut columns (..., total) into what they are.

        Returns
        -------
        tuple of Tensor
            (..., plain); the targets' level (..., K) among it; the present targets (..., K); and
            changes by last cycle and by memory, (..., 2, S, K).
        """
        sizes = [self.plain, self.targets, 2 * self.targets * self.steps]
        plain, now, both = columns.split(sizes, dim=-1)
        level = plain[..., self.inputs : self.inputs + self.targets]
        return plain, level, now, both.reshape(*both.shape[:-1], 2, self.steps, self.targets)


class WearerMemory(nn.Module):
    """The wearer's last minute and other people's moments, searched for what is like the present.

    Parameters
    ----------
    signature : Signature
        Its inputs contain the targets: measured, or estimated by a signal step.
    memory_s : float
        So much of the wearer's own past is searched.
    neighbours : int
        Moments averaged; weights fall to zero at the first one left out.
    every : int
        Every so manieth moment is kept.
    others : int
        Moments of the training people.

    Notes
    -----
    All in standard deviations of the training people. A moment's key: the other inputs, smoothed
    over 28 ms, now and 100 ms ago; changes of the targets over 50 to 400 ms; their level, which is
    the present minus the mean of the last 20 s. Its future is known one horizon later, and it is
    remembered then. Moments of others count as if they were farther away.
    """

    keys: Tensor
    futures: Tensor
    weights: Tensor

    def __init__(
        self, signature: Signature, memory_s: float, neighbours: int, every: int, others: int
    ) -> None:
        super().__init__()
        rate_hz = signature.rate_hz
        self.signature, self.neighbours, self.every = signature, neighbours, every
        self.targets = signature.target_columns("wearer-adaptive")
        self.inputs = [k for k in range(signature.n_columns) if k not in self.targets]
        self.places = max(2 * neighbours, round(memory_s * rate_hz / every))
        self.target_lags = [max(1, round(ms * rate_hz / 1000)) for ms in _TARGET_LAGS_MS]
        self.input_lags = [round(ms * rate_hz / 1000) for ms in _INPUT_LAGS_MS]
        self.pole = float(torch.exp(torch.tensor(-1 / (rate_hz * _SMOOTHING_S))))
        own = (signature.targets, signature.targets)
        self.cycle = LastCycle(
            Signature(*own, signature.history, signature.horizon, rate_hz, signature.first)
        )
        self.columns = Columns(len(self.inputs), signature.n_targets, signature.n_steps)
        inputs, targets = len(self.inputs), signature.n_targets
        few = min(1.0, (_INPUTS / max(inputs, 1)) ** 0.5)
        weights = [_INPUT_WEIGHT * few] * (inputs * len(self.input_lags))
        weights += [_TARGET_WEIGHT] * (targets * len(self.target_lags)) + [_LEVEL_WEIGHT] * targets
        self.register_buffer("weights", torch.tensor(weights), persistent=False)
        self.register_buffer("keys", torch.full((others, len(weights)), _EMPTY**0.5))
        self.register_buffer("futures", torch.zeros(others, signature.n_steps * targets))

    @property
    def held(self) -> int:
        """Samples of the targets that are carried: the oldest moment, and what is matched."""
        least = max(self.signature.history, self.target_lags[-1])
        return max(least, (self.places + 1) * self.every + self.delay)

    @property
    def delay(self) -> int:
        """Samples until a moment's future is known."""
        return self.signature.horizon

    #: Of the state, what outlives a gap.
    kept = ("past", "keys", "age", "turn")

    def initial_state(self, batch: int) -> State:
        """Zeros.

        ``past`` are the targets; ``keys`` the remembered moments and ``age`` how many samples ago
        they were, and 1 more (0: none), with a last place for what is not kept; ``turn`` counts
        moments; ``count`` samples of this segment; ``level`` is the mean of the targets, ``smooth``
        the other inputs, ``recent`` are keys whose future is not known yet.
        """
        targets, width = self.signature.n_targets, len(self.weights)
        return {
            "past": torch.zeros(batch, self.held, targets),
            "keys": torch.zeros(batch, self.places + 1, width),
            "age": torch.zeros(batch, self.places + 1),
            "turn": torch.zeros(batch, 1),
            "count": torch.zeros(batch, 1),
            "level": torch.zeros(batch, targets),
            "smooth": torch.zeros(batch, self.input_lags[-1] + 1, len(self.inputs)),
            "recent": torch.zeros(batch, self.delay, width),
        }

    def forward(
        self, samples: Tensor, state: State, hidden: Tensor | None = None
    ) -> tuple[Tensor, State]:
        """Columns at every sample.

        Parameters
        ----------
        samples : Tensor, shape (B, T, C)
            Consecutive, scaled.
        state : dict of str to Tensor
            Before the first.
        hidden : Tensor, shape (B, others), optional
            1 where a moment of others must not be used: their own, in training.

        Returns
        -------
        tuple of Tensor and dict
            (B, T, total) as :class:`Columns` says, and the state after the last sample.
        """
        made = []
        for some in samples.split(_CHUNK, dim=1):
            columns, state = self._chunk(some, state, hidden)
            made.append(columns)
        return torch.cat(made, dim=1), state

    def _chunk(self, samples: Tensor, state: State, hidden: Tensor | None) -> tuple[Tensor, State]:
        target, other = samples[..., self.targets], samples[..., self.inputs]
        seen, keys, level = self._see(target, other, state)
        past = torch.cat([state["past"], target], dim=1)
        recent = torch.cat([state["recent"], keys], dim=1)
        count = seen["count"] - samples.shape[1] + torch.arange(1, samples.shape[1] + 1)
        incoming = recent[:, : samples.shape[1]]
        written, slot, turn = self._slots(state["turn"], count)
        searched = _Searched(state, incoming, written, past)
        memory, figures = self._search(keys, searched, hidden)
        cycle = self._cycles(past, target, count)
        change = (count > 1).float()[..., None] * (target - past[:, self.held - 1 : -1])
        plain = torch.cat([other, target - level, change, figures], dim=-1)
        kept = self._remember(state, incoming, slot)
        rest = {"past": past[:, -self.held :], "recent": recent[:, samples.shape[1] :]}
        after = {**seen, **kept, **rest, "turn": turn}
        return torch.cat([plain, target, cycle, memory], dim=-1), after

    def _see(self, target: Tensor, other: Tensor, state: State) -> tuple[State, Tensor, Tensor]:
        """Count, level and smoothed inputs after these samples; keys (B, L, width); levels."""
        count, level, newest = state["count"], state["level"], state["smooth"][:, -1]
        levels, smooths = [], []
        for now in range(target.shape[1]):
            count = count + 1
            share = (1 / count).clamp(min=1 / (_LEVEL_S * self.signature.rate_hz))
            level = level + share * (target[:, now] - level)
            newest = torch.where(count > 1, newest, other[:, now])
            newest = other[:, now] + self.pole * (newest - other[:, now])
            levels.append(level)
            smooths.append(newest)
        smooth = torch.cat([state["smooth"], torch.stack(smooths, dim=1)], dim=1)
        height = torch.stack(levels, dim=1)
        past = torch.cat([state["past"], target], dim=1)
        keys = self._keys(past, smooth, target - height, state["count"])
        rows = state["smooth"].shape[1]
        return {"count": count, "level": level, "smooth": smooth[:, -rows:]}, keys, height

    def _keys(self, past: Tensor, smooth: Tensor, level: Tensor, before: Tensor) -> Tensor:
        """(B, L, width): what a moment is compared by; what was before the segment is as now."""
        length = level.shape[1]
        count = (before + torch.arange(1, length + 1))[..., None]
        now, present = smooth[:, -length:], past[:, -length:]
        inputs = [
            torch.where(count > lag, _ago(smooth, lag, length), now) for lag in self.input_lags
        ]
        changes = [
            (count > lag).float() * (_ago(past, lag, length) - present) for lag in self.target_lags
        ]
        return torch.cat([*inputs, *changes, level], dim=-1) * self.weights

    def _slots(self, turn: Tensor, count: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Whether a moment is kept at each sample (B, L), in which place, and the next turn."""
        ready = (count > self.delay + _FIRST_S * self.signature.rate_hz).float()
        number = turn + ready.cumsum(1)
        groups = torch.floor(number / self.every)
        written = ready * (number == groups * self.every).float()
        slot = torch.remainder(groups - 1, self.places)
        slot = torch.where(written > 0, slot, float(self.places)).long()
        return written, slot, torch.remainder(number[:, -1:], self.places * self.every)

    def _remember(self, state: State, incoming: Tensor, slot: Tensor) -> State:
        length = incoming.shape[1]
        index = slot[..., None].expand(-1, -1, incoming.shape[2])
        since = torch.arange(length - 1, -1, -1).float() + self.delay + 1
        age = state["age"] + length * (state["age"] > 0).float()
        age = age.scatter(1, slot, since.expand(len(slot), -1))
        return {"keys": state["keys"].scatter(1, index, incoming), "age": age}

    def _cycles(self, past: Tensor, target: Tensor, count: Tensor) -> Tensor:
        """Last cycle as a change (B, L, S K); 0 before a whole history."""
        batch, length, targets = target.shape
        history = self.signature.history
        rows = past.shape[1] - length - history + 1
        at = rows + torch.arange(length)[:, None] + torch.arange(history)
        windows = past[:, at].reshape(batch * length, history, targets)
        cycle = self.cycle(windows).reshape(batch, length, -1, targets) - target[:, :, None]
        return (cycle * (count >= history).float()[..., None, None]).flatten(2)

    def _search(
        self, keys: Tensor, searched: _Searched, hidden: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Mean future (B, L, S K) of similar moments as a change, and three figures of them."""
        own = _squared(keys, searched.keys) + _EMPTY * searched.absent(self.every)
        others = _OTHERS * _squared(keys, self.keys[None])
        if hidden is not None:
            others = others + _EMPTY * hidden[:, None]
        nearest = torch.cat([own, others], dim=-1).topk(self.neighbours + 1, largest=False)
        weight = nearest.values[..., -1:] - nearest.values[..., :-1] + 1e-6
        weight = weight / weight.sum(-1, keepdim=True)
        index, count = nearest.indices[..., :-1], own.shape[-1]
        mine = (index < count).float()
        futures = self._own_futures(searched, index.clamp(max=count - 1)) * mine[..., None]
        if len(self.futures):
            theirs = self.futures[(index - count).clamp(min=0)]
            futures = futures + theirs * (1 - mine)[..., None]
        mean = (futures * weight[..., None]).sum(-2)
        spread = (((futures - mean[..., None, :]) ** 2).mean(-1) * weight).sum(-1)
        nearness = torch.exp(-nearest.values[..., 0].clamp(min=0).sqrt())
        figures = [nearness, (weight * mine).sum(-1), (spread + 1e-12).sqrt()]
        return mean, torch.stack(figures, dim=-1)

    def _own_futures(self, searched: _Searched, index: Tensor) -> Tensor:
        """(B, L, neighbours, S K): what followed a moment, as a change from it."""
        shape, past = self.signature, searched.past
        batch, length, count = index.shape
        at = searched.instants(self.held, self.delay).gather(1, index.flatten(1))
        ahead = torch.arange(shape.first, shape.horizon + 1)
        rows = (at[..., None] + ahead).clamp(0, past.shape[1] - 1).flatten(1)
        values = past.gather(1, rows[..., None].expand(-1, -1, shape.n_targets))
        now = past.gather(1, at[..., None].expand(-1, -1, shape.n_targets))
        change = values.reshape(batch, length * count, -1, shape.n_targets) - now[:, :, None]
        return change.reshape(batch, length, count, -1)

    @torch.no_grad()
    def moments(self, samples: Tensor) -> tuple[Tensor, Tensor]:
        """Keys and futures of a recording of a training person.

        Parameters
        ----------
        samples : Tensor, shape (T, C)
            Scaled, uninterrupted.

        Returns
        -------
        tuple of Tensor
            (n, width) and (n, S K), of every moment whose future is within the recording.
        """
        target, other = samples[None, :, self.targets], samples[None, :, self.inputs]
        _, keys, _ = self._see(target, other, self.initial_state(1))
        first = min(round(_FIRST_S * self.signature.rate_hz), len(samples))
        at = torch.arange(first, max(first, len(samples) - self.delay))
        ahead = torch.arange(self.signature.first, self.signature.horizon + 1)
        futures = target[0, at[:, None] + ahead] - target[0, at][:, None]
        return keys[0, at], futures.flatten(1)


class _Searched:
    """The wearer's own moments: those remembered before some samples, and those that come in."""

    def __init__(self, state: State, incoming: Tensor, written: Tensor, past: Tensor) -> None:
        self.ages, self.turn = state["age"][:, :-1], state["turn"]
        self.written, self.past = written, past
        self.keys = torch.cat([state["keys"][:, :-1], incoming], dim=1)

    def absent(self, every: int) -> Tensor:
        """(B, L, places + L): 1 where at a sample a place holds nothing, or something newer."""
        places, length = self.ages.shape[1], self.written.shape[1]
        gone = self.written.cumsum(1)[..., None]
        begun = torch.floor(self.turn / every)
        turn = torch.remainder(torch.arange(places) - begun, places)[:, None]
        old = ((self.ages == 0)[:, None] | (turn < gone)).float()
        now = torch.arange(length)
        new = 1 - self.written[:, None] * (now[None] <= now[:, None]).float()
        return torch.cat([old, new], dim=-1)

    def instants(self, held: int, delay: int) -> Tensor:
        """(B, places + L): row of `past` of each moment."""
        old = (held - self.ages).long().clamp(max=held - 1)
        new = held - delay + torch.arange(self.written.shape[1])
        return torch.cat([old, new.expand(len(old), -1)], dim=1)


def _ago(rows: Tensor, lag: int, length: int) -> Tensor:
    """What stood so many samples before each of the last ones."""
    stop = rows.shape[1] - lag
    return rows[:, stop - length : stop]


def _squared(keys: Tensor, others: Tensor) -> Tensor:
    """Squared distances (B, L, n) of (B, L, width) and (B or 1, n, width)."""
    product = keys @ others.transpose(1, 2)
    return (keys**2).sum(-1, keepdim=True) - 2 * product + (others**2).sum(-1)[:, None]
