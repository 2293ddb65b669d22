"""OpenSim's text files in: ``.trc`` markers, ``.mot`` and ``.sto`` coordinates, moments and forces.

OpenSim's ground has y up and x forward; here z is up: ``(x, y, z)`` there is ``(x, -z, y)`` here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcast.channel import VECTOR_AXES
from gaitcast.errors import GaitcastError
from gaitcast.io.external_loads import loads_of
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.io.knee_sign import knee_signs
from gaitcast.io.number_lines import measured_rate, rows_of_numbers, text_of
from gaitcast.io.sentinels import sentinel_note, without_sentinels
from gaitcast.io.sheet import Sheet
from gaitcast.io.trc import read_markers
from gaitcast.recording import Recording, check_time
from gaitcast.signal.body_check import check_axes
from gaitcast.signal.lab_frame import turn
from gaitcast.units import factor

#: OpenSim's coordinate -> joint, axis and sign here. ``{s}`` stands for r or l.
COORDINATES: dict[str, tuple[str, str, float]] = {
    "hip_flexion_{s}": ("hip", "flexion", 1.0),
    "hip_adduction_{s}": ("hip", "adduction", 1.0),
    "hip_rotation_{s}": ("hip", "rotation", 1.0),
    "knee_angle_{s}": ("knee", "flexion", 1.0),
    "knee_adduction_{s}": ("knee", "adduction", 1.0),
    "knee_rotation_{s}": ("knee", "rotation", 1.0),
    "ankle_angle_{s}": ("ankle", "flexion", 1.0),
    "subtalar_angle_{s}": ("ankle", "adduction", 1.0),
    "arm_flex_{s}": ("shoulder", "flexion", 1.0),
    "arm_add_{s}": ("shoulder", "adduction", 1.0),
    "arm_rot_{s}": ("shoulder", "rotation", 1.0),
    "elbow_flex_{s}": ("elbow", "flexion", 1.0),
    "lumbar_extension": ("trunk", "flexion", -1.0),
    "lumbar_bending": ("trunk", "adduction", 1.0),
    "lumbar_rotation": ("trunk", "rotation", 1.0),
}
#: OpenSim's tilt is about its z, which points to the right; pitch here is about y, to the left.
PELVIS = {
    "pelvis_list": ("roll", 1.0),
    "pelvis_tilt": ("pitch", -1.0),
    "pelvis_rotation": ("yaw", 1.0),
}
_SIDES = {"r": "right", "l": "left"}
#: OpenSim's axes in ours: rows are x, y, z here.
TO_Z_UP = np.array([[1.0, 0, 0], [0, 0, -1], [0, 1, 0]])
_FORCE = re.compile(r"(?i)(.*?)force(.*?)_?([vp])([xyz])")
_TORQUE = re.compile(r"(?i)(.*?)(?:torque|moment)(.*?)_?m?([xyz])")
_MOST_HEADER_LINES = 200
#: No laboratory is so large, m.
_FARTHEST_M = 50.0
#: Storages whose columns bear the names of coordinates, and are none.
_NO_VALUES_FILE = re.compile(
    r"(?i)_(kinematics_(u|dudt)|actuation_(force|power|speed)|controls|[pv]err)$"
)
_NO_VALUES = re.compile(
    r"(?i)\s*(speeds|accelerations|velocities|controls|actuation[_ ]?(force|power|speed)s?|"
    r".*errors?)\s*$"
)


@dataclass(frozen=True)
class _Text:
    """A text file split into its header and its numbers."""

    header: list[str]
    names: list[str]
    rows: np.ndarray


def read_opensim(path: str | Path, *, max_gap_s: float = 0.1) -> Recording:
    """Read one ``.trc``, ``.mot`` or ``.sto`` file.

    Parameters
    ----------
    path : str or Path
        Markers, or a storage with coordinates (degrees or radians, with or without a path such as
        ``/jointset/ankle_r/ankle_angle_r/value``), joint moments, or ground forces of several sets.
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Returns
    -------
    Recording
        Joint angles and torques by side, ``center_pelvis_tilt_*``, ``center_pelvis_pos_*``; forces
        as ``left_plate_force_*`` where the name of a set or external loads beside the file give the
        side, else ``center_plate1_force_*``; z up, x forward as in the file. Moments resist the
        motion (ankle plantarflexor and knee extensor positive); they are torques in N m, because
        these files do not hold the mass.

    Raises
    ------
    GaitcastError
        If the header or a number cannot be read, or there is no known signal.
    """
    path = Path(path)
    sheet = Sheet(path)
    if path.suffix.lower() == ".trc":
        time_s = read_markers(sheet, path)
    else:
        time_s = _read_storage(sheet, _read_sto(path))
    if len(time_s) < 2:
        raise GaitcastError("fewer than two samples", where=str(path))
    check_time(time_s, where=str(path))
    rate_hz = measured_rate(time_s)
    gap_s = max(max_gap_s, 2.5 / rate_hz)
    recording = sheet.recording(time_s, rate_hz, gap_s)
    return check_axes(turn(recording, TO_Z_UP), TO_Z_UP)


def _read_sto(path: Path) -> _Text:
    lines = text_of(path)
    ends = [k for k, line in enumerate(lines[:_MOST_HEADER_LINES]) if line.strip() == "endheader"]
    if not ends or len(lines) < ends[0] + 3:
        raise GaitcastError(
            "no 'endheader' line with a table below it: not an OpenSim storage", where=str(path)
        )
    head = ends[0]
    names = lines[head + 1].split()
    if len(names) < 2 or names[0].lower() != "time":
        raise GaitcastError("the first column is not 'time'", where=str(path))
    return _Text(
        lines[:head], names, rows_of_numbers(path, lines[head + 2 :], head + 2, len(names))
    )


def _read_storage(sheet: Sheet, text: _Text) -> np.ndarray:
    announced = re.search(r"(?i)nRows\s*=\s*(\d+)", "\n".join(text.header))
    if announced and int(announced[1]) != len(text.rows):
        sheet.notes.append(
            f"warning: the header announces {announced[1]} rows, the file has {len(text.rows)}"
        )
    other = (text.header and _NO_VALUES.match(text.header[0])) or _NO_VALUES_FILE.search(
        sheet.path.stem
    )
    if other:
        raise GaitcastError(
            "holds speeds, accelerations, actuators or errors under the names of coordinates",
            where=str(sheet.path),
            hint="Take the file with their values (..._q.sto, or _ik.mot)",
        )
    columns = {}
    for k, name in enumerate(text.names[1:], start=1):
        columns[_short(name)], sentinels = without_sentinels(text.rows[:, k])
        sheet.notes += [sentinel_note(name, sentinels)] if sentinels else []
    left = _read_forces(sheet, columns)
    scale = _angle_factor(sheet, text.header, left)
    knees = {
        name: values * scale
        for name, values in left.items()
        if (known := _known(name)) and known[1:3] == ("knee", "flexion")
    }
    bent = knee_signs(knees)
    sheet.notes += bent.notes
    unread = []
    for name, values in left.items():
        coordinate, _, kind = name.partition("_moment")
        known = _known(coordinate)
        if known and kind == "":
            own = values * bent.signs.get(coordinate, 1.0)
            _read_joint(sheet, known, own, moment="_moment" in name, scale=scale)
        elif name in PELVIS:
            axis, sign = PELVIS[name]
            sheet.add(f"center_pelvis_tilt_{axis}", sign * values * scale)
        elif name in ("pelvis_tx", "pelvis_ty", "pelvis_tz"):
            sheet.add(f"center_pelvis_pos_{name[-1]}", values)
        else:
            unread.append(name)
    if unread:
        more = f" and {len(unread) - 3} more" if len(unread) > 3 else ""
        sheet.notes.append(f"not read: {', '.join(unread[:3])}{more}")
    return text.rows[:, 0]


def _short(name: str) -> str:
    """``/jointset/ankle_r/ankle_angle_r/value`` -> ``ankle_angle_r``; other names unchanged."""
    parts = name.strip("/").split("/")
    return parts[-2] if len(parts) > 1 and parts[-1] == "value" else parts[-1]


def _known(coordinate: str) -> tuple[str, str, str, float] | None:
    """Side, joint, axis and sign of a coordinate."""
    if coordinate in COORDINATES:
        return ("center", *COORDINATES[coordinate])
    stem, _, letter = coordinate.rpartition("_")
    found = COORDINATES.get(stem + "_{s}")
    return (_SIDES[letter], *found) if found and letter in _SIDES else None


def _angle_factor(sheet: Sheet, header: list[str], columns: dict[str, np.ndarray]) -> float:
    said = re.search(r"(?i)inDegrees\s*=\s*(yes|no)", "\n".join(header))
    if said:
        return 1.0 if said[1].lower() == "yes" else factor("rad", "angle")
    angles = [np.nanmax(np.abs(v), initial=0.0) for name, v in columns.items() if _known(name)]
    if not angles:
        return 1.0
    unit = "deg" if max(angles) > 2 * np.pi else "rad"
    sheet.notes.append(f"assumed: angles in {unit} (the header does not say)")
    return factor(unit, "angle")


def _read_joint(
    sheet: Sheet,
    known: tuple[str, str, str, float],
    values: np.ndarray,
    *,
    moment: bool,
    scale: float,
) -> None:
    side, joint, axis, sign = known
    if moment:
        # A generalised force drives its coordinate; moments here resist it.
        note = "assumed: knee flexion is positive in the model of these moments"
        if joint == "knee" and note not in sheet.notes:
            sheet.notes.append(note)
        sheet.add(f"{side}_{joint}_torque_{axis}", -sign * values)
        return
    sheet.add(f"{side}_{joint}_angle_{axis}", sign * scale * values)


def _read_forces(sheet: Sheet, columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Add the sets of ground forces; return the columns that are not forces."""
    sets: dict[str, dict[tuple[str, str], np.ndarray]] = {}
    left = {}
    torques: dict[str, dict[tuple[str, str], np.ndarray]] = {}
    for name, values in columns.items():
        force, torque = _FORCE.fullmatch(name), _TORQUE.fullmatch(name)
        if force:
            key = (force[1] + force[2]).strip("_").lower()
            sets.setdefault(key, {})[force[3].lower(), force[4].lower()] = values
        elif torque and name[-2:-1] in "_m":
            key = (torque[1] + torque[2]).strip("_").lower()
            torques.setdefault(key, {})["t", torque[3].lower()] = values
        else:
            left[name] = values
    stated = _stated_sides(sheet, sets)
    for number, (key, parts) in enumerate(sets.items(), start=1):
        place = f"{stated[key]}_plate" if key in stated else _place(key, number, sets)
        _read_set(sheet, place, parts | torques.pop(key, {}))
    for parts in torques.values():
        sheet.notes.append(f"{len(parts)} torque columns belong to no force and are not read")
    return left


