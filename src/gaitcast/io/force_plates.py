"""Force plates of the C3D types 1 to 4: from channels to force, moment and centre of pressure.

Source: The C3D file format, user guide (Motion Lab Systems, 2008); for type 3 Kistler's formulas,
without the manufacturer's optional polynomial (up to 7 mm near the edge).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: Below this vertical force, N, a centre of pressure is noise.
LEAST_LOAD_N = 20.0
#: Channels that each type needs.
CHANNELS = {1: 6, 2: 6, 3: 8, 4: 6}


@dataclass(frozen=True)
class Plate:
    """Position of a plate and meaning of its channels.

    Parameters
    ----------
    kind : int
        C3D type. 1: forces, centre of pressure and free moment. 2: forces and moments. 3: the eight
        channels of a Kistler plate. 4: as 2, with a calibration matrix.
    corners_m : numpy.ndarray, shape (4, 3)
        Laboratory frame, in the quadrants (+x, +y), (-x, +y), (-x, -y), (+x, -y) of the plate.
    origin_m : numpy.ndarray, shape (3,)
        From the plate's true origin to the centre of its surface, plate axes; for type 3 half the
        distances between the transducers, and their depth.
    calibration : numpy.ndarray, shape (6, 6)
        For type 4 only.
    """

    kind: int
    corners_m: np.ndarray
    origin_m: np.ndarray
    calibration: np.ndarray

    @property
    def sound(self) -> bool:
        """Whether the corners span an area."""
        across, along = self.corners_m[0] - self.corners_m[1], self.corners_m[0] - self.corners_m[3]
        with np.errstate(over="ignore", invalid="ignore"):
            area = np.linalg.norm(np.cross(across, along))
        return bool(1e-6 < area < 1e3) and bool(np.isfinite(self.origin_m).all())

    @property
    def axes(self) -> np.ndarray:
        """Plate axes as columns, laboratory frame; z points into the ground."""
        x = self.corners_m[0] - self.corners_m[1]
        z = np.cross(x, self.corners_m[0] - self.corners_m[3])
        x, z = x / np.linalg.norm(x), z / np.linalg.norm(z)
        return np.column_stack([x, np.cross(z, x), z])

    def wrench(self, channels: np.ndarray) -> np.ndarray:
        """Force on the plate's surroundings and moment about the centre of its surface.

        Parameters
        ----------
        channels : numpy.ndarray, shape (n, 6) or (n, 8)
            N and N m (type 1: N, m, N m), in the type's order.

        Returns
        -------
        numpy.ndarray, shape (n, 6)
            Force, N, and moment, N m, plate axes.
        """
        if self.kind == 1:
            force, x, y = channels[:, :3], channels[:, 3], channels[:, 4]
            at = np.column_stack([x, y, np.zeros(len(x))])
            twist = np.column_stack([np.zeros((len(x), 2)), channels[:, 5]])
            return np.hstack([force, np.cross(at, force) + twist])
        if self.kind == 3:
            force, moment, depth = self._kistler(channels)
        else:
            six = channels @ self.calibration.T if self.kind == 4 else channels
            force, moment = six[:, :3], six[:, 3:]
            depth = np.array(self.origin_m)
        # Laboratories write the origin with either sign; the transducers lie below the surface.
        lever = depth if depth[2] >= 0 else -depth
        return np.hstack([force, moment + np.cross(lever, force)])

    def _kistler(self, channels: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        x12, x34, y14, y23, z1, z2, z3, z4 = channels.T
        a, b, depth = self.origin_m
        a, b = abs(a), abs(b)
        force = np.column_stack([x12 + x34, y14 + y23, z1 + z2 + z3 + z4])
        moment = np.column_stack(
            [b * (z1 + z2 - z3 - z4), a * (-z1 + z2 + z3 - z4), b * (x34 - x12) + a * (y14 - y23)]
        )
        return force, moment, np.array([0.0, 0.0, depth])

    def ground_reaction(self, wrench: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Force and free moment of the ground on the foot, laboratory frame.

        Parameters
        ----------
        wrench : numpy.ndarray, shape (n, 6)
            From :meth:`wrench`. Filter it before: the centre of pressure is a quotient, which must
            not be filtered afterwards.

        Returns
        -------
        force : numpy.ndarray, shape (n, 3)
            N, positive up under load.
        centre : numpy.ndarray, shape (n, 3)
            Centre of pressure, m; NaN below 20 N.
        torque : numpy.ndarray, shape (n, 3)
            Free moment about the vertical through the centre of pressure, N m; 0 below 20 N.
        """
        force, moment = wrench[:, :3], wrench[:, 3:]
        loaded = np.abs(force[:, 2]) > LEAST_LOAD_N
        normal = np.where(loaded, force[:, 2], np.nan)
        x, y = -moment[:, 1] / normal, moment[:, 0] / normal
        twist = np.nan_to_num(moment[:, 2] - (x * force[:, 1] - y * force[:, 0]))
        turned = self.axes.T
        centre = np.column_stack([x, y, np.where(loaded, 0.0, np.nan)]) @ turned
        free = np.column_stack([np.zeros((len(twist), 2)), twist]) @ turned
        return force @ turned, centre + self.corners_m.mean(axis=0), free

    def outside(self, centre: np.ndarray) -> float:
        """Share of the loaded samples whose centre of pressure lies outside the plate.

        Parameters
        ----------
        centre : numpy.ndarray, shape (n, 3)
            From :meth:`ground_reaction`, m.

        Returns
        -------
        float
            0 to 1; 0 if the plate was never loaded.
        """
        known = centre[np.isfinite(centre[:, 0])]
        if not len(known):
            return 0.0
        local = (known - self.corners_m.mean(axis=0)) @ self.axes
        half = np.abs((self.corners_m - self.corners_m.mean(axis=0)) @ self.axes).max(axis=0)
        beside = (np.abs(local[:, :2]) > half[:2] + 0.02).any(axis=1)
        return float(beside.mean())
