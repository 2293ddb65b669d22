"""Gait events from heel, toe and pelvis markers: offline."""

from __future__ import annotations

import numpy as np
from scipy import signal

from gaitcast.errors import GaitcastError
from gaitcast.events.event import with_events
from gaitcast.kinematics.landmarks import Points, landmarks
from gaitcast.kinematics.segments import forefoot
from gaitcast.recording import Recording
from gaitcast.runtime.gait_event import FOOT_FLAT, HEEL_OFF, HEEL_STRIKE, TOE_OFF, Event
from gaitcast.signal.zero_phase import smooth

#: Foot paths have little content above 10 Hz except at the impact; this cutoff keeps its edge.
_CUTOFF_HZ = 20.0
#: Facing direction: from heel to toe, averaged over about a stride.
_HEADING_S = 1.5
#: The foot travels 0.4 to 1 m against the pelvis in a step, much less in standing.
_LEAST_TRAVEL_M, _SHORTEST_STRIDE_S = 0.15, 0.4
#: The foot starts back before it bears 20 N, and still goes back when it bears no more: medians
#: over 13 trials of ten laboratories, with a spread over laboratories of 14 and 9 ms.
_STRIKE_AFTER_FRONT_S, _OFF_BEFORE_BACK_S = 0.031, 0.010
#: A runner's toe leaves the ground long before it is farthest back; then its height decides.
_TOE_UP_M, _TOE_UP_LEAD_S = 0.02, 0.04
#: Flat: heel and toe within this of their height in the middle of stance.
_FLAT_M = 0.01


def marker_events(recording: Recording) -> Recording:
    """Events of both feet from markers (after Zeni et al. 2008).

    Heel strike is 31 ms after the heel is farthest in front of the pelvis; toe-off is 10 ms before
    the toe is farthest behind it. Relative to the pelvis, treadmill and overground walking are
    alike. Events within 50 ms of a hidden marker are left out.

    Parameters
    ----------
    recording : Recording
        With markers of heel, forefoot and pelvis, z up, any walking direction.

    Returns
    -------
    Recording
        With ``left_heel_strike``, ``left_foot_flat``, ``left_heel_off``, ``left_toe_off`` ...

    Raises
    ------
    GaitcastError
        If no foot has known markers, or the pelvis has none.

    Notes
    -----
    Differences from the paper: the walking direction is where the feet point, not where the pelvis
    goes; the fixed times were added, taken from force plates.
    """
    points = landmarks(recording)
    pelvis = _pelvis(points)
    if pelvis is None:
        raise GaitcastError(
            "events from markers need a marker of the pelvis",
            where=f"recording '{recording.trial}'",
        )
    found = False
    for side in ("left", "right"):
        heel, toe = points.get((side, "heel")), forefoot(points, side)
        if heel is not None and toe is not None:
            events: list[Event] = []
            for p in recording.segments():
                parts = (recording.time_s[p], recording.rate_hz, heel[p], toe[p], pelvis[p])
                events += _foot_events(*parts)
            recording = with_events(recording, side, events)
            found = True
    if not found:
        raise GaitcastError(
            "events from markers need a heel and a forefoot", where=f"recording '{recording.trial}'"
        )
    return recording


def foot_flat(
    recording: Recording, side: str, strike_s: float, off_s: float, *, above_m: float = _FLAT_M
) -> float:
    """When the foot is flat in a stance whose limits are known, from a plate for instance.

    Parameters
    ----------
    recording : Recording
        With markers of heel and forefoot, z up.
    side : str
        ``left`` or ``right``.
    strike_s, off_s : float
        Heel strike and toe-off, s.
    above_m : float
        The foot is flat from the last sample at which the forefoot is this far above its height in
        the middle of stance.

    Returns
    -------
    float
        Time, s; NaN if a marker is hidden, or the forefoot is never that high.
    """
    points = landmarks(recording)
    toe = forefoot(points, side)
    inside = (recording.time_s >= strike_s) & (recording.time_s <= off_s)
    if toe is None or not inside.any() or not np.isfinite(toe[inside]).all():
        return float("nan")
    height = smooth(toe, recording.rate_hz, _CUTOFF_HZ)[inside, 2]
    row = _flat_row(height, above_m)
    return float("nan") if row is None else float(recording.time_s[inside][row])


def _flat_row(toe_z: np.ndarray, above_m: float) -> int | None:
    """Last sample of a stance at which the forefoot is still up; None if it never is."""
    first, last = int(0.3 * len(toe_z)), max(int(0.5 * len(toe_z)), 1)
    up = toe_z[:last] > np.median(toe_z[first:last]) + above_m if last > first else np.zeros(0)
    return int(np.flatnonzero(up)[-1]) if up.any() else None


def _pelvis(points: Points) -> np.ndarray | None:
    names = [("center", "sacrum")]
    names += [
        (side, name) for name in ("psis", "asis", "iliac_crest") for side in ("left", "right")
    ]
    there = [points[key] for key in names if key in points]
    return np.mean(there, axis=0) if there else None


