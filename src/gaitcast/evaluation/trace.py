"""Forecasts beside the measurement, to look at: a part of every trial that was tested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitcast.models import Signature

#: Seconds of one trial, and of all trials of a fit together; each trial gets at least the last.
_TRIAL_S, _ALL_S, _LEAST_S = 20.0, 120.0, 3.0
_FAN_S, _FAN_STEPS = 0.1, 50


@dataclass(frozen=True)
class Tested:
    """Truth and forecasts of the windows of one segment, one after the other.

    Parameters
    ----------
    person, trial : str
        Whose, and which.
    start_s : float
        Time of the first sample of the segment.
    truth, point : numpy.ndarray, shape (windows, steps, targets)
        Physical units.
    connected : bool
        Whether the windows make a curve over time.
    """

    person: str
    trial: str
    start_s: float
    truth: np.ndarray
    point: np.ndarray
    connected: bool


def traces(tested: Sequence[Tested], shape: Signature) -> dict[str, np.ndarray]:
    """What is kept of a fit's forecasts for figures.

    Parameters
    ----------
    tested : sequence of Tested
        All segments of all tested people.
    shape : Signature
        Of the predictor.

    Returns
    -------
    dict of str to numpy.ndarray
        ``person`` and ``trial`` (walks,); ``ahead`` (lines,), a few steps in samples; ``fan_ahead``
        (fan steps,); ``rate_hz`` and ``first``; and of walk k, ``k.time_s`` (n,), ``k.truth``
        (n, targets), ``k.forecast`` (n, lines, targets), aligned with the instant they speak of,
        ``k.fan_time_s`` (m,) and ``k.fan`` (m, fan steps, targets): whole forecasts, and when
        they were made. The part of a trial in which the target moves most.
    """
    longest: dict[tuple[str, str], Tested] = {}
    for one in tested:
        key = one.person, one.trial
        if key not in longest or len(one.truth) > len(longest[key].truth):
            longest[key] = one
    each_s = max(_LEAST_S, min(_TRIAL_S, _ALL_S / max(1, len(longest))))
    count = round(each_s * shape.rate_hz)
    kept = _whole if shape.whole else _over_time
    walks = [kept(one, shape, count) for one in list(longest.values())[: round(_ALL_S / each_s)]]
    names = list(longest)[: len(walks)]
    ahead, fan_ahead = _steps(shape)
    return {
        "person": np.array([person for person, _ in names]),
        "trial": np.array([trial for _, trial in names]),
        "rate_hz": np.array(shape.rate_hz),
        "first": np.array(shape.first),
        "ahead": ahead,
        "fan_ahead": fan_ahead,
        **{f"{k}.{name}": value for k, walk in enumerate(walks) for name, value in walk.items()},
    }


def _steps(shape: Signature) -> tuple[np.ndarray, np.ndarray]:
    """Steps that are drawn as lines, and those of a fan."""
    if shape.whole:
        return np.zeros(1, int), np.zeros(1, int)
    lines = np.linspace(shape.horizon / 5, shape.horizon, 5).round().astype(int)
    fan = np.linspace(shape.first, shape.horizon, _FAN_STEPS).round().astype(int)
    return np.unique(lines.clip(shape.first, shape.horizon)), np.unique(fan)


def _whole(one: Tested, shape: Signature, _count: int) -> dict[str, np.ndarray]:
    """The first curve over its own clock."""
    return {
        "time_s": np.arange(shape.history) / shape.rate_hz,
        "truth": one.truth[0].astype(np.float32),
        "forecast": one.point[0][:, None].astype(np.float32),
        "fan_time_s": np.zeros(0),
        "fan": np.zeros((0, 1, one.point.shape[2]), np.float32),
    }


def _over_time(one: Tested, shape: Signature, count: int) -> dict[str, np.ndarray]:
    ahead, fan_ahead = _steps(shape)
    rate_hz, first, horizon = shape.rate_hz, shape.first, shape.horizon
    begin = _liveliest(one.truth[:, 0], count)
    truth, point = one.truth[begin : begin + count], one.point[begin : begin + count]
    length = len(truth)
    # Row i speaks of instants i + first ... i + horizon; from `horizon` on each has every forecast.
    connected = length > horizon and one.connected
    until = length + min(horizon, 0)
    instants = np.arange(horizon, until) if connected else np.arange(0)
    lines = [point[instants - step, step - first] for step in ahead]
    made = np.arange(0, length, max(1, round(_FAN_S * rate_hz))) if connected else np.arange(0)
    start = one.start_s + (shape.history - 1 + begin) / rate_hz
    return {
        "time_s": start + instants / rate_hz,
        "truth": truth[instants - first, 0].astype(np.float32),
        "forecast": np.stack(lines, axis=1).astype(np.float32),
        "fan_time_s": start + made / rate_hz,
        "fan": point[made][:, fan_ahead - first].astype(np.float32),
    }


def _liveliest(truth: np.ndarray, count: int) -> int:
    """Where a part of so many rows begins in which the targets move most; 0 if all of it fits."""
    starts = np.arange(0, max(1, len(truth) - count), max(1, count // 4))
    if len(starts) == 1:
        return 0
    spread = truth.std(axis=0)
    scale = np.where(spread > 0, spread, 1.0)
    moved = [(truth[k : k + count].std(axis=0) / scale).sum() for k in starts]
    return int(starts[int(np.argmax(moved))])
