"""Models against each other over people, and person by person."""

from __future__ import annotations

import numpy as np
import pandas as pd
from bokeh.model import Model
from bokeh.models import Range1d

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.comparison import Comparison, compare_models
from gaitcast.report.gather import Panel
from gaitcast.report.style import MARKERS, blank, colour, legend_below


def comparison_of(panel: Panel) -> Comparison | None:
    """Paired comparison of all that can run live.

    Parameters
    ----------
    panel : Panel
        Predictors and people.

    Returns
    -------
    Comparison or None
        None with fewer than three people or models.
    """
    errors = pd.DataFrame(
        {s.label: pd.Series({p: float(v) for p, v in s.per_person("mae").items()})
         for s in panel.shown if s.live}
    )  # fmt: skip
    if errors.shape[1] < 3:
        return None
    try:
        return compare_models(errors)
    except GaitcastError:
        return None


def rank_figure(panel: Panel, found: Comparison) -> Model:
    """Mean rank of each model with half the critical difference to either side.

    Parameters
    ----------
    panel : Panel
        For the title.
    found : Comparison
        From :func:`comparison_of`.

    Returns
    -------
    bokeh.model.Model
        Models whose bars do not overlap differ at 5 % (Nemenyi).
    """
    ranks = found.ranks.sort_values(ascending=False)
    names = [str(name) for name in ranks.index]
    half = found.critical_difference / 2
    plot = blank(
        f"{panel.title}: mean rank over people; bars that do not overlap differ at 5 %",
        "mean rank (1 is best)",
        "",
        height=90 + 24 * len(names),
        y_range=names,
        tools="save",
    )
    values = ranks.to_numpy(dtype=float)
    plot.x_range = Range1d(float(values.min() - half - 0.5), float(values.max() + half + 0.5))
    plot.segment(values - half, names, values + half, names, color="#555555", line_width=3)
    plot.scatter(values, names, size=11, color=colour(0))
    return plot


def person_figure(panel: Panel) -> Model | None:
    """Error of each person.

    Parameters
    ----------
    panel : Panel
        Its leading predictors are drawn.

    Returns
    -------
    bokeh.model.Model or None
        None with one person.
    """
    people = sorted({p for s in panel.leading for p in s.per_person("mae")}, reverse=True)
    if len(people) < 2:
        return None
    plot = blank(
        f"{panel.title}: by person",
        f"mean absolute error ({panel.unit})",
        "person",
        height=170 + 22 * len(people),
        y_range=people,
        tools="save",
    )
    for number, shown in enumerate(panel.leading):
        values = {p: float(v) for p, v in shown.per_person("mae").items() if np.isfinite(v)}
        plot.scatter(
            list(values.values()),
            list(values),
            size=10,
            marker=MARKERS[number % len(MARKERS)],
            color=colour(number),
            alpha=0.85,
            legend_label=shown.label,
        )
    plot.x_range.start = 0
    legend_below(plot)
    return plot
