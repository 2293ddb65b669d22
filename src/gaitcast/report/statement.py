"""Data and protocol in words, following the REFORMS checklist (Kapoor et al. 2024)."""

from __future__ import annotations

import platform
from collections.abc import Sequence
from importlib import metadata

import numpy as np

import gaitcast
from gaitcast.datasets import PUBLIC
from gaitcast.evaluation.protocol import Protocol
from gaitcast.models import spec
from gaitcast.study import Job, Study, Workspace
from gaitcast.study.schema import ModelTable

_PACKAGES = ("numpy", "scipy", "torch", "lightning", "scikit-learn", "onnxruntime")


def statement(workspace: Workspace, fits: Sequence[tuple[Job, str]]) -> list[tuple[str, list[str]]]:
    """What a reader has to know to judge and repeat a study.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    fits : sequence of tuple of Job and str
        Its fits.

    Returns
    -------
    list of tuple of str and list of str
        RecordingInfo and sentences, in the order of the checklist.
    """
    study = workspace.study
    return [
        ("Goal", _goal(study)),
        ("Reproducibility", _reproducibility(study, fits)),
        ("Data", _data(workspace)),
        ("Signal steps", _steps(study)),
        ("Models and training", [_model(entry) for entry in study.models]),
        ("Separation of training and test", _splits(study)),
        ("Metrics and uncertainty", _metrics(study)),
        ("Limits", _limits(workspace)),
    ]


def _side(horizons_ms: Sequence[float]) -> str:
    return "back, with hindsight" if max(horizons_ms) < 0 else "ahead"


def _goal(study: Study) -> list[str]:
    task = study.task
    ahead = ", ".join(f"{h:g}" for h in study.horizons_ms)
    past = f"from at least {task.history_ms:g} ms of the past"
    if max(study.horizons_ms) < 0:
        ahead = ", ".join(f"{-h:g}" for h in study.horizons_ms)
        past = f"from {task.history_ms:g} ms that reach beyond it"
    what = {
        "all": f"all samples up to {ahead} ms ahead, {past}",
        "last": f"the one sample {ahead} ms {_side(study.horizons_ms)}, {past}",
        "window": f"each sample of a window of {task.history_ms:g} ms, from all of that window",
    }[task.output]
    return [
        f"{study.title}.",
        f"Targets {', '.join(task.targets)}; {what}. Every figure marked live could be had on a "
        "device.",
    ]


def _reproducibility(study: Study, fits: Sequence[tuple[Job, str]]) -> list[str]:
    known = [f"{name} {metadata.version(name)}" for name in _PACKAGES]
    keys = sorted({key for _, key in fits})
    return [
        f"gaitcast {gaitcast.__version__}, Python {platform.python_version()}, "
        f"{', '.join(known)}; {platform.system()} {platform.machine()}.",
        f"{len(keys)} fits, each kept under a hash of its data, fold, steps, model, options, "
        f"training and seed (first {keys[0]}, last {keys[-1]}); results.json names all.",
        f"Seeds {', '.join(map(str, study.seeds))} unless a split or model gives its own.",
    ]


def _data(workspace: Workspace) -> list[str]:
    table, found = workspace.study.data, []
    public = PUBLIC.get(table.dataset)
    if public is not None:
        found.append(f"{public.title}. {public.citation} Licence: {public.licence}")
    else:
        options = ", ".join(f"{k} {v}" for k, v in table.options.items())
        found.append(f"Dataset '{table.dataset}'{f' ({options})' if options else ''}.")
    for clock in dict.fromkeys(split.clock for split in workspace.study.splits):
        cohort = workspace.cohort(clock)
        minutes = sum(info.duration_s for info in cohort.infos) / 60
        rates = sorted({round(info.rate_hz, 3) for info in cohort.infos})
        gaps = sum(info.segments - 1 for info in cohort.infos)
        found.append(
            f"On the {clock} clock: {len(cohort.people)} people, {len(cohort.recordings)} "
            f"recordings, {minutes:.1f} minutes at {', '.join(f'{r:g}' for r in rates)} Hz, "
            f"{gaps} gaps longer than {table.max_gap_s:g} s, which no window crosses."
        )
        notes = sorted({note for r in cohort for note in r.notes})
        found += notes[:6] + ([f"... and {len(notes) - 6} more notes."] if len(notes) > 6 else [])
    return found


