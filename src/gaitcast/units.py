"""Canonical units: one per quantity, and the factors that convert to them."""

import math

from gaitcast.errors import GaitcastError, nearest

#: Canonical unit of each quantity.
CANONICAL: dict[str, str] = {
    "acc": "m/s^2",
    "gyr": "deg/s",
    "accdev": "m/s^2",
    "gyrdev": "deg/s",
    "mag": "uT",
    "angle": "deg",
    "tilt": "deg",
    "pos": "m",
    "marker": "m",
    "vel": "m/s",
    "accel": "m/s^2",
    "force": "N",
    "grf": "N/kg",
    "torque": "N m",
    "moment": "N m/kg",
    "stiffness": "N m/rad/kg",
    "time": "s",
    "mass": "kg",
    "length": "m",
}

#: unit -> (canonical unit, factor): ``canonical = value * factor``.
_FACTORS: dict[str, tuple[str, float]] = {
    "m/s^2": ("m/s^2", 1.0),
    "g": ("m/s^2", 9.80665),
    "mg": ("m/s^2", 9.80665e-3),
    "deg/s": ("deg/s", 1.0),
    "rad/s": ("deg/s", math.degrees(1.0)),
    "uT": ("uT", 1.0),
    "deg": ("deg", 1.0),
    "rad": ("deg", math.degrees(1.0)),
    "m": ("m", 1.0),
    "cm": ("m", 1e-2),
    "mm": ("m", 1e-3),
    "m/s": ("m/s", 1.0),
    "km/h": ("m/s", 1 / 3.6),
    "N": ("N", 1.0),
    "kN": ("N", 1e3),
    "N/kg": ("N/kg", 1.0),
    "BW": ("N/kg", 9.80665),
    "N m": ("N m", 1.0),
    "N mm": ("N m", 1e-3),
    "N m/kg": ("N m/kg", 1.0),
    "N mm/kg": ("N m/kg", 1e-3),
    "N m/rad/kg": ("N m/rad/kg", 1.0),
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
    "kg": ("kg", 1.0),
}


def factor(unit: str, quantity: str) -> float:
    """Factor that converts values in `unit` to the canonical unit of `quantity`.

    Parameters
    ----------
    unit : str
        Unit of the values, such as ``"g"`` or ``"rad/s"``.
    quantity : str
        A key of :data:`CANONICAL`.

    Returns
    -------
    float
        ``canonical = value * factor``.

    Raises
    ------
    GaitcastError
        If the unit or quantity is unknown, or the unit does not measure the quantity.

    Examples
    --------
    >>> factor("mm", "pos")
    0.001
    """
    if quantity not in CANONICAL:
        raise GaitcastError(f"unknown quantity '{quantity}'", hint=nearest(quantity, [*CANONICAL]))
    if unit not in _FACTORS:
        raise GaitcastError(f"unknown unit '{unit}'", hint=nearest(unit, [*_FACTORS]))
    canonical, value = _FACTORS[unit]
    if canonical != CANONICAL[quantity]:
        raise GaitcastError(
            f"unit '{unit}' does not measure '{quantity}'",
            hint=f"Give a unit that converts to {CANONICAL[quantity]}",
        )
    return value
