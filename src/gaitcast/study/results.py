"""Results as tidy tables: one row per figure, and a summary over people."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gaitcast.atomic import write_text
from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.metrics import CURVE_METRICS, FORCE_METRICS, METRICS
from gaitcast.evaluation.scoring import SINCE_S
from gaitcast.study.intervals import study_intervals
from gaitcast.study.jobs import Job
from gaitcast.study.store import Failure, fit_folder, read_fit
from gaitcast.study.study import Study
from gaitcast.study.summary import NOT_FITTED
from gaitcast.study.workspace import Workspace
from gaitcast.units import factor

COLUMNS = (
    "study", "task", "model", "inputs", "steps", "causal", "leakage_free", "naive", "failed",
    "needs", "delay_ms", "split", "subject", "trial", "fold", "seed", "horizon_ms", "metric",
    "unit", "value", "published", "error",
)  # fmt: skip
#: Every metric of a fit, and its unit; None and ``{}`` stand for the target's own.
UNITS = {k: m.unit for k, m in {**METRICS, **CURVE_METRICS, **FORCE_METRICS}.items()}


def results_table(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], failures: Sequence[Failure] = ()
) -> pd.DataFrame:
    """One row per figure.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        From :func:`gaitcast.study.run.run_study`.
    failures : sequence of Failure
        Of jobs that could not be fitted: a row each, of metric ``none``, without a value and with
        the ``error``.

    Returns
    -------
    pandas.DataFrame
        Columns :data:`COLUMNS`. The metrics ``mae``, ``rmse``, ``r`` and ``r2`` are over all steps
        up to ``horizon_ms``; ``mae_of_trial`` is for people with several trials, each apart, and
        ``mae_since`` for each period since a person was first met, named in ``trial``;
        ``mae_at`` is at the one step ``horizon_ms`` ahead, from the fit with the longest horizon.
        ``coverage`` and ``width`` are those of intervals of nominal 90 %, see
        :mod:`gaitcast.evaluation.conformal`. ``needs`` names the inputs that no IMU gives, with the
        delay at which a device has them; ``delay_ms`` is that of the low-pass in front of the
        working rate, by which a forecast comes nearer to the present than its horizon. ``failed``
        marks fits of networks that are worse than the mean of their training targets, and jobs that
        could not be fitted.
    """
    longest: dict[tuple[str, ...], float] = {}
    for job, _ in fits:
        cell = (job.split, job.model, job.inputs, job.steps)
        longest[cell] = max(job.horizon_ms, longest.get(cell, 0.0))
    rows = []
    for job, key in fits:
        cell = (job.split, job.model, job.inputs, job.steps)
        steps = workspace.study.task.output == "last" or job.horizon_ms == longest[cell]
        rows += [row for row in _rows(workspace, job, key) if steps or row["metric"] != "mae_at"]
    rows += _interval_rows(workspace, fits, rows)
    rows = [{**row, "error": ""} for row in rows]
    rows += [_failure_row(workspace.study, failure) for failure in failures]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _failure_row(study: Study, failure: Failure) -> dict[str, object]:
    job = failure.job
    return {
        **{k: v for k, v in asdict(job).items() if k in COLUMNS},
        **failure.traits,
        "study": study.name,
        "task": study.task.name,
        "trial": "",
        "failed": True,
        "metric": NOT_FITTED,
        "unit": "",
        "value": np.nan,
        "published": None,
        "error": failure.error,
    }


def _interval_rows(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], rows: Sequence[dict[str, object]]
) -> Iterator[dict[str, object]]:
    """Coverage and width of intervals, in the place of the same person's mean absolute error."""
    place = {_place(row): row for row in rows if row["metric"] == "mae"}
    several = len(workspace.study.task.targets) > 1
    for found in study_intervals(workspace, fits):
        job, task = found.job, workspace.study.task.name
        task = f"{task}:{found.target}" if several else task
        key = (task, job.split, job.horizon_ms, job.model, job.inputs, job.steps, found.person)
        row = {**place[key], "fold": "", "published": None}
        yield {**row, "metric": "coverage", "unit": "%", "value": 100 * found.coverage.mean()}
        yield {**row, "metric": "width", "value": found.width.mean()}


