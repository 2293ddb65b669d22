"""Path of each foot on the ground, in a walk of any speed, with turns and stops.

A foot lands on its heel, lies flat, rolls over its ball and swings to the next place. The pitch of
the sole over the stride is a template. The ankle's path follows from rolling without slip, and in
swing from a smooth blend between rolling off the old place and rolling onto the new one. This is
the wanted path; :mod:`gaitcast.simulate.motion` computes how near the leg gets to it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline

from gaitcast.simulate.people import Person
from gaitcast.simulate.route import Route, Traits, rise

#: Shares of the stride.
TOE_OFF = 0.590
MID_STANCE = 0.30
#: Feet are placed wider in a turn: m to each side per rad/s.
TURN_WIDTH_M = 0.03
FLAT = (0.115, 0.26)
#: Sole pitch (deg, toes up) over the stride from heel strike: heel rocker, ball rocker.
#: Start values: pelvis, hip, knee and ankle of Schwartz et al. (J Biomech 41:1639, 2008, free
#: speed), summed. Then fitted by least squares, with the shapes of swing and sway, so that hip,
#: knee and ankle match those means (the ankle halfway to that of Fukuchi et al., 2018) and the
#: vertical force has its two peaks.
# fmt: off
_HEEL = (
    (0.800, 0.860, 0.900, 0.940, 0.970, 1.000, 1.020, 1.040, 1.060, 1.080, 1.115),
    (0.0, 3.1, 9.9, 18.5, 22.3, 19.6, 14.6, 8.8, 4.5, 1.9, 0.0),
)
_BALL = (
    (0.26, 0.32, 0.36, 0.4, 0.45, 0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95),
    (0, -1.7, -2.6, -3.1, -5.0, -13.3, -29.6, -55.5, -74.1, -67.1, -48.8, -27.6, -12.4, -5.6, 0),
)
# fmt: on
_heel = CubicSpline(*_HEEL, bc_type="clamped")
_ball = CubicSpline(*_BALL, bc_type="clamped")


@dataclass(frozen=True)
class Swing:
    """Shape of the ankle's path in swing, as shares of leg length, at comfortable speed."""

    lift: tuple[float, float, float] = (0.0939, 0.0322, 0.0017)
    """Height of an early, a mid and a late bump."""
    forward: tuple[float, float, float] = (0.0481, -0.0031, -0.2094)
    """The same, ahead."""
    ahead: float = -0.1226
    """Position of the flat foot's ankle ahead of the pelvis at mid-stance."""


SWING = Swing()


@dataclass(frozen=True)
class Foot:
    """One foot over time."""

    phase: np.ndarray
    """Stride phase from heel strike, shape (n,)."""
    step: np.ndarray
    """Index of the step whose stance or following swing it is in, shape (n,)."""
    ankle_m: np.ndarray
    """Position of the ankle joint, m, shape (n, 3)."""
    pitch_deg: np.ndarray
    """Pitch of the sole, toes up positive, deg, shape (n,)."""
    yaw_deg: np.ndarray
    """Yaw of the foot's long axis, rad, shape (n,)."""


def sole(person: Person) -> tuple[np.ndarray, np.ndarray]:
    """Heel and ball of the foot relative to the ankle joint, forward and up, in m."""
    long, high = person.length("foot"), person.length("ankle")
    return np.array([-0.22 * long, -high]), np.array([0.50 * long, -high])


def _roll(pitch_deg: np.ndarray, pivot: np.ndarray) -> np.ndarray:
    """Shift (forward, up) of the ankle when the foot turns about a pivot on the ground."""
    c, s = np.cos(np.radians(pitch_deg)), np.sin(np.radians(pitch_deg))
    x, z = pivot
    return np.stack([x - (c * x - s * z), z - (s * x + c * z)], axis=-1)


