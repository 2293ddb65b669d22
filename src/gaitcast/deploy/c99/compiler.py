"""From a bundle to C files."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import numpy as np

from gaitcast.atomic import new_folder
from gaitcast.deploy.c99 import (
    operator_elements,
    operator_indexing,
    operator_matrices,
    operator_recurrent,
    operator_reductions,
    operator_views,
    operator_windows,
)
from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.c_source import c_name, header, main_program, source
from gaitcast.deploy.c99.footprint import Footprint
from gaitcast.deploy.c99.memory_plan import MemoryPlan
from gaitcast.deploy.c99.program import Program
from gaitcast.deploy.c99.static_graph import StaticGraph
from gaitcast.deploy.c99.storage import BYTES, Buffer
from gaitcast.errors import GaitcastError
from gaitcast.runtime import Bundle

#: Importing them registers their translations.
OPERATORS = (
    operator_elements,
    operator_indexing,
    operator_matrices,
    operator_recurrent,
    operator_reductions,
    operator_views,
    operator_windows,
)
FILES = ("gaitcast.h", "gaitcast.c", "main.c")
#: How the weights of a network can be stored.
WEIGHTS = ("float32", "int8")


def compile_bundle(bundle: Bundle, folder: str | Path, weights: str = "float32") -> Footprint:
    """Write a bundle's step as C99 without dependencies.

    Parameters
    ----------
    bundle : Bundle
        Its graph becomes code; bringing raw samples to the card's rate is not part of it.
    folder : str or Path
        Gets ``gaitcast.h``, ``gaitcast.c`` and ``main.c``; replaced if it holds nothing else.
    weights : {"float32", "int8"}
        In 8 bits, weights of matrices, convolutions and recurrent cells of the network have a scale
        for each row; everything else stays float32.

    Returns
    -------
    Footprint
        Memory and operations.

    Raises
    ------
    GaitcastError
        If an operator has no translation (it names operator and node), or the place cannot be
        written.
    """
    if weights not in WEIGHTS:
        raise GaitcastError(f"weights cannot be stored as '{weights}'", hint="float32 or int8")
    card, graph = bundle.card, StaticGraph.of(bundle.graph)
    states = {name: _state(name, graph) for name in card.state}
    inputs = {
        "sample": Buffer("float", len(card.channels), "sample"),
        "dt_s": Buffer("float", 1, "dt_s"),
        "covariates": Buffer("float", len(card.covariates), "covariates"),
        **states,
    }
    program = Program.of(graph, inputs, weights == "int8")
    forecast = Buffer("float", len(card.steps) * len(card.targets), "forecast")
    ends = [(forecast, program.values["forecast"])]
    ends += [(buffer, program.values[f"{name}_next"]) for name, buffer in states.items()]
    plan, code = MemoryPlan(program.operations, ends), Code()
    for operation in plan.order:
        code.add(f"/* {operation.name} */")
        operation.emit(code)
    begins = _begins(bundle)
    named = {c_name(name): buffer for name, buffer in states.items()}
    texts = (
        header(card, f"Weights: {weights}."),
        source(card, plan, code, named, begins),
        main_program(card),
    )
    with new_folder(folder, FILES) as draft:
        for name, text in zip(FILES, texts, strict=True):
            (draft / name).write_text(text, encoding="utf-8")
    flash = [b.values for b in code.constants.values() if b.values is not None]
    return Footprint(
        4 * (1 + sum(b.size for b in states.values()) + len(card.covariates)),
        sum(BYTES[kind] * count for kind, count in plan.work.items()),
        sum(v.nbytes for v in [*flash, *begins.values()]),
        len(code.lines),
        sum(len(text.splitlines()) for text in texts),
        sum(operation.multiply_adds for operation in plan.order),
        tuple(sorted({node.op_type for node in graph.nodes})),
    )


def _state(name: str, graph: StaticGraph) -> Buffer:
    return Buffer("float", int(np.prod(graph.shapes[name].sizes)), f"state.{c_name(name)}")


def _begins(bundle: Bundle) -> dict[str, np.ndarray]:
    """What an adapted bundle begins with."""
    if not bundle.begins:
        return {}
    with np.load(BytesIO(bundle.begins), allow_pickle=False) as held:
        return {
            c_name(name): np.asarray(held[name], np.float32)
            for name in bundle.card.learnt
            if name in held
        }
