"""`cross_validate`: Pipelines against each other and against naive baselines, on new people."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING, Any

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits import Split
from gaitcast.pipeline import Pipeline
from gaitcast.report import write_report
from gaitcast.report.paper import people_chart
from gaitcast.study import Job, Study, Workspace, results_table, run_study, summarise
from gaitcast.study.run import Announce

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

#: Naive predictors that read the targets' own past, for forecasts and for estimates.
_OF_THE_PAST = ("train-mean", "persistence", "last-cycle", "phase-template")
_OF_THE_PRESENT = ("train-mean",)
#: Those that read what the pipelines read.
_OF_INPUTS = ("ridge", "knn")


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """What a cross-validation came to.

    Parameters
    ----------
    workspace : Workspace
        The study that was made of the pipelines; finished fits lie in its folder.
    fits : list of tuple of Job and str
        Each fit with its hash.
    table : pandas.DataFrame
        One row per figure, as ``results.csv`` of a study: :data:`gaitcast.study.results.COLUMNS`.
    """

    workspace: Workspace
    fits: list[tuple[Job, str]]
    table: pd.DataFrame

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Mean over participants with 95 % interval, and paired differences from the best naive."""
        return summarise(self.table)

    def plot(self) -> Figure:
        """Error of each participant, mean and 95 % interval, a row for each predictor.

        Returns
        -------
        matplotlib.figure.Figure
        """
        return people_chart(self.table)

    def report(self, path: str | Path) -> Path:
        """Write the page that a study writes.

        Parameters
        ----------
        path : str or Path
            Of the HTML file; replaced if it exists.

        Returns
        -------
        Path
            Of the file.
        """
        write_report(self.workspace, self.fits, self.summary)
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.workspace.out / "report.html", place)
        return place

    def __repr__(self) -> str:
        columns = ["model", "inputs", "horizon_ms", "value", "low", "high", "margin", "people"]
        return self.summary.sort_values("value")[columns].round(3).to_string(index=False)


def cross_validate(
    pipelines: Pipeline | Sequence[Pipeline],
    cohort: Cohort,
    split: Split,
    *,
    baselines: bool = True,
    seeds: Sequence[int] = (0,),
    workers: int = 1,
    out: str | Path | None = None,
    announce: Announce | None = None,
) -> CrossValidation:
    """Fit and score pipelines on every fold of a split.

    Parameters
    ----------
    pipelines : Pipeline or sequence of Pipeline
        Of the same targets, history, output and working rate. They stay as they are.
    cohort : Cohort
        At any rates.
    split : Split
        Such as ``gaitcast.LeaveOneSubjectOut()``.
    baselines : bool
        Beside them the naive predictors, and ridge and nearest neighbours on the same inputs.
    seeds : sequence of int
        Repeats of models that are trained by gradient.
    workers : int
        Fits side by side, one thread each.
    out : str or Path, optional
        Folder that keeps finished fits for a later call; by default they go with the result.
    announce : callable
        Called with the label of each finished fit, how many are done, and how many there are.

    Returns
    -------
    CrossValidation
        With the tidy table of a study.

    Raises
    ------
    GaitcastError
        If the pipelines cannot be compared, do not fit the recordings, or the split cannot divide
        them.

    Notes
    -----
    Every step of the protocol is a study's: participants are disjoint between the parts, blocks of
    time keep a gap, scalers and early stopping see no tested sample.
    """
    several = [pipelines] if isinstance(pipelines, Pipeline) else list(pipelines)
    _refuse_unlike(several)
    place = Path(mkdtemp(prefix="gaitcast-") if out is None else out)
    study = _study(several, cohort, split, baselines, seeds)
    workspace = Workspace(study, None, place, "none", recordings=cohort)
    try:
        fits = run_study(workspace, workers=workers, announce=announce)
        found = CrossValidation(workspace, fits, results_table(workspace, fits))
    except BaseException:
        if out is None:
            shutil.rmtree(place, ignore_errors=True)
        raise
    if out is None:
        weakref.finalize(found, shutil.rmtree, place, ignore_errors=True)
    return found


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


def _study(
    pipelines: Sequence[Pipeline],
    cohort: Cohort,
    split: Split,
    baselines: bool,
    seeds: Sequence[int],
) -> Study:
    """The study that one would write for these pipelines."""
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
            "name": cohort.name or "cohort",
            "title": f"{', '.join(p.label for p in pipelines)} on {cohort.name}",
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
