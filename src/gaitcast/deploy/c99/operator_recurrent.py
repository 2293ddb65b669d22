"""GRU and LSTM, over one sample or a window."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.program import Node, Operation, Program, translates
from gaitcast.deploy.c99.storage import Buffer, View
from gaitcast.deploy.c99.stored_rows import StoredRows


@dataclass(frozen=True)
class _Direction:
    """Weights of one direction: from the sample, from what is held, and both biases.

    Parameters
    ----------
    number : int
        Of the direction.
    backwards : bool
        Whether it runs from the last sample to the first.
    """

    number: int
    backwards: bool
    sample: StoredRows
    held: StoredRows
    bias: View
    held_bias: View

    def gate(self, code: Code, row: str, x: tuple[str, int], h: str) -> str:
        """What a gate's unit sums up."""
        parts = (
            self.sample.dot(code, row, *x),
            self.held.dot(code, row, h, 1),
            code.element(self.bias, [row]),
        )
        return " + ".join(parts)


def _directions(node: Node, program: Program, gates: int) -> list[_Direction]:
    kind = node.attributes.get("direction", b"forward").decode()
    if node.attributes.get("layout", 0) or node.optional(4) is not None:
        raise node.refused("it has another layout, or lengths of sequences")
    if "activations" in node.attributes or "clip" in node.attributes:
        raise node.refused("it has activations of its own")
    if node.view(0).shape[1] != 1:
        raise node.refused("it has several examples")
    w, r, b = (node.known(k) for k in (1, 2, 3))
    if w is None or r is None:
        raise node.refused("its weights are missing")
    rows, int8 = gates * r.shape[2], program.in_8_bits(node)
    bias = np.zeros((len(w), 2 * rows), np.float32) if b is None else b
    made = []
    for k in range(len(w)):
        given, held = bias[k, :rows], bias[k, rows:]
        both = given + held
        if node.op == "GRU":  # the candidate's own bias of what is held is inside its gate
            both = np.concatenate([both[: 2 * r.shape[2]], given[2 * r.shape[2] :]])
        parts = StoredRows.of(w[k], int8), StoredRows.of(r[k], int8)
        biases = program.constant(both), program.constant(held)
        made.append(_Direction(k, kind == "reverse" or k == 1, *parts, *biases))
    return made


@dataclass(frozen=True)
class _Outputs:
    """Results (T, D, 1, H) if wanted, and what is held after the last sample, (D, 1, H) each."""

    all: View | None
    after: tuple[View, ...]


def _outputs(node: Node, program: Program, count: int) -> _Outputs:
    length, units = node.view(0).shape[0], node.view(2).shape[2]
    shape = (node.view(1).shape[0], 1, units)
    after = [View.of(Buffer("float", shape[0] * units), shape) for _ in range(count)]
    for name, view in zip(node.outputs[1:], after, strict=False):
        program.values[name] = view
    if not node.outputs[0]:
        return _Outputs(None, tuple(after))
    if length == 1:  # the one result is what is held
        first = after[0].reshaped((1, *shape))
        if first is not None:
            program.values[node.outputs[0]] = first
        return _Outputs(None, tuple(after))
    return _Outputs(program.result(node), tuple(after))


def _over_time(length: int, backwards: bool) -> str:
    """Head of the loop over samples."""
    if backwards:
        return f"for (int t = {length - 1}; t >= 0; --t)"
    return f"for (int t = 0; t < {length}; ++t)"


def _begin(code: Code, before: Sequence[View | None], after: Sequence[View]) -> None:
    for source, target in zip(before, after, strict=True):
        if source is None:
            code.each(target, [], lambda: "0.0f")
        else:
            code.copy(source, target)


