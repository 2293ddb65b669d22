"""Overground barefoot walking with full-body markers and two plates (Horst et al. 2019)."""

from __future__ import annotations

from pathlib import Path

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.io.c3d import read_c3d
from gaitcast.recording import Recording


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    return [read_c3d(path, max_gap_s=max_gap_s)]


def _subjects(folder: Path) -> SubjectTable:
    path = folder / "Gait_subject_info.csv"
    if not path.is_file():
        return {}
    people: dict[str, dict[str, float | str]] = {}
    for line in path.read_text(encoding="utf-8").splitlines()[1:]:
        fields = [field.strip().replace(",", ".") for field in line.split(";")]
        if len(fields) >= 5:
            subject, sex, age, mass, size = fields[:5]
            people[subject] = {
                "sex": "F" if sex == "1" else "M",
                "age": float(age),
                "mass_kg": float(mass),
                "height_m": float(size),
            }
    return people


HORST2019 = Dataset(
    name="horst2019-s01",
    title="Barefoot overground walks: 54 full-body markers at 250 Hz, two plates at 1 kHz",
    citation="Horst et al., Explaining the unique nature of individual gait patterns, Sci Rep 2019",
    licence="CC BY 4.0 (Mendeley)",
    source="https://github.com/nikorose87/DJS-GA",
    files=("S[0-9][0-9]_[0-9][0-9][0-9][0-9]_*.c3d",),
    read=_read,
    how_to_get=(
        "Take C3D/Gait_rawdata_c3d and Horst/Gait_subject_info.csv of the GitHub repository "
        "nikorose87/DJS-GA, or the set on Mendeley Data."
    ),
    subjects=_subjects,
)
