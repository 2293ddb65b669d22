"""Analogue forecast that interpolates: a linear fit through the most similar moments."""

from __future__ import annotations

from typing import Annotated, ClassVar

import torch
from annotated_types import Gt
from torch import Tensor

from gaitcast.models.baselines import NearestNeighbours
from gaitcast.models.signature import Signature

#: Squares below this are nothing.
_LEAST = 1e-20


class LocalLinear(NearestNeighbours):
    """Ridge regression on the nearest training moments alone, anew for every forecast.

    With random windows, training windows lie one sample away from the tested one. The model then
    interpolates between its neighbours: it only remembers, and yet its errors are below those of
    networks.

    Parameters
    ----------
    neighbours : int
        Number of moments in the fit.
    match_ms, every, largest
        As for :class:`NearestNeighbours`.
    stiffness : float
        Ridge penalty as a share of the neighbours' mean squared distance from their mean: small
        follows the slope, large stays near the mean.

    Notes
    -----
    With k neighbours the regression is a system of k equations, solved by k steps of conjugate
    gradients, which can be exported as a graph. Weights fall to zero at the first moment left out.
    """

    sized_by_data: ClassVar[bool] = True

    def __init__(
        self,
        signature: Signature,
        neighbours: Annotated[int, Gt(1)] = 8,
        match_ms: Annotated[float, Gt(0)] = 150.0,
        every: Annotated[int, Gt(0)] = 7,
        largest: Annotated[int, Gt(0)] = 30_000,
        stiffness: Annotated[float, Gt(0)] = 0.01,
    ) -> None:
        super().__init__(signature, neighbours, match_ms, every, largest)
        self.stiffness = stiffness

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        query = window[:, self.rows].flatten(1)
        nearest = (2 * query @ self.keys - self.norms).topk(self.neighbours + 1, dim=1)
        index = nearest.indices[:, :-1]
        away = self.keys.T[index] - query[:, None]
        weight = nearest.values[:, :-1] - nearest.values[:, -1:] + 1e-6
        weight = weight / weight.sum(1, keepdim=True)
        middle = (weight[:, :, None] * away).sum(1, keepdim=True)
        spread = (away - middle) * weight[:, :, None].sqrt()
        system = spread @ spread.transpose(1, 2)
        size = torch.diagonal(system, dim1=1, dim2=2).mean(1)[:, None] + 1e-9
        towards = -(spread @ middle.transpose(1, 2))[:, :, 0]
        share = _solve(system / size[:, :, None], self.stiffness, towards / size, self.neighbours)
        futures = self.futures[index]
        mean = (weight[:, :, None, None] * futures).sum(1)
        slope = (weight.sqrt() * share)[:, :, None, None] * (futures - mean[:, None])
        return mean + slope.sum(1)


def _solve(system: Tensor, added: float, wanted: Tensor, steps: int) -> Tensor:
    """Solve ``(system + added I) x = wanted``, (B, k, k) and (B, k), by conjugate gradients."""
    x, left = torch.zeros_like(wanted), wanted
    direction, size = left, (left**2).sum(1, keepdim=True)
    for _ in range(steps):
        image = (system @ direction[:, :, None])[:, :, 0] + added * direction
        # Clamped, not added to: ONNX Runtime drops so small a summand, and 0 / 0 is no number.
        step = size / (direction * image).sum(1, keepdim=True).clamp(min=_LEAST)
        x, left = x + step * direction, left - step * image
        following = (left**2).sum(1, keepdim=True)
        direction = left + following / size.clamp(min=_LEAST) * direction
        size = following
    return x
