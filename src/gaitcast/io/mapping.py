"""What the columns of a table or an array file mean: a small TOML file.

rate_hz = 100
subject = "folder"                    # optional; see :mod:`gaitcast.io.mapping_people`
time = { column = "t_ms", unit = "ms" }   # without it the rows are rate_hz apart
    missing = true                        # empty fields were not measured; else refused

[channels]
right_foot_acc_x = { column = "ax", unit = "g" }
right_ankle_angle_flexion = { column = "enc", unit = "deg", scale = -1 }
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError, nearest
from gaitcast.io.clock import clock_seconds
from gaitcast.io.columns import Columns, as_columns
from gaitcast.io.mapping_check import check_mapping
from gaitcast.io.mapping_people import rules_for_restarts
from gaitcast.io.stated_person import person_above
from gaitcast.io.subject_name import subject_of_name
from gaitcast.recording import Recording, check_finite, check_time
from gaitcast.signal.repair import in_order
from gaitcast.units import factor, parse_unit


def read_mapping(path: str | Path) -> dict[str, Any]:
    """Read and check a mapping file.

    Returns
    -------
    dict
        ``rate_hz``, ``channels`` and perhaps ``time`` and ``subject``.

    Raises
    ------
    GaitcastError
        If the file is absent, is not TOML, or a key is missing or unknown; of several faults each.
    """
    path = Path(path)
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GaitcastError(
            f"cannot read the mapping: {getattr(error, 'strerror', None) or error}",
            where=str(path),
            hint="It names the column, unit and scale of every channel; 'gaitcast check FILE "
            "--guess mapping.toml' writes a first one",
        ) from error
    check_mapping(table, str(path))
    return table


def named_by_channels(columns: Mapping[str, np.ndarray]) -> dict[str, Any] | None:
    """The mapping of columns that are ``time_s`` and channels by name, in canonical units.

    Parameters
    ----------
    columns : dict of str to numpy.ndarray
        As read.

    Returns
    -------
    dict or None
        The rate is that of the median time step, a whole number where it is within 0.2 % of one.
        None if another column is among them, or if there is no time step.
    """
    names = [name for name in columns if name != "time_s"]
    time_s = columns.get("time_s")
    if time_s is None or time_s.dtype.kind not in "iuf" or not names:
        return None
    stated = columns.units if isinstance(columns, Columns) else {}
    try:
        units = {name: stated.get(name) or Channel.parse(name).unit for name in names}
    except GaitcastError:
        return None
    steps = np.diff(time_s)
    steps = steps[steps > 0]
    if not len(steps):
        return None
    rate_hz = 1 / float(np.median(steps))
    whole = round(rate_hz)
    return {
        "rate_hz": float(whole) if abs(rate_hz - whole) < 0.002 * rate_hz else rate_hz,
        "time": {"column": "time_s", "unit": "s"},
        "missing": True,
        "channels": {name: {"column": name, "unit": unit} for name, unit in units.items()},
    }


def apply_mapping(
    table: Mapping[str, Any], columns: Mapping[str, np.ndarray], path: str | Path, max_gap_s: float
) -> Recording:
    """Convert named columns to a recording in canonical units.

    Parameters
    ----------
    table : dict
        From :func:`read_mapping`.
    columns : dict of str to numpy.ndarray
        Of shape (n,) each, equally long where they are mapped.
    path : Path
        File of the columns; it names the trial and the subject (:mod:`gaitcast.io.subject_name`).
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Raises
    ------
    GaitcastError
        If a mapped column is missing, a value is not a number, or the clock goes back further than
        :mod:`gaitcast.signal.repair` puts right.
    """
    path = Path(path)
    where = str(path)
    names = tuple(table["channels"])
    values = [
        _convert(columns, name, table["channels"][name], Channel.parse(name).quantity, where)
        for name in names
    ]
    lengths = {len(column) for column in values}
    if "time" in table:
        if table["time"]["unit"] != "iso":
            _numeric(columns, "time", table["time"], where)
        time_s = clock_seconds(columns, table["time"], where)
        lengths.add(len(time_s))
    else:
        time_s = np.arange(max(lengths)) / float(table["rate_hz"])
    if len(lengths) != 1:
        raise GaitcastError(
            f"the mapped columns have different lengths ({sorted(lengths)})", where=where
        )
    rules = rules_for_restarts(as_columns(columns), time_s)
    time_s, samples, notes = in_order(time_s, np.column_stack(values))
    try:
        check_time(time_s, where=where)
    except GaitcastError as error:
        told = (
            f"Time starts again there: write {' and '.join(rules)} above [channels] of mapping.toml"
        )
        hint = told if rules else error.hint
        raise GaitcastError(error.what, where=where, hint=hint) from error
    if not table.get("missing", False):
        check_finite(samples, names, where=where)
    median_hz = 1 / float(np.median(np.diff(time_s))) if len(time_s) > 1 else table["rate_hz"]
    if not 0.5 < median_hz / table["rate_hz"] < 2:
        raise GaitcastError(
            f"time advances at {median_hz:.4g} Hz, but rate_hz is {table['rate_hz']:g}",
            where=where,
            hint="Check the unit of the time column and rate_hz",
        )
    held = as_columns(columns)
    if held.rate_hz is not None and abs(held.rate_hz / table["rate_hz"] - 1) > 0.05:
        clock = f"'{table['time']['column']}' runs" if "time" in table else "its mapping reads it"
        rate = f"{float(table['rate_hz']):g}"
        words = f"warning: the file states {held.rate_hz:g} Hz, but {clock} at {rate} Hz"
        notes = (*notes, words)
    stated, covariates, said = person_above(held.about)
    try:
        return Recording(
            subject=stated or subject_of_name(path.stem),
            trial=path.stem,
            rate_hz=float(table["rate_hz"]),
            time_s=time_s,
            samples=samples,
            channels=names,
            events=held.events,
            covariates=covariates,
            notes=(*held.notes, *notes, *said),
            max_gap_s=max_gap_s,
            identified_by="file header" if stated else "file name",
        )
    except GaitcastError as error:
        raise GaitcastError(error.what, where=where, hint=error.hint) from error


def _convert(
    columns: Mapping[str, np.ndarray], name: str, entry: dict[str, Any], quantity: str, where: str
) -> np.ndarray:
    values = _numeric(columns, name, entry, where)
    unit = parse_unit(str(entry["unit"])) or str(entry["unit"])
    return values.astype(float) * float(entry.get("scale", 1.0)) * factor(unit, quantity)


def _numeric(
    columns: Mapping[str, np.ndarray], name: str, entry: dict[str, Any], where: str
) -> np.ndarray:
    wanted = str(entry["column"])
    if wanted not in columns:
        raise GaitcastError(
            f"no column '{wanted}' (channel '{name}')",
            where=where,
            hint=nearest(wanted, [*columns]),
        )
    values = columns[wanted]
    if values.dtype.kind in "iuf":
        return values
    said = f"warning: column '{wanted}' is text"
    notes = columns.notes if isinstance(columns, Columns) else ()
    reason = next((note for note in notes if note.startswith(said)), "")
    hint = reason.removeprefix("warning: ")
    raise GaitcastError(f"column '{wanted}' is not numeric", where=where, hint=hint)
