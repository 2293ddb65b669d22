"""Signal steps: filters, orientation, resampling. Causal unless named `offline`."""

from gaitcast.signal.emg import Envelope, Rectify
from gaitcast.signal.filters import Butterworth, OfflineButterworth
from gaitcast.signal.joint_angle import JointAngle
from gaitcast.signal.marker_motion import MarkerMotion
from gaitcast.signal.mass_centre import MassCentre
from gaitcast.signal.orientation import ComplementaryTilt
from gaitcast.signal.resample import resample
from gaitcast.signal.step import BoundStep, Chain, Step
from gaitcast.signal.walking_axes import WalkingAxes
from gaitcast.signal.wearer_scale import WearerScale

#: Every signal step that a study file can name.
STEPS: dict[str, type[Step]] = {
    step.name: step
    for step in (
        Butterworth, OfflineButterworth, ComplementaryTilt, MassCentre, MarkerMotion, WearerScale,
        WalkingAxes, Rectify, Envelope, JointAngle,
    )
}  # fmt: skip

__all__ = [
    "STEPS",
    "BoundStep",
    "Butterworth",
    "Chain",
    "ComplementaryTilt",
    "Envelope",
    "JointAngle",
    "MarkerMotion",
    "MassCentre",
    "OfflineButterworth",
    "Rectify",
    "Step",
    "WalkingAxes",
    "WearerScale",
    "resample",
]
