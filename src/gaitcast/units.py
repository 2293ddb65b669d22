"""Canonical units: one per quantity, and the factors that convert to them."""

import math
import re

from gaitcast.errors import GaitcastError, nearest

#: Canonical unit of each quantity.
CANONICAL: dict[str, str] = {
    "acc": "m/s^2",
    "gyr": "deg/s",
    "accdev": "m/s^2",
    "gyrdev": "deg/s",
    "mag": "uT",
    "angle": "deg",
    "anglesd": "deg",
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
    "emg": "mV",
    "time": "s",
    "mass": "kg",
    "length": "m",
}

#: unit -> (canonical unit, factor): ``canonical = value * factor``.
_FACTORS: dict[str, tuple[str, float]] = {
    "m/s^2": ("m/s^2", 1.0),
    "cm/s^2": ("m/s^2", 1e-2),
    "mm/s^2": ("m/s^2", 1e-3),
    "g": ("m/s^2", 9.80665),
    "mg": ("m/s^2", 9.80665e-3),
    "deg/s": ("deg/s", 1.0),
    "mdeg/s": ("deg/s", 1e-3),
    "rad/s": ("deg/s", math.degrees(1.0)),
    "rpm": ("deg/s", 6.0),
    "uT": ("uT", 1.0),
    "nT": ("uT", 1e-3),
    "mT": ("uT", 1e3),
    "gauss": ("uT", 100.0),
    "mgauss": ("uT", 0.1),
    "deg": ("deg", 1.0),
    "rad": ("deg", math.degrees(1.0)),
    "mrad": ("deg", math.degrees(1e-3)),
    "m": ("m", 1.0),
    "dm": ("m", 1e-1),
    "cm": ("m", 1e-2),
    "mm": ("m", 1e-3),
    "um": ("m", 1e-6),
    "in": ("m", 0.0254),
    "ft": ("m", 0.3048),
    "m/s": ("m/s", 1.0),
    "cm/s": ("m/s", 1e-2),
    "mm/s": ("m/s", 1e-3),
    "km/h": ("m/s", 1 / 3.6),
    "mph": ("m/s", 0.44704),
    "N": ("N", 1.0),
    "kN": ("N", 1e3),
    "kgf": ("N", 9.80665),
    "lbf": ("N", 4.4482216152605),
    "N/kg": ("N/kg", 1.0),
    "BW": ("N/kg", 9.80665),
    "%BW": ("N/kg", 0.0980665),
    "N m": ("N m", 1.0),
    "N cm": ("N m", 1e-2),
    "N mm": ("N m", 1e-3),
    "kN m": ("N m", 1e3),
    "kgf m": ("N m", 9.80665),
    "kgf cm": ("N m", 0.0980665),
    "lbf ft": ("N m", 1.3558179483314),
    "lbf in": ("N m", 0.1129848290276),
    "N m/kg": ("N m/kg", 1.0),
    "N mm/kg": ("N m/kg", 1e-3),
    "N m/rad/kg": ("N m/rad/kg", 1.0),
    "V": ("mV", 1e3),
    "mV": ("mV", 1.0),
    "uV": ("mV", 1e-3),
    "s": ("s", 1.0),
    "ms": ("s", 1e-3),
    "us": ("s", 1e-6),
    "ns": ("s", 1e-9),
    "min": ("s", 60.0),
    "h": ("s", 3600.0),
    "day": ("s", 86_400.0),
    "kg": ("kg", 1.0),
    "lb": ("kg", 0.45359237),
}
#: Other spellings, in small letters and without blanks, as :func:`parse_unit` compares them.
_SPELLINGS = {
    "m/s^2": "m/s2 m/s/s m/s**2 m/sec2 m/sec^2 ms^-2 ms-2 m*s^-2 m*s-2 mps2 ms2 meters/second^2 "
    "metres/second^2 meterspersecondsquared metrespersecondsquared",
    "cm/s^2": "cm/s2 cms^-2",
    "mm/s^2": "mm/s2 mms^-2",
    "g": "g's gs gravity gforce g-force",
    "mg": "mgs milli-g millig",
    "deg/s": "dps deg/sec degree/s degrees/s degrees/sec degrees/second degree/second deg*s^-1 "
    "degs^-1 degs-1 degps degreespersecond degpersec deg.s-1 deg.s^-1",
    "mdeg/s": "mdps",
    "rad/s": "rad/sec rads/s radian/s radians/s radians/second rads^-1 rads-1 rad*s^-1 rad.s-1 "
    "radps radianspersecond",
    "uT": "microtesla",
    "nT": "nanotesla",
    "mT": "millitesla",
    "mgauss": "mga milligauss",
    "deg": "degree degrees degs",
    "rad": "radian radians rads",
    "mrad": "milliradian milliradians",
    "m": "meter meters metre metres mtr",
    "dm": "decimeter decimeters decimetre",
    "cm": "centimeter centimeters centimetre centimetres",
    "mm": "millimeter millimeters millimetre millimetres",
    "um": "micrometer micrometre micron microns",
    "in": "inch inches",
    "ft": "foot feet",
    "m/s": "m/sec ms^-1 m*s^-1 meters/second metres/second meterspersecond mps",
    "cm/s": "cm/sec",
    "mm/s": "mm/sec",
    "km/h": "kmh kph kmph",
    "N": "newton newtons",
    "kN": "kilonewton kilonewtons",
    "kgf": "kp",
    "lbf": "lbs-force pound-force",
    "N/kg": "newton/kg newtons/kg nkg^-1 n*kg^-1",
    "BW": "bodyweight bodyweights body-weight xbw n/bw timesbodyweight",
    "%BW": "%bodyweight bw% percentbw percentbodyweight",
    "N m": "nm n*m n-m n.m newton-meter newton-meters newton-metre newton-metres newtonmeter "
    "newtonmeters newtonmetre newtonmetres newton*meter newton*meters",
    "N cm": "ncm n*cm n-cm n.cm",
    "N mm": "nmm n*mm n-mm n.mm newton-millimeter newton-millimeters newtonmillimeter "
    "newtonmillimeters newton-millimetres",
    "kN m": "knm kn*m",
    "kgf m": "kgf*m kgf-m kgfm kp*m kpm",
    "kgf cm": "kgf*cm kgf-cm kgfcm",
    "lbf ft": "lbf*ft lbf-ft lbfft ft-lb ft*lb ftlb ft.lb ft-lbs ft*lbs ftlbs ft.lbs ft-lbf ft*lbf "
    "ftlbf ft.lbf lb-ft lb*ft lbft lb.ft lbs-ft foot-pound foot-pounds footpound footpounds "
    "pound-foot pound-feet foot-lb foot-lbs",
    "lbf in": "lbf*in lbf-in lbfin in-lb in*lb inlb in.lb in-lbs in*lbs inlbs in.lbs in-lbf in*lbf "
    "inlbf in.lbf lb-in lb*in lbin lb.in lbs-in inch-pound inch-pounds inchpound inchpounds "
    "pound-inch inch-lb inch-lbs",
    "N m/kg": "nm/kg n*m/kg n-m/kg n.m/kg nmkg^-1 n*m*kg^-1 n.m.kg-1 nm.kg-1 nm*kg^-1",
    "N mm/kg": "nmm/kg n*mm/kg n-mm/kg n.mm/kg nmm*kg^-1",
    "N m/rad/kg": "nm/rad/kg nm/(rad*kg) nm/kg/rad",
    "V": "volt volts",
    "mV": "millivolt millivolts",
    "uV": "microvolt microvolts",
    "s": "sec secs second seconds",
    "ms": "msec msecs millisec millisecs millisecond milliseconds",
    "us": "usec usecs microsec microsecs microsecond microseconds",
    "ns": "nsec nsecs nanosec nanosecs nanosecond nanoseconds",
    "min": "mins minute minutes",
    "h": "hr hrs hour hours",
    "day": "days",
    "kg": "kgs kilogram kilograms",
    "lb": "lbs pound pounds",
}
_KNOWN = {
    **{word: unit for unit, words in _SPELLINGS.items() for word in words.split()},
    **{unit.lower().replace(" ", ""): unit for unit in _FACTORS},
}
#: Written alike but for the capitals, which then decide.
_BY_CAPITALS = {"Nm": "N m", "mG": "mgauss", "MT": None, "Mg": None, "S": "s", "G": "g"}
#: A divisor at the end: per second as words or powers; and words in front of it.
_PER = re.compile(r"[*.]?(?:/(?:seconds?|secs?|s)|(?:seconds?|secs?|s)\^?-)(\^?2|1)?$")
_FIRST = ((re.compile(r"^(?:degrees?|degs?)(?=/)"), "deg"), (re.compile(r"^rad[a-z]*(?=/)"), "rad"))
#: Signs that look alike: micro (two), degree (three), dots and crosses, minus, raised numbers.
_SIGNS = {
    ord(sign): plain
    for signs, plain in (
        ("\u00b5\u03bc", "u"), ("\u00b0\u00ba\u02da", "deg"), ("\u00b7\u22c5\u2219\u00d7", "*"),
        ("\u2013\u2212\u207b", "-"), ("\u00b9", "1"), ("\u00b2", "^2"),
    )
    for sign in signs
}  # fmt: skip


