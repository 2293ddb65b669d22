"""The walk as a whole: speed, yaw and stride phase over time, and differences between its steps."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.ndimage import gaussian_filter1d
from scipy.signal import lfilter

from gaitcast.simulate.people import Person

#: Clock of the simulation; sensors sample it at times of their own.
CLOCK_HZ = 100.0
#: Phase of the stride with both feet on the ground: walks begin and end here.
DOUBLE_SUPPORT = 0.055
#: Step length over leg length at which the movement has the size of its templates.
_STEP = 0.765
#: Longest step over leg length: for more speed, people increase their cadence.
_LONGEST_STEP = 0.83
_STAND_S, _STOP_S = 2.5, 2.0


def rise(x: np.ndarray) -> np.ndarray:
    """Smooth step from 0 at 0 to 1 at 1; two derivatives vanish at both ends.

    Returns
    -------
    numpy.ndarray
        0 below 0, 1 above 1.
    """
    x = np.clip(x, 0.0, 1.0)
    return x**3 * (10 - 15 * x + 6 * x**2)


@dataclass(frozen=True)
class Route:
    """A walk on the ground, on a uniform clock; shapes (n,)."""

    time_s: np.ndarray
    phase: np.ndarray
    """Strides since the start; right heel strikes at whole, left ones at half numbers."""
    speed_m_s: np.ndarray
    x_m: np.ndarray
    y_m: np.ndarray
    heading_rad: np.ndarray
    effort: np.ndarray
    """Size of the movement: 0 standing, 1 at comfortable speed."""
    turning_rad_s: np.ndarray
    stands: tuple[float, ...]
    """Phases at which the walker stands."""

    def to_walker(self, vector: np.ndarray) -> np.ndarray:
        """Vectors of the room, shape (n, 3), in the walker's frame: x ahead, y left, z up."""
        c, s = np.cos(self.heading_rad), np.sin(self.heading_rad)
        x, y, z = vector.T
        return np.column_stack([c * x + s * y, c * y - s * x, z])

    def time_of(self, phase: np.ndarray) -> np.ndarray:
        """Times in s at which the stride reaches some phases; NaN where it never does."""
        grow = self.phase + 1e-9 * np.arange(len(self.phase))  # the phase does not grow in standing
        return np.interp(phase, grow, self.time_s, left=np.nan, right=np.nan)

    def at(self, phase: np.ndarray) -> tuple[np.ndarray, ...]:
        """Position x and y, yaw, effort and rate of turn when the stride reaches a phase."""
        time = np.clip(np.nan_to_num(self.time_of(np.maximum(phase, self.phase[0])), nan=np.inf),
                       None, self.time_s[-1])  # fmt: skip
        columns = (self.x_m, self.y_m, self.heading_rad, self.effort, self.turning_rad_s)
        return tuple(np.interp(time, self.time_s, column) for column in columns)


@dataclass(frozen=True)
class Traits:
    """Difference of each step of one foot from the mean, as factors; row 0 is the step before."""

    push: np.ndarray
    """Size of the roll over the ball and of the swing after it."""
    landing: np.ndarray
    """Size of the sole's pitch at heel strike."""
    clearance: np.ndarray
    """Height of the swing before the step."""


def plan_route(
    person: Person, walk_s: float, rng: np.random.Generator, clock_hz: float = CLOCK_HZ
) -> Route:
    """Stand, then walk at changing speeds, with turns and occasional stops.

    Parameters
    ----------
    person : Person
        Preferred speed and walk ratio fix cadence and step length.
    walk_s : float
        Length of the recording, s.
    rng : numpy.random.Generator
        For speeds, turns, stops and the fluctuation of the stride time.
    clock_hz : float
        Clock of the simulation; a finer one gives the same walk.

    Returns
    -------
    Route
        On the clock of the simulation.
    """
    time_s = np.arange(round(walk_s * clock_hz) + 1) / clock_hz
    speed, turning, bouts = _plan(person, time_s, clock_hz, rng)
    cadence = np.sqrt(speed / 60 / person.walk_ratio) / 2  # strides/s: step length / cadence const.
    cadence = np.maximum(cadence, speed / (2 * _LONGEST_STEP * person.leg_m))
    cadence = cadence * _tempo(time_s, rng)
    phase = _count(cadence, bouts, clock_hz)
    going = np.gradient(phase) * clock_hz
    step_m = np.divide(speed, 2 * going, out=np.zeros_like(speed), where=going > 0.05)
    effort = np.clip(step_m / person.leg_m / _STEP, 0.0, 1.6)
    effort = gaussian_filter1d(np.where(speed < 0.05, 0.0, effort), 0.12 * clock_hz)
    heading = np.cumsum(turning) / clock_hz
    x, y = (np.cumsum(speed * f(heading)) / clock_hz for f in (np.cos, np.sin))
    stands = (
        DOUBLE_SUPPORT,
        *(float(phase[bout.stop]) for bout in bouts if bout.stop < len(phase)),
    )
    return Route(time_s, phase, speed, x, y, heading, effort, turning, stands)


