"""Events of trials, from the ``events.csv`` beside their files or in a folder above them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from gaitcast.datasets.trial_files import TrialFiles
from gaitcast.io.metadata_tables import EVENTS, Events, read_events
from gaitcast.recording import Recording


@dataclass
class EventTables:
    """Tables of events, read when a trial needs them.

    Attributes
    ----------
    tables : dict of Path to dict
        By folder.
    """

    tables: dict[Path, Events] = field(default_factory=dict)
    _top: Path | None = None
    _names: Counter[str] = field(default_factory=Counter)
    _used: dict[Path, set[str]] = field(default_factory=dict)

    def look_in(self, top: Path, trials: Sequence[TrialFiles]) -> None:
        """Look in the folders above trials too.

        Parameters
        ----------
        top : Path
            The highest.
        trials : sequence of TrialFiles
            All that it holds: a name alone means a trial only if no other one has it.
        """
        self._top = top
        self._names = Counter(files.name for files in trials)

    def add_to(self, recording: Recording, files: TrialFiles) -> Recording:
        """A recording with its events; those of the nearest table stand.

        Parameters
        ----------
        recording : Recording
            Named as its file.
        files : TrialFiles
            Where it is from.

        Raises
        ------
        GaitcastError
            If a table is damaged.
        """
        found = dict(recording.events)
        for folder in self._folders(files):
            if folder not in self.tables:
                table = folder / EVENTS
                self.tables[folder] = read_events(table) if table.is_file() else {}
            for name in self._names_below(folder, files, recording.trial):
                if name in self.tables[folder]:
                    found |= self.tables[folder][name]
                    self._used.setdefault(folder, set()).add(name)
        return replace(recording, events=found) if found != recording.events else recording

    def _folders(self, files: TrialFiles) -> dict[Path, None]:
        """The farthest first."""
        near = (files.holder, *(path.parent for path in files.paths))
        above = [files.holder, *files.holder.parents]
        top = self._top
        above = above[: above.index(top) + 1] if top is not None and top in above else []
        return dict.fromkeys((*reversed(above), *near))

    def _names_below(self, folder: Path, files: TrialFiles, trial: str) -> Iterator[str]:
        """What a table in a folder may call a trial: the folders in between tell equal names."""
        if not files.holder.is_relative_to(folder) or files.holder == folder:
            yield trial
            return
        if self._names[files.name] == 1:
            yield trial
        inside = (*files.holder.relative_to(folder).parts, trial)
        yield from dict.fromkeys(sign.join(inside) for sign in "_/\\")

    def notes(self, top: Path) -> list[str]:
        """Rows that belong to no trial, and tables that no recording is beside or below.

        Parameters
        ----------
        top : Path
            Folder that was read.

        Returns
        -------
        list of str
        """
        notes = [
            self._no_trial(folder / EVENTS, name)
            for folder, events in self.tables.items()
            for name in sorted({*events} - self._used.get(folder, set()))
        ]
        unread = [
            path
            for path in sorted(top.rglob(EVENTS))
            if path.parent not in self.tables
            and not any(part.startswith(".") for part in path.relative_to(top).parts)
            and not any((folder / "cohort.json").is_file() for folder in path.parents)
        ]
        beside = "it is beside and above no recording"
        return [*notes, *(f"warning: {path}: not used, {beside}" for path in unread)]

    def _no_trial(self, table: Path, name: str) -> str:
        several = self._names[name]
        if several > 1:
            return (
                f"warning: {table}: {several} trials are called '{name}', so none has its events: "
                f"write their folder too, as in 'P01/{name}'"
            )
        return f"{table}: no trial '{name}' here"
