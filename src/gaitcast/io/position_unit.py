"""Unit of positions that state none: by how far body parts are apart, or how fast a foot swings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from gaitcast.channel import VECTOR_AXES
from gaitcast.units import factor

_UNITS = ("m", "mm", "cm")
#: How far body parts are apart, m, median: three or more; two, or two feet; parts of one foot.
_SPAN_M, _TWO_M, _ONE_FOOT_M = (0.3, 2.6), (0.09, 0.85), (0.05, 0.4)
#: How fast feet swing in walking, m/s, 98th percentile; of one foot alone.
_SWING_M_S = (0.9, 8.0)
_FEET = ("foot", "heel", "toe", "ankle", "calcaneus")
#: Positions below the first are in m, as far as size alone shows; above the other they are not.
_METRES, _FAR_M = 20.0, 60.0


@dataclass(frozen=True)
class PositionUnit:
    """The unit of positions, as far as it shows.

    Parameters
    ----------
    unit : str
        Empty where nothing decides.
    warning : str
        Where mm and cm are as likely, or cm rest on little.
    """

    unit: str = ""
    warning: str = ""


def position_unit(
    parts: Mapping[str, Mapping[str, str]], columns: Mapping[str, np.ndarray], rate_hz: float
) -> PositionUnit:
    """Judge the positions of a table.

    Parameters
    ----------
    parts : dict of str to dict
        Body part (``left_heel``) -> axis -> column.
    columns : mapping of str to numpy.ndarray, shape (n,)
        As read.
    rate_hz : float
        Of the rows.

    Returns
    -------
    PositionUnit
        A unit where the distances, or else the swing of a foot, fit only that one.
    """
    places = {
        part: np.column_stack([columns[axes[a]].astype(float) for a in VECTOR_AXES])
        for part, axes in parts.items()
        if set(VECTOR_AXES) <= set(axes) and len({len(columns[c]) for c in axes.values()}) == 1
    }
    named = [name for axes in parts.values() for name in axes.values()]
    values = [np.abs(columns[name][np.isfinite(columns[name])]) for name in named]
    largest = max((float(np.percentile(v, 95)) for v in values if len(v)), default=0.0)
    units = _UNITS if largest <= _FAR_M else _UNITS[1:]
    fitting = _fitting(units, _apart(places), _limits(list(places)))
    if len(fitting) == 1:
        return PositionUnit(fitting[0])
    fitting = _fitting(units, _swing(parts, columns, rate_hz), _SWING_M_S)
    if len(fitting) == 1:
        unit = fitting[0]
        note = f"warning: positions state no unit: {unit} taken, by the swing of the foot"
        return PositionUnit(unit, note if unit == "cm" else "")
    if largest <= _METRES:
        return PositionUnit()
    return PositionUnit("", "warning: positions state no unit and may be in mm or cm: taken for mm")


def _fitting(units: tuple[str, ...], size: float, limits: tuple[float, float]) -> list[str]:
    """Units in which a size is a person's."""
    return [u for u in units if limits[0] <= size * factor(u, "pos") <= limits[1]]


def _limits(parts: list[str]) -> tuple[float, float]:
    """How far body parts may be apart, m."""
    if all(part.endswith(_FEET) for part in parts):
        return _ONE_FOOT_M if len({part.split("_")[0] for part in parts}) == 1 else _TWO_M
    return _TWO_M if len(parts) == 2 else _SPAN_M


def _swing(
    parts: Mapping[str, Mapping[str, str]], columns: Mapping[str, np.ndarray], rate_hz: float
) -> float:
    """How fast the feet swing, in the unit of the file per second; 0 where there are none."""
    fastest = 0.0
    for part, axes in parts.items():
        if not part.endswith(_FEET):
            continue
        steps = [np.diff(columns[name].astype(float)) for name in axes.values()]
        if len({len(step) for step in steps}) > 1:
            continue
        speeds = np.linalg.norm(steps, axis=0) * rate_hz
        speeds = speeds[np.isfinite(speeds)]
        if len(speeds) > 20:
            fastest = max(fastest, float(np.percentile(speeds, 98)))
    return fastest


def _apart(places: Mapping[str, np.ndarray]) -> float:
    """How far the parts are apart, in the unit of the file, median; 0 of fewer than two."""
    lengths = {len(points) for points in places.values()}
    if len(places) < 2 or len(lengths) > 1:
        return 0.0
    cloud = np.array([*places.values()])
    cloud = cloud[:, np.isfinite(cloud).all(axis=(0, 2))]
    return float(np.median(np.ptp(cloud, axis=0).max(axis=1))) if cloud.shape[1] else 0.0
