"""Full-body walking from the CMU motion capture library, as exponential-map text."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy.spatial.transform import Rotation

from gaitcast.datasets.dataset import Dataset
from gaitcast.errors import GaitcastError
from gaitcast.io.table import whole_table
from gaitcast.recording import Recording

RATE_HZ = 120.0
_M = 0.0254 / 0.45
#: Joint -> its place among the 38 of a row.
_JOINTS = {
    "LeftUpLeg": 2, "LeftLeg": 3, "LeftFoot": 4, "RightUpLeg": 8, "RightLeg": 9, "RightFoot": 10,
    "LowerBack": 13, "Spine": 14, "Spine1": 15, "LeftArm": 21, "LeftForeArm": 22, "RightArm": 30,
    "RightForeArm": 31,
}  # fmt: skip
_ROTATIONS = 38


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One trial: row 0 is a T-pose and left out; then root position and 38 joint rotations.

    The file has y up, z forward and x to the left. Vectors are turned by the inverse of its
    rotation vectors: then positive x of a thigh is flexion, and arms hang down. Hips and ankles are
    read component by component, which is right for small angles about the other two axes. Knee and
    elbow, whose axes are oblique in this skeleton, are read by the size of their rotation.
    Shoulders, far from their T-pose, are read by the direction of the upper arm and the twist about
    it.
    """
    try:
        rows = np.loadtxt(path, delimiter=",", ndmin=2)
    except (OSError, ValueError) as error:
        raise GaitcastError(f"not a trial of this set: {error}", where=str(path)) from error
    if rows.shape[1] != 3 + 3 * _ROTATIONS or len(rows) < 2:
        raise GaitcastError(f"{rows.shape[1]} columns instead of 117", where=str(path))
    rows = rows[1:]
    turned = -rows[:, 3:].reshape(len(rows), _ROTATIONS, 3)
    joint = {name: turned[:, place] for name, place in _JOINTS.items()}
    root = rows[:, :3] * _M
    samples = dict(
        zip((f"center_pelvis_pos_{a}" for a in "xyz"), root[:, [2, 0, 1]].T, strict=True)
    )
    for side, sign in (("left", 1.0), ("right", -1.0)):
        word = side.capitalize()
        for name, at in (("hip", "UpLeg"), ("ankle", "Foot")):
            x, y, z = np.degrees(joint[word + at]).T
            for axis, values in (
                ("flexion", -x),
                ("adduction", -sign * z),
                ("rotation", -sign * y),
            ):
                samples[f"{side}_{name}_angle_{axis}"] = values
        for name, at in (("knee", "Leg"), ("elbow", "ForeArm")):
            size = np.linalg.norm(joint[word + at], axis=1)
            samples[f"{side}_{name}_angle_flexion"] = np.degrees(size)
        samples |= _shoulder(side, sign, Rotation.from_rotvec(joint[f"{word}Arm"]))
    trunk = np.degrees(joint["LowerBack"] + joint["Spine"] + joint["Spine1"])
    for axis, values in zip(("flexion", "rotation", "adduction"), trunk.T, strict=True):
        samples[f"center_trunk_angle_{axis}"] = values
    subject = _groups(path.parent).get(path.name, "S00_unknown")
    return [
        Recording(
            subject, path.stem, RATE_HZ, np.arange(len(rows)) / RATE_HZ,
            np.column_stack(list(samples.values())), tuple(samples),
            notes=("people are inferred by groups of trials, not stated by the source",),
            max_gap_s=max_gap_s,
        )
    ]  # fmt: skip


def _shoulder(side: str, sign: float, turn: Rotation) -> dict[str, np.ndarray]:
    """Angles of the upper arm relative to the trunk; in the T-pose it points sideways."""
    along = np.array([sign, 0.0, 0.0])
    arm = turn.apply(along)
    w = turn.as_quat(canonical=False)
    twist = 2 * np.arctan2(w[:, :3] @ along, w[:, 3])
    return {
        f"{side}_shoulder_angle_flexion": np.degrees(np.arctan2(arm[:, 2], -arm[:, 1])),
        f"{side}_shoulder_angle_adduction": -np.degrees(
            np.arcsin(np.clip(sign * arm[:, 0], -1, 1))
        ),
        f"{side}_shoulder_angle_rotation": np.degrees(np.unwrap(twist)),
    }


def _groups(folder: Path) -> dict[str, str]:
    """File -> person, from ``index.csv``."""
    path = folder / "index.csv"
    if not path.is_file():
        return {}
    table = whole_table(path)
    groups = (str(s) for s in table["subject_group"])
    # Trials that are certainly or probably of one person may not be on both sides of a split.
    people = (s.removesuffix("_verified").removesuffix("_likely") for s in groups)
    return {str(f): s for f, s in zip(table["file"], people, strict=True)}


CMU_WALK = Dataset(
    name="cmu-walk-expmap",
    title="Full-body walking of several people, 51 trials at 120 Hz, joint rotations",
    citation="CMU Graphics Lab Motion Capture Database, mocap.cs.cmu.edu (NSF EIA-0196217)",
    licence="free for all uses",
    source="http://mocap.cs.cmu.edu",
    files=("*walking*_[0-9]*.txt",),
    read=_read,
    how_to_get=(
        "Take data/cmu_mocap/{train,test}/{walking,walking_extra} of the GitHub repository "
        "chaneyddtt/Convolutional-Sequence-to-Sequence-Model-for-Human-Dynamics, each file named "
        "with its two folders, and an index.csv with the columns file and subject_group."
    ),
)
