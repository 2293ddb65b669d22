"""What files hold, and what to warn about: behind ``gaitcast check``."""

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
class ChannelFacts:
    """One row of the channel table.

    Parameters
    ----------
    name, unit : str
        Of the channel.
    least, mean, greatest : float
        Of the samples that were measured.
    missing : float
        Share of samples that were not, 0 to 1.
    """

    name: str
    unit: str
    least: float
    mean: float
    greatest: float
    missing: float


@dataclass(frozen=True)
class RecordingFacts:
    """What is known, assumed and doubted of one recording.

    Parameters
    ----------
    subject, trial : str
        Who and which.
    rate_hz, duration_s : float
        Nominal rate, and time from the first to the last sample.
    samples, gaps : int
        Counts.
    events : dict of str to int
        How many of each.
    channels : tuple of ChannelFacts
        The channel table.
    notes : tuple of str
        What the reader repaired or assumed.
    warnings : tuple of str
        What looks wrong.
    """

    subject: str
    trial: str
    rate_hz: float
    duration_s: float
    samples: int
    gaps: int
    events: dict[str, int]
    channels: tuple[ChannelFacts, ...]
    notes: tuple[str, ...]
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class FileFacts:
    """What one file turned out to be.

    Parameters
    ----------
    path : str
        Of the file.
    kind : str
        Format or dataset; ``""`` if it was not read.
    recordings : tuple of RecordingFacts
        In the file.
    problem : str
        Why it was not read.
    """

    path: str
    kind: str = ""
    recordings: tuple[RecordingFacts, ...] = field(default_factory=tuple)
    problem: str = ""


def check_path(path: Path, mapping: Path | None = None) -> Iterator[FileFacts]:
    """Look at a file, or at every file of a folder.

    Parameters
    ----------
    path : Path
        File, folder, or cohort folder.
    mapping : Path, optional
        What the columns of tables mean; without one, and without a ``mapping.toml`` beside them,
        it is guessed and said so.

    Yields
    ------
    FileFacts
        One per file, in the order of their names; hidden files are passed over.

    Raises
    ------
    GaitcastError
        If there is no such place, or a single file cannot be read; in a folder such files are
        reported and passed over.
    """
    if mapping is not None and not mapping.is_file():
        raise GaitcastError("no such mapping", where=str(mapping))
    if is_cohort_folder(path):
        facts = tuple(describe(recording) for recording in read_cohort(path))
        yield FileFacts(str(path), "cohort folder", facts)
        return
    empty = True
    for file in walk_files(path, FileReader(mapping)):
        facts_of_file = _facts(file, guess=mapping is None)
        if facts_of_file.problem and path.is_file():
            raise GaitcastError(facts_of_file.problem, where=str(path))
        yield facts_of_file
        empty = False
    if empty:
        raise GaitcastError("the folder holds no files", where=str(path))


def _facts(file: ReadFile, guess: bool) -> FileFacts:
    path = file.path
    try:
        if file.problem is None:
            return FileFacts(str(path), file.kind, tuple(describe(r) for r in file.recordings))
        if not guess or path.with_name("mapping.toml").is_file():
            raise file.problem
        kind = find_format(path)
        if kind.columns is None:
            raise file.problem
        return FileFacts(str(path), f"{kind.name}, guessed", (_guessed(path),))
    except GaitcastError as error:
        return FileFacts(str(path), problem=str(GaitcastError(error.what, hint=error.hint)))


def as_json(files: Iterable[FileFacts]) -> str:
    """Facts as JSON; a number that is none becomes null.

    Parameters
    ----------
    files : iterable of FileFacts
        From :func:`check_path`.

    Returns
    -------
    str
        A list with one object a file.
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

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    str
        TOML, to be checked by a person.

    Raises
    ------
    GaitcastError
        If the file needs no mapping, or its columns say nothing.
    """
    kind = find_format(path)
    if kind.columns is None:
        raise GaitcastError(f"{kind.name} files say themselves what they hold", where=str(path))
    try:
        text, _ = guess_mapping(kind.columns(path))
    except GaitcastError as error:
        raise GaitcastError(error.what, where=error.where or str(path), hint=error.hint) from error
    return text


def _guessed(path: Path) -> RecordingFacts:
    kind = find_format(path)
    assert kind.columns is not None
    columns = kind.columns(path)
    text, left_out = guess_mapping(columns)
    table = tomllib.loads(text)
    check_mapping(table, str(path))
    recording = apply_mapping(table, columns, path, 0.1)
    facts = describe(recording)
    rest = f"; {len(left_out)} columns not understood" if left_out else ""
    note = f"assumed: the meaning of every column, from its name and size{rest}"
    return replace(facts, notes=(note, *facts.notes))


def describe(recording: Recording) -> RecordingFacts:
    """Facts and warnings of one recording.

    Parameters
    ----------
    recording : Recording
        As read.

    Returns
    -------
    RecordingFacts
        Notes that begin with ``warning:`` are among the warnings.
    """
    warnings = [
        note.removeprefix("warning: ") for note in recording.notes if note.startswith("warning:")
    ]
    notes = tuple(note for note in recording.notes if not note.startswith("warning:"))
    channels = tuple(_channel_facts(recording, name) for name in recording.channels)
    warnings += find_warnings(recording)
    return RecordingFacts(
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


def _channel_facts(recording: Recording, name: str) -> ChannelFacts:
    values = recording.column(name)
    known = values[np.isfinite(values)]
    least, mean, most = (
        (float(known.min()), float(known.mean()), float(known.max()))
        if len(known)
        else (np.nan,) * 3
    )
    missing = 1 - len(known) / max(len(values), 1)
    return ChannelFacts(name, Channel.parse(name).unit, least, mean, most, missing)
