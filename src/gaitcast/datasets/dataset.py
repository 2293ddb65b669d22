"""What a public dataset is: where it comes from, under which terms, and how its files are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path

from gaitcast.cohort import Cohort
from gaitcast.datasets.folder import find_folder
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.signal.resample import resample

SubjectTable = Mapping[str, Mapping[str, float | str]]


@dataclass(frozen=True)
class Download:
    """One file of a dataset at its source.

    Parameters
    ----------
    name : str
        What it is called here.
    url : str
        Where it is.
    checksum : str
        ``sha256:...`` or ``md5:...``.
    """

    name: str
    url: str
    checksum: str


@dataclass(frozen=True)
class Dataset:
    """One public dataset.

    Parameters
    ----------
    name : str
        Key in a study's ``[data]``.
    title : str
        What was recorded, in one line.
    citation : str
        For publications that use it.
    licence : str
        Of the data.
    source : str
        Page to get it from.
    files : tuple of str
        Globs of its recordings, relative to the folder.
    read : callable
        ``read(path, max_gap_s)`` -> recordings of one file.
    how_to_get : str
        One line on how to get the files.
    subjects : callable, optional
        ``subjects(folder)`` -> subjects of the people.
    downloads : tuple of Download
        Files that ``gaitcast data fetch`` gets.
    """

    name: str
    title: str
    citation: str
    licence: str
    source: str
    files: tuple[str, ...]
    read: Callable[[Path, float], list[Recording]]
    how_to_get: str
    subjects: Callable[[Path], SubjectTable] | None = None
    downloads: tuple[Download, ...] = ()

    def load(
        self,
        folder: Path | None = None,
        rate_hz: float | None = None,
        max_gap_s: float = 0.1,
        trials: str = "*",
    ) -> Cohort:
        """Load the recordings of the set.

        Parameters
        ----------
        folder : Path, optional
            Where the files lie; by default ``$GAITCAST_DATA``.
        rate_hz : float or None
            Uniform clock; None keeps the samples as recorded. Faster recordings pass a causal
            low-pass first (:func:`gaitcast.signal.resample`), which a note says.
        max_gap_s : float
            Longest interval that counts as continuous.
        trials : str
            Shell-style pattern of the trials to take, such as ``"*_plates"``.

        Returns
        -------
        Cohort
            All people who have such a trial.

        Raises
        ------
        GaitcastError
            If no file is found, one does not hold what it should, or no trial has such a name.
        """
        place = find_folder(self.name, folder, patterns=self.files, how_to_get=self.how_to_get)
        recordings = [
            replace(recording, identified_by="public dataset")
            for path in self.paths(place)
            for recording in self.read(path, max_gap_s)
            if fnmatchcase(recording.trial, trials)
        ]
        if not recordings:
            raise GaitcastError(f"dataset '{self.name}' has no trial like '{trials}'")
        if rate_hz is not None:
            recordings = [resample(r, rate_hz) for r in recordings]
        subjects = self.subjects(place) if self.subjects else {}
        people = {r.subject for r in recordings}
        return Cohort(
            self.name, tuple(recordings), {s: f for s, f in subjects.items() if s in people}
        )

    def paths(self, folder: Path) -> list[Path]:
        """Files of the set, in the order of the numbers in their names.

        Parameters
        ----------
        folder : Path
            Of the set.

        Returns
        -------
        list of Path
            Each once.
        """
        found = {path for pattern in self.files for path in folder.glob(pattern)}
        return sorted(found, key=lambda path: (len(path.name), str(path)))
