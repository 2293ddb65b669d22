"""One fit of a study: run, scored and kept."""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import numpy as np
from filelock import FileLock

from gaitcast.atomic import new_folder
from gaitcast.evaluation.gait_phase import cycle_phase
from gaitcast.evaluation.protocol import Material, Protocol
from gaitcast.evaluation.scoring import evaluate, mean_error
from gaitcast.evaluation.splits import Assignment
from gaitcast.models import spec
from gaitcast.recording import Recording
from gaitcast.study.jobs import Job, Plan, Workspace, plan
from gaitcast.tasks import Series, Span, cut_series
from gaitcast.training import Augmentation, Choice, Log, fit, tune
from gaitcast.training.threads import one_thread

#: What a finished fit consists of.
FIT_FILES = ("predictor.json", "weights.safetensors", "trace.npz", "errors.npz", "fit.json")


def fit_folder(workspace: Workspace, key: str) -> Path:
    """Where a finished fit lies.

    Parameters
    ----------
    workspace : Workspace
        The study.
    key : str
        Content hash.

    Returns
    -------
    Path
        Exists once the fit is finished.
    """
    return workspace.out / "fits" / key


@one_thread()
def run_job(workspace: Workspace, job: Job, *, progress: bool = False) -> str:
    """Fit and score one job unless that is done already.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    job : Job
        What to fit.
    progress : bool
        Show the training's own progress bar.

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
    folder = fit_folder(workspace, ready.key)
    if folder.exists():
        return ready.key
    # A second study at work on the same folder waits here, then finds the fit done.
    lock = folder.with_suffix(".lock")
    try:
        with FileLock(lock):
            if not folder.exists():
                _fit_into(folder, workspace, ready, progress)
    finally:
        lock.unlink(missing_ok=True)
    return ready.key


def _fit_into(folder: Path, workspace: Workspace, ready: Plan, progress: bool) -> None:
    job, started = ready.job, time.perf_counter()
    given = material(ready)
    checkpoints = folder.with_suffix(".work")
    choice = _tuned(ready, given)
    chosen = choice.values if choice else {}
    predictor, report = fit(
        ready.entry.model,
        ready.signature,
        given.train,
        _held(ready, given),
        calibration=given.calibration,
        scaled=given.scaled,
        options={**ready.entry.options, **_of("options", chosen)},
        training={**ready.entry.training, **_of("training", chosen)},
        seed=job.seed,
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
    found = evaluate(predictor, people, phases, clocks)
    facts = {
        "job": asdict(job),
        "chain": workspace.study.steps[job.steps],
        "raw_channels": ready.chain.inputs,
        "causal": ready.causal,
        "leakage_free": not (ready.split.leaks or Protocol(**ready.entry.protocol).leaks),
        "tuned": {"error": choice.error, **choice.values} if choice else None,
        "naive": spec(ready.entry.model).baseline,
        "train": sorted({ready.cohort[p.trial].subject for p in ready.fold.train}),
        "epochs": report.epochs,
        "best_epoch": report.best_epoch,
        "history": report.history,
        "fit_s": round(fitted_s, 2),
        "scores": found.scores,
    }
    with new_folder(folder, FIT_FILES) as draft:
        predictor.save(draft)
        np.savez(draft / "trace.npz", allow_pickle=False, **found.trace)
        np.savez_compressed(
            draft / "errors.npz",
            allow_pickle=False,
            excess=found.excess,
            phase_excess=found.phase_excess,
            width=found.width,
            cycle=found.cycle,
        )
        (draft / "fit.json").write_text(json.dumps(facts, indent=1), encoding="utf-8")
    shutil.rmtree(checkpoints, ignore_errors=True)


def series_of(ready: Plan) -> dict[str, list[Series]]:
    """Features and targets of every part of a fold, new wearers among those that train.

    Parameters
    ----------
    ready : Plan
        From :func:`gaitcast.study.jobs.plan`.

    Returns
    -------
    dict of str to list of Series
        ``train``, ``validation``, ``calibration`` and ``test``; physical units.
    """
    parts, targets = ready.fold.parts, ready.signature.targets
    features = {}
    for trial in sorted({span.trial for part in parts.values() for span in part}):
        signals, known = ready.chain.run(ready.cohort[trial]), ready.wearers[trial]
        features[trial] = np.hstack([signals, np.tile(known, (len(signals), 1))])
    series = {k: cut_series(ready.cohort, features, targets, spans) for k, spans in parts.items()}
    if ready.chain.memory_s > ready.gap_s:
        # Longer than the gap between parts: what is learnt from must not remember another part. A
        # test person is still met from the start of the recording, as a device would.
        for part in ("train", "validation", "calibration"):
            series[part] = [
                _alone(ready, _span_recording(ready, s.span), s.span) for s in series[part]
            ]
    if ready.fold.assignment:
        series = {
            k: [_assigned(s, parts[k], ready.fold.assignment, k) for s in series[k]] for k in series
        }
    if ready.entry.augment:
        series["train"] += _new_wearers(ready, [s.span for s in series["train"]])
    return series


def material(ready: Plan) -> Material:
    """What a fit is given, as the entry's protocol has it.

    Parameters
    ----------
    ready : Plan
        From :func:`gaitcast.study.jobs.plan`.

    Returns
    -------
    Material
        Physical units.
    """
    return Protocol(**ready.entry.protocol).material(series_of(ready))


def _held(ready: Plan, given: Material) -> Sequence[Series]:
    # A closed form learns from all that it is given, and a test part may choose but not teach.
    by_formula = spec(ready.entry.model).by_formula
    return () if by_formula and given.validation is given.test else given.validation


def _of(kind: str, chosen: Mapping[str, Any]) -> dict[str, Any]:
    start = f"{kind}."
    return {k.removeprefix(start): v for k, v in chosen.items() if k.startswith(start)}


def _tuned(ready: Plan, given: Material) -> Choice | None:
    """Options of the smallest error on the validation part, which closed forms then do not see."""
    entry = ready.entry
    if entry.tune is None:
        return None
    held = () if spec(entry.model).by_formula else given.validation

    def error(values: dict[str, Any]) -> float:
        predictor, _ = fit(
            entry.model,
            ready.signature,
            given.train,
            held,
            scaled=given.scaled,
            options={**entry.options, **_of("options", values)},
            training={**entry.training, **_of("training", values)},
            seed=ready.job.seed,
        )
        return mean_error(predictor, given.validation)

    return tune(entry.tune.space(), error, entry.tune.trials, ready.job.seed)


def _assigned(series: Series, spans: Sequence[Span], assignment: Assignment, part: str) -> Series:
    here = series.span
    number, span = next(
        (k, p)
        for k, p in enumerate(spans)
        if p.trial == here.trial and p.start <= here.start and here.stop <= p.stop
    )
    mask = assignment.mask(part, number, len(span))
    return replace(series, mask=mask[here.start - span.start : here.stop - span.start])


def _new_wearers(ready: Plan, spans: Sequence[Span]) -> list[Series]:
    """Changed copies of training spans, through the steps like any other recording."""
    augmentation, targets = Augmentation(**ready.entry.augment), ready.signature.targets
    rng = np.random.default_rng([ready.job.seed, 17])
    return [
        _alone(ready, augmentation.apply(_span_recording(ready, span), targets, rng), span)
        for _ in range(augmentation.copies)
        for span in spans
    ]


def _span_recording(ready: Plan, span: Span) -> Recording:
    """A span as a recording of its own: inputs and targets only."""
    recording, rows = ready.cohort[span.trial], slice(span.start, span.stop)
    names = tuple(dict.fromkeys([*ready.chain.inputs, *ready.signature.targets]))
    return replace(
        recording,
        channels=names,
        time_s=recording.time_s[rows],
        samples=recording.complete(names)[rows],
        events={},
        truth=None,
    )


def _alone(ready: Plan, recording: Recording, span: Span) -> Series:
    """Features and targets of a recording that the steps meet for the first time."""
    known = np.tile(ready.wearers[span.trial], (len(recording), 1))
    features = np.hstack([ready.chain.run(recording), known])
    targets = recording.matrix(ready.signature.targets)
    return Series(
        span,
        np.ascontiguousarray(features, dtype=np.float32),
        np.ascontiguousarray(targets, dtype=np.float32),
    )
