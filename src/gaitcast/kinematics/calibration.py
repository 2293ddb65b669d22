"""Static calibration: joint centres and medial markers of a static trial, placed into a walk."""

from __future__ import annotations

import numpy as np

from gaitcast.kinematics.centres import SIDES, Measures, joint_centres
from gaitcast.kinematics.frames import rigid_motion
from gaitcast.kinematics.landmarks import Points
from gaitcast.marker_labels import SEGMENT

#: What a static trial gives for a joint, and the segment that carries it.
_CARRIED = (
    ("hip_centre", "pelvis"), ("knee_centre", "thigh"), ("knee_lateral", "thigh"),
    ("knee_medial", "thigh"), ("ankle_centre", "shank"), ("ankle_lateral", "shank"),
    ("ankle_medial", "shank"),
    # Where too few markers are on the thigh, the shank carries the medial side of the knee.
    ("knee_medial", "shank"),
)  # fmt: skip


def calibrate(
    points: Points, static: Points, measures: Measures
) -> tuple[dict[tuple[str, str], np.ndarray], dict[tuple[str, str], float]]:
    """Complete the landmarks of a walk with those of a static trial with the same marker clusters.

    Parameters
    ----------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Landmarks of the walk, m.
    static : dict of (str, str) to numpy.ndarray, shape (m, 3)
        Landmarks of the static trial; their mean is used.
    measures : dict of str to float
        Body measures for the joint centres of the static trial, see :func:`hip_centres`.

    Returns
    -------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Medial markers and joint centres of the static trial added, m.
    residual_m : dict of (str, str) to float
        Median misfit of each cluster that was used, by side and segment.
    """
    still = {
        key: np.nanmean(xyz, axis=0)
        for key, xyz in joint_centres(static, measures).items()
        if np.isfinite(xyz).any()
    }
    found, residual_m = dict(points), {}
    for side in SIDES:
        for name, segment in _CARRIED:
            key = (side, name)
            # The pelvis carries the hip even where the walk gives a hip centre: iliac crests alone
            # place it worse than a static trial's trochanters.
            if key in found or key not in still:
                continue
            cluster = [
                k
                for k in points
                if k in still
                and SEGMENT[k[1]] == segment
                and (k[0] == side or segment == "pelvis")
                and not k[1].endswith("_centre")
            ]
            if len(cluster) < 3:
                continue
            reference = np.array([still[k] for k in cluster])
            moving = np.stack([points[k] for k in cluster], axis=1)
            rotation, shift, misfit = rigid_motion(reference, moving)
            found[key] = rotation @ still[key] + shift
            if np.isfinite(misfit).any():
                residual_m[side, segment] = float(np.nanmedian(misfit))
    return found, residual_m
