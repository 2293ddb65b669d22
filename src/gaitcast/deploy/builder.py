"""A thin hand on `onnx.helper`: append nodes, get value names back."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnx
from onnx import helper, numpy_helper


class GraphBuilder:
    """Collects nodes, constants, inputs and outputs of one float32 graph."""

    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []
        self.inputs: list[onnx.ValueInfoProto] = []
        self.outputs: list[onnx.ValueInfoProto] = []
        self._count = 0

    def _name(self) -> str:
        self._count += 1
        return f"v{self._count}"

    def input(self, name: str, shape: tuple[int, ...]) -> str:
        """Declare a graph input.

        Parameters
        ----------
        name : str
            Of the input.
        shape : tuple of int
            Fixed.

        Returns
        -------
        str
            Its name.
        """
        self.inputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))
        return name

    def output(self, name: str, value: str, shape: tuple[int, ...]) -> None:
        """Declare a graph output.

        Parameters
        ----------
        name : str
            Of the output.
        value : str
            What it gives.
        shape : tuple of int
            Fixed.
        """
        self.nodes.append(helper.make_node("Identity", [value], [name]))
        self.outputs.append(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape))

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
