"""Units of a C3D file: of markers, stored angles and force plates."""

from __future__ import annotations

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.c3d_file import C3DFile
from gaitcast.io.sheet import Sheet
from gaitcast.units import factor, parse_unit

#: Joint angles of more, rad, would be more than a turn each way.
_MOST_RAD = 7.0


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


def angle_factor(sheet: Sheet, file: C3DFile, angles: np.ndarray) -> float:
    """Factor of stored joint angles to degrees.

    Parameters
    ----------
    sheet : Sheet
        Gets a note if the unit is not known, or the angles are too large for it.
    file : C3DFile
        The container.
    angles : numpy.ndarray
        All stored joint angles, in the file's unit.
    """
    said = next(iter(file.text("POINT", "ANGLE_UNITS")), "")
    scale = measured_in(parse_unit(said), "angle")
    if scale is None:
        if said:
            sheet.notes.append(f"assumed: stored angles in deg (the file says '{said}')")
        return 1.0
    known = np.abs(angles[np.isfinite(angles)])
    largest = float(np.percentile(known, 99)) if len(known) else 0.0
    if parse_unit(said) == "rad" and largest > _MOST_RAD:
        sheet.notes.append(
            f"warning: the file states its angles in '{said}', but they reach {largest:.3g}: read "
            "as deg; check the unit"
        )
        return 1.0
    return scale


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
    length = length_unit(file)[0]
    metre = factor(length, "pos")
    units = file.labels("ANALOG", "UNITS")
    said = [units[at] if at < len(units) else "" for at in index]
    scales = [measured_in(parse_unit(u), q) for u, q in zip(said, quantities, strict=True)]
    usual = {"force": 1.0, "pos": metre, "torque": metre}
    for quantity in usual:  # what one channel of a plate states holds for its others
        stated = {s for s, q in zip(scales, quantities, strict=True) if s and q == quantity}
        usual[quantity] = stated.pop() if len(stated) == 1 else usual[quantity]
    strange = sorted({u for u, scale in zip(said, scales, strict=True) if scale is None})
    if strange:
        shown = ", ".join(f"'{unit}'" for unit in strange)
        shown = "no unit" if strange == [""] else shown
        word = next((w for w in ("m", "cm", "mm") if factor(w, "pos") == usual["torque"]), length)
        moments = f" and N {word}" if kind != 3 else ""
        _note(sheet, f"assumed: plate {number} in N{moments} (the file says {shown})")
    return np.array([s or usual[q] for s, q in zip(scales, quantities, strict=True)])
