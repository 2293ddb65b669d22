"""Figures of the page, and how each follows the session."""

from __future__ import annotations

from typing import Any

import numpy as np
from bokeh.core.properties import value
from bokeh.models import ColumnDataSource, Range1d
from bokeh.plotting import figure

from gaitcast.live.live_error import BIN_S, SHOWN_S
from gaitcast.live.live_session import LiveSession
from gaitcast.live.step_times import EDGES_US

#: The report's: measured black, forecasts blue, and colours that all can tell apart.
_INK, _BLUE, _SOFT = "#1a1a1a", "#0072B2", "#555555"
_COLOURS = ("#E69F00", "#009E73", "#56B4E9")
_CYCLE, _MARK = "#CC79A7", "#D55E00"
#: Points a second of the measured line, and of each line of forecasts, at most.
_POINTS_HZ = 50.0
#: A forecast older than this is no fan any more, s.
_OLD_S = 0.3
_FONT = "system-ui, sans-serif"


def _blank(title: str, x: str, y: str, **more: Any) -> Any:
    plot = figure(
        title=title,
        x_axis_label=x,
        y_axis_label=y,
        sizing_mode="stretch_width",
        toolbar_location=None,
        tools="",
        output_backend="canvas",
        **more,
    )
    plot.outline_line_color = None
    plot.grid.grid_line_color = "#eeeeee"
    plot.title.text_font = _FONT
    plot.title.text_font_size = "14px"
    for axis in plot.axis:
        axis.axis_line_color = axis.major_tick_line_color = "#bbbbbb"
        axis.minor_tick_line_color = None
        axis.axis_label_text_font = axis.major_label_text_font = _FONT
        axis.axis_label_text_font_style = "normal"
        axis.axis_label_text_color = axis.major_label_text_color = _SOFT
    return plot


def _legend(plot: Any) -> None:
    plot.legend.orientation = "horizontal"
    plot.legend.border_line_color = None
    plot.legend.background_fill_alpha = 0.0
    plot.legend.label_text_font = _FONT
    plot.legend.label_text_font_size = "12px"
    plot.legend.padding = plot.legend.margin = 0
    plot.legend.spacing = 16
    plot.add_layout(plot.legend[0], "above")


