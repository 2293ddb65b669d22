"""A swing of the foot's IMU as a fit sees it: so many points, and how they differ from usual."""

from __future__ import annotations

import numpy as np

from gaitcast.errors import GaitcastError

#: Points of a swing, the last one just before contact.
SWING_POINTS = 61
#: A swing is so long, s.
SWING_S = (0.15, 1.0)
_AXES = ("acc_x", "acc_y", "acc_z", "gyr_x", "gyr_y", "gyr_z")
#: What changes its sign when a left foot is mirrored in the plane of walking.
_MIRROR = np.array([1.0, -1.0, 1.0, -1.0, 1.0, -1.0])


def imu_channels(side: str) -> tuple[str, ...]:
    """The foot's IMU as it is recorded.

    Parameters
    ----------
    side : str
        ``left``, ``right`` or ``ipsi``.

    Returns
    -------
    tuple of str
        Acceleration, then angular rate.
    """
    return tuple(f"{side}_foot_{axis}" for axis in _AXES)


#: What a swing is made of: the readings, then their deviation from the wearer's usual swing.
SWING_CHANNELS = (
    *imu_channels("ipsi"),
    *(f"ipsi_foot_{axis[:3]}dev_{axis[-1]}" for axis in _AXES),
)


class Swings:
    """Brings swings of one foot to one length, and knows the usual one from those before.

    Parameters
    ----------
    side : str
        A ``left`` foot is mirrored, so that it reads like a right one.

    Raises
    ------
    GaitcastError
        If there is no such side.
    """

    def __init__(self, side: str) -> None:
        if side not in ("left", "right", "ipsi"):
            raise GaitcastError(f"no side '{side}'", mend="Give left or right")
        self._sign = _MIRROR if side == "left" else np.ones_like(_MIRROR)
        self._sum = np.zeros((SWING_POINTS, len(_AXES)))
        self._count = 0

    def shape(self, time_s: np.ndarray, samples: np.ndarray, begin_s: float) -> np.ndarray:
        """Take the next swing.

        Parameters
        ----------
        time_s : numpy.ndarray, shape (n,)
            Of the samples from before toe-off to contact; the last one ends the swing.
        samples : numpy.ndarray, shape (n, 6)
            In the order of :func:`imu_channels`.
        begin_s : float
            Toe-off.

        Returns
        -------
        numpy.ndarray, shape (61, 12)
            In the order of :data:`SWING_CHANNELS`; of the first swing the deviations are 0.
        """
        at_s = np.linspace(max(begin_s, float(time_s[0])), float(time_s[-1]), SWING_POINTS)
        readings = self._sign * np.column_stack([np.interp(at_s, time_s, c) for c in samples.T])
        usual = self._sum / self._count if self._count else readings
        self._sum += readings
        self._count += 1
        return np.column_stack([readings, readings - usual])
