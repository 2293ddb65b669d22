"""``tuning.html``: what a search chose, its history, its Pareto front, and what mattered."""

from __future__ import annotations

import html
from collections.abc import Callable, Sequence

import numpy as np
from bokeh.model import Model

from gaitcast.atomic import write_text
from gaitcast.report.html_page import Page, anchor
from gaitcast.report.style import MARKERS, blank, colour, legend_below
from gaitcast.study import Workspace
from gaitcast.study.jobs import Job
from gaitcast.study.search import Found, Tried
from gaitcast.study.tuned_study import Tuning, choice_line

_PLACES = ("Held-out people", "Choices", "History", "Pareto front", "Importance", "Trials")
_Searches = list[tuple[Job, Found]]


def write_search_page(workspace: Workspace, tuning: Tuning) -> None:
    """Write ``tuning.html`` into the folder of results.

    Parameters
    ----------
    workspace : Workspace
        Of :func:`gaitcast.study.tuned_study.tuning_study`.
    tuning : Tuning
        From :func:`gaitcast.study.tuned_study.tune_study`.
    """
    page, study = Page(), workspace.study
    page.add(
        f"<h1>{html.escape(study.title)}: tuning</h1>",
        "<nav>" + " ".join(f'<a href="#{anchor(p)}">{p}</a>' for p in _PLACES) + "</nav>",
    )
    page.heading(
        "Held-out people",
        "Mean absolute error of the tuned model and of the default on people of whom no search "
        "knew, with the 95 % interval of the difference over people.",
    )
    page.add(*(f'<p class="verdict">{html.escape(gain.line)}</p>' for gain in tuning.gains))
    for gain in tuning.gains:
        rows = [(p, f"{gain.tuned[p]:.3f}", f"{gain.default[p]:.3f}") for p in gain.default]
        page.table((f"person ({gain.unit})", "tuned", "default"), rows)
    page.heading(
        "Choices",
        "Inner error: mean absolute error by the spread of each target, on held-out people of the "
        "training part. The best of many trials looks better here than it is.",
    )
    page.add(*(f"<p>{html.escape(choice_line(*found))}</p>" for found in tuning.searches))
    cells: dict[str, _Searches] = {}
    for job, found in tuning.searches:
        name = f"{job.model} {job.inputs} {job.steps}, {job.split}, {job.horizon_ms:g} ms"
        cells.setdefault(name, []).append((job, found))
    page.heading("History", "Inner error by trial; crosses were stopped early; the line is the "
                 "best so far, divided by the default of its fold.")  # fmt: skip
    page.draw((history_figure(name, found) for name, found in cells.items()), _NO_TRIAL)
    page.heading("Pareto front", "Inner error against the cost of one more sample. The line "
                 "joins the trials that no other one beats in both.")  # fmt: skip
    fronts = (
        front_figure(name, found, label, of)
        for name, found in cells.items()
        for label, of in _COSTS
    )
    page.draw(fronts, _NO_TRIAL)
    page.heading("Importance", "Share of the variance of the inner error (fANOVA), by fold; of few "
                 "trials it is a rough guide.")  # fmt: skip
    page.draw((importance_figure(name, found) for name, found in cells.items()),
              "It takes several finished trials.")  # fmt: skip
    page.heading("Trials", "All of them; values as a study file has them.")
    page.table(
        ("fold", "trial", "state", "values", "inner error", "multiply-adds", "forecast", "time"),
        [_row(job, t) for job, found in tuning.searches for t in found.trials],
    )
    write_text(workspace.out / "tuning.html", page.html(f"{study.title}: tuning"))


_NO_TRIAL = "No trial was finished."


def _row(job: Job, trial: Tried) -> tuple[str, ...]:
    error, work, ms, s = (
        trial.error,
        trial.multiply_adds,
        trial.forecast_ms,
        trial.seconds,
    )
    return (
        f"{job.model} {job.fold}",
        str(trial.number),
        f"{trial.state}: {trial.reason}" if trial.reason else trial.state,
        ", ".join(f"{k} = {v!r}" for k, v in trial.values.items()),
        "" if error is None else f"{error:.4f}",
        "" if work is None else f"{work:,}",
        "" if ms is None else f"{ms:.2f} ms",
        "" if s is None else f"{s:.1f} s",
    )


