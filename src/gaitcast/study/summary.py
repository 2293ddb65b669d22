"""A summary of results over people: one row for each predictor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.metrics import ideal
from gaitcast.evaluation.statistics import interval_over_people

#: Instead of a metric in the row of a job that could not be fitted.
NOT_FITTED = "none"
_CELL = [
    "split", "horizon_ms", "model", "inputs", "steps", "causal", "leakage_free", "naive", "needs",
    "delay_ms",
]  # fmt: skip
#: What the field reports of a target in such a unit, in order of preference.
_OF_FIELD = (
    ("rmse_bw", "% BW"), ("rmse", "N"), ("rmse", "N/kg"), ("rmse", "N m"), ("rmse", "N m/kg"),
    ("rmse", "N m/rad/kg"),
)  # fmt: skip


def summarise(table: pd.DataFrame, metric: str | None = None) -> pd.DataFrame:
    """One row per model, inputs, steps, split and horizon, with the margin to the best baseline.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`gaitcast.study.results.results_table`.
    metric : str, optional
        One of the table's; by default what the field reports of each target: RMSE in % of body
        weight of ground reaction, RMSE of other forces, moments and stiffness, else the mean
        absolute error.

    Returns
    -------
    pandas.DataFrame
        Per cell: ``metric``, ``value`` (mean over people of the mean over their folds and seeds),
        ``low`` and ``high`` (95 % interval over people), ``shortfall`` (mean distance from the
        metric's ideal: the smallest is the best, whichever direction the metric has; the value
        itself for an error), ``seed_low`` and ``seed_high`` (range over seeds), ``people``,
        ``seeds``, ``fits``, ``failed`` (how many of them are worse than the mean, or have no
        figure since they could not be fitted), ``not_fitted`` (how many of these), ``ranked``
        (whether it can be had live and no fit failed), ``published``, ``baseline`` (name of the
        best naive predictor on this split and horizon), ``margin`` (shortfall
        less the baseline's, paired by person; negative is better) with ``margin_low`` and
        ``margin_high``, ``best_naive`` (whether this is that baseline) and ``skill`` (1 -
        shortfall / baseline's).

    Raises
    ------
    GaitcastError
        If the metric is unknown, or the table has none of it.
    """
    if metric is not None:
        ideal(metric)
    figures = _figures(table, metric)
    if figures.empty:
        raise GaitcastError(f"no figures of '{metric}'", hint="Name a metric of the table")
    cells = []
    not_fitted = table[table["metric"] == NOT_FITTED].groupby(_CELL).size()
    people: dict[Any, pd.Series] = {}
    for cell, rows in figures.groupby(["task", *_CELL], sort=False):
        shown = str(rows["metric"].iloc[0])
        perfect = ideal(shown)
        person = rows.groupby("subject", sort=True)["value"].mean()
        seed = rows.groupby("seed")["value"].mean()
        people[cell] = (person - perfect).abs()
        low, high = interval_over_people(person.tolist())
        fits, absent = rows.groupby(["fold", "seed"])["failed"].max(), not_fitted.get(cell[1:], 0)
        cells.append(
            {
                **dict(zip(["task", *_CELL], cell, strict=True)),
                "metric": shown,
                "value": person.mean(),
                "shortfall": people[cell].mean(),
                "low": low,
                "high": high,
                "seed_low": seed.min(),
                "seed_high": seed.max(),
                "people": len(person),
                "seeds": len(seed),
                "fits": len(fits) + int(absent),
                "failed": int(fits.sum()) + int(absent),
                "not_fitted": int(absent),
                "unit": rows["unit"].iloc[0],
                "published": rows["published"].iloc[0],
            }
        )
    summary = pd.DataFrame(cells)
    summary["ranked"] = summary["causal"] & summary["leakage_free"] & (summary["failed"] == 0)
    summary[["margin", "margin_low", "margin_high", "skill"]] = np.nan
    summary["baseline"], summary["best_naive"] = "", False
    persons = list(people.values())
    for _, group in summary.groupby(["task", "split", "horizon_ms"], sort=False):
        # Where no predictor is live, or leakage-free, such baselines are compared with their like.
        fair = group["naive"]
        for kind in ("causal", "leakage_free"):
            fair = fair & (group[kind] == group[kind].any())  # not in place: it is a column
        naive = [int(i) for i in group.index[fair]]
        if not naive:
            continue
        best = min(naive, key=lambda i: np.nan_to_num(persons[i].mean(), nan=np.inf))
        for row in (int(i) for i in group.index):
            summary.loc[row, "best_naive"] = row == best
            gap = persons[row] - persons[best]
            low, high = interval_over_people(gap.dropna().tolist())
            summary.loc[row, ["margin", "margin_low", "margin_high"]] = [gap.mean(), low, high]
            if persons[best].mean() > 0:
                summary.loc[row, "skill"] = 1 - persons[row].mean() / persons[best].mean()
            summary.loc[row, "baseline"] = f"{summary['model'][best]} ({summary['inputs'][best]})"
    return summary


def _figures(table: pd.DataFrame, metric: str | None) -> pd.DataFrame:
    """Rows of one metric; without one, of the metric that the field reports of each target."""
    if metric is not None:
        return table[table["metric"] == metric]
    chosen = []
    for _, rows in table.groupby("task", sort=False):
        known = set(rows["metric"])
        of_field = (m for m, unit in _OF_FIELD if m in known and unit in set(rows["unit"]))
        chosen.append(rows[rows["metric"] == next(of_field, "mae")])
    return pd.concat(chosen)
