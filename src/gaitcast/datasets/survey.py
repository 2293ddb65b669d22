"""What a file or folder turned out to hold: recordings, participants, and what to say of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from gaitcast.datasets.file_walk import FileReader, ReadTrial
from gaitcast.datasets.participants import Found, Participants, identify
from gaitcast.datasets.trial_files import TrialFiles
from gaitcast.errors import GaitcastError
from gaitcast.io import find_mapping
from gaitcast.io.mapping import read_mapping
from gaitcast.io.mapping_people import absolute_path
from gaitcast.io.metadata_tables import Value
from gaitcast.io.people_table import PEOPLE_TABLES, People, people_of, read_people
from gaitcast.io.session_metadata import read_session
from gaitcast.recording import Recording

#: So much of the files read last stays in memory.
_KEPT_BYTES = 256 * 2**20


@dataclass
class Trials:
    """Reads the files of a trial, and keeps those read last as far as they are small."""

    reader: FileReader
    places: dict[str, tuple[Found, int]] = field(default_factory=dict)
    kept: dict[TrialFiles, ReadTrial] = field(default_factory=dict)
    kept_bytes: int = 0

    def __call__(self, trial: str) -> Recording:
        """Read a trial.

        Parameters
        ----------
        trial : str
            Its name in the cohort.

        Returns
        -------
        Recording
            With its participant.

        Raises
        ------
        GaitcastError
            If its files have changed or can no longer be read.
        """
        named, number = self.places[trial]
        read = self.kept.get(named.files)
        if read is None:
            found = self.reader.read(named.files)
            read = next((r for r in found if r.files == named.files), found[0])
            self.keep(read)
        if number >= len(read.recordings):
            where = ", ".join(map(str, named.files.paths))
            if read.problems:
                raise read.problems[0]
            raise GaitcastError(f"no longer holds trial '{trial}'", where=where)
        return replace(
            read.recordings[number],
            trial=trial,
            subject=named.subject,
            identified_by=named.identified_by,
        )

    def remember(self, named: Sequence[Found]) -> None:
        """Where each trial lies; several of one file stand in the order of the file."""
        count: Counter[TrialFiles] = Counter()
        for found in named:
            self.places[found.trial] = found, count[found.files]
            count[found.files] += 1

    def keep(self, read: ReadTrial) -> None:
        """Keep a file, at least until the next one: several trials may share it."""
        self.kept[read.files] = read
        self.kept_bytes += _size(read)
        while self.kept_bytes > _KEPT_BYTES and len(self.kept) > 1:
            self.kept_bytes -= _size(self.kept.pop(next(iter(self.kept))))

    def __getstate__(self) -> dict[str, object]:
        return {**self.__dict__, "kept": {}, "kept_bytes": 0}


def _size(read: ReadTrial) -> int:
    return sum(recording.samples.nbytes for recording in read.recordings)


class Survey:
    """Collects what a walk over files finds, and then says whose each recording is.

    Parameters
    ----------
    source : Path
        File or folder.
    reader : FileReader
        Of its files.
    people : Path, optional
        A table of participants that goes before those beside the files.
    """

    def __init__(self, source: Path, reader: FileReader, people: Path | None = None) -> None:
        self.source = source
        self.reader = reader
        self.people = people
        self.trials = Trials(reader)
        self.problems: list[GaitcastError] = []
        self._reads: list[ReadTrial] = []
        self._found: list[Found] = []

    def add(self, read: ReadTrial) -> None:
        """Take what the files of one trial hold.

        Parameters
        ----------
        read : ReadTrial
            From :func:`gaitcast.datasets.file_walk.walk_files`.
        """
        self.problems += read.problems
        self._reads.append(replace(read, recordings=()))
        self._found += [
            Found(read.files, r.trial, r.subject, r.identified_by) for r in read.recordings
        ]

    def named(self) -> tuple[Found, ...]:
        """The recordings with their participants, and with names that occur once.

        Returns
        -------
        tuple of Found
            In the order in which they were added.
        """
        return _with_own_names(self._participants.recordings, self.source)

    @property
    def warnings(self) -> tuple[str, ...]:
        """Why it is not certain who a participant is."""
        return self._participants.warnings

    @cached_property
    def _participants(self) -> Participants:
        return identify(self.source, self._found, self._table.known, self._sessions)

    @cached_property
    def _own(self) -> list[Path]:
        """Folders of the files that are of no public dataset, the source's own first."""
        held = [read.files for read in self._reads if read.dataset is None]
        top = self.source if self.source.is_dir() else self.source.parent
        folders = [top, *(f.holder for f in held), *(p.parent for f in held for p in f.paths)]
        return [*dict.fromkeys(folders)] if held else []

    @cached_property
    def _table(self) -> People:
        """What tables beside the files, mappings and a table given by name say."""
        found = People()
        for folder in reversed(self._own):
            for name in PEOPLE_TABLES:
                if (folder / name).is_file():
                    found.add(read_people(folder / name))
        places = (
            {self.reader.mapping}
            if self.reader.mapping
            else {find_mapping(folder / "any") for folder in self._own}
        )
        for place in sorted(filter(None, places)):
            rows = read_mapping(place).get("subjects", {})
            found.add(people_of(rows, place.name))
        if self.people is not None:
            found.add(read_people(self.people))
        return found

    @cached_property
    def _metadata(self) -> dict[Path, tuple[str, dict[str, Value]]]:
        found = {folder: read_session(folder) for folder in self._own}
        return {absolute_path(folder): about for folder, about in found.items() if any(about)}

    @property
    def _sessions(self) -> dict[Path, str]:
        return {folder: subject for folder, (subject, _) in self._metadata.items()}

    def subjects(self) -> dict[str, dict[str, Value]]:
        """What is known of the participants.

        Returns
        -------
        dict of str to dict
            Covariates by participant.
        """
        known: dict[str, dict[str, Value]] = {}
        for found in self._participants.recordings:
            _, about = self._metadata.get(absolute_path(found.files.holder), ("", {}))
            if about:
                known[found.subject] = {**known.get(found.subject, {}), **about}
        for who, row in self._table.known.items():
            if row:
                known[who] = {**known.get(who, {}), **row}
        return known | self._of_datasets()

    def _of_datasets(self) -> dict[str, dict[str, Value]]:
        known: dict[str, dict[str, Value]] = {}
        datasets = {r.dataset.name: r.dataset for r in self._reads if r.dataset is not None}
        for dataset in datasets.values():
            if dataset.subjects is None:
                continue
            roots = [self.source] if self.source.is_dir() and dataset.paths(self.source) else []
            folders = dict.fromkeys(p.parent for r in self._reads for p in r.files.paths)
            for root in roots or [folder for folder in folders if dataset.paths(folder)]:
                known |= {who: dict(row) for who, row in dataset.subjects(root).items()}
        return known

    def notes(self) -> tuple[str, ...]:
        """What was left out, each cause once; what the tables assumed; events of no trial."""
        notes = [f"left out: {text}" for text in by_cause(self.problems)]
        notes += self._table.notes
        people = {found.subject for found in self._participants.recordings}
        if self.source.is_dir():
            notes += _not_in_both(people, set(self._table.known))
            notes += self.reader.events.notes(self.source)
        return tuple(notes)


