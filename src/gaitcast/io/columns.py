"""`Columns`: what a table or an array file holds, before it is known what its columns mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np


class Columns(dict[str, np.ndarray]):
    """Named columns, and what the file says about them.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, shape (n,)
        Numbers, or text where a value is no number.
    units : mapping of str to str
        Column -> unit as the file writes it in a row or header of its own (``"deg/s"``); a unit in
        the name of a column stays in the name.
    rate_hz : float, optional
        That the file states outside the table.
    about : mapping of str to str
        Other statements of the file outside the table (``"Subject"``, ``"Start time"``).
    notes : sequence of str
        What the reader assumed or passed over.
    events : mapping of str to numpy.ndarray
        Event times in s, such as ``{"right_heel_strike": ...}``, on the clock of the time column.
    """

    def __init__(
        self,
        columns: Mapping[str, np.ndarray],
        units: Mapping[str, str] | None = None,
        rate_hz: float | None = None,
        about: Mapping[str, str] | None = None,
        notes: Sequence[str] = (),
        events: Mapping[str, np.ndarray] | None = None,
    ) -> None:
        super().__init__(columns)
        self.units = dict(units or {})
        self.rate_hz = rate_hz
        self.about = dict(about or {})
        self.notes = tuple(notes)
        self.events = dict(events or {})


def as_columns(columns: Mapping[str, np.ndarray]) -> Columns:
    """Columns, also of a file that says nothing about them.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray, shape (n,)
        As read.

    Returns
    -------
    Columns
        The same object where it is one.
    """
    return columns if isinstance(columns, Columns) else Columns(columns)
