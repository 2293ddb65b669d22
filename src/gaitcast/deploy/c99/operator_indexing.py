"""Operators that join, pad, pick by index and search."""

from __future__ import annotations

import numpy as np

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.program import Node, Operation, Program, translates
from gaitcast.deploy.c99.storage import View


@translates("Concat")
def _concat(node: Node, program: Program) -> None:
    inputs = [view for view in node.inputs if view is not None and view.size]
    if len(inputs) == 1:
        program.values[node.outputs[0]] = inputs[0]
        return
    out = program.result(node)
    axis, start, parts = node.axis(0, len(out.shape)), 0, []
    for view in inputs:
        parts.append(out.cut(axis, start, view.shape[axis]))
        start += view.shape[axis]

    def emit(code: Code) -> None:
        first, rest = inputs[0], inputs[1:]
        if first.place[0] is out.place[0] and first.place != out.place:
            size = f"{first.size} * sizeof({first.buffer.c_type})"
            code.add(f"memmove({code.pointer(out)}, {code.pointer(first)}, {size});")
        else:
            code.copy(first, parts[0])
        for view, part in zip(rest, parts[1:], strict=True):
            code.copy(view, part)

    program.add(Operation(node.op, inputs, [out.buffer], emit, _shifted(out, inputs), parts=parts))


def _shifted(out: View, inputs: list[View]) -> list[int]:
    """[0] where the first input is the tail of a buffer as long as the result: a shift."""
    first, before = inputs[0], 1
    for n, m in zip(out.shape, first.shape, strict=True):
        if n != m:
            break
        before *= n
    tail = first.is_dense and first.offset + first.size == first.buffer.size
    return [0] if tail and first.buffer.size == out.size and before == 1 else []


@translates("Pad")
def _pad(node: Node, program: Program) -> None:
    value, pads, out = node.view(0), node.integers(1, "pads"), program.result(node)
    if node.attributes.get("mode", b"constant") != b"constant" or not pads:
        raise node.refused("only constant padding is translated")
    filling = node.known(2)
    fill = program.constant(np.zeros(1) if filling is None else filling.reshape(1))
    axes = node.integers(3) or [*range(len(value.shape))]
    inner = out
    for number, axis in enumerate(axes):
        if pads[number] < 0 or pads[number + len(axes)] < 0:
            raise node.refused("it takes away")
        inner = inner.cut(axis, pads[number], value.shape[axis])

    def emit(code: Code) -> None:
        code.each(out, [fill.reshaped((1,) * len(out.shape)) or fill], lambda x: x)
        code.copy(value, inner)

    program.add(Operation("Pad", [value], [out.buffer], emit))


def _picked(code: Code, index: str, size: int) -> str:
    """An index as a variable, counted from the front."""
    name = code.name("row")
    code.add(f"int {name} = {index};")
    code.add(f"if ({name} < 0) {name} += {size};")
    return name


@translates("GatherElements")
def _gather_elements(node: Node, program: Program) -> None:
    value, where, out = node.view(0), node.view(1), program.result(node)
    axis = node.axis(0, len(value.shape))

    def emit(code: Code) -> None:
        with code.loops(out.shape) as at:
            row = _picked(code, code.element(where, at), value.shape[axis])
            picked = [*at[:axis], row, *at[axis + 1 :]]
            code.add(f"{code.element(out, at)} = {code.element(value, picked)};")

    program.add(Operation(node.op, [value, where], [out.buffer], emit))


@translates("GatherND")
def _gather_nd(node: Node, program: Program) -> None:
    value, where, out = node.view(0), node.view(1), program.result(node)
    batch, depth = node.attributes.get("batch_dims", 0), node.view(1).shape[-1]

    def emit(code: Code) -> None:
        with code.loops(out.shape) as at:
            asked = at[: len(where.shape) - 1]
            rows = [
                _picked(code, code.element(where, [*asked, str(k)]), value.shape[batch + k])
                for k in range(depth)
            ]
            picked = [*at[:batch], *rows, *at[len(asked) :]]
            code.add(f"{code.element(out, at)} = {code.element(value, picked)};")

    program.add(Operation(node.op, [value, where], [out.buffer], emit))


@translates("ScatterElements")
def _scatter(node: Node, program: Program) -> None:
    if node.attributes.get("reduction", b"none") != b"none":
        raise node.refused("it sums up")
    value, where, fresh = (node.view(k) for k in range(3))
    out, axis = program.result(node), node.axis(0, len(value.shape))

    def emit(code: Code) -> None:
        code.copy(value, out)
        with code.loops(where.shape) as at:
            row = _picked(code, code.element(where, at), value.shape[axis])
            target = [*at[:axis], row, *at[axis + 1 :]]
            code.add(f"{code.element(out, target)} = {code.element(fresh, at)};")

    program.add(Operation(node.op, [value, where, fresh], [out.buffer], emit, [0]))


@translates("TopK")
def _top(node: Node, program: Program) -> None:
    value, axis = node.view(0), node.axis(-1, len(node.view(0).shape))
    known = node.known(1)
    if known is None or value.buffer.c_type != "float":
        raise node.refused("its input is no float")
    count, size = int(known.reshape(-1)[0]), value.shape[axis]
    best, index = program.result(node), program.result(node, 1)
    sign = ">" if node.attributes.get("largest", 1) else "<"
    outer = tuple(1 if k == axis else n for k, n in enumerate(value.shape))

    def emit(code: Code) -> None:
        with code.loops(outer) as at:

            def along(view: View, i: str) -> str:
                return code.element(view, [*at[:axis], i, *at[axis + 1 :]])

            held, x, k = code.name("held"), code.name("x"), code.name("k")
            code.add(f"int {held} = 0;")
            with code.loops([size]) as (i,):
                code.add(f"float {x} = {along(value, i)};")
                worst = along(best, str(count - 1))
                with code.block(f"if ({held} < {count} || {x} {sign} {worst})"):
                    code.add(f"if ({held} < {count}) ++{held};")
                    code.add(f"int {k} = {held} - 1;")
                    before = f"({k} - 1)"
                    with code.block(f"for (; {k} > 0 && {x} {sign} {along(best, before)}; --{k})"):
                        code.add(f"{along(best, k)} = {along(best, before)};")
                        code.add(f"{along(index, k)} = {along(index, before)};")
                    code.add(f"{along(best, k)} = {x};")
                    code.add(f"{along(index, k)} = {i};")

    program.add(Operation("TopK", [value], [best.buffer, index.buffer], emit))
