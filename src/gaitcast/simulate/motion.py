"""Motion of the whole body: pelvis, legs that reach for their feet, trunk, arms; 26 joint angles.

Frames: x forward, y left, z up. A segment's frame sits in its proximal joint (the pelvis midway
between the hips, the foot in the ankle) and equals the room's when the person stands straight.
Joint angles are Cardan angles of the distal in the proximal segment, in the order flexion,
adduction, rotation, as the ISB recommends; flexion, dorsiflexion, adduction and internal rotation
are positive.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial.transform import Rotation

from gaitcast.simulate.feet import Foot
from gaitcast.simulate.people import SIDES, Person
from gaitcast.simulate.route import Route

_TURN = 2 * np.pi
#: Longest reach of a leg, as a share of thigh and shank, and how softly it is approached (m).
LIMIT, SOFT = 0.998, 0.006
ROUNDS = 7
#: Increase of the sway over a side per degree of varus of its knee.
SWAY_PER_DEG = 0.06
#: Increase over the side of an affected knee: the trunk leans towards it to unload the joint.
SWAY_AFFECTED = 0.15
#: Share of the foot's rotation against the pelvis in the hip; the rest is in the ankle.
HIP_TURN = 0.75


@dataclass(frozen=True)
class Sway:
    """Path of the centre of mass, as shares of leg length, at comfortable speed."""

    stand: float = 0.99
    """Height of the hips when standing."""
    drop: float = 0.0097
    """How much lower the hips are on average in walking."""
    bob: tuple[float, ...] = (-0.0120, -0.0097, 0.0002, 0.0011, 0.0001, 0.0002)
    """Vertical: cosine and sine of the stride's second, fourth and sixth harmonic."""
    surge: tuple[float, ...] = (-0.0065, 0.0089, -0.0008, 0.0002, -0.0001, -0.0001)
    """The same, forward."""
    side: float = 0.018
    """Amplitude to the side, of the stride."""


SWAY = Sway()


@dataclass(frozen=True)
class Motion:
    """Motion of the segments over time."""

    origin_m: dict[str, np.ndarray]
    """Proximal joint of each segment, shape (n, 3)."""
    turn: dict[str, Rotation]
    """Orientation of each segment in the room, n rotations."""
    angles_deg: dict[str, np.ndarray]
    """Channel name to joint angle, shape (n,)."""


def move_body(person: Person, route: Route, feet: dict[str, Foot]) -> Motion:
    """Motion of every segment of a person, given the paths of the feet and of the centre of mass.

    The pelvis is placed so that the centre of mass of all segments lies on its path. Legs move with
    the pelvis, so this takes a few iterations, each some five times nearer.

    Parameters
    ----------
    route : Route
        Phase and effort of the movement; n samples.
    """
    upper = _upper_body(person, route)
    pelvis = upper.turn["pelvis"]
    back = pelvis.inv()
    turn = {side: _turn_foot(feet[side]) for side in SIDES}
    feet_mass = {side: turn[side].apply(centre(person, "foot")) for side in SIDES}
    hips = {side: pelvis.apply(_hip(person, side)) for side in SIDES}
    spin = {side: _spin(person, side, route, feet[side]) for side in SIDES}
    goal = _path_of_mass(person, route)
    at = goal - [0.0, 0.0, _mass_above_hips(person)]
    for _ in range(ROUNDS):
        moment, mass = upper.moment_kg_m + upper.mass_kg * at, upper.mass_kg
        for side in SIDES:
            leg = _reach(person, side, back.apply(feet[side].ankle_m - at - hips[side]), spin[side])
            knee, ankle = (at + hips[side] + pelvis.apply(point) for point in (leg.knee, leg.ankle))
            for name, top, low in (("thigh", at + hips[side], knee), ("shank", knee, ankle)):
                part = person.segment(name)
                moment = moment + part.mass * (
                    top + part.centre / person.length(name) * (low - top)
                )
                mass += part.mass
            foot = person.segment("foot").mass
            moment, mass = moment + foot * (ankle + feet_mass[side]), mass + foot
        at = at + goal - moment / mass
    return _assemble(person, upper, at, feet, turn, spin)


