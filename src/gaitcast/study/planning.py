"""A job resolved to everything it needs, and the content hash of all of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cached_property

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.protocol import Protocol
from gaitcast.evaluation.splits import Fold, Split
from gaitcast.models import Signature, spec
from gaitcast.pipeline import Pipeline
from gaitcast.signal import Chain
from gaitcast.study.jobs import Job, folds_of, gap_samples
from gaitcast.study.schema import ModelTable
from gaitcast.study.workspace import Workspace, fingerprint
from gaitcast.training.assembly import Assembly

#: Part of every content hash; raise it when the same settings would give another fit.
FIT_VERSION = 11


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
    folds = {f.name: f for f in folds_of(workspace, split)}
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
    gap_s = gap_samples(study, cohort) / cohort.recordings[0].rate_hz
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
        "data": fingerprint(assembly.cohort),
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
