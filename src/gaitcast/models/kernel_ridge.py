"""Kernel ridge regression on the principal components of the window."""

from __future__ import annotations

from typing import Annotated, ClassVar

import numpy as np
import torch
from annotated_types import Gt
from sklearn.decomposition import PCA
from sklearn.kernel_ridge import KernelRidge as SklearnKernelRidge
from torch import Tensor

from gaitcast.errors import GaitcastError
from gaitcast.models.base import ClosedFormForecaster
from gaitcast.models.signature import Signature
from gaitcast.tasks import Windows, flat_rows


class KernelRidge(ClosedFormForecaster):
    """Smooth regression on the similarity of the window to each training window.

    A linear map has one slope for the whole gait cycle; this one has a slope wherever there are
    training windows. With few people it needs less data than a network.

    Parameters
    ----------
    every : int
        Interval, samples, between the rows of the window that are used, the newest included.
    components : int
        Largest number of principal components of these rows, all with the same scale.
    gamma : float
        How fast similarity falls: it is ``exp(-gamma d^2)`` at distance `d` in root mean squares of
        the components.
    alpha : float
        Penalty, added to the similarity of a window with itself, which is 1.
    largest : int
        Largest number of windows kept; larger training sets are thinned evenly.
    """

    sized_by_data: ClassVar[bool] = True
    middle: Tensor
    axes: Tensor
    keys: Tensor
    norms: Tensor
    weight: Tensor
    bias: Tensor

    def __init__(
        self,
        signature: Signature,
        every: Annotated[int, Gt(0)] = 4,
        components: Annotated[int, Gt(0)] = 150,
        gamma: Annotated[float, Gt(0)] = 0.3,
        alpha: Annotated[float, Gt(0)] = 0.03,
        largest: Annotated[int, Gt(1)] = 2_000,
    ) -> None:
        super().__init__(signature)
        self.components, self.gamma, self.alpha = components, gamma, alpha
        self.largest = largest
        self.rows = list(range(signature.history - 1, -1, -every))
        width = len(self.rows) * signature.n_columns
        outputs = signature.n_steps * signature.n_targets
        self.register_buffer("middle", torch.zeros(width))
        self.register_buffer("axes", torch.zeros(width, 1))
        # Large weights of either sign nearly cancel: in single precision the result would depend on
        # the batching of windows.
        for name, size in (("keys", (1, 1)), ("norms", (1,)), ("weight", (1, outputs))):
            self.register_buffer(name, torch.zeros(size, dtype=torch.float64))
        self.register_buffer("bias", torch.zeros(outputs))

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`."""
        count = min(self.largest, len(windows))
        if count < 2:
            raise GaitcastError(
                "one window is too few to learn from",
                where="model 'kernel-ridge'",
                hint="Shorten history_ms or bring longer recordings",
            )
        past, future = windows.batch(np.linspace(0, len(windows) - 1, count).astype(int))
        x, y = flat_rows(past[:, self.rows]).astype(float), flat_rows(future).astype(float)
        pca = PCA(min(self.components, *x.shape), svd_solver="randomized", random_state=0).fit(x)
        # One scale for all components, with a mean squared distance of 1 from their mean.
        size = np.sqrt(max(float(pca.explained_variance_.sum()), 1e-12))
        keys = pca.transform(x) / size
        model = SklearnKernelRidge(alpha=self.alpha, kernel="rbf", gamma=self.gamma)
        mean = y.mean(axis=0)
        model.fit(keys, y - mean)
        for name, value in {
            "middle": pca.mean_,
            "axes": pca.components_.T / size,
            "keys": keys.T,
            "norms": (keys**2).sum(axis=1),
            "weight": model.dual_coef_,
            "bias": mean,
        }.items():
            kept = torch.as_tensor(np.ascontiguousarray(value))
            setattr(self, name, kept.to(getattr(self, name).dtype))

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        query = ((window[:, self.rows].flatten(1) - self.middle) @ self.axes).double()
        away = (query**2).sum(1, keepdim=True) + self.norms - 2 * query @ self.keys
        alike = torch.exp(-self.gamma * away.clamp(min=0))
        shape = (-1, self.signature.n_steps, self.signature.n_targets)
        return ((alike @ self.weight).to(window.dtype) + self.bias).reshape(shape)