@dataclass(frozen=True)
class _Leg:
    """One leg in the pelvis' frame: joint positions from the hip (n, 3), angles in rad (n,)."""

    knee: np.ndarray
    ankle: np.ndarray
    swing: np.ndarray
    aside: np.ndarray
    bend: np.ndarray


@dataclass(frozen=True)
class _Upper:
    """Pelvis, trunk and arms, relative to the middle of the hips."""

    origin_m: dict[str, np.ndarray]
    turn: dict[str, Rotation]
    angles_deg: dict[str, np.ndarray]
    moment_kg_m: np.ndarray
    mass_kg: float


def _stand(person: Person, route: Route) -> np.ndarray:
    high = person.leg_m * (SWAY.stand - person.crouch - route.effort**2 * SWAY.drop)
    return np.column_stack([route.x_m, route.y_m, high])


def _path_of_mass(person: Person, route: Route) -> np.ndarray:
    at, effort, leg = _TURN * route.phase, route.effort, person.leg_m
    along = leg * effort**2 * _waves(SWAY.surge, at)
    up = leg * effort**2 * _waves(SWAY.bob, at)
    # Varus increases the sway over that side; people lean over an affected knee.
    right, left = (
        np.clip(
            1
            + SWAY_PER_DEG * (person.knee_alignment_deg[side] - 1.3)
            + SWAY_AFFECTED * (person.affected_side == side),
            0.4,
            1.9,
        )
        for side in SIDES
    )
    beat = np.cos(at - _TURN * 0.30)
    beat = (right + left) / 2 * beat + (right - left) / 2 * (beat**2 - 0.5)
    aside = -leg * np.minimum(effort, 1.2) * SWAY.side * beat
    c, s = np.cos(route.heading_rad), np.sin(route.heading_rad)
    path = np.column_stack([c * along - s * aside, s * along + c * aside, up])
    return path + _stand(person, route) + [0.0, 0.0, _mass_above_hips(person)]


def _mass_above_hips(person: Person) -> float:
    """Height of the centre of mass above the hips of a person who stands straight, in m."""
    total = above = 0.0
    sides = {"pelvis": 1, "trunk": 1}
    base = {
        "pelvis": 0.0,
        "trunk": person.length("pelvis"),
        "arm": person.length("pelvis") + person.length("shoulder"),
        "forearm": person.length("pelvis") + person.length("shoulder") - person.length("arm"),
        "thigh": 0.0,
        "shank": -person.length("thigh"),
        "foot": -person.length("thigh") - person.length("shank"),
    }
    for name, joint in base.items():
        mass = person.segment(name).mass * sides.get(name, 2)
        total += mass
        above += mass * (joint + centre(person, name)[2])
    return above / total


def _waves(pairs: tuple[float, ...], at: np.ndarray) -> np.ndarray:
    total = np.zeros_like(at)
    for number, (cosine, sine) in enumerate(zip(pairs[::2], pairs[1::2], strict=True), start=1):
        total += cosine * np.cos(2 * number * at) + sine * np.sin(2 * number * at)
    return total


def _hip(person: Person, side: str) -> np.ndarray:
    return np.array([0.0, (0.5 if side == "left" else -0.5) * person.length("hips"), 0.0])


def _spin(person: Person, side: str, route: Route, foot: Foot) -> np.ndarray:
    """Axial rotation of the hip (rad): the person's own, and most of that to the foot's yaw."""
    sign = 1.0 if side == "right" else -1.0
    behind = foot.yaw_deg + sign * person.toe_out_deg - np.degrees(route.heading_rad)
    pelvis = 4.2 * route.effort * np.cos(_TURN * route.phase)
    return np.radians(sign * person.posture_deg["hip_rotation"] + HIP_TURN * (behind - pelvis))


def _turn_foot(foot: Foot) -> Rotation:
    return Rotation.from_euler("ZY", np.column_stack([foot.yaw_deg, -foot.pitch_deg]), degrees=True)


