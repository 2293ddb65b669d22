"""Virtual inertial sensors: the true readings of a moving IMU, and those of a cheap one."""

from __future__ import annotations

import numpy as np
from scipy.interpolate import CubicSpline
from scipy.spatial.transform import Rotation

from gaitcast.errors import GaitcastError
from gaitcast.recording import check_finite, check_time

GRAVITY = 9.80665


def virtual_imu(
    time_s: np.ndarray,
    position_m: np.ndarray,
    orientation: Rotation,
    at_s: np.ndarray | None = None,
) -> tuple[np.ndarray, np.ndarray]:
    """Accelerometer and gyroscope of a sensor that moves with a body.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        Times of the motion, s; at least four.
    position_m : numpy.ndarray, shape (n, 3)
        Of the sensor in the room, m, z up.
    orientation : scipy.spatial.transform.Rotation
        n rotations that take the sensor's axes to the room's.
    at_s : numpy.ndarray, shape (m,), optional
        Times of the samples; those of the motion by default.

    Returns
    -------
    acc : numpy.ndarray, shape (m, 3)
        Specific force in the sensor's axes, m/s^2: at rest it reads +9.81 upwards.
    gyr : numpy.ndarray, shape (m, 3)
        Angular rate in the sensor's axes, deg/s.

    Raises
    ------
    GaitcastError
        If shapes disagree, time does not increase, a value is not a number, or a sample lies
        outside the motion.

    Notes
    -----
    Position and unit quaternion are cubic splines with exact derivatives. The position is that of
    the sensor itself, so centripetal and tangential terms are included.

    Examples
    --------
    >>> time = np.arange(10) / 100
    >>> acc, gyr = virtual_imu(time, np.zeros((10, 3)), Rotation.identity(10))
    >>> acc[5].round(2).tolist(), np.abs(gyr).max()
    ([0.0, 0.0, 9.81], np.float64(0.0))
    """
    time_s, position_m = np.asarray(time_s, float), np.asarray(position_m, float)
    if not isinstance(orientation, Rotation) or orientation.single:
        raise GaitcastError(
            "orientation is not a stack of rotations",
            where="virtual_imu",
            hint="Give a scipy.spatial.transform.Rotation of n rotations",
        )
    if position_m.shape != (len(time_s), 3) or len(orientation) != len(time_s) or len(time_s) < 4:
        raise GaitcastError(
            f"position {position_m.shape} and {len(orientation)} orientations do not fit "
            f"{len(time_s)} times",
            where="virtual_imu",
            hint="Give n >= 4 times, (n, 3) positions and n rotations",
        )
    check_time(time_s, where="virtual_imu")
    check_finite(position_m, ("x", "y", "z"), where="virtual_imu")
    at_s = time_s if at_s is None else np.asarray(at_s, float)
    if not (np.isfinite(at_s).all() and at_s.min() >= time_s[0] and at_s.max() <= time_s[-1]):
        raise GaitcastError(
            f"samples lie outside the motion ({time_s[0]:g} to {time_s[-1]:g} s)",
            where="virtual_imu",
            hint="Give times within it",
        )
    quat = orientation.as_quat()
    # q and -q are the same orientation: use one sign, or the spline would run between them.
    jumps = np.sign((quat[1:] * quat[:-1]).sum(axis=1))
    quat[1:] *= np.cumprod(np.where(jumps == 0, 1.0, jumps))[:, None]
    curve = CubicSpline(time_s, quat)
    q, dq = curve(at_s), curve(at_s, 1)
    norm = (q**2).sum(axis=1, keepdims=True)
    vector, scalar, dvector, dscalar = q[:, :3], q[:, 3:], dq[:, :3], dq[:, 3:]
    rate = 2 * (scalar * dvector - dscalar * vector - np.cross(vector, dvector)) / norm
    force = CubicSpline(time_s, position_m)(at_s, 2) + np.array([0.0, 0.0, GRAVITY])
    return Rotation.from_quat(q).apply(force, inverse=True), np.degrees(rate)


def add_sensor_errors(
    acc: np.ndarray, gyr: np.ndarray, dt_s: float, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Turn true signals into those of an MPU6050.

    Parameters
    ----------
    acc, gyr : numpy.ndarray, shape (n, 3)
        True specific force (m/s^2) and rate (deg/s).
    dt_s : float
        Time between samples.
    rng : numpy.random.Generator
        For bias, drift and noise.

    Returns
    -------
    tuple of numpy.ndarray
        With bias, drift, white noise, saturation (4 g, 500 deg/s) and 16-bit counts.
    """
    return (
        _with_errors(acc, 0.05, 0.08, 0.002, 4 * GRAVITY, dt_s, rng),
        _with_errors(gyr, 0.08, 0.8, 0.01, 500.0, dt_s, rng),
    )


def _with_errors(
    signal: np.ndarray,
    noise: float,
    bias: float,
    drift: float,
    limit: float,
    dt_s: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Noise and bias are SDs in the signal's unit; drift is a random walk per root second."""
    walk = np.cumsum(rng.normal(0, drift * np.sqrt(dt_s), signal.shape), axis=0)
    read = signal + rng.normal(0, bias, 3) + walk + rng.normal(0, noise, signal.shape)
    count = limit / 2**15
    return np.clip(np.round(read / count) * count, -limit, limit)
