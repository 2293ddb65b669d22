"""A graph and its state: what one step gives the next one takes, without a copy between."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

import numpy as np

#: ONNX Runtime's name of the processor.
_DEVICE = "cpu", 0


class BoundGraph:
    """Runs a graph on arrays that stay where they are.

    Each state has two arrays: one is read while the other is written, then they change places. A
    state that may be written where it is read has one.

    Parameters
    ----------
    session : onnxruntime.InferenceSession
        Shared by all who run the graph; it holds no state.
    inputs : dict of str to numpy.ndarray
        Float32, C order: what is not state. Written into before a step.
    state : dict of str to tuple of int
        Shapes by name; the graph gives ``NAME_next``.
    output : str
        What else the graph gives.
    in_place : collection of str
        States that the graph reads before it writes them.
    """

    def __init__(
        self,
        session: Any,
        inputs: Mapping[str, np.ndarray],
        state: Mapping[str, tuple[int, ...]],
        output: str,
        in_place: Collection[str] = (),
    ) -> None:
        shapes = {one.name: tuple(one.shape) for one in session.get_outputs()}
        self._session, self._inputs = session, dict(inputs)
        self._result = np.zeros(shapes[output], np.float32)
        one, other = (
            {name: np.zeros(shape, np.float32) for name, shape in state.items()} for _ in range(2)
        )
        other |= {name: one[name] for name in in_place}
        self._sets = one, other
        self._bindings = self._bound(one, other, output), self._bound(other, one, output)
        self._turn = 0

    def _bound(
        self, before: Mapping[str, np.ndarray], after: Mapping[str, np.ndarray], output: str
    ) -> Any:
        binding = self._session.io_binding()
        for name, array in {**self._inputs, **before}.items():
            binding.bind_input(name, *_DEVICE, np.float32, array.shape, array.ctypes.data)
        for name, array in {output: self._result, **_next(after)}.items():
            binding.bind_output(name, *_DEVICE, np.float32, array.shape, array.ctypes.data)
        return binding

    @property
    def state(self) -> Mapping[str, np.ndarray]:
        """What the next step takes, by name: to be read, and to be written into."""
        return self._sets[self._turn]

    def step(self) -> np.ndarray:
        """Run the graph once.

        Returns
        -------
        numpy.ndarray
            The output; the next step writes into it.
        """
        self._session.run_with_iobinding(self._bindings[self._turn])
        self._turn = 1 - self._turn
        return self._result


def _next(state: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {f"{name}_next": array for name, array in state.items()}