def _place(row: Mapping[str, object]) -> tuple[object, ...]:
    keys = ("task", "split", "horizon_ms", "model", "inputs", "steps", "subject")
    return tuple(row[k] for k in keys)


def _rows(workspace: Workspace, job: Job, key: str) -> Iterator[dict[str, object]]:
    study, metadata = workspace.study, read_fit(fit_folder(workspace, key))
    cell = (job.split, job.model, job.inputs, job.steps, job.horizon_ms)
    for person, targets in metadata["scores"].items():
        for target, scores in targets.items():
            several = f"{study.task.name}:{target}" if len(targets) > 1 else study.task.name
            common = {
                "study": study.name,
                "task": several,
                "model": job.model,
                "inputs": job.inputs,
                "steps": job.steps,
                "causal": metadata["causal"],
                "leakage_free": metadata["leakage_free"],
                "naive": metadata["naive"],
                "failed": bool(metadata.get("failed")),
                "needs": metadata["needs"],
                "delay_ms": metadata["delay_ms"],
                "split": job.split,
                "subject": person,
                "trial": "",
                "fold": job.fold,
                "seed": job.seed,
            }
            own = Channel.parse(target).unit
            # A source's figures are about the first target.
            first = target == study.task.targets[0]
            for row in _figures(scores, own, job.horizon_ms):
                figure = study.published_values.get((*cell, str(row["metric"])))
                yield {**common, **row, "published": figure if first else None}


def _figures(scores: Mapping[str, Any], own: str, horizon_ms: float) -> Iterator[dict[str, object]]:
    """Every figure of one person and target."""
    whole = {"trial": "", "horizon_ms": horizon_ms, "unit": own}
    if "impulse" in scores:  # a ground reaction per mass
        scores = {**scores, "rmse_bw": 100 * scores["rmse"] / factor("BW", "grf")}
    for metric in [name for name in UNITS if name in scores]:
        unit = (UNITS[metric] or "{}").format(own)
        yield {**whole, "metric": metric, "unit": unit, "value": scores[metric]}
    trials = scores["trials"].items() if len(scores["trials"]) > 1 else ()
    for trial, value in trials:
        yield {**whole, "trial": trial, "metric": "mae_of_trial", "value": value}
    for period, value in _periods(scores["by_since"]):
        yield {**whole, "trial": period, "metric": "mae_since", "value": value}
    by_step = scores["by_step"]
    tenths = np.linspace(len(by_step) / 10, len(by_step), 10).round().astype(int)
    for place in np.unique(tenths.clip(min=1)) - 1:
        ahead_ms, value = scores["ahead_ms"][place], by_step[place]
        yield {**whole, "horizon_ms": ahead_ms, "metric": "mae_at", "value": value}


def _periods(values: Sequence[float | None]) -> Iterator[tuple[str, float]]:
    """Periods in words, and their figures, where there are any."""
    for (begin, end), value in zip(pairwise([*SINCE_S, None]), values, strict=True):
        if value is not None:
            yield (f"{begin}-{end} s" if end else f"from {begin} s"), value


def extrapolations(workspace: Workspace, fits: Sequence[tuple[Job, str]]) -> list[str]:
    """One sentence for each set of inputs with people unlike all who trained.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        From :func:`gaitcast.study.run.run_study`.

    Returns
    -------
    list of str
        Covariates that were taken as the nearest of the training people's.
    """
    found: dict[tuple[str, str], dict[str, list[str]]] = {}
    for job, key in fits:
        beyond = read_fit(fit_folder(workspace, key)).get("beyond", {})
        found.setdefault((job.split, job.inputs), {}).update(beyond)
    lines = []
    for (split, inputs), people in found.items():
        if people:
            shown = "; ".join(f"{who}: {', '.join(said)}" for who, said in [*people.items()][:2])
            more = f"; and {len(people) - 2} more people" if len(people) > 2 else ""
            lines.append(f"{split}, {inputs}: {shown}{more}")
    return lines


