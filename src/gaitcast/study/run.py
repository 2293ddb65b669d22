"""Run a study's jobs side by side."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from gaitcast.errors import CannotWriteError, GaitcastError, MissingError, raise_all
from gaitcast.models import build, spec
from gaitcast.models.cost import cost
from gaitcast.study.attempts import Outcome
from gaitcast.study.backends import DEATHS, Backend, Processes, WorkerDiedError, cluster
from gaitcast.study.estimate import Estimate, training_work
from gaitcast.study.fits import traits_of
from gaitcast.study.jobs import Job, list_jobs
from gaitcast.study.planning import Plan, plan
from gaitcast.study.resources import side_by_side
from gaitcast.study.store import (
    Failure,
    claimed,
    fit_folder,
    past_attempts,
    read_failure,
    stored,
    sweep,
)
from gaitcast.study.workspace import Workspace
from gaitcast.training import Log

_DIED = f"the process that fitted it was killed {DEATHS} times, as when memory runs out"
#: How often to look whether another process is done.
_POLL_S, _LONGEST_POLL_S = 0.2, 5.0
Announce = Callable[[str, int, int], None]


def run_study(
    workspace: Workspace,
    *,
    workers: int = 1,
    announce: Announce | None = None,
    warn: Callable[[str], None] | None = None,
    failed: Callable[[Failure], None] | None = None,
    shard: tuple[int, int] = (1, 1),
    expect: Callable[[Estimate], None] | None = None,
    scheduler: str | None = None,
) -> list[tuple[Job, str]]:
    """Run every fit that is not finished yet; other processes on the same folder share the work.

    Parameters
    ----------
    workspace : Workspace
        The study, its data and the folder of results.
    workers : int
        Fits side by side; fewer where the study's ``[resources]`` or the memory of finished fits
        say so. With one worker a fit shows its own progress bar.
    announce : callable
        Called with the label of each finished job, how many are done, and how many there are.
    warn : callable
        Called once for each optional thing that is missing; models that need it are left out.
    failed : callable
        Called with each :class:`~gaitcast.study.store.Failure`; another run tries those again.
    shard : tuple of int
        Number of this share, from 1, and how many there are: only every so many-th job is run.
    expect : callable
        Called before the first fit with an :class:`~gaitcast.study.estimate.Estimate`.
    scheduler : str, optional
        Address of a Dask scheduler, whose workers then fit; `workers` are not used.

    Returns
    -------
    list of tuple of Job and str
        Every job of the share that is fitted, with the hash of its fit.

    Raises
    ------
    GaitcastError
        Before the first fit, if the data are absent or a job cannot be set up, or something
        optional is missing and there is no `warn`, or nothing is left without it. After the last,
        if some could not be fitted and there is no `failed`. Finished fits are kept.
        `CannotWriteError` if one cannot be kept.
    """
    if workers < 1:
        raise GaitcastError(f"workers is {workers}", hint="Give 1 or more")
    if workspace.devices > 1 and workspace.study.resources.gpu_share is not None:
        raise GaitcastError(
            "gpu_share is of one GPU, and --devices spreads a fit over several",
            where="resources",
            hint="Leave one of them out",
        )
    number, shares = shard
    if not 1 <= number <= shares:
        raise GaitcastError(f"shard {number}/{shares} is none", hint="Give 1/50 to 50/50")
    listed = list_jobs(workspace)
    share = {*listed[number - 1 :: shares]}
    jobs = [job for job in _possible(workspace, listed, warn) if job in share]
    keys, work = _checked(workspace, jobs, warn)
    Log(workspace.log, workspace.out, "try").logger()
    try:
        (workspace.out / "fits").mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CannotWriteError(
            f"cannot write: {error.strerror}", where=str(workspace.out)
        ) from error
    sweep(workspace)
    failures: list[Failure] = []
    there, done = stored(workspace), set()
    left = [job for job in jobs if keys[job] not in there]
    each = workspace.study.resources
    estimate = Estimate(work, left, each=each.words)
    estimate.read(workspace, ((job, key) for job, key in keys.items() if key in there))
    if left and not scheduler:
        workers, said = side_by_side(workers, each, estimate.memory_mb)
        if warn is not None:
            for line in said:
                warn(line)
    with (
        cluster(workspace, scheduler)
        if scheduler and left
        else nullcontext(Processes(workspace, workers)) as backend
    ):
        estimate.workers = backend.workers
        naive = {job: spec(workspace.study.models[job.entry].model).baseline for job in left}
        left = estimate.order(left, naive)
        if expect is not None and left:
            expect(estimate)
        for outcome in _outcomes(workspace, keys, left, backend, warn):
            done.add(outcome.job)
            estimate.done(outcome.job, outcome.took_s)
            if outcome.failure is not None:
                failures.append(outcome.failure)
                if failed is not None:
                    failed(outcome.failure)
            if announce is not None:
                announce(outcome.job.label, len(done), len(jobs))
    if failed is None:
        raise_all([GaitcastError(f.error, where=f.job.label) for f in failures])
    lost = {failure.job for failure in failures}
    return [(job, key) for job, key in keys.items() if job not in lost]


def _checked(
    workspace: Workspace, jobs: Sequence[Job], warn: Callable[[str], None] | None
) -> tuple[dict[Job, str], dict[Job, float | None]]:
    """Hash and work of each fit; what cannot be run is reported before hours of fits, not after."""
    keys: dict[Job, str] = {}
    work: dict[Job, float | None] = {}
    built: dict[str, int | None] = {}
    whole: set[tuple[str, ...]] = set()
    unknown: dict[str, tuple[int, int]] = {}
    for job in jobs:
        ready = _said(job, plan, workspace, job)
        _said(job, _refuse_holes, ready, whole)
        _said(job, _unknown_targets, ready, unknown)
        network = repr((ready.entry.model, ready.signature, ready.entry.options))
        if network not in built:
            made = _said(job, build, ready.entry.model, ready.signature, ready.entry.options)
            built[network] = cost(made).multiply_adds
        keys[job], work[job] = ready.key, training_work(ready, built[network])
    missing, rows = (sum(counts[k] for counts in unknown.values()) for k in (0, 1))
    if missing and warn is not None:
        share = 100 * missing / rows
        warn(f"the target is not known in {share:.0f} % of the samples: they are not scored")
    return keys, work


def _outcomes(
    workspace: Workspace,
    keys: Mapping[Job, str],
    left: Sequence[Job],
    backend: Backend,
    warn: Callable[[str], None] | None,
) -> Iterator[Outcome]:
    """One outcome for each job: finished or failed, here or in another process."""
    past, absent = past_attempts(workspace, keys.values()), {*left}
    yield from (Outcome(job, key, "finished") for job, key in keys.items() if job not in absent)
    deaths: Counter[Job] = Counter()
    while left:
        busy, open_ = [], dict.fromkeys(left)
        try:
            for outcome in backend.run(left, keys, past):
                del open_[outcome.job]
                if outcome.state == "busy":
                    busy.append(outcome.job)
                else:
                    yield outcome
        except WorkerDiedError as died:
            for job in _at_work(workspace, open_, keys):
                deaths[job] += died.deaths
                if deaths[job] >= DEATHS:
                    failure = Failure(job, keys[job], _DIED, traits_of(plan(workspace, job)))
                    failure.keep(workspace)
                    del open_[job]
                    yield Outcome(job, keys[job], "failed", failure)
            left = [*open_, *busy]
            continue
        if busy and warn is not None:
            warn(f"{len(busy)} fits are at work in another process: waiting for them")
        left = yield from _awaited(workspace, busy, keys, past)


def _at_work(workspace: Workspace, jobs: Iterable[Job], keys: Mapping[Job, str]) -> list[Job]:
    """Jobs whose process ended before it was done."""
    there, found = stored(workspace), []
    for job in jobs:
        if f"{keys[job]}.lock" in there:
            with claimed(fit_folder(workspace, keys[job])) as free:
                if free:
                    found.append(job)
    return found


def _awaited(
    workspace: Workspace, busy: Sequence[Job], keys: Mapping[Job, str], past: frozenset[str]
) -> Generator[Outcome, None, list[Job]]:
    """Wait until other processes are done; return what they left, ended before it was done."""
    waiting, pause_s = list(busy), _POLL_S
    freed: list[Job] = []
    while waiting and not freed:
        time.sleep(pause_s)
        pause_s = min(2 * pause_s, _LONGEST_POLL_S)
        for job in list(waiting):
            folder = fit_folder(workspace, keys[job])
            with claimed(folder) as free:
                failure = read_failure(workspace, keys[job])
                if folder.exists():
                    yield Outcome(job, keys[job], "finished")
                elif not free:
                    continue
                elif failure is not None and failure.attempt not in past:
                    yield Outcome(job, keys[job], "failed", failure)
                else:
                    freed.append(job)
            waiting.remove(job)
    return [*freed, *waiting]


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


def _said(job: Job, call: Callable[..., Any], *args: Any, **named: Any) -> Any:
    try:
        return call(*args, **named)
    except GaitcastError as error:
        where = f"{job.label}: {error.where}" if error.where else job.label
        raise GaitcastError(error.what, where=where, hint=error.hint) from error
