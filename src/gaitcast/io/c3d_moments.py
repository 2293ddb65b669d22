"""Unit of the joint moments that a C3D file stores: what it states, checked against their size."""

from __future__ import annotations

import re

import numpy as np

from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.c3d_units import measured_in
from gaitcast.io.sheet import Sheet
from gaitcast.units import factor, parse_unit

_LEG = re.compile(r"(?:.*:)?[LR](?:Hip|Knee|Ankle)Moment")
_JOINT = re.compile(r"(?:.*:)?[LR](?:Hip|Knee|Ankle|Shoulder|Elbow|Wrist)Moment")
_FORCE = re.compile(r"(?:.*:)?[LR](?:GroundReaction|Ankle|Knee|Hip)Force")
#: In the order in which a file that states nothing is read: Plug-in Gait's own comes first.
_UNITS = ("N mm/kg", "N mm", "N m/kg", "N m")
_NO_UNIT = {"none", "unknown", "n/a", "na", "null", "undefined"}
#: The largest joint moment of a gait lies between these, N m/kg ...
_PER_KG = (0.2, 6.0)
#: ... and, where the mass is not known, between these, N m: people of 8 to 150 kg.
_WHOLE = (4.5, 900.0)
#: Joint forces of less, N, are divided by the mass: a child of 5 kg stands with 49 N.
_LEAST_FORCE_N = 40.0


def moment_unit(sheet: Sheet, file: C3DFile) -> tuple[str, float]:
    """Quantity of the stored moments, and the factor to its canonical unit.

    The unit that the file states holds, unless the moments' size contradicts it and fits another
    one. Plug-in Gait divides moments and forces by the mass and writes Nmm and N all the same.
    Three things show that: joint forces that are stored beside the moments and that no body is
    light enough for; moments of less than 0.2 N m per kg of the mass that the file states; without
    a mass, moments of less than 4.5 N m, which are too small for a child of 8 kg.

    Parameters
    ----------
    sheet : Sheet
        Gets notes, and has the mass where the file states it.
    file : C3DFile
        The container.

    Returns
    -------
    quantity : str
        ``moment`` (N m/kg) or ``torque`` (N m); empty, with a warning, where the file states a unit
        that is not known.
    scale : float
        ``canonical = value * scale``.
    """
    said = next(iter(file.text("POINT", "MOMENT_UNITS")), "")
    stated = parse_unit(said)
    mass_kg = sheet.covariates.get("mass_kg")
    mass_kg = mass_kg if isinstance(mass_kg, float) else None
    size = _largest(file, _LEG) or _largest(file, _JOINT)
    divided = 0 < _largest(file, _FORCE) < _LEAST_FORCE_N
    units = [*dict.fromkeys([*_UNITS, *([stated] if stated else [])])]
    fitting = [unit for unit in units if _fits(unit, size, mass_kg)]
    if divided:
        fitting = [unit for unit in fitting if unit.endswith("/kg")] or fitting
    if re.search(r"\w", said) and said.strip().lower() not in _NO_UNIT and not _known(stated):
        sheet.notes.append(f"warning: stored moments are not read: their unit '{said}' is unknown")
        return "", 1.0
    if stated is None or not _known(stated):
        unit = next(iter(fitting), "N mm/kg")
        words = f"the file says '{said}'" if said else "the file says no unit"
        sheet.notes.append(f"assumed: stored moments in {unit}, by their size ({words})")
    else:
        unit = _judged(sheet, stated, said, fitting, size, divided or mass_kg is not None)
    return _quantity(unit), factor(unit, _quantity(unit))


def _judged(
    sheet: Sheet, stated: str, said: str, fitting: list[str], size: float, shown: bool
) -> str:
    """The stated unit, or the one that fits the size, with a note."""
    if not size or stated in fitting or not fitting:
        return stated
    by_mass = f"{stated}/kg"
    unit = by_mass if by_mass in fitting else fitting[0]
    if unit == "N mm/kg" and stated == "N mm" and shown:
        sheet.notes.append(f"assumed: stored moments in N mm/kg, by their size ('{said}' stated)")
        return unit
    sheet.notes.append(
        f"warning: the file states its moments in '{said}', but they reach {size:.3g}: "
        f"read as {unit}; check the unit"
    )
    return unit


def _fits(unit: str, size: float, mass_kg: float | None) -> bool:
    value = size * (_scale(unit) or 0.0)
    if unit.endswith("/kg"):
        return _PER_KG[0] <= value <= _PER_KG[1]
    if mass_kg is None:
        return _WHOLE[0] <= value <= _WHOLE[1]
    return _PER_KG[0] <= value / mass_kg <= _PER_KG[1]


def _known(unit: str | None) -> bool:
    return unit is not None and _scale(unit) is not None


def _quantity(unit: str) -> str:
    return "moment" if unit.endswith("/kg") else "torque"


def _scale(unit: str) -> float | None:
    return measured_in(unit, _quantity(unit))


def _largest(file: C3DFile, pattern: re.Pattern[str]) -> float:
    """Largest size of the points of some names; single spikes do not count."""
    largest = 0.0
    for label, values in zip(file.labels("POINT"), file.points.transpose(1, 0, 2), strict=False):
        if not pattern.fullmatch(label):
            continue
        for column in np.abs(values).T:
            known = column[np.isfinite(column) & (column > 0)]
            if len(known):
                largest = max(largest, float(np.percentile(known, 99)))
    return largest
