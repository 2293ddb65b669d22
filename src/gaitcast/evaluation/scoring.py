"""A fitted predictor on its test part: figures, and a trace to look at."""

from __future__ import annotations

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.metrics import mae_by_step, score
from gaitcast.models import Signature
from gaitcast.tasks import Series, Windows
from gaitcast.training import Predictor

_TRACE_S = 20.0


def evaluate(
    predictor: Predictor, test: list[Series]
) -> tuple[dict[str, dict[str, object]], dict[str, np.ndarray]]:
    """Score forecasts over all test windows at stride 1.

    Parameters
    ----------
    predictor : Predictor
        Fitted.
    test : list of Series
        Test pieces.

    Returns
    -------
    scores : dict of str to dict
        Per target: each metric, ``by_step`` (MAE per step), its ``ahead_ms``, and ``windows``.
    trace : dict of str to numpy.ndarray
        The first 20 s of forecasts: ``time_s``, ``truth`` (n,), and ``forecast`` (n, steps) of the
        first target at a few ``ahead`` steps, aligned with the instant they speak of.

    Raises
    ------
    GaitcastError
        If no test piece holds one window.
    """
    signature = predictor.signature
    history, horizon = signature.history, signature.horizon
    ahead_ms = np.arange(signature.first, horizon + 1) * 1000 / signature.rate_hz
    truths, forecasts = [], []
    for series, forecast in predictor.forecasts(test):
        truths.append(Windows([series], history, horizon, first=signature.first).futures(0))
        forecasts.append(forecast)
    if not truths:
        raise GaitcastError(
            f"no test piece holds one window of {history} + {horizon} samples",
            mend="Shorten history_ms or bring longer recordings",
        )
    truth, forecast = np.concatenate(truths), np.concatenate(forecasts)
    if not np.isfinite(forecast).all():
        raise GaitcastError(
            "the forecasts are not numbers: the training diverged", mend="Lower learning_rate"
        )
    scores: dict[str, dict[str, object]] = {}
    for number, target in enumerate(predictor.signature.targets):
        a, b = truth[:, :, number], forecast[:, :, number]
        by_step = [round(float(v), 5) for v in mae_by_step(a, b)]
        scores[target] = {
            **score(a, b),
            "by_step": by_step,
            "ahead_ms": [round(float(v), 3) for v in ahead_ms],
            "windows": len(a),
        }
    return scores, _trace(truths[0], forecasts[0], predictor.signature)


def _trace(truth: np.ndarray, forecast: np.ndarray, signature: Signature) -> dict[str, np.ndarray]:
    rate_hz, first, horizon = signature.rate_hz, signature.first, signature.horizon
    ahead = np.linspace(horizon / 5, horizon, 5).round().astype(int)
    ahead = np.unique(ahead.clip(min=first))
    length = min(round(_TRACE_S * rate_hz), len(truth))
    # Row i speaks of instants i + first ... i + horizon; from `horizon` on each has every forecast.
    instants = np.arange(horizon, length) if length > horizon else np.arange(0)
    aligned = [forecast[instants - step, step - first, 0] for step in ahead]
    return {
        "time_s": (signature.history - 1 + instants) / rate_hz,
        "ahead": ahead,
        "truth": truth[instants - first, 0, 0],
        "forecast": np.column_stack(aligned).astype(np.float32),
    }
