"""What a public dataset is: where it comes from, under which terms, and how its files are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from gaitcast.cohort import Cohort
from gaitcast.datasets.folder import find_folder
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
    doi : str
        Of a repository that lists its files with their checksums (figshare, Zenodo).
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
    doi: str = ""

    def load(
        self,
        folder: Path | None = None,
        rate_hz: float | None = None,
        max_gap_s: float = 0.1,
    ) -> Cohort:
        """Load every recording of the set.

        Parameters
        ----------
        folder : Path, optional
            Where the files lie; by default ``$GAITCAST_DATA``.
        rate_hz : float or None
            Uniform clock; None keeps the samples as recorded. Faster recordings pass a causal
            low-pass first (:func:`gaitcast.signal.resample`), which a note says.
        max_gap_s : float
            Longest interval that counts as continuous.

        Returns
        -------
        Cohort
            All people.

        Raises
        ------
        GaitcastError
            If no file is found, or one does not hold what it should.
        """
        place = find_folder(self.name, folder, patterns=self.files, how_to_get=self.how_to_get)
        recordings = [
            replace(r, identified_by="public dataset")
            for path in self.paths(place)
            for r in self.read(path, max_gap_s)
        ]
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
