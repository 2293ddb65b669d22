"""Tables, one row per sample: CSV with any of the usual separators, TSV, Parquet and Feather."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.atomic import write_text
from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.io.mapping import apply_mapping, read_mapping
from gaitcast.recording import Recording

_PARQUET = (".parquet", ".pq")
_FEATHER = (".feather", ".arrow")


def table_columns(path: str | Path) -> dict[str, np.ndarray]:
    """Every column of a table.

    Parameters
    ----------
    path : Path
        ``.parquet``, ``.feather``, or text with a header line, from which the separator (comma,
        semicolon, tab) and the decimal sign are detected; ``.gz`` is unpacked.

    Returns
    -------
    dict of str to numpy.ndarray
        Numbers where all values are numbers, else text. An empty field is NaN.

    Raises
    ------
    GaitcastError
        If the file cannot be read or has no rows.
    """
    path = Path(path)
    import pyarrow as pa
    import pyarrow.feather
    import pyarrow.parquet

    try:
        if path.suffix.lower() in _PARQUET:
            table = pa.parquet.read_table(path)
        elif path.suffix.lower() in _FEATHER:
            table = pa.feather.read_table(path)
        else:
            table = _read_text(path)
        names = [str(name) for name in table.column_names]
        columns = {name: _array(table.column(k)) for k, name in enumerate(names)}
    except (OSError, ValueError, pa.ArrowException, MemoryError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise GaitcastError(f"cannot read the table: {reason}", where=str(path)) from error
    if not table.num_rows:
        raise GaitcastError("the table has no rows", where=str(path))
    if len(columns) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise GaitcastError(f"column '{twice}' occurs twice", where=str(path))
    return columns


def _array(column: Any) -> np.ndarray:
    import pyarrow as pa

    kind = column.type
    if pa.types.is_integer(kind) or pa.types.is_floating(kind):
        return column.to_numpy()
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    return column.cast(pa.string()).to_numpy() if pa.types.is_string(kind) else np.array(["?"])


def _read_text(path: Path) -> Any:
    import pyarrow as pa
    import pyarrow.csv

    with pa.input_stream(path) as stream:
        start = stream.read(65536)
    if start[:2] in (b"\xff\xfe", b"\xfe\xff"):
        raise ValueError("it is UTF-16 text; save it as UTF-8")
    head = start.decode("utf-8", errors="replace")
    title, _, below = head.partition("\n")
    separator = max("\t;,", key=title.count)
    comma = separator != "," and "." not in below and "," in below
    parse = pa.csv.ParseOptions(delimiter=separator)
    convert = pa.csv.ConvertOptions(decimal_point="," if comma else ".")
    # One thread: results do not depend on it, and a fit runs on each core.
    return pa.csv.read_csv(
        path,
        read_options=pa.csv.ReadOptions(use_threads=False),
        parse_options=parse,
        convert_options=convert,
    )


def read_table(path: str | Path, mapping: str | Path, *, max_gap_s: float = 0.1) -> Recording:
    """Read one table as a recording in canonical units.

    Parameters
    ----------
    path : str or Path
        See :func:`table_columns`.
    mapping : str or Path
        What the columns mean; see :mod:`gaitcast.io.mapping`.
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Raises
    ------
    GaitcastError
        If a file cannot be read, a mapped column is missing or not numeric, a value is not a
        number, or time does not increase.
    """
    path = Path(path)
    mapping = Path(mapping)
    return apply_mapping(read_mapping(mapping), table_columns(path), path, max_gap_s)


def write_table(recording: Recording, path: str | Path) -> None:
    """Write a recording as CSV, with a ``mapping.toml`` beside it that reads it back.

    Parameters
    ----------
    path : Path
        ``.csv``; replaced if it exists. Its name up to the first ``_`` is the subject.

    Raises
    ------
    GaitcastError
        If the file cannot be written.
    """
    path = Path(path)
    import pandas as pd

    frame = pd.DataFrame(recording.samples, columns=list(recording.channels))
    frame.insert(0, "time_s", recording.time_s)
    write_text(path, frame.round(6).to_csv(index=False))
    lines = [
        f"rate_hz = {recording.rate_hz!r}",
        'time = { column = "time_s", unit = "s" }',
        *(["missing = true"] if np.isnan(recording.samples).any() else []),
        "",
        "[channels]",
        *(
            f'"{name}" = {{ column = "{name}", unit = "{Channel.parse(name).unit}" }}'
            for name in recording.channels
        ),
    ]
    write_text(path.with_name("mapping.toml"), "\n".join(lines) + "\n")
