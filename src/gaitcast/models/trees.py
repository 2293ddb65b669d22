"""Gradient-boosted trees on the window."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar

import numpy as np
import torch
from annotated_types import Gt
from sklearn.ensemble import HistGradientBoostingRegressor
from torch import Tensor

from gaitcast.models.base import ClosedFormForecaster
from gaitcast.models.signature import Signature
from gaitcast.tasks import Windows, flat_rows


class BoostedTrees(ClosedFormForecaster):
    """Histogram gradient boosting at a few steps ahead, linear interpolation between them.

    Parameters
    ----------
    trees : int
        Number per step ahead and target.
    leaves : int
        Largest number of leaves of a tree.
    depth : int
        Largest number of splits before a leaf.
    learning_rate : float
        Learning rate of the boosting.
    every : int
        Interval, samples, between the rows of the window that are used, the newest included.
    anchors : int
        Number of steps ahead with their own trees, the nearest and the farthest among them.
    margin : float
        Half-width, in SD of the input, within which both sides of a split share the answer.
    largest : int
        Largest number of training windows; larger training sets are thinned evenly.

    Notes
    -----
    A tree jumps where an input crosses a threshold, so rounding or sensor noise could change a
    forecast abruptly. Here a split is gradual within `margin` of its threshold. Multiply-adds are
    not counted: trees compare.
    """

    sized_by_data: ClassVar[bool] = True
    feature: Tensor
    threshold: Tensor
    parent: Tensor
    side: Tensor
    value: Tensor
    base: Tensor

    def __init__(
        self,
        signature: Signature,
        trees: Annotated[int, Gt(0)] = 100,
        leaves: Annotated[int, Gt(1)] = 31,
        depth: Annotated[int, Gt(0)] = 6,
        learning_rate: Annotated[float, Gt(0)] = 0.1,
        every: Annotated[int, Gt(0)] = 10,
        anchors: Annotated[int, Gt(0)] = 12,
        margin: Annotated[float, Gt(0)] = 0.02,
        largest: Annotated[int, Gt(0)] = 20_000,
    ) -> None:
        super().__init__(signature)
        self.settings: dict[str, Any] = {
            "max_iter": trees,
            "max_leaf_nodes": leaves,
            "max_depth": depth,
            "learning_rate": learning_rate,
            "early_stopping": False,
            "random_state": 0,
        }
        self.depth, self.margin, self.largest = depth, margin, largest
        self.rows = list(range(signature.history - 1, -1, -every))
        steps = signature.n_steps
        self.anchors = np.unique(np.linspace(0, steps - 1, min(anchors, steps)).round().astype(int))
        between = [
            np.interp(np.arange(steps), self.anchors, unit) for unit in np.eye(len(self.anchors))
        ]
        self.register_buffer("mix", torch.tensor(np.array(between), dtype=torch.float32), False)
        shape = (len(self.anchors) * signature.n_targets, trees, 2 * leaves - 1)
        for name, kind in (("feature", int), ("threshold", float), ("parent", int)):
            self.register_buffer(name, torch.zeros(shape, dtype=_KINDS[kind]))
        for name in ("side", "value"):
            self.register_buffer(name, torch.zeros(shape))
        self.register_buffer("base", torch.zeros(shape[0]))

    mix: Tensor

    def fit(self, windows: Windows) -> None:
        """See :meth:`ClosedFormForecaster.fit`."""
        numbers = range(len(windows.series))
        x = np.concatenate([flat_rows(windows.inputs(n)[:, self.rows]) for n in numbers])
        y = np.concatenate([flat_rows(windows.futures(n)[:, self.anchors]) for n in numbers])
        kept = np.unique(np.linspace(0, len(x) - 1, min(self.largest, len(x))).astype(int))
        for number, column in enumerate(y[kept].T):
            model = HistGradientBoostingRegressor(**self.settings).fit(x[kept], column)
            self.base[number] = float(model._baseline_prediction.item())
            for tree, (predictor,) in enumerate(model._predictors):
                self._take(number, tree, predictor.nodes)

    def _take(self, number: int, tree: int, nodes: np.ndarray) -> None:
        """Copy one tree; `side` is 1 for a left child, -1 for a right one, 0 for the root."""
        count, inner = len(nodes), nodes["is_leaf"] == 0
        parent, side = np.zeros(count, dtype=int), np.zeros(count)
        for which, sign in (("left", 1.0), ("right", -1.0)):
            children = nodes[which][inner].astype(int)
            parent[children], side[children] = np.flatnonzero(inner), sign
        # A node that is never reached has a root without a side: its share stays that of the root,
        # so its value has to be 0.
        place = (number, tree, slice(count))
        self.feature[place] = torch.as_tensor(np.where(inner, nodes["feature_idx"], 0).astype(int))
        threshold = np.where(inner, nodes["num_threshold"], 0.0)
        self.threshold[place] = torch.as_tensor(threshold, dtype=torch.float32)
        self.parent[place] = torch.as_tensor(parent)
        self.side[place] = torch.as_tensor(side, dtype=torch.float32)
        value = np.where(inner, 0.0, nodes["value"])
        self.value[place] = torch.as_tensor(value, dtype=torch.float32)

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        flat = window[:, self.rows].flatten(1)
        forecasts = []
        for number in range(len(self.base)):
            feature, parent = self.feature[number], self.parent[number]
            x = flat[:, feature.flatten()].reshape(-1, *feature.shape)
            # 1 where the answer is "left", 0 where "right", a share in between near the threshold.
            left = ((self.threshold[number] - x) / (2 * self.margin) + 0.5).clamp(0, 1)
            index = parent[None].expand(len(flat), -1, -1)
            of_parent = left.gather(2, index)
            side = self.side[number]
            share = torch.where(side > 0, of_parent, 1 - of_parent)
            share = torch.where(side == 0, torch.ones_like(share), share)
            reached = share
            for _ in range(self.depth - 1):
                reached = share * reached.gather(2, index)
            forecasts.append(self.base[number] + (reached * self.value[number]).sum((1, 2)))
        at_anchors = torch.stack(forecasts, dim=1)
        at_anchors = at_anchors.reshape(-1, len(self.anchors), self.signature.n_targets)
        return torch.einsum("bak,as->bsk", at_anchors, self.mix)


_KINDS = {int: torch.int64, float: torch.float32}
