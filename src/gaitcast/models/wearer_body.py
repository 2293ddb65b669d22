"""From the columns of a wearer's memory to features and a forecast: a network, or nothing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from gaitcast.models.base import State, StatefulForecaster, StatefulNetwork
from gaitcast.models.signature import Signature
from gaitcast.models.wearer_memory import Columns

#: Steps of both forecasts that a body reads, and the head.
_KNOTS = 10
#: Penalty on the weights of the head that is fitted in training, and so many segments a group, of
#: one wearer: `together` of the training.
_TAUGHT, _GROUP = 100.0, 4
#: How far the other inputs of a group are mixed with one another, and shifted, in training, SD.
_MIXED, _SHIFTED = 0.24, 0.03


class WearerBody(StatefulForecaster):
    """What stands between memory and head.

    Parameters
    ----------
    signature : Signature
        Of the adaptive model.
    columns : Columns
        Of its memory.
    """

    def __init__(self, signature: Signature, columns: Columns) -> None:
        super().__init__(signature)
        self.columns = columns
        count = signature.n_steps
        knots = np.unique(np.linspace(0, count - 1, _KNOTS).round().astype(int))
        self.knots: list[int] = knots.tolist()

    @property
    @abstractmethod
    def width(self) -> int:
        """Number of features of :meth:`features`."""

    @abstractmethod
    def features(self, columns: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """What the head reads, and a forecast.

        Parameters
        ----------
        columns : Tensor, shape (B, T, total)
            Of a :class:`gaitcast.models.wearer_memory.WearerMemory`.
        state : dict of str to Tensor
            Before the first sample.

        Returns
        -------
        tuple of Tensor, Tensor and dict
            Features (B, T, width), changes from the present (B, T, S, K), and the state.
        """

    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulForecaster.forward`; of the memory's columns."""
        _, change, state = self.features(samples, state)
        return self.columns.split(samples)[2][..., None, :] + change, state


class PlainBody(WearerBody):
    """No network: the memory's own forecast."""

    @property
    def width(self) -> int:
        """See :attr:`WearerBody.width`."""
        return self.columns.plain + 2 * len(self.knots) * self.signature.n_targets + 1

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`; nothing is carried."""
        del batch
        return {}

    def features(self, columns: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """See :meth:`WearerBody.features`."""
        plain, _, _, both = self.columns.split(columns)
        knots = both.index_select(-2, torch.tensor(self.knots, device=both.device)).flatten(-3)
        parts = [plain, knots, torch.ones_like(plain[..., :1])]
        return torch.cat(parts, dim=-1), both[..., 1, :, :], state


class NetworkBody(WearerBody):
    """A network trained on other people.

    It forecasts a share of the last cycle's and of the memory's change, learnt for each step ahead,
    plus what the network adds.

    Parameters
    ----------
    network : type of StatefulNetwork
        With its `options`.
    features : int
        Width of the layer that the head reads.
    """

    def __init__(
        self,
        signature: Signature,
        columns: Columns,
        network: type[StatefulNetwork],
        options: Mapping[str, object],
        features: int,
    ) -> None:
        super().__init__(signature, columns)
        steps, targets = signature.n_steps, signature.n_targets
        read = columns.plain + 2 * len(self.knots) * targets
        names = tuple(f"column {k}" for k in range(read))
        inner = replace(signature, inputs=names, covariates=(), relative=False)
        self.network = network(inner, **options)  # type: ignore[arg-type]
        width = self.network.last.linear.in_features
        self.network.last = nn.Identity()  # type: ignore[assignment]
        self.embed = nn.Linear(width, features)
        self.out = nn.Linear(self.width, steps * targets)
        nn.init.zeros_(self.out.weight)
        nn.init.zeros_(self.out.bias)
        share = torch.linspace(0.3, 0.8, steps)
        self.shares = nn.Parameter(torch.stack([0.3 * share, 0.7 * share])[:, :, None])

    @property
    def width(self) -> int:
        """See :attr:`WearerBody.width`: with both forecasts at the knots, the level, and 1."""
        extra = (2 * len(self.knots) + 1) * self.signature.n_targets + 1
        return self.embed.out_features + extra

    def initial_state(self, batch: int) -> State:
        """See :meth:`StatefulForecaster.initial_state`."""
        return self.network.initial_state(batch)

    def features(self, columns: Tensor, state: State) -> tuple[Tensor, Tensor, State]:
        """See :meth:`WearerBody.features`."""
        plain, level, _, both = self.columns.split(columns)
        knots = both.index_select(-2, torch.tensor(self.knots, device=both.device)).flatten(-3)
        embedding, state = self.network.encode(torch.cat([plain, knots], dim=-1), state)
        parts = [torch.relu(self.embed(torch.relu(embedding))), knots, level]
        features = torch.cat([*parts, torch.ones_like(level[..., :1])], dim=-1)
        base = (both * self.shares).sum(-3)
        return features, base + self.out(features).reshape(base.shape), state

    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulForecaster.forward`; of the memory's columns.

        In training every other sample is corrected by a head that is fitted on other segments of
        that wearer, as the online head will be: features are learnt from which it learns fast. The
        other inputs of a group of segments are mixed a little, as if mounted otherwise.
        """
        size = _GROUP if len(samples) % _GROUP == 0 else len(samples)
        if self.training:
            samples = torch.cat([self._mounted(group) for group in samples.split(size)])
        features, change, state = self.features(samples, state)
        now = self.columns.split(samples)[2]
        begun = min(self.signature.history, now.shape[1] // 2)
        if self.training and len(now) > 1 and now.shape[1] > begun + self.signature.horizon:
            groups = zip(features.split(size), change.split(size), now.split(size), strict=True)
            taught = torch.cat([self._taught(f, c, n, begun) for f, c, n in groups])
            odd = torch.arange(now.shape[1], device=now.device) % 2 == 1
            change = torch.where(odd[:, None, None], taught, change)
        return now[..., None, :] + change, state

    def _mounted(self, group: Tensor) -> Tensor:
        """Segments whose other inputs are mixed in one way."""
        count = self.columns.inputs
        other, rest = group[..., :count], group[..., count:]
        draw = torch.randn(count + 1, count, device=group.device)
        other = other + _MIXED / count**0.5 * other @ draw[:count] + _SHIFTED * draw[count]
        return torch.cat([other, rest], dim=-1)

    def _taught(self, features: Tensor, change: Tensor, now: Tensor, begun: int) -> Tensor:
        """Changes, each half of the segments corrected by what the other half lacked."""
        shape, half = self.signature, len(now) // 2
        made = torch.arange(begun, now.shape[1] - shape.horizon, 2, device=now.device)
        ahead = torch.arange(shape.first, shape.horizon + 1, device=now.device)
        known = now[:, made[:, None] + ahead] - now[:, made][:, :, None]
        lacked, seen = (known - change[:, made]).flatten(2), features[:, made]
        eye = _TAUGHT * torch.eye(seen.shape[-1], device=now.device)
        corrected = []
        for asked, fitted in ((slice(half), slice(half, None)), (slice(half, None), slice(half))):
            x, y = seen[fitted].flatten(0, 1), lacked[fitted].flatten(0, 1)
            weights = torch.linalg.solve(x.mT @ x + eye, x.mT @ y)
            corrected.append((features[asked] @ weights).reshape(change[asked].shape))
        return change + torch.cat(corrected)
