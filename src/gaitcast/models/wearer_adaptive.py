"""A predictor that goes on learning from its wearer while it is worn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Literal

import torch
from annotated_types import Ge, Gt
from torch import Tensor, nn

from gaitcast.errors import GaitcastError
from gaitcast.models.base import ClosedForm, Forecaster, State, StatefulForecaster, StatefulNetwork
from gaitcast.models.gated_tcn import GatedTCN
from gaitcast.models.gru import GRU
from gaitcast.models.lru import LRU
from gaitcast.models.moment_key import Moments, learn_key, plain_weights
from gaitcast.models.online_head import OnlineHead
from gaitcast.models.signature import Signature
from gaitcast.models.tcn import TCN
from gaitcast.models.wearer_body import NetworkBody, PlainBody, WearerBody
from gaitcast.models.wearer_fixed import FIXED, HEADS, MEMORIES
from gaitcast.models.wearer_memory import PARTS, Part, WearerMemory
from gaitcast.tasks import Series, Windows
from gaitcast.tasks.mapped_rows import mapped_like

_BODIES: Mapping[str, type[StatefulNetwork]] = {
    "gated-tcn": GatedTCN,
    "tcn": TCN,
    "gru": GRU,
    "lru": LRU,
}
#: Sizes that do for what is left to learn.
_OPTIONS: Mapping[str, Mapping[str, object]] = {"tcn": {"width": 32, "blocks": 7}}
#: Of each person's recordings, so many seconds at their start are kept more densely.
_START_S = 6.0
#: Of moments, the share that is steady gait.
_STEADY = 0.8
#: Share of the corrected forecast beside the memory's.
_CORRECTED = 0.7
#: Every so manieth training sample for the prior; series that are run side by side.
_THINNED, _TOGETHER = 4, 16


class Wearer(StatefulForecaster):
    """Memory, body and online head, whatever the body is.

    Labels are the targets' own past among the inputs, measured or estimated by a signal step; each
    enters one horizon after the instant at which it was forecast. The forecast is the corrected
    one and the memory's, at 7 to 3.
    """

    learns_from_wearer = True
    memory: WearerMemory
    body: WearerBody
    online: OnlineHead

    def assemble(
        self,
        memory: WearerMemory,
        body: WearerBody,
        prior_s: float,
        parts: Sequence[Part],
        learns: bool,
    ) -> None:
        """Take its parts."""
        shape = self.signature
        self.memory, self.body, self.delay = memory, body, max(1, shape.horizon)
        outputs = shape.n_steps * shape.n_targets
        self.online = HEADS[learns](
            body.width, outputs, self.delay, memory.every, shape.rate_hz, prior_s
        )
        self.heads, self.learns = "head" in parts, learns
        self._owners: list[str] = []

    @property
    def kept(self) -> tuple[str, ...]:  # type: ignore[override]
        """See :attr:`StatefulForecaster.kept`: moments and what the head has learnt."""
        names = [f"memory_{name}" for name in self.memory.kept]
        return (*names, *(f"head_{name}" for name in self.online.kept))

    @property
    def pauses(self) -> tuple[str, ...]:  # type: ignore[override]
        """See :attr:`StatefulForecaster.pauses`."""
        names = [f"memory_{name}" for name in self.memory.pauses]
        return (*names, *(f"head_{name}" for name in self.online.pauses))

    @property
    def overwritten(self) -> tuple[str, ...]:  # type: ignore[override]
        """See :attr:`StatefulForecaster.overwritten`."""
        names = [f"memory_{name}" for name in self.memory.overwritten]
        return (*names, *(f"head_{name}" for name in self.online.overwritten))

    def fixed(self, learnt: State) -> State:
        """What a model that does not learn has to begin with to know the same of its wearer."""
        state = {"memory_fixed": learnt["memory_past"], **learnt}
        heads = [name for name in learnt if name.startswith("head_")]
        return {name: state[name] for name in [f"memory_{k}" for k in FIXED] + heads}

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`."""
        return _named(
            self.memory.initial_state(batch),
            self.body.initial_state(batch),
            self.online.initial_state(batch),
        )

    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulForecaster.forward`."""
        columns, memory = self.memory(samples, _of(state, "memory"))
        features, plain, body = self.body.features(columns, _of(state, "body"))
        past = memory["past"]
        if samples.shape[1] > 1:
            past = torch.cat([state["memory_past"], samples[..., self.memory.targets]], dim=1)
        known = self._known(past, samples.shape[1])
        made, head = self.online(features, plain.flatten(2), known, _of(state, "head"))
        change = self._mixed(made.reshape(plain.shape) if self.heads else plain, columns)
        now = self.memory.columns.split(columns)[2]
        return now[..., None, :] + change, _named(memory, body, head)

    def _mixed(self, change: Tensor, columns: Tensor) -> Tensor:
        """What the head makes, with what the memory says."""
        if "memory" not in self.memory.parts:
            return change
        remembered = self.memory.columns.split(columns)[3][..., 1, :, :]
        return _CORRECTED * change + (1 - _CORRECTED) * remembered

    def _known(self, past: Tensor, count: int) -> Tensor:
        """(B, T, S K): what the forecast made one delay before each sample was about."""
        made = past.shape[1] - count - self.delay + torch.arange(count)
        ahead = torch.arange(self.signature.first, self.signature.horizon + 1)
        at, made = (made[:, None] + ahead).reshape(-1).clamp(min=0), made.clamp(min=0)
        known = past.index_select(1, at).reshape(past.shape[0], count, len(ahead), -1)
        return (known - past.index_select(1, made)[:, :, None]).flatten(2)

    # --- learning from other people ------------------------------------------------------------

    def _remember(self, windows: Windows) -> None:
        """Learn the key, and take moments of the training people, as many of each."""
        memory = self.memory
        found = [one for one in map(self._moments, windows.series) if len(one.seen)]
        if not found:
            raise GaitcastError(
                f"no training recording is longer than {1 + self.delay / self.signature.rate_hz:g} "
                "s, so there is no moment to remember",
                where="model that learns from its wearer",
                hint="Give longer recordings",
            )
        weights = plain_weights(len(memory.inputs), self.signature.n_targets, memory.lags)
        rank, rate_hz = memory.key.shape[1], self.signature.rate_hz
        memory.key = learn_key(found, torch.tensor(weights), rank, self.delay, rate_hz)
        people: dict[str, list[Moments]] = {}
        for one in found:
            people.setdefault(one.person, []).append(one)
        share = len(memory.keys) // max(1, len(people))
        self._owners = []
        for person, several in people.items():
            seen, futures = (
                torch.cat([getattr(m, part) for m in several]) for part in ("seen", "futures")
            )
            slow = seen[:, memory.slow_columns]
            chosen = _chosen(slow, round(_START_S * rate_hz), share)
            rows = slice(len(self._owners), len(self._owners) + len(chosen))
            memory.keys[rows], memory.futures[rows] = seen[chosen] @ memory.key, futures[chosen]
            self._owners += [person] * len(chosen)

    @torch.no_grad()
    def _moments(self, series: Series) -> Moments:
        """Those whose future is within the recording, from the second second on."""
        memory, samples = self.memory, torch.from_numpy(series.features)[None]
        target, other = samples[..., memory.targets], samples[..., memory.inputs]
        _, seen, _, _ = memory.see(target, other, memory.initial_state(1))
        known = self._known(target, len(series))
        first = min(round(self.signature.rate_hz), len(series))
        last = max(first, len(series) - self.delay)
        return Moments(
            seen[0, first:last], known[0, first + self.delay : last + self.delay], series.person
        )

    @torch.no_grad()
    def _columns(self, windows: Windows) -> Windows:
        """The same windows with the columns that the body is trained on.

        A person's own moments are hidden from them, but for those of their last minute. Targets are
        what the inputs say of them, as live: of an estimated angle, a body trained on the true one
        learns the training people's offsets, which no other person has.
        """
        self.memory.train()  # one that is fixed learns of training people
        made = mapped_like(windows.series, self._each_with_columns(windows.series))
        self.memory.eval()
        shape = (windows.history, windows.horizon, windows.stride, windows.first)
        return Windows(made, *shape)

    def _each_with_columns(self, series: Sequence[Series]) -> Iterator[Series]:
        for together in _side_by_side(series):
            rows = [torch.from_numpy(s.features) for s in together]
            hidden = torch.tensor(
                [[float(owner == s.person) for owner in self._owners] for s in together]
            )
            hidden = nn.functional.pad(hidden, (0, len(self.memory.keys) - len(self._owners)))
            state = self.memory.initial_state(len(together))
            found, _ = self.memory(nn.utils.rnn.pad_sequence(rows, True), state, hidden)
            for k, s in enumerate(together):
                targets = s.features[:, self.memory.targets]
                yield replace(s, features=found[k, : len(s)].numpy(), targets=targets)

    @torch.no_grad()
    def conclude(self, train: Windows) -> None:
        """See :meth:`Forecaster.conclude`: how the features of other people spread."""
        found = []
        for series in train.series:
            columns = torch.from_numpy(series.features)[None]
            features, _, _ = self.body.features(columns, self.body.initial_state(1))
            found.append(features[0, train.history - 1 :: _THINNED])
        self.online.set_prior(torch.cat(found))


class WearerAdaptive(Wearer):
    """Memory of the wearer, a network on it, and a head that learns as labels arrive.

    Parameters
    ----------
    body : str
        Network of the zoo between memory and head: ``gated-tcn``, ``tcn``, ``gru`` or ``lru``.
    body_options : dict
        Of it.
    features : int
        Width of the layer that the head reads, beside both forecasts and the level.
    parts : sequence of str
        Of ``cycle``, ``memory`` and ``head``; for ablations.
    memory_s : float
        So much of the wearer's own past is searched.
    neighbours : int
        Moments that the memory's forecast is a line through.
    others : int
        Moments of the training people that are searched beside the wearer's.
    rank : int
        Width of the key by which moments are compared.
    prior_s : float
        See :class:`gaitcast.models.online_head.OnlineHead`.
    learns : bool
        Whether it goes on learning while it is worn; else it stays with what it begins with.

    Notes
    -----
    The defaults, the training in the registry and the constants of these modules were chosen on the
    six people of ``zare2025`` (the ankle, measured), each forecast from the other five: their own
    errors were seen. Settings of the training and of the key were compared on two of the six.
    """

    by_gradient = True

    def __init__(
        self,
        signature: Signature,
        body: Literal["gated-tcn", "tcn", "gru", "lru"] = "gated-tcn",
        body_options: dict[str, object] | None = None,
        features: Annotated[int, Gt(0)] = 64,
        parts: tuple[Part, ...] = PARTS,
        memory_s: Annotated[float, Gt(0)] = 96.0,
        neighbours: Annotated[int, Gt(2)] = 48,
        others: Annotated[int, Ge(0)] = 750,
        rank: Annotated[int, Gt(0)] = 16,
        prior_s: Annotated[float, Ge(0)] = 27.0,
        learns: bool = True,
    ) -> None:
        super().__init__(signature)
        memory = MEMORIES[learns](signature, memory_s, neighbours, others, rank, parts)
        options = {**_OPTIONS.get(body, {}), **(body_options or {})}
        network = NetworkBody(signature, memory.columns, _BODIES[body], options, features)
        self.assemble(memory, network, prior_s, parts, learns)

    def learner(self, train: Windows, held: Windows) -> tuple[Forecaster, Windows, Windows]:
        """See :meth:`Forecaster.learner`: the body, on the columns of the memory."""
        self._remember(train)
        return self.body, self._columns(train), self._columns(held)


class WearerRecall(Wearer, ClosedForm):
    """The same without a network: the memory's forecast, and a head that learns as labels arrive.

    Parameters
    ----------
    parts, memory_s, neighbours, others, rank, prior_s, learns
        As for :class:`WearerAdaptive`.
    """

    def __init__(
        self,
        signature: Signature,
        parts: tuple[Part, ...] = PARTS,
        memory_s: Annotated[float, Gt(0)] = 96.0,
        neighbours: Annotated[int, Gt(2)] = 48,
        others: Annotated[int, Ge(0)] = 750,
        rank: Annotated[int, Gt(0)] = 16,
        prior_s: Annotated[float, Ge(0)] = 27.0,
        learns: bool = True,
    ) -> None:
        super().__init__(signature)
        memory = MEMORIES[learns](signature, memory_s, neighbours, others, rank, parts)
        self.assemble(memory, PlainBody(signature, memory.columns), prior_s, parts, learns)

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedForm.fit`: the key, moments of others, and how features spread."""
        self._remember(windows)
        self.conclude(self._columns(windows))


def _chosen(slow: Tensor, begun: int, share: int) -> Tensor:
    """Moments to keep: half of the first seconds, half of those that are least like steady gait.

    These are the fifth of moments whose slow part is farthest from its mean: turns, for one.
    """
    if len(slow) < 2:  # no spread to speak of
        return torch.arange(min(len(slow), share))
    first = torch.linspace(0, min(begun, len(slow)) - 1, share // 2).long()
    away = ((slow - slow.mean(0)) / slow.std(0).clamp(min=1e-6)).square().sum(1)
    unusual = (away >= away.quantile(_STEADY)).nonzero()[:, 0]
    rest = unusual[torch.linspace(0, len(unusual) - 1, share - share // 2).long()]
    return torch.cat([first, rest]).unique()


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
