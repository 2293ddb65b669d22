"""From the columns of a wearer's memory to features and a forecast: a network, or nothing."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import torch
from torch import Tensor, nn

from gaitcast.models.base import Signature, State, StatefulForecaster, StatefulNetwork
from gaitcast.models.wearer_memory import Columns

#: Steps of both forecasts that a body reads, and the head.
_KNOTS = 10
#: Penalty on the weights of the head that is fitted on half a training segment.
_TAUGHT = 100.0


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
        knots = both[..., self.knots, :].flatten(-3)
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
        knots = both[..., self.knots, :].flatten(-3)
        embedding, state = self.network.encode(torch.cat([plain, knots], dim=-1), state)
        parts = [torch.relu(self.embed(torch.relu(embedding))), knots, level]
        features = torch.cat([*parts, torch.ones_like(level[..., :1])], dim=-1)
        base = (both * self.shares).sum(-3)
        return features, base + self.out(features).reshape(base.shape), state

    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulForecaster.forward`; of the memory's columns.

        In training the second half of each segment is corrected by a head that is fitted on the
        first half, as the online head will be: features are learnt from which it learns fast.
        """
        features, change, state = self.features(samples, state)
        now = self.columns.split(samples)[2]
        half, ahead = now.shape[1] // 2, self.signature.horizon
        if self.training and half > 2 * ahead:
            change = torch.cat([change[:, :half], self._taught(features, change, now)], dim=1)
        return now[..., None, :] + change, state

    def _taught(self, features: Tensor, change: Tensor, now: Tensor) -> Tensor:
        """Changes of the second half, corrected by what the first half lacked."""
        shape, half = self.signature, now.shape[1] // 2
        made = torch.arange(half // 5, half - shape.horizon, device=now.device)
        ahead = torch.arange(shape.first, shape.horizon + 1, device=now.device)
        known = now[:, made[:, None] + ahead] - now[:, made][:, :, None]
        lacked = (known - change[:, made]).flatten(2)
        seen, asked = features[:, made], features[:, half:]
        eye = torch.eye(seen.shape[-1], device=now.device)
        weights = torch.linalg.solve(seen.mT @ seen + _TAUGHT * eye, seen.mT @ lacked)
        return change[:, half:] + (asked @ weights).reshape(change[:, half:].shape)
