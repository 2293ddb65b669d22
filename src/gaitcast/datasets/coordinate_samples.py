"""Inverse kinematics kept as arrays: OpenSim's coordinates as our channels."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from gaitcast.io.opensim import COORDINATES, PELVIS

_SIDES = {"r": "right", "l": "left"}
#: OpenSim's ground has y up and z to the right.
_PLACES = {"pelvis_tx": ("x", 1.0), "pelvis_tz": ("y", -1.0), "pelvis_ty": ("z", 1.0)}


def coordinate_samples(
    names: Sequence[str], values: np.ndarray, time_s: np.ndarray, knee_sign: float
) -> dict[str, np.ndarray]:
    """Joint angles and the pelvis.

    Parameters
    ----------
    names : sequence of str
        OpenSim's, with ``time``.
    values : numpy.ndarray, shape (m, coordinates)
        deg and m, y up.
    time_s : numpy.ndarray, shape (n,)
        Clock of the recording, s; instants that the values do not reach are NaN.
    knee_sign : float
        -1 for models whose knee flexes towards the negative.

    Returns
    -------
    dict of str to numpy.ndarray, shape (n,)
        deg and m; coordinates that have no channel (toes, wrists), or that the model holds still,
        are left out.
    """
    columns = dict(zip(map(str, names), np.asarray(values, dtype=float).T, strict=True))
    at_s = columns.pop("time")
    step = (time_s[-1] - time_s[0]) / (len(time_s) - 1)
    rows = np.rint((at_s - time_s[0]) / step).astype(int)
    inside = (rows >= 0) & (rows < len(time_s))
    found = {}
    for name, column in columns.items():
        known = _channel(name, knee_sign)
        if known is not None and np.ptp(column) > 0:
            channel, sign = known
            found[channel] = np.full(len(time_s), np.nan)
            found[channel][rows[inside]] = sign * column[inside]
    return found


def _channel(name: str, knee_sign: float) -> tuple[str, float] | None:
    if name in _PLACES:
        axis, sign = _PLACES[name]
        return f"center_pelvis_pos_{axis}", sign
    if name in PELVIS:
        axis, sign = PELVIS[name]
        return f"center_pelvis_tilt_{axis}", sign
    stem, _, letter = name.rpartition("_")
    known = COORDINATES.get(name) or (
        COORDINATES.get(f"{stem}_{{s}}") if letter in _SIDES else None
    )
    if known is None:
        return None
    joint, axis, sign = known
    side = "center" if name in COORDINATES else _SIDES[letter]
    if (joint, axis) == ("knee", "flexion"):
        sign = knee_sign
    return f"{side}_{joint}_angle_{axis}", sign
