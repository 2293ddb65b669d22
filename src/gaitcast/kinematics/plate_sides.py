"""Whether forces that a file calls a foot's lie under that foot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gaitcast.kinematics.foot_load import bears_load
from gaitcast.kinematics.landmarks import Points, landmarks
from gaitcast.recording import Recording

#: A foot that carries less, N, may leave its centre of pressure anywhere.
_LOADED_N = 50.0
#: From the middle of the foot, m. One public set has its plates right at 0.02-0.09 and wrong at
#: 0.16-0.23, where every second walk had them exchanged.
_NEAR_M, _AWAY_M = 0.14, 0.14
_LEAST_SAMPLES = 5
#: Shares of the loaded samples under the other foot: all of them, or some stances only.
_ALL, _SOME = 0.8, 0.2


def check_plate_sides(recording: Recording) -> Recording:
    """Exchange the forces of left and right where they lie under the other foot.

    Parameters
    ----------
    recording : Recording
        With ``left_plate_*`` or ``right_plate_*`` and the markers of both feet; else it comes back
        as it is.

    Returns
    -------
    Recording
        With a note that begins with ``warning:`` where forces were exchanged, or lie under the
        other foot in a part of the trial only. Where the named foot bears the load while the other
        one swings, the places are wrong rather than the sides, and nothing is exchanged.
    """
    named = [s for s in ("left", "right") if f"{s}_plate_force_z" in recording.channels]
    named = [s for s in named if f"{s}_plate_pos_x" in recording.channels]
    if not named or not any("_marker_" in name for name in recording.channels):
        return recording
    points = landmarks(recording)
    feet = {side: _middle(points, side) for side in ("left", "right")}
    if any(foot is None for foot in feet.values()):
        return recording
    wrong = {side: _wrong(recording, side, feet) for side in named}
    known = {side: share for side, share in wrong.items() if share is not None}
    if not known:
        return recording
    if all(share > _ALL for share in known.values()):
        load = bears_load(recording)
        if load is not None and load > 0:
            return recording
        note = "warning: the forces of left and right lie under the other foot: exchanged"
        swapped = {
            name: _other(name) for name in recording.channels if "_plate_" in name and _sided(name)
        }
        channels = tuple(swapped.get(name, name) for name in recording.channels)
        return replace(recording, channels=channels, notes=(*recording.notes, note))
    some = [side for side, share in known.items() if share > _SOME]
    if not some:
        return recording
    note = f"warning: the force of {' and '.join(some)} lies under the other foot in a part of it"
    return replace(recording, notes=(*recording.notes, note))


def _sided(name: str) -> bool:
    return name.startswith(("left_", "right_"))


def _other(name: str) -> str:
    side, rest = name.split("_", 1)
    return f"{'right' if side == 'left' else 'left'}_{rest}"


def _middle(points: Points, side: str) -> np.ndarray | None:
    """Middle between heel and forefoot, else the ankle, shape (n, 2), m."""
    heel = points.get((side, "heel"))
    front = next(
        (points[side, w] for w in ("mt2", "toe", "mt1", "mt5") if (side, w) in points), None
    )
    if heel is not None and front is not None:
        return (0.5 * (heel + front))[:, :2]
    ankle = points.get((side, "ankle_lateral"))
    return None if ankle is None else ankle[:, :2]


def _wrong(recording: Recording, side: str, feet: dict[str, np.ndarray | None]) -> float | None:
    """Share of the loaded samples nearer to the other foot, and away from the own one."""
    force = recording.column(f"{side}_plate_force_z")
    centre = recording.matrix([f"{side}_plate_pos_x", f"{side}_plate_pos_y"])
    own, other = (
        np.linalg.norm(centre - feet[s], axis=1)
        for s in (side, "right" if side == "left" else "left")
    )
    loaded = (force > _LOADED_N) & np.isfinite(own) & np.isfinite(other)
    if loaded.sum() < _LEAST_SAMPLES:
        return None
    return float(((own > _AWAY_M) & (other < _NEAR_M))[loaded].mean())
