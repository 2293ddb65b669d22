"""The verdict: one sentence for each split and horizon, and for each exported predictor."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from gaitcast.report.result_table import decimal_places, metric_label
from gaitcast.study.schema import ExportTable


def verdicts(summary: pd.DataFrame) -> list[str]:
    """One sentence a split: the best live predictor beside the best naive one.

    Parameters
    ----------
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.

    Returns
    -------
    list of str
        In the order of the study.
    """
    lines = []
    keys = ["task", "split", "horizon_ms"]
    for (task, split, horizon_ms), group in summary.groupby(keys, sort=False):
        ranked = group[group["ranked"]].dropna(subset=["margin"])
        if ranked.empty:
            if not (group["causal"] & group["leakage_free"]).any():
                lines.append(f"{task}, {split}, {horizon_ms:g} ms: no figure can be had live.")
            continue
        best = ranked.sort_values("shortfall").iloc[0]
        form = f".{decimal_places(group['value'])}f"
        text = (
            f"{task}, {split}, {horizon_ms:g} ms: {best['model']} ({best['inputs']}) has the "
            f"best {metric_label(best['metric'])} that can be had live, {_value(best, form)}"
        )
        if best["best_naive"]:
            lines.append(f"{text}: no network had a better one than this naive predictor.")
            continue
        lines.append(f"{text}, {_against_naive(best, form)}.")
    return lines


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
    """One sentence for each predictor that a study exports: how it does beside the best naive one.

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
            lines.append(f"{text}, {_against_naive(row, form)}." if known else f"{text}.")
    return lines


def _value(row: pd.Series[Any], form: str) -> str:
    unit = "" if row["unit"] == "1" else f" {row['unit']}"
    return f"{row['value']:{form}}{unit}"


def _against_naive(row: pd.Series[Any], form: str) -> str:
    """By how much it is better or worse than the best naive predictor, with the interval."""
    word, sign = ("better", -1) if row["margin"] <= 0 else ("worse", 1)
    text = f"{sign * row['margin']:{form}} {word} than the best naive one, {row['baseline']}"
    ends = sorted(sign * row[end] for end in ("margin_low", "margin_high"))
    if np.isfinite(ends).all():
        unclear = "" if ends[0] > 0 else ": no difference shown"
        return f"{text} (95 % over people {ends[0]:{form}} to {ends[1]:{form}}{unclear})"
    if row["people"] < 3:
        text += f"; with {row['people']:.0f} tested there is no interval over people"
    return text
