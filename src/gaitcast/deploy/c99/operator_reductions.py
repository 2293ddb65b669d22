"""Operators that make one number of many, or scale many by what they sum up to."""

from __future__ import annotations

from math import prod

import numpy as np

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.program import Node, Operation, Program, translates
from gaitcast.deploy.c99.storage import View, dense

#: First value, what each element does to it, and what becomes of it.
_REDUCTIONS = {
    "ReduceSum": ("0.0f", "{0} += {1};", "{0}"),
    "ReduceMean": ("0.0f", "{0} += {1};", "{0} / {2}.0f"),
    "ReduceSumSquare": ("0.0f", "{0} += {1} * {1};", "{0}"),
    "ReduceL2": ("0.0f", "{0} += {1} * {1};", "sqrtf({0})"),
    "ReduceMax": ("-INFINITY", "if ({1} > {0}) {0} = {1};", "{0}"),
    "ReduceMin": ("INFINITY", "if ({1} < {0}) {0} = {1};", "{0}"),
}


@translates(*_REDUCTIONS)
def _reduce(node: Node, program: Program) -> None:
    value = node.view(0)
    if value.buffer.c_type != "float":
        raise node.refused("its input is no float")
    axes = node.integers(1, "axes")
    if not axes and node.attributes.get("noop_with_empty_axes"):
        program.values[node.outputs[0]] = value
        return
    rank = len(value.shape)
    over = sorted(k % rank for k in axes) if axes else [*range(rank)]
    kept = [k for k in range(rank) if k not in over]
    out = program.result(node)
    rows = View(out.buffer, tuple(value.shape[k] for k in kept), (), out.offset)
    rows = View(out.buffer, rows.shape, dense(rows.shape))
    first, step, last = _REDUCTIONS[node.op]
    count = prod(value.shape[k] for k in over)

    def emit(code: Code) -> None:
        with code.loops(rows.shape) as at:
            total = code.name("total")
            code.add(f"float {total} = {first};")
            with code.loops([value.shape[k] for k in over]) as within:
                place = dict(zip([*kept, *over], [*at, *within], strict=True))
                element = code.element(value, [place[k] for k in range(rank)])
                code.add(step.format(total, element))
            code.add(f"{code.element(rows, at)} = {last.format(total, '', count)};")

    program.add(Operation(node.op, [value], [out.buffer], emit))


@translates("ArgMax", "ArgMin")
def _where_extreme(node: Node, program: Program) -> None:
    value, axis = node.view(0), node.axis(0, len(node.view(0).shape))
    out = program.result(node)
    shape = (*value.shape[:axis], *value.shape[axis + 1 :])
    rows = View.of(out.buffer, shape)
    sign = ">" if node.op == "ArgMax" else "<"
    sign += "=" if node.attributes.get("select_last_index", 0) else ""

    def emit(code: Code) -> None:
        with code.loops(shape) as at:
            best = code.name("best")
            code.add(f"int {best} = 0;")
            with code.loops([value.shape[axis]]) as (i,):
                one, other = (code.element(value, [*at[:axis], k, *at[axis:]]) for k in (i, best))
                code.add(f"if ({one} {sign} {other}) {best} = {i};")
            code.add(f"{code.element(rows, at)} = {best};")

    program.add(Operation(node.op, [value], [out.buffer], emit))


@translates("Softmax")
def _softmax(node: Node, program: Program) -> None:
    value, out = node.view(0), program.result(node)
    axis = node.axis(-1, len(value.shape))
    outer = tuple(1 if k == axis else n for k, n in enumerate(value.shape))

    def emit(code: Code) -> None:
        with code.loops(outer) as at:
            most, total = code.name("most"), code.name("total")
            code.add(f"float {most} = -INFINITY, {total} = 0.0f;")

            def along(view: View, i: str) -> str:
                return code.element(view, [*at[:axis], i, *at[axis + 1 :]])

            with code.loops([value.shape[axis]]) as (i,):
                code.add(f"if ({along(value, i)} > {most}) {most} = {along(value, i)};")
            with code.loops([value.shape[axis]]) as (i,):
                code.add(f"{along(out, i)} = expf({along(value, i)} - {most});")
                code.add(f"{total} += {along(out, i)};")
            with code.loops([value.shape[axis]]) as (i,):
                code.add(f"{along(out, i)} = {along(out, i)} / {total};")

    program.add(Operation("Softmax", [value], [out.buffer], emit, [0]))


@translates("LayerNormalization")
def _layer_normalisation(node: Node, program: Program) -> None:
    value, scale, bias = node.view(0), node.view(1), node.optional(2)
    if node.axis(-1, len(value.shape)) != len(value.shape) - 1 or any(node.outputs[1:]):
        raise node.refused("only over the last axis, with one output")
    out, count = program.result(node), value.shape[-1]
    tiny = np.float32(node.attributes.get("epsilon", 1e-5))
    reads = [v for v in (value, scale, bias) if v is not None]

    def emit(code: Code) -> None:
        with code.loops(value.shape[:-1]) as at:
            mean, spread = code.name("mean"), code.name("spread")
            code.add(f"float {mean} = 0.0f, {spread} = 0.0f;")
            with code.loops([count]) as (i,):
                code.add(f"{mean} += {code.element(value, [*at, i])};")
            code.add(f"{mean} /= {count}.0f;")
            with code.loops([count]) as (i,):
                away = f"({code.element(value, [*at, i])} - {mean})"
                code.add(f"{spread} += {away} * {away};")
            code.add(f"{spread} = 1.0f / sqrtf({spread} / {count}.0f + {tiny:.9g}f);")
            with code.loops([count]) as (i,):
                away = f"({code.element(value, [*at, i])} - {mean})"
                made = f"{away} * {spread} * {code.element(scale.broadcast((count,)), [i])}"
                shift = f" + {code.element(bias.broadcast((count,)), [i])}" if bias else ""
                code.add(f"{code.element(out, [*at, i])} = {made}{shift};")

    program.add(Operation(node.op, reads, [out.buffer], emit, [0]))
