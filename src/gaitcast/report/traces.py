"""Forecasts beside the measurement over time: one step ahead, or a whole fan with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.model import Model
from bokeh.models import ColumnDataSource, CustomJS, HoverTool, Select, Slider

from gaitcast.report.gather import Panel, Shown
from gaitcast.report.style import blank, colour, dash, legend_below
from gaitcast.study.store import read_arrays

_STEP_CODE = """
for (const s of sources) { s.data.shown = s.data['step' + menu.value]; s.change.emit(); }
"""
_FAN_CODE = """
const k = slider.value, f = fans[Number(which.value)];
const n = f.ahead.length, made = f.made[Math.min(k, f.made.length - 1)];
const y = [], low = [], high = [], x = [];
for (let i = 0; i < n; i++) {
  const v = f.values[Math.min(k, f.made.length - 1) * n + i];
  x.push(made + f.ahead[i]); y.push(v); low.push(v - f.half[i]); high.push(v + f.half[i]);
}
fan.data = {x, y, low, high};
now.data = {x: [made, made], y: now.data.y};
"""


#: Samples over all lines of a figure; more make the page slow to load.
_MOST_SAMPLES = 15_000
_KEPT = (
    "rate_hz", "first", "time_s", "truth", "forecast", "ahead", "fan_time_s", "fan_ahead", "fan",
)  # fmt: skip


@dataclass(frozen=True)
class _Stored:
    """``trace.npz`` of one predictor."""

    shown: Shown
    person: str
    time_s: np.ndarray
    truth: np.ndarray
    forecast: np.ndarray
    ahead_ms: np.ndarray
    fan_time_s: np.ndarray
    fan_ahead_s: np.ndarray
    fan: np.ndarray
    half: np.ndarray


def trace_figure(panel: Panel) -> Model | None:
    """Predicted against measured, with a choice of how far ahead, and the fan made at one instant.

    Parameters
    ----------
    panel : Panel
        Its leading predictors are drawn; all of them where the walks are short.

    Returns
    -------
    bokeh.model.Model or None
        Menus above a figure that zooms and pans; None where no walk was scored whole.
    """
    walks = _walks(panel, panel.leading)
    if not walks:
        return None
    first = walks[0]
    if len(panel.shown) * len(first.time_s) <= _MOST_SAMPLES:
        walks = _walks(panel, panel.shown)
    stored = [s for s in walks if len(s.time_s) == len(first.time_s)]
    person = first.person
    plot = blank(
        f"{panel.title}: person {person}",
        "time (s)",
        f"measured and forecast ({panel.unit})",
        height=420 + 12 * len(stored),
        tools="pan,xwheel_zoom,box_zoom,reset,save",
        active_scroll="xwheel_zoom",
        x_range=(float(first.time_s[0]), float(min(first.time_s[-1], first.time_s[0] + 6))),
    )
    plot.line(first.time_s, first.truth, color="black", line_width=2.5, legend_label="measured")
    sources = [_line(plot, s, number) for number, s in enumerate(stored)]
    fan_controls = _fan(plot, stored)
    legend_below(plot)
    plot.add_tools(HoverTool(tooltips=[("time", "$x{0.00} s"), ("value", "$y{0.0}")]))
    menu = Select(
        title="lines: forecast made this long before",
        value=str(len(first.ahead_ms) - 1),
        options=[
            (str(i), f"{ms:g} ms" if ms >= 0 else f"{-ms:g} ms after")
            for i, ms in enumerate(first.ahead_ms)
        ],
        width=230,
    )
    menu.js_on_change("value", CustomJS(args={"sources": sources, "menu": menu}, code=_STEP_CODE))
    controls = row(menu, *fan_controls, sizing_mode="stretch_width", styles={"flex-wrap": "wrap"})
    return column(controls, plot, sizing_mode="stretch_width")


def _walks(panel: Panel, predictors: Sequence[Shown]) -> list[_Stored]:
    """Of those that were scored at every sample of a walk of the best one's fold."""
    found = (_read(predictor, panel.shown[0].job.fold) for predictor in predictors)
    return [stored for stored in found if stored and len(stored.time_s)]


def _read(shown: Shown, fold: str) -> _Stored | None:
    pairs = zip(shown.metadata, shown.folders, strict=True)
    found = next(((f, folder) for f, folder in pairs if f["job"]["fold"] == fold), None)
    if found is None:
        return None
    metadata, folder = found
    # Several people may be tested in one fold; the trace is of the first.
    who = next(iter(metadata["scores"]))
    kept = read_arrays(folder / "trace.npz", _KEPT)
    steps, rate_hz = kept["fan_ahead"], float(kept["rate_hz"])
    half = np.zeros(len(steps))
    if who in shown.intervals:
        half = shown.intervals[who].width[steps - int(kept["first"])] / 2
    return _Stored(
        shown,
        who,
        kept["time_s"],
        kept["truth"],
        kept["forecast"],
        1000 * kept["ahead"] / rate_hz,
        kept["fan_time_s"],
        steps / rate_hz,
        kept["fan"],
        half,
    )


def _line(plot: Any, stored: _Stored, number: int) -> ColumnDataSource:
    last = stored.forecast.shape[1] - 1
    columns = {f"step{i}": stored.forecast[:, i].round(3) for i in range(last + 1)}
    source = ColumnDataSource(
        {"time_s": stored.time_s.round(3), "shown": columns[f"step{last}"], **columns}
    )
    plot.line(
        "time_s",
        "shown",
        source=source,
        color=colour(number),
        line_dash=dash(number),
        line_width=1.5,
        legend_label=stored.shown.label,
        visible=number < 2,
    )
    return source


def _fan(plot: Any, stored: list[_Stored]) -> list[Model]:
    """The whole forecast made at one instant, with its 90 % interval where there is one."""
    best = stored[0]
    if not len(best.fan_time_s):
        return []
    start = min(len(best.fan_time_s) - 1, 10)
    made, values = best.fan_time_s[start], best.fan[start]
    fan = ColumnDataSource(
        {
            "x": made + best.fan_ahead_s,
            "y": values,
            "low": values - best.half,
            "high": values + best.half,
        }
    )
    low, high = float(best.truth.min()), float(best.truth.max())
    now = ColumnDataSource({"x": [made, made], "y": [low, high]})
    name = "fan, 90 % interval" if best.half.any() else "fan"
    plot.varea("x", "low", "high", source=fan, color="#0072B2", alpha=0.2, legend_label=name)
    plot.line("x", "y", source=fan, color="#0072B2", line_width=3, legend_label=name)
    plot.line("x", "y", source=now, color="#555555", line_dash="dotted")
    which = Select(
        title="fan of",
        value="0",
        options=[(str(i), s.shown.label) for i, s in enumerate(stored)],
        width=230,
    )
    slider = Slider(
        title="fan: step through time",
        start=0,
        end=len(best.fan_time_s) - 1,
        value=start,
        step=1,
        show_value=False,
        width=230,
    )
    fans = [
        {
            "ahead": s.fan_ahead_s.tolist(),
            "made": s.fan_time_s.round(3).tolist(),
            "values": s.fan.astype(np.float32).round(2).ravel(),
            "half": s.half.round(3).tolist(),
        }
        for s in stored
    ]
    arguments = {"slider": slider, "which": which, "fans": fans, "fan": fan, "now": now}
    step = CustomJS(args=arguments, code=_FAN_CODE)
    slider.js_on_change("value", step)
    which.js_on_change("value", step)
    return [which, slider]
