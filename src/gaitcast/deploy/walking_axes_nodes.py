"""ONNX nodes that turn the axes of IMUs, for one sample."""

from __future__ import annotations

import numpy as np

from gaitcast.deploy.builder import GraphBuilder
from gaitcast.signal.walking_axes import LEAST, PAIRS, BoundWalkingAxes


class WalkingAxesNodes:
    """One sample through turned axes; vectors are lists of three values (1, 1, IMUs).

    Parameters
    ----------
    bound : BoundWalkingAxes
        Bound to its channels and rate.
    graph : GraphBuilder
        To append to.
    """

    def __init__(self, bound: BoundWalkingAxes, graph: GraphBuilder) -> None:
        self.bound, self.graph = bound, graph
        self.least, self.one = self._number(LEAST), self._number(1.0)

    def append(self, sample: str, started: str, before: str) -> tuple[str, str]:
        """The sample with turned axes, and the sums after it.

        Parameters
        ----------
        sample : str
            Value of shape (1, 1, inputs).
        started : str
            Whether it is not the first one.
        before : str
            Sums before it, shape (1, 9, IMUs).

        Returns
        -------
        tuple of str
            Shapes (1, 1, inputs) and (1, 9, IMUs).
        """
        graph, bound = self.graph, self.bound
        columns = bound.columns.ravel().tolist()
        count = bound.columns.shape[1]
        parts = graph.split(
            graph.add("Gather", sample, graph.constant(columns), axis=2), [count] * 6, axis=2
        )
        acc, gyr = parts[:3], parts[3:]
        products = [self._mul(gyr[i], gyr[j]) for i, j in PAIRS]
        usual = np.tile(bound.usual[None, :, None], (1, 1, count)).astype(np.float32)
        held = graph.add("Where", started, before, graph.constant(usual))
        kept = graph.add("Mul", held, self._number(bound.keep))
        after = graph.add("Add", kept, graph.add("Concat", *acc, *products, axis=1))
        axes = self._axes(graph.split(after, [1] * 9, axis=1))
        turned = [self._dot(row, vector) for vector in (acc, gyr) for row in axes]
        others = [k for k in range(len(bound.inputs)) if k not in columns]
        rest = [graph.add("Gather", sample, graph.constant(others), axis=2)] if others else []
        order = np.argsort([*columns, *others]).tolist()
        mixed = graph.add("Concat", *turned, *rest, axis=2)
        return graph.add("Gather", mixed, graph.constant(order), axis=2), after

    def _axes(self, sums: list[str]) -> list[list[str]]:
        """Rows of the rotation, as :func:`gaitcast.signal.walking_axes.turned_axes` makes them."""
        add = self.graph.add
        length = add("Max", add("Sqrt", self._dot(sums[:3], sums[:3])), self.least)
        x, y, z = up = [add("Div", part, length) for part in sums[:3]]
        near = add("Max", add("Add", self.one, z), self.least)
        skew = add("Neg", add("Div", self._mul(x, y), near))
        ahead = [self._rest_of(self._mul(x, x), near), skew, add("Neg", x)]
        left = [skew, self._rest_of(self._mul(y, y), near), add("Neg", y)]
        at = {pair: sums[3 + k] for k, pair in enumerate(PAIRS)}
        turns = [[at[min(i, j), max(i, j)] for j in range(3)] for i in range(3)]
        of_left, of_ahead = ([self._dot(row, v) for row in turns] for v in (left, ahead))
        across = self._dot(ahead, of_left)
        along = add("Sub", self._dot(left, of_left), self._dot(ahead, of_ahead))
        double = add("Add", across, across)
        squares = add("Add", self._mul(along, along), self._mul(double, double))
        size = add("Add", add("Sqrt", squares), self.least)
        share = self._mul(add("Add", self.one, add("Div", along, size)), self._number(0.5))
        cosine = add("Sqrt", add("Max", share, self.least))
        sine = add("Div", add("Div", across, size), cosine)
        unit = add("Sqrt", add("Add", self._mul(cosine, cosine), self._mul(sine, sine)))
        cosine, sine = add("Div", cosine, unit), add("Div", sine, unit)
        pairs = list(zip(ahead, left, strict=True))
        first = [add("Sub", self._mul(cosine, a), self._mul(sine, b)) for a, b in pairs]
        second = [add("Add", self._mul(sine, a), self._mul(cosine, b)) for a, b in pairs]
        return [first, second, up]

    def _rest_of(self, part: str, whole: str) -> str:
        return self.graph.add("Sub", self.one, self.graph.add("Div", part, whole))

    def _mul(self, one: str, other: str) -> str:
        return self.graph.add("Mul", one, other)

    def _dot(self, one: list[str], other: list[str]) -> str:
        first, second, third = (self._mul(a, b) for a, b in zip(one, other, strict=True))
        return self.graph.add("Add", self.graph.add("Add", first, second), third)

    def _number(self, value: float) -> str:
        return self.graph.constant(np.float32(value))
