"""Ten people running on a treadmill at 2 to 5 m/s: markers, forces, joint angles (Hamner 2013)."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
from scipy.optimize import linear_sum_assignment

from gaitcast.channel import marker_channels
from gaitcast.datasets.array_files import open_arrays
from gaitcast.datasets.coordinate_samples import coordinate_samples
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.datasets.plate_forces import contact_events, plate_samples
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

_NAME = re.compile(r"subject\d{2}")
_SPEEDS = (2, 3, 4, 5)
_MASS = "mass_kg_from_mean_vertical_force"
_NEEDED = ("marker_names", "ik_columns", _MASS, "run5_markers_m", "run5_right_force_N")
#: Weight of how far a marker moves against where it is, when the markers of two runs are compared.
_MOTION = 0.3
#: Farther apart than that, a marker of a run is none of the named ones.
_MOST_M = 0.4
_TWICE = {
    "subject04": "this person's runs are among OpenSim's own samples too",
    "subject01": "perhaps a person of Arnold 2013 too",
    "subject02": "perhaps a person of Arnold 2013 too",
    "subject19": "perhaps a person of Arnold 2013 too",
}


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each run."""
    if not _NAME.fullmatch(path.stem):
        raise GaitcastError("not named as in this set", where=str(path), hint="subject01.npz")
    with open_arrays(path, _NEEDED) as file:
        labels = [str(label) for label in file["marker_names"]]
        named = file["run5_markers_m"].astype(float)
        return [
            _run(path, file, speed, _labelled(file, speed, labels, named), max_gap_s)
            for speed in _SPEEDS
            if f"run{speed}_markers_m" in file.files
        ]


def _labelled(file: Any, speed: int, labels: list[str], named: np.ndarray) -> dict[str, np.ndarray]:
    """Markers of a run by their labels.

    The file has one list of labels, in the order of the run at 5 m/s; in other runs of some people
    the columns stand in another order. Each is given the label of the marker that is at the same
    place of the body, and moves as far, in that run.
    """
    places = file[f"run{speed}_markers_m"].astype(float)
    if speed == 5:
        return {label: places[:, k] for k, label in enumerate(labels)}
    middle, spread = np.nanmean(places, axis=0), np.nanstd(places, axis=0)
    middle5, spread5 = np.nanmean(named, axis=0), np.nanstd(named, axis=0)
    motion = np.linalg.norm(spread[:, None] - spread5[None], axis=2)
    shift = np.zeros(3)
    for _ in range(5):  # the person runs elsewhere on the belt
        apart = np.linalg.norm((middle - shift)[:, None] - middle5[None], axis=2)
        mine, theirs = linear_sum_assignment(apart + _MOTION * motion)
        shift = np.median(middle[mine] - middle5[theirs], axis=0)
    return {
        labels[their]: places[:, my]
        for my, their in sorted(zip(mine, theirs, strict=True), key=lambda pair: pair[1])
        if apart[my, their] < _MOST_M
    }


def _run(
    path: Path, file: Any, speed: int, markers: dict[str, np.ndarray], max_gap_s: float
) -> Recording:
    """One run, as far as markers, forces and angles go together."""
    time_s = file[f"run{speed}_time_s"].astype(float)
    plate_time_s = file[f"run{speed}_grf_time_s"].astype(float)
    angles = file[f"run{speed}_ik_deg"]
    length = int(np.searchsorted(time_s, min(plate_time_s[-1], angles[-1, 0]) + 1e-3))
    time_s = time_s[:length]
    samples = {
        channel: places[:length, axis]
        for label, places in markers.items()
        for axis, channel in enumerate(marker_channels(label))
    }
    events: dict[str, np.ndarray] = {}
    for side in ("left", "right"):
        vectors = {
            "force": file[f"run{speed}_{side}_force_N"],
            "pos": file[f"run{speed}_{side}_cop_m"],
        }
        samples |= plate_samples(f"{side}_plate", vectors, plate_time_s, time_s)
        events |= contact_events(side, plate_time_s, vectors["force"][:, 2])
    samples |= coordinate_samples(file["ik_columns"], angles, time_s, knee_sign=-1.0)
    notes = ["joint angles are an inverse kinematics of the markers"]
    if speed != 5:
        notes.append(
            "assumed: which marker is which, by its place on the body in the run at 5 m/s, whose "
            "order the file's list of labels has"
        )
    if path.stem in _TWICE:
        notes.append(f"{_TWICE[path.stem]}: keep both on one side of a split")
    return Recording(
        path.stem, f"{path.stem}_run{speed}", round((len(time_s) - 1) / np.ptp(time_s), 2), time_s,
        np.column_stack(list(samples.values())), tuple(samples), events,
        {"speed_mps": float(speed), "surface": "treadmill"}, tuple(notes), max_gap_s,
    )  # fmt: skip


def _subjects(folder: Path) -> SubjectTable:
    people: dict[str, dict[str, float | str]] = {}
    for path in HAMNER2013_RUN10.paths(folder):
        with open_arrays(path, _NEEDED) as file:
            people[path.stem] = {"mass_kg": float(file[_MASS])}
    return people


HAMNER2013_RUN10 = Dataset(
    name="hamner2013-run10",
    title="10 people running at 2, 3, 4 and 5 m/s on a treadmill: markers, forces, joint angles",
    citation="Hamner, Delp, J Biomech 46:780, 2013; prepared for Fox, R Soc Open Sci 2024",
    licence="none stated",
    source="https://github.com/aaronsfox/zmp-opensim",
    files=("subject[0-9][0-9].npz",),
    read=_read,
    how_to_get=(
        "One subject01.npz a person (run2_markers_m, run2_right_force_N, run2_ik_deg ..., "
        "marker_names, ik_columns) from datasets/HamnerDelp2013 of "
        "https://github.com/aaronsfox/zmp-opensim, z up."
    ),
    subjects=_subjects,
)