def parse_unit(text: str) -> str | None:
    """The unit that a word in a header or behind a column's name stands for.

    Parameters
    ----------
    text : str
        Such as ``"(deg/s)"``, ``"m/s²"``, ``"[N*mm]"`` or ``"Newton-meters"``; brackets, blanks
        and the size of letters do not matter.

    Returns
    -------
    str or None
        As :func:`factor` takes it; None if it is no unit that gaitcast knows.

    Examples
    --------
    >>> parse_unit("[°/s]")
    'deg/s'
    >>> parse_unit("furlong") is None
    True
    """
    raised = text.replace("\u207b\u00b2", "-2").replace("\u2212\u00b2", "-2")
    word = re.sub(r"^[\s\[({<]+|[\s\])}>:;,]+$", "", raised.translate(_SIGNS))
    word = re.sub(r"\s+", "", word)
    if word in _BY_CAPITALS:
        return _BY_CAPITALS[word]
    if word in _FACTORS:
        return word
    return _KNOWN.get(word.lower()) or _KNOWN.get(_per_second(word.lower()))


def _per_second(word: str) -> str:
    """A rate in the usual way: ``degree/sec`` -> ``deg/s``, ``m*s^-2`` -> ``m/s^2``."""
    for pattern, plain in _FIRST:
        word = pattern.sub(plain, word)
    word = _PER.sub(lambda m: "/s^2" if (m[1] or "").endswith("2") else "/s", word)
    for pattern, plain in _FIRST:
        word = pattern.sub(plain, word)
    return word


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
