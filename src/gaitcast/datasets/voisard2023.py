"""Healthy people walking 10 m, turning and walking back, with hand-checked gait events."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.units import factor

RATE_HZ = 100.0
_SENSORS = {"lf": "left_foot", "rf": "right_foot", "lb": "center_pelvis"}


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One trial.

    Accelerometer and gyroscope of both feet and the lower back; the magnetometer, whose unit is
    unknown, is left out. These arrays lack the packet counter of the source's files: where packets
    are missing, samples come before the events that were marked on them.
    """
    parts, names = [], []
    try:
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
            for key, place in _SENSORS.items():
                acc, gyr = file[key][:, :3], file[key][:, 3:6]
                parts += [acc, gyr * factor("rad/s", "gyr")]
                names += [f"{place}_{quantity}_{a}" for quantity in ("acc", "gyr") for a in "xyz"]
        events = {}
        for side in ("left", "right"):
            pairs = np.array(meta[f"{side.capitalize()}FootEvents"], dtype=float).reshape(-1, 2)
            events[f"{side}_toe_off"], events[f"{side}_heel_strike"] = pairs.T / RATE_HZ
        subject = f"P{int(meta['Subject']):02d}"
        lengths = [len(part) for part in parts]
        length = min(lengths)
        samples = np.hstack([part[:length] for part in parts]).astype(float)
    except (KeyError, ValueError, TypeError, IndexError, OSError) as error:
        raise GaitcastError(f"not a trial of this set: {error}", where=str(path)) from error
    notes: tuple[str, ...] = ()
    lost = max((times.max() for times in events.values() if len(times)), default=0.0)
    if lost > length / RATE_HZ:
        notes = ("warning: events lie after the last sample: packets are missing",)
    if max(lengths) - length > 1:
        notes += (
            f"warning: its sensors have {length} to {max(lengths)} samples: packets are missing",
        )
    time_s = np.arange(length) / RATE_HZ
    return [
        Recording(
            subject, path.stem, RATE_HZ, time_s, samples, tuple(names), events, {}, notes, max_gap_s
        )
    ]


def _subjects(folder: Path) -> SubjectTable:
    people: dict[str, dict[str, float | str]] = {}
    for path in VOISARD2023.paths(folder):
        with np.load(path, allow_pickle=False) as file:
            meta = json.loads(str(file["meta"]))
        people[f"P{int(meta['Subject']):02d}"] = {
            "mass_kg": float(meta["Weight"]),
            "height_m": float(meta["Height"]) / 100,
            "age": float(meta["Age"]),
            "sex": str(meta["Gender"]),
        }
    return people


VOISARD2023 = Dataset(
    name="voisard-foot-imu",
    title="Healthy people, 10 m and back: IMUs on both feet and the lower back, checked events",
    citation="Voisard et al., Automatic gait events detection with IMUs, IPOL 2023 (art. 497)",
    licence="AGPL-3.0 (of the repository)",
    source="https://github.com/CyrilVoisard/ipol_dataset_1",
    files=("[0-9]*-[0-9]*.npz",),
    read=_read,
    how_to_get=(
        "Each trial as one .npz with lb, lf, rf (n, 9) and meta (JSON text), made from "
        "https://github.com/CyrilVoisard/ipol_dataset_1."
    ),
    subjects=_subjects,
)
