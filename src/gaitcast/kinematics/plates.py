"""Assign plate contacts to feet."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import numpy as np

from gaitcast.channel import VECTOR_AXES
from gaitcast.kinematics.centres import SIDES
from gaitcast.kinematics.landmarks import Points
from gaitcast.kinematics.segments import forefoot
from gaitcast.recording import Recording

#: A contact: loaded above this, N, for at least this long, s, and once above the peak, N.
LOADED_N, SHORTEST_S, LEAST_PEAK_N = 20.0, 0.2, 200.0
#: Mean and 95th percentile of the distance from centre of pressure to the heel-toe line, m.
_NEAR_M, _FAR_M = 0.06, 0.12


@dataclass(frozen=True)
class Contact:
    """One foot's contact with one plate.

    Parameters
    ----------
    plate : str
        Stem of the plate's channels, such as ``center_plate1``.
    side : str
        ``left`` or ``right``.
    start, stop : int
        First sample, and the sample after the last.
    warnings : tuple of str
        Why the load may not be that foot's alone; empty for a clean contact.
    """

    plate: str
    side: str
    start: int
    stop: int
    warnings: tuple[str, ...]


def plate_names(recording: Recording) -> list[str]:
    """Stems of the plates of a recording, such as ``center_plate1`` or ``right_plate``."""
    found = (re.fullmatch(r"(\w+_plate\d*)_force_z", name) for name in recording.channels)
    return [match[1] for match in found if match]


def plates_to_feet(recording: Recording, points: Points) -> list[Contact]:
    """Contacts of every plate, each assigned to the foot nearest to its centre of pressure.

    Parameters
    ----------
    recording : Recording
        With plates; ``left_plate`` and ``right_plate`` are not reassigned.
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        Landmarks with heels and forefeet, m.

    Returns
    -------
    list of Contact
        In the order of plates and time. A contact is clean if its centre of pressure stays near the
        line from heel to toe and it begins and ends within the record.
    """
    feet = {}
    for side in SIDES:
        heel, toe = points.get((side, "heel")), forefoot(points, side)
        if heel is not None and toe is not None:
            feet[side] = (heel, toe)
    contacts = []
    for plate in plate_names(recording):
        lift = np.nan_to_num(recording.column(f"{plate}_force_z"))
        named = next((side for side in SIDES if plate == f"{side}_plate"), "")
        if not {f"{plate}_pos_x", f"{plate}_pos_y"} <= set(recording.channels):
            continue
        centre = recording.matrix([f"{plate}_pos_x", f"{plate}_pos_y"])
        for start, stop in _loaded(lift, recording.rate_hz):
            away = {
                side: _distance(centre[start:stop], heel[start:stop], toe[start:stop])
                for side, (heel, toe) in feet.items()
            }
            away = {side: d[np.isfinite(d)] for side, d in away.items() if np.isfinite(d).any()}
            if not away or (named and named not in away):
                continue
            side = named or min(away, key=lambda s: float(away[s].mean()))
            warnings = _contact_warnings(away[side], start, stop, lift)
            contacts.append(Contact(plate, side, start, stop, warnings))
    return [_shared(contact, contacts) for contact in contacts]


def _shared(contact: Contact, contacts: list[Contact]) -> Contact:
    """Add a warning if the foot is on two plates at a time: neither has its whole force."""
    for other in contacts:
        both = min(contact.stop, other.stop) - max(contact.start, other.start)
        if other is not contact and other.side == contact.side and both > 0:
            warning = f"the foot is on {other.plate} as well"
            return replace(contact, warnings=(*contact.warnings, warning))
    return contact


def _contact_warnings(
    away_m: np.ndarray, start: int, stop: int, lift: np.ndarray
) -> tuple[str, ...]:
    warnings = []
    if away_m.mean() > _NEAR_M or np.percentile(away_m, 95) > _FAR_M:
        warnings.append("the centre of pressure leaves the foot: another foot is on the plate")
    if start == 0 or stop == len(lift):
        warnings.append("cut by the ends of the record")
    return tuple(warnings)


def _loaded(lift: np.ndarray, rate_hz: float) -> list[tuple[int, int]]:
    edges = np.flatnonzero(np.diff((lift > LOADED_N).astype(np.int8), prepend=0, append=0))
    return [
        (a, b)
        for a, b in edges.reshape(-1, 2).tolist()
        if b - a >= SHORTEST_S * rate_hz and lift[a:b].max() >= LEAST_PEAK_N
    ]


def _distance(centre: np.ndarray, heel: np.ndarray, toe: np.ndarray) -> np.ndarray:
    """Horizontal distance from the centre of pressure to the line from heel to toe, m."""
    a, way = heel[:, :2], toe[:, :2] - heel[:, :2]
    share = np.sum((centre - a) * way, axis=1) / np.sum(way**2, axis=1)
    near = a + np.clip(share, 0, 1)[:, None] * way
    return np.linalg.norm(centre - near, axis=1)


def plate_wrench(recording: Recording, plate: str) -> tuple[np.ndarray, np.ndarray]:
    """Force on the foot and its moment about the laboratory's origin.

    Parameters
    ----------
    recording : Recording
        With the plate's force, centre of pressure and, if measured, free moment.
    plate : str
        Stem of the plate's channels.

    Returns
    -------
    force : numpy.ndarray, shape (n, 3)
        N, laboratory axes.
    moment : numpy.ndarray, shape (n, 3)
        N m; finite everywhere, so that it can be filtered, and 0 without load.
    """

    def vector(quantity: str) -> np.ndarray:
        names = [f"{plate}_{quantity}_{axis}" for axis in VECTOR_AXES]
        if set(names) <= set(recording.channels):
            return recording.matrix(names)
        return np.zeros((len(recording), 3))

    force = vector("force")
    moment = np.cross(vector("pos"), force) + vector("torque")
    return force, np.nan_to_num(moment)