@translates("GRU")
def _gru(node: Node, program: Program) -> None:
    if not node.attributes.get("linear_before_reset", 0):
        raise node.refused("only linear_before_reset is translated")
    directions, value, before = _directions(node, program, 3), node.view(0), node.optional(5)
    outputs, units = _outputs(node, program, 1), node.view(2).shape[2]
    (held,), gates = outputs.after, View.of(Buffer("float", 2 * units), (2, units))

    def unit(code: Code, way: _Direction, j: str) -> None:
        x, h = (code.pointer(value, ["t", "0", "0"]), value.strides[2]), _row(code, held, way)
        rows = [f"{j} + {k * units}" if k else j for k in range(3)]
        sigmoid = code.call("sigmoid")
        code.add(f"float r = {sigmoid}({way.gate(code, rows[1], x, h)});")
        candidate = way.held.dot(code, rows[2], h, 1)
        own = f"{candidate} + {code.element(way.held_bias, [rows[2]])}"
        given = f"{way.sample.dot(code, rows[2], *x)} + {code.element(way.bias, [rows[2]])}"
        code.add(f"{code.element(gates, ['1', j])} = tanhf({given} + r * ({own}));")
        update = way.gate(code, rows[0], x, h)
        code.add(f"{code.element(gates, ['0', j])} = {sigmoid}({update});")

    def emit(code: Code) -> None:
        _begin(code, [before], [held])
        for way in directions:
            with code.block(_over_time(value.shape[0], way.backwards)):
                with code.loops([units]) as (j,):
                    unit(code, way, j)
                with code.loops([units]) as (j,):
                    z, n = (code.element(gates, [k, j]) for k in "01")
                    h = code.element(held, [str(way.number), "0", j])
                    code.add(f"{h} = (1.0f - {z}) * {n} + {z} * {h};")
                    _keep(code, outputs, way, j, h)

    _add(node, program, [value, before], [*outputs.after], outputs, gates, emit)


@translates("LSTM")
def _lstm(node: Node, program: Program) -> None:
    directions, value = _directions(node, program, 4), node.view(0)
    if node.optional(7) is not None:
        raise node.refused("it has peepholes")
    before = [node.optional(5), node.optional(6)]
    outputs, units = _outputs(node, program, 2), node.view(2).shape[2]
    (held, cell), gates = outputs.after, View.of(Buffer("float", 4 * units), (4, units))
    functions = ("sigmoid", "sigmoid", "sigmoid", "tanhf")

    def emit(code: Code) -> None:
        code.call("sigmoid")
        _begin(code, before, outputs.after)
        for way in directions:
            with code.block(_over_time(value.shape[0], way.backwards)):
                x = code.pointer(value, ["t", "0", "0"]), value.strides[2]
                with code.loops([units]) as (j,):
                    for k, function in enumerate(functions):
                        row = f"{j} + {k * units}" if k else j
                        made = way.gate(code, row, x, _row(code, held, way))
                        code.add(f"{code.element(gates, [str(k), j])} = {function}({made});")
                with code.loops([units]) as (j,):
                    i, o, f, c = (code.element(gates, [k, j]) for k in "0123")
                    kept = code.element(cell, [str(way.number), "0", j])
                    h = code.element(held, [str(way.number), "0", j])
                    code.add(f"{kept} = {f} * {kept} + {i} * {c};")
                    code.add(f"{h} = {o} * tanhf({kept});")
                    _keep(code, outputs, way, j, h)

    _add(node, program, [value, *before], [*outputs.after], outputs, gates, emit)


def _row(code: Code, held: View, way: _Direction) -> str:
    return code.pointer(held, [str(way.number), "0", "0"])


def _keep(code: Code, outputs: _Outputs, way: _Direction, j: str, h: str) -> None:
    if outputs.all is not None:
        code.add(f"{code.element(outputs.all, ['t', str(way.number), '0', j])} = {h};")


def _add(
    node: Node,
    program: Program,
    reads: Sequence[View | None],
    after: Sequence[View],
    outputs: _Outputs,
    gates: View,
    emit: Callable[[Code], None],
) -> None:
    writes = [view.buffer for view in after]
    if outputs.all is not None:
        writes.append(outputs.all.buffer)
    given = [view for view in reads if view is not None]
    directions, rows, width = node.view(1).shape
    count = node.view(0).shape[0] * directions * rows * (width + gates.shape[1])
    # What was held is only replaced in place by the first result.
    same = [k for k, view in enumerate(given) if k == 1 and view.shape == after[0].shape]
    program.add(Operation(node.op, given, [*writes, gates.buffer], emit, same, count))
