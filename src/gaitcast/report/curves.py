"""Error by horizon and by phase, coverage by phase, and losses."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from bokeh.model import Model
from bokeh.models import DataRange1d, Span

from gaitcast.report.gather import Panel, Shown, known_mean, was_watched
from gaitcast.report.style import blank, colour, dash, legend_below

#: Where heel strikes are known, else from peak to peak: the page's note says so.
_CYCLE = "gait cycle (%), 0 = heel strike, or peak of the target where none is known"


def horizon_figure(panel: Panel) -> Model | None:
    """Error at each horizon step.

    Parameters
    ----------
    panel : Panel
        All its predictors are drawn, the worst hidden at first.

    Returns
    -------
    bokeh.model.Model or None
        None where a single step was asked for: the table has it.
    """
    if len(panel.ahead_ms) < 2:
        return None
    return _lines(
        panel,
        panel.shown,
        ("error by horizon", "forecast horizon (ms)", f"mean absolute error ({panel.unit})"),
        lambda shown: (panel.ahead_ms, shown.over_people("by_step")),
    )


def phase_figure(panel: Panel) -> Model | None:
    """Error of the farthest step in each part of the gait cycle.

    Parameters
    ----------
    panel : Panel
        Its leading predictors are drawn.

    Returns
    -------
    bokeh.model.Model or None
        None where no cycle was found.
    """

    def curve(shown: Shown) -> tuple[np.ndarray, np.ndarray]:
        error = shown.over_people("by_phase")
        return _middles(len(error)), error

    if not np.isfinite(curve(panel.shown[0])[1]).any():
        return None
    words = ("error by phase", _CYCLE, f"error of the farthest step ({panel.unit})")
    return _lines(panel, panel.leading, words, curve)


def coverage_figure(panel: Panel) -> Model | None:
    """Share of measured values inside the 90 % interval, by phase.

    Parameters
    ----------
    panel : Panel
        Its leading predictors are drawn.

    Returns
    -------
    bokeh.model.Model or None
        None with one tested person.
    """
    shown = [s for s in panel.leading if s.intervals]

    def curve(one: Shown) -> tuple[np.ndarray, np.ndarray]:
        mean = known_mean([i.phase_coverage for i in one.intervals.values()])
        return _middles(len(mean)), 100 * mean

    if not shown or not np.isfinite(curve(shown[0])[1]).any():
        return None
    words = ("coverage by phase", _CYCLE, "inside the 90 % interval (%)")
    plot = _lines(panel, shown, words, curve)
    plot.add_layout(Span(location=90, dimension="width", line_dash="dashed", line_color="black"))
    return plot


def loss_figure(panel: Panel) -> Model | None:
    """Validation error by epoch, mean over the fits that got so far.

    Parameters
    ----------
    panel : Panel
        Its networks are drawn.

    Returns
    -------
    bokeh.model.Model or None
        None without networks.
    """
    trained = [s for s in panel.shown if any(was_watched(f["history"]) for f in s.metadata)]
    if not trained:
        return None

    def curve(shown: Shown) -> tuple[np.ndarray, np.ndarray]:
        watched = (f["history"] for f in shown.metadata if was_watched(f["history"]))
        traces = [[epoch["val_mae"] for epoch in history] for history in watched]
        longest = max(len(t) for t in traces)
        epochs = [[t[k] for t in traces if len(t) > k] for k in range(longest)]
        return np.arange(1, longest + 1), np.array([np.mean(e) for e in epochs])

    words = ("validation error while training", "epoch", "mean absolute error (scaled)")
    return _lines(panel, trained, words, curve)


def _middles(count: int) -> np.ndarray:
    return (np.arange(count) + 0.5) * 100 / count


def _lines(
    panel: Panel,
    shown: tuple[Shown, ...] | list[Shown],
    words: tuple[str, str, str],
    curve: Callable[[Shown], tuple[np.ndarray, np.ndarray]],
) -> Model:
    title, x, y = words
    rows = -(-len(shown) // 2)
    plot = blank(
        f"{panel.title}: {title}",
        x,
        y,
        height=340 + 24 * rows,
        y_range=DataRange1d(start=0, only_visible=True),
    )
    for place, one in enumerate(shown):
        at, values = curve(one)
        draw = plot.line if len(at) > 1 else plot.scatter
        style = {"line_dash": dash(one.number), "line_width": 2} if len(at) > 1 else {"size": 9}
        draw(
            at,
            values,
            color=colour(one.number),
            legend_label=one.label,
            visible=place < 6,
            **style,
        )
    legend_below(plot)
    return plot