def _reach(person: Person, side: str, reach: np.ndarray, spin: np.ndarray) -> _Leg:
    """Hip and knee angles that bring the ankle to a position, in closed form.

    The knee is a hinge with a fixed frontal angle (the alignment); the hip's axial rotation is
    given. A position out of reach is approached, not met: a knee never locks.
    """
    sign = 1.0 if side == "right" else -1.0
    thigh, shank = person.length("thigh"), person.length("shank")
    bow = np.radians(person.knee_alignment_deg[side]) * sign
    far = np.linalg.norm(reach, axis=1)
    limit = LIMIT * np.sqrt(thigh**2 + shank**2 + 2 * thigh * shank * np.cos(bow))
    near = far - SOFT * np.logaddexp(0.0, (far - limit) / SOFT)
    reach = reach * (near / far)[:, None]
    bend = np.arccos(
        np.clip((near**2 - thigh**2 - shank**2) / (2 * thigh * shank * np.cos(bow)), -1, 1)
    )
    # The ankle in the thigh's frame, then rotated about the thigh's long axis.
    x = -shank * np.cos(bow) * np.sin(bend)
    y = shank * np.sin(bow)
    z = -thigh - shank * np.cos(bow) * np.cos(bend)
    x, y = np.cos(spin) * x - np.sin(spin) * y, np.sin(spin) * x + np.cos(spin) * y
    aside = -np.arctan2(z, y) - np.arccos(np.clip(reach[:, 1] / np.hypot(y, z), -1, 1))
    swing = np.arctan2(reach[:, 0], reach[:, 2]) - np.arctan2(
        x, np.sin(aside) * y + np.cos(aside) * z
    )
    swing = (swing + np.pi) % _TURN - np.pi
    knee = -thigh * np.column_stack(
        [np.cos(aside) * np.sin(swing), -np.sin(aside), np.cos(aside) * np.cos(swing)]
    )
    return _Leg(knee, reach, swing, aside, bend)


def _assemble(
    person: Person,
    upper: _Upper,
    at: np.ndarray,
    feet: dict[str, Foot],
    turn_feet: dict[str, Rotation],
    spins: dict[str, np.ndarray],
) -> Motion:
    """Rotations and joint angles, once the pelvis has its position."""
    origin = {name: place + at for name, place in upper.origin_m.items()}
    turn, angles, pelvis = dict(upper.turn), dict(upper.angles_deg), upper.turn["pelvis"]
    for side in SIDES:
        sign = 1.0 if side == "right" else -1.0
        hip = at + pelvis.apply(_hip(person, side))
        spin = spins[side]
        leg = _reach(person, side, pelvis.inv().apply(feet[side].ankle_m - hip), spin)
        bow = np.full_like(spin, np.radians(person.knee_alignment_deg[side]) * sign)
        origin[f"{side}_thigh"] = hip
        origin[f"{side}_shank"] = hip + pelvis.apply(leg.knee)
        origin[f"{side}_foot"] = hip + pelvis.apply(leg.ankle)
        thigh = pelvis * Rotation.from_euler("YXZ", np.column_stack([leg.swing, leg.aside, spin]))
        shank = thigh * Rotation.from_euler("YX", np.column_stack([leg.bend, bow]))
        turn |= {f"{side}_thigh": thigh, f"{side}_shank": shank, f"{side}_foot": turn_feet[side]}
        ankle = (shank.inv() * turn_feet[side]).as_euler("YXZ")
        for joint, cardan in (
            ("hip", (-leg.swing, sign * leg.aside, sign * spin)),
            ("knee", (leg.bend, sign * bow, np.zeros_like(spin))),
            ("ankle", (-ankle[:, 0], sign * ankle[:, 1], sign * ankle[:, 2])),
        ):
            for axis, value in zip(("flexion", "adduction", "rotation"), cardan, strict=True):
                angles[f"{side}_{joint}_angle_{axis}"] = np.degrees(value)
    return Motion(origin, turn, angles)


