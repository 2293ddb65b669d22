"""A study whose models are tuned in each fold, beside the same models as the study has them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING

import pandas as pd
from pydantic import ValidationError

from gaitcast.atomic import write_text
from gaitcast.errors import GaitcastError, nearest, raise_all
from gaitcast.evaluation.statistics import interval_over_people
from gaitcast.models import spec
from gaitcast.study.faults import faults_in
from gaitcast.study.fits import run_job
from gaitcast.study.inner_error import of_kind
from gaitcast.study.jobs import Job, list_jobs
from gaitcast.study.results import results_table
from gaitcast.study.schema import ModelTable
from gaitcast.study.search import JOURNAL, Found, Search, outcome, work_on_all
from gaitcast.study.study import Study
from gaitcast.study.workspace import Workspace

if TYPE_CHECKING:
    from optuna.storages._base import BaseStorage

#: Behind the name of an entry.
_TUNED = " tuned"


@dataclass(frozen=True)
class Gain:
    """The tuned model against the default on people of whom no search knew.

    Parameters
    ----------
    cell : str
        Task, model, inputs, steps, split and horizon.
    unit : str
    tuned, default : dict of str to float
        Mean absolute error by person.
    """

    cell: str
    unit: str
    tuned: dict[str, float]
    default: dict[str, float]

    @property
    def line(self) -> str:
        """In words, with the 95 % interval over people."""
        differences = [self.tuned[p] - self.default[p] for p in self.default]
        people = len(differences)
        tuned, default, difference = (
            sum(values) / people
            for values in (self.tuned.values(), self.default.values(), differences)
        )
        low, high = interval_over_people(differences)
        interval = f" [{low:+.3f}, {high:+.3f}]" if people > 2 else ""
        better = sum(d < 0 for d in differences)
        return (
            f"{self.cell}: tuned {tuned:.3f} {self.unit}, default {default:.3f} {self.unit} on "
            f"{people} held-out people; difference {difference:+.3f}{interval}, better on {better}"
        )


@dataclass(frozen=True)
class Tuning:
    """What tuning a study came to.

    Parameters
    ----------
    searches : list of tuple of Job and Found
        One for each fold of each cell.
    gains : list of Gain
        One for each cell and target; empty before all searches are finished.
    """

    searches: list[tuple[Job, Found]]
    gains: list[Gain]

    @property
    def lines(self) -> list[str]:
        """What was chosen for each fold, then the gain on held-out people."""
        return [
            *(choice_line(job, found) for job, found in self.searches),
            *(gain.line for gain in self.gains),
        ]


def tuning_study(
    study: Study,
    models: Sequence[str] = (),
    *,
    split: str | None = None,
    trials: int | None = None,
    inner: int | None = None,
    against: str | None = None,
) -> Study:
    """The entries of a study that are tuned, each as it is and tuned, with one seed.

    Parameters
    ----------
    study : Study
        Stays as it is.
    models : sequence of str
        Names of entries, or models; by default all entries with a ``tune`` table.
    split : str, optional
        By default all of the study's.
    trials, inner, against
        In the place of those of the tables, see :class:`gaitcast.study.schema.TuneTable`.

    Returns
    -------
    Study
        The tuned entries have `` tuned`` behind their names.

    Raises
    ------
    GaitcastError
        If a name is unknown, or a model has no space and its entry states none.
    """
    names = [name for entry in study.models for name in (entry.label, entry.model)]
    for name in models:
        if name not in names:
            raise GaitcastError(
                f"no entry of [[models]] is '{name}'", hint=nearest(name, [*dict.fromkeys(names)])
            )
    entries = [
        entry
        for entry in study.models
        if ({entry.label, entry.model} & {*models} if models else entry.tune is not None)
    ]
    if not entries:
        able = [*dict.fromkeys(e.label for e in study.models if spec(e.model).space)]
        raise GaitcastError(
            "no entry of [[models]] has a tune table",
            where=f"study '{study.name}'",
            hint=f"Name a model with --model: {', '.join(able) or 'none has a space'}",
        )
    asked = {"trials": trials, "inner": inner, "against": against}
    given = {name: value for name, value in asked.items() if value is not None}
    splits = [s for s in study.splits if split in (None, s.name)]
    if not splits:
        known = [s.name for s in study.splits]
        raise GaitcastError(f"no split '{split}'", hint=nearest(str(split), known))
    both = [table for entry in entries for table in (_as_it_is(entry), _tuned(entry, given))]
    change = {
        "name": f"{study.name}-tuning",
        "seeds": study.seeds[:1],
        "models": both,
        "splits": [replace(s, seeds=None) for s in splits],
        "published": [],
        "export": None,
        "full": None,
        "variants": [],
    }
    return study.model_copy(update=change)


def _as_it_is(entry: ModelTable) -> ModelTable:
    return entry.model_copy(update={"tune": None, "seeds": None})


def _tuned(entry: ModelTable, given: Mapping[str, object]) -> ModelTable:
    own = entry.tune.model_dump() if entry.tune else {}
    if not own and not spec(entry.model).space:
        raise GaitcastError(
            "has nothing that is worth a search",
            where=f"model '{entry.label}'",
            hint="State what may be chosen in a tune table of its entry",
        )
    change = {"name": entry.label + _TUNED, "seeds": None, "tune": {**own, **given}}
    try:
        return ModelTable.model_validate({**entry.model_dump(), **change})
    except ValidationError as error:
        where = f"model '{entry.label}', tune"
        raise_all([GaitcastError(str(e), where=where) for _, e in faults_in(error)])
        raise


def tune_study(
    workspace: Workspace,
    storage: BaseStorage | None = None,
    *,
    trials: int | None = None,
    hours: float | None = None,
    announce: Callable[[str, int, int], None] | None = None,
) -> Tuning:
    """Search in each fold, then fit what was chosen and the default, and score held-out people.

    Parameters
    ----------
    workspace : Workspace
        Of :func:`tuning_study`.
    storage : optuna.storages.BaseStorage, optional
        From :func:`gaitcast.study.search_storage.open_storage`; by default a journal file in the
        folder of results.
    trials : int, optional
        In each fold; by default those of the tables.
    hours : float, optional
        Of searching in all; then the best so far is taken. The last fits come on top of it.
    announce : callable
        Called with a label, how much is done, and of how much.

    Returns
    -------
    Tuning
        Also written to ``tuning.json``.

    Raises
    ------
    GaitcastError
        If no trial of a fold can be fitted.
    """
    from gaitcast.study.search_storage import open_storage

    jobs = list_jobs(workspace)
    searches = [
        Search(workspace, job) for job in jobs if workspace.study.models[job.entry].tune is not None
    ]
    storage = storage or open_storage(workspace.out / JOURNAL)

    def tried(search: Search, done: int, places: int) -> None:
        if announce is not None:
            announce(f"trials of {search.job.label}", done, places)

    work_on_all(searches, storage, trials=trials, hours=hours, announce=tried)
    results = [(search, outcome(search, storage)) for search in searches]
    chosen = {search.job: found for search, found in results}
    fits = []
    for number, job in enumerate(jobs):
        place = workspace if job not in chosen else _with_choice(workspace, job, chosen[job])
        fits.append((job, run_job(place, job)))
        if announce is not None:
            announce(job.label, number + 1, len(jobs))
    gains = _gains(results_table(workspace, fits))
    tuning = Tuning([(search.job, found) for search, found in results], gains)
    content = {
        "study": workspace.study.name,
        "searches": [{"job": asdict(j), **asdict(found)} for j, found in tuning.searches],
        "gains": [asdict(gain) for gain in tuning.gains],
    }
    write_text(workspace.out / "tuning.json", json.dumps(content, indent=1))
    return tuning


def _with_choice(workspace: Workspace, job: Job, found: Found) -> Workspace:
    """The study with what was chosen for one fold in the place of the search."""
    models = [*workspace.study.models]
    entry = models[job.entry]
    models[job.entry] = entry.model_copy(
        update={
            "options": {**entry.options, **of_kind("options", found.best.values)},
            "training": {**entry.training, **of_kind("training", found.best.values)},
            "tune": None,
        }
    )
    return replace(workspace, study=workspace.study.model_copy(update={"models": models}))


def _gains(table: pd.DataFrame) -> list[Gain]:
    rows = table[table["metric"] == "mae"]
    gains = []
    keys = ["task", "model", "inputs", "steps", "split", "horizon_ms"]
    people = {
        cell: (_by_person(part), str(part["unit"].iloc[0]))
        for cell, part in rows.groupby(keys, sort=False)
    }
    for (task, model, inputs, steps, split, horizon_ms), (default, unit) in people.items():
        other = people.get((task, f"{model}{_TUNED}", inputs, steps, split, horizon_ms))
        if other is not None:
            cell = f"{task}, {model} {inputs} {steps}, {split}, {horizon_ms:g} ms"
            gains.append(Gain(cell, unit, other[0], default))
    return gains


def _by_person(rows: pd.DataFrame) -> dict[str, float]:
    return {str(who): float(v) for who, v in rows.groupby("subject")["value"].mean().items()}


def choice_line(job: Job, found: Found) -> str:
    """What was chosen for a fold, and its inner error beside that of the default.

    Parameters
    ----------
    job : Job
        Of the search.
    found : Found
        What it came to.

    Returns
    -------
    str
    """
    count = {state: sum(t.state == state for t in found.trials) for state in ("pruned", "failed")}
    best, default = found.best, found.default
    beside = f"default {default.error:.4f}" if default else "the default is not done"
    kept = default is not None and best.number == default.number
    words = ", ".join(f"{n.partition('.')[2]} {_short(v)}" for n, v in best.values.items())
    return (
        f"{job.model} {job.inputs} {job.steps}, {job.split}/{job.fold}, {job.horizon_ms:g} ms: "
        f"{'the default stays' if kept else words}; inner error {best.error:.4f}, {beside} "
        f"({len(found.trials)} trials, {count['pruned']} stopped early, {count['failed']} failed)"
    )


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)
