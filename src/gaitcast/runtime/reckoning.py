"""Dead reckoning of a foot from one rest to the next: its path and direction, in any mounting.

A foot rests once per stride. From rest to rest its velocity starts and ends at zero, so its own
sensor gives the path to within a few centimetres. People walk forward: the cross product of forward
and up is the axis about which the toes go up, in the sensor axes of the resting foot.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import cos, pi, sin, sqrt

GRAVITY = 9.81
_LONGEST_PAUSE_S = 0.25
#: Weight of the past in the running mean of gravity over the samples of a rest.
_KEEP = 0.9
#: A step used for the axis covers at least this distance and lasts between these times.
LEAST_STEP_M, SHORTEST_MOVE_S, LONGEST_MOVE_S = 0.25, 0.25, 3.0

Vector = list[float]


@dataclass(frozen=True)
class RestLimits:
    """When a foot counts as resting.

    Parameters
    ----------
    rate_dps : float
        The rate of turn stays below this: the noise of a sensor is 1 to 5 deg/s, rolling over the
        sole 10 to 30, and a swing never stays below 60 for as long as `hold_ms`.
    acc_ms2 : float
        The acceleration differs from gravity by less than this: a foot held still in the air at the
        end of a turn is not on the ground yet.
    hold_ms : float
        Both hold for at least this time.
    """

    rate_dps: float = 45.0
    acc_ms2: float = 1.5
    hold_ms: float = 80.0

    def quiet(self, rate_dps: float, acc_ms2: float) -> bool:
        """Whether one sample is below both limits and may belong to a rest.

        Parameters
        ----------
        rate_dps, acc_ms2 : float
            Norms of the angular rate and of the acceleration.

        Returns
        -------
        bool
            Below both limits.
        """
        return rate_dps < self.rate_dps and abs(acc_ms2 - GRAVITY) < self.acc_ms2


def size(vector: Vector) -> float:
    """Euclidean length of a vector."""
    return sqrt(sum(x * x for x in vector))


def unit(vector: Vector) -> Vector:
    """Vector of length one with the same direction; zero stays zero.

    Parameters
    ----------
    vector : list of float
        Three numbers.

    Returns
    -------
    list of float
        The same direction; zero stays zero.
    """
    length = size(vector) or 1.0
    return [x / length for x in vector]


def _cross(a: Vector, b: Vector) -> Vector:
    return [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]


def _level(vector: Vector, up: Vector) -> Vector:
    rise = sum(x * y for x, y in zip(vector, up, strict=True))
    return [x - rise * y for x, y in zip(vector, up, strict=True)]


def _turned(axes: list[Vector], turn_rad: Vector) -> list[Vector]:
    """Rotation matrix from the sensor to the last rest, after a small rotation of the sensor."""
    angle = size(turn_rad)
    if angle < 1e-12:
        return axes
    x, y, z = (v / angle for v in turn_rad)
    c, s = cos(angle), sin(angle)
    d = 1 - c
    turn = (
        (c + x * x * d, x * y * d - z * s, x * z * d + y * s),
        (y * x * d + z * s, c + y * y * d, y * z * d - x * s),
        (z * x * d - y * s, z * y * d + x * s, c + z * z * d),
    )
    return [[sum(row[q] * turn[q][j] for q in range(3)) for j in range(3)] for row in axes]


@dataclass
class Reckoning:
    """State of a foot since its last rest; `step` takes one sample.

    Parameters
    ----------
    last_s, quiet_s, start_s : float or None
        Time of the last sample, begin of the present quiet phase, begin of the present move.
    flat : bool
        Whether the foot rests.
    up : list of float or None
        Specific force at rest in sensor axes, m/s^2.
    axes, velocity, way : list
        Rotation, velocity and path of the move, in the axes of the last rest.
    guess : list of float or None
        Toes-up axis from the unfinished move.
    """

    last_s: float | None = None
    quiet_s: float | None = None
    flat: bool = False
    up: Vector | None = None
    axes: list[Vector] | None = None
    velocity: Vector | None = None
    way: Vector | None = None
    start_s: float | None = None
    guess: Vector | None = None

    @property
    def speed_m_s(self) -> float | None:
        """Speed of the foot; None if its last rest is too long ago."""
        if self.flat:
            return 0.0
        return None if self.start_s is None or self.velocity is None else size(self.velocity)

    def step(self, t: float, acc: Vector, rate_dps: Vector, limits: RestLimits) -> Vector | None:
        """Process one sample.

        Parameters
        ----------
        t : float
            Time of the sample, s.
        acc, rate_dps : list of float
            m/s^2 and deg/s, sensor axes.

        Returns
        -------
        list of float or None
            At the end of a step its toes-up axis, scaled to the length of the step in m.
        """
        dt = 0.0 if self.last_s is None else t - self.last_s
        if dt > _LONGEST_PAUSE_S:
            self.__init__()  # type: ignore[misc]
            dt = 0.0
        self.last_s = t
        if limits.quiet(size(rate_dps), size(acc)):
            self.quiet_s = t if self.quiet_s is None else self.quiet_s
        else:
            self.quiet_s = None
        flat = self.quiet_s is not None and t - self.quiet_s >= limits.hold_ms / 1000
        found = None if self.start_s is None else self._move(t, dt, acc, rate_dps, flat)
        if flat:
            keep = _KEEP if self.flat and self.up is not None else 0.0
            up = self.up or [0.0, 0.0, 0.0]
            self.up = [keep * x + (1 - keep) * y for x, y in zip(up, acc, strict=True)]
        elif self.flat:
            self.start_s = t
            self.axes = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]]
            self.velocity, self.way = [0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        self.flat = flat
        return found

    def _move(
        self, t: float, dt: float, acc: Vector, rate_dps: Vector, flat: bool
    ) -> Vector | None:
        assert self.axes is not None
        assert self.up is not None
        assert self.way is not None
        assert self.velocity is not None
        assert self.start_s is not None
        self.axes = _turned(self.axes, [x * dt * pi / 180 for x in rate_dps])
        pull = [
            sum(row[j] * acc[j] for j in range(3)) - self.up[i] for i, row in enumerate(self.axes)
        ]
        self.way = [w + v * dt for w, v in zip(self.way, self.velocity, strict=True)]
        self.velocity = [v + a * dt for v, a in zip(self.velocity, pull, strict=True)]
        took = t - self.start_s
        up = unit(self.up)
        found = None
        if flat:  # the true velocity is zero again: what is left is drift
            way = [w - 0.5 * v * took for w, v in zip(self.way, self.velocity, strict=True)]
            level = _level(way, up)
            if size(level) >= LEAST_STEP_M and took >= SHORTEST_MOVE_S:
                found = _cross(level, up)
        else:
            level = _level(self.way, up)
            self.guess = _cross(level, up) if size(level) >= LEAST_STEP_M else None
        if flat or took > LONGEST_MOVE_S:
            self.start_s = self.guess = None
        return found