def _upper_body(person: Person, route: Route) -> _Upper:
    at, effort = _TURN * route.phase, route.effort
    tilt = 11.5 + person.posture_deg["pelvis_tilt"] + 0.5 * effort * np.cos(2 * at + 0.6)
    # Right side up is a negative roll, right side forward a positive yaw.
    roll = -effort * (3.6 * np.cos(at - _TURN * 0.14) + 0.6 * np.cos(3 * at - 3 * _TURN * 0.14))
    yaw = np.degrees(route.heading_rad) + effort * 4.2 * np.cos(at)
    pelvis = Rotation.from_euler("ZXY", np.column_stack([yaw, roll, tilt]), degrees=True)
    # The trunk stays upright: the lumbar spine compensates the pelvis' tilt.
    lean = 3.0 + person.posture_deg["trunk_lean"] + effort * 1.2 * np.cos(2 * at + 0.4) - tilt
    bend = effort * 3.2 * np.cos(at - _TURN * 0.14)
    twist = -effort * 6.5 * np.cos(at - 0.25)
    trunk = pelvis * Rotation.from_euler("YXZ", np.column_stack([lean, bend, twist]), degrees=True)
    waist = pelvis.apply([0.0, 0.0, person.length("pelvis")])
    turn = {"pelvis": pelvis, "trunk": trunk}
    origin = {"pelvis": np.zeros_like(waist), "trunk": waist}
    angles = {
        "center_pelvis_tilt_pitch": tilt,
        "center_pelvis_tilt_roll": roll,
        "center_pelvis_tilt_yaw": yaw,
        "center_trunk_angle_flexion": lean,
        "center_trunk_angle_adduction": bend,
        "center_trunk_angle_rotation": twist,
    }
    for side in SIDES:
        _arm(person, side, at, effort, origin, turn, angles)
    moment, mass = np.zeros_like(waist), 0.0
    for name, place in origin.items():
        part = person.segment(name.split("_")[-1])
        moment = moment + part.mass * (place + turn[name].apply(centre(person, name)))
        mass += part.mass
    return _Upper(origin, turn, angles, moment, mass)


def _arm(
    person: Person,
    side: str,
    at: np.ndarray,
    effort: np.ndarray,
    origin: dict[str, np.ndarray],
    turn: dict[str, Rotation],
    angles: dict[str, np.ndarray],
) -> None:
    """An arm swings with the leg of the other side."""
    sign = 1.0 if side == "right" else -1.0
    own = at if side == "right" else at - np.pi
    flexion = 3.0 + person.posture_deg["shoulder"] - effort * 15.0 * np.cos(own + 0.15)
    adduction = -8.0 - effort * 1.5 * np.cos(2 * own)
    rotation = 5.0 + effort * 4.0 * np.cos(own)
    elbow = 22.0 + person.posture_deg["elbow"] + effort * (8.0 - 9.0 * np.cos(own + 0.45))
    shoulder = origin["trunk"] + turn["trunk"].apply(
        [0.0, -sign * person.length("shoulders") / 2, person.length("shoulder")]
    )
    arm = turn["trunk"] * Rotation.from_euler(
        "YXZ", np.column_stack([-flexion, sign * adduction, sign * rotation]), degrees=True
    )
    origin[f"{side}_arm"], turn[f"{side}_arm"] = shoulder, arm
    origin[f"{side}_forearm"] = shoulder + arm.apply([0.0, 0.0, -person.length("arm")])
    turn[f"{side}_forearm"] = arm * Rotation.from_euler("Y", -elbow[:, None], degrees=True)
    angles[f"{side}_shoulder_angle_flexion"] = flexion
    angles[f"{side}_shoulder_angle_adduction"] = adduction
    angles[f"{side}_shoulder_angle_rotation"] = rotation
    angles[f"{side}_elbow_angle_flexion"] = elbow


def centre_of_mass(person: Person, motion: Motion) -> np.ndarray:
    """Centre of mass of the whole body, shape (n, 3), in m."""
    total = np.zeros_like(motion.origin_m["pelvis"])
    weight = 0.0
    for name, origin in motion.origin_m.items():
        part = person.segment(name.split("_")[-1])
        total += part.mass * (origin + motion.turn[name].apply(centre(person, name)))
        weight += part.mass
    return total / weight


def centre(person: Person, name: str) -> np.ndarray:
    """Centre of mass of a segment in its own frame, shape (3,), in m."""
    part = name.split("_")[-1]
    along = person.segment(part).centre
    if part in ("pelvis", "trunk"):
        return np.array([0.0, 0.0, along])
    if part == "foot":
        return np.array([along - 0.22 * person.length("foot"), 0.0, -person.length("ankle") / 2])
    return np.array([0.0, 0.0, -along])
