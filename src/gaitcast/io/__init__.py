"""File formats in and out: `read` picks the reader by content and suffix."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.c3d import read_c3d
from gaitcast.io.cohort_folder import read_cohort, write_cohort
from gaitcast.io.encoder_log import read_log
from gaitcast.io.formats import KINOVEA, TABLE, find_format
from gaitcast.io.guess import guess_mapping
from gaitcast.io.kinovea import read_kinovea
from gaitcast.io.mapping import apply_mapping, named_by_channels, read_mapping
from gaitcast.io.opensim import read_opensim
from gaitcast.io.opensim_write import write_mot, write_trc
from gaitcast.io.table import read_table, write_table
from gaitcast.recording import Recording


def read(
    path: str | Path, mapping: str | Path | None = None, *, max_gap_s: float = 0.1
) -> list[Recording]:
    """Read the recordings of a file.

    Parameters
    ----------
    path : str or Path
        C3D; OpenSim ``.trc``, ``.mot``, ``.sto``; Kinovea exports; a text log of the two-IMU
        logger; a table (CSV, TSV, Parquet, Feather) or arrays (``.mat``, ``.npz``).
    mapping : str or Path, optional
        What the columns of a table or arrays mean; by default ``mapping.toml`` beside it. Needless
        where the columns are ``time_s`` and channel names, in canonical units.
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Returns
    -------
    list of Recording
        In canonical units.

    Raises
    ------
    GaitcastError
        If the file does not exist, no reader knows it, or its content is not valid.
    """
    path = Path(path)
    kind = find_format(path)
    if mapping is not None and kind is KINOVEA:  # a mapping given by the user takes precedence
        kind = TABLE
    table = Path(mapping or path.with_name("mapping.toml"))
    # Numbers too large for a float become infinite; Recording then refuses them.
    with np.errstate(over="ignore", invalid="ignore"):
        if kind.read is not None:
            found = kind.read(path, max_gap_s=max_gap_s)
            return found if isinstance(found, list) else [found]
        if kind.columns is None:
            raise GaitcastError(f"no reader for {kind.name}", where=str(path))
        if mapping is None and not table.is_file():
            columns = kind.columns(path)
            known = named_by_channels(columns)
            if known is None:
                raise GaitcastError(
                    "its columns are not time_s and channel names, and there is no mapping.toml",
                    where=str(path),
                    hint=f"'gaitcast check {path.name} --guess mapping.toml' writes a first one",
                )
        else:
            known, columns = read_mapping(table), kind.columns(path)
        return [apply_mapping(known, columns, path, max_gap_s)]


__all__ = [
    "find_format",
    "guess_mapping",
    "read",
    "read_c3d",
    "read_cohort",
    "read_kinovea",
    "read_log",
    "read_opensim",
    "read_table",
    "write_cohort",
    "write_mot",
    "write_table",
    "write_trc",
]
