"""Six IMUs on the legs in twelve daily activities of 18 people (HuGaDB, Chereshnev 2017)."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path

import numpy as np

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.units import factor

#: Stated by the authors; the whole set's samples over its duration give 58.8.
RATE_HZ = 56.35
_NAME = re.compile(r"HuGaDB_v(\d)_(.+)_(\d{2})_(\d{2})\.txt")
_PLACES = {
    "rf": "right_foot", "rs": "right_shank", "rt": "right_thigh",
    "lf": "left_foot", "ls": "left_shank", "lt": "left_thigh",
}  # fmt: skip
#: Full scale 2 g and 2000 deg/s in 16 bits.
_SCALES = (("acc", factor("g", "acc") / 16384), ("gyr", 2000 / 32768))
_ACTIVITIES = (
    "", "walking", "running", "going_up", "going_down", "sitting", "sitting_down", "standing_up",
    "standing", "bicycling", "up_by_elevator", "down_by_elevator", "sitting_in_car",
)  # fmt: skip
#: People without a broken gyroscope in walking, by the README of version 1.
_CLEAN = (1, 2, 8, 10)
_MOST_CLIPPED = 0.01
_PEOPLE = (
    "75,177,24M 80,183,22M 65,183,23M 93,189,24M 63,183,35M 54,168,25F 52,161,22F 80,176,23M "
    "65,175,24F 118,183,27M 85,203,24M 85,192,23M 64,174,18M 68,175,19M 72,178,23M 48,164,26F "
    "85,179,25M 70,180,19M"
)


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One file; sensor axes as mounted; EMG, which has no unit, is left out."""
    found = _NAME.fullmatch(path.name)
    if not found:
        raise GaitcastError(
            "not named as in this set", where=str(path), hint="HuGaDB_v2_walking_01_00.txt"
        )
    version, activity, person, _ = found.groups()
    columns = _columns(path)
    samples, clipped = {}, []
    for key, place in _PLACES.items():
        for quantity, scale in _SCALES:
            for axis in "xyz":
                raw = _column(columns, f"{quantity.replace('gyr', 'gyro')}_{key}_{axis}", path)
                samples[f"{place}_{quantity}_{axis}"] = raw * scale
                if quantity == "gyr" and (np.abs(raw) >= 32767).mean() > _MOST_CLIPPED:
                    clipped.append(f"{place}_gyr_{axis}")
    notes = [f"assumed: {RATE_HZ} Hz (the files have no clock; other readers take 58 or 60)"]
    notes += [f"warning: {name} is clipped: the file's gyroscope is corrupted" for name in clipped]
    if version == "1" and int(person) not in _CLEAN:
        notes.append("warning: the README lists broken gyroscopes in files of this person")
    time_s = np.arange(len(columns["act"])) / RATE_HZ
    names, events = _activities(columns["act"], time_s)
    return [
        Recording(
            f"P{person}", path.stem, RATE_HZ, time_s, np.column_stack(list(samples.values())),
            tuple(samples), events, {"activity": activity, "activities": ", ".join(names)},
            tuple(notes), max_gap_s,
        )
    ]  # fmt: skip


def _columns(path: Path) -> dict[str, np.ndarray]:
    """Comment lines, one line of names, then integers."""
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError as error:
        raise GaitcastError(error.strerror or "cannot be read", where=str(path)) from error
    lines = [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    if len(lines) < 2:
        raise GaitcastError("the file has no samples", where=str(path))
    names = lines[0].split("\t")
    try:
        rows = np.loadtxt(lines[1:], delimiter="\t", ndmin=2)
    except ValueError as error:
        raise GaitcastError(f"a row differs from the others: {error}", where=str(path)) from error
    if rows.shape[1] != len(names):
        raise GaitcastError(f"{rows.shape[1]} values for {len(names)} columns", where=str(path))
    columns = dict(zip(names, rows.T, strict=True))
    if not np.isfinite(_column(columns, "act", path)).all():
        raise GaitcastError("an activity is not a number", where=str(path))
    return columns


def _column(columns: dict[str, np.ndarray], name: str, path: Path) -> np.ndarray:
    if name not in columns:
        raise GaitcastError(f"no column '{name}'", where=str(path))
    return columns[name]


def _activities(act: np.ndarray, time_s: np.ndarray) -> tuple[list[str], dict[str, np.ndarray]]:
    """Activities of a file, and when each begins."""
    edges = [0, *(np.flatnonzero(np.diff(act)) + 1).tolist(), len(act)]
    begins: dict[str, list[float]] = {}
    for start, _ in pairwise(edges):
        k = int(act[start])
        word = _ACTIVITIES[k] if 0 < k < len(_ACTIVITIES) else f"activity_{k}"
        begins.setdefault(word, []).append(float(time_s[start]))
    return [*begins], {f"{word}_begins": np.array(times) for word, times in begins.items()}


def _subjects(_: Path) -> SubjectTable:
    people: dict[str, dict[str, float | str]] = {}
    for number, person in enumerate(_PEOPLE.split(), start=1):
        mass, height, age = person.split(",")
        people[f"P{number:02d}"] = {
            "mass_kg": float(mass),
            "height_m": float(height) / 100,
            "age": float(age[:-1]),
            "sex": age[-1],
        }
    return people


HUGADB = Dataset(
    name="hugadb",
    title="18 people in twelve activities: IMUs on both feet, shanks and thighs, about 56 Hz",
    citation="Chereshnev, Kertesz-Farkas, HuGaDB, AIST 2017, doi:10.1007/978-3-319-73013-4_12",
    licence="none stated",
    source="https://github.com/romanchereshnev/HuGaDB",
    files=("**/HuGaDB_v[0-9]_*_[0-9][0-9]_[0-9][0-9].txt",),
    read=_read,
    how_to_get=(
        "Take the .txt files (HuGaDB_v2_walking_01_00.txt ...) from the links in the README of the "
        "GitHub repository romanchereshnev/HuGaDB."
    ),
    subjects=_subjects,
)
