"""One graph from one raw sample plus state to the forecast in physical units."""

from __future__ import annotations

import numpy as np
import onnx
from onnx import helper

from gaitcast.deploy.builder import GraphBuilder
from gaitcast.deploy.network import STATE, is_batched, network_graph
from gaitcast.deploy.steps import Tick, append_step
from gaitcast.models.base import StatefulForecaster
from gaitcast.signal import Chain
from gaitcast.tasks import Scaler
from gaitcast.training import Predictor


def assemble(chain: Chain, predictor: Predictor) -> onnx.ModelProto:
    """Join signal steps, scaling, network and inverse scaling.

    Parameters
    ----------
    chain : Chain
        Steps, bound to the raw channels.
    predictor : Predictor
        Fitted on the chain's channels.

    Returns
    -------
    onnx.ModelProto
        Inputs ``sample`` (N, 1, raw channels), ``dt_s`` (N,), ``covariates`` (N, 1, covariates) if
        the model takes some, and one ``state_*`` for each thing that is carried; outputs
        ``forecast`` (N, steps, targets) and the states' ``*_next``. A ``dt_s`` of 0 marks the first
        sample of a segment. N is 1 for windowed models; for stateful ones it is any number of
        wearers, ``wearers`` by name, along the axis of each state that bears this name.

    Raises
    ------
    GaitcastError
        If a step cannot run live.
    """
    graph = GraphBuilder(batched=is_batched(predictor.forecaster))
    value = graph.input("sample", (1, 1, len(chain.inputs)))
    dt_s = graph.add("Reshape", graph.input("dt_s", (1,)), graph.constant([-1, 1, 1]))
    started = graph.add("Greater", dt_s, graph.constant(np.zeros(1)))
    for number, bound in enumerate(chain.bound):
        value = append_step(bound, graph, value, Tick(dt_s, started), f"state_step{number}")
    shape = predictor.signature
    value = _scaled(graph, value, predictor.feature_scaler, slice(shape.n_inputs))
    network = network_graph(predictor.forecaster)
    carried = {v.name: state_shape(v) for v in network.graph.input}
    del carried["network_features"]
    flat = graph.add("Reshape", started, graph.constant([-1, 1])) if carried else ""
    uncleared = {*kept_state(predictor), *overwritten_state(predictor)}
    for name, (size, axis) in carried.items():
        state = graph.input(f"state_{name.removeprefix(STATE)}", size, axis)
        if name.removeprefix(STATE) not in uncleared:
            begun = flat if axis == len(size) - 2 else started
            state = graph.add("Where", begun, state, graph.constant(np.float32(0)))
        graph.nodes.append(helper.make_node("Identity", [state], [name]))
    if carried:
        window = value
    else:
        size = (1, shape.history, shape.n_inputs)
        ring = graph.input("state_ring", size)
        kept = graph.add("Where", started, ring, graph.constant(np.float32(0)))
        _, newest = graph.split(kept, [1, shape.history - 1], axis=1)
        window = graph.add("Concat", newest, value, axis=1)
        graph.output("state_ring_next", window, size)
    if shape.covariates:
        wearer = graph.input("covariates", (1, 1, len(shape.covariates)))
        known = _scaled(graph, wearer, predictor.feature_scaler, slice(shape.n_inputs, None))
        rows = 1 if carried else shape.history
        repeated = graph.add("Tile", known, graph.constant([1, rows, 1]))
        window = graph.add("Concat", window, repeated, axis=2)
    graph.nodes.append(helper.make_node("Identity", [window], ["network_features"]))
    # A state leaves the graph as the network makes it: ONNX Runtime would copy it for a name.
    outside = {f"{name}_next": f"state_{name.removeprefix(STATE)}_next" for name in carried}
    for node in network.graph.node:
        for names in (node.input, node.output):
            names[:] = [outside.get(name, name) for name in names]
    graph.nodes.extend(network.graph.node)
    graph.constants.extend(network.graph.initializer)
    for name, (size, axis) in carried.items():
        left = outside[f"{name}_next"]
        graph.nodes.append(helper.make_node("Identity", [left], [f"{name}_next"]))
        graph.declare(left, size, axis)

    value = graph.add("Mul", "network_forecast", graph.constant(predictor.target_scaler.scale))
    value = graph.add("Add", value, graph.constant(predictor.target_scaler.offset))
    graph.output("forecast", value, (1, shape.n_steps, shape.n_targets))
    return _model(graph, network)


def state_shape(value: onnx.ValueInfoProto) -> tuple[tuple[int, ...], int]:
    """Shape of a state for one wearer, and the axis of the wearers."""
    sizes = [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]
    named = [bool(d.dim_param) for d in value.type.tensor_type.shape.dim]
    return tuple(sizes), named.index(True) if any(named) else 0


def kept_state(predictor: Predictor) -> tuple[str, ...]:
    """What outlives a gap, by its name in the network: what was learnt of the wearer."""
    forecaster = predictor.forecaster
    return forecaster.kept if isinstance(forecaster, StatefulForecaster) else ()


def paused_state(predictor: Predictor) -> tuple[str, ...]:
    """What is set to 0 while the input is faulty, by its name in the network."""
    forecaster = predictor.forecaster
    return forecaster.pauses if isinstance(forecaster, StatefulForecaster) else ()


def overwritten_state(predictor: Predictor) -> tuple[str, ...]:
    """What need not be cleared where a segment begins, by its name in the network."""
    forecaster = predictor.forecaster
    return forecaster.overwritten if isinstance(forecaster, StatefulForecaster) else ()


def _scaled(graph: GraphBuilder, value: str, scaler: Scaler, columns: slice) -> str:
    if scaler.low is not None and scaler.high is not None and columns.start:  # only covariates are
        value = graph.add("Max", value, graph.constant(scaler.low[columns]))
        value = graph.add("Min", value, graph.constant(scaler.high[columns]))
    gain = 1 / scaler.scale[columns]
    value = graph.add("Mul", value, graph.constant(gain))
    return graph.add("Add", value, graph.constant(-scaler.offset[columns] * gain))


def _model(graph: GraphBuilder, network: onnx.ModelProto) -> onnx.ModelProto:
    made = helper.make_graph(
        graph.nodes,
        "gaitcast",
        graph.inputs,
        graph.outputs,
        graph.constants,
        value_info=[*network.graph.value_info, *network.graph.input, *network.graph.output],
    )
    model = helper.make_model(
        made,
        producer_name="gaitcast",
        opset_imports=network.opset_import,
        functions=network.functions,
        ir_version=min(network.ir_version, 10),
    )
    onnx.checker.check_model(model)
    return model
