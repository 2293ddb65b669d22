"""The graph as operations on buffers: what is left when views have been taken out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import onnx

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.static_graph import Shape, StaticGraph
from gaitcast.deploy.c99.storage import C_TYPES, Buffer, View
from gaitcast.deploy.network import PREFIX
from gaitcast.errors import GaitcastError


@dataclass(eq=False)
class Operation:
    """One computation.

    Parameters
    ----------
    name : str
        For a comment.
    reads : sequence of View
        What it takes.
    writes : sequence of Buffer
        What it makes; the first is its result, and further ones may be scratch memory.
    emit : callable
        Writes the C code, once all buffers have their place.
    replaces : sequence of int
        Numbers of `reads` that the first result may be written over.
    multiply_adds : int
        Per step, of matrix operators.
    parts : sequence of View
        Of the first result, one for each of `reads`, where they are only laid side by side: they
        may be made there at once.
    """

    name: str
    reads: Sequence[View]
    writes: Sequence[Buffer]
    emit: Callable[[Code], None]
    replaces: Sequence[int] = ()
    multiply_adds: int = 0
    parts: Sequence[View] = ()


def copying(source: View, target: Buffer) -> Operation:
    """Copy a value into a buffer of its size."""
    out = View.of(target, source.shape)
    return Operation("copy", [source], [target], lambda code: code.copy(source, out), [0])


@dataclass(frozen=True)
class Node:
    """An ONNX node whose inputs are views.

    Parameters
    ----------
    op, name : str
        Operator and name.
    inputs : tuple of View or None
        None where an optional one is absent.
    outputs : tuple of str
        Empty where an optional one is not wanted.
    shapes : tuple of Shape
        Of the outputs.
    attributes : dict of str to object
        Of the operator.
    is_network : bool
        Whether it is of the network, and not of a signal step or a scaler.
    """

    op: str
    name: str
    inputs: tuple[View | None, ...]
    outputs: tuple[str, ...]
    shapes: tuple[Shape, ...]
    attributes: dict[str, Any]
    is_network: bool

    def view(self, number: int) -> View:
        """An input that must be there."""
        value = self.optional(number)
        if value is None:
            raise self.refused(f"input {number} is missing")
        return value

    def optional(self, number: int) -> View | None:
        """An input, or None."""
        return self.inputs[number] if number < len(self.inputs) else None

    def known(self, number: int) -> np.ndarray | None:
        """Values of a constant input, or None if it is absent."""
        value = self.optional(number)
        if value is None:
            return None
        if value.constant is None:
            raise self.refused(f"input {number} is not a constant")
        return value.constant

    def integers(self, number: int, attribute: str = "") -> list[int] | None:
        """Integers of a constant input, or of the attribute of older opsets."""
        values = self.known(number)
        if values is not None:
            return [int(v) for v in values.reshape(-1)]
        return self.attributes.get(attribute)

    def axis(self, default: int, rank: int) -> int:
        """The attribute ``axis``, counted from the front."""
        return int(self.attributes.get("axis", default)) % rank

    def refused(self, why: str) -> GaitcastError:
        """The error that this node cannot be translated."""
        return GaitcastError(
            f"operator {self.op} has no translation to C: {why}",
            where=f"node '{self.name}'",
            hint="Such a bundle runs with ONNX Runtime only",
        )


#: Their inputs are distances or what comes near them.
_COMPARING = {"TopK", "ArgMax", "ArgMin", "ReduceMin", "ReduceMax", "Exp"}

Translate = Callable[[Node, "Program"], None]
TRANSLATIONS: dict[str, Translate] = {}


def translates(*operators: str) -> Callable[[Translate], Translate]:
    """Register the translation of ONNX operators."""

    def register(translate: Translate) -> Translate:
        TRANSLATIONS.update(dict.fromkeys(operators, translate))
        return translate

    return register


@dataclass
class Program:
    """Operations in the graph's order, and the view of each value.

    Parameters
    ----------
    int8 : bool
        Whether matrices of the network are stored in 8 bits.
    compared : frozenset of str
        Values that a search or a distance hangs on.
    """

    int8: bool
    compared: frozenset[str] = frozenset()
    values: dict[str, View] = field(default_factory=dict)
    operations: list[Operation] = field(default_factory=list)

    @classmethod
    def of(cls, graph: StaticGraph, inputs: dict[str, Buffer], int8: bool) -> Program:
        """Translate a graph.

        Parameters
        ----------
        inputs : dict of str to Buffer
            Where each input of the graph lies.
        int8 : bool
            Whether matrices of the network are stored in 8 bits.

        Raises
        ------
        GaitcastError
            If an operator has no translation; it names operator and node.
        """
        made = cls(int8, _compared(graph))
        for name, values in graph.constants.items():
            made.values[name] = View.of(Buffer.constant(_narrow(values)), values.shape)
        for name in graph.inputs:
            made.values[name] = View.of(inputs[name], graph.shapes[name].sizes)
        for number, proto in enumerate(graph.nodes):
            node = _node(proto, number, made.values, graph)
            if proto.op_type not in TRANSLATIONS or proto.domain not in ("", "ai.onnx"):
                raise node.refused("it is not among those translated")
            TRANSLATIONS[proto.op_type](node, made)
        return made

    def new(self, shape: Shape) -> View:
        """A value in a buffer of its own."""
        return View.of(Buffer(C_TYPES[shape.dtype], int(np.prod(shape.sizes))), shape.sizes)

    def result(self, node: Node, number: int = 0) -> View:
        """A new buffer for an output of a node."""
        view = self.new(node.shapes[number])
        if number < len(node.outputs) and node.outputs[number]:
            self.values[node.outputs[number]] = view
        return view

    def constant(self, values: np.ndarray) -> View:
        """Numbers that are known, as float32 or as indices."""
        kind = np.float32 if values.dtype.kind == "f" else np.int32
        return View.of(Buffer.constant(values.astype(kind)), values.shape)

    def in_8_bits(self, node: Node) -> bool:
        """Whether the weights of a node are: those of the network that no search hangs on."""
        return self.int8 and node.is_network and not {*node.outputs} & self.compared

    def add(self, operation: Operation) -> None:
        """Append an operation."""
        self.operations.append(operation)

    def moved(self, view: View) -> View:
        """The same value without gaps, copied if it has some."""
        if view.is_dense:
            return view
        made = View.of(Buffer(view.buffer.c_type, view.size), view.shape)
        self.add(copying(view, made.buffer))
        return made


def _compared(graph: StaticGraph) -> frozenset[str]:
    """All values that something like a search depends on within the step.

    Tables of remembered moments hold squares beside coordinates, and distances are small
    differences of large numbers: 8 bits would not do for them.
    """
    found = set[str]()
    for node in reversed(graph.nodes):
        if node.op_type in _COMPARING or {*node.output} & found:
            found |= {*node.input}
    return frozenset(found)


def _narrow(values: np.ndarray) -> np.ndarray:
    """Indices in 32 bits; what stands for "to the end" stays beyond every size."""
    if values.dtype != np.int64:
        return values
    most = np.iinfo(np.int32).max
    return np.clip(values, -most, most).astype(np.int32)


def _node(proto: onnx.NodeProto, number: int, values: dict[str, View], graph: StaticGraph) -> Node:
    return Node(
        proto.op_type,
        proto.name or f"{proto.op_type} number {number}",
        tuple(values[name] if name else None for name in proto.input),
        tuple(proto.output),
        tuple(graph.shapes[n] if n else Shape((), "float32") for n in proto.output),
        {a.name: onnx.helper.get_attribute_value(a) for a in proto.attribute},
        any(name.startswith(PREFIX) for name in (proto.name, *proto.output)),
    )
