"""Whether two files of a trial run on one clock, by what both of them measured of the body."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.errors import GaitcastError
from gaitcast.kinematics import joint_angles
from gaitcast.kinematics.landmarks import landmarks
from gaitcast.recording import Recording
from gaitcast.signal.sync import Lag, find_lag

#: Segment -> landmarks at its ends.
_ENDS = {
    "shank": (("knee_lateral", "knee_centre"), ("ankle_lateral", "ankle_centre")),
    "foot": (("heel",), ("toe", "mt2", "mt1", "mt5")),
    "thigh": (("trochanter", "hip_centre"), ("knee_lateral", "knee_centre")),
}
#: Larger offsets are not looked for, s.
_MOST_S = 3.0


def offset_between(first: Recording, second: Recording) -> tuple[float, str] | None:
    """How much earlier the second recording shows the same movement.

    Parameters
    ----------
    first, second : Recording
        Of the same walk.

    Returns
    -------
    offset_s : float
        To be added to the second recording's times.
    channel : str
        What both show: a joint angle, or the turning speed of a segment.
        None instead of both where they measured nothing in common, or no lag is sure.
    """
    mine, theirs = _movement(first), _movement(second)
    if mine is None or theirs is None:
        return None
    best: tuple[Lag, str] | None = None
    for name in theirs.channels:
        if name in mine.channels:
            try:
                lag = find_lag(mine, theirs, name, name, most_s=_MOST_S)
            except GaitcastError:
                continue
            if lag.sure and (best is None or lag.correlation > best[0].correlation):
                best = lag, name
    return None if best is None else (best[0].lag_s, best[1])


def _movement(recording: Recording) -> Recording | None:
    """Joint angles, and the turning speeds of segments as ``side_segment_gyr_x``."""
    columns = {
        name: recording.column(name)
        for name in recording.channels
        if name.endswith("_angle_flexion")
    }
    columns |= _turning_of_gyros(recording)
    if any("_marker_" in name for name in recording.channels):
        for name, values in (_turning_of_markers(recording) | _angles(recording)).items():
            columns.setdefault(name, values)
    moving = {n: v for n, v in columns.items() if np.isfinite(v).any() and np.nanstd(v) > 0}
    if not moving:
        return None
    samples = np.column_stack([*moving.values()])
    return replace(recording, samples=samples, channels=tuple(moving), truth=None)


def _angles(recording: Recording) -> dict[str, np.ndarray]:
    try:
        angles = joint_angles(recording)
    except GaitcastError:
        return {}
    return {
        name: angles.column(name) for name in angles.channels if name.endswith("_angle_flexion")
    }


def _turning_of_gyros(recording: Recording) -> dict[str, np.ndarray]:
    found = {}
    for name in recording.channels:
        channel = Channel.parse(name)
        triple = [name[:-1] + axis for axis in VECTOR_AXES]
        if (
            channel.quantity == "gyr"
            and channel.axis == "x"
            and set(triple) <= set(recording.channels)
        ):
            found[name] = np.linalg.norm(recording.matrix(triple), axis=1)
    return found


def _turning_of_markers(recording: Recording) -> dict[str, np.ndarray]:
    points = landmarks(recording)
    found = {}
    for side in ("left", "right"):
        for segment, ends in _ENDS.items():
            near, far = (
                next((points[side, name] for name in names if (side, name) in points), None)
                for names in ends
            )
            if near is not None and far is not None and len(recording) > 2:
                line = far - near
                line = line / np.linalg.norm(line, axis=1, keepdims=True)
                speed = np.linalg.norm(np.gradient(line, recording.time_s, axis=0), axis=1)
                found[f"{side}_{segment}_gyr_x"] = np.degrees(speed)
    return found
