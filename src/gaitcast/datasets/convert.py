"""From any readable files to a cohort folder, a table or an OpenSim file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from gaitcast.datasets.own_folder import load_path
from gaitcast.errors import GaitcastError
from gaitcast.io import write_cohort, write_mot, write_table, write_trc
from gaitcast.io.cohort_folder import Tables
from gaitcast.recording import Recording

_FILES = (".csv", ".trc", ".mot", ".sto")


def convert_files(
    source: Path,
    target: Path,
    mapping: Path | None = None,
    people: Path | None = None,
    tables: Tables = "parquet",
) -> Iterator[str]:
    """Convert what can be read.

    Parameters
    ----------
    source : Path
        Anything that :func:`gaitcast.datasets.own_folder.load_path` reads.
    target : Path
        ``.csv``, ``.trc``, ``.mot`` or ``.sto`` for one recording; anything else becomes a cohort
        folder.
    mapping : Path, optional
        What the columns of tables and arrays mean.
    people : Path, optional
        A table of participants.
    tables : str
        Of a cohort folder: ``parquet`` or ``csv``.

    Yields
    ------
    str
        Lines for the user: what was left out, what was written.

    Raises
    ------
    GaitcastError
        If nothing can be read, several recordings shall go into one file, or the place cannot be
        written.
    """
    _check_target(target)
    cohort = load_path(source, mapping=mapping, people=people)
    yield from cohort.notes
    yield from (f"warning: {warning}" for warning in cohort.identity_warnings)
    suffix = target.suffix.lower()
    if suffix not in _FILES:
        write_cohort(cohort, target, tables)
        yield f"written: {target}: {len(cohort.people)} people, {len(cohort)} recordings"
        return
    if len(cohort) != 1:
        raise GaitcastError(
            f"{len(cohort)} recordings do not go into one file",
            where=str(target),
            hint="Name a folder, or one file of the source",
        )
    left_out = _write_one(cohort.recordings[0], target, suffix)
    if left_out:
        more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        yield f"left out, {suffix} has no place for them: {', '.join(left_out[:3])}{more}"
    beside = " and mapping.toml beside it" if suffix == ".csv" else ""
    yield f"written: {target}{beside}"


def _check_target(target: Path) -> None:
    """A file is never overwritten, nor the mapping of other tables beside it."""
    suffix = target.suffix.lower()
    if suffix in _FILES:
        beside = [target.with_name("mapping.toml")] if suffix == ".csv" else []
        for path in (target, *beside):
            if path.exists():
                raise GaitcastError("exists already", where=str(path), hint="Name another place")
    elif re.fullmatch(r"\.[a-z][a-z0-9]{1,6}", suffix) and not target.is_dir():
        raise GaitcastError(
            f"no writer for '{suffix}' files",
            where=str(target),
            hint=f"Writable: {', '.join(_FILES)}, or a folder",
        )


def _write_one(recording: Recording, target: Path, suffix: str) -> tuple[str, ...]:
    if suffix == ".csv":
        write_table(recording, target)
        return tuple(recording.events)
    return (write_trc if suffix == ".trc" else write_mot)(recording, target)
