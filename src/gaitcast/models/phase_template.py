"""The mean gait cycle of the training people, fitted to the recent past."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import torch
from annotated_types import Gt
from torch import Tensor

from gaitcast.models.base import ClosedFormForecaster
from gaitcast.models.signature import Signature
from gaitcast.tasks import Windows, peak_cycles

_POINTS = 100  # of the mean cycle
_SHARED = 8  # number of best fits in a forecast


class PhaseTemplate(ClosedFormForecaster):
    """Phase and stride time for which the mean cycle fits the past best; the cycle then continues.

    Parameters
    ----------
    signature : Signature
        Its inputs contain the targets.
    match_ms : float
        Length of the past that is compared.
    periods : int
        Number of stride times tried, from the shortest to the longest of the training people.

    Notes
    -----
    Cycles run from peak to peak of the first target; all are resampled to the same length and
    averaged. The best fits are averaged by their quality, so that the forecast does not jump.
    Without any cycle in training, the forecast is the mean of the targets.
    """

    scaling: ClassVar[str] = "standard"
    fits_windows: ClassVar[bool] = False
    past: Tensor
    future: Tensor
    norms: Tensor

    def __init__(
        self,
        signature: Signature,
        match_ms: Annotated[float, Gt(0)] = 800.0,
        periods: Annotated[int, Gt(1)] = 16,
    ) -> None:
        super().__init__(signature)
        self.columns = signature.target_columns("phase-template")
        match = min(round(match_ms * signature.rate_hz / 1000), signature.history)
        self.behind = np.arange(1 - match, 1)
        self.ahead = np.arange(signature.first, signature.horizon + 1)
        self.periods = periods
        size, k = periods * _POINTS, signature.n_targets
        self.register_buffer("past", torch.zeros(match * k, size))
        self.register_buffer("future", torch.zeros(size, signature.n_steps, k))
        self.register_buffer("norms", torch.zeros(size))

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`."""
        rate_hz = self.signature.rate_hz
        cycle, lengths = mean_cycle([s.targets for s in windows.series], rate_hz)
        shortest, longest = np.percentile(lengths, (2, 98))
        past, future = [], []
        for length in np.linspace(shortest, longest, self.periods):
            for start in range(_POINTS):
                phase = start / _POINTS + np.r_[self.behind, self.ahead] / length
                curve = _at(cycle, phase)
                past.append(curve[: len(self.behind)].ravel())
                future.append(curve[len(self.behind) :])
        self.past = torch.as_tensor(np.array(past).T.copy(), dtype=torch.float32)
        self.future = torch.as_tensor(np.array(future), dtype=torch.float32)
        self.norms = (self.past**2).sum(0)

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        recent = window[:, -len(self.behind) :, self.columns].flatten(1)
        # Larger is nearer, up to a constant: minus the mean squared distance.
        nearness = 2 * recent @ self.past - self.norms
        nearest = nearness.topk(_SHARED + 1, dim=1)
        # Weights fall to zero at the first fit left out, so that rounding changes next to nothing.
        weight = nearest.values[:, :-1] - nearest.values[:, -1:] + 1e-6
        weight = weight / weight.sum(1, keepdim=True)
        return (self.future[nearest.indices[:, :-1]] * weight[:, :, None, None]).sum(1)


def mean_cycle(curves: list[np.ndarray], rate_hz: float) -> tuple[np.ndarray, np.ndarray]:
    """Mean cycle of some curves, and the length of each cycle.

    Parameters
    ----------
    curves : list of numpy.ndarray, shape (n, targets)
        Without gaps.

    Returns
    -------
    tuple of numpy.ndarray
        The cycle (100, targets) from peak to peak of the first target, and lengths (cycles,) in
        samples. Without any cycle: the mean, and a length of one second.
    """
    cycles, lengths = [], []
    for curve in curves:
        old = np.arange(len(curve))
        for start, stop in peak_cycles(curve[:, 0], rate_hz):
            rows = start + (stop - start) * np.arange(_POINTS) / _POINTS
            cycles.append(np.column_stack([np.interp(rows, old, c) for c in curve.T]))
            lengths.append(stop - start)
    if not cycles:
        mean = np.concatenate(curves).mean(axis=0)
        return np.tile(mean, (_POINTS, 1)), np.array([rate_hz])
    return np.mean(cycles, axis=0), np.array(lengths, dtype=float)


def _at(cycle: np.ndarray, phase: np.ndarray) -> np.ndarray:
    grid = np.arange(_POINTS + 1) / _POINTS
    closed = np.vstack([cycle, cycle[:1]])
    return np.column_stack([np.interp(phase % 1, grid, column) for column in closed.T])
