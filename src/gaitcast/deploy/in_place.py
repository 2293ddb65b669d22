"""Which states of a graph may be written where they are read."""

from __future__ import annotations

from collections.abc import Iterator

import onnx

#: Operators that give the same values another shape: what reads their result reads the state.
_VIEWS = {"Identity", "Reshape", "Squeeze", "Unsqueeze", "Flatten", "Transpose"}
#: Operators that may write each value where they read it; the input that may be the state.
_ONTO = {"Add": (0, 1), "Sub": (0, 1), "Mul": (0, 1), "Where": (1, 2), "ScatterElements": (0,)}


def written_in_place(model: onnx.ModelProto) -> tuple[str, ...]:
    """States whose next value may stand in the same memory.

    Parameters
    ----------
    model : onnx.ModelProto
        Inputs ``state_*`` and outputs ``state_*_next``.

    Returns
    -------
    tuple of str
        Of them, those of which everything is read before the next value is written, whatever order
        the nodes run in: all readers are needed for the node that writes it, or are that node.
    """
    nodes = [*model.graph.node]
    made_by = {name: k for k, node in enumerate(nodes) for name in node.output}
    read_by: dict[str, list[int]] = {}
    for k, node in enumerate(nodes):
        for name in node.input:
            read_by.setdefault(name, []).append(k)

    def readers(name: str) -> Iterator[int]:
        for k in read_by.get(name, ()):
            yield k
            if nodes[k].op_type in _VIEWS:
                yield from readers(nodes[k].output[0])

    def needed(last: int) -> set[int]:
        found, left = set[int](), [last]
        while left:
            before = {made_by[n] for n in nodes[left.pop()].input if n in made_by} - found
            found |= before
            left += before
        return found

    def allowed(name: str) -> bool:
        writer = made_by[f"{name}_next"]
        node, others = nodes[writer], {*readers(name)} - {writer}
        if node.op_type in _VIEWS or not others <= needed(writer):
            return False
        whole, views = {name}, set[str]()
        for k in sorted(others):  # in the order of the nodes
            if nodes[k].op_type in _VIEWS:
                is_whole = nodes[k].op_type == "Identity" and nodes[k].input[0] in whole
                (whole if is_whole else views).add(nodes[k].output[0])
        read = [k for k, value in enumerate(node.input) if value in whole]
        return not views & {*node.input} and all(k in _ONTO.get(node.op_type, ()) for k in read)

    names = [v.name for v in model.graph.input if v.name.startswith("state_")]
    return tuple(name for name in names if allowed(name))
