"""Leaks found in what a fit is really given, without asking the study what it meant to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from gaitcast.analysis.audit.identity import identity_evidence
from gaitcast.analysis.audit.samples import RUN, fingerprints, foreign_pairs, part_runs, shared
from gaitcast.cohort import Cohort
from gaitcast.evaluation.protocol import Material
from gaitcast.evaluation.scoring import mean_error
from gaitcast.evaluation.splits import Split
from gaitcast.pipeline import Pipeline
from gaitcast.recording import Recording
from gaitcast.seed import checked_seed
from gaitcast.study.fits import material, series_of
from gaitcast.study.jobs import Job, list_jobs
from gaitcast.study.of_pipelines import study_of
from gaitcast.study.planning import Plan, plan
from gaitcast.study.workspace import Workspace
from gaitcast.training import Predictor, fit, fit_scalers

Kind = Literal[
    "zero-phase filtering",
    "random windows",
    "scaler on all data",
    "windows across borders",
    "validation inside training",
    "tuning on test",
    "target among the inputs",
    "one person under several names",
    "skill from permuted labels",
]
KINDS: tuple[Kind, ...] = get_args(Kind)
#: One run in a thousand that two parts share is more than chance could make.
_SHARED = 0.001
#: |r| beyond which an input is the target itself, or its rate of change.
_SAME = 0.99
#: Skill over the training mean that labels without meaning may seem to have: of few people, one may
#: happen to lie where the inputs of the others point. 0.1 had raised one alarm in 20 cohorts.
_SKILL = 0.2
_BLOCK_S = 1.0
_BY_FORMULA = "ridge"


@dataclass(frozen=True)
class Leak:
    """A way in which figures of a pipeline are better than a device can have them.

    Parameters
    ----------
    kind : str
        One of :data:`KINDS`.
    evidence : str
        What was seen.
    own_past : bool
        Whether it is the target's own past, by its name: no leak where a device measures it.
    """

    kind: Kind
    evidence: str
    own_past: bool = False


def leaks_of_pipeline(pipeline: Pipeline, cohort: Cohort, split: Split) -> list[Leak]:
    """Look for leaks of a pipeline under a split, on its first fold.

    Parameters
    ----------
    pipeline : Pipeline
    cohort : Cohort
        At any rates.
    split : Split

    Returns
    -------
    list of Leak
        Empty for a clean one.

    Raises
    ------
    GaitcastError
        If the pipeline or the split does not fit the recordings.
    """
    study = study_of([pipeline], cohort.name, split, baselines=False)
    workspace = Workspace(study, None, Path(), recordings=cohort)
    return find_leaks(plan(workspace, list_jobs(workspace)[0]))


def leaks_by_construction(ready: Plan) -> list[Leak]:
    """Look at the samples, features and scalers that a fit gets.

    Parameters
    ----------
    ready : Plan
        From :func:`gaitcast.study.planning.plan`.

    Returns
    -------
    list of Leak
        Empty for a clean pipeline. Augmented copies are left out: they are no recordings.
    """
    given = material(ready)
    found = [
        _future(ready),
        *_shared_samples(ready, given),
        _borders(ready, given),
        _scaler(ready, given),
        _target_inputs(ready, given),
        _identity(ready),
    ]
    return [leak for leak in found if leak is not None]


def _identity(ready: Plan) -> Leak | None:
    """Only where people are held apart does it matter who they are."""
    evidence = identity_evidence(ready.cohort) if "people" in ready.split.holds_apart else ""
    return Leak("one person under several names", evidence) if evidence else None


def _future(ready: Plan) -> Leak | None:
    """Change the second half of a recording: what is computed for the first may not move."""
    recording = ready.cohort[ready.fold.test[0].trial]
    half = len(recording) // 2
    before = ready.chain.run(recording)[:half]
    after = ready.chain.run(_disturbed(recording, half))
    spread = np.maximum(before.std(axis=0), 1e-9)
    moved = np.abs(after[:half] - before) / spread
    if moved.max() < 1e-6:
        return None
    early = (half - int(np.flatnonzero((moved > 1e-6).any(axis=1))[0])) / recording.rate_hz
    return Leak(
        "zero-phase filtering",
        f"inputs change up to {early:.2f} s before the samples that change them",
    )


def _disturbed(recording: Recording, start: int) -> Recording:
    samples = recording.samples.copy()
    spread = np.where(np.isfinite(samples), samples, 0.0).std(axis=0)
    samples[start:] = 1.5 * samples[start:] + 3 * spread
    return replace(recording, samples=samples, truth=None)


def _shared_samples(ready: Plan, given: Material) -> list[Leak]:
    shape = ready.signature
    train, validation, test = (
        part_runs(part, shape) for part in (given.train, given.validation, given.test)
    )
    if (share := shared(test, train)) > _SHARED:
        twice = _recorded_twice(ready)
        where = f"; {twice} hold the same samples" if twice else ""
        text = f"{share:.0%} of the tested samples also stand in training windows{where}"
        return [Leak("random windows", text)]
    leaks = []
    if (share := shared(validation, train)) > _SHARED:
        text = f"{share:.0%} of the samples that stop the training also train"
        leaks.append(Leak("validation inside training", text))
    if (share := shared(test, validation)) > _SHARED:
        text = f"{share:.0%} of the tested samples also stop the training or choose options"
        leaks.append(Leak("tuning on test", text))
    return leaks


def _recorded_twice(ready: Plan) -> str:
    trials = [span.trial for span in (*ready.fold.train, *ready.fold.test)]
    shape = ready.signature
    run = min(RUN, shape.span)
    marks = {t: _recorded(ready.cohort[t], shape.targets, run) for t in dict.fromkeys(trials)}
    for one, mine in marks.items():
        for other, theirs in marks.items():
            if one < other and shared(mine, theirs) > _SHARED:
                return f"recordings '{one}' and '{other}'"
    return ""


def _recorded(recording: Recording, targets: tuple[str, ...], run: int) -> np.ndarray:
    rows = np.ascontiguousarray(recording.matrix(targets), dtype=np.float32)
    marks = [fingerprints(rows[s.start : s.stop], run) for s in recording.segments()]
    together = np.concatenate([np.empty(0, np.uint64), *marks])
    return together[together != 0]


def _borders(ready: Plan, given: Material) -> Leak | None:
    trials = {p.trial for part in ready.fold.parts.values() for p in part}
    targets = ready.signature.targets
    known = np.concatenate([_recorded(ready.cohort[t], targets, 2) for t in sorted(trials)])
    crossed = foreign_pairs([*given.train, *given.test], ready.signature, known)
    if not crossed:
        return None
    return Leak(
        "windows across borders",
        f"windows run across {crossed} places where one recording ends and another begins",
    )


def _scaler(ready: Plan, given: Material) -> Leak | None:
    """Change the features of the test part: no scaler may move."""
    parts = series_of(ready)
    spread = np.concatenate([s.features for s in parts["test"]]).std(axis=0)
    parts["test"] = [replace(s, features=1.5 * s.features + 3 * spread) for s in parts["test"]]
    changed = ready.protocol.material(parts)
    was, now = (fit_scalers("standard", g.scaled or g.train)[0] for g in (given, changed))
    change = np.maximum(np.abs(now.offset - was.offset), np.abs(now.scale - was.scale))
    moved = float((change / was.scale).max())
    if moved < 1e-6:
        return None
    text = f"scalers move by {100 * moved:.2g} % when only the tested samples change"
    return Leak("scaler on all data", text)


def _probe(model: str, ready: Plan, given: Material) -> Predictor:
    held = () if given.validation is given.test else given.validation
    predictor, _ = fit(
        model,
        replace(ready.signature, head="point", relative=False),
        given.train,
        held,
        scaled=given.scaled,
    )
    return predictor


def _target_inputs(ready: Plan, given: Material) -> Leak | None:
    columns = np.concatenate([s.features[:, : ready.signature.n_columns] for s in given.train])
    names = [*ready.signature.inputs, *ready.signature.covariates]
    # What a signal step estimates under a target's name is not measured.
    estimated = [n in ready.signature.targets and n not in ready.channels for n in names]
    columns[:, estimated] = 0.0
    for number, target in enumerate(ready.signature.targets):
        curve = np.concatenate([s.targets[:, number] for s in given.train]).astype(float)
        rate = np.concatenate(
            [np.gradient(s.targets[:, number].astype(float)) for s in given.train]
        )
        for what, wanted in (("is", curve), ("is the rate of change of", rate)):
            known = np.isfinite(wanted)
            alike = _correlations(columns[known], wanted[known])
            best = int(np.argmax(alike))
            if alike[best] > _SAME:
                text = f"input '{names[best]}' {what} '{target}' (|r| {alike[best]:.3f}): fair only"
                text += " where the device measures it"
                own = names[best] in ready.signature.targets
                return Leak("target among the inputs", text, own_past=own)
    return None


def _correlations(columns: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    x = columns - columns.mean(axis=0)
    y = wanted - wanted.mean()
    size = np.sqrt((x**2).sum(axis=0) * (y**2).sum())
    return np.abs(np.divide(x.T @ y, size, out=np.zeros(x.shape[1]), where=size > 0))


def study_leaks(workspace: Workspace, jobs: Iterable[Job]) -> dict[str, list[Leak]]:
    """Leaks by construction of every pipeline of a study, on its first fold.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    jobs : iterable of Job
        Its fits.

    Returns
    -------
    dict of str to list of Leak
        By split, inputs, steps and protocol, in words; also those without a leak.
    """
    found: dict[str, list[Leak]] = {}
    for job in jobs:
        entry = workspace.study.models[job.entry]
        choices = ", ".join(f"{k} {v}" for k, v in entry.protocol.items())
        name = f"{job.split} split, inputs {job.inputs}, steps {job.steps}"
        name += f", {choices}" if choices else ""
        if name not in found:
            found[name] = leaks_by_construction(plan(workspace, job))
    return found


def permuted_skill(ready: Plan, seed: int = 0) -> float:
    """Skill over the training mean once the target has nothing to do with the inputs.

    Blocks of one second of every target are shuffled within each recording, then the pipeline runs
    as it is, with ridge and with a memory (k nearest neighbours) in place of the model.

    Parameters
    ----------
    ready : Plan
        From :func:`gaitcast.study.planning.plan`.
    seed : int
        Of the shuffle.

    Returns
    -------
    float
        The larger of the two: 1 - error / error of the training mean. At most about 0 if test
        labels reach the training by no way.
    """
    rng = np.random.default_rng(checked_seed(seed))
    targets = ready.signature.targets
    trials = dict.fromkeys(p.trial for part in ready.fold.parts.values() for p in part)
    shuffled = tuple(_shuffled(ready.cohort[t], targets, rng) for t in trials)
    elsewhere = Cohort(ready.cohort.name, shuffled)
    # Inputs stay as they are, also where the target is one of them: only what is asked for moves.
    given = _with_targets(
        material(ready),
        material(replace(ready, bound=replace(ready.bound, cohort=elsewhere))),
    )
    spread = np.concatenate([s.known for s in given.train]).std(axis=0) + 1e-9
    mean, *others = (
        mean_error(_probe(model, ready, given), given.test, spread)
        for model in ("train-mean", _BY_FORMULA, "knn")
    )
    return 1 - min(others) / mean


def _with_targets(given: Material, other: Material) -> Material:
    parts = {
        part: tuple(
            replace(mine, targets=theirs.targets)
            for mine, theirs in zip(getattr(given, part), getattr(other, part), strict=True)
        )
        for part in ("train", "validation", "calibration", "test", "scaled")
    }
    if given.validation is given.test:
        parts["validation"] = parts["test"]
    return Material(**parts)


def _shuffled(
    recording: Recording, targets: tuple[str, ...], rng: np.random.Generator
) -> Recording:
    samples = recording.samples.copy()
    columns = [recording.channels.index(t) for t in targets]
    block = max(1, round(_BLOCK_S * recording.rate_hz))
    blocks = np.array_split(np.arange(len(recording)), max(1, len(recording) // block))
    order = np.concatenate([blocks[k] for k in rng.permutation(len(blocks))])
    samples[:, columns] = samples[order][:, columns]
    return replace(recording, samples=samples, truth=None)


def find_leaks(ready: Plan) -> list[Leak]:
    """All that looks like a leak, permuted labels included.

    Parameters
    ----------
    ready : Plan
        From :func:`gaitcast.study.planning.plan`.

    Returns
    -------
    list of Leak
        Empty for a clean pipeline; skill from permuted labels stands alone only where no cause of
        it was found.
    """
    leaks = leaks_by_construction(ready)
    skill = permuted_skill(ready)
    if skill > _SKILL:
        text = f"labels without meaning are forecast {skill:.0%} better than by their mean"
        leaks.append(Leak("skill from permuted labels", text))
    return leaks
