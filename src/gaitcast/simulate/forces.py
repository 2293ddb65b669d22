"""Ground reaction, centre of pressure and ankle torque that follow from the motion.

The total force follows from Newton's law for the whole body. In double support it passes from foot
to foot smoothly, and each leg keeps its own direction, from its foot towards the centre of mass, as
far as the sum allows (after Ren et al., *J Biomech* 41:2750, 2008). In early stance the ankle
torque is that of a spring, damper and inertia about an equilibrium; afterwards it is that of a
centre of pressure that rolls from heel to ball. The centre of pressure follows from the foot's own
inverse dynamics.

The moment balance of the whole body is not enforced: as in any prescribed motion, there is a
residual moment.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline, PchipInterpolator

from gaitcast.simulate.feet import TOE_OFF, Foot
from gaitcast.simulate.imu import GRAVITY
from gaitcast.simulate.motion import Motion, centre, centre_of_mass
from gaitcast.simulate.people import SIDES, Person
from gaitcast.simulate.route import Route, Traits, rise

#: Phase of the stride until which the ankle follows its impedance, and by which it no longer does.
IMPEDANCE_UNTIL, ROLLING_FROM = 0.10, 0.16
_LOADING = TOE_OFF - 0.5
#: Centre of pressure from the ankle along the sole, as a share of foot length, over stance.
_ROLL = PchipInterpolator(
    (0.10, 0.20, 0.30, 0.40, 0.50, 0.61), (-0.04, 0.10, 0.24, 0.40, 0.50, 0.54)
)


@dataclass(frozen=True)
class Impedance:
    """Impedance of one ankle by step; shapes (steps,), row 0 is the step before the first."""

    stiffness: np.ndarray
    damping: np.ndarray
    inertia: np.ndarray


@dataclass(frozen=True)
class Forces:
    """Forces under and in one leg; n samples."""

    ground_n: np.ndarray
    """Reaction on the foot, walking frame (x ahead, y left, z up), shape (n, 3)."""
    pressure_m: np.ndarray
    """Centre of pressure from the ankle along and left of the foot, shape (n, 2)."""
    torque: np.ndarray
    """Ankle torque, plantarflexor positive, N m/kg, shape (n,)."""
    equilibrium_deg: np.ndarray
    """Equilibrium angle of the spring in each step; shape (steps,)."""


def draw_impedance(person: Person, traits: Traits, rng: np.random.Generator) -> Impedance:
    """Draw the stiffness of each step: the person's mean, the swing before it, and chance.

    Parameters
    ----------
    person : Person
        Gives the mean impedance.
    traits : Traits
        Landing pitch and clearance explain some three quarters of the variance between steps.
    rng : numpy.random.Generator
        For the random part.

    Returns
    -------
    Impedance
        One value per step.
    """
    explained = 0.9 * (traits.landing - 1) + 0.7 * (traits.clearance - 1)
    factor = np.clip(1 + explained + 0.09 * rng.normal(size=len(explained)), 0.4, 1.8)
    ankle = person.ankle
    ones = np.ones_like(factor)
    return Impedance(ankle.stiffness * factor, ankle.damping * ones, ankle.inertia * ones)


def ground_forces(
    person: Person,
    route: Route,
    motion: Motion,
    feet: dict[str, Foot],
    impedance: dict[str, Impedance],
) -> dict[str, Forces]:
    """Forces of both legs.

    Returns
    -------
    dict of str to Forces
        By side.
    """
    time_s = route.time_s
    body_m = centre_of_mass(person, motion)
    pull = CubicSpline(time_s, body_m)(time_s, 2) + np.array([0.0, 0.0, GRAVITY])
    total = route.to_walker(person.mass_kg * pull)
    share = {side: _share(feet[side].phase, route.effort) for side in SIDES}
    towards = {
        side: share[side][:, None]
        * total[:, 2:]
        * _lean(route, body_m, motion.origin_m[f"{side}_foot"])
        for side in SIDES
    }
    forces = {}
    for side, other in (SIDES, SIDES[::-1]):
        part = share[side][:, None]
        own, yonder = (towards[s] - share[s][:, None] * total[:, :2] for s in (side, other))
        flat = part * total[:, :2] + 4 * part * (1 - part) * (own - yonder) / 2
        ground = np.column_stack([flat, part[:, 0] * total[:, 2]])
        forces[side] = _ankle(person, route, motion, side, feet[side], impedance[side], ground)
    return forces


def _share(phase: np.ndarray, effort: np.ndarray) -> np.ndarray:
    """Share of the load that a foot carries; 1 between the other's toe-off and heel strike."""
    on = 1 - np.clip(1 - phase / _LOADING, 0, 1) ** 1.8
    off = np.clip(1 - (phase - 0.5) / _LOADING, 0, 1) ** 1.8
    walking = np.minimum(on, off)
    standing = np.clip(1 - effort / 0.3, 0, 1) * (np.maximum(on, off) > 0)
    double = (phase < _LOADING) | ((phase > 0.5) & (phase < TOE_OFF))
    return np.where(double, walking + standing * (0.5 - walking), walking)


