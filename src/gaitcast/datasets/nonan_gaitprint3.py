"""Fifty seconds of overground walking of three people in an IMU suit (NONAN GaitPrint)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.datasets.array_files import table_of_set
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

RATE_HZ = 200.0
_SIDES = {"lt": "left", "rt": "right"}
_ANGLES = {
    f"{word}_{short}_deg": f"{side}_{joint}_angle_flexion"
    for short, side in _SIDES.items()
    for word, joint in (
        ("hip_flexion", "hip"),
        ("knee_flexion", "knee"),
        ("ankle_dorsiflexion", "ankle"),
    )
}
#: Positive where the lower end is ahead, which is a negative pitch about our y.
_PITCHES = {
    f"{segment}_pitch_{short}_deg": f"{side}_{segment}_tilt_pitch"
    for short, side in _SIDES.items()
    for segment in ("thigh", "shank", "foot")
}
_CONTACTS = {f"contact_{short}": side for short, side in _SIDES.items()}
_TRUNK = "lumbar_flexion_deg"
_PEOPLE = ("young", "middle", "old")


def _columns(path: Path) -> dict[str, np.ndarray]:
    columns = table_of_set(path, ("person", "time", *_PITCHES, *_CONTACTS, _TRUNK, *_ANGLES))
    if not set(_PEOPLE) >= {*columns["person"]}:
        raise GaitcastError("not the people of this set", where=str(path))
    return columns


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One walk a person."""
    columns = _columns(path)
    recordings = []
    for person in dict.fromkeys(columns["person"].tolist()):
        rows = columns["person"] == person
        time_s = np.arange(int(rows.sum())) / RATE_HZ
        samples = {channel: columns[name][rows] for name, channel in _ANGLES.items()}
        samples |= {channel: -columns[name][rows] for name, channel in _PITCHES.items()}
        samples["center_trunk_angle_flexion"] = columns[_TRUNK][rows]
        events = {}
        for name, side in _CONTACTS.items():
            change = np.diff((columns[name][rows] > 0).astype(int))
            events[f"{side}_heel_strike"] = time_s[np.flatnonzero(change > 0) + 1]
            events[f"{side}_toe_off"] = time_s[np.flatnonzero(change < 0) + 1]
        recordings.append(
            Recording(
                person,
                f"{person}_walk",
                RATE_HZ,
                time_s,
                np.column_stack(list(samples.values())),
                tuple(samples),
                events,
                {"task": "walking"},
                ("angles are the suit's; events are where its contact signal changes",),
                max_gap_s,
            )
        )
    return recordings


def _subjects(folder: Path) -> SubjectTable:
    people = _columns(NONAN_GAITPRINT3.paths(folder)[0])["person"]
    return {person: {"group": person} for person in dict.fromkeys(people.tolist())}


NONAN_GAITPRINT3 = Dataset(
    name="nonan-gaitprint3",
    title="3 people (young, middle, old), 50 s overground each: leg angles of an IMU suit, 200 Hz",
    citation="Wiles et al., NONAN GaitPrint, Sci Data 10, 2023; data of the R package nonanR",
    licence="none stated (of the data)",
    source="https://github.com/Nonlinear-Analysis-Core/nonanR",
    files=("gaitprint3.parquet",),
    read=_read,
    how_to_get=(
        "The three walks in data-raw of https://github.com/Nonlinear-Analysis-Core/nonanR as one "
        "table gaitprint3.parquet (person, time, thigh_pitch_lt_deg ..., knee_flexion_rt_deg ...)."
    ),
    subjects=_subjects,
)