def _foot_events(
    time_s: np.ndarray, rate_hz: float, heel: np.ndarray, toe: np.ndarray, pelvis: np.ndarray
) -> list[Event]:
    seen_heel, seen_toe, seen_pelvis = (
        np.isfinite(point).all(axis=1) for point in (heel, toe, pelvis)
    )
    if min(seen_heel.sum(), seen_toe.sum(), seen_pelvis.sum()) < rate_hz / 2:
        return []
    heel, toe, pelvis = (smooth(_bridged(p), rate_hz, _CUTOFF_HZ) for p in (heel, toe, pelvis))
    ahead = _heading(heel, toe, rate_hz)
    front = np.sum((heel - pelvis)[:, :2] * ahead, axis=1)
    back = -np.sum((toe - pelvis)[:, :2] * ahead, axis=1)
    strikes = _tops(time_s, front, seen_heel & seen_pelvis, rate_hz) + _STRIKE_AFTER_FRONT_S
    floor_m = float(np.percentile(toe[seen_toe, 2], 3))
    backs = _tops(time_s, back, seen_toe & seen_pelvis, rate_hz)
    offs = np.array([_toe_off(time_s, toe[:, 2], floor_m, at) for at in backs])
    events = [Event(HEEL_STRIKE, float(at), float(time_s[-1])) for at in strikes]
    events += [Event(TOE_OFF, float(at), float(time_s[-1])) for at in offs]
    for strike in strikes:
        later = offs[(offs > strike + 0.1) & (offs < strike + 2.0)]
        if len(later):
            events += _middle(time_s, heel[:, 2], toe[:, 2], float(strike), float(later[0]))
    return events


def _bridged(points: np.ndarray) -> np.ndarray:
    """Straight lines over hidden segments; their events are left out later."""
    seen = np.flatnonzero(np.isfinite(points).all(axis=1))
    rows = np.arange(len(points))
    return np.column_stack([np.interp(rows, seen, column[seen]) for column in points.T])


def _heading(heel: np.ndarray, toe: np.ndarray, rate_hz: float) -> np.ndarray:
    way = (toe - heel)[:, :2]
    half = max(1, round(0.5 * _HEADING_S * rate_hz))
    total = np.vstack([np.zeros(2), np.cumsum(way, axis=0)])
    at = np.arange(len(way))
    mean = total[np.minimum(at + half + 1, len(way))] - total[np.maximum(at - half, 0)]
    return mean / np.maximum(np.linalg.norm(mean, axis=1, keepdims=True), 1e-9)


def _tops(time_s: np.ndarray, travel: np.ndarray, seen: np.ndarray, rate_hz: float) -> np.ndarray:
    """Times of the maxima of a foot's path relative to the pelvis."""
    depth = max(_LEAST_TRAVEL_M, 0.4 * float(np.ptp(travel)))
    # A step at the end of a record falls on one side only: add the other side.
    padded = np.concatenate([[travel.min()], travel, [travel.min()]])
    apart = max(1, int(_SHORTEST_STRIDE_S * rate_hz))
    peaks = signal.find_peaks(padded, prominence=depth, distance=apart)[0] - 1
    near = int(0.05 * rate_hz) + 1
    times = []
    for k in peaks[(peaks > 1) & (peaks < len(travel) - 1)]:
        if seen[max(0, k - near) : k + near].all():
            left, top, right = travel[k - 1 : k + 2]
            curvature = left - 2 * top + right
            shift = 0.5 * (left - right) / curvature if curvature else 0.0
            times.append(time_s[k] + shift * (time_s[k + 1] - time_s[k]))
    return np.array(times)


def _toe_off(time_s: np.ndarray, toe_z: np.ndarray, floor_m: float, back_s: float) -> float:
    low = np.flatnonzero((time_s <= back_s) & (toe_z < floor_m + _TOE_UP_M))
    up_s = float(time_s[min(low[-1] + 1, len(time_s) - 1)]) if len(low) else back_s
    return up_s if _TOE_UP_LEAD_S < back_s - up_s < 0.3 else back_s - _OFF_BEFORE_BACK_S


def _middle(
    time_s: np.ndarray, heel_z: np.ndarray, toe_z: np.ndarray, strike_s: float, off_s: float
) -> list[Event]:
    """Last toe contact and last heel lift, against their heights in the middle of stance."""
    stance = np.flatnonzero((time_s >= strike_s) & (time_s <= off_s))
    middle = stance[int(0.3 * len(stance)) : max(int(0.5 * len(stance)), 1)]
    if not len(middle):
        return []
    row = _flat_row(toe_z[stance], _FLAT_M)
    heel_up = stance[(stance > middle[0]) & (heel_z[stance] > np.median(heel_z[middle]) + _FLAT_M)]
    flat_s = strike_s if row is None else float(time_s[stance[row]])
    rise_s = float(time_s[heel_up[0]]) if len(heel_up) else off_s
    detected_s = float(time_s[-1])
    return [Event(FOOT_FLAT, flat_s, detected_s), Event(HEEL_OFF, rise_s, detected_s)]
