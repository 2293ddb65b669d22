"""Content of files, and warnings about it: behind ``gaitcast check``."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np

from gaitcast.channel import Channel
from gaitcast.cohort import Cohort
from gaitcast.datasets.file_walk import FileReader, ReadTrial, walk_files
from gaitcast.datasets.own_folder import is_cohort_folder, load_path, nothing_read, place_of
from gaitcast.datasets.survey import Survey, by_cause
from gaitcast.errors import GaitcastError
from gaitcast.io import find_format, find_mapping, guess_mapping
from gaitcast.io.mapping import apply_mapping
from gaitcast.io.mapping_check import check_mapping
from gaitcast.quality.warnings import find_warnings
from gaitcast.recording import Recording
from gaitcast.signal.body_check import check_axes


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
    """What the files of one trial hold.

    Parameters
    ----------
    path : str
        Of the file, or of several joined by `` + ``.
    kind : str
        Formats or dataset; ``""`` if nothing was read.
    """

    path: str
    kind: str = ""
    recordings: tuple[RecordingSummary, ...] = field(default_factory=tuple)


@dataclass(frozen=True)
class ParticipantSummary:
    """A participant, and how it was recognised.

    Parameters
    ----------
    identified_by : str
        ``file header``, ``participants table``, ``mapping``, ``session metadata``, ``folder``,
        ``file name`` ...
    covariates : dict of str to float or str
        From tables, mappings and metadata of sessions.
    """

    subject: str
    identified_by: str
    recordings: int
    duration_s: float
    covariates: dict[str, float | str]


@dataclass(frozen=True)
class Checked:
    """What a file or folder holds.

    Parameters
    ----------
    files : tuple of FileSummary
        In the order of their names.
    participants : tuple of ParticipantSummary
        In order of first appearance.
    warnings : tuple of str
        Why it is not certain who a participant is.
    notes : tuple of str
        What tables of participants assumed.
    unread : tuple of str
        Why files were not read, each cause once.
    unread_files : int
        How many they are.
    """

    files: tuple[FileSummary, ...]
    participants: tuple[ParticipantSummary, ...]
    warnings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    unread: tuple[str, ...] = ()
    unread_files: int = 0


def check_path(path: Path, mapping: Path | None = None, people: Path | None = None) -> Checked:
    """Check a file, or every file of a folder.

    Parameters
    ----------
    path : Path
        File, folder, or cohort folder.
    mapping : Path, optional
        What the columns of tables mean. Without one, and without a ``mapping.toml`` that holds for
        a table, it is guessed, and a note says so.
    people : Path, optional
        A table of participants.

    Returns
    -------
    Checked
        Hidden files are skipped. Of a folder in which nothing can be read it holds the reasons.

    Raises
    ------
    GaitcastError
        If the path does not exist, or a single file cannot be read.
    """
    if mapping is not None and not mapping.is_file():
        raise GaitcastError("no such mapping", where=str(mapping))
    if is_cohort_folder(path):
        return _check_cohort(load_path(path, people=people), path)
    table = None if people is None else place_of(path, people)
    survey = Survey(path, FileReader(mapping), table)
    reads = []
    for read in walk_files(path, survey.reader):
        whole = read if mapping is not None else with_guesses(read)
        timed = (survey.reader.events.add_to(r, read.files) for r in whole.recordings)
        whole = replace(whole, recordings=tuple(timed))
        survey.add(whole)
        found = tuple(describe(recording) for recording in whole.recordings)
        if found:
            reads.append((whole, found))
    if not reads and (path.is_file() or not survey.problems):
        raise nothing_read(path, survey.problems)
    named = iter(survey.named())
    files = []
    for read, found in reads:
        own = [
            replace(summary, subject=name.subject, trial=name.trial)
            for summary, name in zip(found, named, strict=False)
        ]
        files.append(FileSummary(" + ".join(_shown(read, path)), read.kind, tuple(own)))
    how = _recognised((name.subject, name.identified_by) for name in survey.named())
    summaries = [summary for file in files for summary in file.recordings]
    return Checked(
        tuple(files),
        _participants(summaries, how, survey.subjects()),
        survey.warnings,
        survey.notes()[len(by_cause(survey.problems)) :],
        tuple(by_cause(survey.problems)),
        len(survey.problems),
    )


def _shown(read: ReadTrial, source: Path) -> list[str]:
    """The files of a trial, as seen from what is checked."""
    if source.is_file():
        return [str(source)]
    return [str(path.relative_to(source)) for path in read.files.paths]


def _recognised(pairs: Iterable[tuple[str, str]]) -> dict[str, str]:
    """Each participant, and all the ways in which recordings were found to be of them."""
    found: dict[str, dict[str, None]] = {}
    for who, how in pairs:
        found.setdefault(who, {})[how] = None
    return {who: ", ".join(filter(None, ways)) for who, ways in found.items()}


def _participants(
    summaries: Sequence[RecordingSummary],
    how: Mapping[str, str],
    known: Mapping[str, Mapping[str, float | str]],
) -> tuple[ParticipantSummary, ...]:
    rows = []
    for who in dict.fromkeys(summary.subject for summary in summaries):
        own = [summary for summary in summaries if summary.subject == who]
        length_s = sum(summary.duration_s for summary in own)
        rows.append(
            ParticipantSummary(who, how.get(who, ""), len(own), length_s, dict(known.get(who, {})))
        )
    return tuple(rows)


def _check_cohort(cohort: Cohort, path: Path) -> Checked:
    found = tuple(describe(recording) for recording in cohort)
    how = _recognised((info.subject, info.identified_by) for info in cohort.infos)
    return Checked(
        (FileSummary(str(path), "cohort folder", found),),
        _participants(found, how, cohort.subjects),
        cohort.identity_warnings,
        cohort.notes,
    )


def with_guesses(read: ReadTrial) -> ReadTrial:
    """Read the tables of a trial whose columns nothing explains as their names suggest.

    Parameters
    ----------
    read : ReadTrial
        Perhaps with files that were not read.

    Returns
    -------
    ReadTrial
        With what could be guessed; notes of the recordings say so.
    """
    recordings, problems = [*read.recordings], []
    for problem in read.problems:
        path = Path(problem.where)
        try:
            if path not in read.files.paths or find_mapping(path) is not None:
                raise problem
            if find_format(path).columns is None:
                raise problem
            recordings.append(_guessed(path))
        except GaitcastError as error:
            problems.append(GaitcastError(error.what, where=str(path), hint=error.hint))
    if len(recordings) == len(read.recordings):
        return replace(read, problems=tuple(problems))
    kind = f"{read.kind} + table, guessed" if read.kind else "table, guessed"
    return replace(read, kind=kind, recordings=tuple(recordings), problems=tuple(problems))


def as_json(checked: Checked) -> str:
    """A check as JSON; NaN and infinite numbers become null.

    Parameters
    ----------
    checked : Checked
        From :func:`check_path`.

    Returns
    -------
    str
        An object with ``files``, ``participants``, ``warnings``, ``notes`` and ``unread``.
    """

    def plain(value: object) -> object:
        if isinstance(value, dict):
            return {key: plain(inner) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return [plain(inner) for inner in value]
        return None if isinstance(value, float) and not math.isfinite(value) else value

    return json.dumps(plain(asdict(checked)), indent=1, ensure_ascii=False)


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
        guess = guess_mapping(kind.columns(path))
    except GaitcastError as error:
        raise GaitcastError(error.what, where=error.where or str(path), hint=error.hint) from error
    return guess.text


def _guessed(path: Path) -> Recording:
    kind = find_format(path)
    assert kind.columns is not None
    columns = kind.columns(path)
    guess = guess_mapping(columns)
    if not guess.table["channels"]:
        raise GaitcastError(
            f"its columns do not say of which side and segment they are: {', '.join(columns)[:80]}",
            where=str(path),
            hint=f"'gaitcast check {path.name} --guess mapping.toml' writes a mapping to complete",
        )
    check_mapping(guess.table, str(path))
    recording = check_axes(apply_mapping(guess.table, columns, path, 0.1))
    rest = f"; not understood: {_some([*guess.left_out])}" if guess.left_out else ""
    note = f"assumed: the meaning of every column, from its name, unit and size{rest}"
    return replace(recording, notes=tuple(dict.fromkeys((note, *guess.notes, *recording.notes))))


def _some(names: Sequence[str]) -> str:
    shown = ", ".join(f"'{' '.join(name.split())}'" for name in names[:3])
    return shown + (f" and {len(names) - 3} more columns" if len(names) > 3 else "")


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
