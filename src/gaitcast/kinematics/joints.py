"""Joint angles and knee alignment of a recording with markers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gaitcast.channel import ANGLE_AXES
from gaitcast.errors import GaitcastError
from gaitcast.kinematics.angles import cardan_angles, frontal_alignment
from gaitcast.kinematics.calibration import calibrate
from gaitcast.kinematics.centres import SIDES, joint_centres
from gaitcast.kinematics.landmarks import landmarks
from gaitcast.kinematics.segments import arm_frames, leg_frames
from gaitcast.recording import Recording
from gaitcast.signal.zero_phase import smooth_segments

#: Joint -> proximal and distal segment.
_JOINTS = {
    "hip": ("pelvis", "thigh"), "knee": ("thigh", "shank"), "ankle": ("shank", "foot"),
    "shoulder": ("thorax", "humerus"), "elbow": ("humerus", "forearm"),
}  # fmt: skip
#: A hinge's rotation shows more of the skin than of the joint.
_HINGES = ("elbow",)


def body_points(
    recording: Recording, static: Recording | None, cutoff_hz: float | None
) -> tuple[dict[tuple[str, str], np.ndarray], tuple[str, ...]]:
    """Landmarks and joint centres of a recording, smoothed.

    Parameters
    ----------
    recording : Recording
        With ``marker`` channels.
    static : Recording or None
        Static trial of the same markers.
    cutoff_hz : float or None
        Cutoff of the zero-phase low-pass; None for none.

    Returns
    -------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Positions, m.
    notes : tuple of str
        On the static trial.

    Raises
    ------
    GaitcastError
        If no marker's label is known.
    """
    points = landmarks(recording)
    if not points:
        markers = any("_marker_" in name for name in recording.channels)
        raise GaitcastError(
            "no marker label is known" if markers else "it has no markers",
            where=f"recording '{recording.trial}'",
            hint="docs/kinematics.md lists the labels that are known",
        )
    measures = {**(static.covariates if static else {}), **recording.covariates}
    notes: tuple[str, ...] = ()
    if static is not None:
        points, residual_m = calibrate(points, landmarks(static), measures)
        worst = max(residual_m.values(), default=0.0)
        notes = (
            f"calibrated by '{static.trial}': {len(residual_m)} clusters, "
            f"median misfit at most {1000 * worst:.1f} mm",
        )
    whole = joint_centres(points, measures)
    if cutoff_hz is None:
        return whole, notes
    smoothed = {key: smooth_segments(recording, xyz, cutoff_hz) for key, xyz in whole.items()}
    return smoothed, notes


def joint_angles(
    recording: Recording, *, static: Recording | None = None, cutoff_hz: float | None = 10.0
) -> Recording:
    """Three-dimensional joint angles from markers.

    Parameters
    ----------
    recording : Recording
        With ``marker`` channels, z up; covariates may hold body measures (those of C3D files do).
    static : Recording, optional
        Static trial of the same person: gives medial markers and joint centres for the walk.
    cutoff_hz : float or None
        Cutoff of the zero-phase low-pass on the markers; None for none.

    Returns
    -------
    Recording
        The channels ``left_hip_angle_flexion`` ... of hip, knee, ankle, shoulder and elbow, deg, as
        far as the markers allow; NaN where a marker is hidden. Flexion, adduction and internal
        rotation positive. Offline where they are filtered: the
        filter uses future samples.

    Raises
    ------
    GaitcastError
        If the markers give no joint.
    """
    points, notes = body_points(recording, static, cutoff_hz)
    columns: dict[str, np.ndarray] = {}
    for side in SIDES:
        frames = {**leg_frames(points, side), **arm_frames(points, side)}
        for joint, (proximal, distal) in _JOINTS.items():
            if proximal in frames and distal in frames:
                angles = cardan_angles(joint, side, frames[proximal], frames[distal])
                for axis, values in zip(ANGLE_AXES, angles.T, strict=True):
                    if joint not in _HINGES or axis == "flexion":
                        columns[f"{side}_{joint}_angle_{axis}"] = values
    if not columns:
        raise GaitcastError(
            "the markers give no joint",
            where=f"recording '{recording.trial}'",
            hint="An ankle needs heel, forefoot, malleolus and knee; docs/kinematics.md says what "
            "the others need",
        )
    return replace(
        recording,
        samples=np.column_stack(list(columns.values())),
        channels=tuple(columns),
        notes=(*recording.notes, *notes),
        truth=None,
    )


def knee_alignment(
    recording: Recording, *, static: Recording | None = None, cutoff_hz: float = 10.0
) -> dict[str, np.ndarray]:
    """Frontal hip-knee-ankle angle over time.

    Parameters
    ----------
    recording : Recording
        With markers of pelvis, both sides of the knee, and the ankle.
    static : Recording, optional
        Static trial of the same person.
    cutoff_hz : float
        Cutoff of the zero-phase low-pass on the markers.

    Returns
    -------
        By side, deg, varus positive. Its mean over mid-stance is the covariate of a person. Its
        absolute value depends on the hip regression by some 4 deg, its spread does not.

    Raises
    ------
    GaitcastError
        If the markers give neither side.
    """
    points, _ = body_points(recording, static, cutoff_hz)
    found = {}
    for side in SIDES:
        keys = ("hip_centre", "knee_centre", "ankle_centre", "knee_medial", "knee_lateral")
        if all((side, key) in points for key in keys):
            found[side] = frontal_alignment(side, *(points[side, key] for key in keys))
    if not found:
        raise GaitcastError(
            "knee alignment needs pelvis, both epicondyles and both malleoli of a side",
            where=f"recording '{recording.trial}'",
        )
    return found