def _lean(route: Route, body_m: np.ndarray, foot_m: np.ndarray) -> np.ndarray:
    """Horizontal path from a foot to below the centre of mass, over the height of that centre."""
    way = route.to_walker(body_m - foot_m)
    return way[:, :2] / body_m[:, 2:]


def _ankle(
    person: Person,
    route: Route,
    motion: Motion,
    side: str,
    foot: Foot,
    impedance: Impedance,
    ground: np.ndarray,
) -> Forces:
    """Centre of pressure and torque of one foot, from its own equations of motion."""
    height = motion.origin_m[f"{side}_foot"][:, 2]
    yaw = np.radians(foot.yaw_deg)
    ahead = np.column_stack([np.cos(yaw), np.sin(yaw)])
    turn = yaw - route.heading_rad
    push = np.cos(turn) * ground[:, 0] + np.sin(turn) * ground[:, 1]  # along the foot
    load = ground[:, 2]
    way_m = centre_of_mass(person, motion) - motion.origin_m[f"{side}_foot"]
    below = (ahead * way_m[:, :2]).sum(axis=1)  # centre of pressure of quiet standing
    carried = _carried(person, route.time_s, motion, side, foot, ahead)
    law, equilibrium = _law(person, route.time_s, motion, side, foot, impedance, carried)
    long = person.length("foot")
    rolling = carried + height * push + load * long * _ROLL(np.clip(foot.phase, 0.10, 0.61))
    blend = rise((foot.phase - IMPEDANCE_UNTIL) / (ROLLING_FROM - IMPEDANCE_UNTIL))
    walking = np.clip(route.effort / 0.2, 0, 1)
    wanted = walking * (law + blend * (rolling - law)) + (1 - walking) * (
        carried + height * push + load * np.clip(below, -0.2 * long, 0.5 * long)
    )
    loaded = load > 1.0
    along = np.divide(wanted - carried - height * push, load, out=np.zeros_like(load), where=loaded)
    along = np.clip(along, -0.24 * long, 0.70 * long)
    torque = carried + np.where(loaded, height * push + load * along, 0.0)
    left = np.where(loaded, (-0.02 if side == "left" else 0.02) * long, 0.0)
    return Forces(ground, np.column_stack([along, left]), torque / person.mass_kg, equilibrium)


def _carried(
    person: Person,
    time_s: np.ndarray,
    motion: Motion,
    side: str,
    foot: Foot,
    ahead: np.ndarray,
) -> np.ndarray:
    """Torque (N m, plantarflexor) that moves the foot itself and carries its weight."""
    part = person.segment("foot")
    arm = motion.turn[f"{side}_foot"].apply(centre(person, "foot"))
    speedup = CubicSpline(time_s, motion.origin_m[f"{side}_foot"] + arm)(time_s, 2)
    along, forward = (arm[:, :2] * ahead).sum(1), (speedup[:, :2] * ahead).sum(1)
    # Pitch with the toes up is a negative turn about the axis to the left.
    spin = -CubicSpline(time_s, np.radians(foot.pitch_deg))(time_s, 2)
    weight = arm[:, 2] * forward - along * (speedup[:, 2] + GRAVITY)
    return part.mass * (part.radius**2 * spin + weight)


def _law(
    person: Person,
    time_s: np.ndarray,
    motion: Motion,
    side: str,
    foot: Foot,
    impedance: Impedance,
    carried: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Torque (N m) of spring, damper and inertia, and each step's equilibrium (deg).

    The equilibrium is chosen so that the torque at heel strike equals that of the swing before.
    """
    angle = CubicSpline(time_s, np.radians(motion.angles_deg[f"{side}_ankle_angle_flexion"]))
    row = foot.step + 1
    stiffness, damping, inertia = (
        values[row] for values in (impedance.stiffness, impedance.damping, impedance.inertia)
    )
    free = stiffness * angle(time_s) + damping * angle(time_s, 1) + inertia * angle(time_s, 2)
    strikes = np.flatnonzero(np.diff(row, prepend=row[0] - 1))
    at_strike = np.zeros(len(impedance.stiffness))
    at_strike[row[strikes]] = free[strikes] - carried[strikes] / person.mass_kg
    return (
        person.mass_kg * (free - at_strike[row]),
        np.degrees(at_strike / impedance.stiffness),
    )
