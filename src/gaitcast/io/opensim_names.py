"""OpenSim's names of coordinates and ground forces, where they stand over columns of any table."""

from __future__ import annotations

import re

from gaitcast.io.opensim import COORDINATES, PELVIS

_SIDES = {"r": "right", "l": "left"}
_MOMENT = "_moment"
#: OpenSim's y is up and z to the right: axis there -> axis and sign here.
_AXES = {"x": ("x", 1.0), "y": ("z", 1.0), "z": ("y", -1.0)}
_FORCE = re.compile(
    r"(?i)(?:(?P<before>[a-z0-9]+)_)?ground_(?P<kind>force|torque)_(?:(?P<within>[a-z0-9]+)_)?"
    r"(?P<what>[vpm]?)(?P<axis>[xyz])(?:_(?P<after>[a-z0-9]+))?"
)


def coordinate_channel(name: str) -> tuple[str, float] | None:
    """Channel and sign of an OpenSim coordinate, or of its generalised force.

    Parameters
    ----------
    name : str
        Such as ``"knee_angle_r"``, ``"pelvis_tilt"`` or ``"ankle_angle_l_moment"``.

    Returns
    -------
    tuple of str and float, or None
        None if it is no such name.
    """
    plain = name.strip().lower()
    coordinate = plain.removesuffix(_MOMENT)
    quantity, turned = ("torque", -1.0) if coordinate != plain else ("angle", 1.0)
    if coordinate in PELVIS and quantity == "angle":
        axis, sign = PELVIS[coordinate]
        return f"center_pelvis_tilt_{axis}", sign
    stem, _, letter = coordinate.rpartition("_")
    if coordinate in COORDINATES:
        joint, axis, sign = COORDINATES[coordinate]
        return f"center_{joint}_{quantity}_{axis}", turned * sign
    if letter in _SIDES and f"{stem}_{{s}}" in COORDINATES:
        joint, axis, sign = COORDINATES[f"{stem}_{{s}}"]
        return f"{_SIDES[letter]}_{joint}_{quantity}_{axis}", turned * sign
    return None


def ground_force_channel(name: str) -> tuple[str, float] | None:
    """Channel and sign of a column of OpenSim's ground forces, whose y is up.

    Parameters
    ----------
    name : str
        Such as ``"ground_force_vy"``, ``"1_ground_force_px"`` or ``"ground_force_r_vz"``.

    Returns
    -------
    tuple of str and float, or None
        None if it is no such name.
    """
    found = _FORCE.fullmatch(name.strip())
    if found is None:
        return None
    quantity = {"v": "force", "p": "pos"}.get(found["what"].lower(), "torque")
    if (found["kind"].lower() == "torque") != (quantity == "torque"):
        return None
    key = next((w.lower() for w in (found["before"], found["within"], found["after"]) if w), "")
    side = {**_SIDES, "right": "right", "left": "left"}.get(key)
    if side is None and key and not key.isdigit():
        return None
    place = f"{side}_plate" if side else f"center_plate{int(key or 0) + (0 if key else 1)}"
    axis, sign = _AXES[found["axis"].lower()]
    return f"{place}_{quantity}_{axis}", sign
