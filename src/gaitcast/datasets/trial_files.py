"""Which files are one trial: markers, angles, forces and IMUs of a walk, stored apart."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

#: Folders that say what kind of files they hold, and nothing of person or trial.
_CONTAINERS = {
    "markerdata", "markers", "trc", "opensimdata", "opensim", "kinematics", "ik", "dynamics", "id",
    "inversekinematics", "inversedynamics", "grf", "grfs", "forces", "forcedata", "kinetics", "mot",
    "sto", "imu", "imus", "emg", "mocap", "motion", "c3d", "csv", "pose-3d", "pose3d", "exported",
    "converted",
}  # fmt: skip
#: Folders that only programs make which keep one person's session in one folder.
_OF_SESSIONS = {"markerdata", "opensimdata", "pose-3d", "ik", "id"}
#: Parts of a file's name that say what kind of data it holds.
_KINDS = {
    "ik", "id", "grf", "grfs", "force", "forces", "externalforces", "external", "markers", "marker",
    "imu", "imus", "emg", "mocap", "kinematics", "kinetics", "dynamics", "inverse", "angles",
    "joint", "moments", "coordinates", "motion", "plates",
}  # fmt: skip
#: How BIDS names a system of sensors.
_SYSTEM = re.compile(r"(?i)_tracksys-[a-z0-9]+")


@dataclass(frozen=True)
class TrialFiles:
    """Files of one trial.

    Parameters
    ----------
    paths : tuple of Path
        In the order of their names.
    name : str
        Of the trial: what their names have in common.
    holder : Path
        The folder of the trial, or of its session: above folders such as ``MarkerData``.
    session : bool
        Whether the folders are those of a program that keeps one person's session in a folder.
    """

    paths: tuple[Path, ...]
    name: str
    holder: Path
    session: bool


def group_files(paths: Iterable[Path]) -> list[TrialFiles]:
    """Put the files of each trial together.

    Parameters
    ----------
    paths : iterable of Path
        Of recordings.

    Returns
    -------
    list of TrialFiles
        In the order of the first file of each. Files are of one trial if their names differ only in
        the ending and in words such as ``ik``, ``grf`` or ``imu``, and their folders only in names
        such as ``MarkerData``.
    """
    found: dict[tuple[Path, str], list[Path]] = {}
    for path in paths:
        found.setdefault((_holder(path), trial_name(path).lower()), []).append(path)
    return [
        TrialFiles(
            tuple(several),
            trial_name(several[0]) if len(several) > 1 else several[0].stem,
            holder,
            any(_is_of_session(path, holder) for path in several),
        )
        for (holder, _), several in found.items()
    ]


def _holder(path: Path) -> Path:
    folder = path.parent
    while folder.name.lower() in _CONTAINERS and folder != folder.parent:
        folder = folder.parent
    return folder


def _is_of_session(path: Path, holder: Path) -> bool:
    between = path.parent.relative_to(holder).parts
    return any(part.lower() in _OF_SESSIONS for part in between)


def trial_name(path: Path) -> str:
    """Name of a file without the words that say what kind of data it holds.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    str
        The name of its folder, if there are only such words in the file's.

    Examples
    --------
    >>> trial_name(Path("P1/walk1_ik.mot")), trial_name(Path("P1/walk1/imu.csv"))
    ('walk1', 'walk1')
    """
    stem = Path(path.stem).stem if path.suffix.lower() == ".gz" else path.stem
    parts = re.split(r"([_. -]+)", _SYSTEM.sub("", stem))
    words, breaks = parts[::2], ["", *parts[1::2]]
    kept = [
        (at, word) for at, word in zip(breaks, words, strict=True) if word.lower() not in _KINDS
    ]
    if not any(word for _, word in kept):
        return _holder(path).name or stem
    return "".join(at + word for at, word in kept).lstrip("_. -")
