"""Knee goniometer and four EMG of one leg in level walking, healthy and with a knee disorder."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.datasets.array_files import table_of_set
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

RATE_HZ = 1000.0
_COLUMNS = {
    "knee_flexion_deg": "ipsi_knee_angle_flexion",
    "emg_rectus_femoris": "ipsi_rectusfemoris_emg_raw",
    "emg_biceps_femoris": "ipsi_bicepsfemoris_emg_raw",
    "emg_vastus_medialis": "ipsi_vastusmedialis_emg_raw",
    "emg_semitendinosus": "ipsi_semitendinosus_emg_raw",
}
_PERSON = re.compile(r"(healthy|impaired)\d{2}")
_NOTES = (
    "the goniometer's zero is not the anatomical zero, and the side of the leg is not stated",
    "assumed: EMG in mV (the source states no unit)",
)


def _columns(path: Path) -> dict[str, np.ndarray]:
    columns = table_of_set(path, ("person", "time_s", *_COLUMNS))
    for person in np.unique(columns["person"]):
        if not _PERSON.fullmatch(person):
            raise GaitcastError(f"not a person of this set: '{person}'", where=str(path))
    return columns


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One walk a person."""
    columns = _columns(path)
    matrix = np.column_stack([columns[name] for name in _COLUMNS])
    recordings = []
    for person in np.unique(columns["person"]):
        rows = columns["person"] == person
        recordings.append(
            Recording(
                str(person),
                f"{person}_walk",
                RATE_HZ,
                np.arange(int(rows.sum())) / RATE_HZ,
                matrix[rows],
                tuple(_COLUMNS.values()),
                covariates={"task": "walking"},
                notes=_NOTES,
                max_gap_s=max_gap_s,
            )
        )
    return recordings


def _subjects(folder: Path) -> SubjectTable:
    people = np.unique(_columns(UCI_EMG_KNEE22.paths(folder)[0])["person"])
    return {
        str(person): {"group": "healthy"}
        if person.startswith("healthy")
        else {"group": "impaired", "diagnosis": "knee disorder"}
        for person in people
    }


UCI_EMG_KNEE22 = Dataset(
    name="uci-emg-knee22",
    title="22 people, half with a knee disorder: knee goniometer and four EMG in walking, 1 kHz",
    citation="Sanchez O., Sotelo J., EMG dataset in Lower Limb, UCI repository, 2014",
    licence="none stated",
    source="https://github.com/LE0920E/EMG-dataset-in-Lower-limb",
    files=("gait.parquet",),
    read=_read,
    how_to_get=(
        "The walking trials of https://github.com/LE0920E/EMG-dataset-in-Lower-limb as one table "
        "gait.parquet (person healthy01 or impaired01 ..., time_s, knee_flexion_deg, "
        "emg_rectus_femoris, emg_biceps_femoris, emg_vastus_medialis, emg_semitendinosus)."
    ),
    subjects=_subjects,
)
