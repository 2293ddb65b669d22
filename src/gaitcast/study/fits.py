"""One fit of a study: run, scored and kept."""

from __future__ import annotations

import fnmatch
import json
import shutil
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.atomic import new_folder
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.convergence import worse_than_mean
from gaitcast.evaluation.gait_phase import cycle_phase
from gaitcast.evaluation.protocol import Material
from gaitcast.evaluation.scoring import evaluate
from gaitcast.models import spec
from gaitcast.pipeline import PIPELINE_FILES
from gaitcast.study.inner_error import chosen
from gaitcast.study.jobs import Job
from gaitcast.study.machine import begin_peak, peak_mb
from gaitcast.study.planning import Plan, plan
from gaitcast.study.search import JOURNAL, Search, Tried, outcome, work_on_all
from gaitcast.study.store import fit_folder
from gaitcast.study.workspace import Workspace
from gaitcast.tasks import Series
from gaitcast.training import Log
from gaitcast.training.assembly import needed_from_a_device
from gaitcast.training.threads import on_threads

#: What a finished fit consists of.
FIT_FILES = (*PIPELINE_FILES, "trace.npz", "errors.npz", "fit.json")


#: So many channels are named one by one in the column ``needs``.
_NAMED = 8


def run_job(workspace: Workspace, job: Job) -> str:
    """Fit and score one job unless that is done already; no other process may be at work on it.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    job : Job
        What to fit.

    Returns
    -------
    str
        Content hash of the fit.

    Raises
    ------
    GaitcastError
        If it cannot be fitted.
    """
    ready = plan(workspace, job)
    if not fit_folder(workspace, ready.key).exists():
        run_plan(workspace, ready)
    return ready.key


def run_plan(workspace: Workspace, ready: Plan, *, progress: bool = False) -> None:
    """Fit, score and keep what is planned.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    ready : Plan
        From :func:`gaitcast.study.planning.plan`.
    progress : bool
        Show the training's own progress bar.

    Raises
    ------
    GaitcastError
        If it cannot be fitted.
    """
    begin_peak()
    with on_threads(workspace.study.resources.threads or 1):
        _fit_into(fit_folder(workspace, ready.key), workspace, ready, progress)


def traits_of(ready: Plan) -> dict[str, Any]:
    """What a row of results says of a fit besides its figures, before it is fitted.

    Parameters
    ----------
    ready : Plan
        From :func:`gaitcast.study.planning.plan`.

    Returns
    -------
    dict
        ``causal``, ``leakage_free``, ``needs``, ``delay_ms`` and ``naive``.
    """
    return {
        "causal": ready.causal,
        "leakage_free": not (ready.split.leaks or ready.protocol.leaks),
        "needs": needs_of(ready),
        "delay_ms": round(1000 * max(r.delay_s for r in ready.cohort), 3),
        "naive": spec(ready.entry.model).baseline,
    }


def _fit_into(folder: Path, workspace: Workspace, ready: Plan, progress: bool) -> None:
    job, started = ready.job, time.perf_counter()
    parts, short_spans = _series_and_short(ready)
    given = ready.protocol.material(parts)
    checkpoints = folder.with_suffix(".work")
    choice = _tuned(workspace, ready)
    pipeline = chosen(ready.pipeline, choice.values if choice else {})
    report = pipeline.fit_material(
        ready.assembly,
        _taught(ready, given),
        checkpoints=checkpoints,
        progress=progress,
        log=Log(workspace.log, workspace.out / "logs", ready.key),
        devices=workspace.devices,
    )
    fitted_s = time.perf_counter() - started
    people: dict[str, list[Series]] = {}
    for part in [s.thinned(ready.entry.score_stride) for s in given.test]:
        people.setdefault(ready.cohort[part.span.trial].subject, []).append(part)
    phases = {
        trial: cycle_phase(ready.cohort[trial], ready.signature.targets[0])
        for trial in {part.span.trial for part in given.test}
    }
    clocks = {trial: float(ready.cohort[trial].covariates.get("clock_s", 1.0)) for trial in phases}
    found = evaluate(pipeline.fitted.predictor, people, phases, clocks)
    failed = ""
    if report.epochs:
        parts = {"validation": [*given.validation], "test": [*given.test]}
        failed = worse_than_mean(pipeline.fitted.predictor, given.train, parts)
    beyond = ready.assembly.beyond(pipeline.fitted.predictor.covariate_range)
    origin = pipeline.fitted.origin
    content = {
        "job": asdict(job),
        **traits_of(ready),
        "tuned": {"error": choice.error, **choice.values} if choice else None,
        "trained_on": origin.trained_on,
        "stopped_by": origin.stopped_by,
        "short_spans": short_spans,
        "epochs": report.epochs,
        "best_epoch": report.best_epoch,
        "history": report.history,
        "failed": failed,
        "beyond": {who: lines for who, lines in beyond.items() if who in people},
        "fit_s": round(fitted_s, 2),
        "took_s": round(time.perf_counter() - started, 2),
        "memory_mb": _memory_mb(workspace),
        "scores": found.scores,
    }
    with new_folder(folder, FIT_FILES) as draft:
        pipeline.save_into(draft)
        np.savez(draft / "trace.npz", allow_pickle=False, **found.trace)
        np.savez_compressed(
            draft / "errors.npz",
            allow_pickle=False,
            nonconformity=found.nonconformity,
            phase_nonconformity=found.phase_nonconformity,
            width=found.width,
            cycle=found.cycle,
        )
        (draft / "fit.json").write_text(json.dumps(content, indent=1), encoding="utf-8")
    shutil.rmtree(checkpoints, ignore_errors=True)


