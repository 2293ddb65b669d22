"""The Kalman filter of a joint's angle: two rates of turn, and gravity while the foot rests."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.signal.hinge_axes import first_covariance, follow, least_turns, plane
from gaitcast.signal.step import BoundStep

#: Time constant of the smoothing of what is compared with gravity and with the hinge.
SMOOTHING_S = 0.045
_REST_S = 0.06
#: Variances a second of the rate's bias and of the level's offset.
BIAS_DRIFT, OFFSET_DRIFT = 0.03**2, 0.2**2
#: An error of the rate lasts for so long, s.
_RATE_LASTS_S = 0.02
_FIRST_BIAS_DPS = 0.3
#: An error of the axes lasts for so long, s.
AXES_LAST_S = 2.0
#: Samples of one rest at 100 Hz speak together: their variance counts so often.
_TOGETHER = 5.0
#: Least SD of the level within a person, deg.
_LEAST_REST_DEG = 0.5
#: Time constant of the misfit of the level, s of rest.
_MISFIT_S = 1.0
#: How many numbers the state holds: smoothed sensors, last rate, length of the rest; difference of
#: the axes from the usual ones and its covariance; angle with bias and offset, and the upper half
#: of their covariance; misfit of the level.
SIZES = (12, 1, 1, 6, 36, 3, 6, 1)


@dataclass(frozen=True)
class Maps:
    """What :meth:`gaitcast.signal.JointAngle.learned` found, as arrays.

    Parameters
    ----------
    rate_map, axes : numpy.ndarray, shape (6,)
        Distal, then proximal.
    axes_spread : numpy.ndarray, shape (6, 6)
    gravity_map : numpy.ndarray, shape (8,)
    start_deg : tuple of float
        Mean and SD of the angle at a start at rest, and at one that is moving.
    rest_deg : tuple of float
        SD of the level within and between people.
    rate_dps : tuple of float
        SD of the rate's error, and 1 where axes are followed.
    mounting_deg : float
    """

    rate_map: np.ndarray
    axes: np.ndarray
    axes_spread: np.ndarray
    gravity_map: np.ndarray
    start_deg: tuple[float, ...]
    rest_deg: tuple[float, ...]
    rate_dps: tuple[float, ...]
    mounting_deg: float

    @property
    def planes(self) -> np.ndarray:
        """Directions across each axis, shape (2, 2, 3)."""
        return np.stack([plane(self.axes[:3]), plane(self.axes[3:])])

    @property
    def first_axes(self) -> np.ndarray:
        """Difference from the usual axes, and its covariance, before a person moves (42,)."""
        spread = first_covariance(self.axes, self.axes_spread, self.mounting_deg) * self.follows
        return np.r_[np.zeros(6), spread.ravel()]

    def first(self, *, moving: bool) -> np.ndarray:
        """Angle, bias and offset, upper half of their covariance, and misfit, shape (10,)."""
        offset = self.mounting_deg**2 + self.rest_deg[1] ** 2
        start, spread = self.start_deg[2:] if moving else self.start_deg[:2]
        return np.array([start, 0, 0, spread**2, 0, 0, _FIRST_BIAS_DPS**2, 0, offset, 0])

    @property
    def follows(self) -> float:
        """1 where axes are followed, else 0."""
        return self.rate_dps[1]

    @property
    def angle_drift(self) -> float:
        """Variance of the angle a second, deg^2, by errors of its rate."""
        return _RATE_LASTS_S * self.rate_dps[0] ** 2

    def level_variance(self, rate_hz: float) -> float:
        """Of one sample at rest, deg^2."""
        return _TOGETHER * max(self.rest_deg[0], _LEAST_REST_DEG) ** 2 * rate_hz / 100


def misfit_share(rate_hz: float) -> float:
    """Share of one sample at rest in the misfit of the level."""
    return 1 / (_MISFIT_S * rate_hz)


def smoothing_pole(rate_hz: float) -> float:
    """Of the one-pole low-pass."""
    return float(np.exp(-1 / (SMOOTHING_S * rate_hz)))


def smoothed(samples: np.ndarray, before: np.ndarray, rate_hz: float) -> np.ndarray:
    """Samples (n, k) after a one-pole low-pass whose last result was `before` (k,)."""
    pole = smoothing_pole(rate_hz)
    made, _ = signal.lfilter([1 - pole], [1, -pole], samples, axis=0, zi=pole * before[None])
    return np.asarray(made)


def rest_samples(rate_hz: float) -> int:
    """How many slow samples make a rest."""
    return max(1, round(_REST_S * rate_hz))


def resting(
    rates_dps: np.ndarray, rest_dps: float, rate_hz: float, before: float
) -> tuple[np.ndarray, float]:
    """Where an IMU has been slow for long enough.

    Parameters
    ----------
    rates_dps : numpy.ndarray, shape (n, 3)
    before : float
        Slow samples in a row before the first one.

    Returns
    -------
    tuple of numpy.ndarray, shape (n,), and float
        Bool, and slow samples in a row after the last one.
    """
    least, run = rest_samples(rate_hz), before
    slow = (rates_dps**2).sum(axis=1) < rest_dps**2
    still = np.empty(len(slow), bool)
    for k, is_slow in enumerate(slow):
        run = min(run + 1, least) if is_slow else 0
        still[k] = run >= least
    return still, run


def gravity_features(
    distal: np.ndarray,
    proximal: np.ndarray,
    planes: np.ndarray,
    turn: np.ndarray,
    growth: np.ndarray,
) -> np.ndarray:
    """What the level of the angle is read from at rest.

    Parameters
    ----------
    distal, proximal : numpy.ndarray, shape (n, 3)
        Smoothed accelerations, m/s^2.
    planes : numpy.ndarray, shape (2, 2, 3)
        Directions across the axis in both frames.
    turn, growth : numpy.ndarray, shape (n,)
        The proximal segment's rate about the axis, 100 deg/s, and its change, 100 deg/s^2.

    Returns
    -------
    numpy.ndarray, shape (n, 8)
    """
    across = [distal @ planes[0].T, proximal @ planes[1].T]
    return np.column_stack([*across, turn, turn**2, growth / 10, np.ones(len(turn))])


@dataclass
class BoundJointAngle(BoundStep):
    """Axes and angle at work; `columns` are the distal, then the proximal sensors' (12)."""

    columns: tuple[int, ...]
    rate_hz: float
    rest_dps: float
    maps: Maps | None

    def __post_init__(self) -> None:
        self._state = np.zeros(sum(SIZES))

    @property
    def known(self) -> Maps:
        """Maps.

        Raises
        ------
        GaitcastError
            If nothing is learned yet.
        """
        if self.maps is None:
            raise GaitcastError(
                "has learned nothing yet",
                where="step 'joint_angle'",
                hint="Fit the pipeline: the step learns from the training people's measured angle",
            )
        return self.maps

    @property
    def state(self) -> np.ndarray:
        """Numbers in the order of :data:`SIZES`, shape (66,)."""
        return self._state.copy()

    @state.setter
    def state(self, value: np.ndarray) -> None:
        self._state = np.array(value)

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`."""
        known = self.known
        if not len(samples):
            return np.zeros((0, len(self.channels)))
        smooth_0, turn_0, run_0, axes_0, spread_0, *angle_0 = np.split(
            self._state, np.cumsum(SIZES)[:-1]
        )
        raw, fresh = samples[:, self.columns], dt_s[0] == 0
        smooth = smoothed(raw, raw[0] if fresh else smooth_0, self.rate_hz)
        still, run = resting(raw[:, 3:6], self.rest_dps, self.rate_hz, 0 if fresh else run_0[0])
        rates = smooth[:, [3, 4, 5, 9, 10, 11]]
        axes, spreads, axes_after = follow(
            known.follows * np.radians(rates),
            known.axes,
            known.first_axes if fresh else np.r_[axes_0, spread_0],
            self.rate_hz,
        )
        distal = least_turns(axes[:, :3], known.axes[:3])
        proximal = least_turns(axes[:, 3:], known.axes[3:])
        both = raw[:, [3, 4, 5, 9, 10, 11]]
        speed = _turned(distal, both[:, :3]) @ known.rate_map[:3]
        speed = speed + _turned(proximal, both[:, 3:]) @ known.rate_map[3:]
        unsure = AXES_LAST_S * np.einsum("ni,nij,nj->n", both, spreads, both)
        turn = _turned(proximal, smooth[:, 9:12]) @ known.axes[3:] / 100
        growth = np.diff(turn, prepend=turn[:1] if fresh else turn_0) * self.rate_hz
        features = gravity_features(
            _turned(distal, smooth[:, :3]), _turned(proximal, smooth[:, 6:9]),
            known.planes, turn, growth,
        )  # fmt: skip
        moving = (both[0] ** 2).sum() >= self.rest_dps**2
        before = known.first(moving=moving) if fresh else np.concatenate(angle_0)
        made, after = _filtered(
            np.column_stack([speed, unsure, features @ known.gravity_map, still, dt_s]), before,
            known.level_variance(self.rate_hz), known.angle_drift, misfit_share(self.rate_hz),
        )  # fmt: skip
        self._state = np.r_[smooth[-1], turn[-1], run, axes_after, after]
        return np.hstack([samples, made[:, : len(self.channels) - len(self.inputs)]])


def _turned(turns: np.ndarray, vectors: np.ndarray) -> np.ndarray:
    return np.asarray(np.einsum("nij,nj->ni", turns, vectors))


def _filtered(
    rows: np.ndarray, before: np.ndarray, variance: float, drift: float, share: float
) -> tuple[np.ndarray, np.ndarray]:
    """Angle and SD (n, 2) of rows of rate, its variance, level, rest and time; the state after.

    The misfit is the mean square of what the level differs by from the filter's, over its variance:
    1 at most where sensors are as in training. Beyond, the SD grows with its root.
    """
    x, b, c, xx, xb, xc, bb, bc, cc, misfit = before.tolist()
    made = np.empty((len(rows), 2))
    for k, (speed, unsure, level, still, dt) in enumerate(rows.tolist()):
        x += (speed - b) * dt
        xx += dt * (dt * bb - 2 * xb + drift + unsure)
        xb -= dt * bb
        xc -= dt * bc
        bb += BIAS_DRIFT * dt
        cc += OFFSET_DRIFT * dt
        if still:
            hx, hb, hc = xx + xc, xb + bc, xc + cc
            inverse = 1 / (hx + hc + variance)
            missing = (level - x - c) * inverse
            misfit += share * (missing * (level - x - c) - misfit)
            x, b, c = x + hx * missing, b + hb * missing, c + hc * missing
            xx, xb, xc = xx - hx * hx * inverse, xb - hx * hb * inverse, xc - hx * hc * inverse
            bb, bc, cc = bb - hb * hb * inverse, bc - hb * hc * inverse, cc - hc * hc * inverse
        made[k] = x, (max(xx, 0.0) * max(misfit, 1.0)) ** 0.5
    return made, np.array([x, b, c, xx, xb, xc, bb, bc, cc, misfit])
