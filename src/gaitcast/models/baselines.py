"""Naive baselines: what any network has to beat."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import torch
from annotated_types import Ge, Gt
from sklearn.linear_model import Ridge as SklearnRidge
from torch import Tensor

from gaitcast.errors import GaitcastError, nearest
from gaitcast.models.base import ClosedFormForecaster, WindowForecaster
from gaitcast.models.kept_rows import pack
from gaitcast.models.signature import Signature
from gaitcast.tasks import Windows, flat_rows


class TrainMean(ClosedFormForecaster):
    """The mean of the targets over the training rows, whatever the input."""

    fits_windows: ClassVar[bool] = False
    scaling: ClassVar[str] = "none"
    mean: Tensor

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        self.register_buffer("mean", torch.zeros(signature.n_targets))

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`."""
        rows = np.concatenate([s.known for s in windows.series])
        self.mean = torch.as_tensor(rows.mean(axis=0), dtype=torch.float32)

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        # The sum times zero keeps the input in the exported graph.
        mean = self.mean + 0.0 * window[:, -1, :1]
        return mean[:, None, :].expand(-1, self.signature.n_steps, -1)


class MeanCurve(ClosedFormForecaster):
    """The mean of the training futures, step by step: a mean curve where the task is a curve."""

    fits_windows: ClassVar[bool] = False
    scaling: ClassVar[str] = "none"
    mean: Tensor

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        self.register_buffer("mean", torch.zeros(signature.n_steps, signature.n_targets))

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`."""
        sums = np.zeros(self.mean.shape)
        for number in range(len(windows.series)):
            sums += windows.futures(number).sum(axis=0, dtype=float)
        self.mean = torch.as_tensor(sums / len(windows), dtype=torch.float32)

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        return self.mean + 0.0 * window[:, -1, :1, None]


class Known(ClosedFormForecaster):
    """A known covariate of the wearer or the step, taken as the forecast.

    Parameters
    ----------
    signature : Signature
        With one target.
    covariate : str
        Name of the covariate; the first if empty.
    """

    fits_windows: ClassVar[bool] = False
    scaling: ClassVar[str] = "none"

    def __init__(self, signature: Signature, covariate: str = "") -> None:
        super().__init__(signature)
        known = signature.covariates
        if signature.n_targets > 1:
            raise GaitcastError("answers for one target", where="model 'known'")
        if covariate and covariate not in known:
            hint = nearest(covariate, known) if known else "The inputs hold none"
            raise GaitcastError(f"'{covariate}' is no covariate", where="model 'known'", hint=hint)
        column = known.index(covariate) if covariate else 0
        self.column = signature.n_inputs + column if known else -1

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`; nothing to learn."""

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`; without covariates, the last input."""
        shape = self.signature
        return window[:, -1, self.column, None, None].expand(-1, shape.n_steps, shape.n_targets)


