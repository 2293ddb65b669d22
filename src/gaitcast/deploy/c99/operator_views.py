"""Operators that move nothing where they need not: shape, order, parts and repetition."""

from __future__ import annotations

import numpy as np

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.program import Node, Operation, Program, translates
from gaitcast.deploy.c99.storage import View


@translates("Identity")
def _identity(node: Node, program: Program) -> None:
    program.values[node.outputs[0]] = node.view(0)


@translates("Reshape", "Flatten", "Unsqueeze", "Squeeze")
def _reshape(node: Node, program: Program) -> None:
    sizes, value = node.shapes[0].sizes, node.view(0)
    made = value.reshaped(sizes) or program.moved(value).reshaped(sizes)
    if made is None:
        raise node.refused("it changes the number of elements")
    program.values[node.outputs[0]] = made


@translates("Transpose")
def _transpose(node: Node, program: Program) -> None:
    value = node.view(0)
    axes = node.attributes.get("perm", range(len(value.shape))[::-1])
    program.values[node.outputs[0]] = value.permuted(tuple(axes))


@translates("Expand")
def _expand(node: Node, program: Program) -> None:
    program.values[node.outputs[0]] = node.view(0).broadcast(node.shapes[0].sizes)


@translates("Split")
def _split(node: Node, program: Program) -> None:
    value = node.view(0)
    axis, start = node.axis(0, len(value.shape)), 0
    for name, shape in zip(node.outputs, node.shapes, strict=True):
        if not name:
            raise node.refused("one of its outputs has no name")
        program.values[name] = value.cut(axis, start, shape.sizes[axis])
        start += shape.sizes[axis]


@translates("Slice")
def _slice(node: Node, program: Program) -> None:
    value = node.view(0)
    starts, ends = node.integers(1, "starts"), node.integers(2, "ends")
    if starts is None or ends is None:
        raise node.refused("its limits are not constant")
    axes = node.integers(3, "axes") or [*range(len(starts))]
    steps = node.integers(4) or [1] * len(starts)
    for start, end, at, step in zip(starts, ends, axes, steps, strict=True):
        axis = at % len(value.shape)
        first = range(value.shape[axis])[slice(start, end, step)]
        value = value.cut(axis, first[0] if first else 0, len(first), step)
    program.values[node.outputs[0]] = value


@translates("Tile")
def _tile(node: Node, program: Program) -> None:
    value, sizes = node.view(0), node.shapes[0].sizes
    repeats = [m // n for m, n in zip(sizes, value.shape, strict=True)]
    if all(n == 1 or r == 1 for n, r in zip(value.shape, repeats, strict=True)):
        program.values[node.outputs[0]] = value.broadcast(sizes)
        return
    out = program.result(node)

    def emit(code: Code) -> None:
        tiles = _tiles(out, value, repeats)
        with code.loops(tiles.shape) as at:
            within = at[len(repeats) :]
            code.add(f"{code.element(tiles, at)} = {code.element(value, within)};")

    program.add(Operation("Tile", [value], [out.buffer], emit))


def _tiles(out: View, value: View, repeats: list[int]) -> View:
    """The result with axes for the number of the tile before the axes within it."""
    outer = tuple(s * n for s, n in zip(out.strides, value.shape, strict=True))
    return View(out.buffer, (*repeats, *value.shape), (*outer, *out.strides), out.offset)


@translates("Cast")
def _cast(node: Node, program: Program) -> None:
    value, out = node.view(0), program.new(node.shapes[0])
    types = value.buffer.c_type, out.buffer.c_type
    if types[0] == types[1]:
        program.values[node.outputs[0]] = value
        return
    out = program.result(node)
    compute = "({0} != 0)" if types[1] == "uint8_t" else f"({types[1]}){{0}}"

    def emit(code: Code) -> None:
        code.each(out, [value], compute.format)

    program.add(Operation("Cast", [value], [out.buffer], emit))


@translates("Gather")
def _gather(node: Node, program: Program) -> None:
    value, where = node.view(0), node.view(1)
    axis = node.axis(0, len(value.shape))
    known = where.constant
    if known is not None and (steps := _progression(known % value.shape[axis])) is not None:
        first, step = steps
        made = value.cut(axis, first, known.size, step)
        shape = (*value.shape[:axis], *known.shape, *value.shape[axis + 1 :])
        if (view := made.reshaped(shape)) is not None:
            program.values[node.outputs[0]] = view
            return
    out, depth = program.result(node), len(where.shape)
    if known is not None:
        where = program.constant(known % value.shape[axis])

    def emit(code: Code) -> None:
        with code.loops(out.shape) as at:
            row = code.name("row")
            code.add(f"int {row} = {code.element(where, at[axis : axis + depth])};")
            if known is None:
                code.add(f"if ({row} < 0) {row} += {value.shape[axis]};")
            picked = [*at[:axis], row, *at[axis + depth :]]
            code.add(f"{code.element(out, at)} = {code.element(value, picked)};")

    program.add(Operation("Gather", [value, where], [out.buffer], emit))


def _progression(values: np.ndarray) -> tuple[int, int] | None:
    """First value and step of evenly spaced integers."""
    flat = [int(v) for v in values.reshape(-1)]
    if not flat:
        return None
    step = flat[1] - flat[0] if len(flat) > 1 else 1
    even = all(v == flat[0] + k * step for k, v in enumerate(flat))
    return (flat[0], step) if even else None
