"""Which angles a new study can have estimated from IMUs, for a device without an encoder."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.errors import GaitcastError
from gaitcast.signal import JointAngle
from gaitcast.signal.joint_pair import SEGMENTS
from gaitcast.study.inventory import Inventory

#: Recordings on which it is tried whether the step can be learned.
_TRIED = 12


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
        where the step refuses or warns of these recordings.
    """
    steps = [_beside(target, held.channels) for target in targets]
    if not all(steps):
        return ()
    recordings = [held.cohort[trial.info.trial] for trial in held.trials[:_TRIED]]
    try:
        with warnings.catch_warnings(action="error", category=UserWarning):
            for step in steps:
                assert step is not None
                step.learned(recordings)
    except (GaitcastError, UserWarning):
        return ()
    return tuple(step for step in steps if step is not None)


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
