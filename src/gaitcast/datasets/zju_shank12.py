"""Twelve people walking in five ways: IMUs on both shanks, for some walks markers and plates."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.datasets.array_files import open_arrays
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.datasets.plate_clock import frames_late
from gaitcast.datasets.plate_forces import contact_events, plate_samples
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

RATE_HZ = 100.0
PLATE_HZ = 1000.0
_TEN = round(PLATE_HZ / RATE_HZ)
_NAME = re.compile(r"Z\d{2}")
_IMU = re.compile(r"imu_((Norm|Slow|Fast|Rmin|Lmin)_(\d{2}))")
_WALKS = {"Norm": "normal", "Slow": "slow", "Fast": "fast"}
_UNITS = np.repeat([0.01, 0.1], 3)
#: Rows are our axes (ahead, left, up) in the sensor's: y points down the shank, z outward.
_AXES = {
    "left": np.array([[1.0, 0, 0], [0, 0, 1], [0, -1, 0]]),
    "right": np.array([[-1.0, 0, 0], [0, 0, -1], [0, -1, 0]]),
}
#: The source's HIP is the greater trochanter (no joint centre), and the second markers are medial.
_SPOTS = {"HIP": "GTR", "KNE2": "KNEEMED", "ANK2": "ANKLEMED"}
_MISSING = -32768
_PLATE_UNITS = np.array([0.05, 0.05, 0.05, 1e-4, 1e-4, 0.005])
#: Of the third plate, whose scale is wrong: well above its noise, well below a contact.
_CONTACT = 600
#: A lag of the plates of fewer frames is not removed: the pelvis is not the centre of mass.
_LEAST_LATE = 2
#: Of the IMU before the plates, s, in the recordings that estimate force.
_BEFORE_S = 1.5
_NEEDED = ("mass_kg", "height_cm", "marker_names", "static_markers_Norm")


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each IMU recording, each passage over the plates and each standing trial of a person.

    A passage is a recording of its own beside the whole IMU recording that it is a part of, on the
    clock of its markers; another one, ``_force``, begins up to 1.5 s before it, where force
    is not known.
    """
    if not _NAME.fullmatch(path.stem):
        raise GaitcastError("not named as in this set", where=str(path), hint="Z01.npz")
    with open_arrays(path, _NEEDED) as file:
        keys = sorted(found.groups() for name in file.files if (found := _IMU.fullmatch(name)))
        if not keys:
            raise GaitcastError("not a file of this set: no IMU recording")
        first = {walk: min(number for _, w, number in keys if w == walk) for _, walk, _ in keys}
        late = _plates_late(file)
        names = [str(name) for name in file["marker_names"]]
        about: dict[str, float | str]
        recordings = []
        for walk in first:
            still = file[f"static_markers_{walk}"].astype(float)[None]
            about = {"walk": _WALKS.get(walk, walk), "task": "standing"}
            trial = f"{walk}_static"
            recordings.append(_recording(path, trial, _markers(names, still), {}, about, max_gap_s))
        for trial, walk, number in keys:
            imu = file[f"imu_{trial}"]
            about = {
                "walk": _WALKS.get(walk, walk),
                "task": "standing" if number == first[walk] else "walking",
            }
            whole = _imus(imu, {"left": 0, "right": 0}, len(imu))
            recordings.append(_recording(path, trial, whole, {}, about, max_gap_s))
            if f"plates_{trial}" in file.files:
                passage = _passage(path, file, trial, imu, about, max_gap_s, late)
                recordings += [passage, _with_past(passage, imu, _begin(file, trial))]
    return recordings


def _recording(
    path: Path,
    trial: str,
    samples: dict[str, np.ndarray],
    events: dict[str, np.ndarray],
    about: dict[str, float | str],
    max_gap_s: float,
) -> Recording:
    matrix = np.column_stack(list(samples.values()))
    time_s = np.arange(len(matrix)) / RATE_HZ
    return Recording(
        path.stem, f"{path.stem}_{trial}", RATE_HZ, time_s, matrix, tuple(samples), events, about,
        max_gap_s=max_gap_s,
    )  # fmt: skip


def _imus(imu: np.ndarray, begin: dict[str, int], length: int) -> dict[str, np.ndarray]:
    """Both shanks in our axes, from counts (n, 12), each from a sample of its own on."""
    found = {}
    for side, columns in (("left", slice(0, 6)), ("right", slice(6, 12))):
        raw = imu[begin[side] : begin[side] + length, columns] * _UNITS
        for quantity, vectors in (("acc", raw[:, :3]), ("gyr", raw[:, 3:])):
            for axis, column in zip("xyz", (vectors @ _AXES[side].T).T, strict=True):
                found[f"{side}_shank_{quantity}_{axis}"] = column
    return found


def _markers(names: list[str], places: np.ndarray) -> dict[str, np.ndarray]:
    """Markers (n, markers, 3), m."""
    return {
        channel: places[:, k, axis]
        for k, name in enumerate(names)
        for axis, channel in enumerate(marker_channels(name[0] + _SPOTS.get(name[1:], name[1:])))
    }


