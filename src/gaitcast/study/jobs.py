"""The fits of a study: listed, and each resolved to everything it needs and a content hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.datasets import load, stamp_source
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.protocol import Protocol
from gaitcast.evaluation.splits import Fold, Split
from gaitcast.models import Signature, spec
from gaitcast.pipeline import Pipeline
from gaitcast.signal import Chain
from gaitcast.study.complete import complete_only
from gaitcast.study.preparation import prepare
from gaitcast.study.schema import ModelTable
from gaitcast.study.study import Study
from gaitcast.tasks import SHUFFLED
from gaitcast.tasks.covariates import PREFIX
from gaitcast.training import LogKind
from gaitcast.training.assembly import Assembly

#: Part of every content hash; raise it when the same settings would give another fit.
FIT_VERSION = 11

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
    data : str, Path or None
        Folder of the recordings; kept as a Path.
    out : str or Path
        Folder of results; finished fits lie in ``out/fits``, their losses in ``out/logs``.
    log : str
        How losses are written: ``csv``, ``tensorboard``, ``mlflow`` or ``none``.
    devices : int
        Each fit is spread over so many GPUs, or processes where there is none.
    recordings : Cohort, optional
        At any rates; instead of what the study's ``[data]`` names.
    """

    study: Study
    data: Path | None
    out: Path
    log: LogKind = "csv"
    devices: int = 1
    recordings: Cohort | None = None

    def __post_init__(self) -> None:
        if self.data is not None:
            object.__setattr__(self, "data", Path(self.data))
        object.__setattr__(self, "out", Path(self.out))

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
        if self.recordings is None:
            return _cohort(*self._asked(clock))
        return self._at_rate if clock == "uniform" else self.recordings

    @cached_property
    def _at_rate(self) -> Cohort:
        """The given recordings at the working rate of the study's pipelines."""
        study, first = self.study, self.study.models[0]
        pipeline = study.pipeline(
            first,
            first.inputs[0],
            first.steps[0],
            max(study.horizons_ms),
            rate_hz=study.data.resample_hz,
        )
        return pipeline.at_rate(self.recordings) if self.recordings else self.cohort("uniform")

    def __getstate__(self) -> dict[str, Any]:
        # Workers are handed the recordings once, not with every job.
        stamp = self.stamp if self.recordings is not None else None
        kept = {k: v for k, v in vars(self).items() if k != "_at_rate"}
        return {**kept, "recordings": None, **({"stamp": stamp} if stamp else {})}

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
        if self.recordings is not None:
            return _fingerprint(self.recordings)
        return stamp_source(
            table.dataset, self.data, (table.options.get(key) for key in ("mapping", "people"))
        )

    def split(self, name: str) -> Split:
        """A split by name.

        Parameters
        ----------
        name : str
            Of the split.

        Returns
        -------
        Split
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
    cohort = load(
        table["dataset"],
        folder,
        rate_hz=table["resample_hz"] if clock == "uniform" else None,
        max_gap_s=table["max_gap_s"],
        **table["options"],
    )
    cohort = complete_only(cohort, table["complete"], table["least_s"])
    return cohort.confirm_participants() if table["participants"] == "confirmed" else cohort


@lru_cache(maxsize=2)
def _fingerprint(cohort: Cohort) -> str:
    digest = hashlib.sha256()
    for subject, known in sorted(cohort.subjects.items()):
        digest.update(subject.encode() + _known_text(known))
    for recording in cohort:
        content = (recording.trial, recording.subject, recording.channels)
        digest.update(repr((*content, recording.rate_hz, recording.max_gap_s)).encode())
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
        folds = _folds(workspace, split)[: split.max_folds]
        for number, entry in enumerate(study.models):
            if entry.splits is not None and split.name not in entry.splits:
                continue
            seeds = entry.seeds or split.seeds or study.seeds
            horizons = entry.horizons_ms or split.horizons_ms or study.horizons_ms
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
    shuffled = any(n.startswith(f"{PREFIX}{SHUFFLED}") for n in study.inputs[inputs])
    return spec(entry.model).by_formula and not shuffled


def _folds(workspace: Workspace, split: Split) -> list[Fold]:
    cohort = workspace.cohort(split.clock)
    return split.folds(cohort, _gap(workspace.study, cohort))


def _gap(study: Study, cohort: Cohort) -> int:
    """Samples between parts of a recording; the longest horizon sets it, so all share folds."""
    farthest = replace(study.task, horizon_ms=max(study.horizons_ms))
    history, horizon = farthest.samples(cohort.infos[0].rate_hz)
    return history + max(horizon, 0)


@dataclass(frozen=True)
class Plan:
    """A job with everything it needs at hand, and the hash of all of it."""

    job: Job
    entry: ModelTable
    split: Split
    fold: Fold
    pipeline: Pipeline
    bound: Assembly
    key: str

    @cached_property
    def assembly(self) -> Assembly:
        """Everything bound, with what the signal steps learn from those that teach the model."""
        stopped = self.pipeline.stopped or self.entry.tune is not None
        inside = not stopped or self.protocol.validation == "inside"
        held = self.fold.validation if inside and self.protocol.validation != "test" else ()
        return self.bound.learned([*self.fold.train, *held])

    @property
    def cohort(self) -> Cohort:
        """Recordings at the working rate."""
        return self.bound.cohort

    @property
    def channels(self) -> tuple[str, ...]:
        """Raw input channels."""
        return self.bound.chain.inputs

    @property
    def chain(self) -> Chain:
        """Signal steps, bound to the raw channels, with what they learned."""
        return self.assembly.chain

    @property
    def signature(self) -> Signature:
        """Shape of the model."""
        return self.bound.signature

    @property
    def protocol(self) -> Protocol:
        """How parts of the fold are given to the fit."""
        return Protocol(**self.entry.protocol)

    @property
    def causal(self) -> bool:
        """Whether it can be had live."""
        laboratory = self.pipeline.needs_laboratory(self.channels)
        return self.pipeline.causal and not laboratory


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
    folds = {f.name: f for f in _folds(workspace, split)}
    if job.fold not in folds:
        raise GaitcastError(
            f"these recordings have no fold '{job.fold}'",
            where=f"split '{job.split}'",
            hint=nearest(job.fold, [*folds]),
        )
    fold = folds[job.fold]
    if fold.assignment and entry.augment:
        raise GaitcastError("windows assigned at random cannot be augmented", where=entry.label)
    # Curves and swings have clocks of their own, which no rate adapter makes.
    own_clock = abs(cohort.infos[0].rate_hz - study.data.resample_hz) > 1e-6
    rate_hz = None if split.clock == "recorded" or own_clock else study.data.resample_hz
    pipeline = study.pipeline(
        entry, job.inputs, job.steps, job.horizon_ms, seed=job.seed, rate_hz=rate_hz
    )
    gap_s = _gap(study, cohort) / cohort.recordings[0].rate_hz
    trials = {span.trial for part in fold.parts.values() for span in part}
    assembly = pipeline.assemble(cohort, gap_s=gap_s, trials=sorted(trials))
    key = _key(workspace, pipeline, entry, fold, assembly)
    return Plan(job, entry, split, fold, pipeline, assembly, key)


def _key(
    workspace: Workspace, pipeline: Pipeline, entry: ModelTable, fold: Fold, assembly: Assembly
) -> str:
    """Hash of everything that another fit would differ by."""
    known = spec(pipeline.model)
    content = {
        "version": FIT_VERSION,
        "data": _fingerprint(assembly.cohort),
        "fold": asdict(fold),
        "channels": assembly.chain.inputs,
        "steps": [{"step": step.name, **asdict(step)} for step in pipeline.steps],
        "signature": asdict(assembly.signature),
        # Covariates are taken within those of the training people, since this is here.
        **({"covariates": "bounded"} if assembly.signature.covariates else {}),
        "wearers": {trial: known.tolist() for trial, known in assembly.wearers.items()},
        "late_s": dict(assembly.late_s),
        "model": pipeline.model,
        "options": {**known.options, **pipeline.options},
        "training": asdict(pipeline.training_settings()),
        "augment": asdict(pipeline.augment) if pipeline.augment else None,
        "protocol": asdict(Protocol(**entry.protocol)),
        "tune": entry.tune.model_dump() if entry.tune else None,
        "seed": pipeline.seed,
    }
    if known.by_formula:
        del content["training"]
    if workspace.devices > 1:
        content["devices"] = workspace.devices
    if entry.score_stride > 1:
        content["score_stride"] = entry.score_stride
    text = json.dumps(content, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:20]
