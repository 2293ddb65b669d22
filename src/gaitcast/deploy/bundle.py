"""Write a `Bundle` from a finished fit."""

from __future__ import annotations

import hashlib
import importlib.metadata
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path

import onnx

from gaitcast.atomic import new_folder
from gaitcast.channel import Channel
from gaitcast.deploy.graph import assemble
from gaitcast.errors import GaitcastError
from gaitcast.evaluation import Job, Study, Workspace, fit_folder, read_fit
from gaitcast.runtime import Card
from gaitcast.signal import Chain
from gaitcast.tasks import SHUFFLED
from gaitcast.training import Predictor

_VERSIONS = ("gaitcast", "torch", "onnx", "onnxruntime", "numpy")


def write_bundle(
    chain: Chain,
    predictor: Predictor,
    folder: Path,
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
    folder : Path
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
    signature = predictor.signature
    if signature.first < 0:
        raise GaitcastError(
            "estimates the past, which no device waits for",
            where=f"model '{predictor.model}'",
            mend='Train with output = "last" and a horizon of 0 ms or more',
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


def export_bundle(study: Study, job: Job, fit: Path, folder: Path) -> Path:
    """Turn a finished fit into a bundle; the recordings are not needed.

    Parameters
    ----------
    study : Study
        It belongs to.
    job : Job
        Which fit of the study.
    fit : Path
        Its folder, see :func:`gaitcast.evaluation.fit_folder`.
    folder : Path
        Where the bundle will stand; replaced if it exists.

    Returns
    -------
    Path
        `folder`.

    Raises
    ------
    GaitcastError
        If the fit is not there, or uses a step that cannot run live.
    """
    if not fit.is_dir():
        raise GaitcastError(f"no finished fit of {job.label}", where=str(fit), mend="Run the study")
    facts, predictor = read_fit(fit), Predictor.load(fit)
    chain = Chain(study.chain(job.steps), tuple(facts["raw_channels"]), predictor.signature.rate_hz)
    clock = next(split.clock for split in study.splits if split.name == job.split)
    origin = {
        "study": study.name,
        "fit": fit.name,
        **asdict(job),
        "tested_on": job.subject,
        "training_people": facts["train"],
        "scores": {
            person: {
                target: {k: round(float(v[k]), 5) for k in ("mae", "rmse", "r2")}
                for target, v in of.items()
            }
            for person, of in facts["scores"].items()
        },
    }
    return write_bundle(
        chain,
        predictor,
        folder,
        resample=clock == "uniform",
        max_gap_s=study.data.max_gap_s,
        origin=origin,
    )


def _state_shapes(model: onnx.ModelProto) -> dict[str, tuple[int, ...]]:
    return {
        value.name: tuple(d.dim_value for d in value.type.tensor_type.shape.dim)
        for value in model.graph.input
        if value.name.startswith("state_")
    }


def export_study(workspace: Workspace, fits: Sequence[tuple[Job, str]]) -> list[Path]:
    """Export the fits that a study's ``[export]`` names.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        Finished.

    Returns
    -------
    list of Path
        Bundles, in ``bundles`` of the study's folder. Where the named fold was not run, as in a
        quick study, the last one that was stands for it.

    Raises
    ------
    GaitcastError
        If a named fit is not in the study.
    """
    table, folders = workspace.study.export, []
    if table is None:
        return []
    for wanted in table.models:
        found = [
            (job, key)
            for job, key in fits
            if (job.split, job.horizon_ms) == (table.split, table.horizon_ms)
            and (job.model, job.inputs, job.steps) == (wanted.model, wanted.inputs, wanted.steps)
        ]
        if not found:
            raise GaitcastError(
                f"no fit of {wanted.model} ({wanted.inputs}) at {table.horizon_ms:g} ms",
                where="export",
            )
        job, key = next(((j, k) for j, k in found if j.fold == table.fold), found[-1])
        name = f"{job.model}-{job.inputs}-{job.steps}"
        folder = workspace.out / "bundles" / name
        folders.append(export_bundle(workspace.study, job, fit_folder(workspace, key), folder))
    return folders
