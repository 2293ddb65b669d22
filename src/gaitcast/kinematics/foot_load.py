"""Whether forces fit the feet: their clock, and where the centre of pressure lies.

A foot that bears load stays on the ground while the other one swings forwards. Markers of both feet
show that, and so do the angles of hips and knees; the centre of pressure then lies under that foot.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from gaitcast.kinematics.centres import SIDES
from gaitcast.kinematics.landmarks import landmarks
from gaitcast.kinematics.plates import plate_names
from gaitcast.kinematics.segments import forefoot
from gaitcast.recording import Recording

#: A foot is loaded above this, N; steps last so long, s, and reach this, N.
_LOADED_N, _STEP_S, _PEAK_N = 20.0, (0.15, 1.5), 200.0
_MOST_STEPS = 40
#: Larger offsets are not looked for, s.
_MOST_S = 1.5
#: Offsets that are warned of, s. Angles alone have a bias of up to 0.07 s in public sets.
_LEAST_S, _LEAST_OF_ANGLES_S = 0.08, 0.12
#: Feet that move less against each other, m/s, do not walk.
_WALKS_M_S = 0.3
#: Mean distance from the centre of pressure to the foot, m: public sets have 0.004 to 0.07.
_BESIDE_M, _WORSE_M, _CUT_M = 0.1, 0.04, 0.5
#: Mean speed of the loaded foot, backwards against the other, in parts of the usual one. Public
#: sets have 0.66 to 1.15, and at their own clock 0.81 of the best or more.
_MOVES, _LEFT, _LEFT_UNNAMED, _SAME = 0.55, 0.7, 0.55, 0.85
#: A centre of pressure is under a foot, m; a wrong place is under none so soon, s.
_UNDER_M, _SOON_S = 0.09, 0.25
#: Thigh and shank, m; only their ratio matters.
_THIGH_M, _SHANK_M = 0.40, 0.42


@dataclass(frozen=True)
class _Step:
    plate: str
    side: str  # as the plate is called; empty where any foot may stand on it
    rows: slice
    centre: np.ndarray | None

    def moved(self, lag: int, length: int) -> slice | None:
        start, stop = self.rows.start + lag, self.rows.stop + lag
        return slice(start, stop) if start >= 0 and stop <= length else None


Feet = dict[str, tuple[np.ndarray, np.ndarray]]


def check_foot_load(recording: Recording) -> Recording:
    """Warn where forces come at another time than the steps, or lie beside the foot.

    Parameters
    ----------
    recording : Recording
        Walking or running over plates, with markers of both feet, or flexion of hips and knees.

    Returns
    -------
    Recording
        With a note that begins with ``warning:`` where they do not fit. Nothing is shifted.
    """
    steps = _steps(recording)
    feet = _feet(recording)
    swing, by_angles = _swing(recording, feet)
    if not steps or swing is None:
        return recording
    note = _lag_note(recording, steps, feet, swing, by_angles) or _beside_note(steps, feet, swing)
    return replace(recording, notes=(*recording.notes, note)) if note else recording


def bears_load(recording: Recording) -> float | None:
    """How surely the feet that plates are named after bear load while these plates are loaded.

    Parameters
    ----------
    recording : Recording
        With ``left_plate_*`` or ``right_plate_*``.

    Returns
    -------
    float or None
        Below 0 where they swing; None where the feet do not show it.
    """
    steps = [step for step in _steps(recording) if step.side]
    swing, _ = _swing(recording, _feet(recording))
    if not steps or swing is None:
        return None
    return float(_movement(steps, swing, np.array([0]))[0])


def _steps(recording: Recording) -> list[_Step]:
    found = []
    for plate in plate_names(recording):
        lift = np.nan_to_num(recording.column(f"{plate}_force_z"))
        names = [f"{plate}_pos_{axis}" for axis in "xy"]
        centre = recording.matrix(names) if set(names) <= set(recording.channels) else None
        side = next((s for s in SIDES if plate == f"{s}_plate"), "")
        edges = np.flatnonzero(np.diff((lift > _LOADED_N).astype(np.int8), prepend=0, append=0))
        for start, stop in edges.reshape(-1, 2).tolist():
            lasts_s = (stop - start) / recording.rate_hz
            if _STEP_S[0] <= lasts_s <= _STEP_S[1] and lift[start:stop].max() >= _PEAK_N:
                part = None if centre is None else centre[start:stop]
                found.append(_Step(plate, side, slice(start, stop), part))
    every = max(1, len(found) // _MOST_STEPS)
    return found[::every]


def _feet(recording: Recording) -> Feet:
    """Heels and forefeet, shape (n, 2), of both feet or of none."""
    if not any("_marker_" in name for name in recording.channels):
        return {}
    points = landmarks(recording)
    found = {}
    for side in SIDES:
        heel, front = points.get((side, "heel")), forefoot(points, side)
        if heel is None or front is None:
            return {}
        found[side] = heel[:, :2], front[:, :2]
    return found


def _swing(recording: Recording, feet: Feet) -> tuple[np.ndarray | None, bool]:
    """Speed of the right foot forwards against the left, in usual ones, and if by angles."""
    if len(recording) < 3:
        return None, False
    if feet:
        apart = 0.5 * (sum(feet["right"]) - sum(feet["left"]))
        way = sum(front - heel for heel, front in feet.values())
        way = way / np.linalg.norm(way, axis=1, keepdims=True)
        speed = np.sum(np.gradient(apart, recording.time_s, axis=0) * way, axis=1)
    else:
        ahead = []
        for side in SIDES:
            names = [f"{side}_{joint}_angle_flexion" for joint in ("hip", "knee")]
            if not set(names) <= set(recording.channels):
                return None, True
            hip, knee = np.radians(recording.matrix(names)).T
            ahead.append(_THIGH_M * np.sin(hip) + _SHANK_M * np.sin(hip - knee))
        speed = np.gradient(ahead[SIDES.index("right")] - ahead[SIDES.index("left")])
        speed = speed * recording.rate_hz
    known = speed[np.isfinite(speed)]
    usual = float(np.sqrt(np.mean(known**2))) if len(known) else 0.0
    return (speed / usual if usual > _WALKS_M_S else None), not feet


def _lag_note(
    recording: Recording, steps: list[_Step], feet: Feet, swing: np.ndarray, by_angles: bool
) -> str:
    most = int(min(_MOST_S * recording.rate_hz, len(recording) - 1))
    lags = np.arange(-most, most + 1)
    fits = _movement(steps, swing, lags)
    placed = bool(feet) and any(step.centre is not None for step in steps)
    named = placed or all(step.side for step in steps)
    if placed:
        lags_s = _lags_by_place(_distance_at(steps, feet, lags), fits, lags / recording.rate_hz)
    else:
        left = _LEFT if named else _LEFT_UNNAMED
        lags_s = _lags_by_movement(fits, lags / recording.rate_hz, left)
    if not lags_s:
        return ""
    also = "" if named else " (or by half a stride less: no plate names its foot)"
    if not placed and named and fits[most] < 0:
        also = " (or left and right are exchanged, or the person walks backwards)"
    words = [f"{'lags' if lag < 0 else 'comes early'} by about {abs(lag):.2f} s" for lag in lags_s]
    seen = "joint angles" if by_angles else "markers"
    return (
        f"warning: the force set {' or '.join(words)} against the {seen}, by which feet "
        f"bear load{also}: nothing was shifted"
    )


def _lags_by_place(away: np.ndarray, fits: np.ndarray, lags_s: np.ndarray) -> list[float]:
    """At which the centre of pressure comes under the feet, if it does not lie there."""
    now = len(lags_s) // 2
    if not np.isfinite(away[now]):
        return []
    under = (away < np.nanmin(away) + 0.5 * _WORSE_M) & (away < _UNDER_M) & (fits > _MOVES)
    # While a foot stands, its place says little of when: the movement does.
    lows = _peaks(np.where(under, fits, np.nan))
    best = max((fits[k] for k in lows), default=0.0)
    if away[now] < np.nanmin(away) + _WORSE_M and not fits[now] < _LEFT * best:
        return []
    # A place of the wrong sign can lie under a foot at another time: then the movement fits now.
    lows = [k for k in lows if fits[now] < _SAME * fits[k] or abs(lags_s[k]) < _SOON_S]
    return _soonest(lows, lags_s, _LEAST_S)


def _lags_by_movement(fits: np.ndarray, lags_s: np.ndarray, left: float) -> list[float]:
    """At which the loaded feet stay behind, if they do not."""
    now = len(lags_s) // 2
    if not np.isfinite(fits[now]):
        return []
    best = np.nanmax(fits)
    if not (best > _MOVES and fits[now] < left * best):
        return []
    return _soonest([k for k in _peaks(fits) if fits[k] > 0.9 * best], lags_s, _LEAST_OF_ANGLES_S)


def _peaks(values: np.ndarray) -> list[int]:
    """Greatest values of their surroundings, a thirtieth of the length each way."""
    padded = np.where(np.isfinite(values), values, -np.inf)
    width = max(1, len(values) // 30)
    return [
        k
        for k in range(len(values))
        if np.isfinite(padded[k]) and padded[k] >= padded[max(0, k - width) : k + width + 1].max()
    ]


def _soonest(found: list[int], lags_s: np.ndarray, least_s: float) -> list[float]:
    """The smallest lag either way; none if one of them is too small to tell."""
    each = sorted((float(lags_s[k]) for k in found), key=abs)
    if not each or abs(each[0]) < least_s:
        return []
    other = next((lag for lag in each if lag * each[0] < 0), None)
    return [each[0]] if other is None or abs(other) > 2 * abs(each[0]) else [each[0], other]


def _movement(steps: list[_Step], swing: np.ndarray, lags: np.ndarray) -> np.ndarray:
    """Mean speed at which loaded feet stay behind, at each lag; NaN where too few are known."""
    total, known = np.zeros(len(lags)), np.zeros(len(lags))
    for step in steps:
        for k, lag in enumerate(lags.tolist()):
            rows = step.moved(lag, len(swing))
            values = swing[rows] if rows else swing[:0]
            values = values[np.isfinite(values)]
            if len(values) < 0.7 * (step.rows.stop - step.rows.start):
                continue
            mean = float(values.mean())
            fit = {"right": -mean, "left": mean}.get(step.side, abs(mean))
            total[k] += fit * len(values)
            known[k] += len(values)
    return _mean_where_known(total, known)


def _distance_at(steps: list[_Step], feet: Feet, lags: np.ndarray) -> np.ndarray:
    """Mean distance, m, from the centre of pressure to the named or nearest foot, at each lag."""
    total, known = np.zeros(len(lags)), np.zeros(len(lags))
    length = len(feet["left"][0])
    for step in steps:
        if step.centre is None:
            continue
        for k, lag in enumerate(lags.tolist()):
            rows = step.moved(lag, length)
            if rows is None:
                continue
            means = []
            for side in (step.side,) if step.side else SIDES:
                away = _away(step.centre, *(part[rows] for part in feet[side]))
                away = away[np.isfinite(away)]
                if len(away) >= 0.7 * len(step.centre):
                    means.append(float(np.minimum(away, _CUT_M).mean()))
            if means:
                total[k] += min(means) * len(step.centre)
                known[k] += len(step.centre)
    return _mean_where_known(total, known)


def _fits_a_foot(steps: list[_Step], feet: Feet) -> bool:
    return bool(_distance_at(steps, feet, np.array([0]))[0] < _UNDER_M)


def _mean_where_known(total: np.ndarray, known: np.ndarray) -> np.ndarray:
    enough = (known > 0) & (known >= 0.5 * known.max())
    return np.where(enough, total / np.maximum(known, 1), np.nan)


def _away(centre: np.ndarray, heel: np.ndarray, front: np.ndarray) -> np.ndarray:
    """Horizontal distance to the line from heel to forefoot, m."""
    way = front - heel
    share = np.sum((centre - heel) * way, axis=1) / np.maximum(np.sum(way**2, axis=1), 1e-12)
    return np.linalg.norm(centre - heel - np.clip(share, 0, 1)[:, None] * way, axis=1)


def _beside_note(steps: list[_Step], feet: Feet, swing: np.ndarray) -> str:
    """Centres of pressure that lie beside the foot that stands while the other swings."""
    if not feet:
        return ""
    found: dict[str, list[float]] = {}
    for step in steps:
        if step.centre is None:
            continue
        third = len(step.centre) // 3
        middle = slice(step.rows.start + third, step.rows.stop - third)
        values = swing[middle]
        values = values[np.isfinite(values)]
        if not len(values) or abs(values.mean()) < 0.5:
            continue
        side = "right" if values.mean() < 0 else "left"
        away = _away(step.centre, *(part[step.rows] for part in feet[side]))
        away = away[np.isfinite(away)]
        if len(away) >= 0.7 * len(step.centre):
            found.setdefault(step.plate, []).append(float(np.median(away)))
    every = [away for several in found.values() for away in several]
    # Walking backwards, the foot that swings here bears the load: it has the pressure under it.
    if not every or np.median(every) < _BESIDE_M or _fits_a_foot(steps, feet):
        return ""
    plate = max(found, key=lambda name: float(np.median(found[name])))
    return (
        f"warning: the centre of pressure of {plate} lies {np.median(found[plate]):.2f} m beside "
        "the foot that bears load: its axes, its sign or its origin?"
    )
