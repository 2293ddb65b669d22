"""Joint angles, knee alignment and ankle moments from markers and force plates."""

from gaitcast.kinematics.joints import joint_angles, knee_alignment
from gaitcast.kinematics.planar import planar_angles, planar_moment
from gaitcast.kinematics.plates import Contact, plates_to_feet
from gaitcast.kinematics.torque import ankle_moments

__all__ = [
    "Contact",
    "ankle_moments",
    "joint_angles",
    "knee_alignment",
    "planar_angles",
    "planar_moment",
    "plates_to_feet",
]
