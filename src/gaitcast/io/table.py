"""CSV, TSV and Parquet tables with a small TOML mapping.

A mapping says which column is the time and what every other wanted column is::

    rate_hz = 100
    subject = "P01"                       # optional
    time = { column = "t_ms", unit = "ms" }

    [channels]
    right_foot_acc_x = { column = "ax", unit = "g" }
    right_ankle_angle_flexion = { column = "enc", unit = "deg", scale = -1 }
"""

from __future__ import annotations

import math
import tomllib
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.atomic import write_text
from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError, nearest
from gaitcast.recording import Recording, check_finite, check_time
from gaitcast.units import factor

_KEYS = ("rate_hz", "subject", "time", "channels")
_COLUMN_KEYS = ("column", "unit", "scale")


def read_mapping(path: Path) -> dict[str, Any]:
    """Read and check a mapping file.

    Parameters
    ----------
    path : Path
        TOML.

    Returns
    -------
    dict
        ``rate_hz``, ``time``, ``channels`` and perhaps ``subject``.

    Raises
    ------
    GaitcastError
        If it is absent, not TOML, or a key is missing or unknown.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise GaitcastError(
            f"cannot read the mapping: {getattr(error, 'strerror', None) or error}",
            where=str(path),
            mend="It names the column, unit and scale of every channel; see docs/own-data.md",
        ) from error
    _check_keys(table, _KEYS, ("rate_hz", "time", "channels"), str(path))
    if not isinstance(table["channels"], dict) or not table["channels"]:
        raise GaitcastError("[channels] is not a table with at least one channel", where=str(path))
    entries = {"time": table["time"], **table["channels"]}
    for name, entry in entries.items():
        if not isinstance(entry, dict):
            raise GaitcastError(
                f"'{name}' is not a table",
                where=str(path),
                mend='Write { column = "...", unit = "..." }',
            )
        where = f"{path}, {name}"
        _check_keys(entry, _COLUMN_KEYS, ("column", "unit"), where)
        if not _is_number(entry.get("scale", 1.0)) or entry.get("scale") == 0:
            raise GaitcastError("scale is not a number other than 0", where=where)
        try:
            factor(str(entry["unit"]), "time" if name == "time" else Channel.parse(name).quantity)
        except GaitcastError as error:
            raise GaitcastError(error.what, where=where, mend=error.mend) from error
    if not _is_number(table["rate_hz"]) or table["rate_hz"] <= 0:
        raise GaitcastError("rate_hz is not a positive number", where=str(path))
    if not isinstance(table.get("subject", "x"), str) or not table.get("subject", "x"):
        raise GaitcastError("subject is not a name", where=str(path))
    return table


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _check_keys(
    table: dict[str, Any], known: tuple[str, ...], needed: tuple[str, ...], where: str
) -> None:
    for key in table:
        if key not in known:
            raise GaitcastError(f"unknown key '{key}'", where=where, mend=nearest(key, known))
    for key in needed:
        if key not in table:
            raise GaitcastError(f"key '{key}' is missing", where=where)


def read_table(path: Path, mapping: Path, *, max_gap_s: float = 0.1) -> Recording:
    """Read one table as a recording in canonical units.

    Parameters
    ----------
    path : Path
        ``.csv``, ``.tsv`` or ``.parquet``, one row a sample.
    mapping : Path
        What the columns mean; see the module.
    max_gap_s : float
        Longest interval that counts as continuous.

    Returns
    -------
    Recording
        Named after the file.

    Raises
    ------
    GaitcastError
        If a file cannot be read, a mapped column is missing or not numeric, a value is not a
        number, or time does not increase.
    """
    import pandas as pd

    table = read_mapping(mapping)
    try:
        if path.suffix.lower() == ".parquet":
            frame = pd.read_parquet(path)
        else:
            sep = "\t" if path.suffix.lower() == ".tsv" else ","
            # Without index_col=False a row with one field too many shifts every column.
            frame = pd.read_csv(path, sep=sep, index_col=False)
    except (OSError, ValueError) as error:  # parser errors of pandas and pyarrow are ValueErrors
        reason = getattr(error, "strerror", None) or str(error)
        raise GaitcastError(f"cannot read the table: {reason}", where=str(path)) from error
    if frame.empty:
        raise GaitcastError("the table has no rows", where=str(path))

    def column(name: str, entry: dict[str, Any], quantity: str) -> np.ndarray:
        wanted = str(entry["column"])
        if wanted not in frame.columns:
            raise GaitcastError(
                f"no column '{wanted}' (channel '{name}')",
                where=str(path),
                mend=nearest(wanted, [str(c) for c in frame.columns]),
            )
        try:
            values = frame[wanted].to_numpy(dtype=float)
        except (TypeError, ValueError) as error:
            raise GaitcastError(f"column '{wanted}' is not numeric", where=str(path)) from error
        return values * float(entry.get("scale", 1.0)) * factor(str(entry["unit"]), quantity)

    names = tuple(table["channels"])
    where = str(path)
    columns = [column(n, table["channels"][n], Channel.parse(n).quantity) for n in names]
    samples = np.column_stack(columns)
    time_s = column("time", table["time"], "time")
    check_time(time_s, where=where)
    check_finite(samples, names, where=where)
    median_hz = 1 / float(np.median(np.diff(time_s))) if len(time_s) > 1 else table["rate_hz"]
    if not 0.5 < median_hz / table["rate_hz"] < 2:
        raise GaitcastError(
            f"time advances at {median_hz:.4g} Hz, but rate_hz is {table['rate_hz']:g}",
            where=where,
            mend="Check the unit of the time column and rate_hz",
        )
    try:
        return Recording(
            subject=str(table.get("subject", path.stem.split("_")[0])),
            trial=path.stem,
            rate_hz=float(table["rate_hz"]),
            time_s=time_s,
            samples=samples,
            channels=names,
            max_gap_s=max_gap_s,
        )
    except GaitcastError as error:
        raise GaitcastError(error.what, where=str(path), mend=error.mend) from error


def write_table(recording: Recording, path: Path) -> None:
    """Write a recording as CSV, with a ``mapping.toml`` beside it that reads it back.

    Parameters
    ----------
    recording : Recording
        To write.
    path : Path
        ``.csv``; replaced if it exists.

    Raises
    ------
    GaitcastError
        If the place cannot be written.
    """
    import pandas as pd

    frame = pd.DataFrame(recording.samples, columns=list(recording.channels))
    frame.insert(0, "time_s", recording.time_s)
    write_text(path, frame.round(6).to_csv(index=False))
    lines = [
        f"rate_hz = {recording.rate_hz:g}",
        'time = { column = "time_s", unit = "s" }',
        "",
        "[channels]",
        *(
            f'{name} = {{ column = "{name}", unit = "{Channel.parse(name).unit}" }}'
            for name in recording.channels
        ),
    ]
    write_text(path.with_name("mapping.toml"), "\n".join(lines) + "\n")