class AngleFigure:
    """The measured target, what was forecast for each instant, and the newest fan ahead of now.

    Parameters
    ----------
    session : LiveSession
    frame : ColumnDataSource
        Its ``now`` is the newest stamp since the first sample, s.
    """

    def __init__(self, session: LiveSession, frame: ColumnDataSource) -> None:
        self._session, self._frame, self.target = session, frame, 0
        error, card = session.error, session.card
        self.shown_s = SHOWN_S
        self.ahead_s = max(0.1, float(error.ahead_s[-1])) * 1.15
        last = len(error.ahead_s) - 1
        self._steps = sorted({round(last * share) for share in (0.25, 0.5, 1.0)})
        self._every = max(1, int(session.engine.raw_hz / _POINTS_HZ))
        self._thin = max(1, int(card.rate_hz / _POINTS_HZ))
        self._points = int(1.05 * (SHOWN_S + self.ahead_s) * _POINTS_HZ * 2)
        self._gap_s = max(card.max_gap_s, 3 / _POINTS_HZ, 1.5 / card.rate_hz)
        names = [name for k in range(len(self._steps)) for name in (f"x{k}", f"y{k}")]
        self._measured = ColumnDataSource({"x": [], "y": []})
        self._lines = ColumnDataSource({name: [] for name in names})
        self._fan = ColumnDataSource({"x": [], "y": [], "low": [], "high": []})
        self._marks = ColumnDataSource({"x": [], "y": [], "text": []})
        self.plot = self._drawn()
        self.reset()

    def _drawn(self) -> Any:
        plot = _blank(
            "", "time since the first sample (s)", "",
            height=390, name="angle", x_range=Range1d(-SHOWN_S, self.ahead_s),
            y_range=Range1d(-20, 20),
        )  # fmt: skip
        plot.title.visible = False
        plot.min_border_left = 60
        plot.varea("x", "low", "high", source=self._fan, color=_BLUE, alpha=0.18,
                   legend_label="90 % interval")  # fmt: skip
        ahead_ms = 1000 * self._session.error.ahead_s
        for number, step in enumerate(self._steps):
            label = f"forecast {ahead_ms[step]:.0f} ms before"
            plot.line(f"x{number}", f"y{number}", source=self._lines, color=_COLOURS[number],
                      line_width=1.4, alpha=0.85,
                      legend_label=label)  # fmt: skip
        plot.line("x", "y", source=self._measured, color=_INK, line_width=2.4,
                  legend_label="measured")  # fmt: skip
        plot.line("x", "y", source=self._fan, color=_BLUE, line_width=3.2,
                  legend_label="newest forecast")  # fmt: skip
        plot.vspan(
            x="now", source=self._frame, line_color=_SOFT, line_dash="dotted", line_width=1.5
        )
        plot.vspan(x="x", source=self._marks, line_color=_MARK, line_width=1.5)
        plot.text("x", "y", "text", source=self._marks, text_color=_MARK, text_font=value(_FONT),
                  text_font_size="12px", text_baseline="top", x_offset=4, y_offset=2)  # fmt: skip
        _legend(plot)
        return plot

    def reset(self) -> None:
        """Draw all that is kept anew: another target, or the clock was set back."""
        card = self._session.card
        self._generation = -1
        self.plot.yaxis.axis_label = (
            f"{card.targets[self.target]} ({card.target_units[self.target]})"
        )

    def update(self) -> None:
        """Append what is new since the last frame, and move the fan."""
        session = self._session
        with session.lock:
            error, first_s = session.error, session.first_s
            anew = self._generation != error.generation
            if anew:
                self._generation, self._samples_at, self._made_at = error.generation, 0, 0
            samples = _thinned(error.measured, self._samples_at, self._every)
            made = _thinned(error.made, self._made_at, self._thin)
            values = _thinned(error.values, self._made_at, self._thin)
            self._samples_at, self._made_at = error.measured.count, error.made.count
            newest, now_s = session.newest, session.now_s
            marks = [m for m in session.log if m.kind == "mark" and now_s - m.time_s < SHOWN_S]
        _append(
            self._measured,
            {"x": samples[:, 0] - first_s, "y": samples[:, 1 + self.target]},
            anew, self._points, self._gap_s,
        )  # fmt: skip
        shape = (len(values), len(error.ahead_s), len(session.card.targets))
        values = values.reshape(shape)[..., self.target]
        columns = {}
        for number, step in enumerate(self._steps):
            columns[f"x{number}"] = made[:, 0] + error.ahead_s[step] - first_s
            columns[f"y{number}"] = values[:, step].astype(float)
        _append(self._lines, columns, anew, self._points, self._gap_s)
        self._move(newest, now_s - first_s, first_s)
        x = [line.time_s - first_s for line in marks]
        y = [self.plot.y_range.end] * len(x)
        if (x, y) != (self._marks.data["x"], self._marks.data["y"]):
            self._marks.data = {"x": x, "y": y, "text": [line.text for line in marks]}

    def _move(self, newest: Any, now_s: float, first_s: float) -> None:
        empty: np.ndarray = np.zeros(0)
        fan = {"x": empty, "y": empty, "low": empty, "high": empty}
        if newest is not None and newest.time_s - first_s > now_s - _OLD_S - self.ahead_s:
            y = newest.values[:, self.target].astype(float)
            half = (
                np.zeros(len(y)) if newest.half_width is None else newest.half_width[:, self.target]
            )
            x = newest.time_s - first_s + self._session.error.ahead_s
            fan = {"x": x, "y": y, "low": y - half, "high": y + half}
        if len(fan["x"]) or len(self._fan.data["x"]):
            # As lists in one message: each array would be two messages of its own.
            self._fan.data = {name: values.round(4).tolist() for name, values in fan.items()}

    def rescale(self) -> None:
        """Fit the vertical range to what is shown, in whole tens of its scale."""
        shown = [
            self._measured.data["y"],
            *(self._lines.data[f"y{k}"] for k in range(len(self._steps))),
        ]
        values = np.concatenate(
            [np.asarray(y, float) for y in (*shown, self._fan.data["low"], self._fan.data["high"])]
        )
        values = values[np.isfinite(values)]
        if not len(values):
            return
        low, high = np.quantile(values, [0.001, 0.999])
        unit = 10 ** np.floor(np.log10(max(high - low, 1e-6))) / 2
        low, high = unit * np.floor(low / unit - 0.3), unit * np.ceil(high / unit + 0.3)
        span = self.plot.y_range
        if low < span.start or high > span.end or high - low < 0.7 * (span.end - span.start):
            span.update(start=float(low), end=float(high))


def _thinned(ring: Any, since: int, every: int) -> np.ndarray:
    """Copies of a ring's rows from one on, those whose number `every` divides."""
    since = max(since, ring.first)
    return np.array(ring.since(since)[-since % every :: every])


def _append(
    source: ColumnDataSource, columns: dict[str, np.ndarray], anew: bool, most: int, gap_s: float
) -> None:
    """Append points; a line has a hole where none came for longer than `gap_s`."""
    name, x = next(iter(columns.items()))
    shown = source.data[name]
    before = x[:1] if anew or not len(shown) else np.asarray(shown[-1:])
    holes = np.flatnonzero(np.diff(np.concatenate([before, x])) > gap_s)
    columns = {name: np.insert(values, holes, np.nan) for name, values in columns.items()}
    if anew:
        source.data = {name: values[-most:] for name, values in columns.items()}
    elif len(x):
        source.stream({name: values.tolist() for name, values in columns.items()}, most)


