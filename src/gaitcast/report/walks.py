"""Forecasts of every tested trial, of several predictors side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.report.gather import Panel
from gaitcast.study.store import read_arrays

#: Values over all walks and predictors of a figure; more make the page slow to load.
_MOST_VALUES = 600_000
_SHARED = ("person", "trial", "rate_hz", "first", "ahead", "fan_ahead")
_EACH = ("time_s", "truth", "forecast", "fan_time_s", "fan")


@dataclass(frozen=True)
class Lines:
    """Forecasts of one walk by one predictor.

    Parameters
    ----------
    forecast : numpy.ndarray, shape (n, lines, targets)
        Aligned with the instant they speak of.
    fan_time_s : numpy.ndarray, shape (m,)
        When whole forecasts were made.
    fan : numpy.ndarray, shape (m, fan steps, targets)
        These.
    half : numpy.ndarray, shape (fan steps, targets)
        Half of the 90 % interval; 0 where there is none.
    """

    forecast: np.ndarray
    fan_time_s: np.ndarray
    fan: np.ndarray
    half: np.ndarray


@dataclass(frozen=True)
class Walk:
    """A part of a trial of a tested person.

    Parameters
    ----------
    person, trial : str
        Whose, and which.
    time_s : numpy.ndarray, shape (n,)
        On the trial's clock.
    truth : numpy.ndarray, shape (n, targets)
        Measured.
    by : dict of str to Lines
        Label of each predictor that was scored there.
    """

    person: str
    trial: str
    time_s: np.ndarray
    truth: np.ndarray
    by: dict[str, Lines]


@dataclass(frozen=True)
class Walks:
    """All walks of a figure.

    Parameters
    ----------
    walks : tuple of Walk
        By person and trial, in the order of the folds.
    ahead_ms, fan_ahead_s : numpy.ndarray
        Of the lines, and of a fan's steps.
    left_out : int
        Walks for which there is no room on the page.
    """

    walks: tuple[Walk, ...]
    ahead_ms: np.ndarray
    fan_ahead_s: np.ndarray
    left_out: int


def walks_of(panels: Sequence[Panel]) -> Walks | None:
    """Read what fits keep of their forecasts.

    Parameters
    ----------
    panels : sequence of Panel
        Of one split and horizon, one for each target. The leading predictors of the first are
        drawn.

    Returns
    -------
    Walks or None
        Those of the best predictor that has any; None where no walk was scored whole. Of several
        fits of a walk (seeds) the first counts.
    """
    predictors = panels[0].leading
    found: dict[tuple[str, str], Walk] = {}
    shared: dict[str, np.ndarray] = {}
    for shown in predictors:
        for folder in shown.folders:
            kept = _read(folder)
            if kept is None:
                continue
            shared = shared or kept
            for k, (person, trial) in enumerate(zip(kept["person"], kept["trial"], strict=True)):
                _add(found, Walk(str(person), str(trial), kept[f"{k}.time_s"],
                                 kept[f"{k}.truth"], {}), shown.label, kept, k, panels)  # fmt: skip
    drawn = [one.label for one in predictors if any(one.label in w.by for w in found.values())]
    if not drawn:
        return None
    walks = [walk for walk in found.values() if drawn[0] in walk.by]
    values = [
        w.truth.size + sum(one.forecast.size + one.fan.size for one in w.by.values()) for w in walks
    ]
    room = max(1, int(np.searchsorted(np.cumsum(values), _MOST_VALUES, side="right")))
    rate_hz = float(shared["rate_hz"])
    return Walks(
        tuple(walks[:room]),
        1000 * shared["ahead"] / rate_hz,
        shared["fan_ahead"] / rate_hz,
        max(0, len(walks) - room),
    )


def _read(folder: Path) -> dict[str, np.ndarray] | None:
    """None of a fit of an earlier version, which kept the beginning of one trial."""
    try:
        shared = read_arrays(folder / "trace.npz", _SHARED)
    except GaitcastError:
        read_arrays(folder / "trace.npz", ("forecast",))  # else it is damaged
        return None
    each = [f"{k}.{name}" for k in range(len(shared["person"])) for name in _EACH]
    return {**shared, **read_arrays(folder / "trace.npz", each)}


def _add(
    found: dict[tuple[str, str], Walk],
    walk: Walk,
    label: str,
    kept: dict[str, np.ndarray],
    k: int,
    panels: Sequence[Panel],
) -> None:
    if not len(walk.time_s):
        return
    walk = found.setdefault((walk.person, walk.trial), walk)
    time_s, _, forecast, fan_time_s, fan = (kept[f"{k}.{name}"] for name in _EACH)
    if len(walk.time_s) != len(time_s) or label in walk.by:
        return
    half = np.zeros((len(kept["fan_ahead"]), len(panels)))
    for number, panel in enumerate(panels):
        bounds = next(s.intervals for s in panel.shown if s.label == label)
        if walk.person in bounds:
            width = bounds[walk.person].width
            half[:, number] = width[kept["fan_ahead"] - int(kept["first"])] / 2
    walk.by[label] = Lines(forecast, fan_time_s, fan, half)
