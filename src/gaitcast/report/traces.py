"""Forecasts beside the measurement over time: one step ahead, or a whole fan with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from bokeh.layouts import column, row
from bokeh.model import Model
from bokeh.models import ColumnDataSource, CustomJS, Div, HoverTool, Select, Slider

from gaitcast.report.gather import Panel, Shown
from gaitcast.report.style import blank, colour, dash, legend_below
from gaitcast.report.walks import Walk, Walks, walks_of

_WIDTH = 230
#: Seconds that are shown at first.
_SHOWN_S = 6.0
#: Fills the figure from the walk, target and step that are chosen. Arrays hold targets one after
#: the other: of a line (targets, steps, n), of a fan (targets, moments, steps).
_CODE = """
const changed = cb_obj;
if (changed === person) {
  trial.options = walks.filter(w => w.person === person.value).map(w => w.trial);
  if (!trial.options.includes(trial.value)) { trial.value = trial.options[0]; return; }
}
const w = walks.find(w => w.person === person.value && w.trial === trial.value);
const t = target.options.indexOf(target.value), n = w.time.length;
const step = Number(ahead.value);
const part = (a, from, count) => a.length ? Array.from(a.slice(from, from + count))
                                          : Array(count).fill(NaN);
const time = Array.from(w.time);
truth.data = {x: time, y: part(w.truth, t * n, n)};
lines.forEach((s, i) => {
  s.data = {x: time, y: part(w.lines[i], (t * ahead.options.length + step) * n, n)};
});
const which = Number(fan_of.value), made = w.made[which] ?? [], k = fan_ahead.length;
slider.end = Math.max(1, made.length - 1);
const m = Math.min(slider.value, made.length - 1);
if (m >= 0) {
  const y = part(w.fans[which], (t * made.length + m) * k, k);
  const half = w.half[which].slice(t * k, (t + 1) * k);
  fan.data = {x: fan_ahead.map(a => made[m] + a), y: y, low: y.map((v, i) => v - half[i]),
              high: y.map((v, i) => v + half[i])};
  const known = truth.data.y.filter(Number.isFinite);
  now.data = {x: [made[m], made[m]], y: [Math.min(...known), Math.max(...known)]};
} else {
  fan.data = {x: [], y: [], low: [], high: []}; now.data = {x: [], y: []};
}
axis.axis_label = 'measured and forecast (' + units[t] + ')';
if (changed === person || changed === trial) {
  range.start = time[0]; range.end = Math.min(time[n - 1], time[0] + shown_s);
}
"""


def trace_figure(panels: Sequence[Panel]) -> Model | None:
    """Forecasts against measurements: every tested person, trial and target to choose from.

    Parameters
    ----------
    panels : sequence of Panel
        Of one split and horizon, one for each target; the leading predictors of the first.

    Returns
    -------
    bokeh.model.Model or None
        Menus above a figure that zooms and pans; None where no walk was scored whole.
    """
    walks = walks_of(panels)
    if walks is None:
        return None
    leading = [one for one in panels[0].leading if any(one.label in w.by for w in walks.walks)]
    first = walks.walks[0]
    plot = blank(
        panels[0].where,
        "time (s)",
        f"measured and forecast ({panels[0].unit})",
        height=420 + 12 * len(leading),
        tools="pan,xwheel_zoom,box_zoom,reset,save",
        active_scroll="xwheel_zoom",
        x_range=(float(first.time_s[0]), _end(first)),
    )
    truth = ColumnDataSource({"x": first.time_s, "y": first.truth[:, 0]})
    plot.line("x", "y", source=truth, color="black", line_width=2.5, legend_label="measured")
    last = len(walks.ahead_ms) - 1
    lines = [_line(plot, one, first, last, place) for place, one in enumerate(leading)]
    fan, now = _fan(plot, first, leading[0], walks)
    legend_below(plot)
    plot.add_tools(HoverTool(tooltips=[("time", "$x{0.00} s"), ("value", "$y{0.0}")]))
    menus = _menus(panels, walks, leading)
    arguments = {
        **menus,
        "walks": [_packed(walk, leading) for walk in walks.walks],
        "units": [panel.unit for panel in panels],
        "truth": truth,
        "lines": lines,
        "fan": fan,
        "now": now,
        "fan_ahead": walks.fan_ahead_s.tolist(),
        "axis": plot.yaxis[0],
        "range": plot.x_range,
        "shown_s": _SHOWN_S,
    }
    code = CustomJS(args=arguments, code=_CODE)
    for menu in menus.values():
        menu.js_on_change("value", code)
    controls = row(
        *_needed(menus, walks), sizing_mode="stretch_width", styles={"flex-wrap": "wrap"}
    )
    notes = []
    if walks.left_out:
        text = f"{walks.left_out} more trials were tested; they would make this page slow."
        notes.append(Div(text=text, styles={"color": "#555"}))
    return column(controls, *notes, plot, sizing_mode="stretch_width")


def _end(walk: Walk) -> float:
    return float(min(walk.time_s[-1], walk.time_s[0] + _SHOWN_S))


def _menus(panels: Sequence[Panel], walks: Walks, leading: Sequence[Shown]) -> dict[str, Any]:
    people = list(dict.fromkeys(walk.person for walk in walks.walks))
    trials = [walk.trial for walk in walks.walks if walk.person == people[0]]
    targets = [panel.target for panel in panels]
    steps = [
        (str(i), f"{ms:g} ms" if ms >= 0 else f"{-ms:g} ms after")
        for i, ms in enumerate(walks.ahead_ms)
    ]
    predictors = [(str(i), one.label) for i, one in enumerate(leading)]
    made = walks.walks[0].by[leading[0].label].fan_time_s
    return {
        "person": Select(title="person", value=people[0], options=people, width=_WIDTH),
        "trial": Select(title="trial", value=trials[0], options=trials, width=_WIDTH),
        "target": Select(title="target", value=targets[0], options=targets, width=_WIDTH),
        "ahead": Select(
            title="lines: forecast made this long before",
            value=steps[-1][0],
            options=steps,
            width=_WIDTH,
        ),
        "fan_of": Select(title="fan of", value="0", options=predictors, width=_WIDTH),
        "slider": Slider(
            title="fan: step through time",
            start=0,
            end=max(1, len(made) - 1),
            value=_fan_start(made),
            step=1,
            show_value=False,
            width=_WIDTH,
        ),
    }


def _needed(menus: dict[str, Any], walks: Walks) -> list[Model]:
    """Menus with something to choose."""
    fans = any(len(one.fan_time_s) for one in walks.walks[0].by.values())
    return [
        menu
        for name, menu in menus.items()
        if (fans if name in ("fan_of", "slider") else len(menu.options) > 1 or name == "person")
    ]


def _fan_start(made: np.ndarray) -> int:
    return max(0, min(len(made) - 1, 10))


def _line(plot: Any, shown: Shown, walk: Walk, step: int, place: int) -> ColumnDataSource:
    known = walk.by.get(shown.label)
    values = known.forecast[:, step, 0] if known else np.full(len(walk.time_s), np.nan)
    source = ColumnDataSource({"x": walk.time_s, "y": values})
    plot.line(
        "x",
        "y",
        source=source,
        color=colour(shown.number),
        line_dash=dash(shown.number),
        line_width=1.5,
        legend_label=shown.label,
        visible=place < 2,
    )
    return source


def _fan(
    plot: Any, walk: Walk, shown: Shown, walks: Walks
) -> tuple[ColumnDataSource, ColumnDataSource]:
    """The whole forecast made at one instant, with its 90 % interval where there is one."""
    best = walk.by[shown.label]
    fan = ColumnDataSource({"x": [], "y": [], "low": [], "high": []})
    now = ColumnDataSource({"x": [], "y": []})
    if len(best.fan_time_s):
        start = _fan_start(best.fan_time_s)
        made, values, half = best.fan_time_s[start], best.fan[start, :, 0], best.half[:, 0]
        fan.data = {
            "x": made + walks.fan_ahead_s,
            "y": values,
            "low": values - half,
            "high": values + half,
        }
        low, high = np.nanmin(walk.truth[:, 0]), np.nanmax(walk.truth[:, 0])
        now.data = {"x": [made, made], "y": [low, high]}
    name = "fan, 90 % interval" if best.half.any() else "fan"
    plot.varea("x", "low", "high", source=fan, color="#555555", alpha=0.2, legend_label=name)
    plot.line("x", "y", source=fan, color="#555555", line_width=3, legend_label=name)
    plot.line("x", "y", source=now, color="#555555", line_dash="dotted")
    return fan, now


def _packed(walk: Walk, leading: Sequence[Shown]) -> dict[str, Any]:
    """A walk for the page: single precision, targets one after the other."""
    known = [walk.by.get(one.label) for one in leading]
    nothing = np.zeros(0, np.float32)
    return {
        "person": walk.person,
        "trial": walk.trial,
        "time": walk.time_s.astype(np.float32),
        "truth": walk.truth.T.astype(np.float32).ravel(),
        "lines": [one.forecast.transpose(2, 1, 0).ravel() if one else nothing for one in known],
        "made": [one.fan_time_s.round(3).tolist() if one else [] for one in known],
        "fans": [one.fan.transpose(2, 0, 1).ravel() if one else nothing for one in known],
        "half": [one.half.T.round(4).ravel().tolist() if one else [] for one in known],
    }
