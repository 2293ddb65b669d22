"""In which unit a clock counts that does not say so: by its step, and by where its count began."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaitcast.units import factor

#: Tried in this order where nothing states a unit.
CANDIDATES = ("s", "ms", "us", "ns", "min", "h")
#: Gait is recorded at such rates, Hz.
RATES_HZ = (10.0, 5000.0)
#: A rate of 10 or 5,000 Hz itself, as far as stamps are exact.
_SLACK = 1.001
#: Counts of 100 ns since the years 1601 (Windows) and 1 (.NET): between 1980 and 2120.
_LONG_TICKS = ((1.2e17, 1.7e17), (6.2e17, 6.7e17))
#: Days of the years 1970 to 2120 since those of spreadsheets, MATLAB, Julius Caesar.
_DAYS = ((2.5e4, 8.1e4), (7.19e5, 7.75e5), (2.44e6, 2.5e6))
#: Seconds that make more may be minutes; nanoseconds, and microseconds that make less, ticks.
_FAST_HZ, _LEAST_NS_HZ, _LEAST_US_HZ = 2200.0, 999.0, 20.0


@dataclass(frozen=True)
class Scale:
    """What one count of a clock is.

    Parameters
    ----------
    unit : str
        Of time, as :func:`gaitcast.units.factor` takes it.
    ticks : float
        How many of it.
    """

    unit: str
    ticks: float = 1.0

    @property
    def seconds(self) -> float:
        """Length of one count, s."""
        return self.ticks * factor(self.unit, "time")

    def makes_gait(self, step: float) -> bool:
        """Whether counts that are `step` apart come at a rate at which gait is recorded."""
        hz = 1 / (step * self.seconds)
        return RATES_HZ[0] / _SLACK <= hz <= RATES_HZ[1] * _SLACK

    def __str__(self) -> str:
        return self.unit if self.ticks == 1 else f"{self.ticks:g} {self.unit}"


#: Counts since 1970 are of this size.
_UNIX_NS, _UNIX_US = 1e18, 1e15
TICKS_100NS = Scale("ns", 100.0)
_DAY = Scale("day")


def scale_by_level(counts: np.ndarray, step: float) -> Scale | None:
    """The unit in which a clock runs at a rate of gait.

    Parameters
    ----------
    counts : numpy.ndarray, shape (n,)
        Of the clock. Those of spreadsheets and of Windows are known by where they began.
    step : float
        Between two of them.

    Returns
    -------
    Scale or None
        None if no unit makes such a rate.
    """
    level = float(np.median(counts))
    if TICKS_100NS.makes_gait(step) and _within(level, _LONG_TICKS):
        return TICKS_100NS
    if _DAY.makes_gait(step):
        return _DAY
    return next((s for s in map(Scale, CANDIDATES) if s.makes_gait(step)), None)


def other_scale(scale: Scale, counts: np.ndarray, step: float) -> Scale | None:
    """Another unit that is about as likely, where one is: a warning names it.

    Parameters
    ----------
    scale : Scale
        From :func:`scale_by_level`.
    counts : numpy.ndarray, shape (n,)
        Of the clock.
    step : float
        Between two of them.
    """
    hz, level = 1 / (step * scale.seconds), float(np.median(counts))
    unclear = {
        "s": (hz > _FAST_HZ, Scale("min")),
        "ns": (scale.ticks == 1 and hz > _LEAST_NS_HZ and level < _UNIX_NS, TICKS_100NS),
        "us": (hz < _LEAST_US_HZ and level < _UNIX_US, TICKS_100NS),
        "day": (not _within(level, _DAYS), Scale("h")),
    }
    doubtful, other = unclear.get(scale.unit, (False, scale))
    return other if doubtful and other.makes_gait(step) else None


def _within(value: float, ranges: tuple[tuple[float, float], ...]) -> bool:
    return any(low <= value <= high for low, high in ranges)
