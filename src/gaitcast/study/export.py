"""Bundles from the finished fits of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from gaitcast.deploy import write_bundle
from gaitcast.errors import GaitcastError
from gaitcast.signal import Chain
from gaitcast.study.fits import fit_folder
from gaitcast.study.jobs import Job, Workspace
from gaitcast.study.run import read_fit
from gaitcast.study.study import Study
from gaitcast.training import Predictor


def export_bundle(study: Study, job: Job, fit: str | Path, folder: str | Path) -> Path:
    """Turn a finished fit into a bundle; the recordings are not needed.

    Parameters
    ----------
    study : Study
        It belongs to.
    job : Job
        Which fit of the study.
    fit : str or Path
        Its folder, see :func:`gaitcast.evaluation.fit_folder`.
    folder : str or Path
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
    fit = Path(fit)
    folder = Path(folder)
    if not fit.is_dir():
        raise GaitcastError(f"no finished fit of {job.label}", where=str(fit), hint="Run the study")
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
