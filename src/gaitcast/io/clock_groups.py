"""Tables with a time column of its own for each sensor (Delsys): columns grouped by their clock."""

from __future__ import annotations

import re

import numpy as np

from gaitcast.io.columns import Columns

_CLOCK = re.compile(
    r"(?i)x ?\[m?s\](?:\.\d+)?|.*\btime series \(m?s\).*|(?:.*[ _:])?time ?[\[(]m?s[\])](?:\.\d+)?"
)


def is_clock_name(name: str) -> bool:
    """Whether a column's name says that it is the time of the columns behind it."""
    return _CLOCK.fullmatch(name.strip()) is not None


def split_clocks(columns: Columns) -> Columns:
    """Cut the columns of each clock to their own length, and keep equal clocks once.

    Parameters
    ----------
    columns : Columns
        Equally long; in the order of the file, each time column before those that it times.

    Returns
    -------
    Columns
        The same where there is one time column. Else the columns of a clock are cut behind its last
        value, and a ``warning:`` note names the clocks that differ.
    """
    clocks = [
        name for name, values in columns.items()
        if is_clock_name(name) and values.dtype.kind in "iuf"
    ]  # fmt: skip
    names = list(columns)
    if len(clocks) < 2 or names[0] != clocks[0]:
        return columns
    ends = [_length(columns[clock]) for clock in clocks]
    kept: dict[str, np.ndarray] = {}
    groups: list[tuple[str, int]] = []
    for clock, end in zip(clocks, ends, strict=True):
        same = next(
            (name for name, length in groups if _same(kept[name], columns[clock][:end])), None
        )
        begin = names.index(clock)
        stop = next(
            (names.index(other) for other in clocks if names.index(other) > begin), len(names)
        )
        if same is None:
            groups.append((clock, end))
            kept[clock] = columns[clock][:end]
        for name in names[begin + 1 : stop]:
            kept[name] = columns[name][:end]
    notes = [
        note
        for note in columns.notes
        if not any(f"is '{c}'" in note for c in clocks if c not in kept)
    ]
    if len(groups) > 1:
        shown = ", ".join(f"'{name}' ({_rate(kept[name])})" for name, _ in groups)
        notes.append(f"warning: {len(groups)} clocks in one table: {shown}; a mapping takes one")
    units = {name: unit for name, unit in columns.units.items() if name in kept}
    return Columns(kept, units, columns.rate_hz, columns.about, notes)


def _length(values: np.ndarray) -> int:
    known = np.flatnonzero(np.isfinite(values.astype(float)))
    return int(known[-1]) + 1 if len(known) else 0


def _same(one: np.ndarray, other: np.ndarray) -> bool:
    return len(one) == len(other) and bool(
        np.allclose(one, other, rtol=0, atol=1e-6, equal_nan=True)
    )


def _rate(clock: np.ndarray) -> str:
    steps = np.diff(clock[np.isfinite(clock)].astype(float))
    step = float(np.median(steps)) if len(steps) else 0.0
    return f"step {step:.4g}" if step else "no step"
