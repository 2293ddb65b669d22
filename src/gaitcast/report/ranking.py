"""Models against each other over people, and person by person."""

from __future__ import annotations

from typing import NamedTuple

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
         for s in panel.shown if s.ranked}
    )  # fmt: skip
    if errors.shape[1] < 3:
        return None
    try:
        return compare_models(errors)
    except GaitcastError:
        return None


class Ranks(NamedTuple):
    """What a rank diagram draws, the best last: models on one axis from rank 1 to the last.

    Parameters
    ----------
    names : list of str
        Models.
    mean, low, high : numpy.ndarray, shape (models,)
        Mean rank over people, and half the critical difference to either side, as far as there
        are ranks.
    """

    names: list[str]
    mean: np.ndarray
    low: np.ndarray
    high: np.ndarray


def ranks_of(found: Comparison) -> Ranks:
    """Ranks as they are drawn.

    Parameters
    ----------
    found : Comparison
        From :func:`comparison_of`.

    Returns
    -------
    Ranks
        Within 1 and the number of models.
    """
    ranks = found.ranks.sort_values(ascending=False)
    mean, half = ranks.to_numpy(dtype=float), found.critical_difference / 2
    last = float(len(ranks))
    low, high = (mean - half).clip(min=1.0), (mean + half).clip(max=last)
    return Ranks([str(name) for name in ranks.index], mean, low, high)


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
        Models whose bars do not overlap differ at 5 % (Nemenyi); where they overlap, no difference
        is shown.
    """
    ranks = ranks_of(found)
    plot = blank(
        f"{panel.title}: mean rank over people; bars that do not overlap differ at 5 %",
        "mean rank (1 is best); bars that overlap: no difference shown",
        "",
        height=90 + 24 * len(ranks.names),
        y_range=ranks.names,
        tools="save",
    )
    plot.x_range = Range1d(1, len(ranks.names))
    plot.segment(ranks.low, ranks.names, ranks.high, ranks.names, color="#555555", line_width=3)
    # At this level a marker at the end of the axis is drawn whole.
    plot.scatter(ranks.mean, ranks.names, size=11, color=colour(0), level="annotation")
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
    for shown in panel.leading:
        values = {p: float(v) for p, v in shown.per_person("mae").items() if np.isfinite(v)}
        plot.scatter(
            list(values.values()),
            list(values),
            size=10,
            marker=MARKERS[shown.number % len(MARKERS)],
            color=colour(shown.number),
            alpha=0.85,
            legend_label=shown.label,
        )
    plot.x_range.start = 0
    legend_below(plot)
    return plot
