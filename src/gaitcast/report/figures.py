"""Bokeh figures of a study: traces one can zoom, and error by horizon step."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from bokeh.layouts import column
from bokeh.model import Model
from bokeh.models import ColumnDataSource, CustomJS, DataRange1d, HoverTool, Select
from bokeh.palettes import Colorblind
from bokeh.plotting import figure

_WIDTH, _HEIGHT = 920, 340


@dataclass(frozen=True)
class Trace:
    """Forecasts of one predictor beside the measurement.

    Parameters
    ----------
    label : str
        Of the predictor.
    time_s : numpy.ndarray, shape (n,)
        Instants that the forecasts speak of.
    truth : numpy.ndarray, shape (n,)
        Measured.
    forecast : numpy.ndarray, shape (n, steps)
        Made `ahead_ms` before.
    ahead_ms : numpy.ndarray, shape (steps,)
        How far ahead.
    """

    label: str
    time_s: np.ndarray
    truth: np.ndarray
    forecast: np.ndarray
    ahead_ms: np.ndarray


def _colours(count: int) -> list[str]:
    return [Colorblind[8][i % 8] for i in range(count)]


def trace_figure(title: str, traces: Sequence[Trace], unit: str) -> Model:
    """Predicted against measured, with a choice of how far ahead.

    Parameters
    ----------
    title : str
        Of the figure.
    traces : sequence of Trace
        Of the same instants and steps.
    unit : str
        Of the target.

    Returns
    -------
    bokeh.model.Model
        A menu above a figure that zooms and pans; a click in the legend hides a line.
    """
    first = traces[0]
    plot = figure(
        title=title,
        width=_WIDTH,
        height=_HEIGHT,
        sizing_mode="scale_width",
        x_axis_label="time (s)",
        y_axis_label=f"measured and forecast ({unit})",
        tools="pan,xwheel_zoom,box_zoom,reset,save",
        active_scroll="xwheel_zoom",
        x_range=(float(first.time_s[0]), float(min(first.time_s[-1], first.time_s[0] + 6))),
    )
    plot.line(first.time_s, first.truth, color="black", line_width=2.5, legend_label="measured")
    last = len(first.ahead_ms) - 1
    sources = []
    for trace, colour in zip(traces, _colours(len(traces)), strict=True):
        columns = {f"step{i}": trace.forecast[:, i].round(3) for i in range(last + 1)}
        source = ColumnDataSource(
            {"time_s": trace.time_s.round(3), "shown": columns[f"step{last}"], **columns}
        )
        plot.line(
            "time_s", "shown", source=source, color=colour, line_width=1.5, legend_label=trace.label
        )
        sources.append(source)
    plot.legend.click_policy = "hide"
    plot.add_layout(plot.legend[0], "below")
    plot.legend.orientation = "horizontal"
    plot.legend.ncols = 3
    plot.add_tools(HoverTool(tooltips=[("time", "$x{0.00} s"), ("value", "$y{0.0}")]))
    menu = Select(
        title="forecast made this long before",
        value=str(last),
        options=[(str(i), f"{ms:g} ms") for i, ms in enumerate(first.ahead_ms)],
        width=220,
    )
    code = (
        "for (const s of sources) { s.data.shown = s.data['step' + menu.value]; s.change.emit(); }"
    )
    menu.js_on_change("value", CustomJS(args={"sources": sources, "menu": menu}, code=code))
    return column(menu, plot, sizing_mode="scale_width")


def horizon_figure(
    title: str, ahead_ms: np.ndarray, curves: dict[str, np.ndarray], unit: str
) -> Model:
    """Error at each horizon step.

    Parameters
    ----------
    title : str
        Of the figure.
    ahead_ms : numpy.ndarray, shape (horizon,)
        How far ahead.
    curves : dict of str to numpy.ndarray, shape (horizon,)
        MAE, mean over people, by predictor.
    unit : str
        Of the target.

    Returns
    -------
    bokeh.model.Model
        A figure.
    """
    plot = figure(
        title=title,
        width=_WIDTH,
        height=_HEIGHT + 80,
        sizing_mode="scale_width",
        x_axis_label="forecast horizon (ms)",
        y_axis_label=f"mean absolute error ({unit})",
        tools="pan,wheel_zoom,box_zoom,reset,save",
        y_range=DataRange1d(start=0, only_visible=True),
    )
    dashes = ("solid", "dashed", "dotted")
    for number, (label, curve) in enumerate(curves.items()):
        plot.line(
            ahead_ms,
            curve,
            color=_colours(len(curves))[number],
            line_dash=dashes[number // 8 % 3],
            line_width=2,
            legend_label=label,
        )
    plot.legend.click_policy = "hide"
    plot.add_layout(plot.legend[0], "right")
    return plot
