"""Content of files, and warnings about it: behind ``gaitcast check``."""

from __future__ import annotations

import json
import math
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from gaitcast.channel import Channel
from gaitcast.datasets.file_walk import FileReader, ReadFile, walk_files
from gaitcast.datasets.own_folder import is_cohort_folder
from gaitcast.errors import GaitcastError
from gaitcast.io import find_format, guess_mapping, read_cohort
from gaitcast.io.mapping import apply_mapping, check_mapping
from gaitcast.quality.warnings import find_warnings
from gaitcast.recording import Recording


@dataclass(frozen=True)
class ChannelSummary:
    """One row of the channel table.

    Parameters
    ----------
    least, mean, greatest : float
        Over the measured samples, canonical unit.
    missing : float
        Share of samples that were not measured, 0 to 1.
    """

    name: str
    unit: str
    least: float
    mean: float
    greatest: float
    missing: float


@dataclass(frozen=True)
class RecordingSummary:
    """What is known and assumed about one recording, with warnings.

    Parameters
    ----------
    rate_hz, duration_s : float
        Nominal rate, and time from the first to the last sample.
    samples, gaps : int
        Number of samples and of gaps.
    events : dict of str to int
        Number of events of each kind.
    notes : tuple of str
        What the reader repaired or assumed.
    """

    subject: str
    trial: str
    rate_hz: float
    duration_s: float
    samples: int
    gaps: int
    events: dict[str, int]
    channels: tuple[ChannelSummary, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FileSummary:
    """What one file holds.

    Parameters
    ----------
    kind : str
        Format or dataset; ``""`` if the file was not read.
    problem : str
        Why it was not read; ``""`` if it was.
    """

    path: str
    kind: str = ""
    recordings: tuple[RecordingSummary, ...] = field(default_factory=tuple)
    problem: str = ""


def check_path(path: Path, mapping: Path | None = None) -> Iterator[FileSummary]:
    """Check a file, or every file of a folder.

    Parameters
    ----------
    path : Path
        File, folder, or cohort folder.
    mapping : Path, optional
        What the columns of tables mean. Without one, and without a ``mapping.toml`` beside the
        tables, it is guessed, and a note says so.

    Yields
    ------
    FileSummary
        One per file, in the order of their names; hidden files are skipped.

    Raises
    ------
    GaitcastError
        If the path does not exist, or a single file cannot be read; in a folder such files are
        reported and skipped.
    """
    if mapping is not None and not mapping.is_file():
        raise GaitcastError("no such mapping", where=str(mapping))
    if is_cohort_folder(path):
        found = tuple(describe(recording) for recording in read_cohort(path))
        yield FileSummary(str(path), "cohort folder", found)
        return
    empty = True
    for file in walk_files(path, FileReader(mapping)):
        summary = _summary(file, guess=mapping is None)
        if summary.problem and path.is_file():
            raise GaitcastError(summary.problem, where=str(path))
        yield summary
        empty = False
    if empty:
        raise GaitcastError("the folder holds no files", where=str(path))


def _summary(file: ReadFile, guess: bool) -> FileSummary:
    path = file.path
    try:
        if file.problem is None:
            return FileSummary(str(path), file.kind, tuple(describe(r) for r in file.recordings))
        if not guess or path.with_name("mapping.toml").is_file():
            raise file.problem
        kind = find_format(path)
        if kind.columns is None:
            raise file.problem
        return FileSummary(str(path), f"{kind.name}, guessed", (_guessed(path),))
    except GaitcastError as error:
        return FileSummary(str(path), problem=str(GaitcastError(error.what, hint=error.hint)))


def as_json(files: Iterable[FileSummary]) -> str:
    """Reports as JSON; NaN and infinite numbers become null.

    Returns
    -------
    str
        A list with one object per file.
    """

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json.dumps([plain(asdict(file)) for file in files], indent=1, ensure_ascii=False)


def guess_file(path: Path) -> str:
    """A first mapping for a table or array file.

    Returns
    -------
    str
        TOML, to be checked by the user.

    Raises
    ------
    GaitcastError
        If the file needs no mapping, or no column name is known.
    """
    kind = find_format(path)
    if kind.columns is None:
        raise GaitcastError(f"{kind.name} files need no mapping", where=str(path))
    try:
        text, _ = guess_mapping(kind.columns(path))
    except GaitcastError as error:
        raise GaitcastError(error.what, where=error.where or str(path), hint=error.hint) from error
    return text


def _guessed(path: Path) -> RecordingSummary:
    kind = find_format(path)
    assert kind.columns is not None
    columns = kind.columns(path)
    text, left_out = guess_mapping(columns)
    table = tomllib.loads(text)
    check_mapping(table, str(path))
    recording = apply_mapping(table, columns, path, 0.1)
    found = describe(recording)
    rest = f"; {len(left_out)} columns not understood" if left_out else ""
    note = f"assumed: the meaning of every column, from its name and size{rest}"
    return replace(found, notes=(note, *found.notes))


def describe(recording: Recording) -> RecordingSummary:
    """Summary and warnings of one recording.

    Returns
    -------
    RecordingSummary
        Notes that begin with ``warning:`` are among the warnings.
    """
    warnings = [
        note.removeprefix("warning: ") for note in recording.notes if note.startswith("warning:")
    ]
    notes = tuple(note for note in recording.notes if not note.startswith("warning:"))
    channels = tuple(_channel_summary(recording, name) for name in recording.channels)
    warnings += find_warnings(recording)
    return RecordingSummary(
        recording.subject,
        recording.trial,
        recording.rate_hz,
        recording.duration_s,
        len(recording),
        len(recording.segments()) - 1,
        {name: len(times) for name, times in recording.events.items()},
        channels,
        notes,
        tuple(warnings),
    )


def _channel_summary(recording: Recording, name: str) -> ChannelSummary:
    values = recording.column(name)
    known = values[np.isfinite(values)]
    least, mean, most = (
        (float(known.min()), float(known.mean()), float(known.max()))
        if len(known)
        else (np.nan,) * 3
    )
    missing = 1 - len(known) / max(len(values), 1)
    return ChannelSummary(name, Channel.parse(name).unit, least, mean, most, missing)
