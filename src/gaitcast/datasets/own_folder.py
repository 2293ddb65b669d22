"""Any file or folder as a cohort: files, a cohort folder, or the files of a public dataset."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

from gaitcast.cohort import Cohort, OnDemand, RecordingInfo, change_recordings
from gaitcast.datasets.file_walk import MAX_GAP_S, FileReader, walk_files
from gaitcast.datasets.public_sets import PUBLIC
from gaitcast.datasets.survey import Survey
from gaitcast.errors import GaitcastError
from gaitcast.io import read_cohort
from gaitcast.io.metadata_tables import SUBJECTS
from gaitcast.io.people_table import read_people
from gaitcast.recording import Recording
from gaitcast.signal import resample


def is_cohort_folder(path: Path) -> bool:
    """Whether a path is a folder that :func:`gaitcast.io.write_cohort` wrote.

    Parameters
    ----------
    path : Path
        File or folder.

    Returns
    -------
    bool
        By its ``cohort.json``.
    """
    return (path / "cohort.json").is_file()


def load_path(
    source: Path,
    rate_hz: float | None = None,
    max_gap_s: float | None = None,
    mapping: str | Path | None = None,
    files: str = "*",
    people: str | Path | None = None,
) -> Cohort:
    """Load whatever recordings a file or a folder holds.

    Parameters
    ----------
    source : Path
        A file; a cohort folder; a folder that is called like a public dataset and holds its files;
        any other folder of files, and of folders of files.
    rate_hz : float, optional
        Uniform clock of every recording, all in memory. Without it samples are as recorded, and a
        recording is read when it is asked for.
    max_gap_s : float, optional
        Longest interval that counts as continuous; by default 0.1, or what a cohort folder says.
    mapping : str or Path, optional
        What the columns of tables and arrays mean and whose a file is, in that folder or anywhere;
        by default the nearest ``mapping.toml`` in the folder of a file or above it.
    files : str
        Shell-style pattern of the files of a folder.
    people : str or Path, optional
        A table of participants, in that folder or anywhere: see
        :func:`gaitcast.io.people_table.read_people`. It goes before those beside the files.

    Returns
    -------
    Cohort
        Named after the file or folder. Files of one trial are one recording
        (:mod:`gaitcast.datasets.merge`); who each is of says
        :mod:`gaitcast.datasets.participants`. ``subjects.csv`` or ``participants.tsv`` and
        ``events.csv`` beside the files say more of participants and trials; notes name what was
        left out, and why.

    Raises
    ------
    GaitcastError
        If there is nothing, or nothing of it can be read.
    """
    if is_cohort_folder(source):
        cohort = _load_cohort_folder(source, rate_hz, max_gap_s)
        return cohort if people is None else _with_people(cohort, place_of(source, people))
    gap_s = MAX_GAP_S if max_gap_s is None else max_gap_s
    _refuse_old_layout(source)
    dataset = PUBLIC.get(source.resolve().name)
    whole = mapping is None and files == "*" and source.is_dir()
    if whole and dataset is not None and dataset.paths(source):
        return dataset.load(source, rate_hz, gap_s)
    reader = FileReader(None if mapping is None else place_of(source, mapping), gap_s)
    table = None if people is None else place_of(source, people)
    return _load_files(source, reader, files, rate_hz, table)


def _load_cohort_folder(folder: Path, rate_hz: float | None, max_gap_s: float | None) -> Cohort:
    cohort = read_cohort(folder)
    if rate_hz is None and max_gap_s is None:
        return cohort

    return change_recordings(cohort, partial(_on_clock, rate_hz=rate_hz, max_gap_s=max_gap_s))


def _on_clock(recording: Recording, rate_hz: float | None, max_gap_s: float | None) -> Recording:
    if max_gap_s is not None:
        recording = replace(recording, max_gap_s=max_gap_s)
    return recording if rate_hz is None else resample(recording, rate_hz)


def _refuse_old_layout(folder: Path) -> None:
    """Its truth would be read as more recordings."""
    if (folder / "about" / SUBJECTS).is_file() and (folder / "mapping.toml").is_file():
        raise GaitcastError(
            "simulated people as an older gaitcast wrote them",
            where=str(folder),
            hint="Make the folder anew: 'gaitcast simulate --out FOLDER'",
        )


def place_of(source: Path, beside: str | Path) -> Path:
    """Where a mapping or a table of participants lies.

    Parameters
    ----------
    source : Path
        File or folder of recordings.
    beside : str or Path
        In that folder, or anywhere.

    Returns
    -------
    Path
        Of the file.

    Raises
    ------
    GaitcastError
        If there is none.
    """
    folder = source if source.is_dir() else source.parent
    for place in (folder / beside, Path(beside)):
        if place.is_file():
            return place
    kind = "mapping" if Path(beside).suffix == ".toml" else "table of participants"
    raise GaitcastError(f"no such {kind}", where=str(beside))


def _with_people(cohort: Cohort, table: Path) -> Cohort:
    found = read_people(table)
    subjects = {
        who: {**cohort.subjects.get(who, {}), **found.known.get(who, {})} for who in cohort.people
    }
    return replace(cohort, subjects=subjects, notes=(*cohort.notes, *found.notes))


def _load_files(
    source: Path, reader: FileReader, pattern: str, rate_hz: float | None, people: Path | None
) -> Cohort:
    survey = Survey(source, reader, people)
    kept: list[Recording] = []
    infos: list[RecordingInfo] = []
    for read in walk_files(source, reader, pattern):
        survey.add(read)
        for recording in read.recordings:
            if rate_hz is not None:
                kept.append(resample(recording, rate_hz))
            infos.append(RecordingInfo.of(recording))
        if rate_hz is None:
            survey.trials.keep(read)
    if not infos:
        raise nothing_read(source, survey.problems)
    named = survey.named()
    name = source.resolve().name if source.is_dir() else source.stem
    recordings: tuple[Recording, ...] | OnDemand
    if rate_hz is None:
        survey.trials.remember(named)
        recordings = OnDemand(
            survey.trials,
            [
                replace(info, subject=n.subject, trial=n.trial, identified_by=n.identified_by)
                for info, n in zip(infos, named, strict=True)
            ],
        )
    else:
        recordings = tuple(
            replace(r, subject=n.subject, trial=n.trial, identified_by=n.identified_by)
            for r, n in zip(kept, named, strict=True)
        )
    people_in = {n.subject for n in named}
    known = {who: row for who, row in survey.subjects().items() if who in people_in}
    return Cohort(name, recordings, known, survey.notes(), survey.warnings)


def nothing_read(source: Path, problems: Sequence[GaitcastError]) -> GaitcastError:
    """The error for a place of which nothing could be read.

    Parameters
    ----------
    source : Path
        File or folder.
    problems : sequence of GaitcastError
        Why each file was not.

    Returns
    -------
    GaitcastError
        To raise.
    """
    if len(problems) == 1:
        return problems[0]
    if not problems:
        return GaitcastError("holds no file that could be read", where=str(source))
    return GaitcastError(
        f"none of its {len(problems)} files could be read",
        where=str(source),
        hint=f"The first: {problems[0]}",
    )
