"""People after a stroke walking in an exoskeleton: thigh IMU, thigh pitch, heel pressure."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.datasets.array_files import table_of_set
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.units import factor

RATE_HZ = 100.0
_COLUMNS = ("person", "trial", "angle", *(f"linear_acceleration_{a}" for a in "xyz"),
            *(f"angular_velocity_{a}" for a in "xyz"), "heel_fsr_raw", "time_s")  # fmt: skip
_TRIAL = re.compile(r"(normal|pd|fep_advanced)_trial_(\d+)")
#: Sign of the source's angle, and of rotation about its z, in flexion. The sensor's y is up. The
#: thigh swings forward faster than it goes back and is flexed when the heel lands, which holds for
#: SUB2 with this sign and for the others with the opposite: their sensor is on the other side.
_FLEXION = {"SUB1": -1.0, "SUB2": 1.0, "SUB3": -1.0, "SUB4": -1.0, "SUB5": -1.0}
#: A contact begins where the pressure rises above this share of the trial's range.
_ON, _OFF = 0.3, 0.2
_NOTES = (
    "assumed: which way the thigh flexes, from its swing and the heel's contact",
    "heel events are where the raw heel pressure crosses 30 and 20 % of its range in the trial",
)


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each trial; the pitch is about our y, negative in flexion, as the gyroscope's."""
    columns = table_of_set(path, _COLUMNS)
    known = set(_FLEXION) >= {*columns["person"]} and all(
        _TRIAL.fullmatch(trial) for trial in np.unique(columns["trial"])
    )
    if not known:
        raise GaitcastError("not the people and trials of this set", where=str(path))
    recordings = []
    for person in np.unique(columns["person"]):
        for trial in np.unique(columns["trial"][columns["person"] == person]):
            rows = (columns["person"] == person) & (columns["trial"] == trial)
            own = {name: values[rows] for name, values in columns.items()}
            found = _TRIAL.fullmatch(trial)
            assert found is not None
            samples = _samples(own, _FLEXION[person])
            recordings.append(
                Recording(
                    str(person),
                    f"{person}_{trial}",
                    RATE_HZ,
                    own["time_s"],
                    np.column_stack(list(samples.values())),
                    tuple(samples),
                    _contacts(own["time_s"], own["heel_fsr_raw"]),
                    {"controller": found[1]},
                    _NOTES,
                    max_gap_s,
                )
            )
    return recordings


def _samples(own: dict[str, np.ndarray], sign: float) -> dict[str, np.ndarray]:
    """With z to the right where flexion is positive, the sensor's x is ahead; else it is behind."""
    axes = (("x", "x", sign), ("y", "z", -sign), ("z", "y", 1.0))
    found = {"ipsi_thigh_tilt_pitch": -sign * own["angle"]}
    for quantity, word, scale in (
        ("acc", "linear_acceleration", factor("g", "acc")),
        ("gyr", "angular_velocity", 1.0),
    ):
        for ours, theirs, turned in axes:
            found[f"ipsi_thigh_{quantity}_{ours}"] = turned * scale * own[f"{word}_{theirs}"]
    return found


def _contacts(time_s: np.ndarray, pressure: np.ndarray) -> dict[str, np.ndarray]:
    low, high = np.percentile(pressure, [5, 98])
    share = (pressure - low) / max(high - low, 1.0)
    events: dict[str, list[float]] = {"ipsi_heel_strike": [], "ipsi_heel_off": []}
    loaded = bool(share[0] > _ON)
    for t, value in zip(time_s.tolist(), share.tolist(), strict=True):
        if loaded and value < _OFF:
            events["ipsi_heel_off"].append(t)
            loaded = False
        elif not loaded and value > _ON:
            events["ipsi_heel_strike"].append(t)
            loaded = True
    return {name: np.array(times) for name, times in events.items()}


def _subjects(folder: Path) -> SubjectTable:
    del folder
    return {person: {"group": "impaired", "diagnosis": "stroke"} for person in _FLEXION}


STROKE5_THIGH = Dataset(
    name="stroke5-thigh-fsr",
    title="5 people after a stroke in an exoskeleton: thigh IMU and pitch, heel contacts, 100 Hz",
    citation="Ryu H., raw IMU and FSR of walking after stroke, github.com/hyungseok-ryu",
    licence="none stated",
    source="https://github.com/hyungseok-ryu/raw-imu-fsr-stroke-walking-dataset",
    files=("trials.parquet",),
    read=_read,
    how_to_get=(
        "The trials of https://github.com/hyungseok-ryu/raw-imu-fsr-stroke-walking-dataset as one "
        "table trials.parquet (person, trial, time_s, angle, linear_acceleration_x ..., "
        "angular_velocity_x ..., heel_fsr_raw)."
    ),
    subjects=_subjects,
)
