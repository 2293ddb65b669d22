"""Words in names of files and folders that say nothing of the person."""

from __future__ import annotations

import re

from gaitcast.io.column_words import SEGMENTS, SIDES

#: Folders of a session, a condition, a day: they say nothing of the person.
CONDITION = re.compile(
    r"(?i)(ses(sion)?|visit|day|trials?|runs?|block|cond(ition)?|test|exp|data|raw|processed|slow|"
    r"normal|norm|fast|comf(ortable)?|self|pref(erred)?|treadmill|overground|level|stairs?|ramp|up|"
    r"down|left|right|pre|post|baseline|barefoot|shod|shoes?|walk(s|ing)?|run(s|ning)?|static|speed|"
    r"gait|jump(s|ing)?|squat|monday|tuesday|wednesday|thursday|friday|\d{4}[-_.]?\d\d[-_.]?\d\d|"
    r"\d+[.,]\d+|\d+([.,]\d+)?(mps|kmh|ms))([-_ .]?[a-z]?\d{0,3})"
)
#: Groups of people, and places: each may have an S01 of its own.
GROUP = re.compile(
    r"(?i)(healthy|controls?|ctrls?|patients?|stroke|parkinsons?|pd|cp|hc|young(er)?|old(er)?|"
    r"elderly|adults?|child(ren)?|amputees?|able[-_ ]?bod(y|ied)|impaired|unimpaired|males?|"
    r"females?|men|women|groups?|cohorts?|sites?|labs?|training|train|testing|validation|batch)"
    r"([-_ ]?[a-z0-9]{0,2})"
)
#: Names of files that name what was done and not who did it.
DEED = re.compile(
    r"(?i)(walk|run|trial|gait|level|stair|ramp|treadmill|slow|fast|normal|comfortable|static|cal|"
    r"jump|squat|session|record|log|data|file|take|test|measurement|capture|export|untitled)[a-z]*"
    r"[-_ ]?[0-9]*"
)
#: Systems of sensors, and kinds of files.
SYSTEM = re.compile(
    r"(?i)(imu|imus|sensors?|emg|mocap|markers?|vicon|xsens|qualisys|optitrack|motive|theia|kinect|"
    r"opencap|noraxon|apdm|delsys|grf|forces?|kinematics|kinetics|ik|id|csv|c3d|trc|mot|task)\d*"
)


def says_nothing(word: str) -> bool:
    """Whether a word of a name is a condition, a deed, a system, a segment or a side.

    Parameters
    ----------
    word : str
        Such as ``walk1``, ``IMU``, ``left``.

    Returns
    -------
    bool
    """
    return any(kind.fullmatch(word) for kind in (CONDITION, DEED, SYSTEM)) or (
        word.lower() in SIDES or word.lower() in SEGMENTS
    )
