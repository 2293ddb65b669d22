"""Products of matrices."""

from __future__ import annotations

from math import prod

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.program import Node, Operation, Program, translates
from gaitcast.deploy.c99.storage import Buffer, View
from gaitcast.deploy.c99.stored_rows import StoredRows, dot


@translates("Gemm")
def _gemm(node: Node, program: Program) -> None:
    a, b, c = node.view(0), node.view(1), node.optional(2)
    alpha, beta = (float(node.attributes.get(k, 1.0)) for k in ("alpha", "beta"))
    a = a.permuted((1, 0)) if node.attributes.get("transA") else a
    b = b if node.attributes.get("transB") else b.permuted((1, 0))
    _product(node, program, a, b, c, (alpha, beta), int8=program.in_8_bits(node))


@translates("MatMul")
def _matmul(node: Node, program: Program) -> None:
    a, b = node.view(0), node.view(1)
    if len(b.shape) < 2 or len(a.shape) < 2:
        raise node.refused("an input is a vector")
    turned = (*range(len(b.shape) - 2), len(b.shape) - 1, len(b.shape) - 2)
    _product(node, program, a, b.permuted(turned), None, (1.0, 1.0), program.in_8_bits(node))


def _product(
    node: Node,
    program: Program,
    a: View,
    b: View,
    c: View | None,
    factors: tuple[float, float],
    int8: bool,
) -> None:
    """Rows of `a` (..., M, K) times rows of `b` (..., N, K), plus `c`."""
    out, depth = program.result(node), a.shape[-1]
    known, batch = b.constant, b.shape[:-2]
    stored = None
    if known is not None and depth > 1 and prod(batch) in (1, prod(out.shape[:-2])):
        stored = StoredRows.of(factors[0] * known.reshape(-1, depth), int8)
    reads = [a] if stored else [a, b]
    left, right = (view.broadcast((*out.shape[:-2], *view.shape[-2:])) for view in (a, b))
    order = View.of(Buffer("float", 0), (*out.shape[:-2], 1, out.shape[-1]))
    added = None
    if c is not None:
        values = c.constant
        if values is None and factors[1] != 1.0:
            raise node.refused("it scales what it adds")
        added = (c if values is None else program.constant(factors[1] * values)).broadcast(
            out.shape
        )
        reads = [*reads, added]

    def emit(code: Code) -> None:
        with code.loops(out.shape) as at:
            row, column = [*at[:-1], "0"], [*at[:-2], at[-1], "0"]
            if stored:
                number = at[-1] if prod(batch) == 1 else code.index(order, [*at[:-2], "0", at[-1]])
                made = stored.dot(code, number, code.pointer(left, row), left.strides[-1])
            elif depth == 0:
                made = "0.0f"
            elif depth == 1:
                made = f"{code.element(left, row)} * {code.element(right, column)}"
            else:
                pointers = code.pointer(left, row), code.pointer(right, column)
                steps = left.strides[-1], right.strides[-1]
                made = dot(code, pointers[0], steps[0], pointers[1], steps[1], depth)
            if factors[0] != 1.0 and not stored:
                made = f"{factors[0]!r}f * ({made})"
            if added is not None:
                made = f"{made} + {code.element(added, at)}"
            code.add(f"{code.element(out, at)} = {made};")

    program.add(Operation(node.op, reads, [out.buffer], emit, multiply_adds=out.size * depth))


@translates("Einsum")
def _einsum(node: Node, program: Program) -> None:
    equation = node.attributes["equation"].decode().replace(" ", "")
    before, arrow, after = equation.partition("->")
    inputs = [view for view in node.inputs if view is not None]
    labels = before.split(",")
    if not arrow or "." in equation or len(labels) != len(inputs):
        raise node.refused(f"its equation is '{equation}'")
    sizes = {
        label: n
        for word, view in zip(labels, inputs, strict=True)
        for label, n in zip(word, view.shape, strict=True)
    }
    summed = sorted(set(sizes) - set(after))
    out = program.result(node)

    def emit(code: Code) -> None:
        with code.loops(out.shape) as at:
            place = dict(zip(after, at, strict=True))
            total = code.name("sum")
            code.add(f"float {total} = 0.0f;")
            with code.loops([sizes[label] for label in summed]) as within:
                place |= dict(zip(summed, within, strict=True))
                factors = [
                    code.element(view, [place[label] for label in word])
                    for word, view in zip(labels, inputs, strict=True)
                ]
                code.add(f"{total} += {' * '.join(factors)};")
            code.add(f"{code.element(out, at)} = {total};")

    count = prod(sizes.values())
    program.add(Operation("Einsum", inputs, [out.buffer], emit, multiply_adds=count))
