"""Arrays and tables of a public set: opened only where they hold exactly what that set holds.

Names such as ``walk.npz`` or ``gait.parquet`` are anybody's. What is inside is compared before any
number is read, so that another person's file is left to the general readers.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError


@contextmanager
def open_arrays(path: Path, needed: Collection[str]) -> Iterator[Any]:
    """The arrays of a ``.npz``, each read when it is asked for.

    Parameters
    ----------
    path : Path
        Of the file.
    needed : collection of str
        Arrays that every file of the set holds.

    Yields
    ------
    numpy.lib.npyio.NpzFile
        Without pickles.

    Raises
    ------
    GaitcastError
        If one of them is missing, or the file or what is read of it is damaged.
    """
    try:
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            missing = sorted(set(needed) - set(file.files))
            if missing:
                raise GaitcastError(f"not a file of this set: no array '{missing[0]}'")
            yield file
    except Exception as error:  # a damaged archive can make its decoder raise anything
        what = error.what if isinstance(error, GaitcastError) else f"damaged: {error}"
        raise GaitcastError(what.splitlines()[0], where=str(path)) from error


def table_of_set(path: Path, columns: Collection[str]) -> dict[str, np.ndarray]:
    """The columns of a Parquet table.

    Parameters
    ----------
    path : Path
        Of the file.
    columns : collection of str
        Those that the table must have, and no others.

    Returns
    -------
    dict of str to numpy.ndarray, shape (n,)
        float64, int64 or text.

    Raises
    ------
    GaitcastError
        If the table has other columns, no rows, or cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet

    try:
        file = pa.parquet.ParquetFile(path)
        found = set(file.schema_arrow.names)
        if found != set(columns):
            other = sorted(found ^ set(columns))[0]
            raise GaitcastError(f"not the table of this set: column '{other}'", where=str(path))
        table = file.read()
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise GaitcastError(f"cannot read the table: {reason}", where=str(path)) from error
    if not table.num_rows:
        raise GaitcastError("the table has no rows", where=str(path))
    return {name: _plain(table.column(name)) for name in table.column_names}


def _plain(column: Any) -> np.ndarray:
    import pyarrow as pa

    if pa.types.is_floating(column.type):
        with np.errstate(invalid="ignore"):  # of a damaged table
            return np.asarray(column.to_numpy(), dtype=float)
    if pa.types.is_integer(column.type):
        return np.asarray(column.to_numpy(), dtype=np.int64)
    return np.array(column.cast(pa.string()).to_pylist(), dtype=str)
