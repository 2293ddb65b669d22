"""The verdict: one sentence for each split and horizon, and for each exported predictor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gaitcast.report.result_table import decimal_places, metric_label
from gaitcast.study.schema import ExportTable


def verdicts(summary: pd.DataFrame) -> list[str]:
    """One sentence for each split and horizon: the best live predictor beside the best baseline.

    Parameters
    ----------
    summary : pandas.DataFrame
        From :func:`gaitcast.study.summary.summarise`.

    Returns
    -------
    list of str
        In the order of the study. Of several targets, the predictor with the smallest mean error
        in multiples of the best baseline's.
    """
    lines = []
    for (split, horizon_ms), group in summary.groupby(["split", "horizon_ms"], sort=False):
        where = f"{split}, {horizon_ms:g} ms"
        ranked = group[group["ranked"]].dropna(subset=["margin"])
        tasks = list(dict.fromkeys(ranked["task"]))
        if not tasks:
            if not (group["causal"] & group["leakage_free"]).any():
                lines.append(f"{where}: no figure can be had live.")
            continue
        rows = _best(ranked, len(tasks))
        name = f"{rows[0]['model']} ({rows[0]['inputs']})"
        if len(rows) == 1:
            lines.append(f"{rows[0]['task']}, {where}: {name} has the {_alone(rows[0], group)}.")
            continue
        each = "; ".join(f"{row['task'].split(':')[-1]} {_compared(row, group)}" for row in rows)
        lines.append(f"{where}: {name} is the best live predictor of all {len(tasks)} targets "
                     f"together: {each}.")  # fmt: skip
    return lines


def _best(ranked: pd.DataFrame, tasks: int) -> list[pd.Series[Any]]:
    """Rows of the predictor with the smallest mean share of the best baseline's error."""
    if tasks == 1:
        return [ranked.sort_values("shortfall").iloc[0]]
    by = ranked.groupby(["model", "inputs", "steps"], sort=False)
    whole = {key: rows for key, rows in by if len(rows) == tasks} or dict(iter(by))
    key = max(whole, key=lambda key: float(np.nan_to_num(whole[key]["skill"].mean(), nan=-np.inf)))
    return [row for _, row in whole[key].iterrows()]


def _alone(row: pd.Series[Any], group: pd.DataFrame) -> str:
    form = f".{decimal_places(group['value'])}f"
    text = f"best {metric_label(row['metric'])} that can be had live, {_value(row, form)}"
    if row["best_naive"]:
        return f"{text}: no model is better than this baseline"
    return f"{text}, {_against_baseline(row, form)}"


def _compared(row: pd.Series[Any], group: pd.DataFrame) -> str:
    form = f".{decimal_places(group.loc[group['task'] == row['task'], 'value'])}f"
    text = f"{metric_label(row['metric'])} {_value(row, form)}"
    return (
        f"{text}, the best baseline"
        if row["best_naive"]
        else (f"{text}, {_against_baseline(row, form)}")
    )


def failures(summary: pd.DataFrame) -> list[str]:
    """One sentence for each row with fits that failed.

    Parameters
    ----------
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.

    Returns
    -------
    list of str
        In the order of the study: fits that are worse than the mean of their targets, and jobs that
        could not be fitted.
    """
    lines = []
    for _, row in summary[summary["failed"] > 0].iterrows():
        where = f"{row['task']}, {row['split']}, {row['horizon_ms']:g} ms"
        what = f"of {row['fits']} fits of {row['model']} ({row['inputs']})"
        if worse := row["failed"] - row["not_fitted"]:
            lines.append(
                f"{where}: {worse} {what} are worse than the mean of the target: not trained "
                "enough, or on too few people. It is not ranked"
            )
        if row["not_fitted"]:
            lines.append(
                f"{where}: {row['not_fitted']} {what} could not be fitted; its figures are of the "
                "others. It is not ranked"
            )
    return lines


def exported(summary: pd.DataFrame, table: ExportTable) -> list[str]:
    """One sentence for each predictor that a study exports: how it does beside the best baseline.

    Parameters
    ----------
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.
    table : ExportTable
        Of the study.

    Returns
    -------
    list of str
        For each target of the task apart.
    """
    here = (summary["split"] == table.split) & (summary["horizon_ms"] == table.horizon_ms)
    form = f".{decimal_places(summary.loc[here, 'value'])}f"
    lines = []
    for wanted in table.models:
        cell = (summary["model"] == wanted.model) & (summary["inputs"] == wanted.inputs)
        for _, row in summary[here & cell & (summary["steps"] == wanted.steps)].iterrows():
            text = f"exported, {row['task']}: {wanted.model} ({wanted.inputs}), {_value(row, form)}"
            known = np.isfinite(row["margin"]) and not row["best_naive"]
            lines.append(f"{text}, {_against_baseline(row, form)}." if known else f"{text}.")
    return lines


def _value(row: pd.Series[Any], form: str) -> str:
    unit = "" if row["unit"] == "1" else f" {row['unit']}"
    return f"{row['value']:{form}}{unit}"


def _against_baseline(row: pd.Series[Any], form: str) -> str:
    """By how much it is better or worse than the best baseline, with the interval."""
    word, sign = ("better", -1) if row["margin"] <= 0 else ("worse", 1)
    text = f"{sign * row['margin']:{form}} {word} than the best baseline, {row['baseline']}"
    ends = sorted(sign * row[end] for end in ("margin_low", "margin_high"))
    if np.isfinite(ends).all():
        unclear = "" if ends[0] > 0 else ": no difference shown"
        return f"{text} (95 % over people {ends[0]:{form}} to {ends[1]:{form}}{unclear})"
    if row["people"] < 3:
        text += f"; with {row['people']:.0f} tested there is no interval over people"
    return text
