"""From any readable files to what others read: a cohort folder, BIDS, a table, OpenSim's files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from gaitcast.channel import match_channels
from gaitcast.cohort import Cohort, change_recordings
from gaitcast.datasets.own_folder import load_path
from gaitcast.datasets.public_sets import PUBLIC
from gaitcast.errors import GaitcastError
from gaitcast.io import write_cohort, write_mot, write_table, write_trc
from gaitcast.io.bids_motion import write_bids
from gaitcast.io.croissant import write_croissant
from gaitcast.io.table import mapping_of
from gaitcast.io.workbook import write_workbook
from gaitcast.kinematics import joint_angles
from gaitcast.recording import Recording
from gaitcast.signal import resample


@dataclass(frozen=True)
class Changes:
    """What is made of recordings before they are written.

    Parameters
    ----------
    channels : tuple of str
        Names or patterns to keep; empty for all.
    rate_hz : float, optional
        A uniform clock; faster recordings pass the causal low-pass of a device first.
    joint_angles : bool
        Whether joint angles are computed from markers, and added.
    """

    channels: tuple[str, ...] = ()
    rate_hz: float | None = None
    joint_angles: bool = False

    def of(self, recording: Recording) -> Recording:
        """The recording as it is written; a note says where there are no angles.

        Parameters
        ----------
        recording : Recording
            As read.

        Returns
        -------
        Recording
            Changed.

        Raises
        ------
        GaitcastError
            If no channel matches a pattern.
        """
        if self.joint_angles:
            recording = _with_angles(recording)
        if self.channels:
            where = f"trial '{recording.trial}'"
            names = match_channels(recording.channels, self.channels, where=where)
            recording = replace(recording, samples=recording.matrix(names), channels=names)
        return recording if self.rate_hz is None else resample(recording, self.rate_hz)


def _with_angles(recording: Recording) -> Recording:
    try:
        angles = joint_angles(recording)
    except GaitcastError as error:
        note = f"no joint angles: {error.what}"
        return replace(recording, notes=(*recording.notes, note))
    new = [name for name in angles.channels if name not in recording.channels]
    return replace(
        recording,
        samples=np.hstack([recording.samples, angles.matrix(new)]),
        channels=(*recording.channels, *new),
        notes=tuple(dict.fromkeys((*recording.notes, *angles.notes))),
    )


_FileWriter = Callable[[Recording, Path], tuple[str, ...]]


def _table(recording: Recording, path: Path, decimal: str = ".") -> tuple[str, ...]:
    write_table(recording, path, decimal=decimal)
    return tuple(recording.events)


def _workbook(recording: Recording, path: Path) -> tuple[str, ...]:
    write_workbook(recording, path)
    return ()


#: Ending -> writer of one recording, which gives the names that the file has no place for.
FILES: dict[str, _FileWriter] = {
    ".csv": _table,
    ".xlsx": _workbook,
    ".trc": write_trc,
    ".mot": write_mot,
    ".sto": write_mot,
}


def _with_croissant(cohort: Cohort, folder: Path) -> None:
    write_cohort(cohort, folder)
    known = PUBLIC.get(cohort.name)
    write_croissant(
        folder,
        description=known.title if known else f"Gait recordings of {len(cohort.people)} people",
        licence=known.licence if known else "",
        url=known.source if known else "",
        citation=known.citation if known else "",
    )


#: Kind of folder -> writer of a cohort.
FOLDERS: dict[str, Callable[[Cohort, Path], None]] = {
    "parquet": write_cohort,
    "csv": partial(write_cohort, tables="csv"),
    "croissant": _with_croissant,
    "bids": write_bids,
}


def convert_files(
    source: Path,
    target: Path,
    mapping: Path | None = None,
    people: Path | None = None,
    *,
    folder: str = "parquet",
    decimal: str = ".",
    changes: Changes | None = None,
) -> Iterator[str]:
    """Convert what can be read.

    Parameters
    ----------
    source : Path
        Anything that :func:`gaitcast.datasets.own_folder.load_path` reads.
    target : Path
        A file with an ending of :data:`FILES` for one recording; anything else becomes a folder.
    mapping : Path, optional
        What the columns of tables and arrays mean.
    people : Path, optional
        A table of participants.
    folder : str
        A key of :data:`FOLDERS`.
    decimal : str
        Decimal sign of a ``.csv``; with a comma, semicolons stand between the columns.
    changes : Changes, optional
        What is made of the recordings first.

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
    _check_kind(target, folder, decimal)
    cohort = load_path(source, mapping=mapping, people=people)
    yield from cohort.notes
    yield from (f"warning: {warning}" for warning in cohort.identity_warnings)
    if changes is not None:
        cohort = change_recordings(cohort, changes.of)
        yield from _said(cohort, changes)
    suffix = target.suffix.lower()
    if suffix not in FILES:
        FOLDERS[folder](cohort, target)
        yield f"written: {target}: {len(cohort.people)} people, {len(cohort)} recordings"
        return
    if len(cohort) != 1:
        raise GaitcastError(
            f"{len(cohort)} recordings do not go into one file",
            where=str(target),
            hint="Name a folder, or one file of the source",
        )
    if suffix == ".csv":
        _check_mapping_beside(target, cohort.recordings[0])
    writer = partial(_table, decimal=decimal) if suffix == ".csv" else FILES[suffix]
    left_out = writer(cohort.recordings[0], target)
    if left_out:
        more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        yield f"left out, {suffix} has no place for them: {', '.join(left_out[:3])}{more}"
    beside = " and mapping.toml beside it" if suffix == ".csv" else ""
    yield f"written: {target}{beside}"


