"""Every file of a folder, read with what lies beside it: one walk for load, check and convert."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from gaitcast.datasets.dataset import Dataset
from gaitcast.datasets.public_sets import read_public
from gaitcast.errors import GaitcastError
from gaitcast.io import find_format, read
from gaitcast.io.metadata_tables import EVENTS, SUBJECTS, Events, read_events
from gaitcast.recording import Recording

#: Files that say something about the recordings beside them.
BESIDE = ("mapping.toml", SUBJECTS, EVENTS)
#: Longest interval that counts as continuous, where nothing says another.
MAX_GAP_S = 0.1


@dataclass(frozen=True)
class ReadFile:
    """What one file turned out to be.

    Parameters
    ----------
    path : Path
        Of the file.
    kind : str
        Dataset or format; ``""`` if it was not read.
    recordings : tuple of Recording
        In the file, with the events of ``events.csv`` beside it.
    problem : GaitcastError, optional
        Why it was not read.
    dataset : Dataset, optional
        The public dataset it belongs to.
    """

    path: Path
    kind: str = ""
    recordings: tuple[Recording, ...] = ()
    problem: GaitcastError | None = None
    dataset: Dataset | None = None


@dataclass
class FileReader:
    """Reads files with the events beside them.

    Parameters
    ----------
    mapping : Path, optional
        What the columns of tables and arrays mean; by default ``mapping.toml`` beside each.
    max_gap_s : float
        Longest interval that counts as continuous.

    Attributes
    ----------
    events : dict of Path to dict
        Events by folder, as far as they were needed.
    """

    mapping: Path | None = None
    max_gap_s: float = MAX_GAP_S
    events: dict[Path, Events] = field(default_factory=dict)

    def read(self, path: Path) -> ReadFile:
        """Read one file.

        Parameters
        ----------
        path : Path
            Of the file.

        Returns
        -------
        ReadFile
            Its recordings, or why there are none.

        Raises
        ------
        GaitcastError
            If ``events.csv`` beside it is damaged.
        """
        known = read_public(path, self.max_gap_s) if self.mapping is None else None
        if known is not None:
            return ReadFile(path, known[0].name, tuple(known[1]), dataset=known[0])
        try:
            kind = find_format(path).name
            found = read(path, self.mapping, max_gap_s=self.max_gap_s)
        except GaitcastError as error:
            return ReadFile(path, problem=error)
        events = self._events_beside(path)
        return ReadFile(path, kind, tuple(_with_events(r, events) for r in found))

    def _events_beside(self, path: Path) -> Events:
        folder = path.parent
        if folder not in self.events:
            table = folder / EVENTS
            self.events[folder] = read_events(table) if table.is_file() else {}
        return self.events[folder]


def _with_events(recording: Recording, events: Events) -> Recording:
    own = events.get(recording.trial)
    return replace(recording, events={**recording.events, **own}) if own else recording


def walk_files(source: Path, reader: FileReader, pattern: str = "*") -> Iterator[ReadFile]:
    """Read a file, or every file of a folder and the folders in it.

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
    ReadFile
        One a file, in the order of their names. Hidden files and the tables beside recordings
        (:data:`BESIDE`) are passed over; cohort folders inside are not gone into.

    Raises
    ------
    GaitcastError
        If there is no such place.
    """
    if not source.exists():
        raise GaitcastError("no such file or folder", where=str(source))
    if source.is_file():
        yield reader.read(source)
        return
    for path in sorted(_files(source)):
        if path.name == "cohort.json":
            yield ReadFile(
                path, problem=GaitcastError("a cohort folder of its own", hint="Load it by itself")
            )
        elif path.match(pattern):
            yield reader.read(path)


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        if "cohort.json" in files:
            folders.clear()
            files = ["cohort.json"]
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in files:
            if not name.startswith(".") and name not in BESIDE:
                yield Path(place, name)
