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
from gaitcast.io.clock_beside import clock_beside
from gaitcast.io.columns import Columns, as_columns
from gaitcast.io.frame_numbers import frames_against_time, frames_clock
from gaitcast.io.mapping_check import check_mapping
from gaitcast.io.mapping_people import rules_for_restarts
from gaitcast.io.sentinels import sentinel_note, without_sentinels
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
        The rate is that of the median time step: what the file states within 2 % of it, else a
        whole number within 0.2 %. None if another column is among them, or if there is no time
        step.
    """
    names = [name for name in columns if name != "time_s"]
    time_s = columns.get("time_s")
    if time_s is None or time_s.dtype.kind not in "iuf" or not names:
        return None
    stated = columns.units if isinstance(columns, Columns) else {}
    try:
        usual = {name: Channel.parse(name).unit for name in names}
    except GaitcastError:
        return None
    units = {name: stated.get(name) or unit for name, unit in usual.items()}
    steps = np.diff(time_s)
    steps = steps[steps > 0]
    if not len(steps):
        return None
    stated_hz = columns.rate_hz if isinstance(columns, Columns) else None
    return {
        "rate_hz": _round_rate(1 / float(np.median(steps)), stated_hz),
        "time": {"column": "time_s", "unit": "s"},
        "missing": True,
        "channels": {name: {"column": name, "unit": unit} for name, unit in units.items()},
    }


def _round_rate(rate_hz: float, stated_hz: float | None) -> float:
    if stated_hz and abs(rate_hz / stated_hz - 1) < 0.02:
        return stated_hz
    whole = round(rate_hz)
    return float(whole) if abs(rate_hz - whole) < 0.002 * rate_hz else rate_hz


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
    held = as_columns(columns)
    values, found = _channels(table, columns, where)
    time_s, lost = _times(table, held, values, where)
    rules = rules_for_restarts(held, time_s)
    time_s, samples, notes = in_order(time_s, np.column_stack(values))
    _check_clock(table, time_s, rules, where)
    stated, covariates, said = person_above(held.about)
    try:
        return Recording(
            subject=stated or subject_of_name(path.stem),
            trial=path.stem,
            rate_hz=float(table["rate_hz"]),
            time_s=time_s,
            samples=samples,
            channels=tuple(table["channels"]),
            events=held.events,
            covariates=covariates,
            notes=(*held.notes, *notes, *found, *lost, *_other_rate(table, held), *said),
            max_gap_s=max_gap_s,
            identified_by="file header" if stated else "file name",
        )
    except GaitcastError as error:
        raise GaitcastError(error.what, where=where, hint=error.hint) from error


def _channels(
    table: Mapping[str, Any], columns: Mapping[str, np.ndarray], where: str
) -> tuple[list[np.ndarray], list[str]]:
    """Channels in canonical units, and a note of each number that stands for none."""
    values, notes = [], []
    for name, entry in table["channels"].items():
        raw = _numeric(columns, name, entry, where)
        if not table.get("missing", False):
            check_finite(raw[:, None], (name,), where=where)
        measured, sentinels = without_sentinels(raw)
        if sentinels:
            notes.append(sentinel_note(str(entry["column"]), sentinels))
        values.append(_convert(measured, entry, Channel.parse(name).quantity))
    return values, notes


def _times(
    table: Mapping[str, Any], columns: Columns, values: list[np.ndarray], where: str
) -> tuple[np.ndarray, list[str]]:
    """Time stamps, by a time column, frame numbers or the rate; notes of what contradicts them."""
    lengths = {len(column) for column in values}
    rate_hz = float(table["rate_hz"])
    frames, lost = (None, "") if "time" in table else frames_clock(columns, rate_hz)
    if "time" in table:
        if table["time"]["unit"] != "iso":
            _numeric(columns, "time", table["time"], where)
        time_s = clock_seconds(columns, table["time"], where)
        lost = frames_against_time(columns, time_s)
        lengths.add(len(time_s))
    elif frames is not None and lengths == {len(columns[str(frames["column"])])}:
        time_s = clock_seconds(columns, frames, where)
        time_s = time_s - time_s[0]
    else:
        time_s = np.arange(max(lengths)) / rate_hz
    if len(lengths) != 1:
        raise GaitcastError(
            f"the mapped columns have different lengths ({sorted(lengths)})", where=where
        )
    beside = (
        "" if "time" in table else clock_beside(_unmapped(table, columns), rate_hz, len(time_s))
    )
    return time_s, [note for note in (lost, beside) if note]


def _unmapped(table: Mapping[str, Any], columns: Columns) -> Columns:
    mapped = {str(entry["column"]) for entry in table["channels"].values()}
    left = {name: values for name, values in columns.items() if name not in mapped}
    return Columns(left, columns.units)


def _check_clock(
    table: Mapping[str, Any], time_s: np.ndarray, rules: list[str], where: str
) -> None:
    try:
        check_time(time_s, where=where)
    except GaitcastError as error:
        advice = (
            f"Time starts again there: write {' and '.join(rules)} above [channels] of mapping.toml"
        )
        hint = advice if rules else error.hint
        raise GaitcastError(error.what, where=where, hint=hint) from error
    median_hz = 1 / float(np.median(np.diff(time_s))) if len(time_s) > 1 else table["rate_hz"]
    if not 0.5 < median_hz / table["rate_hz"] < 2:
        raise GaitcastError(
            f"time advances at {median_hz:.4g} Hz, but rate_hz is {table['rate_hz']:g}",
            where=where,
            hint="Check the unit of the time column and rate_hz",
        )


def _other_rate(table: Mapping[str, Any], columns: Columns) -> list[str]:
    if columns.rate_hz is None or abs(columns.rate_hz / table["rate_hz"] - 1) <= 0.05:
        return []
    clock = f"'{table['time']['column']}' runs" if "time" in table else "its mapping reads it"
    rate = f"{float(table['rate_hz']):g}"
    return [f"warning: the file states {columns.rate_hz:g} Hz, but {clock} at {rate} Hz"]


def _convert(values: np.ndarray, entry: dict[str, Any], quantity: str) -> np.ndarray:
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