class WearerRegression(ClosedFormForecaster):
    """A linear map from the wearer's covariates alone (mass, height, speed) to the mean.

    It gives each person a constant: the best forecast before anything is measured.

    Parameters
    ----------
    signature : Signature
        With covariates; without any, the result is the mean over people.
    alpha : float
        Penalty per person, on standardised covariates.
    """

    fits_windows: ClassVar[bool] = False
    weight: Tensor
    bias: Tensor

    def __init__(self, signature: Signature, alpha: Annotated[float, Ge(0)] = 0.1) -> None:
        super().__init__(signature)
        self.alpha = alpha
        known, targets = signature.n_columns - signature.n_inputs, signature.n_targets
        self.register_buffer("weight", torch.zeros(known, targets))
        self.register_buffer("bias", torch.zeros(targets))

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`; people with different covariates count alike."""
        known = np.stack([s.features[0, self.signature.n_inputs :] for s in windows.series])
        people, owner = np.unique(known, axis=0, return_inverse=True)
        owner, y_width = owner.reshape(-1), self.signature.n_targets
        futures = [windows.futures(n).reshape(-1, y_width) for n in range(len(windows.series))]
        means = [
            np.concatenate([f for f, k in zip(futures, owner, strict=True) if k == person]).mean(
                axis=0
            )
            for person in range(len(people))
        ]
        y = np.array(means, dtype=float)
        self.bias = torch.as_tensor(y.mean(axis=0), dtype=torch.float32)
        if people.shape[1]:
            model = SklearnRidge(alpha=self.alpha * len(y)).fit(people, y)
            weight = np.reshape(model.coef_, (y.shape[1], -1)).T
            self.weight = torch.as_tensor(weight.copy(), dtype=torch.float32)
            self.bias = torch.as_tensor(np.reshape(model.intercept_, -1), dtype=torch.float32)

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        known = window[:, -1, self.signature.n_inputs :]
        # The sum times zero keeps the input in the exported graph.
        mean = known @ self.weight + self.bias + 0.0 * window[:, -1, :1]
        return mean[:, None, :].expand(-1, self.signature.n_steps, -1)


class Persistence(WindowForecaster):
    """The present value, held."""

    scaling: ClassVar[str] = "none"

    def __init__(self, signature: Signature) -> None:
        super().__init__(signature)
        self.columns = signature.target_columns("persistence")

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        now = window[:, -1, self.columns]
        return now[:, None, :].expand(-1, self.signature.n_steps, -1)


class LinearExtrapolation(WindowForecaster):
    """The present value, continued at the slope of the last samples.

    Parameters
    ----------
    signature : Signature
        Its inputs contain the targets.
    slope_ms : float
        Length of the past for the slope, by least squares.
    """

    scaling: ClassVar[str] = "none"

    def __init__(self, signature: Signature, slope_ms: Annotated[float, Gt(0)] = 50.0) -> None:
        super().__init__(signature)
        self.columns = signature.target_columns("linear-extrapolation")
        count = min(max(2, 1 + round(slope_ms * signature.rate_hz / 1000)), signature.history)
        back = torch.arange(count, dtype=torch.float32) - (count - 1) / 2
        slope = back / (back**2).sum().clamp(min=1e-9)
        ahead = torch.arange(signature.first, signature.horizon + 1, dtype=torch.float32)
        self.register_buffer("slope", slope, persistent=False)
        self.register_buffer("ahead", ahead, persistent=False)

    slope: Tensor
    ahead: Tensor

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        recent = window[:, -len(self.slope) :, self.columns]
        slope = (recent * self.slope[:, None]).sum(1, keepdim=True)
        return recent[:, -1:] + slope * self.ahead[:, None]


class LastCycle(WindowForecaster):
    """The last gait cycle repeated, at the lag where the recent past is most like the present.

    Parameters
    ----------
    signature : Signature
        Its inputs contain the targets.
    match_ms : float
        Length of the recent past that is compared.
    shortest_ms : float
        Shortest lag; the longest is the history minus a fifth of the match.
    every : int
        Interval, samples, between the rows that are compared, the newest included.

    Notes
    -----
    The lag is common to all targets and minimises the mean squared difference, over `match_ms` or
    what the history leaves of it; among equally good lags the shortest is taken. A horizon beyond
    one cycle repeats the cycle.
    """

    scaling: ClassVar[str] = "none"
    #: A slow stride and some of the one before it: a shorter past cannot show a whole cycle.
    least_history_ms: ClassVar[float] = 2000.0
    rows: Tensor
    weight: Tensor
    source: Tensor

    def __init__(
        self,
        signature: Signature,
        match_ms: Annotated[float, Gt(0)] = 800.0,
        shortest_ms: Annotated[float, Gt(0)] = 500.0,
        every: Annotated[int, Gt(0)] = 1,
    ) -> None:
        super().__init__(signature)
        self.columns = signature.target_columns("last-cycle")
        history = signature.history
        match = max(1, min(round(match_ms * signature.rate_hz / 1000), history // 2))
        shortest = min(round(shortest_ms * signature.rate_hz / 1000), history // 2)
        lags = torch.arange(max(shortest, 1), max(history - match // 5, shortest + 2))
        rows = history - 1 - torch.arange(0, match, every)
        lagged = rows[:, None] - lags[None, :]
        ahead = torch.arange(signature.first, signature.horizon + 1)
        cycles = -(-ahead[None, :] // lags[:, None])
        source = history - 1 + ahead[None, :] - cycles * lags[:, None]
        weight = (lagged >= 0).float()
        self.register_buffer("rows", rows, persistent=False)
        # Rows of the past, each `every` samples later than the one before: of one length, cut from
        # repetitions of the past. What wraps round has no weight.
        shift = min(every, match)
        self.width = (1 if int(lags[0]) >= shift else 2) * history - shift
        self.columns_at = slice(history - 1 - int(lags[-1]), history - int(lags[0]))
        self.register_buffer("weight", weight / weight.sum(0, keepdim=True), persistent=False)
        self.register_buffer("source", source, persistent=False)

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        past = window
        if self.columns != [*range(window.shape[2])]:
            past = window.index_select(2, torch.tensor(self.columns, device=window.device))
        # Picked and multiplied as ONNX Runtime does it fast: not by lists of places, nor by powers.
        recent = past.index_select(1, self.rows)  # (B, match, K)
        count = len(self.rows) * self.width
        repeated = past.repeat(1, -(-count // past.shape[1]), 1)[:, :count]
        shifted = repeated.reshape(past.shape[0], len(self.rows), self.width, -1)
        apart = recent[:, :, None] - shifted[:, :, self.columns_at]  # (B, match, lags, K)
        squares = apart * apart
        squares = squares.sum(-1) if past.shape[2] > 1 else squares.reshape(squares.shape[:3])
        score = (squares * self.weight.flip(1)).sum(1).flip(1)  # (B, lags), the shortest first
        # Encoder counts make ties, which rounding would break one way offline and another live.
        alike = score <= score.min(1, keepdim=True).values * (1 + 1e-4) + 1e-6
        best = alike.float().argmax(1)  # (B,), the shortest of those lags
        source = self.source[best][:, :, None].expand(-1, -1, past.shape[2])
        return past.gather(1, source)


class Ridge(ClosedFormForecaster):
    """Linear map from the window, sampled every few samples, to all horizons.

    Parameters
    ----------
    every : int
        Interval, samples, between the rows of the window that are used, the newest included.
    alpha : float
        Penalty per 1,000 training windows, on standardised features.
    """

    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        signature: Signature,
        every: Annotated[int, Gt(0)] = 5,
        alpha: Annotated[float, Ge(0)] = 10.0,
    ) -> None:
        super().__init__(signature)
        self.alpha = alpha
        self.rows = list(range(signature.history - 1, -1, -every))
        width = len(self.rows) * signature.n_columns
        outputs = signature.n_steps * signature.n_targets
        self.register_buffer("weight", torch.zeros(width, outputs))
        self.register_buffer("bias", torch.zeros(outputs))

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`."""
        numbers = range(len(windows.series))
        x = np.concatenate([flat_rows(windows.inputs(n)[:, self.rows]) for n in numbers])
        y = np.concatenate([flat_rows(windows.futures(n)) for n in numbers])
        model = SklearnRidge(alpha=self.alpha * len(x) / 1000).fit(x, y)
        self.weight = torch.as_tensor(model.coef_.T.copy(), dtype=torch.float32)
        self.bias = torch.as_tensor(model.intercept_, dtype=torch.float32)

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        flat = window[:, self.rows].flatten(1)
        shape = (-1, self.signature.n_steps, self.signature.n_targets)
        return (flat @ self.weight + self.bias).reshape(shape)


class NearestNeighbours(ClosedFormForecaster):
    """Analogue forecast: the mean future of the most similar moments in the training data.

    Parameters
    ----------
    neighbours : int
        Number of moments averaged; nearer ones have more weight.
    match_ms : float
        Length of the past that is compared.
    every : int
        Interval, samples, between the compared rows, the newest included.
    largest : int
        Largest number of moments kept; larger training sets are thinned evenly.
    """

    sized_by_data: ClassVar[bool] = True
    keys: Tensor
    norms: Tensor
    futures: Tensor

    def __init__(
        self,
        signature: Signature,
        neighbours: Annotated[int, Gt(0)] = 15,
        match_ms: Annotated[float, Gt(0)] = 300.0,
        every: Annotated[int, Gt(0)] = 3,
        largest: Annotated[int, Gt(0)] = 20_000,
    ) -> None:
        super().__init__(signature)
        self.neighbours, self.largest = neighbours, largest
        self.taught: dict[str, Tensor] = {}
        match = min(round(match_ms * signature.rate_hz / 1000), signature.history - 1)
        newest = signature.history - 1
        self.rows = list(range(newest, newest - match - 1, -every))
        width = len(self.rows) * signature.n_columns
        self.register_buffer("keys", torch.zeros(width, neighbours + 1))
        self.register_buffer("norms", torch.zeros(neighbours + 1))
        self.register_buffer(
            "futures", torch.zeros(neighbours + 1, signature.n_steps, signature.n_targets)
        )

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`."""
        numbers = range(len(windows.series))
        keys = np.concatenate([flat_rows(windows.inputs(n)[:, self.rows]) for n in numbers])
        futures = np.concatenate([windows.futures(n) for n in numbers])
        keep = np.unique(np.linspace(0, len(keys) - 1, min(self.largest, len(keys))).astype(int))
        if len(keep) <= self.neighbours:
            raise GaitcastError(
                f"{len(keep)} training moments are too few for {self.neighbours} neighbours",
                where="model 'knn'",
            )
        self.keys = torch.as_tensor(keys[keep].T.copy(), dtype=torch.float32)
        self.norms = (self.keys**2).sum(0)
        self.futures = torch.as_tensor(futures[keep].copy(), dtype=torch.float32)
        self.taught = pack(windows, self.keys.nbytes + self.futures.nbytes)

    def packed(self) -> dict[str, Tensor]:
        """See :meth:`ClosedFormForecaster.packed`."""
        return self.taught or super().packed()

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        query = window[:, self.rows].flatten(1)
        # Larger is nearer, up to a constant: minus the squared distance.
        nearness = 2 * query @ self.keys - self.norms
        nearest = nearness.topk(self.neighbours + 1, dim=1)
        # Weights fall to zero at the first moment left out: rounding may swap two nearly equal
        # moments, and the forecast then hardly changes.
        weight = nearest.values[:, :-1] - nearest.values[:, -1:] + 1e-6
        weight = weight / weight.sum(1, keepdim=True)
        return (self.futures[nearest.indices[:, :-1]] * weight[:, :, None, None]).sum(1)
