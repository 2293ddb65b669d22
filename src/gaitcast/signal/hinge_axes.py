"""The axis of a joint in the frames of the two IMUs beside it, from their rates of turn alone."""

from __future__ import annotations

import numpy as np

#: Slower than this, both rates together, the axes are not seen, rad/s.
MOVING_RAD_S = 0.5
#: SD of the difference of rates across the axis, rad/s, of a sample at 100 Hz: samples within half
#: a second speak of one movement, so it is four times what is measured.
_SPREAD_RAD_S = 0.4
#: An axis may move on the skin by so much in a square root of a second, deg.
_DRIFT_DEG = 0.02
#: Beyond so many SDs a difference counts in proportion to its size, not to the square of it.
_GATE = 3.0
_TINY = 1e-6
_ROUNDS = 30
_EYE = np.eye(3)
YZX, ZXY = [1, 2, 0], [2, 0, 1]


def unit(vectors: np.ndarray) -> np.ndarray:
    """Vectors of length 1, along the last axis."""
    return np.asarray(vectors / np.linalg.norm(vectors, axis=-1, keepdims=True))


def plane(axis: np.ndarray) -> np.ndarray:
    """Two directions across an axis, shape (2, 3): the first near the sensor axis most across it.

    Parameters
    ----------
    axis : numpy.ndarray, shape (3,)
        Of length 1.
    """
    across = np.eye(3)[int(np.argmin(np.abs(axis)))]
    first = unit(across - (across @ axis) * axis)
    return np.stack([first, np.cross(axis, first)])


def least_turns(axes: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Smallest rotations that bring axes onto another one.

    Parameters
    ----------
    axes : numpy.ndarray, shape (n, 3)
    wanted : numpy.ndarray, shape (3,)
        All of length 1.

    Returns
    -------
    numpy.ndarray, shape (n, 3, 3)
    """
    x, y, z = np.cross(axes, wanted).T
    zero = np.zeros(len(axes))
    turn = np.array([[zero, -z, y], [z, zero, -x], [-y, x, zero]]).transpose(2, 0, 1)
    near = np.maximum(axes @ wanted, -0.5)  # an axis that points away is no axis: no 0 / 0 there
    return np.asarray(np.eye(3) + turn + turn @ turn / (1 + near)[:, None, None])


def functional_axes(rates_rad_s: np.ndarray, start: np.ndarray) -> np.ndarray:
    """Axes for which both IMUs turn equally fast across them, by least squares over a recording.

    Parameters
    ----------
    rates_rad_s : numpy.ndarray, shape (n, 6)
        Of both IMUs, in their own frames.
    start : numpy.ndarray, shape (6,)
        Where the search begins; both axes of length 1.

    Returns
    -------
    numpy.ndarray, shape (6,)
        Both axes, of length 1.

    Notes
    -----
    Source: Seel, Schauer and Raisch 2012, with Gauss-Newton steps.
    """
    axes = start.copy()
    speed = np.linalg.norm(rates_rad_s[:, :3], axis=1) + np.linalg.norm(rates_rad_s[:, 3:], axis=1)
    moving = rates_rad_s[speed > MOVING_RAD_S]
    for _ in range(_ROUNDS if len(moving) else 0):
        difference, slope = _differences(moving, axes)
        normal = slope.T @ slope / len(moving) + 1e-4 * np.eye(6)
        axes = axes + np.linalg.solve(normal, -slope.T @ difference / len(moving))
        axes = unit(axes.reshape(2, 3)).reshape(6)
    return axes


def _cross(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    """As numpy's, which takes five times as long for a single vector."""
    crossed = one[..., YZX] * other[..., ZXY] - one[..., ZXY] * other[..., YZX]
    return np.asarray(crossed)


def _differences(rates: np.ndarray, axes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Rate across the first axis minus that across the second (n,), and its gradient (n, 6)."""
    first, second = _cross(rates[:, :3], axes[:3]), _cross(rates[:, 3:], axes[3:])
    one = np.sqrt((first**2).sum(axis=1))[:, None] + _TINY
    two = np.sqrt((second**2).sum(axis=1))[:, None] + _TINY
    slope = [_cross(first, rates[:, :3]) / one, _cross(rates[:, 3:], second) / two]
    return (one - two)[:, 0], np.hstack(slope)


def first_covariance(axes: np.ndarray, spread: np.ndarray, mounting_deg: float) -> np.ndarray:
    """What is known of a new person's axes before they move.

    Parameters
    ----------
    axes : numpy.ndarray, shape (6,)
        Usual axes.
    spread : numpy.ndarray, shape (6, 6)
        Covariance over people.
    mounting_deg : float
        SD by which each sensor may be turned.

    Returns
    -------
    numpy.ndarray, shape (6, 6)
    """
    covariance = spread.copy()
    for part in (slice(0, 3), slice(3, 6)):
        across = np.eye(3) - np.outer(axes[part], axes[part])
        covariance[part, part] += np.radians(mounting_deg) ** 2 * across
    return covariance


def noise(rate_hz: float) -> tuple[float, float]:
    """Variance of a sample's difference, (rad/s)^2, and of an axis's drift within a sample."""
    return _SPREAD_RAD_S**2 * rate_hz / 100, np.radians(_DRIFT_DEG) ** 2 / rate_hz


def follow(
    rates_rad_s: np.ndarray, usual: np.ndarray, state: np.ndarray, rate_hz: float
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Correct the axes at each sample (extended Kalman filter on two spheres).

    Parameters
    ----------
    rates_rad_s : numpy.ndarray, shape (n, 6)
        Of both IMUs, smoothed.
    usual : numpy.ndarray, shape (6,)
        Axes of the training people.
    state : numpy.ndarray, shape (42,)
        What the axes differ by from the usual ones before the first sample (small numbers, which
        a device's float32 adds up without loss), and their covariance.

    Returns
    -------
    tuple of numpy.ndarray
        Axes (n, 6) and covariances (n, 6, 6) from each sample on, and the state after the last.
    """
    variance, drift = noise(rate_hz)
    speed = np.linalg.norm(rates_rad_s[:, :3], axis=1) + np.linalg.norm(rates_rad_s[:, 3:], axis=1)
    moving = speed > MOVING_RAD_S
    axes, covariance = usual + state[:6], state[6:].reshape(6, 6)
    all_axes = np.empty((len(rates_rad_s), 6))
    covariances = np.empty((len(rates_rad_s), 6, 6))
    across = np.eye(6)
    for k in range(len(rates_rad_s)):
        if moving[k]:
            difference, slope = _differences(rates_rad_s[k : k + 1], axes)
            row = slope[0]
            seen = covariance @ row
            expected = row @ seen + variance
            weight = min(1.0, _GATE * np.sqrt(expected) / max(abs(difference[0]), 1e-9))
            axes = axes - seen * (weight * difference[0] / expected)
            axes = unit(axes.reshape(2, 3)).reshape(6)
            covariance = covariance - np.outer(seen, seen) * (weight / expected)
            across[:3, :3] = _EYE - np.outer(axes[:3], axes[:3])
            across[3:, 3:] = _EYE - np.outer(axes[3:], axes[3:])
            covariance = across @ covariance @ across + drift * across
        all_axes[k], covariances[k] = axes, covariance
    return all_axes, covariances, np.r_[axes - usual, covariance.ravel()]


#: For the live graph: gate of a difference, and what keeps lengths from 0.
GATE, TINY = _GATE, _TINY
