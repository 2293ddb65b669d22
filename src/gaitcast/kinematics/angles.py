"""Angles between segment frames, and the knee's alignment in its own frontal plane."""

from __future__ import annotations

import numpy as np

from gaitcast.kinematics.frames import dot, unit


def cardan_angles(joint: str, side: str, proximal: np.ndarray, distal: np.ndarray) -> np.ndarray:
    """Joint angles by Grood and Suntay's joint coordinate system.

    Flexion and dorsiflexion, adduction (knee: varus) and inversion, and internal rotation are
    positive on both sides.

    Parameters
    ----------
    joint : str
        ``hip``, ``knee``, ``ankle``, ``shoulder`` or ``elbow``.
    side : str
        ``left`` or ``right``.
    proximal, distal : numpy.ndarray, shape (n, 3, 3)
        Axes of the two segment frames as columns.

    Returns
    -------
    numpy.ndarray, shape (n, 3)
        Flexion, adduction, rotation, deg.

    Notes
    -----
    Sequence flexion - adduction - rotation (ISB's Z-X-Y, here Y-X-Z; Wu et al. 2002, 2005). The
    foot's long axis is its x, so the ankle's sequence is Y-Z-X, as in Plug-in Gait, where the long
    axis also is the distal axis. The shoulder starts with flexion too, not with ISB's Y-X-Y, which
    is singular in a hanging arm.
    """
    turn = np.swapaxes(proximal, -1, -2) @ distal
    if joint == "ankle":
        flexion = np.arctan2(-turn[..., 2, 0], turn[..., 0, 0])
        rotation = np.arcsin(np.clip(turn[..., 1, 0], -1, 1))
        tilt = np.arctan2(-turn[..., 1, 2], turn[..., 1, 1])
    else:
        flexion = np.arctan2(turn[..., 0, 2], turn[..., 2, 2])
        tilt = np.arcsin(np.clip(-turn[..., 1, 2], -1, 1))
        rotation = np.arctan2(turn[..., 1, 0], turn[..., 1, 1])
    if joint != "knee":  # only the knee bends backwards
        flexion = -flexion
    mirror = 1.0 if side == "right" else -1.0
    angles = np.rad2deg(np.stack([flexion, mirror * tilt, mirror * rotation], axis=-1))
    angles[:, 0] = unwrap_deg(angles[:, 0])
    return angles


def unwrap_deg(angle_deg: np.ndarray) -> np.ndarray:
    """Remove jumps by whole turns; NaN stays.

    Returns
    -------
    numpy.ndarray, shape (n,)
        deg; the first value stays within its half turn.
    """
    smooth, known = angle_deg.copy(), np.isfinite(angle_deg)
    smooth[known] = np.unwrap(smooth[known], period=360)
    return smooth


def frontal_alignment(
    side: str,
    hip: np.ndarray,
    knee: np.ndarray,
    ankle: np.ndarray,
    medial: np.ndarray,
    lateral: np.ndarray,
) -> np.ndarray:
    """Hip-knee-ankle angle in the frontal plane of the knee.

    Parameters
    ----------
    side : str
        ``left`` or ``right``.
    hip, knee, ankle : numpy.ndarray, shape (n, 3)
        Joint centres, m.
    medial, lateral : numpy.ndarray, shape (n, 3)
        Epicondyles, m.

    Returns
    -------
    numpy.ndarray, shape (n,)
        deg, 0 straight, varus positive. The angle is seen along the axis perpendicular to the line
        from hip to ankle and to the epicondyles' line: axial rotation of the leg adds nothing.
    """
    mirror = 1.0 if side == "right" else -1.0
    up = unit(hip - ankle)
    forward = unit(np.cross(mirror * (medial - lateral), up))
    left = np.cross(up, forward)

    def lean(line: np.ndarray) -> np.ndarray:
        return np.arctan2(dot(line, left), dot(line, up))

    return np.rad2deg(mirror * (lean(hip - knee) - lean(knee - ankle)))
