"""Anatomical frames of pelvis, leg, trunk and arm."""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.kinematics.centres import pelvis
from gaitcast.kinematics.frames import frame_along_x, frame_along_z
from gaitcast.kinematics.landmarks import Points

#: Depth of the shoulder centre below the acromion over the distance of the acromia (Rab 2002).
_SHOULDER_DROP = 0.17


def forefoot(points: Points, side: str) -> np.ndarray | None:
    """Second metatarsal head, or the nearest substitute.

    Parameters
    ----------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Landmarks, m.
    side : str
        ``left`` or ``right``.

    Returns
    -------
    numpy.ndarray, shape (n, 3), or None
        Midpoint of the first and fifth head, else the toe, else the fifth head, m; None without.
    """
    if (side, "mt2") in points:
        return points[side, "mt2"]
    if (side, "mt1") in points and (side, "mt5") in points:
        return (points[side, "mt1"] + points[side, "mt5"]) / 2
    return points.get((side, "toe"), points.get((side, "mt5")))


def leg_frames(points: Points, side: str) -> dict[str, np.ndarray]:
    """Frames of pelvis, thigh, shank and foot.

    Parameters
    ----------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Landmarks with joint centres, m.
    side : str
        ``left`` or ``right``.

    Returns
    -------
    dict of str to numpy.ndarray, shape (n, 3, 3)
        The frames that the landmarks give. Thigh and shank have z from joint to joint and y along
        the line of the epicondyles and malleoli; the foot has x from heel to second metatarsal
        head.
    """
    found = {}
    mirror = 1.0 if side == "right" else -1.0

    def across(joint: str) -> np.ndarray | None:
        lateral = points.get((side, f"{joint}_lateral"))
        inner = points.get((side, f"{joint}_medial"), points.get((side, f"{joint}_centre")))
        return None if lateral is None or inner is None else mirror * (inner - lateral)

    with suppress(GaitcastError):  # without its landmarks there is no pelvis, but still a knee
        found["pelvis"] = pelvis(points)[0]
    hip, knee, ankle = (points.get((side, f"{j}_centre")) for j in ("hip", "knee", "ankle"))
    knee_axis, ankle_axis = across("knee"), across("ankle")
    if hip is not None and knee is not None and knee_axis is not None:
        found["thigh"] = frame_along_z(hip - knee, knee_axis)
    if knee is not None and ankle is not None and ankle_axis is not None:
        found["shank"] = frame_along_z(knee - ankle, ankle_axis)
    heel, toe = points.get((side, "heel")), forefoot(points, side)
    if heel is not None and toe is not None and "shank" in found:
        y = found["shank"][:, :, 1]
        if (side, "mt1") in points and (side, "mt5") in points:
            y = mirror * (points[side, "mt1"] - points[side, "mt5"])
        found["foot"] = frame_along_x(toe - heel, y)
    return found


def arm_frames(points: Points, side: str) -> dict[str, np.ndarray]:
    """Frames of thorax, humerus and forearm.

    Parameters
    ----------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Landmarks, m.
    side : str
        ``left`` or ``right``.

    Returns
    -------
    dict of str to numpy.ndarray, shape (n, 3, 3)
        The frames that the landmarks give. The shoulder centre lies below the acromion by 17 % of
        the distance of the acromia (Rab 2002).
    """
    if ("left", "acromion") not in points or ("right", "acromion") not in points:
        return {}
    acromia = points["left", "acromion"] - points["right", "acromion"]
    thorax = _thorax(points, acromia)
    if thorax is None:
        return {}
    found = {"thorax": thorax}
    lateral, medial = (points.get((side, f"elbow_{which}")) for which in ("lateral", "medial"))
    wrist = _middle(points, (side, "wrist_radial"), (side, "wrist_ulnar"))
    if lateral is None or wrist is None:
        return found
    drop = _SHOULDER_DROP * np.nanmedian(np.linalg.norm(acromia, axis=1))
    shoulder = points[side, "acromion"] - drop * thorax[:, :, 2]
    elbow = lateral if medial is None else (lateral + medial) / 2
    upper, lower = shoulder - elbow, elbow - wrist
    mirror = 1.0 if side == "right" else -1.0
    # Without a medial marker, the plane of the bent elbow gives its axis.
    y = np.cross(lower, upper) if medial is None else mirror * (medial - lateral)
    found["humerus"] = frame_along_z(upper, y)
    found["forearm"] = frame_along_z(lower, found["humerus"][:, :, 1])
    return found


def _thorax(points: Points, acromia: np.ndarray) -> np.ndarray | None:
    """ISB's thorax; without its four landmarks the line from the pelvis to the acromia."""
    notch, c7 = (points.get(("center", name)) for name in ("sternal_notch", "c7"))
    xiphoid = points.get(("center", "xiphoid"))
    back = _middle(points, ("center", "t8"), ("center", "t10"))
    if notch is not None and c7 is not None and xiphoid is not None and back is not None:
        z = notch + c7 - xiphoid - back
        return frame_along_z(z, np.cross(z, notch - c7))
    low = _middle(
        points,
        ("left", "asis"),
        ("right", "asis"),
        ("left", "iliac_crest"),
        ("right", "iliac_crest"),
    )
    if low is None:
        return None
    top = (points["left", "acromion"] + points["right", "acromion"]) / 2
    return frame_along_z(top - low, acromia)


def _middle(points: Points, *keys: tuple[str, str]) -> np.ndarray | None:
    there = [points[key] for key in keys if key in points]
    return np.mean(there, axis=0) if there else None