class HistoryFigure:
    """Error over time: the forecasts', and that of repeating the last cycle."""

    def __init__(self, session: LiveSession) -> None:
        self._session, self.target, self._drawn = session, 0, (-1, -1)
        title = f"Error, each {BIN_S:g} s"
        self._lines = _TwoLines(session, "history", title, "time since the first sample (s)")
        self.plot = self._lines.plot

    def update(self) -> None:
        """Draw the bins of the last ten minutes, where there is a new one."""
        session = self._session
        with session.lock:
            bins, first_s = session.error.bins, session.first_s
            state = (bins.count, self.target)
            rows = np.array(bins.since(0))
        if state == self._drawn or not len(rows):
            return
        self._drawn = state
        x_s = rows[:, 0] - first_s + BIN_S / 2
        cycle = 2 + len(session.card.targets) + self.target
        self._lines.draw(x_s, rows[:, 2 + self.target], rows[:, cycle])
        least_s = 60.0
        start_s = max(0.0, x_s[0] - BIN_S)
        self.plot.x_range.update(start=start_s, end=max(start_s + least_s, x_s[-1] + BIN_S))


class HorizonFigure:
    """Error so far by how far ahead."""

    def __init__(self, session: LiveSession) -> None:
        self._session, self.target = session, 0
        title = "Error so far, by how far ahead"
        self._lines = _TwoLines(session, "horizon", title, "ahead of now (ms)")
        self.plot = self._lines.plot
        ahead_ms = 1000 * session.error.ahead_s
        span_ms = max(float(np.ptp(ahead_ms)), 10.0)
        low_ms, high_ms = float(ahead_ms[0]), float(ahead_ms[-1])
        self.plot.x_range.update(start=low_ms - 0.03 * span_ms, end=high_ms + 0.03 * span_ms)

    def update(self) -> None:
        """Draw the means over all instants so far."""
        with self._session.lock:
            error = self._session.error
            if not error.pairs:
                return
            own, cycle = (s[:, self.target] / error.pairs for s in (error.paired, error.cycle))
        self._lines.draw(1000 * error.ahead_s, own, cycle)


class _TwoLines:
    """An error of the forecast beside that of repeating the last cycle."""

    def __init__(self, session: LiveSession, name: str, title: str, x: str) -> None:
        unit = session.card.target_units[0]
        self.plot = _blank(title, x, f"mean absolute error ({unit})", height=260, name=name,
                           x_range=Range1d(0, 60), y_range=Range1d(0, 1))  # fmt: skip
        self._source = ColumnDataSource({"x": [], "own": [], "cycle": []})
        for column, colour, label in (("cycle", _CYCLE, "last cycle"), ("own", _BLUE, "forecast")):
            look = {"source": self._source, "color": colour, "legend_label": label}
            self.plot.line("x", column, line_width=2.2, **look)
            self.plot.scatter("x", column, size=5, **look)
        _legend(self.plot)

    def draw(self, x: np.ndarray, own: np.ndarray, cycle: np.ndarray) -> None:
        self._source.data = {"x": x, "own": own, "cycle": cycle}
        most = 1.1 * max(float(own.max()), float(cycle.max()), 1e-6)
        if not 0.8 * self.plot.y_range.end < most <= self.plot.y_range.end:
            self.plot.y_range.end = 1.1 * most


class LatencyFigure:
    """Histogram of the computing times of all samples so far, with the deadline."""

    def __init__(self, session: LiveSession) -> None:
        self._session = session
        self.plot = _blank(
            "Computing time of a sample", "ms", "% of the samples", height=250, name="latency",
            x_axis_type="log", y_axis_type="log", y_range=Range1d(1e-4, 100),
            x_range=Range1d(EDGES_US[0] / 1000, EDGES_US[-1] / 1000),
        )  # fmt: skip
        edges = EDGES_US / 1000
        self._source = ColumnDataSource(
            {"left": edges[:-1], "right": edges[1:], "top": np.full(len(edges) - 1, 1e-6)}
        )
        self.plot.quad(left="left", right="right", top="top", bottom=1e-6, source=self._source,
                       color=_BLUE, line_color="white", line_width=0.5,
                       legend_label="samples")  # fmt: skip
        deadline_ms = session.times.deadline_us / 1000
        self.plot.line([deadline_ms] * 2, [1e-6, 1e3], color=_MARK, line_width=2,
                       line_dash="dashed", legend_label=f"deadline {deadline_ms:g} ms")  # fmt: skip
        _legend(self.plot)

    def update(self) -> None:
        """Draw the shares so far."""
        with self._session.lock:
            counts = self._session.times.counts
            share = 100 * counts / max(1, counts.sum())
        self._source.patch({"top": [(slice(None), np.maximum(share, 1e-6))]})
