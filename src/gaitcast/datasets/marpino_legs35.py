"""Elderly and young people walking 5 m with IMUs on both feet, shanks and thighs."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.datasets.array_files import table_of_set
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

RATE_HZ = 100.0
_SIDES = ("left", "right")
_SEGMENTS = ("foot", "shank", "thigh")
#: Our axes (ahead, left, up) in the sensor's of a left leg: z points outward; x is along the limb,
#: upward on shank and thigh, downward on the foot. Of a right leg the first two are reversed.
_UP = (("y", 1.0), ("z", 1.0), ("x", 1.0))
_DOWN = (("y", -1.0), ("z", 1.0), ("x", -1.0))
#: In these legs the thigh's sensor swings twice as fast as the shank's: they are exchanged.
_EXCHANGED = (("E07", "left"), ("E09", "left"))
_PERSON = re.compile(r"[EY]\d{2}")
_GROUPS = {"E": "elderly", "Y": "young"}
_PRESSURES = tuple(f"{side}_{spot}_pressure_raw" for side in _SIDES for spot in ("toe", "heel"))
_ANGLES = {
    f"{side}_{joint}_flexion_derived_deg": f"{side}_{joint}_angle_flexion"
    for side in _SIDES
    for joint in ("knee", "ankle")
}
_SENSORS = tuple(
    f"{side}_{segment}_{quantity}_{axis}"
    for side in _SIDES
    for segment in _SEGMENTS
    for quantity in ("acc", "gyr")
    for axis in "xyz"
)
_NOTES = (
    "knee and ankle angles were derived from the gyroscopes, not measured; while standing they are "
    "left out: a weak label, right to a few degrees",
    "toe and heel pressure, in counts that are not calibrated, are left out",
)


def _columns(path: Path) -> dict[str, np.ndarray]:
    columns = table_of_set(path, ("person", "time_s", *_SENSORS, *_PRESSURES, *_ANGLES, "walking"))
    for person in np.unique(columns["person"]):
        if not _PERSON.fullmatch(person):
            raise GaitcastError(f"not a person of this set: '{person}'", where=str(path))
    return columns


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One trial a person: standing, about 5 m, standing."""
    columns = _columns(path)
    recordings = []
    for person in np.unique(columns["person"]):
        rows = columns["person"] == person
        own = {name: values[rows] for name, values in columns.items()}
        exchanged = [side for who, side in _EXCHANGED if who == person]
        samples = _imus(own, exchanged)
        walking = own["walking"] == 1
        for name, channel in _ANGLES.items():
            if np.isfinite(own[name]).any():
                samples[channel] = np.where(walking, own[name], np.nan)
        notes = tuple(
            f"assumed: shank and thigh sensors of the {side} leg are exchanged in the source "
            "(their swing rates show it); put right here"
            for side in exchanged
        )
        begin, end = np.flatnonzero(walking)[[0, -1]] / RATE_HZ
        recordings.append(
            Recording(
                str(person),
                f"{person}_walk",
                RATE_HZ,
                np.arange(len(walking)) / RATE_HZ,
                np.column_stack(list(samples.values())),
                tuple(samples),
                {"walking_begins": np.array([begin]), "walking_ends": np.array([end])},
                {"task": "stand, walk 5 m, stand"},
                (*notes, *_NOTES),
                max_gap_s,
            )
        )
    return recordings


def _imus(own: dict[str, np.ndarray], exchanged: list[str]) -> dict[str, np.ndarray]:
    found = {}
    for side in _SIDES:
        swap = {"shank": "thigh", "thigh": "shank"} if side in exchanged else {}
        across = 1.0 if side == "left" else -1.0
        for segment in _SEGMENTS:
            axes = _DOWN if segment == "foot" else _UP
            for quantity in ("acc", "gyr"):
                source = f"{side}_{swap.get(segment, segment)}_{quantity}"
                for ours, (theirs, sign) in zip("xyz", axes, strict=True):
                    turned = sign if ours == "z" else sign * across
                    found[f"{side}_{segment}_{quantity}_{ours}"] = (
                        turned * own[f"{source}_{theirs}"]
                    )
    return found


def _subjects(folder: Path) -> SubjectTable:
    people = np.unique(_columns(MARPINO_LEGS35.paths(folder)[0])["person"])
    return {str(person): {"group": _GROUPS[person[0]]} for person in people}


MARPINO_LEGS35 = Dataset(
    name="marpino-legs35",
    title="35 elderly and young people walking 5 m: IMUs on feet, shanks and thighs, 100 Hz",
    citation="Marpino, Walking-dataset, github.com/Marpino/Walking-dataset",
    licence="none stated",
    source="https://github.com/Marpino/Walking-dataset",
    files=("legs35.parquet",),
    read=_read,
    how_to_get=(
        "The xlsx files of https://github.com/Marpino/Walking-dataset as one table legs35.parquet "
        "(person E01 or Y01 ..., time_s, right_foot_acc_x ..., pressures, walking, derived angles)."
    ),
    subjects=_subjects,
)