def draw_traits(steps: int, rng: np.random.Generator) -> Traits:
    """Differences between steps; half of them drift, as in real walking (Hausdorff 1995).

    Returns
    -------
    Traits
        Each of shape (steps,).
    """

    def factors(sd: float) -> np.ndarray:
        drift = lfilter([np.sqrt(1 - 0.9**2)], [1, -0.9], rng.normal(size=steps + 40))[40:]
        return np.clip(1 + sd * np.sqrt(0.5) * (drift + rng.normal(size=steps)), 0.5, 1.6)

    return Traits(factors(0.05), factors(0.12), factors(0.15))


def _plan(
    person: Person, time_s: np.ndarray, clock_hz: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray, list[slice]]:
    """Speed (m/s), rate of turn (rad/s) and the bouts of walking between stands."""
    speed, turning = np.zeros_like(time_s), np.zeros_like(time_s)
    bouts, begin = [], _STAND_S
    while begin < time_s[-1] - 4.0:
        long = min(rng.uniform(40, 90), time_s[-1] - 1.0 - begin)
        inside = (time_s >= begin) & (time_s < begin + long)
        own = time_s[inside] - begin
        want = np.full_like(own, person.speed_m_s)
        edge = rng.uniform(12, 25)
        while edge < long - 11.0:
            want[own >= edge] = person.speed_m_s * rng.choice([0.8, 0.9, 1.0, 1.0, 1.1, 1.2])
            if rng.random() < 0.5:
                angle = np.radians(rng.choice([-180, -90, 90, 180]))
                takes = rng.uniform(2.0, 2.6) * np.abs(angle)
                u = np.clip((own - edge - 1.0) / takes, 0, 1)
                turning[inside] += angle / takes * 30 * u**2 * (1 - u) ** 2
            edge += rng.uniform(10, 20)
        want = gaussian_filter1d(want, 0.5 * clock_hz, mode="nearest")
        slow = 1 - 0.45 * np.clip(np.abs(turning[inside]) / 0.9, 0, 1)  # people slow down to turn
        ramp = rise(own / 1.6) * rise((long - own) / 1.6)
        speed[inside] = want * gaussian_filter1d(slow, 0.3 * clock_hz) * ramp
        bouts.append(slice(int(np.argmax(inside)), int(np.argmax(inside) + inside.sum())))
        begin += long + _STOP_S
    return speed, turning, bouts


def _tempo(time_s: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Fluctuation of the stride time: some 2 %, part of it drifting over many strides."""
    total = np.ones_like(time_s)
    for every_s in (12.0, 1.0):
        knots = np.arange(-every_s, time_s[-1] + 2 * every_s, every_s)
        total += 0.014 * CubicSpline(knots, rng.normal(size=len(knots)))(time_s)
    return total


def _count(cadence: np.ndarray, bouts: list[slice], clock_hz: float) -> np.ndarray:
    """Phase; each bout is lengthened slightly so that it ends with both feet on the ground."""
    rate = np.zeros_like(cadence)
    for bout in bouts:
        strides = cadence[bout].sum() / clock_hz
        rate[bout] = cadence[bout] * max(round(2 * strides), 1) / 2 / strides
    return DOUBLE_SUPPORT + np.concatenate([[0.0], np.cumsum(rate[:-1])]) / clock_hz
