"""What a device knows of its wearer before any network: level, last cycle, and similar moments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor

from gaitcast.models.base import State
from gaitcast.models.baselines import LastCycle
from gaitcast.models.moment_key import first_key
from gaitcast.models.moment_search import (
    EMPTY,
    FEW,
    MANY,
    Searched,
    ago,
    ridge_line,
    rows_at,
)
from gaitcast.models.signature import Signature
from gaitcast.models.wearer_step import MemoryStep

#: What an adaptive model consists of beside its body.
Part = Literal["cycle", "memory", "head"]
PARTS: tuple[Part, ...] = ("cycle", "memory", "head")
#: Moments a second that are kept.
_KEPT_HZ = 25.0
#: Lags of the targets and of the other inputs that a moment is known by, ms.
_TARGET_LAGS_MS = (50, 100, 200, 300, 400, 600)
_INPUT_LAGS_MS = (0, 100)
#: Of the other inputs in a moment, and of their slow part: turning, for one.
_SMOOTHING_S, _SLOW_S = 0.028, 0.7
_LEVEL_S = 20.0
#: A moment is remembered from so much of a segment on.
_FIRST_S = 1.0
#: Samples that are searched for together.
_CHUNK = 64


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


class WearerMemory(MemoryStep):
    """The wearer's last minutes and other people's moments, searched for what is like the present.

    Parameters
    ----------
    signature : Signature
        Its inputs contain the targets: measured, or estimated by a signal step.
    memory_s : float
        So much of the wearer's own past is searched.
    neighbours : int
        Moments that a line is laid through; weights fall to zero at the last one.
    others : int
        Moments of the training people.
    rank : int
        Width of a key.
    parts : sequence of str
        Of ``cycle`` and ``memory``: a forecast that is missing here is no change at all.

    Notes
    -----
    In standard deviations of the training people. A moment is known by the other inputs, smoothed
    over 28 ms, now and 100 ms ago, and over 0.7 s; by changes of the targets over 50 to
    600 ms; and by their level, which is the present minus the mean of the last 20 s. Its key is a
    linear map of that, learnt on the training people (:mod:`gaitcast.models.moment_key`). Its
    future is known one horizon later, and it is remembered then. The forecast is the value at the
    present of a ridge line through the futures of the nearest moments, over their keys.

    Multiply-adds per sample, by hand, for U known values, N own and M other moments, k neighbours
    and rank r: (U + K) r + (N + 1 + M) (r + 2) + (k + k r + r) (r + 2 + (S + 1) K) + 10 (r + 1)^3.
    """

    def __init__(
        self,
        signature: Signature,
        memory_s: float,
        neighbours: int,
        others: int,
        rank: int,
        parts: Sequence[Part],
    ) -> None:
        super().__init__()
        rate_hz = signature.rate_hz
        self.signature, self.neighbours, self.parts = signature, neighbours, parts
        self.every = max(1, round(rate_hz / _KEPT_HZ))
        self.targets = signature.target_columns("wearer-adaptive")
        # Where nothing else is measured the targets stand for it.
        besides = [k for k in range(signature.n_columns) if k not in self.targets]
        self.inputs = besides or self.targets
        self.places = max(2 * neighbours, round(memory_s * rate_hz / self.every))
        self.target_lags = [max(1, round(ms * rate_hz / 1000)) for ms in _TARGET_LAGS_MS]
        self.input_lags = [round(ms * rate_hz / 1000) for ms in _INPUT_LAGS_MS]
        self._filters(rate_hz)
        self.first_count = self.delay + _FIRST_S * rate_hz
        self.used = [float(part in parts) for part in PARTS[:2]]
        own = (signature.targets, signature.targets)
        self.cycle = LastCycle(
            Signature(*own, signature.history, signature.horizon, rate_hz, signature.first),
            every=max(1, round(rate_hz / _KEPT_HZ)),
        )
        self.columns = Columns(len(self.inputs), signature.n_targets, signature.n_steps)
        start = first_key(len(self.inputs), signature.n_targets, self.lags, rank)
        self.register_buffer("key", start)
        self.register_buffer("keys", torch.full((others, start.shape[1]), EMPTY**0.5))
        self.register_buffer(
            "futures", torch.zeros(others, signature.n_steps * signature.n_targets)
        )

    def _filters(self, rate_hz: float) -> None:
        """Poles of smoothed inputs, their slow part and the level, and how each begins.

        At a first sample they are those of one that is held, of zero, and of a mean.
        """
        poles = torch.exp(-1 / (rate_hz * torch.tensor([_SMOOTHING_S, _SLOW_S, _LEVEL_S]))).tolist()
        poles[2] = 1 - 1 / (_LEVEL_S * rate_hz)
        widths = torch.tensor([len(self.inputs), len(self.inputs), len(self.targets)])
        rows = (poles, [1e3, 0.0, 1.0], [0.0, 1.0, 0.0])
        for name, row in zip(("poles", "rise", "begin"), rows, strict=True):
            self.register_buffer(
                name, torch.tensor(row).repeat_interleave(widths), persistent=False
            )

    @property
    def lags(self) -> tuple[int, int]:
        """Number of lags of the other inputs, their slow part with them, and of the targets."""
        return len(self.input_lags) + 1, len(self.target_lags)

    @property
    def slow_columns(self) -> slice:
        """Where in a moment the slow part of the other inputs stands."""
        count = len(self.inputs)
        return slice(count * len(self.input_lags), count * (len(self.input_lags) + 1))

    @property
    def held(self) -> int:  # type: ignore[override]
        """Samples of the targets that are carried: the oldest moment, and what is matched."""
        least = max(self.signature.history, self.target_lags[-1])
        return max(least, (self.places + 1) * self.every + self.delay) + 1

    @property
    def delay(self) -> int:  # type: ignore[override]
        """Samples until a moment's future is known."""
        return self.signature.horizon

    #: Of the state, what outlives a gap.
    kept: tuple[str, ...] = ("past", "keys", "at", "turn")
    #: Of the state, what a runtime sets to 0 where the input is faulty: nothing is taken up then.
    pauses: tuple[str, ...] = ("since",)
    #: Of the state, what is used only where it was written since a segment began.
    overwritten: tuple[str, ...] = ("recent",)

    def initial_state(self, batch: int) -> State:
        """Zeros.

        ``past`` are the targets; ``keys`` the moments that are remembered, each with the sum of its
        squares and 1, and ``at`` the row of ``past`` they stand in (0: none), with a last place for
        what is not kept; ``turn`` counts moments, ``count`` the samples of this segment, ``since``
        those since it began or since a fault of the input;
        ``filtered`` are the other inputs, smoothed, their slow part, and the mean of the targets;
        ``recent`` the keys whose future is not known yet, with the smoothed inputs.
        """
        targets, width, count = self.signature.n_targets, self.key.shape[1], len(self.inputs)
        rows = max(self.delay, self.input_lags[-1])
        return {
            "past": torch.zeros(batch, self.held, targets),
            "keys": torch.zeros(batch, self.places + 1, width + 2),
            "at": torch.zeros(batch, self.places + 1),
            "turn": torch.zeros(batch, 1),
            "count": torch.zeros(batch, 1),
            "since": torch.zeros(batch, 1),
            "filtered": torch.zeros(batch, 2 * count + targets),
            "recent": torch.zeros(batch, rows, width + 2 + count),
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
        if samples.shape[1] == 1 and hidden is None and not self.training:
            return self.step(samples[:, 0], state)
        made = []
        for some in samples.split(_CHUNK, dim=1):
            columns, state = self._chunk(some, state, hidden)
            made.append(columns)
        return torch.cat(made, dim=1), state

    def _chunk(self, samples: Tensor, state: State, hidden: Tensor | None) -> tuple[Tensor, State]:
        target, other = samples[..., self.targets], samples[..., self.inputs]
        length = samples.shape[1]
        seen, moments, level, smooth = self.see(target, other, state)
        keys = moments @ self.key
        past = torch.cat([state["past"], target], dim=1)
        size = (keys * keys).sum(-1, keepdim=True)
        rows = torch.cat([keys, size, torch.ones_like(size), smooth], dim=-1)
        recent = torch.cat([state["recent"], rows], dim=1)
        first = state["recent"].shape[1] - self.delay
        incoming = recent[:, first : first + length, : keys.shape[-1] + 2]
        count = seen["count"] - length + torch.arange(1, length + 1)
        since = state["since"] + torch.arange(1, length + 1)
        kept, searched = self.learn(state, incoming, since, past)
        memory, figures = self._search(keys, searched, hidden)
        cycle = self._cycles(past, target, count)
        change = (count > 1).float()[..., None] * (target - past[:, self.held - 1 : -1])
        plain = torch.cat([other, target - level, change, figures], dim=-1)
        rest = {"past": past[:, -self.held :], "recent": recent[:, length:], "since": since[:, -1:]}
        after = {**seen, **kept, **rest}
        return torch.cat(
            [plain, target, self.used[0] * cycle, self.used[1] * memory], dim=-1
        ), after

    def learn(
        self, state: State, incoming: Tensor, since: Tensor, past: Tensor
    ) -> tuple[State, Searched]:
        """Take up moments whose future is known by now.

        Parameters
        ----------
        state : dict of str to Tensor
            Before the samples.
        incoming : Tensor, shape (B, L, width + 2)
            Keys, as they are kept, of the moments one delay before each sample.
        since : Tensor, shape (B, L)
            Samples since the segment began, or since a fault.
        past : Tensor, shape (B, held + L, K)
            Targets.

        Returns
        -------
        tuple of dict and Searched
            What is remembered after them, and what is searched at each.
        """
        written, slot, turn = self._slots(state["turn"], since)
        kept = {**self._remember(state, incoming, slot), "turn": turn}
        return kept, Searched.along(state, incoming, written, past, self.every, self.delay)

    def see(
        self, target: Tensor, other: Tensor, state: State
    ) -> tuple[State, Tensor, Tensor, Tensor]:
        """What moments are known by.

        Parameters
        ----------
        target, other : Tensor, shape (B, L, K) and (B, L, inputs)
        state : dict of str to Tensor
            Before them.

        Returns
        -------
        tuple of dict and three Tensor
            Count and filtered inputs after them; moments (B, L, width); levels (B, L, K); and
            smoothed inputs (B, L, inputs).
        """
        count, last = state["count"], state["filtered"]
        rows, made = torch.cat([other, other, target], dim=-1), []
        for now in range(target.shape[1]):
            last, count = self.filtered(rows[:, now], count, last), count + 1
            made.append(last)
        inputs, length = len(self.inputs), target.shape[1]
        sizes = [inputs, inputs, len(self.targets)]
        smooth, slow, level = torch.stack(made, dim=1).split(sizes, dim=-1)
        smooths = torch.cat([state["recent"][..., -inputs:], smooth], dim=1)
        past = torch.cat([state["past"], target], dim=1)
        count_at = state["count"] + torch.arange(1, length + 1)
        before = ago(smooths, self.input_lags, count_at)
        changes = ago(past, self.target_lags, count_at) - target[:, :, None]
        parts = [before.flatten(2), slow, changes.flatten(2), target - level]
        return {"count": count, "filtered": last}, torch.cat(parts, dim=-1), level, smooth

    def _slots(self, turn: Tensor, since: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Whether a moment is kept at each sample (B, L), in which place, and the next turn."""
        ready = (since > self.first_count).float()
        number = turn + ready.cumsum(1)
        groups = torch.floor(number / self.every)
        written = ready * (number == groups * self.every).float()
        slot = torch.remainder(groups - 1, self.places)
        slot = torch.where(written > 0, slot, float(self.places)).long()
        return written, slot, torch.remainder(number[:, -1:], self.places * self.every)

    def _remember(self, state: State, incoming: Tensor, slot: Tensor) -> State:
        length = incoming.shape[1]
        index = slot[..., None].expand(-1, -1, incoming.shape[2])
        fresh = torch.arange(length).float() + self.held - self.delay - length
        at = (state["at"] - length).clamp(min=0).scatter(1, slot, fresh.expand(len(slot), -1))
        return {"keys": state["keys"].scatter(1, index, incoming), "at": at}

    def _cycles(self, past: Tensor, target: Tensor, count: Tensor) -> Tensor:
        """Last cycle as a change (B, L, S K); 0 before a whole history."""
        batch, length, targets = target.shape
        history = self.signature.history
        rows = past.shape[1] - length - history + 1
        at = (rows + torch.arange(length)[:, None] + torch.arange(history)).reshape(-1)
        windows = past.index_select(1, at).reshape(batch * length, history, targets)
        cycle = self.cycle(windows).reshape(batch, length, -1, targets) - target[:, :, None]
        return (cycle * (count >= history).float()[..., None, None]).flatten(2)

    def _search(
        self, keys: Tensor, searched: Searched, hidden: Tensor | None
    ) -> tuple[Tensor, Tensor]:
        """Mean future (B, L, S K) of similar moments as a change, and three figures of them."""
        size = (keys * keys).sum(-1, keepdim=True)
        asked = torch.cat([-2 * keys, torch.ones_like(size), size], dim=-1)
        own = asked @ searched.keys.transpose(1, 2) + EMPTY * searched.absent
        others = asked @ self.others.T
        if hidden is not None:
            others = others + EMPTY * hidden[:, None]
        nearest = torch.cat([own, others], dim=-1).topk(self.neighbours, largest=False)
        known = (1 - searched.absent).sum(-1, keepdim=True)
        last = (FEW - 1 + known / MANY).clamp(max=self.neighbours - 1).floor().long()
        border = nearest.values.gather(-1, last.expand(-1, own.shape[1], -1))
        weight = (1 + 1e-6 - nearest.values / border.clamp(1e-9, EMPTY / 2)).clamp(min=0)
        index, count = nearest.indices, own.shape[-1]
        mine = (index < count).float()
        place = index.clamp(max=count - 1)
        futures = self._own_futures(searched, place)
        found = rows_at(searched.keys, place)[..., : keys.shape[-1]]
        if len(self.futures):
            theirs = (index - count).clamp(min=0)
            found = torch.where(mine[..., None] > 0, found, self.keys[theirs])
        share = weight / weight.sum(-1, keepdim=True).clamp(min=1e-6)
        level = ridge_line(found - keys[:, :, None], weight, share)
        both = torch.stack([level, share], dim=-2)
        means = (both * mine[:, :, None]) @ futures
        if len(self.futures):
            means = means + (both * (1 - mine)[:, :, None]) @ self.futures[theirs]
        near = torch.exp(-nearest.values[..., 0].clamp(min=0).sqrt())
        bend = (means[..., 0, :] - means[..., 1, :]).abs().mean(-1)
        figures = [near, (share * mine).sum(-1), bend]
        return means[..., 0, :], torch.stack(figures, dim=-1)

    def _own_futures(self, searched: Searched, index: Tensor) -> Tensor:
        """(B, L, neighbours, S K): what followed a moment, as a change from it."""
        shape, past = self.signature, searched.past
        batch, length, count = index.shape
        at = searched.at.gather(1, index.flatten(1))
        ahead = torch.arange(shape.first, shape.horizon + 1)
        rows = (at[..., None] + ahead).clamp(0, past.shape[1] - 1).flatten(1)
        values = past.gather(1, rows[..., None].expand(-1, -1, shape.n_targets))
        now = past.gather(1, at[..., None].expand(-1, -1, shape.n_targets))
        change = values.reshape(batch, length * count, -1, shape.n_targets) - now[:, :, None]
        return change.reshape(batch, length, count, -1)
