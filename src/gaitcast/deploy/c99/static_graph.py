"""A bundle's graph with its constants folded and every shape known."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
from onnx import numpy_helper

from gaitcast.deploy.builder import WEARERS
from gaitcast.deploy.c99.storage import C_TYPES
from gaitcast.errors import GaitcastError


@dataclass(frozen=True)
class Shape:
    """What is known of a value: its size, and its type by numpy's name."""

    sizes: tuple[int, ...]
    dtype: str


@dataclass(frozen=True)
class StaticGraph:
    """Nodes in order, with the constants and the shape of every value.

    Parameters
    ----------
    nodes : tuple of onnx.NodeProto
        In an order that they can be computed in.
    constants : dict of str to numpy.ndarray
        By name.
    shapes : dict of str to Shape
        Of inputs, outputs and all values between.
    inputs, outputs : tuple of str
        Names.
    """

    nodes: tuple[onnx.NodeProto, ...]
    constants: Mapping[str, np.ndarray]
    shapes: Mapping[str, Shape]
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]

    @classmethod
    def of(cls, graph: bytes) -> StaticGraph:
        """Fold the constants of an ONNX model and derive its shapes.

        Parameters
        ----------
        graph : bytes
            Serialised model with fixed input shapes.

        Raises
        ------
        GaitcastError
            If a shape depends on the data, or a value has a type that no device here computes in.
        """
        model = onnx.shape_inference.infer_shapes(_folded(graph), data_prop=True)
        content = model.graph
        constants = {t.name: numpy_helper.to_array(t) for t in content.initializer}
        shapes = {
            v.name: _shape(v)
            for v in (*content.input, *content.value_info, *content.output)
            if all(d.HasField("dim_value") for d in v.type.tensor_type.shape.dim)
        }
        for node in content.node:
            for name in filter(None, node.output):
                if name not in shapes:
                    raise _refused(node, f"the shape of '{name}' depends on the data")
                if shapes[name].dtype not in C_TYPES:
                    raise _refused(node, f"it computes in {shapes[name].dtype}")
        return cls(
            tuple(content.node),
            constants,
            shapes,
            tuple(v.name for v in content.input if v.name not in constants),
            tuple(v.name for v in content.output),
        )


def _refused(node: onnx.NodeProto, why: str) -> GaitcastError:
    return GaitcastError(
        f"operator {node.op_type} has no translation to C: {why}",
        where=f"node '{node.name}'",
        hint="Such a bundle runs with ONNX Runtime only",
    )


def _folded(graph: bytes) -> onnx.ModelProto:
    """The model after ONNX Runtime's basic, exact optimisations."""
    options = ort.SessionOptions()
    options.graph_optimization_level = ort.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 3
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "folded.onnx"
        options.optimized_model_filepath = str(place)
        options.add_free_dimension_override_by_name(WEARERS, 1)
        ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        return onnx.load(place)


def _shape(value: Any) -> Shape:
    kind = value.type.tensor_type
    sizes = tuple(d.dim_value for d in kind.shape.dim)
    return Shape(sizes, onnx.helper.tensor_dtype_to_np_dtype(kind.elem_type).name)
