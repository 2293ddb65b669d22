"""File formats in and out: `read` picks the reader by content and suffix."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.c3d import read_c3d
from gaitcast.io.cohort_folder import read_cohort, write_cohort
from gaitcast.io.columns import Columns, as_columns
from gaitcast.io.encoder_log import read_log
from gaitcast.io.formats import CAPTURE, KINOVEA, TABLE, find_format
from gaitcast.io.guess import guess_mapping
from gaitcast.io.kinovea import read_kinovea
from gaitcast.io.mapping import (
    apply_mapping,
    named_by_channels,
    read_mapping,
)
from gaitcast.io.mapping_check import check_mapping
from gaitcast.io.mapping_people import absolute_path, people_of_columns, person_by_rule
from gaitcast.io.opensim import read_opensim
from gaitcast.io.opensim_write import write_mot, write_trc
from gaitcast.io.table import read_table, write_table
from gaitcast.recording import Recording
from gaitcast.signal.body_check import check_axes

#: A mapping holds for its folder and for folders inside it, so many levels down.
_MAPPING_LEVELS = 4


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
        What the columns of a table or arrays mean, and whose the file is; by default the nearest
        ``mapping.toml`` in its folder or above. Needless where the columns are ``time_s`` and
        channel names, in canonical units.
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
    place = find_mapping(path) if mapping is None else Path(mapping)
    table = {} if place is None else read_mapping(place)
    rule = table.get("subject")
    subject, trial = ("", "")
    if rule is not None and place is not None:
        subject, trial = person_by_rule(rule, path, place.parent)
    by_mapping = kind is CAPTURE and mapping is not None and "channels" in table
    # Numbers too large for a float become infinite; Recording then refuses them.
    with np.errstate(over="ignore", invalid="ignore"):
        if kind.read is not None and not by_mapping:
            found = kind.read(path, max_gap_s=max_gap_s)
            found = found if isinstance(found, list) else [found]
        elif kind.columns is None:
            raise GaitcastError(f"no reader for {kind.name}", where=str(path))
        else:
            columns = as_columns(kind.columns(path))
            known = table if "channels" in table else _by_names(path, columns)
            if "trial" in table or (isinstance(rule, dict) and "column" in rule):
                return _of_several(table, known, columns, path, max_gap_s, subject)
            found = [check_axes(_mapped(known, columns, path, max_gap_s, place))]
    if not subject:
        return found
    return [
        replace(r, subject=subject, trial=trial or r.trial, identified_by="mapping") for r in found
    ]


def find_mapping(path: str | Path) -> Path | None:
    """The mapping that holds for a file.

    Parameters
    ----------
    path : str or Path
        Of the file.

    Returns
    -------
    Path or None
        ``mapping.toml`` in its folder, or in the nearest folder above it that has one; none from
        above a cohort folder, whose tables say themselves what they hold.
    """
    # Of ../walk.csv, the folder in which one stands is none above it.
    for folder in absolute_path(path).parents[:_MAPPING_LEVELS]:
        if (folder / "mapping.toml").is_file():
            return folder / "mapping.toml"
        if (folder / "cohort.json").is_file():
            return None
    return None


def _by_names(path: Path, columns: Columns) -> dict[str, Any]:
    known = named_by_channels(columns)
    if known is None:
        raise GaitcastError(
            "its columns are not time_s and channel names, and there is no mapping.toml",
            where=str(path),
            hint=f"'gaitcast check {path.name} --guess mapping.toml' writes a first one; of a data "
            "set that gaitcast knows, 'gaitcast convert FOLDER cohort --csv' makes such tables",
        )
    check_mapping(known, str(path))
    return known


def _mapped(
    known: Mapping[str, Any], columns: Columns, path: Path, max_gap_s: float, place: Path | None
) -> Recording:
    """A table by its mapping, which an error names."""
    try:
        return apply_mapping(known, columns, path, max_gap_s)
    except GaitcastError as error:
        if place is None or type(error) is not GaitcastError:
            raise
        hint = f"{error.hint} (by {place})".strip()
        raise GaitcastError(error.what, where=error.where, hint=hint) from error


def _of_several(
    table: Mapping[str, Any],
    known: Mapping[str, Any],
    columns: Columns,
    path: Path,
    max_gap_s: float,
    subject: str,
) -> list[Recording]:
    """A table that holds several participants, or several trials of each or of one."""
    found = []
    for who, trial, rows in people_of_columns(table, columns, str(path)):
        one = check_axes(apply_mapping(known, rows, path, max_gap_s))
        name = "_".join(filter(None, (path.stem, who, trial)))
        stated = who or subject
        how = "mapping" if stated else one.identified_by
        found.append(replace(one, subject=stated or one.subject, trial=name, identified_by=how))
    return found


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
