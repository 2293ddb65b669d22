"""Bundles from the finished fits of a study."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from pathlib import Path

from gaitcast.errors import GaitcastError
from gaitcast.pipeline import Pipeline
from gaitcast.study.intervals import half_widths
from gaitcast.study.jobs import Job
from gaitcast.study.planning import plan
from gaitcast.study.store import fit_folder, read_fit
from gaitcast.study.workspace import Workspace


def export_bundle(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], job: Job, folder: str | Path
) -> Path:
    """Turn a finished fit into a bundle; the recordings are not needed.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        Finished, with those of other folds, whose errors give the bundle its intervals.
    job : Job
        Which of them.
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
    fit = fit_folder(workspace, dict(fits)[job])
    if not fit.is_dir():
        raise GaitcastError(f"no finished fit of {job.label}", where=str(fit), hint="Run the study")
    content = read_fit(fit)
    about = {
        "study": workspace.study.name,
        "fit": fit.name,
        **asdict(job),
        "tested_on": job.subject,
        "scores": {
            person: {
                target: {k: round(float(v[k]), 5) for k in ("mae", "rmse", "r2")}
                for target, v in of.items()
            }
            for person, of in content["scores"].items()
        },
    }
    widths = half_widths(workspace, fits, job)
    return Pipeline.load(fit).export(folder, study=about, half_width=widths)


def export_all_people(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], job: Job, folder: str | Path
) -> Path:
    """Fit a cell of a study on all its participants, and write the bundle.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    fits : sequence of tuple of Job and str
        Finished: their errors give the bundle its intervals.
    job : Job
        Whose model, inputs, steps, horizon and seed are taken.
    folder : Path
        Where the bundle will stand; replaced if it exists.

    Returns
    -------
    Path
        `folder`. The card names who trained and who stopped the training; it has no scores, since
        no participant is left to score it on.
    """
    pipeline = replace(plan(workspace, job).pipeline)
    pipeline.fit(workspace.cohort(workspace.split(job.split).clock))
    about = {"study": workspace.study.name, **asdict(job), "fold": "", "subject": ""}
    widths = half_widths(workspace, fits, replace(job, subject=""))
    return pipeline.export(folder, study=about, half_width=widths)


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
        quick study, or could not be fitted, the last one that was stands for it; its card says who
        it was tested on.

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
        job, _ = next(((j, k) for j, k in found if j.fold == table.fold), found[-1])
        name = f"{job.model}-{job.inputs}-{job.steps}"
        folder = workspace.out / "bundles" / name
        folders.append(export_bundle(workspace, fits, job, folder))
    return folders
