"""A predictor that goes on learning from its wearer while it is worn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import numpy as np
import torch
from annotated_types import Ge, Gt
from torch import Tensor, nn

from gaitcast.models.base import (
    Forecaster,
    Signature,
    State,
    StatefulForecaster,
    StatefulNetwork,
)
from gaitcast.models.gru import GRU
from gaitcast.models.lru import LRU
from gaitcast.models.online_head import OnlineHead
from gaitcast.models.tcn import TCN
from gaitcast.models.wearer_memory import Columns, WearerMemory
from gaitcast.tasks import Series, Windows

_BODIES: Mapping[str, type[StatefulNetwork]] = {"tcn": TCN, "gru": GRU, "lru": LRU}
#: Sizes that do for what is left to learn.
_OPTIONS: Mapping[str, Mapping[str, object]] = {"tcn": {"width": 32, "blocks": 7}}
#: Steps of both forecasts that the body reads, and the head.
_KNOTS = 10
#: Moments a second that are remembered.
_KEPT_HZ = 25.0
#: Every so manieth training sample for the prior; series that are run side by side.
_THINNED, _TOGETHER = 4, 16


class WearerBody(StatefulForecaster):
    """What is trained on other people: a network on the columns of a `WearerMemory`.

    It forecasts changes from the present: a share of the last cycle's and of the memory's, learnt
    for each step ahead, plus what the network adds.

    Parameters
    ----------
    signature : Signature
        Of the adaptive model.
    network : type of StatefulNetwork
        With its `options`.
    features : int
        Width of the layer that the online head reads.
    """

    def __init__(
        self,
        signature: Signature,
        columns: Columns,
        network: type[StatefulNetwork],
        options: Mapping[str, object],
        features: int,
    ) -> None:
        super().__init__(signature)
        self.columns = columns
        steps, targets = signature.n_steps, signature.n_targets
        self.knots = np.unique(np.linspace(0, steps - 1, _KNOTS).round().astype(int)).tolist()
        read = columns.plain + 2 * len(self.knots) * targets
        names = tuple(f"column {k}" for k in range(read))
        inner = replace(signature, inputs=names, covariates=(), relative=False)
        self.network = network(inner, **options)  # type: ignore[arg-type]
        width = self.network.last.linear.in_features
        self.network.last = nn.Identity()  # type: ignore[assignment]
        self.embed = nn.Linear(width, features)
        self.out = nn.Linear(features + self.extra, steps * targets)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        share = torch.linspace(0.3, 0.8, steps)
        self.shares = nn.Parameter(torch.stack([0.3 * share, 0.7 * share])[:, :, None])

    @property
    def extra(self) -> int:
        """Features that come from no network: both forecasts at the knots, level, and 1."""
        return (2 * len(self.knots) + 1) * self.signature.n_targets + 1

    @property
    def width(self) -> int:
        """Number of features of :meth:`features`."""
        return self.embed.out_features + self.extra

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`."""
        return self.network.initial_state(batch)

    def features(self, columns: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """What the heads read.

        Parameters
        ----------
        columns : Tensor, shape (B, T, total)
            Of a :class:`WearerMemory`.

        Returns
        -------
        tuple of Tensor, Tensor and dict
            Features (B, T, width), base of the forecast (B, T, S, K), and the state.
        """
        plain, level, _, both = self.columns.split(columns)
        knots = both[..., self.knots, :].flatten(-3)
        embedding, state = self.network.encode(torch.cat([plain, knots], dim=-1), state)
        parts = [torch.relu(self.embed(torch.relu(embedding))), knots, level]
        features = torch.cat([*parts, torch.ones_like(level[..., :1])], dim=-1)
        return features, (both * self.shares).sum(-3), state

    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulForecaster.forward`."""
        features, base, state = self.features(samples, state)
        now = self.columns.split(samples)[2]
        return now[..., None, :] + base + self.out(features).reshape(base.shape), state


class WearerAdaptive(StatefulForecaster):
    """Memory of the wearer, a network on it, and a head that learns as labels arrive.

    Labels are the targets' own past among the inputs, measured or estimated by a signal step; each
    enters one horizon after the instant at which it was forecast.

    Parameters
    ----------
    body : str
        Network of the zoo between memory and head: ``tcn``, ``gru`` or ``lru``.
    body_options : dict
        Of it.
    features : int
        Width of the layer that the head reads, beside both forecasts and the level.
    memory_s : float
        So much of the wearer's own past is searched.
    neighbours : int
        Moments averaged.
    others : int
        Moments of the training people that are searched beside the wearer's.
    prior_s : float
        See :class:`gaitcast.models.online_head.OnlineHead`.
    """

    by_gradient = True

    def __init__(
        self,
        signature: Signature,
        body: Literal["tcn", "gru", "lru"] = "tcn",
        body_options: dict[str, object] | None = None,
        features: Annotated[int, Gt(0)] = 64,
        memory_s: Annotated[float, Gt(0)] = 60.0,
        neighbours: Annotated[int, Gt(0)] = 12,
        others: Annotated[int, Ge(0)] = 1500,
        prior_s: Annotated[float, Ge(0)] = 5.0,
    ) -> None:
        super().__init__(signature)
        every = max(1, round(signature.rate_hz / _KEPT_HZ))
        self.memory = WearerMemory(signature, memory_s, neighbours, every, others)
        options = {**_OPTIONS.get(body, {}), **(body_options or {})}
        self.body = WearerBody(signature, self.memory.columns, _BODIES[body], options, features)
        outputs = signature.n_steps * signature.n_targets
        self.delay = max(1, signature.horizon)
        self.online = OnlineHead(
            self.body.width, outputs, self.delay, every, signature.rate_hz, prior_s
        )

    @property
    def kept(self) -> tuple[str, ...]:  # type: ignore[override]
        """See :attr:`StatefulForecaster.kept`: moments and what the head has learnt."""
        names = [f"memory_{name}" for name in self.memory.kept]
        return (*names, *(f"head_{name}" for name in self.online.kept))

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`."""
        return _named(
            self.memory.initial_state(batch),
            self.body.initial_state(batch),
            self.online.initial_state(batch),
        )

    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulForecaster.forward`."""
        past = torch.cat([state["memory_past"], samples[..., self.memory.targets]], dim=1)
        columns, memory = self.memory(samples, _of(state, "memory"))
        features, base, body = self.body.features(columns, _of(state, "body"))
        plain = (base + self.body.out(features).reshape(base.shape)).flatten(2)
        known = self._known(past, samples.shape[1])
        made, head = self.online(features, plain, known, _of(state, "head"))
        change = made.reshape(base.shape)
        now = samples[..., self.memory.targets]
        return now[..., None, :] + change, _named(memory, body, head)

    def _known(self, past: Tensor, count: int) -> Tensor:
        """(B, T, S K): what the forecast made one delay before each sample was about."""
        made = past.shape[1] - count - self.delay + torch.arange(count)
        ahead = torch.arange(self.signature.first, self.signature.horizon + 1)
        known = past[:, made[:, None] + ahead] - past[:, made][:, :, None]
        return known.flatten(2)

    # --- learning from other people ------------------------------------------------------------

    def learner(self, train: Windows, held: Windows) -> tuple[Forecaster, Windows, Windows]:
        """See :meth:`Forecaster.learner`: the body, on the columns of the memory."""
        self._remember(train)
        return self.body, self._columns(train), self._columns(held)

    @torch.no_grad()
    def _remember(self, windows: Windows) -> None:
        """Take moments of the training people, as many of each."""
        people: dict[str, list[tuple[Tensor, Tensor]]] = {}
        for series in windows.series:
            found = self.memory.moments(torch.from_numpy(series.features))
            people.setdefault(series.person, []).append(found)
        share = len(self.memory.keys) // max(1, len(people))
        self._owners: list[str] = []
        for person, several in people.items():
            keys, futures = (torch.cat([*part]) for part in zip(*several, strict=True))
            chosen = torch.linspace(0, len(keys) - 1, min(share, len(keys))).long()
            rows = slice(len(self._owners), len(self._owners) + len(chosen))
            self.memory.keys[rows], self.memory.futures[rows] = keys[chosen], futures[chosen]
            self._owners += [person] * len(chosen)

    @torch.no_grad()
    def _columns(self, windows: Windows) -> Windows:
        """The same windows with the columns that the body is trained on.

        A person's own moments are hidden from them, but for those of their last minute.
        """
        made = []
        for together in _side_by_side(windows.series):
            rows = [torch.from_numpy(s.features) for s in together]
            hidden = torch.tensor(
                [[float(owner == s.person) for owner in self._owners] for s in together]
            )
            hidden = nn.functional.pad(hidden, (0, len(self.memory.keys) - len(self._owners)))
            state = self.memory.initial_state(len(together))
            found, _ = self.memory(nn.utils.rnn.pad_sequence(rows, True), state, hidden)
            made += [
                replace(s, features=found[k, : len(s)].numpy()) for k, s in enumerate(together)
            ]
        shape = (windows.history, windows.horizon, windows.stride, windows.first)
        return Windows(made, *shape)

    @torch.no_grad()
    def conclude(self, train: Windows) -> None:
        """See :meth:`Forecaster.conclude`: how the features of other people spread."""
        found = []
        for series in train.series:
            columns = torch.from_numpy(series.features)[None]
            features, _, _ = self.body.features(columns, self.body.initial_state(1))
            found.append(features[0, train.history - 1 :: _THINNED])
        self.online.set_prior(torch.cat(found))


def _named(memory: State, body: State, head: State) -> State:
    parts = {"memory": memory, "body": body, "head": head}
    return {f"{part}_{name}": v for part, state in parts.items() for name, v in state.items()}


def _of(state: State, part: str) -> State:
    begin = f"{part}_"
    return {k.removeprefix(begin): v for k, v in state.items() if k.startswith(begin)}


def _side_by_side(series: Sequence[Series]) -> list[list[Series]]:
    """Series of about one length together, so that little is filled up."""
    together: list[list[Series]] = []
    for one in sorted(series, key=len):
        if together and len(together[-1]) < _TOGETHER and len(one) < 1.5 * len(together[-1][0]):
            together[-1].append(one)
        else:
            together.append([one])
    return together
