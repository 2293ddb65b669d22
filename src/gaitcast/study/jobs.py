"""The fits of a study: listed, and each resolved to everything it needs and a content hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from gaitcast.channel import match_channels
from gaitcast.cohort import Cohort
from gaitcast.datasets import load, stamp_source
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.protocol import Protocol
from gaitcast.evaluation.splits import Fold, Split
from gaitcast.models import Signature, spec
from gaitcast.signal import Chain
from gaitcast.study.preparation import prepare
from gaitcast.study.schema import ModelTable, SplitTable
from gaitcast.study.study import Study
from gaitcast.tasks import SHUFFLED, known_of
from gaitcast.training import Augmentation, LogKind, settings

#: Part of every content hash; raise it when the same settings would give another fit.
FIT_VERSION = 7

#: Dataset and its options, preparations, folder, clock, stamp of the files.
Asked = tuple[str, tuple[str, ...], Path | None, str, str]
#: What another process has read for this one.
_HANDED: dict[Asked, Cohort] = {}


@dataclass(frozen=True)
class Job:
    """One fit: a model on some inputs and steps, one fold, one horizon, one seed."""

    split: str
    fold: str
    subject: str
    model: str
    inputs: str
    steps: str
    horizon_ms: float
    seed: int
    entry: int

    @property
    def label(self) -> str:
        """Short text for the progress line."""
        return f"{self.model} {self.inputs} {self.steps} {self.split}/{self.fold} s{self.seed}"


@dataclass(frozen=True)
class Workspace:
    """A study, its recordings and the folder of its results.

    Parameters
    ----------
    study : Study
        What to run.
    data : Path or None
        Folder of the recordings.
    out : Path
        Folder of results; finished fits lie in ``out/fits``, their losses in ``out/logs``.
    log : str
        How losses are written: ``csv``, ``tensorboard``, ``mlflow`` or ``none``.
    devices : int
        Each fit is spread over so many GPUs, or processes where there is none.
    """

    study: Study
    data: Path | None
    out: Path
    log: LogKind = "csv"
    devices: int = 1

    def cohort(self, clock: str) -> Cohort:
        """Recordings on the uniform or the recorded clock, read once per process.

        Parameters
        ----------
        clock : str
            ``uniform`` or ``recorded``.

        Returns
        -------
        Cohort
            Shared; do not change.
        """
        return _cohort(*self._asked(clock))

    def held(self) -> dict[Asked, Cohort]:
        """Recordings of all splits, for the processes that fit.

        Returns
        -------
        dict
            For :func:`hold`.
        """
        clocks = {split.clock for split in self.study.splits}
        return {self._asked(clock): self.cohort(clock) for clock in clocks}

    def _asked(self, clock: str) -> Asked:
        table = self.study.data
        dataset = table.model_dump_json(exclude={"prepare"})
        return dataset, tuple(table.prepare), self.data, clock, self.stamp

    @cached_property
    def stamp(self) -> str:
        """Which state of its files this workspace reads: the one when it was first asked."""
        table = self.study.data
        return stamp_source(table.dataset, self.data, table.options.get("mapping"))

    def split(self, name: str) -> SplitTable:
        """A split's table by name.

        Parameters
        ----------
        name : str
            Of the split.

        Returns
        -------
        SplitTable
            From the study.
        """
        return next(s for s in self.study.splits if s.name == name)


def hold(cohorts: Mapping[Asked, Cohort]) -> None:
    """Take recordings that another process has read.

    Parameters
    ----------
    cohorts : dict
        From :meth:`Workspace.held` there.
    """
    _HANDED.clear()
    _HANDED.update(cohorts)


@lru_cache(maxsize=32)
def _cohort(
    dataset_json: str, steps: tuple[str, ...], folder: Path | None, clock: str, stamp: str
) -> Cohort:
    """Recordings with some preparations; each is made on those with one fewer, which are kept."""
    asked = (dataset_json, steps, folder, clock, stamp)
    if asked in _HANDED:
        return _HANDED[asked]
    if steps:
        return prepare(_cohort(dataset_json, steps[:-1], folder, clock, stamp), steps[-1:])
    table = json.loads(dataset_json)
    return load(
        table["dataset"],
        folder,
        rate_hz=table["resample_hz"] if clock == "uniform" else None,
        max_gap_s=table["max_gap_s"],
        **table["options"],
    )


@lru_cache(maxsize=2)
def _fingerprint(cohort: Cohort) -> str:
    digest = hashlib.sha256()
    for subject, known in sorted(cohort.subjects.items()):
        digest.update(subject.encode() + _known_text(known))
    for recording in cohort:
        facts = (recording.trial, recording.subject, recording.channels)
        digest.update(repr((*facts, recording.rate_hz, recording.max_gap_s)).encode())
        digest.update(np.ascontiguousarray(recording.time_s).tobytes())
        digest.update(np.ascontiguousarray(recording.samples).tobytes())
        digest.update(_known_text(recording.covariates))
        for event, times in sorted(recording.events.items()):
            digest.update(event.encode() + np.asarray(times, float).tobytes())
    return digest.hexdigest()


def _known_text(known: Mapping[str, float | str]) -> bytes:
    """Whatever kind of float a loader gives."""
    values = {name: v if isinstance(v, str) else float(v) for name, v in known.items()}
    return repr(sorted(values.items())).encode()


def list_jobs(workspace: Workspace) -> list[Job]:
    """Every fit of a study; models without randomness get one seed only.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.

    Returns
    -------
    list of Job
        Baselines first, then the others; by split, fold and seed within.
    """
    study, jobs = workspace.study, []
    for split in study.splits:
        folds = _folds(workspace, split, max(study.task.horizons_ms))[: split.folds]
        for number, entry in enumerate(study.models):
            if entry.splits is not None and split.name not in entry.splits:
                continue
            seeds = entry.seeds or split.seeds or study.seeds
            horizons = entry.horizons_ms or split.horizons_ms or study.task.horizons_ms
            jobs += [
                Job(split.name, f.name, f.subject, entry.label, i, s, h, seed, number)
                for h in horizons
                for i in entry.inputs
                for s in entry.steps
                for seed in (seeds[:1] if _one_seed(study, entry, i) else seeds)
                for f in folds
            ]
    once: dict[Job, Job] = {}
    for job in jobs:
        other = once.setdefault(replace(job, entry=0), job)
        if other is not job:
            raise GaitcastError(
                f"entries {other.entry + 1} and {job.entry + 1} both ask for {job.label}",
                where=f"study '{study.name}', [[models]]",
                hint="Give one of them a name, or restrict it with splits, horizons_ms or seeds",
            )
    return sorted(jobs, key=lambda job: not spec(study.models[job.entry].model).baseline)


def _one_seed(study: Study, entry: ModelTable, inputs: str) -> bool:
    """Whether another seed would change nothing."""
    shuffled = any(n.startswith(SHUFFLED) for n in study.task_at(inputs, 1.0).covariates)
    return spec(entry.model).by_formula and not shuffled


def _folds(workspace: Workspace, split: SplitTable, horizon_ms: float) -> list[Fold]:
    # The longest horizon sets the gap, so that all horizons share their folds.
    cohort = workspace.cohort(split.clock)
    task = workspace.study.task_at(next(iter(workspace.study.inputs)), horizon_ms)
    history, horizon = task.samples(cohort.infos[0].rate_hz)
    return split.make().folds(cohort, history + max(horizon, 0))


@dataclass(frozen=True)
class Plan:
    """A job with everything it needs at hand, and the hash of all of it."""

    job: Job
    entry: ModelTable
    split: Split
    fold: Fold
    gap_s: float
    cohort: Cohort
    chain: Chain
    signature: Signature
    wearers: dict[str, np.ndarray]
    key: str

    @property
    def causal(self) -> bool:
        """Whether it can be had live: steps and model see the past only, and give no past."""
        live = self.chain.causal and spec(self.entry.model).causal
        return live and self.signature.first >= 0


def plan(workspace: Workspace, job: Job) -> Plan:
    """Resolve a job.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    job : Job
        From :func:`list_jobs`.

    Returns
    -------
    Plan
        Ready to run.

    Raises
    ------
    GaitcastError
        If a channel pattern matches nothing, or a target or a step does not fit the recordings.
    """
    study, split = workspace.study, workspace.split(job.split)
    entry = study.models[job.entry]
    cohort = workspace.cohort(split.clock)
    folds = {f.name: f for f in _folds(workspace, split, max(study.task.horizons_ms))}
    if job.fold not in folds:
        raise GaitcastError(
            f"these recordings have no fold '{job.fold}'",
            where=f"split '{job.split}'",
            hint=nearest(job.fold, [*folds]),
        )
    fold = folds[job.fold]
    if fold.assignment and entry.augment:
        raise GaitcastError("windows assigned at random cannot be augmented", where=entry.label)
    task = study.task_at(job.inputs, job.horizon_ms)
    first = cohort.recordings[0]
    channels = match_channels(first.channels, task.channels, where=f"inputs '{job.inputs}'")
    first.matrix(task.targets)
    chain = Chain(study.chain(job.steps), channels, first.rate_hz)
    history, horizon = task.samples(first.rate_hz)
    if horizon <= 0 and (both := sorted({*channels} & {*task.targets})):
        raise GaitcastError(
            f"'{both[0]}' is to be estimated and is itself an input", where=f"inputs '{job.inputs}'"
        )
    signature = Signature(
        chain.channels,
        task.targets,
        history,
        horizon,
        first.rate_hz,
        first=task.first(history, horizon),
        covariates=task.covariates,
        head=entry.head,
        relative=entry.relative,
    )
    if signature.first < 0 and spec(entry.model).stateful:
        raise GaitcastError(
            "answers at every sample and has no hindsight",
            where=f"model '{entry.model}'",
            hint='Take a windowed model, or output = "last" and a horizon of 0 ms or more',
        )
    trials = sorted({span.trial for part in fold.parts.values() for span in part})
    wearers = {trial: known_of(cohort, trial, task.covariates, job.seed) for trial in trials}
    facts = {
        "version": FIT_VERSION,
        "data": _fingerprint(cohort),
        "fold": asdict(fold),
        "channels": channels,
        "steps": [{"step": step.name, **asdict(step)} for step in chain.steps],
        "signature": asdict(signature),
        "wearers": {trial: known.tolist() for trial, known in wearers.items()},
        "model": entry.model,
        "options": {**spec(entry.model).options, **entry.options},
        "training": asdict(settings(entry.model, entry.training)),
        "augment": asdict(Augmentation(**entry.augment)) if entry.augment else None,
        "protocol": asdict(Protocol(**entry.protocol)),
        "tune": entry.tune.model_dump() if entry.tune else None,
        "seed": job.seed,
    }
    if spec(entry.model).by_formula:
        del facts["training"]
    if workspace.devices > 1:
        facts["devices"] = workspace.devices
    if entry.score_stride > 1:
        facts["score_stride"] = entry.score_stride
    text = json.dumps(facts, sort_keys=True)
    key = hashlib.sha256(text.encode()).hexdigest()[:20]
    _, farthest = study.task_at(job.inputs, max(study.task.horizons_ms)).samples(first.rate_hz)
    gap_s = (history + max(farthest, 0)) / first.rate_hz
    return Plan(job, entry, split.make(), fold, gap_s, cohort, chain, signature, wearers, key)
