"""Which angles a new study can have estimated from IMUs, for a device without an encoder."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.signal import Chain, JointAngle
from gaitcast.signal.joint_pair import SEGMENTS
from gaitcast.study.inventory import Inventory

#: Recordings on which the step is tried, and people who are left out of its training in turn.
_TRIED, _LEFT_OUT = 12, 2
#: Largest mean absolute error on them, as a share of the angle's SD.
_LARGEST_ERROR = 0.5


def estimated_angles(held: Inventory, targets: Sequence[str]) -> tuple[JointAngle, ...]:
    """Steps that estimate all targets from the IMUs of both segments.

    Parameters
    ----------
    held : Inventory
        Of the recordings that measure the targets.
    targets : sequence of str
        Channels.

    Returns
    -------
    tuple of JointAngle
        Empty where one of them is no flexion of a joint of the leg with an IMU on either side, or
        where the step refuses or warns of these recordings, or has large errors on people who are
        left out.
    """
    steps = [_beside(target, held.channels) for target in targets]
    if not all(steps):
        return ()
    recordings = [held.cohort[trial.info.trial] for trial in held.trials[:_TRIED]]
    found = tuple(step for step in steps if step is not None)
    return found if all(_serves(step, recordings) for step in found) else ()


def _serves(step: JointAngle, recordings: Sequence[Recording]) -> bool:
    """Whether it can be learned, and is near on people who are left out."""
    people = tuple(dict.fromkeys(recording.subject for recording in recordings))
    try:
        with warnings.catch_warnings(action="error", category=UserWarning):
            shares = [_share_off(step, recordings, person) for person in people[-_LEFT_OUT:]]
    except (GaitcastError, UserWarning):
        return False
    return max(shares) < _LARGEST_ERROR


def _share_off(step: JointAngle, recordings: Sequence[Recording], person: str) -> float:
    """Mean absolute error on a person's first recording, as a share of the angle's SD."""
    known = step.learned([r for r in recordings if r.subject != person])
    new = next(r for r in recordings if r.subject == person)
    imus = tuple(n for n in new.channels if n.startswith((step.proximal, step.distal)))
    angle, made = new.column(step.angle), Chain([known], imus, new.rate_hz).run(new)[:, -1]
    return float(np.abs(made - angle).mean() / angle.std())


def _beside(target: str, channels: Sequence[str]) -> JointAngle | None:
    joint = Channel.parse(target)
    if (joint.quantity, joint.axis) != ("angle", "flexion") or joint.segment not in SEGMENTS:
        return None
    proximal, distal = (
        f"{'center' if segment == 'pelvis' else joint.side}_{segment}"
        for segment in SEGMENTS[joint.segment]
    )
    needed = {
        f"{imu}_{kind}_{axis}"
        for imu in (proximal, distal)
        for kind in ("acc", "gyr")
        for axis in VECTOR_AXES
    }
    if not needed <= {*channels}:
        return None
    return JointAngle(target, proximal, distal, uncertainty="none")