def by_cause(problems: Sequence[GaitcastError]) -> list[str]:
    """Why files were not read, each cause once.

    Parameters
    ----------
    problems : sequence of GaitcastError
        One a file.

    Returns
    -------
    list of str
        With the names of the first files.
    """
    causes: dict[tuple[str, str], list[str]] = {}
    for problem in problems:
        causes.setdefault((problem.what, problem.hint), []).append(problem.where)
    lines = []
    for (what, hint), places in causes.items():
        if len(places) == 1:
            lines.append(str(GaitcastError(what, where=places[0], hint=hint)))
            continue
        shown = ", ".join(Path(place).name for place in places[:3])
        more = f" and {len(places) - 3} more" if len(places) > 3 else ""
        lines.append(str(GaitcastError(what, where=f"{shown}{more}", hint=hint)))
    return lines


def _not_in_both(recorded: set[str], stated: set[str]) -> list[str]:
    """Participants of a table of whom nothing is recorded, and those it does not know."""
    if not (recorded and stated):
        return []
    if not recorded & stated:
        shown = ", ".join(sorted(stated)[:3])
        return [
            f"the table of participants ({shown} ...) names no participant who is recorded here"
        ]
    lacking = (
        ("no recording of", stated - recorded),
        ("the table of participants does not know", recorded - stated),
    )
    return [f"{words} {_some(sorted(who))}" for words, who in lacking if who]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _with_own_names(found: Sequence[Found], source: Path) -> tuple[Found, ...]:
    """Trials whose names occur several times get their participant's in front, then their folders'.

    What is still the same gets a number.
    """
    names = [one.trial for one in found]
    for longer in (_with_participant, _with_folders):
        counts = Counter(names)
        names = [
            longer(one, source) if counts[name] > 1 else name
            for one, name in zip(found, names, strict=True)
        ]
    counts = Counter(names)
    taken: set[str] = set()
    named = []
    for one, name in zip(found, names, strict=True):
        free, number = name, 2
        while free in taken or (free != name and counts[free]):
            free, number = f"{name}-{number}", number + 1
        taken.add(free)
        named.append(replace(one, trial=free))
    return tuple(named)


def _with_participant(one: Found, source: Path) -> str:
    if one.identified_by == "file name":
        return _with_folders(one, source)
    return one.trial if one.trial.startswith(one.subject) else f"{one.subject}_{one.trial}"


def _with_folders(one: Found, source: Path) -> str:
    top, holder = source.absolute(), one.files.holder.absolute()
    inside = holder.relative_to(top).parts if holder.is_relative_to(top) else ()
    return "_".join((*inside, one.trial))
