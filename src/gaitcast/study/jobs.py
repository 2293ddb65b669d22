"""The fits of a study, listed."""

from __future__ import annotations

from dataclasses import dataclass, replace

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits import Fold, Split
from gaitcast.models import spec
from gaitcast.study.schema import ModelTable
from gaitcast.study.study import Study
from gaitcast.study.workspace import Workspace
from gaitcast.tasks import SHUFFLED
from gaitcast.tasks.covariates import PREFIX


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
        folds = folds_of(workspace, split)[: split.max_folds]
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


def folds_of(workspace: Workspace, split: Split) -> list[Fold]:
    """Folds of a split on the workspace's recordings, all of them."""
    cohort = workspace.cohort(split.clock)
    return split.folds(cohort, gap_samples(workspace.study, cohort))


def gap_samples(study: Study, cohort: Cohort) -> int:
    """Samples between parts of a recording; the longest horizon sets it, so all share folds."""
    farthest = replace(study.task, horizon_ms=max(study.horizons_ms))
    history, horizon = farthest.samples(cohort.infos[0].rate_hz)
    return history + max(horizon, 0)
