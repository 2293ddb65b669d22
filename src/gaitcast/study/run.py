"""Run a study's jobs side by side and put the results down as tidy tables."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import joblib
import numpy as np

from gaitcast.errors import GaitcastError, MissingError
from gaitcast.models import build, spec
from gaitcast.study.fits import run_job
from gaitcast.study.jobs import Job, list_jobs
from gaitcast.study.planning import Plan, plan
from gaitcast.study.workspace import Workspace, hold
from gaitcast.training import Log

_IN_A_FIT = {"job", "causal", "leakage_free", "naive", "needs", "delay_ms", "history"}
Announce = Callable[[str, int, int], None]


def run_study(
    workspace: Workspace,
    *,
    workers: int = 1,
    announce: Announce | None = None,
    warn: Callable[[str], None] | None = None,
) -> list[tuple[Job, str]]:
    """Run every fit that is not finished yet.

    Parameters
    ----------
    workspace : Workspace
        The study, its data and the folder of results.
    workers : int
        Fits side by side, one thread each. With one worker a fit shows its own progress bar.
    announce : callable
        Called with the label of each finished job, how many are done, and how many there are.
    warn : callable
        Called once for each optional thing that is missing; models that need it are left out.

    Returns
    -------
    list of tuple of Job and str
        Every job that was run with the hash of its fit.

    Raises
    ------
    GaitcastError
        If the data are absent or a job cannot be fitted (finished fits are kept), or if something
        optional is missing and there is no `warn`, or nothing is left without it.
    """
    if workers < 1:
        raise GaitcastError(f"workers is {workers}", hint="Give 1 or more")
    jobs = _possible(workspace, list_jobs(workspace), warn)
    built: set[str] = set()
    whole: set[tuple[str, ...]] = set()
    unknown: dict[str, tuple[int, int]] = {}
    for job in jobs:  # what cannot be run is reported before hours of fits, not after
        ready = _said(job, plan, workspace, job)
        _said(job, _refuse_holes, ready, whole)
        _said(job, _unknown_targets, ready, unknown)
        network = repr((ready.entry.model, ready.signature, ready.entry.options))
        if network not in built:
            _said(job, build, ready.entry.model, ready.signature, ready.entry.options)
            built.add(network)
    missing, rows = (sum(counts) for counts in zip(*unknown.values(), strict=True))
    if missing and warn is not None:
        share = 100 * missing / rows
        warn(f"the target is not known in {share:.0f} % of the samples: they are not scored")
    Log(workspace.log, workspace.out, "try").logger()
    try:
        (workspace.out / "fits").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GaitcastError(f"cannot write: {error.strerror}", where=str(workspace.out)) from error
    keys: dict[Job, str] = {}
    parallel = joblib.Parallel(
        n_jobs=workers,
        return_as="generator_unordered",
        batch_size=1,
        initializer=hold,
        initargs=(workspace.held(),),
    )
    done = parallel(joblib.delayed(_run)(workspace, job, workers == 1) for job in jobs)
    for job, key in done:
        keys[job] = key
        if announce is not None:
            announce(job.label, len(keys), len(jobs))
    return [(job, keys[job]) for job in jobs]


def _refuse_holes(ready: Plan, whole: set[tuple[str, ...]]) -> None:
    """Raise if an input has a sample that is not a number; what was seen is added."""
    names = tuple(ready.channels)
    for trial in sorted({span.trial for part in ready.fold.parts.values() for span in part}):
        seen = (ready.split.clock, trial, *names)
        if seen not in whole:
            ready.cohort[trial].complete(names)
            whole.add(seen)


def _unknown_targets(ready: Plan, unknown: dict[str, tuple[int, int]]) -> None:
    """Count samples whose target is not known, and all samples, by trial."""
    for trial in {span.trial for part in ready.fold.parts.values() for span in part}:
        if trial not in unknown:
            known = np.isfinite(ready.cohort[trial].matrix(ready.signature.targets)).all(axis=1)
            unknown[trial] = int((~known).sum()), len(known)


def _possible(
    workspace: Workspace, jobs: list[Job], warn: Callable[[str], None] | None
) -> list[Job]:
    """Jobs whose models have all they need."""
    absent: dict[int, MissingError] = {}
    for number in dict.fromkeys(job.entry for job in jobs):
        entry = workspace.study.models[number]
        try:
            spec(entry.model).make.fetch(**entry.options)
        except MissingError as missing:
            if warn is None:
                raise
            warn(f"left out: {entry.label}. {missing}")
            absent[number] = missing
    left = [job for job in jobs if job.entry not in absent]
    if not left and absent:
        raise next(iter(absent.values()))
    return left


def _run(workspace: Workspace, job: Job, progress: bool) -> tuple[Job, str]:
    return job, _said(job, run_job, workspace, job, progress=progress)


def _said(job: Job, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
    try:
        return call(*args, **named)
    except GaitcastError as error:
        where = f"{job.label}: {error.where}" if error.where else job.label
        raise GaitcastError(error.what, where=where, hint=error.hint) from error


def read_fit(folder: str | Path) -> dict:
    """Metadata and scores of a finished fit.

    Parameters
    ----------
    folder : str or Path
        From :func:`gaitcast.study.fits.fit_folder`.

    Returns
    -------
    dict
        Content of ``fit.json``.

    Raises
    ------
    GaitcastError
        If it cannot be read.
    """
    folder = Path(folder)
    try:
        metadata = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
        scores = [of["mae"] for person in metadata["scores"].values() for of in person.values()]
        if not np.isfinite(scores).all():
            raise ValueError("a score is not a number")
        if (
            missing := {"job", "causal", "leakage_free", "naive", "needs", "delay_ms", "history"}
            - metadata.keys()
        ):
            raise KeyError(*missing)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder) from error
    return metadata


def read_arrays(path: str | Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Arrays of a finished fit.

    Parameters
    ----------
    path : str or Path
        ``errors.npz`` or ``trace.npz`` in the folder of a fit.
    names : sequence of str
        What it has to hold.

    Returns
    -------
    dict of str to numpy.ndarray
        By name.

    Raises
    ------
    GaitcastError
        If it cannot be read.
    """
    path = Path(path)
    try:
        # Opened here, since numpy leaves a damaged file open.
        with path.open("rb") as file, np.load(file, allow_pickle=False) as stored:
            return {name: stored[name] for name in names}
    except (OSError, ValueError, KeyError, EOFError, BadZipFile) as error:
        raise _damaged(path.parent) from error


def _damaged(folder: Path) -> GaitcastError:
    return GaitcastError(
        "this finished fit is damaged", where=str(folder), hint="Delete the folder and run again"
    )
