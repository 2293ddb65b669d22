"""Write a `Bundle`: the graph and its card."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import onnx

from gaitcast.atomic import new_folder
from gaitcast.channel import Channel
from gaitcast.deploy.graph import assemble, kept_state, paused_state, state_shape
from gaitcast.deploy.in_place import written_in_place
from gaitcast.deploy.model_card import model_card
from gaitcast.errors import GaitcastError
from gaitcast.runtime import Card
from gaitcast.runtime.bundle import pipeline_hash
from gaitcast.runtime.rate import low_pass_for
from gaitcast.signal import Chain
from gaitcast.signal.walking_axes import BoundWalkingAxes
from gaitcast.signal.wearer_scale import BoundWearerScale
from gaitcast.tasks import SHUFFLED
from gaitcast.training import Predictor

#: What the folder of a bundle consists of; the last two are not always there.
BUNDLE_FILES = ("graph.onnx", "card.json", "README.md", "begins.npz", "pipeline")
_VERSIONS = ("gaitcast", "torch", "onnx", "onnxruntime", "numpy")


@dataclass(frozen=True)
class Origin:
    """Where a fitted pipeline comes from, and what it takes from a device.

    Parameters
    ----------
    trained_on, stopped_by, adapted_to : tuple of str
        Participants whose recordings trained the model, stopped its training, adapted it.
    adapted_by : dict
        ``method`` and ``seconds`` of that adaptation, where it came after the fit.
    raw_hz : float
        Rate of these recordings before the rate adapter.
    resample : bool
        Whether raw samples are brought onto a uniform clock first.
    max_gap_s : float
        A longer interval between raw samples starts anew.
    measured_ms : dict of str to float
        Inputs that no IMU gives, and how long after its instant a value arrives, ms.
    """

    trained_on: tuple[str, ...] = ()
    stopped_by: tuple[str, ...] = ()
    adapted_to: tuple[str, ...] = ()
    raw_hz: float = 100.0
    resample: bool = True
    max_gap_s: float = 0.1
    measured_ms: Mapping[str, float] = field(default_factory=dict)
    adapted_by: Mapping[str, Any] = field(default_factory=dict)


def _usual(chain: Chain, predictor: Predictor) -> dict[str, tuple[float, float]]:
    """Mean and SD over the training people of raw channels that only pass filters."""
    scaler, kept = predictor.feature_scaler, dict[str, tuple[float, float]]()
    if predictor.forecaster.scaling != "standard":
        return {}
    if any(isinstance(bound, BoundWearerScale | BoundWalkingAxes) for bound in chain.bound):
        return {}  # what they make has no unit, or other axes
    for k, name in enumerate(chain.channels):
        if name in chain.inputs:
            kept[name] = (float(scaler.offset[k]), float(scaler.scale[k]))
    return kept


def write_bundle(
    chain: Chain,
    predictor: Predictor,
    folder: str | Path,
    *,
    origin: Origin | None = None,
    study: Mapping[str, object] | None = None,
    half_width: np.ndarray | None = None,
    write_pipeline: Callable[[Path], None] | None = None,
) -> Path:
    """Write a fitted causal pipeline as a bundle.

    Parameters
    ----------
    chain : Chain
        Signal steps, bound to the raw channels.
    predictor : Predictor
        Fitted on the chain's channels.
    folder : str or Path
        Where the bundle will stand; replaced if it exists.
    origin : Origin, optional
        By default raw samples come near the working rate, from unnamed participants.
    study : dict, optional
        For the card: which fit of which study it is, and its scores.
    half_width : numpy.ndarray, shape (steps, targets), optional
        For the card: of the intervals, in the targets' units.
    write_pipeline : callable, optional
        Writes the fitted pipeline into an empty folder: from it the bundle can be adapted to a
        wearer. Devices have no use for it.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    GaitcastError
        If a step cannot run live, or the place cannot be written.
    """
    place, signature = Path(folder), predictor.signature
    _refuse_what_is_not_live(predictor)
    origin = origin or Origin(raw_hz=signature.rate_hz)
    low_pass = low_pass_for(origin.raw_hz, signature.rate_hz) if origin.resample else None
    model = assemble(chain, predictor)
    card = Card(
        name=place.name,
        channels=chain.inputs,
        units=tuple(Channel.parse(c).unit for c in chain.inputs),
        targets=signature.targets,
        target_units=tuple(Channel.parse(t).unit for t in signature.targets),
        rate_hz=signature.rate_hz,
        raw_hz=origin.raw_hz,
        resample=origin.resample,
        max_gap_s=origin.max_gap_s,
        horizon=signature.horizon,
        first=signature.first,
        covariates=signature.covariates,
        measured_ms=dict(origin.measured_ms),
        warmup=signature.history,
        adapter_delay_s=round(low_pass.delay_s, 6) if low_pass else 0.0,
        steps_delay_s=round(chain.delay_s, 6),
        trained_on=origin.trained_on,
        stopped_by=origin.stopped_by,
        adapted_to=origin.adapted_to,
        state=_state_shapes(model),
        graph_sha256="",
        study=dict(study or {}),
        usual=_usual(chain, predictor),
        covariate_range=predictor.covariate_range,
        learnt=tuple(f"state_{name}" for name in kept_state(predictor)),
        half_width=() if half_width is None else tuple(map(tuple, half_width.round(4).tolist())),
        pauses=tuple(f"state_{name}" for name in paused_state(predictor)),
        adapted_by=dict(origin.adapted_by),
        learns=bool(predictor.options.get("learns", True)),
        versions={name: importlib.metadata.version(name) for name in _VERSIONS},
    )
    in_place = ",".join(written_in_place(model))
    onnx.helper.set_model_props(model, {**card.metadata(), "in_place": in_place})
    graph = model.SerializeToString()
    graph_hash = hashlib.sha256(graph)
    begins = _begins(predictor, graph_hash.digest())
    begins_hash = hashlib.sha256(begins).hexdigest() if begins else ""
    card = replace(card, graph_sha256=graph_hash.hexdigest(), begins_sha256=begins_hash)
    with new_folder(place, BUNDLE_FILES) as draft:
        (draft / "graph.onnx").write_bytes(graph)
        (draft / "README.md").write_text(model_card(card), encoding="utf-8")
        if begins:
            (draft / "begins.npz").write_bytes(begins)
        if write_pipeline is not None:
            (draft / "pipeline").mkdir()
            write_pipeline(draft / "pipeline")
            card = replace(card, pipeline_sha256=pipeline_hash(draft / "pipeline"))
        (draft / "card.json").write_text(card.to_json(), encoding="utf-8")
    return place


def _begins(predictor: Predictor, graph_hash: bytes) -> bytes:
    """What was learnt of the wearer, as the profile that the runtime keeps of one."""
    if not predictor.learnt:
        return b""
    arrays = {f"state_{name}": value.numpy() for name, value in predictor.learnt.items()}
    made = BytesIO()
    np.savez(made, allow_pickle=False, **arrays, graph=np.frombuffer(graph_hash, np.uint8))
    return made.getvalue()


def _refuse_what_is_not_live(predictor: Predictor) -> None:
    signature, where = predictor.signature, f"model '{predictor.model}'"
    if signature.first < 0:
        raise GaitcastError(
            "estimates the past, which no device waits for",
            where=where,
            hint='Train with output = "last" and a horizon of 0 ms or more',
        )
    if any(name.startswith(SHUFFLED) for name in signature.covariates):
        raise GaitcastError(
            "was fitted on covariates of other people: a control and no predictor", where=where
        )


def _state_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    return {
        value.name: state_shape(value)[0]
        for value in model.graph.input
        if value.name.startswith("state_")
    }
