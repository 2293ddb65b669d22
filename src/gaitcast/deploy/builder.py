"""A thin hand on `onnx.helper`: append nodes, get value names back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper

#: Name of the axis along which a graph takes several wearers at once.
WEARERS = "wearers"


class GraphBuilder:
    """Collects nodes, constants, inputs and outputs of one float32 graph.

    Parameters
    ----------
    batched : bool
        Whether it takes any number of wearers, or one.
    """

    def __init__(self, batched: bool = False) -> None:
        self._wearers = WEARERS if batched else 1
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def input(self, name: str, shape: Sequence[int], axis: int = 0) -> str:
        """Declare a graph input.

        Parameters
        ----------
        name : str
            Of the input.
        shape : sequence of int
            For one wearer.
        axis : int
            That of the wearers.

        Returns
        -------
        str
            Its name.
        """
        self.inputs.append(self._value(name, shape, axis))
        return name

    def output(self, name: str, value: str, shape: Sequence[int]) -> None:
        """Declare a graph output.

        Parameters
        ----------
        name : str
            Of the output.
        value : str
            What it gives.
        shape : sequence of int
            For one wearer; the first axis is that of the wearers.
        """
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.declare(name, shape)

    def declare(self, name: str, shape: Sequence[int], axis: int = 0) -> None:
        """Make a value that a node gives an output; see :meth:`input`."""
        self.outputs.append(self._value(name, shape, axis))

    def _value(self, name: str, shape: Sequence[int], axis: int) -> onnx.ValueInfoProto:
        sizes = [self._wearers if k == axis else size for k, size in enumerate(shape)]
        return helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, sizes)

    def constant(self, values: Any) -> str:
        """Store a constant; floats as float32, integers as int64.

        Parameters
        ----------
        values : array_like
            The constant.

        Returns
        -------
        str
            Its name.
        """
        array = np.asarray(values)
        array = array.astype(np.float32 if array.dtype.kind == "f" else np.int64)
        name = self._name()
        self.constants.append(numpy_helper.from_array(array, name))
        return name

    def add(self, op: str, *inputs: str, outputs: int = 1, **attributes: Any) -> Any:
        """Append a node.

        Parameters
        ----------
        op : str
            ONNX operator.
        *inputs : str
            Value names.
        outputs : int
            How many values it gives.
        **attributes
            Of the operator.

        Returns
        -------
        str or list of str
            Name of the value, or names if there are several.
        """
        names = [self._name() for _ in range(outputs)]
        self.nodes.append(helper.make_node(op, list(inputs), names, **attributes))
        return names[0] if outputs == 1 else names

    def split(self, value: str, sizes: list[int], axis: int) -> list[str]:
        """Cut a value into parts along an axis.

        Parameters
        ----------
        value : str
            To cut.
        sizes : list of int
            Length of each part.
        axis : int
            Along which.

        Returns
        -------
        list of str
            One name a part.
        """
        names = [self._name() for _ in sizes]
        self.nodes.append(
            helper.make_node("Split", [value, self.constant(sizes)], names, axis=axis)
        )
        return names