def _stated_sides(
    sheet: Sheet, sets: dict[str, dict[tuple[str, str], np.ndarray]]
) -> dict[str, str]:
    """Set of forces -> foot, from the external loads that name this file."""
    loads = loads_of(sheet.path) if sets else None
    if loads is None:
        return {}
    found: dict[str, str] = {}
    for identifier, side in loads.sides.items():
        match = _FORCE.fullmatch(f"{identifier}x")
        key = (match[1] + match[2]).strip("_").lower() if match else ""
        if match and key in sets and side not in found.values():
            found[key] = side
    if found:
        sheet.notes.append(f"feet of the forces from external loads: {', '.join(found.values())}")
    return found


def _place(key: str, number: int, sets: dict[str, dict[tuple[str, str], np.ndarray]]) -> str:
    """Side or number of the plate of a set of forces; the side if only this set's name gives it."""
    sides = [_side(other) for other in sets]
    side = _side(key)
    return f"{side}_plate" if side and sides.count(side) == 1 else f"center_plate{number}"


def _side(key: str) -> str:
    found = re.search(r"(?:^|_)(r|l|right|left)(?:_|$)", key)
    return _SIDES[found[1][0]] if found else ""


def _read_set(sheet: Sheet, place: str, parts: dict[tuple[str, str], np.ndarray]) -> None:
    if any(("v", axis) not in parts for axis in VECTOR_AXES):
        sheet.notes.append(f"warning: {place} lacks a component of its force and is left out")
        return
    force = np.column_stack([parts["v", axis] for axis in VECTOR_AXES])
    loaded = np.linalg.norm(force, axis=1) > LEAST_LOAD_N
    scale = _plate_scale(sheet, place, parts, loaded)
    for kind, quantity in (("v", "force"), ("p", "pos"), ("t", "torque")):
        if all((kind, axis) in parts for axis in VECTOR_AXES):
            values = np.column_stack([parts[kind, axis] for axis in VECTOR_AXES])
            if kind == "p":  # without load, files hold zeros or the last position
                values = np.where(loaded[:, None], values, np.nan)
            values = values * (1.0 if kind == "v" else scale)
            x, y, z = (f"{place}_{quantity}_{axis}" for axis in VECTOR_AXES)
            sheet.add_vector((x, y, z), values)


def _plate_scale(
    sheet: Sheet, place: str, parts: dict[tuple[str, str], np.ndarray], loaded: np.ndarray
) -> float:
    """Factor of positions and moments: some programs write them in mm and N mm."""
    if not loaded.any() or any(("p", axis) not in parts for axis in VECTOR_AXES):
        return 1.0
    away = float(np.median(np.abs([parts["p", axis][loaded] for axis in VECTOR_AXES]).max(axis=0)))
    if not _FARTHEST_M < away < 1000 * _FARTHEST_M:
        return 1.0
    sheet.notes.append(
        f"warning: the centre of pressure of {place} lies {away:.0f} m away: read in mm, and its "
        "moments in N mm"
    )
    return 1e-3
