"""What all interactive figures have in common: size, tools, colours that all can tell apart."""

from __future__ import annotations

from typing import Any

from bokeh.palettes import Colorblind
from bokeh.plotting import figure

DASHES = ("solid", "dashed", "dotted", "dotdash")
MARKERS = ("circle", "square", "triangle", "diamond", "inverted_triangle", "star", "hex", "plus")


def colour(number: int) -> str:
    """Colour of a line.

    Parameters
    ----------
    number : int
        Of the predictor.

    Returns
    -------
    str
        Of eight, then again from the first, with another dash.
    """
    return str(Colorblind[8][number % 8])


def dash(number: int) -> str:
    """Dash of a line.

    Parameters
    ----------
    number : int
        Of the predictor.

    Returns
    -------
    str
        Neighbours differ, so that lines can be distinguished without colour; so do the two
        predictors of one colour.
    """
    return DASHES[(number + number // 8) % len(DASHES)]


def blank(title: str, x: str, y: str, height: int = 360, **more: Any) -> Any:
    """An empty figure.

    Parameters
    ----------
    title, x, y : str
        Of the figure and its axes.
    height : int
        Pixels.
    **more
        For :func:`bokeh.plotting.figure`.

    Returns
    -------
    bokeh.plotting.figure
        As wide as the page.
    """
    usual = {
        "tools": "pan,wheel_zoom,box_zoom,reset,save",
        "sizing_mode": "stretch_width",
        "output_backend": "canvas",
    }
    return figure(title=title, x_axis_label=x, y_axis_label=y, height=height, **{**usual, **more})


def legend_below(plot: Any) -> None:
    """Put the legend under the figure; a click hides a line.

    Parameters
    ----------
    plot : bokeh.plotting.figure
        With a legend.
    """
    plot.legend.click_policy = "hide"
    plot.add_layout(plot.legend[0], "below")
    plot.legend.orientation = "horizontal"
    plot.legend.ncols = 2
    plot.legend.label_text_font_size = "11px"
