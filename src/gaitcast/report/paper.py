"""Figures for papers, in the style of the field: SVG, PDF or PNG, readable in grey."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
from bokeh.palettes import Colorblind
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from gaitcast.atomic import new_file
from gaitcast.errors import GaitcastError, nearest
from gaitcast.evaluation.statistics import interval_over_people
from gaitcast.report.gather import Panel, Shown, known_mean, panels, was_watched
from gaitcast.report.ranking import comparison_of, ranks_of
from gaitcast.study import Job, Workspace
from gaitcast.study.store import read_arrays

FORMATS = ("svg", "pdf", "png")
#: One column of a journal page.
_WIDTH_IN, _HEIGHT_IN = 3.5, 2.6
#: How figures for papers look.
STYLE = {
    "font.size": 8,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "legend.frameon": False,
    "legend.fontsize": 6.5,
    "svg.fonttype": "none",
    "pdf.fonttype": 42,
    "svg.hashsalt": "gaitcast",
}
_DASHES = ("-", "--", ":", "-.")
_MARKERS = "os^Dvph"


def write_figures(
    workspace: Workspace,
    fits: Sequence[tuple[Job, str]],
    summary: pd.DataFrame,
    out: str | Path,
    kind: str = "svg",
) -> list[Path]:
    """Draw every panel of a study.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder; the recordings are not read.
    fits : sequence of tuple of Job and str
        From :func:`gaitcast.evaluation.read_run`.
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.
    out : str or Path
        Folder, made if absent.
    kind : str
        ``svg``, ``pdf`` or ``png``.

    Returns
    -------
    list of Path
        ``SPLIT-HORIZONms-WHAT.KIND``, the target in front where there are several: ``cycle`` (mean
        and SD over the gait cycle), ``horizon`` (error with its 95 % interval over people),
        ``phase``, ``ranks``, ``people``, ``losses``.

    Raises
    ------
    GaitcastError
        If the format is unknown or the folder cannot be written.
    """
    out = Path(out)
    if kind not in FORMATS:
        raise GaitcastError(f"unknown format '{kind}'", hint=nearest(kind, FORMATS))
    try:
        out.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise GaitcastError(f"cannot write: {error.strerror}", where=str(out)) from error
    written = []
    with rc_context(STYLE):
        for panel in panels(workspace, fits, summary):
            prefix = f"{panel.target}-" if panel.several else ""
            for name, draw in _DRAWN.items():
                figure = Figure((_WIDTH_IN, _HEIGHT_IN), layout="constrained")
                if draw(panel, figure.add_subplot()):
                    path = out / f"{prefix}{panel.split}-{panel.horizon_ms:g}ms-{name}.{kind}"
                    dated = {"svg": "Date", "pdf": "CreationDate"}.get(kind)
                    undated = {dated: None} if dated else None
                    with new_file(path) as draft:
                        figure.savefig(draft, format=kind, metadata=undated, dpi=300)
                    written.append(path)
    return written


def people_chart(table: pd.DataFrame, metric: str = "mae") -> Figure:
    """Error of each participant, with mean and 95 % interval, a row for each predictor.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`gaitcast.study.results_table`.
    metric : str
        A column value of ``metric``.

    Returns
    -------
    matplotlib.figure.Figure
        The farthest horizon of the first task; the smallest error on top.
    """
    rows = table[(table["metric"] == metric) & (table["task"] == table["task"].iloc[0])]
    rows = rows[rows["horizon_ms"] == rows["horizon_ms"].max()]
    names = rows["model"] + ", " + rows["inputs"] + ", " + rows["steps"]
    people = rows.assign(who=names).pivot_table("value", "subject", "who", aggfunc="mean")
    order = people.mean().sort_values(ascending=False).index
    with rc_context(STYLE):
        height_in = 0.6 + 0.22 * len(order)
        figure = Figure((_WIDTH_IN, height_in), layout="constrained")
        axes = figure.add_subplot()
        for row, name in enumerate(order):
            values = people[name].dropna().to_numpy()
            low, high = interval_over_people(values.tolist())
            axes.plot(values, [row] * len(values), ".", color="0.6")
            axes.plot([low, high], [row, row], color=_colour(0))
            axes.plot(values.mean(), row, "o", color=_colour(0))
        unit, horizon_ms = rows["unit"].iloc[0], rows["horizon_ms"].iloc[0]
        axes.set_yticks(range(len(order)), order)
        axes.set_xlabel(f"{metric.upper()}, {horizon_ms:g} ms ({unit}); 95 % over participants")
    return figure


def _colour(number: int) -> str:
    return str(Colorblind[8][number % 8])


def _cycle(panel: Panel, axes: Axes) -> bool:
    live = [s for s in panel.shown if s.ranked] or list(panel.shown)
    curves = _cycle_of(live[0])
    if not np.isfinite(curves).any():
        return False
    x = (np.arange(curves.shape[1]) + 0.5) * 100 / curves.shape[1]
    for mean, spread, colour, style, label in (
        (curves[0], curves[1], "black", "-", "measured"),
        (curves[2], curves[3], _colour(live[0].number), "--", live[0].label),
    ):
        axes.plot(x, mean, style, color=colour, label=label)
        axes.fill_between(x, mean - spread, mean + spread, color=colour, alpha=0.15, linewidth=0)
    axes.set(xlabel="gait cycle (%)", ylabel=f"mean and SD ({panel.unit})", xlim=(0, 100))
    axes.legend()
    return True


def _cycle_of(shown: Shown) -> np.ndarray:
    """Over people: mean and SD within people of truth and forecast, (4, points)."""
    found = []
    for metadata, folder in zip(shown.metadata, shown.folders, strict=True):
        targets = next(iter(metadata["scores"].values()))
        stored = read_arrays(folder / "errors.npz", ("cycle",))
        found.append(stored["cycle"][:, list(targets).index(shown.target)])
    return known_mean(list(np.concatenate(found)))


def _horizon(panel: Panel, axes: Axes) -> bool:
    if len(panel.ahead_ms) < 2:
        return False
    for place, shown in enumerate(panel.leading):
        people = np.array(list(shown.per_person("by_step").values()))
        style, colour = _DASHES[shown.number % 4], _colour(shown.number)
        axes.plot(panel.ahead_ms, people.mean(axis=0), style, color=colour, label=shown.label)
        bounds = np.array([interval_over_people(step.tolist()) for step in people.T])
        if np.isfinite(bounds).all() and place < 2:
            axes.fill_between(panel.ahead_ms, *bounds.T, color=colour, alpha=0.15, linewidth=0)
    axes.set(xlabel="forecast horizon (ms)", ylabel=f"MAE ({panel.unit})")
    axes.set_ylim(bottom=0)
    axes.legend()
    return True


def _phase(panel: Panel, axes: Axes) -> bool:
    curves = [(shown, shown.over_people("by_phase")) for shown in panel.leading]
    if not any(np.isfinite(curve).any() for _, curve in curves):
        return False
    for shown, curve in curves:
        x = (np.arange(len(curve)) + 0.5) * 100 / len(curve)
        style, colour = _DASHES[shown.number % 4], _colour(shown.number)
        axes.plot(x, curve, style, color=colour, label=shown.label)
    axes.set(xlabel="gait cycle (%)", ylabel=f"MAE of the farthest step ({panel.unit})")
    axes.set(xlim=(0, 100))
    axes.set_ylim(bottom=0)
    axes.legend()
    return True


def _ranks(panel: Panel, axes: Axes) -> bool:
    found = comparison_of(panel)
    if found is None:
        return False
    ranks = ranks_of(found)
    axes.errorbar(
        ranks.mean, ranks.names, xerr=(ranks.mean - ranks.low, ranks.high - ranks.mean),
        fmt="o", color=_colour(0), ecolor="0.4", markersize=4, clip_on=False,
    )  # fmt: skip
    axes.tick_params(axis="y", labelsize=6)
    axes.set(xlabel="mean rank over people; bars that overlap: no difference shown")
    axes.set_xlim(1, len(ranks.names))
    return True


def _people(panel: Panel, axes: Axes) -> bool:
    scores = [(shown, shown.per_person("mae")) for shown in panel.leading]
    names = sorted({p for _, people in scores for p in people})
    if len(names) < 2:
        return False
    for shown, people in scores:
        values = [float(people.get(name, np.array(np.nan))) for name in names]
        marker, colour = _MARKERS[shown.number % len(_MARKERS)], _colour(shown.number)
        axes.plot(names, values, marker, color=colour, label=shown.label, markersize=4)
    axes.set(xlabel="person", ylabel=f"MAE ({panel.unit})")
    axes.set_ylim(bottom=0)
    axes.tick_params(axis="x", labelrotation=90 if len(names) > 8 else 0)
    axes.legend()
    return True


def _losses(panel: Panel, axes: Axes) -> bool:
    trained = [s for s in panel.shown if any(was_watched(f["history"]) for f in s.metadata)][:6]
    for shown in trained:
        for k, metadata in enumerate(f for f in shown.metadata if was_watched(f["history"])):
            values = [e["val_mae"] for e in metadata["history"] if "val_mae" in e]
            label = shown.label if k == 0 else None
            style = _DASHES[shown.number % 4]
            axes.plot(
                range(1, len(values) + 1), values, style,
                color=_colour(shown.number), alpha=0.7, linewidth=0.9, label=label,
            )  # fmt: skip
    if trained:
        axes.set(xlabel="epoch", ylabel="validation MAE (scaled)")
        axes.legend()
    return bool(trained)


_DRAWN: dict[str, Callable[[Panel, Axes], bool]] = {
    "cycle": _cycle,
    "horizon": _horizon,
    "phase": _phase,
    "ranks": _ranks,
    "people": _people,
    "losses": _losses,
}
