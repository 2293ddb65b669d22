"""Right stance steps with eight IMUs, markers and ground force (Tan et al. 2022)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

RATE_HZ = 100.0
_PLACES = {
    "L_FOOT": "left_foot", "R_FOOT": "right_foot", "L_SHANK": "left_shank",
    "R_SHANK": "right_shank", "L_THIGH": "left_thigh", "R_THIGH": "right_thigh",
    "WAIST": "center_pelvis", "CHEST": "center_trunk",
}  # fmt: skip
#: Laboratory axes are x to the right, y forward, z up.
_FORWARD, _LEFT, _UP = ("y", 1.0), ("x", -1.0), ("z", 1.0)
LEAST_LOAD_N = 20.0


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each step a recording, from 0.2 s before heel strike to 0.2 s after toe-off."""
    try:
        with np.load(path, allow_pickle=False) as file:
            columns = [str(name) for name in file["columns"]]
            parts = [file[key] for key in ("data", "subject", "length")]
    except (KeyError, ValueError, OSError) as error:
        raise GaitcastError(f"not the steps of this set: {error}", where=str(path)) from error
    recordings = []
    count: dict[int, int] = {}
    for data, person, length in zip(*parts, strict=True):
        subject = int(person)
        count[subject] = count.get(subject, 0) + 1
        rows = dict(zip(columns, data[: int(length)].T.astype(float), strict=True))
        samples = _imus(rows) | _markers(rows) | _force(rows)
        recordings.append(
            Recording(
                f"P{subject}",
                f"P{subject}_step{count[subject]:02d}",
                RATE_HZ,
                np.arange(int(length)) / RATE_HZ,
                np.column_stack(list(samples.values())),
                tuple(samples),
                max_gap_s=max_gap_s,
            )
        )
    return recordings


def _imus(rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """IMUs in our axes; gravity and swing show that their x is left, y up and z ahead."""
    return {
        f"{place}_{quantity}_{ours}": rows[f"{word}{theirs}_{key}"]
        for key, place in _PLACES.items()
        for word, quantity in (("Accel", "acc"), ("Gyro", "gyr"))
        for ours, theirs in zip("xyz", "ZXY", strict=True)
    }


def _markers(rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    found = {}
    for name in rows:
        if name.endswith("_X") and not name.startswith("EXT"):
            label = name[:-2]
            for channel, (axis, sign) in zip(
                marker_channels(label), (_FORWARD, _LEFT, _UP), strict=True
            ):
                found[channel] = sign * rows[f"{label}_{axis.upper()}"] / 1000
    return found


def _force(rows: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Ground reaction; the file has the opposite, the force of the foot on the plate."""
    axes = zip("xyz", (_FORWARD, _LEFT, _UP), strict=True)
    found = {}
    loaded = -rows["plate_2_force_z"] > LEAST_LOAD_N
    for ours, (axis, sign) in axes:
        found[f"right_plate_force_{ours}"] = -sign * rows[f"plate_2_force_{axis}"]
        place = sign * rows[f"plate_2_cop_{axis}"] / 1000
        found[f"right_plate_pos_{ours}"] = np.where(loaded, place, np.nan)
    return found


def _subjects(folder: Path) -> SubjectTable:
    with np.load(TAN2022.paths(folder)[0], allow_pickle=False) as file:
        return {
            f"P{int(person)}": {"mass_kg": float(mass), "height_m": float(height)}
            for person, mass, height in zip(
                file["subject"], file["mass_kg"], file["height_m"], strict=True
            )
        }


TAN2022 = Dataset(
    name="kam-imu-grf-mocap",
    title="Four people, 50 right steps: eight IMUs, 32 markers, ground force, 100 Hz",
    citation="Tan et al., IMU and smartphone camera fusion for knee moments, IEEE TII 2022",
    licence="none stated (full set: SimTK imukinetics)",
    source="https://github.com/TheOne-1/KAM_and_KFM_Estimation",
    files=("steps.npz",),
    read=_read,
    how_to_get=(
        "Stack the steps of example_data.h5, and of its earlier versions in the history, of the "
        "GitHub repository TheOne-1/KAM_and_KFM_Estimation into steps.npz (data, columns, subject, "
        "mass_kg, height_m, length)."
    ),
    subjects=_subjects,
)
