"""A column of times that a mapping does not name, beside the rate that it states."""

from __future__ import annotations

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.clock import clock_seconds, find_clock
from gaitcast.io.columns import Columns

#: Rates that are closer are the same one; times that are, without gaps.
_SAME = 0.05
_LEAST_LOST, _LOST = 3, 0.02


def clock_beside(columns: Columns, rate_hz: float, rows: int) -> str:
    """A warning where the table has a clock that runs at another rate than rows are read; or empty.

    Parameters
    ----------
    columns : Columns
        As read, without those that are mapped to channels.
    rate_hz : float
        Of a mapping that names no clock.
    rows : int
        Of the mapped columns; a clock of another length is another device's.

    Returns
    -------
    str
        It also says where times go on for longer than the rows do at that rate.
    """
    own = {name: values for name, values in columns.items() if len(values) == rows}
    clock = find_clock(Columns(own, columns.units))
    if clock.entry is None or any("no unit makes" in note for note in clock.notes):
        return ""
    words = f"warning: '{clock.column}'"
    rest = (
        f"the mapping names no clock, and rows were read at {rate_hz:g} Hz: write time = "
        f'{{ column = "{clock.column}", unit = "{clock.entry["unit"]}" }} into it'
    )
    ratio = clock.rate_hz / rate_hz
    if abs(ratio - 1) > _SAME:
        unsure = any(
            note.startswith((f"assumed: '{clock.column}' in", words)) for note in clock.notes
        )
        decades = float(np.log10(ratio))
        if unsure and abs(decades - round(decades)) < _SAME / 2:
            return ""  # the same clock in another unit
        return f"{words} runs at {clock.rate_hz:g} Hz, but {rest}"
    try:
        time_s = clock_seconds(columns, clock.entry, "")
    except GaitcastError:
        return ""
    lost = (time_s[-1] - time_s[0]) * rate_hz - (rows - 1)
    if lost > max(_LEAST_LOST, _LOST * rows):
        return f"{words} leaves out {lost:.0f} samples (gaps), but {rest}"
    return ""
