"""Tables, one row per sample: text, spreadsheets, Parquet and Feather."""

from __future__ import annotations

import zlib
from pathlib import Path

import numpy as np

from gaitcast.atomic import write_text
from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.io.columns import Columns
from gaitcast.io.mapping import apply_mapping, read_mapping
from gaitcast.io.spreadsheet import SPREADSHEETS, read_spreadsheet
from gaitcast.io.text_table import as_array, read_text_table
from gaitcast.recording import Recording

_PARQUET = (".parquet", ".pq")
_FEATHER = (".feather", ".arrow")


def table_columns(path: str | Path) -> Columns:
    """Every column of a table.

    Parameters
    ----------
    path : Path
        ``.parquet``, ``.feather``, ``.xlsx``, or text (see :mod:`gaitcast.io.text_table`).

    Returns
    -------
    Columns
        Numbers where all values are numbers, else text. An empty field is NaN.

    Raises
    ------
    GaitcastError
        If the file cannot be read or has no rows.
    """
    path = Path(path)
    import pyarrow as pa

    suffix = path.suffix.lower()
    try:
        if suffix in _PARQUET + _FEATHER:
            return _read_arrow(path)
        columns = read_spreadsheet(path) if suffix in SPREADSHEETS else read_text_table(path)
    except GaitcastError:
        raise
    except (OSError, EOFError, ValueError, zlib.error, pa.ArrowException, MemoryError) as error:
        reason = getattr(error, "strerror", None) or (str(error).splitlines() or ["too large"])[0]
        raise GaitcastError(f"cannot read the table: {reason}", where=str(path)) from error
    if not any(len(values) for values in columns.values()):
        raise GaitcastError("the table has no rows", where=str(path))
    return columns


def whole_table(path: str | Path) -> Columns:
    """Every column of a table of a published dataset, which has no damaged and no cut line.

    Parameters
    ----------
    path : Path
        See :func:`table_columns`.

    Raises
    ------
    GaitcastError
        Also where :func:`table_columns` has a warning.
    """
    columns = table_columns(path)
    for note in columns.notes:
        if note.startswith("warning: "):
            raise GaitcastError(note.removeprefix("warning: "), where=str(path))
    return columns


def _read_arrow(path: Path) -> Columns:
    import pyarrow.feather
    import pyarrow.parquet

    module = pyarrow.parquet if path.suffix.lower() in _PARQUET else pyarrow.feather
    table = module.read_table(path)
    names = [str(name) for name in table.column_names]
    if not table.num_rows:
        raise GaitcastError("the table has no rows", where=str(path))
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise GaitcastError(f"column '{twice}' occurs twice", where=str(path))
    return Columns({name: as_array(table.column(k)) for k, name in enumerate(names)})


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


def write_table(recording: Recording, path: str | Path, *, decimal: str = ".") -> None:
    """Write a recording as CSV, with a ``mapping.toml`` beside it that reads it back.

    Parameters
    ----------
    path : Path
        ``.csv``; replaced if it exists. Its name up to the first ``_`` is the subject.
    decimal : str
        Decimal sign. With a comma, as spreadsheets of many countries have it, semicolons stand
        between the columns.

    Raises
    ------
    GaitcastError
        If the file cannot be written, or the sign is none.
    """
    path = Path(path)
    import pandas as pd

    frame = pd.DataFrame(recording.samples, columns=list(recording.channels))
    frame.insert(0, "time_s", recording.time_s)
    if decimal not in (".", ","):
        raise GaitcastError(f"'{decimal}' is no decimal sign", hint="Take . or ,")
    separator = ";" if decimal == "," else ","
    write_text(path, frame.round(6).to_csv(index=False, sep=separator, decimal=decimal))
    write_text(path.with_name("mapping.toml"), mapping_of(recording))


def mapping_of(recording: Recording) -> str:
    """The mapping that reads a recording back from the table of :func:`write_table`.

    Parameters
    ----------
    recording : Recording
        As written.

    Returns
    -------
    str
        TOML.
    """
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
    return "\n".join(lines) + "\n"