def move_foot(person: Person, route: Route, side: str, traits: Traits) -> Foot:
    """Path of one foot.

    Parameters
    ----------
    route : Route
        Path of the walk; n samples.
    side : str
        ``right`` or ``left``.
    traits : Traits
        Differences between its steps.

    Returns
    -------
    Foot
        The wanted path; the leg may miss it by millimetres.
    """
    own = route.phase - (0.0 if side == "right" else 0.5)
    step = np.floor(own).astype(int)
    phase = own - step
    size = traits.push[step + 1]  # row 0 is step -1
    effort = route.effort
    landing = np.where(phase < 0.5, traits.landing[step + 1], traits.landing[step + 2])
    pitch = effort * (
        person.landing * landing * _template(_heel, _HEEL[0], phase, 1.0)
        + person.push * size * _template(_ball, _BALL[0], phase, 0.0)
    )
    heel, ball = sole(person)
    tau = (phase - TOE_OFF) / (1 - TOE_OFF)
    blend = rise(tau)
    place, turn = _places(person, route, side)
    on, off = _roll(np.maximum(pitch, 0), heel), _roll(np.minimum(pitch, 0), ball)
    swings = tau > 0
    now = np.where(swings[:, None], _roll(pitch, ball), on + off)
    then = _roll(pitch, heel)
    scale = person.leg_m * (0.35 + 0.65 * effort) * size
    lift = scale * traits.clearance[step + 2] * _bumps(SWING.lift, tau)
    forward = scale * _bumps(SWING.forward, tau)
    yaw = turn[step + 1] + blend * (turn[step + 2] - turn[step + 1])
    flat = place[step + 1] + blend[:, None] * (place[step + 2] - place[step + 1])
    shift = now + blend[:, None] * (then - now)
    ahead = shift[:, 0] + forward
    ankle = np.column_stack([
        flat[:, 0] + ahead * np.cos(yaw),
        flat[:, 1] + ahead * np.sin(yaw),
        person.length("ankle") + shift[:, 1] + lift,
    ])  # fmt: skip
    return Foot(phase, step, ankle, pitch, np.degrees(yaw))


def _template(
    curve: CubicSpline, knots: tuple[float, ...], phase: np.ndarray, wrap: float
) -> np.ndarray:
    """Value of a curve that is zero outside its knots; `wrap` lets it begin before heel strike."""
    at = np.where(phase < 0.5, phase + wrap, phase)
    inside = (at > knots[0]) & (at < knots[-1])
    return np.where(inside, curve(np.clip(at, knots[0], knots[-1])), 0.0)


def _bumps(sizes: tuple[float, float, float], tau: np.ndarray) -> np.ndarray:
    """Sum of an early, a mid and a late bump over the swing, each of height 1."""
    tau = np.clip(tau, 0.0, 1.0)
    total = np.zeros_like(tau)
    for size, (up, down) in zip(sizes, ((3, 7), (4, 4), (7, 3)), strict=True):
        top = (up / (up + down)) ** up * (down / (up + down)) ** down
        total += size / top * tau**up * (1 - tau) ** down
    return total


def _places(person: Person, route: Route, side: str) -> tuple[np.ndarray, np.ndarray]:
    """Flat positions of the ankle and yaw (rad), from step -1 on.

    A foot stands where the body is in the middle of its stance, or where it stops.
    """
    start = 0.0 if side == "right" else 0.5
    steps = np.arange(-1, int(route.phase[-1]) + 3)
    middle = steps + start + MID_STANCE
    for stop in route.stands:
        middle = np.where((steps + start <= stop) & (stop < middle), stop, middle)
    x, y, heading, effort, turning = route.at(middle)
    sign = -1.0 if side == "right" else 1.0
    ahead = SWING.ahead * person.leg_m * effort
    out = sign * (person.step_width_m / 2 + TURN_WIDTH_M * np.abs(turning))
    place = np.column_stack([
        x + ahead * np.cos(heading) - out * np.sin(heading),
        y + ahead * np.sin(heading) + out * np.cos(heading),
    ])  # fmt: skip
    return place, heading + sign * np.radians(person.toe_out_deg)