def _passage(
    path: Path,
    file: Any,
    trial: str,
    imu: np.ndarray,
    about: dict[str, float | str],
    max_gap_s: float,
    late: int,
) -> Recording:
    """The second over the plates, up to where the left foot meets the third plate.

    From there on the plate that was the left foot's reads nothing while that foot is loaded.
    """
    plates = _until_third(file, trial)[_TEN * late :]
    counts = file[f"markers_{trial}"].astype(float)
    begin = _begin(file, trial)
    length = min(len(counts), *(len(imu) - at for at in begin.values()), len(plates) // _TEN)
    time_s = np.arange(length) / RATE_HZ
    samples = _imus(imu, begin, length)
    places = np.where(counts == _MISSING, np.nan, counts * 1e-4)[:length]
    markers = _markers([str(name) for name in file["marker_names"]], places)
    plate_time_s = np.arange(length * _TEN) / PLATE_HZ
    events: dict[str, np.ndarray] = {}
    for k, side in enumerate(("left", "right")):
        raw = plates[: len(plate_time_s), k].astype(float)
        rows = np.where(raw == _MISSING, np.nan, raw * _PLATE_UNITS)
        ground = np.where(np.isfinite(rows[:, 3]), 0.0, np.nan)
        none = np.zeros(len(rows))
        vectors = {
            "force": np.nan_to_num(rows[:, :3]),
            "pos": np.column_stack([rows[:, 3:5], ground]),
            "torque": np.column_stack([none, none, np.nan_to_num(rows[:, 5])]),
        }
        samples |= plate_samples(f"{side}_plate", vectors, plate_time_s, time_s)
        events |= contact_events(side, plate_time_s, vectors["force"][:, 2])
    pelvis = np.column_stack(
        [markers[f"{side}_{side[0].upper()}PSI_marker_x"] for side in ("left", "right")]
    ).mean(axis=1)
    speed = float(np.nanmedian(np.gradient(pelvis) * RATE_HZ))
    here = {**about, "begins_s": begin["left"] / RATE_HZ}
    if np.isfinite(speed):
        here["speed_mps"] = round(speed, 3)
    if late:
        here["plates_late_s"] = late / RATE_HZ
    return _recording(path, f"{trial}_plates", samples | markers, events, here, max_gap_s)


def _begin(file: Any, trial: str) -> dict[str, int]:
    """Sample of each IMU at the first frame of the markers."""
    return dict(zip(("left", "right"), map(int, file[f"imu0_{trial}"]), strict=True))


def _until_third(file: Any, trial: str) -> np.ndarray:
    """Rows of both plates up to where the left foot meets the third one."""
    over = np.convolve(file[f"plate3_{trial}"] > _CONTACT, np.ones(20), "valid") >= 20
    plates: np.ndarray = file[f"plates_{trial}"]
    return plates[: int(np.argmax(over))] if over.any() else plates


def _plates_late(file: Any) -> int:
    """Frames by which a person's plates lag their markers and IMUs.

    For two of eight people 4 frames: the pelvis is accelerated, the shank hit and the heel at rest
    so long before the plates show the load that does it. Within a frame for the others.
    """
    names = [str(name) for name in file["marker_names"]]
    pelvis = [names.index(side + spot) for side in "LR" for spot in ("ASI", "PSI")]
    heights, loads = [], []
    for trial in (name.removeprefix("plates_") for name in file.files if name[:7] == "plates_"):
        counts = file[f"markers_{trial}"][:, pelvis, 2].astype(float)
        counts[counts == _MISSING] = np.nan
        rows = _until_third(file, trial)[:, :, 2]
        lift = np.where(rows == _MISSING, 0, rows).sum(axis=1) * _PLATE_UNITS[2]
        length = min(len(counts), len(lift) // _TEN)
        heights.append(counts[:length].mean(axis=1) * 1e-4)
        loads.append(lift[: length * _TEN].reshape(length, _TEN).mean(axis=1))
    late = frames_late(heights, loads, RATE_HZ)
    return late if late >= _LEAST_LATE else 0


def _with_past(passage: Recording, imu: np.ndarray, begin: dict[str, int]) -> Recording:
    """IMUs from some seconds before a passage on, and its forces, not known (NaN) before."""
    before = min(round(_BEFORE_S * RATE_HZ), *begin.values())
    earlier = {side: at - before for side, at in begin.items()}
    samples = _imus(imu, earlier, before + len(passage))
    for name in passage.channels:
        if "_plate_force_" in name:
            samples[name] = np.append(np.full(before, np.nan), passage.column(name))
    begins_s = float(passage.covariates["begins_s"]) - before / RATE_HZ
    return replace(
        passage,
        trial=passage.trial.replace("_plates", "_force"),
        time_s=np.arange(before + len(passage)) / RATE_HZ,
        samples=np.column_stack(list(samples.values())),
        channels=tuple(samples),
        events={name: times + before / RATE_HZ for name, times in passage.events.items()},
        covariates={**passage.covariates, "begins_s": begins_s},
    )


def _subjects(folder: Path) -> SubjectTable:
    people: dict[str, dict[str, float | str]] = {}
    for path in ZJU_SHANK12.paths(folder):
        with open_arrays(path, _NEEDED) as file:
            people[path.stem] = {
                "mass_kg": float(file["mass_kg"]),
                "height_m": float(file["height_cm"]) / 100,
            }
    return people


ZJU_SHANK12 = Dataset(
    name="zju-shank12",
    title="12 people, five ways of walking: both shank IMUs, 360 passages with markers and plates",
    citation="Li T., GaitDynamicsIMU (Zhejiang University), github.com/zjulitong, 2020",
    licence="none stated",
    source="https://github.com/zjulitong/GaitDynamicsIMU",
    files=("Z[0-9][0-9].npz",),
    read=_read,
    how_to_get=(
        "One Z01.npz a person (imu_TYPE_NN, markers_TYPE_NN, plates_TYPE_NN, plate3_TYPE_NN, "
        "imu0_TYPE_NN ...) from EXPData_Process/EXPData and ShankMotionCal/RawData of "
        "https://github.com/zjulitong/GaitDynamicsIMU."
    ),
    subjects=_subjects,
)