def _memory_mb(workspace: Workspace) -> float | None:
    """Most memory of the fit; None where it was spread over processes, or is not known."""
    peak = peak_mb() if workspace.devices == 1 else None
    return None if peak is None else round(peak, 1)


def needs_of(ready: Plan) -> str:
    """What a device has to have besides IMUs: channels with their delays, in words."""
    channels, laboratory = ready.channels, ready.pipeline.laboratory
    known = [n for pattern in laboratory for n in fnmatch.filter(channels, pattern)]
    late_ms = {n: 1000 * s for n, s in ready.bound.late_s.items()}
    needed = needed_from_a_device(channels, ready.signature.targets)
    measured = [
        f"{n} ({late_ms[n]:g} ms late)" if late_ms.get(n) else n for n in needed if n not in known
    ]
    return ", ".join([*_some([f"{n} (laboratory only)" for n in known]), *_some(measured)])


def _some(channels: list[str]) -> list[str]:
    """All of a few channels; of many, such as a set of markers, the first and how many they are."""
    if len(channels) <= _NAMED:
        return channels
    return [*channels[:2], f"and {len(channels) - 2} more like them"]


def series_of(ready: Plan) -> dict[str, list[Series]]:
    """Series of every part of a fold.

    Parameters
    ----------
    ready : Plan
        From :func:`gaitcast.study.planning.plan`.

    Returns
    -------
    dict of str to list of Series
        ``train``, ``validation``, ``calibration`` and ``test``; physical units.
    """
    return _series_and_short(ready)[0]


def _series_and_short(ready: Plan) -> tuple[dict[str, list[Series]], int]:
    assignment = ready.fold.assignment
    masks = assignment.mask if assignment else None
    parts, short = ready.assembly.series(ready.fold.parts, masks)
    for part in ("train", "test"):
        if not parts[part]:
            raise GaitcastError(
                f"no {part} span holds one window of {ready.signature.span} samples",
                where=f"split '{ready.split.name}', fold '{ready.fold.name}'",
                hint="Shorten history_ms, or give longer recordings",
            )
    return parts, short


def material(ready: Plan) -> Material:
    """What a fit is given, as the entry's protocol has it.

    Parameters
    ----------
    ready : Plan
        From :func:`gaitcast.study.planning.plan`.

    Returns
    -------
    Material
        Physical units.
    """
    return ready.protocol.material(series_of(ready))


def _taught(ready: Plan, given: Material) -> Material:
    # What nothing stops learns from all that it is given, and a test part may choose but not teach.
    if not ready.pipeline.stopped and given.validation is given.test:
        return replace(given, validation=())
    return given


def _tuned(workspace: Workspace, ready: Plan) -> Tried | None:
    """Options of the smallest error on held-out people of the training part."""
    if ready.entry.tune is None:
        return None
    from gaitcast.study.search_storage import open_storage

    search, storage = Search(workspace, ready.job), open_storage(workspace.out / JOURNAL)
    work_on_all([search], storage)
    return outcome(search, storage).best
