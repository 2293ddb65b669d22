"""Units of a C3D file: of markers, stored moments and angles, and force plates."""

from __future__ import annotations

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.sheet import Sheet
from gaitcast.units import factor, parse_unit

#: Stored moments above this, N m/kg, were not divided by the mass.
_MOST_MOMENT = 12.0
#: Nobody walks with peak moments below this, N m: what is smaller was divided by the mass.
_LEAST_TORQUE = 4.0
#: The same, N m per kg, where the mass is known.
_LEAST_PER_KG = 0.25


def measured_in(unit: str | None, quantity: str) -> float | None:
    """Factor of a unit, if it measures a quantity.

    Parameters
    ----------
    unit : str or None
        From :func:`gaitcast.units.parse_unit`.
    quantity : str
        A key of :data:`gaitcast.units.CANONICAL`.

    Returns
    -------
    float or None
        ``canonical = value * factor``.
    """
    try:
        return None if unit is None else factor(unit, quantity)
    except GaitcastError:
        return None


def length_unit(file: C3DFile) -> tuple[str, str]:
    """Unit of the markers, which is that of all lengths without one of their own.

    Parameters
    ----------
    file : C3DFile
        The container.

    Returns
    -------
    unit : str
        As :func:`gaitcast.units.factor` takes it.
    note : str
        Empty where the file states it.
    """
    said = next(iter(file.text("POINT", "UNITS")), "")
    unit = parse_unit(said)
    if measured_in(unit, "pos") is not None:
        return str(unit), ""
    known = np.abs(file.points[np.isfinite(file.points)])
    guess = "mm" if len(known) and np.median(known) > 20 else "m"
    words = f"unit '{said}'" if said else "no unit"
    return guess, f"assumed: markers in {guess} (the file says {words})"


def moment_unit(sheet: Sheet, file: C3DFile, largest: float) -> tuple[str, float]:
    """Quantity of stored moments, and the factor to its canonical unit.

    Plug-in Gait divides by the mass and calls the unit Nmm all the same: ``Nmm`` is taken by its
    word only where a person could have such a moment without the mass in it.

    Parameters
    ----------
    sheet : Sheet
        Gets notes, and has the mass where the file states it.
    file : C3DFile
        The container.
    largest : float
        Largest absolute value of all stored moments, in the file's unit.

    Returns
    -------
    quantity : str
        ``moment`` (N m/kg) or ``torque`` (N m).
    scale : float
        ``canonical = value * scale``.
    """
    said = next(iter(file.text("POINT", "MOMENT_UNITS")), "")
    unit = parse_unit(said)
    for quantity, most in (("moment", _MOST_MOMENT), ("torque", 1000.0)):
        scale = measured_in(unit, quantity)
        if scale is None:
            continue
        if quantity == "torque" and _divided(sheet, largest * scale):
            _note(
                sheet, f"assumed: stored moments in {unit}/kg (by their size; the file says {said})"
            )
            return "moment", scale
        if largest * scale > most:
            _note(
                sheet,
                f"warning: stored moments reach {largest:g} {unit}: taken for N mm"
                f"{'/kg' if quantity == 'moment' else ''}",
            )
            return quantity, 1e-3
        return quantity, scale
    # Nothing that is understood: Nexus writes N mm, with or without the mass.
    by_mass = largest / 1000 < _MOST_MOMENT
    _note(sheet, f"assumed: stored moments in N mm{'/kg' if by_mass else ''} (by their size)")
    return ("moment" if by_mass else "torque"), 1e-3


def _divided(sheet: Sheet, largest: float) -> bool:
    mass_kg = sheet.covariates.get("mass_kg")
    if isinstance(mass_kg, float):
        return largest < _LEAST_PER_KG * mass_kg
    return largest < _LEAST_TORQUE


def _note(sheet: Sheet, note: str) -> None:
    if note not in sheet.notes:
        sheet.notes.append(note)


def plate_factors(
    sheet: Sheet, file: C3DFile, index: list[int], kind: int, number: int
) -> np.ndarray:
    """Factors of a plate's channels to N, N m and m.

    A moment without a unit has the file's unit of length in it.

    Parameters
    ----------
    sheet : Sheet
        Gets notes on what was assumed.
    file : C3DFile
        The container.
    index : list of int
        Of the analog channels.
    kind : int
        C3D type of the plate.
    number : int
        Of the plate, from 1.

    Returns
    -------
    numpy.ndarray, shape (len(index),)
        Type 1: N, m, N m; type 3: N; else N and N m.
    """
    if kind == 3:
        quantities = ["force"] * len(index)
    else:
        fourth = ["pos", "pos"] if kind == 1 else ["torque", "torque"]
        quantities = ["force"] * 3 + fourth + ["torque"]
    metre = factor(length_unit(file)[0], "pos")
    usual = {"force": 1.0, "pos": metre, "torque": metre}
    units = file.labels("ANALOG", "UNITS")
    factors, strange = [], []
    for at, quantity in zip(index, quantities, strict=True):
        said = units[at] if at < len(units) else ""
        scale = measured_in(parse_unit(said), quantity)
        if scale is None and said:
            strange.append(said)
        factors.append(usual[quantity] if scale is None else scale)
    if strange:
        length = length_unit(file)[0]
        _note(
            sheet,
            f"assumed: plate {number} in N and N {length} (the file says {sorted(set(strange))})",
        )
    return np.array(factors)