def _steps(study: Study) -> list[str]:
    lines = []
    for name in study.steps:
        chain = study.chain(name)
        words = "; ".join(
            f"{s.name} ({'causal' if s.causal else 'SEES THE FUTURE'})" for s in chain
        )
        lines.append(f"{name}: {words or 'raw signals'}.")
    return [*lines, "Targets are never filtered by these steps."]


def _model(entry: ModelTable) -> str:
    parts = [f"{entry.label}: {spec(entry.model).summary}; inputs {', '.join(entry.inputs)}"]
    for name in ("options", "training", "augment", "protocol"):
        values: dict = getattr(entry, name)
        if values:
            parts.append(f"{name} {', '.join(f'{k} {v}' for k, v in values.items())}")
    if entry.tune is not None:
        space = ", ".join(entry.tune.space())
        parts.append(
            f"{entry.tune.trials} trials over {space} on held-out people of the training part"
        )
    if entry.score_stride > 1:
        parts.append(f"scored at one test instant in {entry.score_stride}")
    return "; ".join(parts) + "."


def _splits(study: Study) -> list[str]:
    lines = []
    for split in study.splits:
        options = ", ".join(f"{k} {v}" for k, v in split.own_options().items() if v)
        lines.append(
            f"{split.name} ({split.kind}{', ' + options if options else ''}): train and test hold "
            f"apart {split.holds_apart}."
        )
    leaky = [t.name for t in study.splits if t.leaks]
    close = [t.name for t in study.splits if t.kind == "within-tail"]
    flattered = [m.label for m in study.models if Protocol(**m.protocol).leaks]
    lines.append(
        f"Between parts of one recording lie at least history and horizon{_but('splits', leaky)}"
        f"{_but('the published split', close)}."
    )
    lines.append(
        "Scalers, early stopping and searches see training and validation parts only"
        f"{_but('models', flattered)}."
    )
    return lines


def _but(what: str, names: Sequence[str]) -> str:
    return f", but not for {what} {', '.join(names)}" if names else ""


def _metrics(study: Study) -> list[str]:
    steps = {"all": "all steps", "last": "the step at the horizon", "window": "the whole curve"}
    over = steps[study.task.output]
    several = "; targets are reported separately" if len(study.task.targets) > 1 else ""
    return [
        f"Mean absolute error (forces, moments and stiffness: root mean square error) over {over} "
        f"and all test instants with a full history{several}.",
        "Folds and seeds are averaged within a person first; intervals are Student's t over "
        "people. Margins are paired by person with the best baseline of any inputs.",
        "Intervals of nominal 90 % are conformal: each person's come from the errors of the other "
        "tested people.",
    ]


def _limits(workspace: Workspace) -> list[str]:
    cohort = workspace.cohort(workspace.study.splits[0].clock)
    lines = [
        f"What is said holds for people and walking like those of these {len(cohort.people)}; "
        "nothing was measured on other sensors, mountings, speeds or impairments."
    ]
    if workspace.study.data.dataset == "simulated":
        lines.insert(0, "The people are simulated: the figures say nothing about real ones.")
    for name in ("mass_kg", "height_m", "age_years"):
        values = [i.covariates[name] for i in cohort.infos if name in i.covariates]
        numbers = np.array([v for v in values if isinstance(v, int | float)], dtype=float)
        if len(numbers):
            lines.append(f"{name}: {numbers.min():g} to {numbers.max():g}.")
    return lines
