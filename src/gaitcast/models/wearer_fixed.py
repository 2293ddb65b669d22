"""Memory and head that stay with what they have learnt of their wearer."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from gaitcast.models.base import State
from gaitcast.models.moment_search import Searched
from gaitcast.models.online_head import OnlineHead
from gaitcast.models.wearer_memory import WearerMemory
from gaitcast.models.wearer_step import Known

#: Of the state of a fixed memory, what was learnt.
FIXED = ("fixed", "keys", "at")


class FixedMemory(WearerMemory):
    """Searches the moments that it begins with and takes up no others.

    ``fixed`` of its state are the targets that these moments are part of; ``past`` are the latest
    ones, of which level and last cycle are made.
    """

    kept = FIXED

    def initial_state(self, batch: int) -> State:
        """See :meth:`WearerMemory.initial_state`."""
        state = super().initial_state(batch)
        return {**state, "fixed": torch.zeros_like(state["past"])}

    def learn(
        self, state: State, incoming: Tensor, since: Tensor, past: Tensor
    ) -> tuple[State, Searched]:
        """See :meth:`WearerMemory.learn`; in training as one that learns."""
        if self.training:
            kept, searched = super().learn(state, incoming, since, past)
            return {**kept, "fixed": state["fixed"]}, searched
        same = {name: state[name] for name in (*FIXED, "turn")}
        return same, Searched.fixed(state, incoming.shape[1])

    def take_up(self, state: State, incoming: Tensor, since: Tensor, past: Tensor) -> Known:
        """See :meth:`WearerMemory.take_up`."""
        del incoming, since, past
        same = {name: state[name] for name in (*FIXED, "turn")}
        return same, state["keys"], state["at"], state["fixed"]


class FixedHead(OnlineHead):
    """Corrects by the weights that it begins with."""

    def _learn(
        self, features: Tensor, lacked: Tensor, ready: Tensor, state: State
    ) -> tuple[Tensor, Tensor]:
        del features, lacked, ready
        return state["weights"], state["learnt"]

    def _errors(self, errors: Tensor, missed: Tensor, share: Tensor) -> Tensor:
        del missed, share
        return errors


#: By whether they go on learning.
MEMORIES: Mapping[bool, type[WearerMemory]] = {True: WearerMemory, False: FixedMemory}
HEADS: Mapping[bool, type[OnlineHead]] = {True: OnlineHead, False: FixedHead}
