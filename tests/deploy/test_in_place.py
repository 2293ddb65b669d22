"""A state may be written where it is read only if nothing reads it afterwards."""

import numpy as np
import onnx
import pytest
from onnx import helper

from gaitcast.deploy.builder import GraphBuilder
from gaitcast.deploy.in_place import written_in_place


def added(graph, state, x):
    return graph.add("Add", graph.add("Identity", state), x), x


def shifted(graph, state, x):
    last = graph.split(state, [1, 2], axis=1)[1]
    return graph.add("Concat", last, graph.split(x, [1, 2], axis=1)[0], axis=1), x


def read_later(graph, state, x):
    after = graph.add("Mul", state, x)
    return after, graph.add("Add", after, state)


def seen_later(graph, state, x):
    after = graph.add("Mul", state, x)
    return after, graph.add("Add", x, graph.add("Reshape", state, graph.constant([1, 3, 1])))


def read_elsewhere(graph, state, x):
    return graph.add("Add", x, graph.add("Neg", x)), graph.add("Neg", state)


def turned(graph, state, x):
    return graph.add("MatMul", x, state), x


def written_over(graph, state, x):
    rows = graph.constant(np.zeros((1, 1, 3)))
    where = graph.constant(np.zeros((1, 1, 3), int))
    return graph.add("ScatterElements", state, where, rows, axis=1), x


def beside_its_view(graph, state, x):
    flat = graph.add("Reshape", state, graph.constant([1, 3, 3]))
    return graph.add("Add", state, graph.add("Transpose", flat, perm=[0, 2, 1])), x


def onto_its_view(graph, state, x):
    del x
    flat = graph.add("Reshape", state, graph.constant([3, 3]))
    return graph.add("Add", state, flat), flat


@pytest.mark.parametrize(
    ("make", "allowed"),
    [
        (added, True),
        (shifted, True),
        (written_over, True),
        (beside_its_view, False),
        (read_later, False),
        (seen_later, False),
        (read_elsewhere, False),
        (turned, False),
        (onto_its_view, False),
    ],
)
def test_a_state_is_written_in_place_where_all_readers_come_first(make, allowed):
    graph = GraphBuilder()
    state, x = graph.input("state_a", (1, 3, 3)), graph.input("x", (1, 3, 3))
    after, result = make(graph, state, x)
    graph.output("forecast", result, (1, 3, 3))
    graph.nodes[-1].input[0] = result
    for node in graph.nodes:  # as `assemble` names it, without a copy
        for names in (node.input, node.output):
            names[:] = ["state_a_next" if name == after else name for name in names]
    graph.declare("state_a_next", (1, 3, 3))
    parts = (graph.nodes, "g", graph.inputs, graph.outputs, graph.constants)
    model = helper.make_model(helper.make_graph(*parts))
    onnx.checker.check_model(model)
    assert written_in_place(model) == (("state_a",) if allowed else ())
