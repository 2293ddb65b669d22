"""Overground walks of 18 people of Schreiber & Moissenet 2019: markers, forces, joint angles."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.datasets.array_files import open_arrays
from gaitcast.datasets.coordinate_samples import coordinate_samples
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.datasets.plate_forces import contact_events, plate_samples
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

RATE_HZ = 100.0
_NAME = re.compile(r"\d{7}")
_WALK = re.compile(r"((C[45])_\d{2})_markers_m")
_SPEEDS = {"C4": "self-selected", "C5": "fast"}
_VECTORS = {"force": "force_N", "pos": "cop_m", "torque": "free_moment_Nm"}
_NEEDED = ("person", "static_markers_m", "static_marker_names")
_PERSON = {
    "height_m": "height_m", "mass_kg": "mass_kg", "leg_right_m": "right_leg_length_m",
    "leg_left_m": "left_leg_length_m",
}  # fmt: skip


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each walk, and the standing trial."""
    if not _NAME.fullmatch(path.stem):
        raise GaitcastError("not named as in this set", where=str(path), hint="2014001.npz")
    with open_arrays(path, _NEEDED) as file:
        walks = [found.groups() for name in file.files if (found := _WALK.fullmatch(name))]
        if not walks:
            raise GaitcastError("not a file of this set: no walk")
        recordings = [_walk(path, file, walk, condition, max_gap_s) for walk, condition in walks]
        still = _markers(file["static_marker_names"], file["static_markers_m"][None])
        recordings.append(
            Recording(
                path.stem, f"{path.stem}_static", RATE_HZ, np.zeros(1),
                np.column_stack(list(still.values())), tuple(still),
                covariates={"condition": "static"}, max_gap_s=max_gap_s,
            )
        )  # fmt: skip
    return recordings


def _walk(path: Path, file: Any, walk: str, condition: str, max_gap_s: float) -> Recording:
    time_s = file[f"{walk}_time_s"].astype(float)
    plate_time_s = file[f"{walk}_grf_time_s"].astype(float)
    samples = _markers(file[f"{walk}_marker_names"], file[f"{walk}_markers_m"])
    events: dict[str, np.ndarray] = {}
    for side in ("left", "right"):
        vectors = {ours: file[f"{walk}_{side}_{name}"] for ours, name in _VECTORS.items()}
        samples |= plate_samples(f"{side}_plate", vectors, plate_time_s, time_s)
        events |= contact_events(side, plate_time_s, vectors["force"][:, 2])
    samples |= coordinate_samples(
        file[f"{walk}_ik_columns"], file[f"{walk}_ik_deg"], time_s, knee_sign=1.0
    )
    notes = ["joint angles are an inverse kinematics of the markers, known between toe-offs only"]
    if bool(file[f"{walk}_plates_swapped_against_source"]):
        notes.append("the source gave each plate to the wrong foot; put right in this file")
    return Recording(
        path.stem, f"{path.stem}_{walk}", RATE_HZ, time_s, np.column_stack(list(samples.values())),
        tuple(samples), events, {"condition": condition, "speed": _SPEEDS[condition]},
        tuple(notes), max_gap_s,
    )  # fmt: skip


def _markers(names: np.ndarray, places: np.ndarray) -> dict[str, np.ndarray]:
    return {
        channel: places[:, k, axis].astype(float)
        for k, name in enumerate(names)
        for axis, channel in enumerate(marker_channels(str(name)))
    }


def _subjects(folder: Path) -> SubjectTable:
    people: dict[str, dict[str, float | str]] = {}
    for path in SCHREIBER2019_WALK18.paths(folder):
        with open_arrays(path, _NEEDED) as file:
            person = json.loads(str(file["person"]))
        people[path.stem] = {
            ours: float(person[name]) for name, ours in _PERSON.items() if name in person
        }
    return people


SCHREIBER2019_WALK18 = Dataset(
    name="schreiber2019-walk18",
    title="18 people overground at two speeds: 52 markers, forces of both feet, joint angles",
    citation="Schreiber, Moissenet, Sci Data 6:111, 2019, doi:10.1038/s41597-019-0124-4",
    licence="none stated (of these files; the original was given as CC BY 4.0)",
    source="https://github.com/aaronsfox/zmp-opensim",
    files=("20[0-9][0-9][0-9][0-9][0-9].npz",),
    read=_read,
    how_to_get=(
        "One 2014001.npz a person (C4_05_markers_m, C4_05_right_force_N ..., person, "
        "static_markers_m) from datasets/SchreiberMoissenet2019 of "
        "https://github.com/aaronsfox/zmp-opensim, z up and each plate given to its foot."
    ),
    subjects=_subjects,
)
