"""Every trial of a folder, read with what lies beside its files: one walk for load and check."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gaitcast.datasets.dataset import Dataset
from gaitcast.datasets.event_tables import EventTables
from gaitcast.datasets.merge import Part, merge_parts
from gaitcast.datasets.public_sets import read_public
from gaitcast.datasets.trial_files import TrialFiles, group_files
from gaitcast.errors import GaitcastError
from gaitcast.io import find_format, read
from gaitcast.io.external_loads import read_external_loads
from gaitcast.io.metadata_tables import EVENTS
from gaitcast.io.people_table import PEOPLE_TABLES
from gaitcast.io.session_metadata import SESSION_FILES
from gaitcast.recording import Recording

#: Files that say something about the recordings beside them.
BESIDE = {"mapping.toml", EVENTS, *PEOPLE_TABLES, *SESSION_FILES}
#: What BIDS keeps beside recordings.
_BIDS = re.compile(
    r"(?i).*_(channels|events|scans|coordsystem|sessions)\.(tsv|json)|.*_motion\.json|"
    r"dataset_description\.json|participants\.json|(README|CHANGES|LICENSE)"
)
#: Longest interval that counts as continuous, where nothing says another.
MAX_GAP_S = 0.1


@dataclass(frozen=True)
class ReadTrial:
    """What the files of one trial turned out to be.

    Parameters
    ----------
    files : TrialFiles
        Of the trial.
    kind : str
        Dataset or formats; ``""`` if nothing was read.
    recordings : tuple of Recording
        With the events of ``events.csv`` beside and above them.
    problems : tuple of GaitcastError
        Why files were not read.
    dataset : Dataset, optional
        The public dataset it belongs to.
    """

    files: TrialFiles
    kind: str = ""
    recordings: tuple[Recording, ...] = ()
    problems: tuple[GaitcastError, ...] = ()
    dataset: Dataset | None = None


@dataclass
class FileReader:
    """Reads files with the events beside them.

    Parameters
    ----------
    mapping : Path, optional
        What the columns of tables and arrays mean; by default the nearest ``mapping.toml``.
    max_gap_s : float
        Longest interval that counts as continuous.

    Attributes
    ----------
    events : EventTables
        Those beside the files and above them, as far as they were needed.
    """

    mapping: Path | None = None
    max_gap_s: float = MAX_GAP_S
    events: EventTables = field(default_factory=EventTables)

    def read(self, files: TrialFiles) -> list[ReadTrial]:
        """Read the files of a trial.

        Parameters
        ----------
        files : TrialFiles
            One or several.

        Returns
        -------
        list of ReadTrial
            One, but for files of public datasets, which are never merged.

        Raises
        ------
        GaitcastError
            If ``events.csv`` beside or above them is damaged.
        """
        public: list[ReadTrial] = []
        parts: list[Part] = []
        several: list[Recording] = []
        kinds: dict[str, None] = {}
        problems: list[GaitcastError] = []
        for path in files.paths:
            known = read_public(path, self.max_gap_s) if self.mapping is None else None
            if known is not None:
                recordings = tuple(replace(r, identified_by="public dataset") for r in known[1])
                alone = replace(files, paths=(path,), name=path.stem)
                public.append(ReadTrial(alone, known[0].name, recordings, dataset=known[0]))
                continue
            try:
                kind = find_format(path).name
                found = read(path, self.mapping, max_gap_s=self.max_gap_s)
            except GaitcastError as error:
                problems.append(error)
                continue
            kinds[kind] = None
            if len(found) == 1:
                parts.append(Part(path, found[0]))
            else:
                several += found
        own = merge_parts(parts, files.name) if len(parts) > 1 else [p.recording for p in parts]
        recordings = tuple(self.events.add_to(r, files) for r in (*own, *several))
        rest = replace(files, paths=tuple(p for p in files.paths if not _is_among(p, public)))
        if rest.paths:
            public.append(ReadTrial(rest, " + ".join(kinds), recordings, tuple(problems)))
        return public


def _is_among(path: Path, found: list[ReadTrial]) -> bool:
    return any(path in trial.files.paths for trial in found)


def walk_files(source: Path, reader: FileReader, pattern: str = "*") -> Iterator[ReadTrial]:
    """Read a file, or every file of a folder and the folders in it, trial by trial.

    Parameters
    ----------
    source : Path
        File or folder.
    reader : FileReader
        Reads each.
    pattern : str
        Shell-style pattern that the names of a folder's files have to match.

    Yields
    ------
    ReadTrial
        One a trial, in the order of the names. Hidden files and the tables beside recordings
        (:data:`BESIDE`) are passed over; cohort folders inside are not gone into.

    Raises
    ------
    GaitcastError
        If there is no such place.
    """
    if not source.exists():
        raise GaitcastError("no such file or folder", where=str(source))
    if source.is_file():
        (alone,) = group_files([source])
        yield from reader.read(alone)
        return
    paths = sorted(_files(source))
    for path in paths:
        if path.name == "cohort.json":
            (alone,) = group_files([path])
            problem = GaitcastError(
                "a cohort folder of its own", where=str(path.parent), hint="Load it by itself"
            )
            yield ReadTrial(alone, problems=(problem,))
    wanted = [path for path in paths if path.name != "cohort.json" and path.match(pattern)]
    groups = group_files(wanted)
    reader.events.look_in(source, groups)
    for files in groups:
        yield from reader.read(files)


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        if "cohort.json" in files:
            folders.clear()
            files = ["cohort.json"]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            path = Path(place, name)
            passed = name.startswith(".") or name in BESIDE or _BIDS.fullmatch(name)
            if not passed and not _are_loads(path):
                yield path


def _are_loads(path: Path) -> bool:
    """External loads are read with the forces that they name."""
    if path.suffix.lower() != ".xml":
        return False
    try:
        return read_external_loads(path) is not None
    except GaitcastError:
        return False
