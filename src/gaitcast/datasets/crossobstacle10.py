"""Steps over obstacles of ten people, as curves over percent of the cycle."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.datasets.array_files import table_of_set
from gaitcast.datasets.dataset import Dataset
from gaitcast.errors import GaitcastError
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.recording import Recording

#: The curves are over percent of the cycle; their times are not in these files.
ASSUMED_STRIDE_S = 1.1
_POINTS = 101
#: Column -> channel after the side, and sign: moments of the source are internal ones, extension
#: and plantarflexion negative; ours resist flexion.
_CURVES = {
    "force": ("plate_force_z", 1.0),
    "ankle_angle": ("ankle_angle_flexion", 1.0),
    "ankle_moment": ("ankle_moment_flexion", -1.0),
    "knee_angle": ("knee_angle_flexion", 1.0),
    "knee_moment": ("knee_moment_flexion", -1.0),
    "hip_angle": ("hip_angle_flexion", 1.0),
    "hip_moment": ("hip_moment_flexion", -1.0),
}
_PERSON = re.compile(r"AB\d{2}")
_HEIGHT = re.compile(r"h(\d+)")
_NOTES = (f"assumed: a stride takes {ASSUMED_STRIDE_S} s; the curves are over percent of it",)


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each step."""
    columns = table_of_set(path, ("person", "side", "height", "step", "percent", *_CURVES))
    if not all(_PERSON.fullmatch(p) for p in np.unique(columns["person"])):
        raise GaitcastError("not the people of this set", where=str(path))
    starts = np.flatnonzero(columns["percent"] == 0)
    whole = np.arange(_POINTS)
    samples = np.column_stack([sign * columns[name] for name, (_, sign) in _CURVES.items()])
    rate_hz = (_POINTS - 1) / ASSUMED_STRIDE_S
    recordings = []
    for start in starts:
        rows = slice(start, start + _POINTS)
        person, side, height = (str(columns[key][start]) for key in ("person", "side", "height"))
        found = _HEIGHT.fullmatch(height)
        if not np.array_equal(columns["percent"][rows], whole) or found is None:
            raise GaitcastError(f"row {start} begins no whole curve", where=str(path))
        names = tuple(f"{side}_{channel}" for channel, _ in _CURVES.values())
        loaded = samples[rows, 0] > LEAST_LOAD_N
        off = int(np.argmin(loaded[10:])) + 10  # the cycle begins as the foot lands
        recordings.append(
            Recording(
                person,
                f"{person}_{height}_{side}_{columns['step'][start]:02d}",
                rate_hz,
                whole / rate_hz,
                samples[rows],
                names,
                {
                    f"{side}_heel_strike": np.zeros(1),
                    f"{side}_toe_off": np.array([off / rate_hz]),
                },
                {"obstacle_mm": float(found[1])},
                _NOTES,
                max_gap_s,
            )
        )
    return recordings


CROSSOBSTACLE10 = Dataset(
    name="crossobstacle10",
    title="10 people, 1,558 steps over obstacles: vertical force, leg angles and moments, percent",
    citation="Xu H., CROSS_OBSTACLE_DATASET, github.com/Hanyang-Xu/CROSS_OBSTACLE_DATASET",
    licence="none stated (the README: can be used for research)",
    source="https://github.com/Hanyang-Xu/CROSS_OBSTACLE_DATASET",
    files=("curves.parquet",),
    read=_read,
    how_to_get=(
        "The curves of https://github.com/Hanyang-Xu/CROSS_OBSTACLE_DATASET as one table "
        "curves.parquet (person, side, height h0 ... h300, step, percent 0 to 100, force, "
        "ankle_angle, ankle_moment ...)."
    ),
)