def _said(cohort: Cohort, changes: Changes) -> Iterator[str]:
    if changes.rate_hz is not None:
        yield f"at {changes.rate_hz:g} Hz; faster recordings pass the causal low-pass of a device"
    if changes.joint_angles:
        for recording in cohort:
            yield from (
                f"{recording.trial}: {note}"
                for note in recording.notes
                if note.startswith("no joint angles")
            )


def _check_kind(target: Path, folder: str, decimal: str) -> None:
    """No option is passed over: each goes with the places that can follow it."""
    suffix = target.suffix.lower()
    if suffix in FILES and folder not in ("parquet", suffix[1:]):
        raise GaitcastError(
            f"--{folder} makes a folder, not a {suffix} file",
            where=str(target),
            hint="Name a folder, or leave it out",
        )
    if decimal == "." or suffix == ".csv":
        return
    reasons = {
        "": "a folder's tables are read back by programs, with decimal points",
        ".xlsx": "a spreadsheet holds numbers and shows them with its own decimal sign",
    }
    file = suffix if suffix in FILES else ""
    raise GaitcastError(
        "decimal commas are for a .csv file: "
        + reasons.get(file, f"a {file} file has decimal points by its format"),
        where=str(target),
        hint="Leave --decimal-comma out, or name a .csv file for each recording",
    )


def _check_mapping_beside(target: Path, recording: Recording) -> None:
    """One mapping holds for all tables of a folder, so that another one must be the same."""
    mapping = target.with_name("mapping.toml")
    try:
        same = mapping.read_text(encoding="utf-8") == mapping_of(recording)
    except FileNotFoundError:
        return
    except (OSError, UnicodeDecodeError):
        same = False
    if not same:
        raise GaitcastError(
            "exists already, and says something else of the tables beside it",
            where=str(mapping),
            hint="Name a .csv file in another folder; or convert a folder that holds all the files "
            "to a cohort folder: 'gaitcast convert FOLDER NEW_FOLDER --csv'",
        )


def _check_target(target: Path) -> None:
    """Nothing is overwritten: no file, and no cohort with its corrections."""
    suffix = target.suffix.lower()
    if suffix in FILES:
        beside = []
        if suffix in (".mot", ".sto"):
            beside = [target.with_name(f"{target.stem}_external_loads.xml")]
        for path in (target, *beside):
            if path.exists():
                raise GaitcastError("exists already", where=str(path), hint="Name another place")
    elif target.is_dir() and any(target.iterdir()):
        raise GaitcastError("exists already", where=str(target), hint="Name another folder")
    elif re.fullmatch(r"\.[a-z][a-z0-9]{1,6}", suffix) and not target.is_dir():
        raise GaitcastError(
            f"no writer for '{suffix}' files",
            where=str(target),
            hint=f"Writable: {', '.join(FILES)}, or a folder",
        )
