"""Quasi-stiffness over the phases of stance, and the work of the torque-angle loop.

In unperturbed walking the slope of torque over angle is not the ankle's stiffness, because muscle
activity changes meanwhile (Rouse et al., *IEEE Trans Neural Syst Rehabil Eng* 22:870, 2014). It is
called quasi-stiffness everywhere in gaitcast.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import binomtest

from gaitcast.impedance.stances import Stances

PHASES = (
    "controlled_plantarflexion", "dorsiflexion", "early_dorsiflexion", "late_dorsiflexion",
    "push_off",
)  # fmt: skip
#: The turn is searched in this part of stance, %.
_TURN_WITHIN = (2.0, 50.0)
#: A slope needs at least this much motion, rad, over at least this many samples.
_LEAST_MOTION_RAD, _LEAST_SAMPLES = np.radians(1.0), 3


@dataclass(frozen=True)
class Turns:
    """Samples at which a stance changes phase; -1 where there is no such turn."""

    to_dorsiflexion: np.ndarray
    """The most plantarflexed instant of early stance."""
    late: np.ndarray
    """Half way in angle from there to the most dorsiflexed instant."""
    most_dorsiflexed: np.ndarray


def turns(stances: Stances) -> Turns:
    """Find the turns of every stance.

    Parameters
    ----------
    stances : Stances
        From :func:`gaitcast.impedance.cut_stances`.

    Returns
    -------
    Turns
        Shape (S,) each.
    """
    found = np.full((3, len(stances)), -1)
    for number, (angle, count) in enumerate(zip(stances.angle_rad, stances.count, strict=True)):
        low, high = (round(p / 100 * (count - 1)) for p in _TURN_WITHIN)
        turn = low + int(np.argmin(angle[low : high + 1]))
        # A minimum at the window's edge is not a turn: the angle did not come back.
        if not low < turn < high:
            continue
        peak = turn + int(np.argmax(angle[turn:count]))
        halfway = (angle[turn] + angle[peak]) / 2
        late = turn + int(np.argmax(angle[turn : peak + 1] >= halfway))
        found[:, number] = turn, late, peak
    return Turns(*found)


def quasi_stiffness(stances: Stances) -> pd.DataFrame:
    """Slope of torque over angle and work in each phase of every stance.

    Parameters
    ----------
    stances : Stances
        From :func:`gaitcast.impedance.cut_stances`.

    Returns
    -------
    pandas.DataFrame
        One row per stance: ``subject``, ``trial``, ``side``, ``start_s``, ``duration_s``,
        ``turn_percent`` (plantarflexion turns to dorsiflexion) and ``flat_percent`` (the foot is
        flat, where events give it), then per phase
        ``PHASE_nm_rad_kg`` and ``PHASE_r2``, and ``work_in_j_kg`` (taken up), ``work_out_j_kg``
        (given back) and ``work_net_j_kg`` over stance. NaN where a phase is missing or too still.
        Source of the phases: Shamaei et al., PLoS ONE 8:e59935, 2013.
    """
    at = turns(stances)
    rows = []
    for s in range(len(stances)):
        count = int(stances.count[s])
        angle, torque = stances.angle_rad[s, :count], stances.torque[s, :count]
        row: dict[str, object] = {
            "subject": stances.subject[s],
            "trial": stances.trial[s],
            "side": stances.side[s],
            "start_s": round(float(stances.start_s[s]), 4),
            "duration_s": round(float(stances.duration_s[s]), 4),
        }
        turn, late, peak = (int(v[s]) for v in (at.to_dorsiflexion, at.late, at.most_dorsiflexed))
        turned = turn >= 0
        row["turn_percent"] = 100 * turn / (count - 1) if turned else np.nan
        row["flat_percent"] = float(stances.flat_percent[s])
        edges = ((0, turn), (turn, peak), (turn, late), (late, peak), (peak, count - 1))
        for phase, (start, stop) in zip(PHASES, edges, strict=True):
            span = slice(start, stop + 1)
            slope, r2 = _slope(angle[span], torque[span]) if turned else (np.nan, np.nan)
            row[f"{phase}_nm_rad_kg"], row[f"{phase}_r2"] = slope, r2
        rows.append(row | _work(angle, torque))
    return pd.DataFrame(rows)


def _slope(angle: np.ndarray, torque: np.ndarray) -> tuple[float, float]:
    if len(angle) < _LEAST_SAMPLES or np.ptp(angle) < _LEAST_MOTION_RAD:
        return float("nan"), float("nan")
    x, y = angle - angle.mean(), torque - torque.mean()
    slope = float((x * y).sum() / (x * x).sum())
    whole = float((y * y).sum())
    return slope, slope * float((x * y).sum()) / whole if whole > 0 else float("nan")


def _work(angle: np.ndarray, torque: np.ndarray) -> dict[str, object]:
    """Dorsiflexion against a plantarflexor torque absorbs energy."""
    steps = (torque[1:] + torque[:-1]) / 2 * np.diff(angle)
    taken, given = float(steps[steps > 0].sum()), float(-steps[steps < 0].sum())
    return {"work_in_j_kg": taken, "work_out_j_kg": given, "work_net_j_kg": given - taken}


@dataclass(frozen=True)
class Order:
    """Whether plantarflexion turns to dorsiflexion before the foot is flat.

    Parameters
    ----------
    steps : int
        Number of steps in which both instants are known.
    share : float
        Share of the steps with the turn first; NaN without any step.
    same : float
        Share of the steps with both on one sample.
    lead_percent : float
        Median of how much earlier the turn is, % of stance.
    p : float
        Of a two-sided sign test on the steps; steps of one person are not independent, so read it
        with `people`.
    people : int
        Number of people with such steps.
    people_first : int
        Number of people with the turn first in most of their steps.
    """

    steps: int
    share: float
    same: float
    lead_percent: float
    p: float
    people: int
    people_first: int


def turn_before_flat(table: pd.DataFrame) -> Order:
    """Test the order of the turn and foot flat.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`quasi_stiffness`.
    """
    known = table[["subject", "turn_percent", "flat_percent"]].dropna()
    # Both lie on samples: values that differ by rounding alone are the same sample.
    lead = (known["flat_percent"] - known["turn_percent"]).round(6)
    apart = lead[lead != 0]
    first = (lead > 0).groupby(known["subject"]).mean() > 0.5
    p = float(binomtest(int((apart > 0).sum()), len(apart)).pvalue) if len(apart) else np.nan
    nothing = float("nan")
    return Order(
        len(known),
        float((lead > 0).mean()) if len(known) else nothing,
        float((lead == 0).mean()) if len(known) else nothing,
        float(lead.median()) if len(known) else nothing,
        p,
        known["subject"].nunique(),
        int(first.sum()),
    )
