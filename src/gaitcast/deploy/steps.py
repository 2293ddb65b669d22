"""The live form of each signal step: ONNX nodes for one sample.

Every function here repeats, for one sample of shape (1, 1, channels), what the step's ``process``
does offline. ``started`` is false at the first sample of a segment (dt = 0).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import singledispatch

import numpy as np

from gaitcast.channel import VECTOR_AXES
from gaitcast.deploy.builder import GraphBuilder
from gaitcast.deploy.joint_angle_nodes import JointAngleNodes
from gaitcast.deploy.walking_axes_nodes import WalkingAxesNodes
from gaitcast.errors import GaitcastError
from gaitcast.signal import BoundStep
from gaitcast.signal.angle_filter import SIZES, BoundJointAngle
from gaitcast.signal.emg import BoundEMG, rest
from gaitcast.signal.filters import BoundButterworth
from gaitcast.signal.marker_motion import BoundMarkerMotion
from gaitcast.signal.mass_centre import BoundMassCentre
from gaitcast.signal.orientation import BoundTilt
from gaitcast.signal.walking_axes import BoundWalkingAxes
from gaitcast.signal.wearer_scale import BoundWearerScale

_TINY = np.float32(1e-30)


@dataclass(frozen=True)
class Tick:
    """Names of the values that every step may use: the time since the last sample, and a flag."""

    dt_s: str
    started: str


@singledispatch
def append_step(bound: BoundStep, graph: GraphBuilder, sample: str, tick: Tick, name: str) -> str:
    """Append a step to the graph, with its state as input ``name`` and output ``name_next``.

    Parameters
    ----------
    bound : BoundStep
        Bound to its channels and rate.
    graph : GraphBuilder
        To append to.
    sample : str
        Value of shape (1, 1, inputs).
    tick : Tick
        Time since the last sample.
    name : str
        For the state.

    Returns
    -------
    str
        Value of shape (1, 1, channels).

    Raises
    ------
    GaitcastError
        If the step cannot run live.
    """
    del graph, sample, tick, name
    raise GaitcastError(
        f"step '{type(bound).__name__.removeprefix('Bound')}' has no live form",
        hint="Train with causal steps",
    )


@append_step.register
def _butterworth(
    bound: BoundButterworth, graph: GraphBuilder, sample: str, tick: Tick, name: str
) -> str:
    shape = (1, 2 * len(bound.sos), len(bound.inputs))
    before = graph.input(name, shape)
    result, after = _filter(bound.sos, bound.rest_state, graph, sample, before, tick)
    graph.output(f"{name}_next", after, shape)
    return result


def _filter(
    sos: np.ndarray,
    rest_state: np.ndarray,
    graph: GraphBuilder,
    sample: str,
    before: str,
    tick: Tick,
) -> tuple[str, str]:
    """One sample through second-order sections: the result and the state after."""
    steady = graph.add("Mul", graph.constant(rest_state.reshape(1, -1, 1)), sample)
    state = graph.add("Where", tick.started, before, steady)
    stacked = graph.add("Concat", sample, state, axis=1)
    moved = graph.add("MatMul", graph.constant(_transition(sos)), stacked)
    result, after = graph.split(moved, [1, 2 * len(sos)], axis=1)
    return result, after


@append_step.register
def _emg(bound: BoundEMG, graph: GraphBuilder, sample: str, tick: Tick, name: str) -> str:
    sizes, n = [2 * len(bound.high), 2 * len(bound.low)], len(bound.muscles)
    if not n:
        return sample
    value = graph.add("Gather", sample, graph.constant(bound.muscles), axis=2)
    shape, parts, after = (1, sum(sizes), n), ["", ""], []
    if sum(sizes):
        before = graph.input(name, shape)
        parts = [before, before] if 0 in sizes else graph.split(before, sizes, axis=1)
    if len(bound.high):
        filtered, state = _filter(bound.high, rest(bound.high), graph, value, parts[0], tick)
        is_raw = bound.raw.astype(np.float32)
        value = graph.add(
            "Add",
            graph.add("Mul", filtered, graph.constant(is_raw)),
            graph.add("Mul", value, graph.constant(1 - is_raw)),
        )
        after.append(state)
    value = graph.add("Abs", value)
    if len(bound.low):
        value, state = _filter(bound.low, rest(bound.low), graph, value, parts[1], tick)
        after.append(state)
    if after:
        graph.output(f"{name}_next", graph.add("Concat", *after, axis=1), shape)
    kept = [graph.add("Gather", sample, graph.constant(bound.others), axis=2)]
    return graph.add("Concat", *(kept if bound.others else []), value, axis=2)


def _transition(sos: np.ndarray) -> np.ndarray:
    """Matrix from (sample, state) to (result, next state), read off the filter itself."""
    size = 1 + 2 * len(sos)
    probe = BoundButterworth(tuple("x" * size), tuple("x" * size), sos)
    unit = np.eye(size)
    probe.state = unit[1:].reshape(len(sos), 2, size)
    result = probe.process(unit[:1], np.ones(1))
    return np.vstack([result, probe.state.reshape(size - 1, size)])


@append_step.register
def _tilt(bound: BoundTilt, graph: GraphBuilder, sample: str, tick: Tick, name: str) -> str:
    k = len(bound.imus)
    if not k:
        return sample
    before = graph.input(name, (1, 1, 2 * k))
    gather = [column for axis in VECTOR_AXES for column in bound.columns("acc", axis)]
    acc = graph.add("Gather", sample, graph.constant(gather), axis=2)
    x, y, z = graph.split(acc, [k, k, k], axis=2)
    tiny = graph.constant(_TINY)
    yy, zz = graph.add("Mul", y, y), graph.add("Mul", z, z)
    level = graph.add("Sqrt", graph.add("Add", yy, zz))
    # Half-angle form of atan2(y, z), exact on every axis. The reciprocals tell -0.0 from 0.0, as
    # the arc tangent does: 1 / -0.0 is negative.
    reach = graph.add("Max", graph.add("Add", level, graph.add("Abs", z)), tiny)
    behind = graph.add("Less", graph.add("Reciprocal", z), graph.constant(np.float32(0)))
    half = graph.add("Where", behind, graph.add("Div", reach, y), graph.add("Div", y, reach))
    slope = graph.add("Div", x, graph.add("Max", level, tiny))
    angles = graph.add("Atan", graph.add("Concat", half, slope, axis=2))
    to_deg = np.degrees(1 - bound.alpha) * np.array([2.0] * k + [-1.0] * k)
    gravity = graph.add("Mul", angles, graph.constant(to_deg))
    rates = graph.constant(bound.columns("gyr", "x") + bound.columns("gyr", "y"))
    turned = graph.add("Mul", graph.add("Gather", sample, rates, axis=2), tick.dt_s)
    carried = graph.add(
        "Mul", graph.add("Add", before, turned), graph.constant(np.float32(bound.alpha))
    )
    moved = graph.add("Add", carried, gravity)
    after = graph.add("Where", tick.started, moved, graph.constant(np.float32(0)))
    graph.output(f"{name}_next", after, (1, 1, 2 * k))
    return graph.add("Concat", sample, after, axis=2)


@append_step.register
def _marker_motion(
    bound: BoundMarkerMotion, graph: GraphBuilder, sample: str, tick: Tick, name: str
) -> str:
    past, k = bound.taps.shape[1] - 1, len(bound.markers)
    if not k:
        return sample
    before = graph.input(name, (1, past, k))
    here = graph.add("Gather", sample, graph.constant(bound.markers), axis=2)
    still = graph.add("Concat", *([here] * past), axis=1)
    held = graph.add("Where", tick.started, before, still)
    if bound.moving:
        ends = [graph.add("Gather", held, graph.constant([row]), axis=1) for row in (0, past - 1)]
        steps = np.arange(past, 0, -1).reshape(1, past, 1).astype(np.float32)
        way = graph.add("Mul", graph.constant(steps), graph.add("Sub", ends[1], here))
        held = graph.add("Where", graph.add("Equal", *ends), graph.add("Add", here, way), held)
    path = graph.add("Concat", held, here, axis=1)
    _, after = graph.split(path, [1, past], axis=1)
    graph.output(f"{name}_next", after, (1, past, k))
    # From the newest position, so that a marker far from the origin costs no digits.
    moved = graph.add("MatMul", graph.constant(bound.taps), graph.add("Sub", path, here))
    vel, accel = graph.split(moved, [1, 1], axis=1)
    kept = [graph.add("Gather", sample, graph.constant(bound.others), axis=2)]
    return graph.add("Concat", *(kept if bound.others else []), vel, accel, axis=2)


@append_step.register
def _mass_centre(
    bound: BoundMassCentre, graph: GraphBuilder, sample: str, tick: Tick, name: str
) -> str:
    del tick, name
    place = graph.add("MatMul", sample, graph.constant(bound.weights))
    kept = [graph.add("Gather", sample, graph.constant(bound.kept), axis=2)]
    return graph.add("Concat", *(kept if bound.kept else []), place, axis=2)


@append_step.register
def _walking_axes(
    bound: BoundWalkingAxes, graph: GraphBuilder, sample: str, tick: Tick, name: str
) -> str:
    if not bound.columns.size:
        return sample
    shape = (1, len(bound.usual), bound.columns.shape[1])
    before = graph.input(name, shape)
    made, after = WalkingAxesNodes(bound, graph).append(sample, tick.started, before)
    graph.output(f"{name}_next", after, shape)
    return made


@append_step.register
def _wearer_scale(
    bound: BoundWearerScale, graph: GraphBuilder, sample: str, tick: Tick, name: str
) -> str:
    shape = (1, 3, len(bound.inputs))
    before = graph.input(name, shape)
    zero, one = graph.constant(np.float32(0)), graph.constant(np.float32(1))
    fresh = graph.add("Concat", *(graph.add("Mul", sample, v) for v in (zero, one, zero)), axis=1)
    total, mean, variance = graph.split(
        graph.add("Where", tick.started, before, fresh), [1, 1, 1], axis=1
    )
    total = graph.add("Add", graph.add("Mul", total, graph.constant(np.float32(bound.keep))), one)
    away = graph.add("Sub", sample, mean)
    share = graph.add("Div", away, total)
    mean = graph.add("Add", mean, share)
    grown = graph.add("Add", variance, graph.add("Mul", away, share))
    variance = graph.add("Mul", grown, graph.add("Sub", one, graph.add("Reciprocal", total)))
    graph.output(f"{name}_next", graph.add("Concat", total, mean, variance, axis=1), shape)
    least = graph.constant(np.float32(bound.least_sd**2))
    sd = graph.add("Sqrt", graph.add("Add", variance, least))
    return graph.add("Div", graph.add("Sub", sample, mean), sd)


@append_step.register
def _joint_angle(
    bound: BoundJointAngle, graph: GraphBuilder, sample: str, tick: Tick, name: str
) -> str:
    shape = (1, 1, sum(SIZES))
    before = graph.input(name, shape)
    nodes = JointAngleNodes(bound, graph)
    made, after = nodes.append(sample, tick.started, tick.dt_s, before)
    graph.output(f"{name}_next", after, shape)
    wanted = list(range(len(bound.channels) - len(bound.inputs)))
    return graph.add("Concat", sample, nodes.gather(made, wanted), axis=2)
