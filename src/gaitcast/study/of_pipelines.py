"""A study is a list of pipelines: the one that Python has, as the file would say it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits import Split
from gaitcast.pipeline import Pipeline
from gaitcast.study.study import Study

#: Naive predictors that read the targets' own past, for forecasts and for estimates.
_OF_THE_PAST = ("train-mean", "persistence", "last-cycle", "phase-template")
_OF_THE_PRESENT = ("train-mean",)
#: Those that read what the pipelines read.
_OF_INPUTS = ("ridge", "knn")


def _refuse_unlike(pipelines: Sequence[Pipeline]) -> None:
    if not pipelines:
        raise GaitcastError("no pipeline to validate")
    for name in ("targets", "history_ms", "output", "rate_hz", "max_gap_s"):
        found = {getattr(pipeline, name) for pipeline in pipelines}
        if len(found) > 1:
            raise GaitcastError(
                f"pipelines differ in {name}: {', '.join(sorted(map(str, found)))}",
                hint="Validate those apart: only the same task at the same rate can be compared",
            )
    labels = [pipeline.label for pipeline in pipelines]
    if twice := sorted({label for label in labels if labels.count(label) > 1}):
        raise GaitcastError(
            f"two pipelines are called '{twice[0]}'", hint='Give them names: Pipeline(name="...")'
        )


def study_of(
    pipelines: Sequence[Pipeline],
    name: str,
    split: Split,
    *,
    baselines: bool = True,
    seeds: Sequence[int] = (0,),
) -> Study:
    """The study that one would write for these pipelines.

    Parameters
    ----------
    pipelines : sequence of Pipeline
        Of the same targets, history, output and working rate.
    name : str
        Of the recordings.
    split : Split
    baselines : bool
        Whether the naive predictors, and ridge and nearest neighbours on the same inputs, are
        entries too.
    seeds : sequence of int

    Returns
    -------
    Study
        Without a dataset: its :class:`~gaitcast.study.Workspace` is given recordings.

    Raises
    ------
    GaitcastError
        If the pipelines cannot be compared.
    """
    _refuse_unlike(pipelines)
    first = pipelines[0]
    inputs = _names([p.inputs for p in pipelines], "inputs")
    chains = _names([tuple(_step_tables(p)) for p in pipelines], "steps")
    models = [_entry(p, inputs[p.inputs], chains[tuple(_step_tables(p))]) for p in pipelines]
    horizons_ms = sorted({p.horizon_ms for p in pipelines})
    tables = {name: [dict(step) for step in chain] for chain, name in chains.items()}
    named: dict[str, list[str]] = {name: list(patterns) for patterns, name in inputs.items()}
    if baselines:
        own = _OF_THE_PAST if min(horizons_ms) > 0 else _OF_THE_PRESENT
        read = "own past" if min(horizons_ms) > 0 else next(iter(named))
        if min(horizons_ms) > 0:
            named["own past"] = list(first.targets)
        tables.setdefault("none", [])
        taken = {(m["model"], i) for m in models for i in m["inputs"]}
        models += [{"model": m, "inputs": [read]} for m in own if (m, read) not in taken]
        models += [
            {"model": m, "name": f"{m} baseline", "inputs": [i]}
            for m in _OF_INPUTS
            for i in inputs.values()
            if (m, i) not in taken
        ]
    measured = {k: v for p in pipelines for k, v in p.measured_ms.items()}
    measured |= {k: "laboratory" for p in pipelines for k in p.laboratory}  # type: ignore[misc]
    return Study.model_validate(
        {
            "name": name or "cohort",
            "title": f"{', '.join(p.label for p in pipelines)} on {name}",
            "seeds": list(seeds),
            "data": {
                "resample_hz": first.rate_hz or 100.0,
                "max_gap_s": first.max_gap_s,
            },
            "task": {
                "name": " ".join(first.targets),
                "targets": list(first.targets),
                "history_ms": first.history_ms,
                "horizons_ms": horizons_ms,
                "output": first.output,
            },
            "inputs": named,
            "steps": tables,
            "models": models,
            "splits": [_on_clock(split, first.rate_hz)],
            "measured": measured,
        }
    )


def _on_clock(split: Split, rate_hz: float | None) -> Split:
    return replace(split, clock="recorded" if rate_hz is None else "uniform")


def _step_tables(pipeline: Pipeline) -> list[tuple[tuple[str, Any], ...]]:
    return [(("step", step.name), *asdict(step).items()) for step in pipeline.steps]


def _names(wanted: Sequence[Any], kind: str) -> dict[Any, str]:
    """A short name for each different thing, in order of appearance."""
    different = list(dict.fromkeys(wanted))
    if kind == "steps":
        return {one: f"steps {k}" if one else "none" for k, one in enumerate(different, start=1)}
    return {one: f"{kind} {k}" if len(different) > 1 else kind
            for k, one in enumerate(different, start=1)}  # fmt: skip


def _entry(pipeline: Pipeline, inputs: str, steps: str) -> dict[str, Any]:
    return {
        "model": pipeline.model,
        "name": pipeline.label,
        "head": pipeline.head,
        "relative": pipeline.relative,
        "inputs": [inputs],
        "steps": [steps],
        "options": dict(pipeline.options),
        "training": dict(pipeline.training),
        "augment": asdict(pipeline.augment) if pipeline.augment else {},
        "horizons_ms": [pipeline.horizon_ms],
    }
