"""The verdict: one sentence for each split and horizon."""

from __future__ import annotations

import numpy as np
import pandas as pd

from gaitcast.report.result_table import decimal_places, metric_label


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
        live = group[group["causal"] & group["leakage_free"]].dropna(subset=["margin"])
        if live.empty:
            if not (group["causal"] & group["leakage_free"]).any():
                lines.append(f"{task}, {split}, {horizon_ms:g} ms: no figure can be had live.")
            continue
        best = live.sort_values("shortfall").iloc[0]
        form = f".{decimal_places(group['value'])}f"
        unit = "" if best["unit"] == "1" else f" {best['unit']}"
        text = (
            f"{task}, {split}, {horizon_ms:g} ms: {best['model']} ({best['inputs']}) has the "
            f"best {metric_label(best['metric'])} that can be had live, "
            f"{best['value']:{form}}{unit}"
        )
        if best["best_naive"]:
            lines.append(f"{text}: no network had a better one than this naive predictor.")
            continue
        text += f", {-best['margin']:{form}} better than the best naive one, {best['baseline']}"
        if np.isfinite(best["margin_high"]):
            shown = best["margin_high"] < 0
            text += (
                f" (95 % over people {-best['margin_high']:{form}} to {-best['margin_low']:{form}}"
                f"{'' if shown else ': no difference shown'})"
            )
        elif best["people"] < 3:
            text += f"; with {best['people']:.0f} tested there is no interval over people"
        lines.append(f"{text}.")
    return lines
