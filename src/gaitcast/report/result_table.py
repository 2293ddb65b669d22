"""The results table: the same cells for the terminal and for the page."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import compress

import numpy as np
import pandas as pd

HEADINGS = (
    "model",
    "inputs",
    "steps",
    "live",
    "device measures",
    "failed fits",
    "MAE",
    "95 % interval",
    "vs baseline",
    "skill",
    "paper",
)


@dataclass(frozen=True)
class Row:
    """One line of a table.

    Parameters
    ----------
    cells : tuple of str
        In the order of the section's headings.
    best : bool
        Whether it is the best among those that are ranked.
    baseline : bool
        Whether it is the best baseline.
    ranked : bool
        Whether it can run live, and no fit of it failed.
    """

    cells: tuple[str, ...]
    best: bool
    baseline: bool
    ranked: bool


@dataclass(frozen=True)
class Section:
    """All predictors on one split and horizon, the best first.

    Parameters
    ----------
    title : str
        Task, split, horizon, people and unit.
    headings : tuple of str
        Those of :data:`HEADINGS` that any row has something for.
    rows : tuple of Row
        A line each.
    """

    title: str
    headings: tuple[str, ...]
    rows: tuple[Row, ...]


def sections(summary: pd.DataFrame) -> list[Section]:
    """Lay the summary out.

    Parameters
    ----------
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.

    Returns
    -------
    list of Section
        One for each task, split and horizon, in the order of the study.
    """
    found = []
    for (task, split, horizon_ms), group in summary.groupby(
        ["task", "split", "horizon_ms"], sort=False
    ):
        ordered = group.sort_values("shortfall")
        ranked = ordered[ordered["ranked"]]
        best = ranked.index[0] if len(ranked) else None
        decimals = decimal_places(ordered["value"])
        rows = [_row(ordered.loc[i], decimals, best=i == best) for i in ordered.index]
        filled = [any(column) for column in zip(*(row.cells for row in rows), strict=True)]
        rows = [replace(row, cells=tuple(compress(row.cells, filled))) for row in rows]
        people = int(ordered["people"].max())
        who = "1 person" if people == 1 else f"{people} people"
        label, unit = metric_label(ordered["metric"].iloc[0]), ordered["unit"].iloc[0]
        measured = "" if unit == "1" else f", in {unit}"
        delay_ms = float(ordered["delay_ms"].max())
        late = f" ({float(str(horizon_ms)) - delay_ms:.0f} ms in real time)" if delay_ms else ""
        title = f"{task}, {split} split, horizon {horizon_ms:g} ms{late}, {who}{measured}"
        headings = [label if heading == "MAE" else heading for heading in HEADINGS]
        found.append(Section(title, tuple(compress(headings, filled)), tuple(rows)))
    return found


def metric_label(metric: str) -> str:
    """How a metric is written for a reader.

    Parameters
    ----------
    metric : str
        Name in ``results.csv``.

    Returns
    -------
    str
        Abbreviations of errors in capitals, any other name as it is.
    """
    if metric == "rmse_bw":
        return "RMSE"
    return metric.upper() if metric in ("mae", "rmse", "vaf") else metric


def decimal_places(errors: pd.Series) -> int:
    """Two places, or as many as tell two digits of the smallest error, four at most.

    Parameters
    ----------
    errors : pandas.Series
        Those that stand beside each other.

    Returns
    -------
    int
        Places behind the point.
    """
    smallest = errors[errors > 0].min()
    return int(np.clip(1 - np.floor(np.log10(smallest)), 2, 4)) if np.isfinite(smallest) else 2


def _row(cell: pd.Series, decimals: int, *, best: bool) -> Row:
    is_baseline = bool(cell["best_naive"])
    spread = _range(cell["low"], cell["high"], decimals)
    if cell["people"] == 1 and cell["seeds"] > 1:
        spread = f"seeds {_range(cell['seed_low'], cell['seed_high'], decimals)}"
    signed = f"+.{decimals}f"
    margin = "best baseline" if is_baseline else _number(cell["margin"], signed)
    if not is_baseline and np.isfinite(cell["margin_low"]):
        margin += f" [{cell['margin_low']:{signed}}, {cell['margin_high']:{signed}}]"
    cells = (
        cell["model"],
        cell["inputs"],
        "" if cell["steps"] == "none" else cell["steps"],
        "NO" if not cell["causal"] else "yes" if cell["leakage_free"] else "LEAKS",
        cell["needs"],
        f"{cell['failed']} of {cell['fits']}" if cell["failed"] else "",
        f"{cell['value']:.{decimals}f}",
        spread,
        margin,
        _number(100 * cell["skill"], "+.0f", " %"),
        _number(cell["published"], f".{decimals}f"),
    )
    return Row(cells, best, is_baseline, bool(cell["ranked"]))


def _range(low: float, high: float, decimals: int) -> str:
    return f"{low:.{decimals}f}-{high:.{decimals}f}" if np.isfinite(low) else ""


def _number(value: object, form: str, unit: str = "") -> str:
    number = pd.to_numeric(value, errors="coerce")  # type: ignore[call-overload]
    return f"{number:{form}}{unit}" if np.isfinite(number) else ""
