"""Any file or folder as a cohort: files, a cohort folder, or the files of a public dataset."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

from gaitcast.cohort import Cohort, OnDemand, RecordingInfo
from gaitcast.datasets.dataset import Dataset
from gaitcast.datasets.file_walk import MAX_GAP_S, FileReader, ReadFile, walk_files
from gaitcast.datasets.public_sets import PUBLIC
from gaitcast.errors import GaitcastError
from gaitcast.io import read_cohort
from gaitcast.io.metadata_tables import EVENTS, SUBJECTS, Value, read_subjects
from gaitcast.recording import Recording
from gaitcast.signal import resample

#: So much of the files read last stays in memory.
_KEPT_BYTES = 256 * 2**20


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
        What the columns of tables and arrays mean, in that folder or anywhere; by default
        ``mapping.toml`` beside each file.
    files : str
        Shell-style pattern of the files of a folder.

    Returns
    -------
    Cohort
        Named after the file or folder. ``subjects.csv`` and ``events.csv`` beside the files say
        more of participants and trials; notes name each file that was left out, and why.

    Raises
    ------
    GaitcastError
        If there is nothing, or nothing of it can be read.
    """
    if is_cohort_folder(source):
        return _load_cohort_folder(source, rate_hz, max_gap_s)
    gap_s = MAX_GAP_S if max_gap_s is None else max_gap_s
    _refuse_old_layout(source)
    dataset = PUBLIC.get(source.resolve().name)
    whole = mapping is None and files == "*" and source.is_dir()
    if whole and dataset is not None and dataset.paths(source):
        return dataset.load(source, rate_hz, gap_s)
    reader = FileReader(_place_of_mapping(source, mapping), gap_s)
    return _load_files(source, reader, files, rate_hz)


def _load_cohort_folder(folder: Path, rate_hz: float | None, max_gap_s: float | None) -> Cohort:
    cohort = read_cohort(folder)
    if rate_hz is None and max_gap_s is None:
        return cohort

    def changed(trial: str) -> Recording:
        recording = cohort[trial]
        if max_gap_s is not None:
            recording = replace(recording, max_gap_s=max_gap_s)
        return recording if rate_hz is None else resample(recording, rate_hz)

    each = (changed(info.trial) for info in cohort.infos)
    if rate_hz is not None:
        return replace(cohort, recordings=tuple(each))
    return replace(cohort, recordings=OnDemand(changed, [RecordingInfo.of(r) for r in each]))


def _refuse_old_layout(folder: Path) -> None:
    """Its truth would be read as more recordings."""
    if (folder / "about" / SUBJECTS).is_file() and (folder / "mapping.toml").is_file():
        raise GaitcastError(
            "simulated people as an older gaitcast wrote them",
            where=str(folder),
            hint="Make the folder anew: 'gaitcast simulate --out FOLDER'",
        )


def _place_of_mapping(source: Path, mapping: str | Path | None) -> Path | None:
    if mapping is None:
        return None
    folder = source if source.is_dir() else source.parent
    for place in (folder / mapping, Path(mapping)):
        if place.is_file():
            return place
    raise GaitcastError("no such mapping", where=str(mapping))


@dataclass
class _Trials:
    """Reads the file of a trial, and keeps the files read last as far as they are small."""

    reader: FileReader
    places: dict[str, tuple[Path, int]] = field(default_factory=dict)
    kept: dict[Path, ReadFile] = field(default_factory=dict)
    kept_bytes: int = 0

    def __call__(self, trial: str) -> Recording:
        path, number = self.places[trial]
        file = self.kept.get(path)
        if file is None:
            file = self.reader.read(path)
            self.keep(file)
        if file.problem is not None:
            raise file.problem
        if number >= len(file.recordings):
            raise GaitcastError(f"no longer holds trial '{trial}'", where=str(path))
        return replace(file.recordings[number], trial=trial)

    def keep(self, file: ReadFile) -> None:
        """Keep a file, at least until the next one: several trials may share it."""
        self.kept[file.path] = file
        self.kept_bytes += _size(file)
        while self.kept_bytes > _KEPT_BYTES and len(self.kept) > 1:
            self.kept_bytes -= _size(self.kept.pop(next(iter(self.kept))))

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "kept": {}, "kept_bytes": 0}


def _size(file: ReadFile) -> int:
    return sum(recording.samples.nbytes for recording in file.recordings)


def _load_files(source: Path, reader: FileReader, pattern: str, rate_hz: float | None) -> Cohort:
    trials = _Trials(reader)
    infos: list[RecordingInfo] = []
    kept: list[Recording] = []
    problems: list[GaitcastError] = []
    folders: dict[Path, list[Dataset | None]] = {}
    stated: dict[Path, set[str]] = {}
    for file in walk_files(source, reader, pattern):
        if file.problem is not None:
            problems.append(file.problem)
            continue
        folder = file.path.parent
        folders.setdefault(folder, []).append(file.dataset)
        for number, recording in enumerate(file.recordings):
            stated.setdefault(folder, set()).add(recording.trial)
            trial = _free_name(recording.trial, trials.places)
            trials.places[trial] = (file.path, number)
            recording = replace(recording, trial=trial)
            if rate_hz is not None:
                kept.append(resample(recording, rate_hz))
            else:
                infos.append(RecordingInfo.of(recording))
        if rate_hz is None:
            trials.keep(file)
    if not infos and not kept:
        raise _nothing(source, problems)
    known = _people_of(source, folders)
    name = source.resolve().name if source.is_dir() else source.stem
    recordings = tuple(kept) if rate_hz is not None else OnDemand(trials, infos)
    notes = [f"left out: {problem}" for problem in problems]
    if source.is_dir():
        notes += _notes_of_events(reader, stated)
    cohort = Cohort(name, recordings, notes=tuple(notes))
    return replace(cohort, subjects={who: known[who] for who in cohort.people if who in known})


def _nothing(source: Path, problems: list[GaitcastError]) -> GaitcastError:
    if len(problems) == 1:
        return problems[0]
    if not problems:
        return GaitcastError("holds no file that could be read", where=str(source))
    return GaitcastError(
        f"none of its {len(problems)} files could be read",
        where=str(source),
        hint=f"The first: {problems[0]}",
    )


def _free_name(trial: str, taken: dict[str, tuple[Path, int]]) -> str:
    free, count = trial, 2
    while free in taken:
        free, count = f"{trial}-{count}", count + 1
    return free


def _people_of(
    source: Path, folders: Mapping[Path, Sequence[Dataset | None]]
) -> dict[str, dict[str, Value]]:
    """What is known of the participants of some folders' files."""
    known: dict[str, dict[str, Value]] = {}
    own = [folder for folder, datasets in folders.items() if None in datasets]
    for place in dict.fromkeys([source, *own]) if own else []:
        if (place / SUBJECTS).is_file():
            known |= read_subjects(place / SUBJECTS)
    for dataset in {d.name: d for datasets in folders.values() for d in datasets if d}.values():
        if dataset.subjects is None:
            continue
        if source.is_dir() and dataset.paths(source):
            roots = [source]
        else:
            roots = [folder for folder in folders if dataset.paths(folder)]
        for root in roots:
            known |= {who: dict(facts) for who, facts in dataset.subjects(root).items()}
    return known


def _notes_of_events(reader: FileReader, stated: dict[Path, set[str]]) -> list[str]:
    return [
        f"{folder / EVENTS}: no trial '{trial}' here"
        for folder, events in reader.events.items()
        for trial in np.setdiff1d([*events], [*stated.get(folder, ())]).tolist()
    ]
