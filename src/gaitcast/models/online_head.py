"""A linear map that goes on learning from its wearer, sample by sample."""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

from gaitcast.models.base import State

#: Penalty on weights, in samples of features of unit size.
_RIDGE = 30.0
#: Share of the first uncertainty that comes back with every update: about a minute is remembered.
_FORGET = 6e-4
#: Time over which recent errors are compared, s, and how much worse is no longer used.
_RECENT_S, _WORSE = 10.0, 0.1


class OnlineHead(nn.Module):
    """Recursive least squares from features to what a forecast lacked, as labels arrive.

    Parameters
    ----------
    width : int
        Number of features, F.
    outputs : int
        Number of values forecast, O.
    delay : int
        Samples after which a label is known, at least 1.
    every : int
        Samples between two updates.
    prior_s : float
        So many seconds of an average training person are worth as much as the prior, which says
        that nothing has to be corrected.

    Notes
    -----
    One update costs 2 F^2 + 2 F O multiply-adds and needs no inverse. Where the corrected forecasts
    of the last 10 s were worse than those without correction, they are used less, and not at all
    from 10 % on.
    """

    spread: Tensor

    def __init__(
        self, width: int, outputs: int, delay: int, every: int, rate_hz: float, prior_s: float
    ) -> None:
        super().__init__()
        self.width, self.outputs, self.delay = width, outputs, delay
        self.every, self.rate_hz, self.prior_s = every, rate_hz, prior_s
        self.register_buffer("spread", torch.eye(width) / _RIDGE)

    #: Of the state, what outlives a gap.
    kept = ("weights", "learnt", "errors")
    #: Of the state, what a runtime sets to 0 where the input is faulty: nothing is learnt then.
    pauses = ("waited",)
    #: Of the state, what is used only where it was written since a segment began.
    overwritten = ("waiting",)

    def initial_state(self, batch: int) -> State:
        """Zeros: nothing learnt yet."""
        return {
            "weights": torch.zeros(batch, self.width, self.outputs),
            "learnt": torch.zeros(batch, self.width, self.width),
            "errors": torch.zeros(batch, 2),
            "waiting": torch.zeros(batch, self.delay, self.width + 2 * self.outputs),
            "waited": torch.zeros(batch, 1),
        }

    @torch.no_grad()
    def set_prior(self, features: Tensor) -> None:
        """Learn how features of training people spread, (n, F)."""
        x = features.double()
        mean = x.T @ x / len(x)
        precision = _RIDGE * torch.eye(self.width, dtype=torch.float64)
        precision += self.prior_s * self.rate_hz * mean
        self.spread = torch.linalg.inv(precision).float().contiguous()

    def forward(
        self, features: Tensor, plain: Tensor, known: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Learn from labels as they become known, and correct forecasts.

        Parameters
        ----------
        features : Tensor, shape (B, T, F)
        plain : Tensor, shape (B, T, O)
            Forecasts without correction.
        known : Tensor, shape (B, T, O)
            What the forecasts made `delay` samples ago were about.
        state : dict of str to Tensor
            Before the first sample.

        Returns
        -------
        tuple of Tensor and dict
            Corrected forecasts (B, T, O), and the state after the last sample.
        """
        length = features.shape[1]
        # A run of several samples begins where the count does, or where another one ended.
        offset = int(state["waited"][0, 0]) % self.every if length > 1 else 0
        edges = [0, *range(self.every - offset, length, self.every), length]
        made = []
        for start, stop in pairwise(edges):
            part = slice(start, stop)
            one, state = self._group(features[:, part], plain[:, part], known[:, part], state)
            made.append(one)
        return torch.cat(made, dim=1), state

    def _group(
        self, features: Tensor, plain: Tensor, known: Tensor, state: State
    ) -> tuple[Tensor, State]:
        """Samples of which at most the first one is learnt from."""
        length = features.shape[1]
        waited = state["waited"] + torch.arange(1, length + 1)
        ready = (waited > self.delay).float()
        turn = (torch.fmod(waited[:, :1] - 1, self.every) == 0).float() * ready[:, :1]
        oldest = state["waiting"][:, :1].split([self.width, *2 * [self.outputs]], dim=-1)
        lacked = known[:, :1] - oldest[1]
        weights, learnt = self._learn(oldest[0], lacked, turn[:, None], state)
        gain = features @ weights
        waiting = torch.cat([features, plain, plain + gain], dim=-1)
        waiting = torch.cat([state["waiting"], waiting], dim=1)
        errors, trust = self._trust(
            waiting[:, :length, self.width :], known, ready, state["errors"]
        )
        after = {"weights": weights, "learnt": learnt, "errors": errors}
        after |= {"waiting": waiting[:, length:], "waited": self._counted(waited[:, -1:])}
        return plain + trust * gain, after

    def _counted(self, waited: Tensor) -> Tensor:
        """Samples waited, less whole turns: float32 counts no farther than 46 h of 100 Hz."""
        turns = torch.floor((waited - self.delay - 1) / self.every).clamp(min=0)
        return waited - self.every * turns

    def _trust(
        self, given: Tensor, known: Tensor, ready: Tensor, errors: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Errors with and without correction of the last seconds, and how far the former are used.

        Parameters
        ----------
        given : Tensor, shape (B, L, 2 O)
            Forecasts of `delay` samples ago, without and with correction.
        """
        both = given.reshape(*given.shape[:2], 2, -1)
        missed = (both - known[:, :, None]).abs().mean(-1)
        share, trusts = ready / (_RECENT_S * self.rate_hz), []
        for now in range(given.shape[1]):
            errors = self._errors(errors, missed[:, now], share[:, now : now + 1])
            bare, full = errors.split(1, dim=1)
            worse = full / bare.clamp(min=1e-6)
            trusts.append(((1 + _WORSE - worse) / _WORSE).clamp(0.0, 1.0))
        return errors, torch.stack(trusts, dim=1)

    def _errors(self, errors: Tensor, missed: Tensor, share: Tensor) -> Tensor:
        return errors + share * (missed - errors)

    def _learn(
        self, features: Tensor, lacked: Tensor, ready: Tensor, state: State
    ) -> tuple[Tensor, Tensor]:
        """One step of recursive least squares; it stands for all samples since the last one.

        Features, lacked and ready are (B, 1, F), (B, 1, O) and (B, 1, 1).
        """
        along = features @ (self.spread - state["learnt"])  # symmetric
        gain = along * (ready / (1 / self.every + (features * along).sum(-1, keepdim=True)))
        weights = state["weights"]
        weights = weights + gain.transpose(1, 2) * (lacked - features @ weights)
        # What is learnt fades into the prior: the spread stays between both, however long it runs.
        return weights, (1 - _FORGET * ready) * state["learnt"] + gain.transpose(1, 2) * along
