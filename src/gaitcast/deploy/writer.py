"""Write a `Bundle`: the graph and its card."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping
from pathlib import Path

import onnx

from gaitcast.atomic import new_folder
from gaitcast.channel import Channel
from gaitcast.deploy.graph import assemble
from gaitcast.errors import GaitcastError
from gaitcast.runtime import Card
from gaitcast.signal import Chain
from gaitcast.tasks import SHUFFLED
from gaitcast.training import Predictor

_VERSIONS = ("gaitcast", "torch", "onnx", "onnxruntime", "numpy")


def write_bundle(
    chain: Chain,
    predictor: Predictor,
    folder: str | Path,
    *,
    resample: bool = True,
    max_gap_s: float = 0.1,
    origin: Mapping[str, object] | None = None,
) -> Path:
    """Write any causal pipeline as a bundle.

    Parameters
    ----------
    chain : Chain
        Signal steps, bound to the raw channels.
    predictor : Predictor
        Fitted on the chain's channels.
    folder : str or Path
        Where the bundle will stand; replaced if it exists.
    resample : bool
        Whether the runtime brings raw samples onto a uniform clock first.
    max_gap_s : float
        A longer interval between samples starts anew.
    origin : dict, optional
        Where the fit comes from: written to the card.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    GaitcastError
        If a step cannot run live, or the place cannot be written.
    """
    folder = Path(folder)
    signature = predictor.signature
    if signature.first < 0:
        raise GaitcastError(
            "estimates the past, which no device waits for",
            where=f"model '{predictor.model}'",
            hint='Train with output = "last" and a horizon of 0 ms or more',
        )
    if any(name.startswith(SHUFFLED) for name in signature.covariates):
        raise GaitcastError(
            "was fitted on facts of other people: a control and no predictor",
            where=f"model '{predictor.model}'",
        )
    model = assemble(chain, predictor)
    graph = model.SerializeToString()
    card = Card(
        name=folder.name,
        channels=chain.inputs,
        units=tuple(Channel.parse(c).unit for c in chain.inputs),
        targets=signature.targets,
        target_units=tuple(Channel.parse(t).unit for t in signature.targets),
        rate_hz=signature.rate_hz,
        resample=resample,
        max_gap_s=max_gap_s,
        horizon=signature.horizon,
        first=signature.first,
        covariates=signature.covariates,
        warmup=signature.history,
        delay_s=round(chain.delay_s, 6),
        state=_state_shapes(model),
        graph_sha256=hashlib.sha256(graph).hexdigest(),
        origin=dict(origin or {}),
        versions={name: importlib.metadata.version(name) for name in _VERSIONS},
    )
    with new_folder(folder, ("graph.onnx", "card.json")) as draft:
        (draft / "graph.onnx").write_bytes(graph)
        (draft / "card.json").write_text(card.to_json(), encoding="utf-8")
    return folder


def _state_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    return {
        value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
        for value in model.graph.input
        if value.name.startswith("state_")
    }
