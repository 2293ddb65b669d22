"""Gait events: heel strike, foot flat, heel off and toe-off, from force, foot IMU or markers."""

from gaitcast.events.event import Agreement, compare_events
from gaitcast.events.foot_imu_offline import imu_events
from gaitcast.events.force import ForceEvents, ForceThresholds, force_events
from gaitcast.events.markers import foot_flat, marker_events
from gaitcast.events.stride_phase import stance_phase, stride_phase
from gaitcast.runtime.foot_imu import FootImuEvents, StepShape
from gaitcast.runtime.gait_event import HEEL_STRIKE, KINDS, Event
from gaitcast.runtime.live_phase import LivePhase

__all__ = [
    "HEEL_STRIKE",
    "KINDS",
    "Agreement",
    "Event",
    "FootImuEvents",
    "ForceEvents",
    "ForceThresholds",
    "LivePhase",
    "StepShape",
    "compare_events",
    "foot_flat",
    "force_events",
    "imu_events",
    "marker_events",
    "stance_phase",
    "stride_phase",
]
