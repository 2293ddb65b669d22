"""Operators that slide a window over space or time: convolution and pooling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from math import prod

import numpy as np

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.program import Node, Operation, Program, translates
from gaitcast.deploy.c99.stored_rows import StoredRows


@dataclass(frozen=True)
class _Window:
    """Where the taps of a window lie, an entry for each axis.

    Parameters
    ----------
    steps, dilations, before : tuple of int
        Between windows, between taps, and padding before the first element.
    padded : tuple of bool
        Whether some taps lie outside.
    sizes : tuple of int
        Of what it slides over.
    """

    steps: tuple[int, ...]
    dilations: tuple[int, ...]
    before: tuple[int, ...]
    padded: tuple[bool, ...]
    sizes: tuple[int, ...]

    @classmethod
    def of(cls, node: Node, kernel: Sequence[int]) -> _Window:
        sizes, rank = node.view(0).shape[2:], len(kernel)
        if node.attributes.get("auto_pad", b"NOTSET") not in (b"NOTSET", b"VALID"):
            raise node.refused("it pads by itself")
        steps = node.attributes.get("strides", [1] * rank)
        apart = node.attributes.get("dilations", [1] * rank)
        before = node.attributes.get("pads", [0] * 2 * rank)[:rank]
        last = [
            (n - 1) * s - b + (k - 1) * d
            for n, s, b, k, d in zip(
                node.shapes[0].sizes[2:], steps, before, kernel, apart, strict=True
            )
        ]
        padded = tuple(b > 0 or at >= n for b, at, n in zip(before, last, sizes, strict=True))
        return cls(tuple(steps), tuple(apart), tuple(before), padded, sizes)

    @contextmanager
    def inside(self, code: Code, at: Sequence[str], taps: Sequence[str]) -> Iterator[list[str]]:
        """Indices of a tap, where it lies inside."""
        with ExitStack() as stack:
            where = []
            for axis, (i, k) in enumerate(zip(at, taps, strict=True)):
                place = code.name("at")
                shift = f" - {self.before[axis]}" if self.before[axis] else ""
                code.add(
                    f"int {place} = {i} * {self.steps[axis]} + {k} * {self.dilations[axis]}{shift};"
                )
                where.append(place)
                if self.padded[axis]:
                    size = self.sizes[axis]
                    stack.enter_context(code.block(f"if ({place} >= 0 && {place} < {size})"))
            yield where


@translates("Conv")
def _conv(node: Node, program: Program) -> None:
    value, weight, bias = node.view(0), node.known(1), node.known(2)
    if weight is None or value.shape[0] != 1:
        raise node.refused("it has no constant weights, or several examples")
    out, kernel = program.result(node), weight.shape[2:]
    window = _Window.of(node, kernel)
    each_in, groups = weight.shape[1], node.attributes.get("group", 1)
    each_out = len(weight) // groups
    stored = StoredRows.of(weight, program.in_8_bits(node))
    added = program.constant(np.zeros(len(weight)) if bias is None else bias)

    def emit(code: Code) -> None:
        with code.loops(out.shape) as at:
            total = code.name("sum")
            code.add(f"float {total} = 0.0f;")
            with code.loops((each_in, *kernel)) as (channel, *taps):
                row = channel if groups == 1 else f"({at[1]} / {each_out} * {each_in} + {channel})"
                with window.inside(code, at[2:], taps) as where:
                    x = code.element(value, ["0", row, *where])
                    w = code.element(stored.rows, [at[1], channel, *taps])
                    code.add(f"{total} += {x} * {w};")
            made = f"{stored.scaled(code, at[1], total)} + {code.element(added, [at[1]])}"
            code.add(f"{code.element(out, at)} = {made};")

    count = out.size * each_in * prod(kernel)
    program.add(Operation("Conv", [value], [out.buffer], emit, multiply_adds=count))


@translates("MaxPool")
def _max_pool(node: Node, program: Program) -> None:
    value, out = node.view(0), program.result(node)
    kernel = node.attributes["kernel_shape"]
    window = _Window.of(node, kernel)

    def emit(code: Code) -> None:
        with code.loops(out.shape) as at:
            most = code.name("most")
            code.add(f"float {most} = -INFINITY;")
            with code.loops(kernel) as taps, window.inside(code, at[2:], taps) as where:
                x = code.element(value, [*at[:2], *where])
                code.add(f"if ({x} > {most}) {most} = {x};")
            code.add(f"{code.element(out, at)} = {most};")

    program.add(Operation("MaxPool", [value], [out.buffer], emit))
