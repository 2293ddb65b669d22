"""Joint centres of the leg from landmarks and, where measured, the size of the joints."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.kinematics.frames import dot, frame_along_y, to_lab, unit
from gaitcast.kinematics.landmarks import Points

SIDES = ("left", "right")
#: External rotation of the malleoli's line against the knee's axis in an adult, deg.
TORSION_DEG = 20.0
#: Widths, m, where none was measured.
KNEE_WIDTH_M, ANKLE_WIDTH_M = 0.10, 0.07
_MARKER_DIAMETER_M = 0.014

Measures = Mapping[str, float | str]


def pelvis(points: Points) -> tuple[np.ndarray, np.ndarray]:
    """Axes and origin of the pelvis.

    Parameters
    ----------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Landmarks: both ASIS (or iliac crests), and both PSIS or the sacrum.

    Returns
    -------
    axes : numpy.ndarray, shape (n, 3, 3)
        As columns: y to the left, from right to left ASIS, x forward, z up.
    origin : numpy.ndarray, shape (n, 3)
        Midpoint of the front landmarks, m.

    Raises
    ------
    GaitcastError
        If a landmark is missing.
    """
    left, right, back = _pelvis_points(points)
    origin = (left + right) / 2
    return frame_along_y(left - right, origin - back), origin


def _pelvis_points(points: Points) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    back = points.get(("center", "sacrum"))
    if ("left", "psis") in points and ("right", "psis") in points:
        back = (points["left", "psis"] + points["right", "psis"]) / 2
    for name in ("asis", "iliac_crest"):
        if ("left", name) in points and ("right", name) in points and back is not None:
            return points["left", name], points["right", name], back
    raise GaitcastError(
        "the pelvis needs both ASIS (or iliac crests) and both PSIS or the sacrum",
        hint="Name the markers so that their label says what they are; see docs/kinematics.md",
    )


def hip_centres(points: Points, measures: Measures) -> dict[str, np.ndarray]:
    """Hip centres by the best regression that the landmarks allow.

    With leg lengths: Davis et al. 1991 (Newington-Gage), as Plug-in Gait. With ASIS and PSIS or
    sacrum: Harrington et al. 2007. Else a quarter of the way from one greater trochanter to the
    other (Weinhandl and O'Connor 2010).

    Parameters
    ----------
    measures : dict of str to float
        ``left_leg_length_m``, ``right_leg_length_m``, ``inter_asis_m``, ``marker_diameter_m``.

    Returns
    -------
    dict of str to numpy.ndarray, shape (n, 3)
        By side, m; empty if the landmarks allow no regression.
    """
    if ("left", "asis") in points and ("right", "asis") in points:
        try:
            left, right, back = _pelvis_points(points)
        except GaitcastError:
            return {}
        width = float(np.nanmedian(np.linalg.norm(left - right, axis=1)))
        depth = float(np.nanmedian(np.linalg.norm((left + right) / 2 - back, axis=1)))
        legs = [float(measures.get(f"{side}_leg_length_m", 0)) for side in SIDES]
        local = _davis(sum(legs) / 2, measures, width) if all(legs) else _harrington(width, depth)
        axes, origin = pelvis(points)
        return {
            side: to_lab(axes, origin, local * [1.0, sign, 1.0])
            for side, sign in (("left", 1.0), ("right", -1.0))
        }
    if ("left", "trochanter") in points and ("right", "trochanter") in points:
        left, right = points["left", "trochanter"], points["right", "trochanter"]
        return {"left": left + (right - left) / 4, "right": right + (left - right) / 4}
    return {}


def _davis(leg_m: float, measures: Measures, width_m: float) -> np.ndarray:
    theta, beta = np.deg2rad(28.4), np.deg2rad(18.0)
    radius = float(measures.get("marker_diameter_m", _MARKER_DIAMETER_M)) / 2
    c = 0.115 * leg_m - 0.0153
    depth = 0.1288 * leg_m - 0.04856 + radius
    return np.array(
        [
            -depth * np.cos(beta) + c * np.cos(theta) * np.sin(beta),
            float(measures.get("inter_asis_m", width_m)) / 2 - c * np.sin(theta),
            -depth * np.sin(beta) - c * np.cos(theta) * np.cos(beta),
        ]
    )


def _harrington(width_m: float, depth_m: float) -> np.ndarray:
    return np.array([-0.24 * depth_m - 0.0099, 0.33 * width_m + 0.0073, -0.30 * width_m - 0.0109])


def joint_centres(points: Points, measures: Measures) -> dict[tuple[str, str], np.ndarray]:
    """Add the centres of hip, knee and ankle, as far as the landmarks give them.

    Knee and ankle: midpoint of the medial and the lateral marker; with only a lateral marker, by
    Plug-in Gait's chord. A shank wand whose rotation was not measured does not give the ankle's
    axis: it is then the knee's axis, rotated outwards by `TORSION_DEG`.

    Parameters
    ----------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Positions of the landmarks, m.
    measures : dict of str to float
        As in :func:`hip_centres`, and ``left_knee_width_m``, ``left_ankle_width_m``,
        ``left_thigh_rotation_deg``, ``left_shank_rotation_deg``, ``left_ankle_abadd_deg`` ...

    Returns
    -------
    dict of (str, str) to numpy.ndarray, shape (n, 3)
        With ``hip_centre``, ``knee_centre``, ``ankle_centre`` added where missing.
    """
    found = dict(points)
    for side, centre in hip_centres(points, measures).items():
        found.setdefault((side, "hip_centre"), centre)
    radius = float(measures.get("marker_diameter_m", _MARKER_DIAMETER_M)) / 2
    for side in SIDES:
        mirror = 1.0 if side == "right" else -1.0

        def measured(name: str, otherwise: float, side: str = side) -> float:
            return float(measures.get(f"{side}_{name}", otherwise))

        wand_known = f"{side}_shank_rotation_deg" in measures
        rows = (
            ("knee", "hip_centre", "thigh_1", measured("knee_width_m", KNEE_WIDTH_M),
             measured("thigh_rotation_deg", 0.0), 0.0),
            ("ankle", "knee_centre", "shank_1" if wand_known else "knee_lateral",
             measured("ankle_width_m", ANKLE_WIDTH_M), measured("shank_rotation_deg", -TORSION_DEG),
             measured("ankle_abadd_deg", 0.0)),
        )  # fmt: skip
        for joint, above, wand, width_m, turn_deg, tilt_deg in rows:
            lateral, medial = (
                found.get((side, f"{joint}_{which}")) for which in ("lateral", "medial")
            )
            higher, beside = found.get((side, above)), found.get((side, wand))
            if (side, f"{joint}_centre") in found or lateral is None:
                continue
            if medial is not None:
                found[side, f"{joint}_centre"] = (lateral + medial) / 2
            elif higher is not None and beside is not None:
                found[side, f"{joint}_centre"] = chord(
                    higher, beside, lateral, width_m / 2 + radius,
                    turn_rad=mirror * np.deg2rad(turn_deg), tilt_rad=np.deg2rad(tilt_deg),
                )  # fmt: skip
    return found


def chord(
    proximal: np.ndarray,
    wand: np.ndarray,
    marker: np.ndarray,
    offset_m: float,
    *,
    turn_rad: float,
    tilt_rad: float,
) -> np.ndarray:
    """Joint centre medial to a lateral marker (Plug-in Gait's chord function).

    The centre lies `offset_m` from the marker, where its lines to the marker and to the proximal
    centre enclose 90 deg plus the tilt, in the plane of proximal centre, wand and marker.

    Parameters
    ----------
    proximal, wand, marker : numpy.ndarray, shape (n, 3)
        Proximal joint centre, marker on the segment, marker on the joint, m.
    offset_m : float
        Half the joint's width plus the marker's radius.
    turn_rad : float
        Angle from the wand to the marker about the upward line of the two centres.
    tilt_rad : float
        Added to the right angle at the centre.

    Returns
    -------
    numpy.ndarray, shape (n, 3)
        m; NaN where no such point exists.
    """
    to_proximal = proximal - marker
    length = np.linalg.norm(to_proximal, axis=-1, keepdims=True)
    up = to_proximal / length
    away = wand - marker
    side = -unit(away - dot(away, up)[:, None] * up)
    corner = np.pi / 2 + tilt_rad
    with np.errstate(invalid="ignore"):
        at_marker = np.pi - corner - np.arcsin(offset_m / length * np.sin(corner))
    base, reach = marker + offset_m * np.cos(at_marker) * up, offset_m * np.sin(at_marker)
    if turn_rad == 0:
        return base + reach * side
    return _turned_chord(proximal, wand, marker, base, reach, up, side, turn_rad)


def _turned_chord(
    proximal: np.ndarray,
    wand: np.ndarray,
    marker: np.ndarray,
    base: np.ndarray,
    reach: np.ndarray,
    up: np.ndarray,
    side: np.ndarray,
    turn_rad: float,
) -> np.ndarray:
    """Search the one unknown, the place of the centre on its circle around the marker."""
    across = np.cross(up, side)
    phi = np.deg2rad(np.arange(0.0, 360.0, 1.0))
    circle = np.cos(phi)[:, None] * side[:, None] + np.sin(phi)[:, None] * across[:, None]
    centre = base[:, None] + reach[:, None] * circle
    axis = unit(proximal[:, None] - centre)

    def squared(vector: np.ndarray) -> np.ndarray:
        return vector - dot(vector, axis)[..., None] * axis

    p, q = squared(wand[:, None] - centre), squared(marker[:, None] - centre)
    miss = np.arctan2(dot(np.cross(p, q), axis), dot(p, q)) - turn_rad
    miss = np.angle(np.exp(1j * miss))
    after = np.roll(miss, -1, axis=1)
    crosses = (np.sign(miss) != np.sign(after)) & (np.abs(miss - after) < 1)
    k, row = np.argmax(crosses, axis=1), np.arange(len(miss))
    with np.errstate(invalid="ignore", divide="ignore"):
        part = miss[row, k] / (miss[row, k] - after[row, k])
    at = phi[k] + part * (phi[1] - phi[0])
    found = base + reach * (np.cos(at)[:, None] * side + np.sin(at)[:, None] * across)
    found[~crosses.any(axis=1)] = np.nan
    return found
