"""File formats in: `read` picks the reader by suffix."""

from __future__ import annotations

from pathlib import Path

from gaitcast.errors import GaitcastError
from gaitcast.io.c3d import read_c3d
from gaitcast.io.cohort import write_cohort
from gaitcast.io.encoder_log import read_log
from gaitcast.io.opensim import read_opensim, write_mot, write_trc
from gaitcast.io.table import read_table, write_table
from gaitcast.recording import Recording

TABLE_SUFFIXES = (".csv", ".tsv", ".parquet")


def read(path: str | Path, mapping: str | Path | None = None) -> list[Recording]:
    """Read the recordings of a file.

    Parameters
    ----------
    path : str or Path
        A table (``.csv``, ``.tsv``, ``.parquet``), or a text log of the two-IMU logger (``.txt``).
    mapping : str or Path, optional
        What the columns of a table mean; by default ``mapping.toml`` beside it.

    Returns
    -------
    list of Recording
        In canonical units.

    Raises
    ------
    GaitcastError
        If there is no such file, the suffix is not known, or it does not hold what it should.
    """
    path = Path(path)
    if not path.is_file():
        raise GaitcastError("no such file", where=str(path))
    suffix = path.suffix.lower()
    if suffix in TABLE_SUFFIXES:
        return [read_table(path, Path(mapping or path.with_name("mapping.toml")))]
    if suffix == ".c3d":
        return [read_c3d(path)]
    if suffix in (".trc", ".mot", ".sto"):
        return [read_opensim(path)]
    if suffix == ".txt":
        return read_log(path)
    raise GaitcastError(
        f"no reader for '{path.suffix}' files",
        where=str(path),
        mend=f"Readable: {', '.join((*TABLE_SUFFIXES, '.txt'))}",
    )


__all__ = [
    "read",
    "read_log",
    "read_table",
    "write_cohort",
    "write_mot",
    "write_table",
    "write_trc",
]