def write_results(
    workspace: Workspace,
    fits: Sequence[tuple[Job, str]],
    table: pd.DataFrame,
    summary: pd.DataFrame,
    failures: Sequence[Failure] = (),
) -> None:
    """Write ``results.csv``, its flags as ``true`` and ``false``, and ``results.json``.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        The fits behind the figures.
    table, summary : pandas.DataFrame
        Figures and their summary.
    failures : sequence of Failure
        Of jobs that could not be fitted.
    """
    words = table.copy()
    for flag in table.select_dtypes(bool):
        words[flag] = table[flag].map({True: "true", False: "false"})
    write_text(workspace.out / "results.csv", words.to_csv(index=False))
    content = {
        "study": workspace.study.model_dump(mode="json"),
        "fits": [{**asdict(job), "key": key} for job, key in fits],
        "failures": [{**asdict(f.job), "key": f.key, "error": f.error} for f in failures],
        "rows": json.loads(table.to_json(orient="records")),
        "summary": json.loads(summary.to_json(orient="records")),
    }
    write_text(workspace.out / "results.json", json.dumps(content, indent=1))


def refuse_other_study(workspace: Workspace) -> None:
    """Raise if the folder of results holds those of a study with another name.

    Parameters
    ----------
    workspace : Workspace

    Raises
    ------
    GaitcastError
        Naming both.
    """
    try:
        content = json.loads((workspace.out / "results.json").read_text(encoding="utf-8"))
        there = str(content["study"]["name"])
    except (OSError, ValueError, KeyError, TypeError):
        return  # nothing that could be overwritten unnoticed
    if there != workspace.study.name:
        raise GaitcastError(
            f"holds results of study '{there}', not of '{workspace.study.name}'",
            where=str(workspace.out),
            hint="Give another --out",
        )


def read_run(out: str | Path) -> tuple[Study, list[tuple[Job, str]]]:
    """The study and the fits of a folder of results.

    Parameters
    ----------
    out : str or Path
        Written by ``gaitcast run``.

    Returns
    -------
    study : Study
        As it was run.
    fits : list of tuple of Job and str
        Every job with the hash of its fit.

    Raises
    ------
    GaitcastError
        If the folder holds no results.
    """
    out = Path(out)
    try:
        content = json.loads((out / "results.json").read_text(encoding="utf-8"))
        fits = [
            (Job(**{k: v for k, v in f.items() if k != "key"}), f["key"]) for f in content["fits"]
        ]
        if not fits:
            raise ValueError("no fits")
        return Study.model_validate(content["study"]), fits
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GaitcastError(
            "no results of a study here", where=str(out), hint="Run 'gaitcast run STUDY' first"
        ) from error


def pick_fits(
    fits: Sequence[tuple[Job, str]], wanted: Mapping[str, object]
) -> list[tuple[Job, str]]:
    """The fits that are meant.

    Parameters
    ----------
    fits : sequence of tuple of Job and str
        From :func:`read_run`.
    wanted : dict
        Fields of :class:`~gaitcast.study.jobs.Job`; None leaves one open, which then has to
        have one value only.

    Returns
    -------
    list of tuple of Job and str
        With the hashes; they differ in no field of `wanted`.

    Raises
    ------
    GaitcastError
        If none is meant, or a field that was left open has several values; says which.
    """
    left = list(fits)
    for name, value in wanted.items():
        if value is None:
            continue
        known = sorted({str(getattr(job, name)) for job, _ in left})
        left = [(job, key) for job, key in left if getattr(job, name) == value]
        if not left:
            raise GaitcastError(f"no fit with {name} '{value}'", hint=nearest(str(value), known))
    for name in wanted:
        known = sorted({str(getattr(job, name)) for job, _ in left})
        if len(known) > 1:
            option = {"steps": "signal"}.get(name, name.replace("_", "-"))
            raise GaitcastError(
                f"{len(left)} fits are meant", hint=f"Choose with --{option}: {', '.join(known)}"
            )
    return left
