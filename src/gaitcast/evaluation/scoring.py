"""A fitted predictor on its test part: figures, and a trace to look at."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.metrics import curve_score, mae_by_step, score
from gaitcast.models import Signature
from gaitcast.tasks import Series, Windows
from gaitcast.training import Predictor

_TRACE_S = 20.0


def evaluate(
    predictor: Predictor, people: Mapping[str, Sequence[Series]]
) -> tuple[dict[str, dict[str, dict[str, object]]], dict[str, np.ndarray]]:
    """Score forecasts over all test windows at stride 1.

    Parameters
    ----------
    predictor : Predictor
        Fitted.
    people : dict of str to sequence of Series
        Test pieces of each person.

    Returns
    -------
    scores : dict of str to dict
        Per person and target: each metric, ``by_step`` (MAE per step), its ``ahead_ms``, and
        ``windows``.
    trace : dict of str to numpy.ndarray
        The first 20 s of the first person: ``time_s``, ``truth`` (n,), and ``forecast`` (n, steps)
        of the first target at a few ``ahead`` steps, aligned with the instant they speak of.

    Raises
    ------
    GaitcastError
        If no test piece of a person holds one window.
    """
    shape = predictor.signature
    scores: dict[str, dict[str, dict[str, object]]] = {}
    traces: list[dict[str, np.ndarray]] = []
    for person, pieces in people.items():
        pairs = [
            (Windows([s], shape.history, shape.horizon, first=shape.first).futures(0), forecast)
            for s, forecast in predictor.forecasts(pieces)
        ]
        if not pairs:
            raise GaitcastError(
                f"no test piece holds one window of {shape.history} + {shape.horizon} samples",
                where=f"person '{person}'",
                mend="Shorten history_ms or bring longer recordings",
            )
        scores[person] = _scores(pairs, shape)
        if not traces:
            traces.append(_trace(*pairs[0], shape))
    return scores, traces[0]


def _scores(
    pairs: Sequence[tuple[np.ndarray, np.ndarray]], shape: Signature
) -> dict[str, dict[str, object]]:
    if not all(np.isfinite(forecast).all() for _, forecast in pairs):
        raise GaitcastError(
            "the forecasts are not numbers: the training diverged", mend="Lower learning_rate"
        )
    ahead_ms = np.arange(shape.first, shape.horizon + 1) * 1000 / shape.rate_hz
    scores: dict[str, dict[str, object]] = {}
    for number, target in enumerate(shape.targets):
        curves = [(truth[:, :, number], forecast[:, :, number]) for truth, forecast in pairs]
        a, b = (np.concatenate(side) for side in zip(*curves, strict=True))
        farthest = [(truth[:, -1], forecast[:, -1]) for truth, forecast in curves]
        scores[target] = {
            **score(a, b),
            **curve_score(farthest, shape.rate_hz),
            "by_step": [round(float(v), 5) for v in mae_by_step(a, b)],
            "ahead_ms": [round(float(v), 3) for v in ahead_ms],
            "windows": len(a),
        }
    return scores


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
