"""What each predictor of a study costs: size, work per forecast, seconds to fit and to forecast."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from gaitcast.models.cost import cost, forecast_ms
from gaitcast.report.gather import Panel, Shown
from gaitcast.training import Predictor
from gaitcast.training.threads import on_threads

COLUMNS = (
    "model",
    "inputs",
    "steps",
    "parameters",
    "multiply_adds",
    "fit_s",
    "memory_mb",
    "forecast_ms",
)


def costs_of(shown: Sequence[Panel]) -> pd.DataFrame:
    """Cost of every predictor, from its first fit.

    Parameters
    ----------
    shown : sequence of Panel
        From :func:`gaitcast.report.gather.panels`.

    Returns
    -------
    pandas.DataFrame
        One row per model, inputs and steps: ``parameters`` learnt by gradient, ``multiply_adds``
        for one more sample live (empty where it grows with the data), ``fit_s`` (mean over all
        fits, on the machine that ran them), ``memory_mb`` (most of any fit,
        Python and recordings included; empty where that is not known) and ``forecast_ms``
        (median, here, in torch on one thread; bundles are timed apart).
    """
    rows: dict[str, dict[str, object]] = {}
    fits: dict[str, list[float]] = {}
    memory: dict[str, list[float]] = {}
    for panel in shown:
        for one in panel.shown:
            fits.setdefault(one.label, []).extend(f["fit_s"] for f in one.metadata)
            known = [m for f in one.metadata if (m := f.get("memory_mb"))]
            memory.setdefault(one.label, []).extend(known)
            if one.label not in rows:
                rows[one.label] = _cost(one)
    for label, row in rows.items():
        row["fit_s"] = round(float(np.mean(fits[label])), 2)
        row["memory_mb"] = max(memory[label], default=None)
    return pd.DataFrame([*rows.values()], columns=list(COLUMNS))


def _cost(one: Shown) -> dict[str, object]:
    forecaster = Predictor.load(one.folders[0]).forecaster
    found = cost(forecaster)
    with on_threads():
        taken_ms = forecast_ms(forecaster)
    return {
        "model": one.job.model,
        "inputs": one.job.inputs,
        "steps": one.job.steps,
        "parameters": found.parameters,
        "multiply_adds": found.multiply_adds,
        "forecast_ms": taken_ms,
    }