_COSTS: tuple[tuple[str, Callable[[Tried], float | None]], ...] = (
    ("multiply-adds per sample", lambda t: t.multiply_adds),
    ("time per sample in torch (ms)", lambda t: t.forecast_ms),
)


def _relative(found: Found, trials: Sequence[Tried]) -> list[float]:
    """Errors divided by the default's."""
    unit = found.default.error if found.default and found.default.error else 1.0
    return [float(t.error or np.nan) / unit for t in trials]


def history_figure(name: str, searches: _Searches) -> Model:
    """Error by trial, a colour for each fold.

    Parameters
    ----------
    name : str
        Title.
    searches : list of tuple of Job and Found
        Of the folds.

    Returns
    -------
    bokeh.model.Model
    """
    plot = blank(name, "trial", "inner error / that of the default")
    for number, (job, found) in enumerate(searches):
        done = [t for t in found.trials if t.state == "complete"]
        early = [t for t in found.trials if t.state == "pruned"]
        style = {"color": colour(number), "legend_label": job.fold}
        plot.scatter([t.number for t in done], _relative(found, done), size=7, **style)
        plot.scatter(
            [t.number for t in early], _relative(found, early), size=7, marker="x", **style
        )
        best = np.minimum.accumulate(_relative(found, done)) if done else np.zeros(0)
        plot.step([t.number for t in done], best, mode="after", line_width=2, **style)
    legend_below(plot)
    return plot


def front(costs: Sequence[float], errors: Sequence[float]) -> list[int]:
    """Which points no other one beats in both.

    Parameters
    ----------
    costs, errors : sequence of float
        Smaller is better.

    Returns
    -------
    list of int
        Places, from the cheapest on.
    """
    kept: list[int] = []
    for place in sorted(range(len(costs)), key=lambda k: (costs[k], errors[k])):
        if not kept or errors[place] < errors[kept[-1]]:
            kept.append(place)
    return kept


def front_figure(
    name: str, searches: _Searches, label: str, cost_of: Callable[[Tried], float | None]
) -> Model | None:
    """Error against a cost, a colour for each fold.

    Parameters
    ----------
    name, label : str
        Title, and of the axis of costs.
    searches : list of tuple of Job and Found
        Of the folds.
    cost_of : callable
        Of a trial.

    Returns
    -------
    bokeh.model.Model or None
        None where fewer than two costs differ.
    """
    every = {cost_of(t) for _, found in searches for t in found.trials if t.state == "complete"}
    if len(every - {None}) < 2:
        return None
    plot = blank(name, label, "inner error / that of the default", x_axis_type="log")
    for number, (job, found) in enumerate(searches):
        done = [t for t in found.trials if t.state == "complete" and cost_of(t)]
        costs, errors = [float(cost_of(t) or 0) for t in done], _relative(found, done)
        style = {"color": colour(number), "legend_label": job.fold}
        plot.scatter(costs, errors, size=8, marker=MARKERS[number % len(MARKERS)], **style)
        best = front(costs, errors)
        plot.line([costs[k] for k in best], [errors[k] for k in best], line_width=2, **style)
    legend_below(plot)
    return plot


def importance_figure(name: str, searches: _Searches) -> Model | None:
    """Share of the variance of the error by option, a colour for each fold.

    Parameters
    ----------
    name : str
        Title.
    searches : list of tuple of Job and Found
        Of the folds.

    Returns
    -------
    bokeh.model.Model or None
        None with too few trials.
    """
    options = sorted({option for _, found in searches for option in found.importance})
    if not options:
        return None
    plot = blank(name, "share", "", height=120 + 30 * len(options), y_range=options, tools="save")
    for number, (job, found) in enumerate(searches):
        plot.scatter(
            [*found.importance.values()],
            [*found.importance],
            size=10,
            marker=MARKERS[number % len(MARKERS)],
            color=colour(number),
            legend_label=job.fold,
        )
    plot.x_range.start = 0
    legend_below(plot)
    return plot
