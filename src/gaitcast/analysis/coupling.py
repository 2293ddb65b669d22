"""How joint angles move together: correlation over a stride of lags, and phase."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.metrics import correlation

#: Lags that are tried, as shares of a stride.
_LAGS = np.linspace(-0.5, 0.5, 41)
_STRIDE_HZ = np.arange(0.5, 1.5, 0.01)
_LEAST_S = 2.0


def limb_coupling(cohort: Cohort, channels: Sequence[str]) -> pd.DataFrame:
    """Correlation, lag and phase of every pair of angles.

    Parameters
    ----------
    cohort : Cohort
        Recordings; segments shorter than 2 s are left out.
    channels : sequence of str
        Angles. The stride's frequency is where the first has most power between 0.5 and 1.5 Hz.

    Returns
    -------
    pandas.DataFrame
        Per pair, all participants counting the same: ``one``, ``other``, ``r`` (at no lag),
        ``best_r`` and ``lag_percent`` (of the stride, the other behind the one, where the mean
        correlation over people is largest in size), ``phase_deg`` (of the other behind the one at
        the stride's frequency, circular mean, 180 is antiphase), ``people``.

    Raises
    ------
    GaitcastError
        If no recording is long enough.
    """
    found: dict[tuple[str, str], dict[str, list[np.ndarray]]] = {}
    for recording in cohort:
        rows = recording.complete(channels)
        for segment in recording.segments():
            part = rows[segment.start : segment.stop]
            if len(part) < _LEAST_S * recording.rate_hz:
                continue
            part = part - part.mean(axis=0)
            stride_hz, turns = _turns(part, recording.rate_hz)
            lags = np.round(_LAGS * recording.rate_hz / stride_hz).astype(int)
            for (i, one), (k, other) in combinations(enumerate(channels), 2):
                turn = turns[i] * np.conj(turns[k])
                row = np.r_[_alike(part[:, i], part[:, k], lags), turn.real, turn.imag]
                found.setdefault((one, other), {}).setdefault(recording.subject, []).append(row)
    if not found:
        raise GaitcastError(f"no recording holds {_LEAST_S:g} s of {len(channels)} angles or more")
    return pd.DataFrame([_row(pair, people) for pair, people in found.items()])


def _turns(part: np.ndarray, rate_hz: float) -> tuple[float, np.ndarray]:
    """The stride's frequency, and each angle's place in it as a complex number of size 1."""
    waves = np.exp(-2j * np.pi * _STRIDE_HZ[:, None] * np.arange(len(part)) / rate_hz)
    power = (waves * np.hanning(len(part))) @ part
    at = int(np.abs(power[:, 0]).argmax())
    return float(_STRIDE_HZ[at]), power[at] / np.maximum(np.abs(power[at]), 1e-12)


def _alike(one: np.ndarray, other: np.ndarray, lags: np.ndarray) -> np.ndarray:
    most = int(min(np.abs(lags).max(), len(one) // 3))
    inside = one[most : len(one) - most]
    shifted = (other[most + k : len(one) - most + k] if abs(k) <= most else None for k in lags)
    return np.array([np.nan if s is None else correlation(inside, s) for s in shifted])


def _row(pair: tuple[str, str], people: dict[str, list[np.ndarray]]) -> dict[str, object]:
    mean = np.mean([np.mean(row, axis=0) for row in people.values()], axis=0)
    alike, real, imaginary = mean[:-2], mean[-2], mean[-1]
    # A lag that one participant's bouts are too short for is left out for all.
    best = int(np.abs(np.nan_to_num(alike)).argmax())
    return {
        "one": pair[0],
        "other": pair[1],
        "r": float(alike[len(_LAGS) // 2]),
        "best_r": float(alike[best]),
        "lag_percent": float(100 * _LAGS[best]),
        "phase_deg": float(np.degrees(np.arctan2(imaginary, real))),
        "people": len(people),
    }
