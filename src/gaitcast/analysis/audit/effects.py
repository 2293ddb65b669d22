"""The effect of each protocol choice: a pipeline run as it is and with one change at a time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from gaitcast.analysis.audit.changes import AS_IT_IS, Cell, changed_study
from gaitcast.analysis.audit.leaks import Leak, find_leaks
from gaitcast.atomic import write_text
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.statistics import interval_over_people
from gaitcast.study.files import shipped_studies
from gaitcast.study.jobs import list_jobs
from gaitcast.study.planning import plan
from gaitcast.study.results import results_table
from gaitcast.study.run import Announce, run_study
from gaitcast.study.study import Study
from gaitcast.study.summary import summarise
from gaitcast.study.workspace import Workspace


@dataclass(frozen=True)
class Audit:
    """Leaks of a pipeline, and the effects of protocol choices.

    Parameters
    ----------
    pipeline : str
        Model, inputs, steps and split.
    leaks : list of Leak
        Of the pipeline as it is.
    effects : pandas.DataFrame
        Per change: ``change``, ``mae``, ``low``, ``high`` (95 % over people), ``difference`` from
        the pipeline as it is (paired by person, negative flatters), ``difference_low`` and
        ``difference_high``, ``people`` and ``unit``.
    """

    pipeline: str
    leaks: list[Leak]
    effects: pd.DataFrame


def audit_cell(
    workspace: Workspace,
    pipeline: Cell,
    *,
    workers: int = 1,
    announce: Announce | None = None,
) -> Audit:
    """Look for leaks, and run every change.

    Parameters
    ----------
    workspace : Workspace
        The study, its data and the folder of results; fits are kept there.
    pipeline : Cell
        From :func:`gaitcast.analysis.audit.pick_cell`.
    workers : int
        Fits side by side.
    announce : callable
        See :func:`gaitcast.evaluation.run_study`.

    Returns
    -------
    Audit
        Over the folds and seeds that the study asks for.
    """
    turned = replace(workspace, study=changed_study(workspace, pipeline))
    first = next(job for job in list_jobs(turned) if job.model == AS_IT_IS)
    leaks = find_leaks(plan(turned, first))
    fits = run_study(turned, workers=workers, announce=announce)
    name = f"{pipeline.entry.label} {pipeline.inputs} {pipeline.steps}, {pipeline.split} split"
    return Audit(name, leaks, effects_of(results_table(turned, fits), turned.study))


def effects_of(table: pd.DataFrame, study: Study) -> pd.DataFrame:
    """Errors in the order of a study's models, and their differences from the first.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`gaitcast.evaluation.results_table`.
    study : Study
        Whose models, each run in one cell, are the rows.

    Returns
    -------
    pandas.DataFrame
        As :attr:`Audit.effects`, with ``published`` where a source reports a figure; the longest
        horizon and the first target.
    """
    figures = table[(table["metric"] == "mae") & (table["task"] == table["task"].iloc[0])]
    first = figures[figures["model"] == study.models[0].label]
    figures = figures[figures["horizon_ms"] == first["horizon_ms"].max()]
    people = figures.groupby(["model", "subject"])["value"].mean()
    summary = summarise(figures).set_index("model")
    names = [entry.label for entry in study.models if entry.label in summary.index]
    rows = []
    for name in names:
        cell, gap = summary.loc[name], (people[name] - people[names[0]]).dropna()
        low, high = interval_over_people(gap.tolist())
        rows.append(
            {
                "change": name,
                "published": cell["published"],
                "mae": cell["value"],
                "low": cell["low"],
                "high": cell["high"],
                "difference": gap.mean(),
                "difference_low": low,
                "difference_high": high,
                "people": cell["people"],
                "unit": cell["unit"],
            }
        )
    return pd.DataFrame(rows)


def paper_study(name: str) -> str:
    """The shipped study that turns a source's protocol, step by step, into the deployable one.

    Parameters
    ----------
    name : str
        Of the source's own study.

    Returns
    -------
    str
        Name of a shipped study.

    Raises
    ------
    GaitcastError
        If there is none.
    """
    suffix = "-protocol"
    papers = [s.removesuffix(suffix) for s in shipped_studies() if s.endswith(suffix)]
    if name not in papers:
        raise GaitcastError(f"no audit of paper '{name}'", hint=f"One of: {', '.join(papers)}")
    return name + suffix


def write_audit(out: Path, audits: Sequence[Audit]) -> Path:
    """Write ``audit.json``.

    Parameters
    ----------
    out : Path
        Folder of results; the report of a later run shows it.
    audits : sequence of Audit
        To keep.

    Returns
    -------
    Path
        Of the file.
    """
    import json

    content = [
        {
            "pipeline": audit.pipeline,
            "leaks": [{"kind": leak.kind, "evidence": leak.evidence} for leak in audit.leaks],
            "effects": json.loads(audit.effects.to_json(orient="records")),
        }
        for audit in audits
    ]
    write_text(out / "audit.json", json.dumps(content, indent=1))
    return out / "audit.json"
