"""Operators that make each element from one element of each input."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.program import Node, Operation, Program, translates
from gaitcast.deploy.c99.storage import View

_UNARY = {
    "Abs": "fabsf({0})",
    "Atan": "atanf({0})",
    "Acos": "acosf({0})",
    "Asin": "asinf({0})",
    "Ceil": "ceilf({0})",
    "Cos": "cosf({0})",
    "Erf": "erff({0})",
    "Exp": "expf({0})",
    "Floor": "floorf({0})",
    "Log": "logf({0})",
    "Neg": "-{0}",
    "Not": "!{0}",
    "Reciprocal": "1.0f / {0}",
    "Relu": "{0} > 0.0f ? {0} : 0.0f",
    "Round": "rintf({0})",
    "Sign": "(float)(({0} > 0.0f) - ({0} < 0.0f))",
    "Sin": "sinf({0})",
    "Softplus": "logf(1.0f + expf({0}))",
    "Sqrt": "sqrtf({0})",
    "Tan": "tanf({0})",
    "Tanh": "tanhf({0})",
}
_BINARY = {
    "Add": "{0} + {1}",
    "And": "{0} && {1}",
    "Div": "{0} / {1}",
    "Equal": "{0} == {1}",
    "Greater": "{0} > {1}",
    "GreaterOrEqual": "{0} >= {1}",
    "Less": "{0} < {1}",
    "LessOrEqual": "{0} <= {1}",
    "Mul": "{0} * {1}",
    "Or": "{0} || {1}",
    "PRelu": "{0} >= 0.0f ? {0} : {1} * {0}",
    "Sub": "{0} - {1}",
    "Xor": "({0} != 0) != ({1} != 0)",
}
#: Their integer forms differ, and no bundle has them.
_FLOAT_ONLY = {*_UNARY} - {"Neg", "Not", "Relu"}


def elementwise(
    node: Node, program: Program, inputs: list[View], compute: Callable[..., str]
) -> None:
    """Add an operation of one element from one of each input.

    Parameters
    ----------
    inputs : list of View
        Broadcast to the result.
    compute : callable
        Expression of the result from those of the inputs.
    """
    out = program.result(node)
    same = [k for k, view in enumerate(inputs) if view.shape == out.shape]

    def emit(code: Code) -> None:
        code.each(out, inputs, compute)

    program.add(Operation(node.op, inputs, [out.buffer], emit, same))


@translates(*_UNARY)
def _unary(node: Node, program: Program) -> None:
    if node.op in _FLOAT_ONLY and node.view(0).buffer.c_type != "float":
        raise node.refused("its input is no float")
    elementwise(node, program, [node.view(0)], _UNARY[node.op].format)


@translates(*_BINARY)
def _binary(node: Node, program: Program) -> None:
    inputs = [node.view(0), node.view(1)]
    if node.op == "Div" and inputs[0].buffer.c_type != "float":
        divisor = inputs[1].constant
        if divisor is None or (divisor == 0).any():
            raise node.refused("it divides integers by one that is not known")
    elementwise(node, program, inputs, _BINARY[node.op].format)


@translates("Sigmoid")
def _sigmoid(node: Node, program: Program) -> None:
    out, value = program.result(node), node.view(0)

    def emit(code: Code) -> None:
        code.each(out, [value], (code.call("sigmoid") + "({0})").format)

    program.add(Operation("Sigmoid", [value], [out.buffer], emit, [0]))


@translates("Gelu")
def _gelu(node: Node, program: Program) -> None:
    if node.attributes.get("approximate", b"none") != b"none":
        raise node.refused("only its exact form is translated")
    gelu = "0.5f * {0} * (1.0f + erff(0.707106781f * {0}))"
    elementwise(node, program, [node.view(0)], gelu.format)


@translates("Where")
def _where(node: Node, program: Program) -> None:
    condition, yes, no = inputs = [node.view(k) for k in range(3)]
    out = program.result(node)
    same = [k for k in (1, 2) if inputs[k].shape == out.shape]

    def emit(code: Code) -> None:
        for kept, other, test in ((yes, no, "!{0}"), (no, yes, "{0}")):
            if condition.size == 1 and kept.shape == out.shape and kept.place == out.place:
                asked = code.element(condition, ["0"] * len(condition.shape))
                with code.block(f"if ({test.format(asked)})"):
                    code.each(out, [other], lambda x: x)
                return
        code.each(out, inputs, "{0} ? {1} : {2}".format)

    program.add(Operation("Where", inputs, [out.buffer], emit, same))


@translates("Max", "Min")
def _extreme(node: Node, program: Program) -> None:
    sign = ">" if node.op == "Max" else "<"
    inputs = [view for view in node.inputs if view is not None]
    if len(inputs) > 2:
        raise node.refused(f"it has {len(inputs)} inputs")
    if len(inputs) == 1:
        program.values[node.outputs[0]] = inputs[0]
        return
    elementwise(node, program, inputs, f"{{0}} {sign} {{1}} ? {{0}} : {{1}}".format)


@translates("Clip")
def _clip(node: Node, program: Program) -> None:
    value, low, high = node.view(0), node.optional(1), node.optional(2)
    limits = [view for view in (low, high) if view is not None]

    def compute(x: str, *given: str) -> str:
        made, rest = x, list(given)
        if low is not None:
            least = rest.pop(0)
            made = f"({x} < {least} ? {least} : {x})"
        if high is not None:
            most = rest.pop(0)
            made = f"({made} > {most} ? {most} : {made})"
        return made

    elementwise(node, program, [value, *limits], compute)


@translates("Pow")
def _power(node: Node, program: Program) -> None:
    value, exponent = node.view(0), node.view(1).constant
    if value.buffer.c_type != "float":
        raise node.refused("its input is no float")
    if exponent is not None and exponent.size == 1 and float(exponent.reshape(-1)[0]) == 2.0:
        elementwise(node, program, [value], "{0} * {0}".format)
        return
    elementwise(node, program, [value, node.view(1)], "powf({0}, (float){1})".format)


@translates("Mod")
def _remainder(node: Node, program: Program) -> None:
    value, divisor = node.view(0), node.view(1)
    if value.buffer.c_type == "float":
        if not node.attributes.get("fmod", 0):
            raise node.refused("its input is a float")
        elementwise(node, program, [value, divisor], "fmodf({0}, {1})".format)
        return
    known = divisor.constant
    if known is None or (known <= 0).any():
        raise node.refused("its divisor is not known to be above zero")
    elementwise(node, program, [value, divisor], "(({0} % {1}) + {1}) % {1}".format)


@translates("BatchNormalization")
def _batch_normalisation(node: Node, program: Program) -> None:
    scale, bias, mean, variance = (node.known(k) for k in range(1, 5))
    if scale is None or bias is None or mean is None or variance is None:
        raise node.refused("its figures are not constant")
    gain = scale / np.sqrt(variance + node.attributes.get("epsilon", 1e-5))
    shape = (-1, *[1] * (len(node.view(0).shape) - 2))
    parts = [program.constant(v.reshape(shape)) for v in (gain, bias - mean * gain)]
    elementwise(node, program, [node.view(0), *parts], "{0} * {1} + {2}".format)
