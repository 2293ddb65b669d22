"""Sagittal-plane analysis with few markers, as in Winter's textbook."""

from __future__ import annotations

import numpy as np

from gaitcast.kinematics.angles import unwrap_deg

GRAVITY = 9.80665


def planar_angles(
    hip: np.ndarray, knee: np.ndarray, ankle: np.ndarray, heel: np.ndarray, toe: np.ndarray
) -> dict[str, np.ndarray]:
    """Segment and joint angles of one leg (Winter 2009, chapter 3).

    Parameters
    ----------
    hip, knee, ankle, heel, toe : numpy.ndarray, shape (n, 2)
        Forward and up, in any one unit; `toe` is the metatarsal head.

    Returns
    -------
    dict of str to numpy.ndarray, shape (n,)
        ``thigh``, ``shank`` and ``foot`` from the forward horizontal, anticlockwise (thigh from
        knee to hip, shank from ankle to knee, foot from heel to toe), ``knee`` flexion and
        ``ankle`` dorsiflexion, deg.
    """

    def lean(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        way = high - low
        return unwrap_deg(np.rad2deg(np.arctan2(way[:, 1], way[:, 0])))

    thigh, shank, foot = lean(knee, hip), lean(ankle, knee), lean(heel, toe)
    return {
        "thigh": thigh,
        "shank": shank,
        "foot": foot,
        "knee": thigh - shank,
        "ankle": foot - shank + 90.0,
    }


def planar_moment(
    ankle: np.ndarray,
    centre: np.ndarray,
    acceleration: np.ndarray,
    angular_acceleration: np.ndarray,
    force: np.ndarray,
    at: np.ndarray,
    *,
    foot_mass_kg: float,
    foot_inertia_kg_m2: float,
) -> tuple[np.ndarray, np.ndarray]:
    """Force and moment at the ankle by planar inverse dynamics of the foot (Winter, chapter 5).

    Parameters
    ----------
    ankle, centre, at : numpy.ndarray, shape (n, 2)
        Ankle, mass centre of the foot and centre of pressure; forward and up, m.
    acceleration : numpy.ndarray, shape (n, 2)
        Of the foot's mass centre, m/s^2.
    angular_acceleration : numpy.ndarray, shape (n,)
        Of the foot, rad/s^2, anticlockwise with forward to the right.
    force : numpy.ndarray, shape (n, 2)
        Of the ground on the foot, N.
    foot_mass_kg, foot_inertia_kg_m2 : float
        Both 0 for a massless foot.

    Returns
    -------
    joint_force : numpy.ndarray, shape (n, 2)
        Of the shank on the foot, N.
    moment : numpy.ndarray, shape (n,)
        Plantarflexor positive, N m.
    """

    def cross(a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return a[..., 0] * b[..., 1] - a[..., 1] * b[..., 0]

    weight = foot_mass_kg * np.array([0.0, -GRAVITY])
    joint_force = foot_mass_kg * acceleration - weight - force
    anticlockwise = (
        foot_inertia_kg_m2 * angular_acceleration
        - cross(ankle - centre, joint_force)
        - cross(at - centre, force)
    )
    return joint_force, -anticlockwise
