"""Gait events from foot IMUs over whole recordings: the live detector, corrected afterwards."""

from __future__ import annotations

import numpy as np

from gaitcast.channel import VECTOR_AXES
from gaitcast.errors import GaitcastError
from gaitcast.events.event import with_events
from gaitcast.recording import Recording
from gaitcast.runtime.foot_imu import FootImuEvents, StepShape
from gaitcast.runtime.gait_event import HEEL_STRIKE, TOE_OFF, Event
from gaitcast.runtime.reckoning import Reckoning, RestLimits
from gaitcast.signal.zero_phase import smooth


def toes_up_axis(
    time_s: np.ndarray, acc_ms2: np.ndarray, rate_dps: np.ndarray, rest: RestLimits
) -> np.ndarray | None:
    """Axis about which the toes go up, from all steps of a recording.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        Increasing, s.
    acc_ms2, rate_dps : numpy.ndarray, shape (n, 3)
        Sensor axes, gravity included.

    Returns
    -------
    numpy.ndarray, shape (3,), or None
        Unit vector in the sensor's axes; None if the foot made no step.
    """
    reckoning, total = Reckoning(), np.zeros(3)
    for t, acc, rate in zip(time_s.tolist(), acc_ms2.tolist(), rate_dps.tolist(), strict=True):
        learnt = reckoning.step(t, acc, rate, rest)
        if learnt is not None:
            total += learnt
    if not total.any() and reckoning.guess is not None:  # no whole step: use the unfinished one
        total = np.array(reckoning.guess)
    return total / np.linalg.norm(total) if total.any() else None


def imu_events(recording: Recording, *, shape: StepShape | None = None) -> Recording:
    """Events of every foot with an IMU, from the whole recording: offline.

    Parameters
    ----------
    recording : Recording
        With ``left_foot_acc_x`` ... and ``left_foot_gyr_x`` ..., any mounting.

    Returns
    -------
    Recording
        With ``left_heel_strike``, ``left_foot_flat``, ``left_heel_off``, ``left_toe_off`` ...;
        no events where the foot made no step.

    Raises
    ------
    GaitcastError
        If no foot has an IMU.
    """
    shape = shape or StepShape()
    sides = [
        name.removesuffix("_foot_gyr_x")
        for name in recording.channels
        if name.endswith("_foot_gyr_x")
        and {f"{name[:-5]}acc_{a}" for a in VECTOR_AXES} <= set(recording.channels)
    ]
    if not sides:
        raise GaitcastError("no foot has an IMU", where=f"recording '{recording.trial}'")
    for side in sides:
        acc, rate = (
            recording.complete([f"{side}_foot_{quantity}_{a}" for a in VECTOR_AXES])
            for quantity in ("acc", "gyr")
        )
        events: list[Event] = []
        for span in recording.segments():
            events += _offline(
                recording.time_s[span], acc[span], rate[span], recording.rate_hz, shape
            )
        recording = with_events(recording, side, events)
    return recording


def _offline(
    time_s: np.ndarray, acc: np.ndarray, rate: np.ndarray, rate_hz: float, shape: StepShape
) -> list[Event]:
    axis = toes_up_axis(time_s, acc, rate, shape.rest)
    if axis is None:
        return []
    even = smooth(rate, rate_hz, shape.cutoff_hz)
    detector = FootImuEvents.with_axis(axis, shape)
    events = [
        _at_half_slap(event, time_s, even @ axis, shape)
        for event in detector.process(time_s, acc, even)
    ]
    return _landed(events, float(time_s[-1]), shape)


def _at_half_slap(event: Event, time_s: np.ndarray, pitch: np.ndarray, shape: StepShape) -> Event:
    """Move a heel strike to where the slap after it reaches half of its greatest rate."""
    if event.kind != HEEL_STRIKE:
        return event
    turn_s = event.time_s - shape.strike_after_turn_s
    slap = np.flatnonzero((time_s >= turn_s) & (time_s <= turn_s + shape.slap_s))
    if len(slap) < 3 or pitch[slap].min() > -shape.slap_dps:
        return event
    half = 0.5 * pitch[slap].min()
    k = slap[np.argmax(pitch[slap] <= half)]
    at = float(time_s[k])
    if k > 0 and pitch[k - 1] > half:
        at -= (time_s[k] - time_s[k - 1]) * (half - pitch[k]) / (pitch[k - 1] - pitch[k])
    return Event(HEEL_STRIKE, float(at), event.detected_s)


def _landed(events: list[Event], end_s: float, shape: StepShape) -> list[Event]:
    """Drop toe-offs that no heel strike follows, except one right at the end."""
    strikes = [event.time_s for event in events if event.kind == HEEL_STRIKE]
    offs = sorted(event.time_s for event in events if event.kind == TOE_OFF)

    def lands(off_s: float) -> bool:
        until = min([o for o in offs if o > off_s], default=np.inf)
        until = min(until, off_s + shape.longest_swing_s)
        return any(off_s < s <= until for s in strikes) or end_s - off_s <= 0.25

    return [event for event in events if event.kind != TOE_OFF or lands(event.time_s)]
