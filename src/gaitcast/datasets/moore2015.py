"""Treadmill walking with ankle, knee and hip angles and moments (Moore et al. 2015), processed."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.datasets.dataset import Dataset, Download, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.io.table import whole_table
from gaitcast.recording import Recording
from gaitcast.units import factor

#: Column after the side -> channel after the side, sign, offset in rad.
_ANGLES = {
    "HipFlexionAngle": ("hip_angle_flexion", 1.0, 0.0),
    "KneeFlexionAngle": ("knee_angle_flexion", 1.0, 0.0),
    "AnklePlantarFlexionAngle": ("ankle_angle_flexion", -1.0, np.pi / 2),
}
_MOMENTS = {
    "HipFlexionMoment": ("hip_moment_flexion", -1.0),
    "KneeFlexionMoment": ("knee_moment_flexion", -1.0),
    "AnklePlantarFlexionMoment": ("ankle_moment_flexion", 1.0),
}
_EVENTS = {
    "lhs": "left_heel_strike", "rhs": "right_heel_strike",
    "lto": "left_toe_off", "rto": "right_toe_off",
}  # fmt: skip


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One walk. y is up in the file; moments are N m there and divided by the mass here."""
    columns = whole_table(path)
    people = _subjects(path.parent)
    subject, mass_kg = next(((s, float(f["mass_kg"])) for s, f in people.items()), ("", 0.0))
    if not mass_kg:
        raise GaitcastError(
            "the mass is unknown", where=str(path), hint="Put SubjectInfo.csv beside it"
        )
    samples: dict[str, np.ndarray] = {}
    try:
        for side in ("Left", "Right"):
            low = side.lower()
            for column, (name, sign, zero) in _ANGLES.items():
                radians = sign * (columns[side + column] + zero)
                samples[f"{low}_{name}"] = radians * factor("rad", "angle")
            for column, (name, sign) in _MOMENTS.items():
                samples[f"{low}_{name}"] = sign * columns[side + column] / mass_kg
            for column, name in (
                ("Foot", "foot_pos"),
                ("GRF", "plate_force"),
                ("COP", "plate_pos"),
            ):
                samples |= _upright(columns, f"{side}{column}", f"{low}_{name}")
            loaded = samples[f"{low}_plate_force_z"] > 20
            for axis in "xyz":
                place = samples[f"{low}_plate_pos_{axis}"]
                samples[f"{low}_plate_pos_{axis}"] = np.where(loaded, place, np.nan)
            samples[f"{low}_plate_vel_x"] = -columns[f"{side}BeltSpeed"]
        samples |= _upright(columns, "COM", "center_body_pos")
        time_s = columns["time"]
    except KeyError as error:
        raise GaitcastError(f"no column {error}", where=str(path)) from error
    marks = path.with_name(path.name.replace("_data.csv", "__event.csv"))
    events = {}
    if marks.is_file():
        table = whole_table(marks)
        events = {
            name: table[key][np.isfinite(table[key])]
            for key, name in _EVENTS.items()
            if key in table
        }
    return [
        Recording(
            subject, path.name.removesuffix("_data.csv"), 100.0, time_s,
            np.column_stack(list(samples.values())), tuple(samples), events, {},
            ("the first two seconds are standing and the belt's start",), max_gap_s,
        )
    ]  # fmt: skip


def _upright(columns: dict[str, np.ndarray], old: str, new: str) -> dict[str, np.ndarray]:
    x, up, right = (columns[f"{old}_{axis}"] for axis in "xyz")
    return {f"{new}_x": x, f"{new}_y": -right, f"{new}_z": up}


def _subjects(folder: Path) -> SubjectTable:
    path = folder / "SubjectInfo.csv"
    if not path.is_file():
        return {}
    table = whole_table(path)
    return {
        f"S{int(number):02d}": {
            "mass_kg": float(table["mass"][k]),
            "height_m": float(table["height"][k]),
            "age": float(table["age"][k]),
        }
        for k, number in enumerate(table["id"])
    }


_RAW = (
    "https://raw.githubusercontent.com/VU-HMS/Tutorial-stabilizing-walking/"
    "f715621d4ca2e650d3c484f850f9def9ff2f2719/ExampleData/Moore2013"
)
MOORE2015 = Dataset(
    name="moore2015-treadmill",
    title="One person, a minute on a split-belt treadmill: joint angles, moments, plates, events",
    citation="Moore, Hnat, van den Bogert, PeerJ 3:e918, 2015, doi:10.7717/peerj.918",
    licence="CC0 (data), MIT (the repository of this excerpt)",
    source="https://github.com/VU-HMS/Tutorial-stabilizing-walking",
    files=("UnpertPre_data.csv", "UnpertPost_data.csv", "Pert_data.csv"),
    read=_read,
    how_to_get=(
        "Take ExampleData/Moore2013 (UnpertPre_data.csv, UnpertPre__event.csv, SubjectInfo.csv) "
        "from the GitHub repository VU-HMS/Tutorial-stabilizing-walking."
    ),
    subjects=_subjects,
    downloads=tuple(
        Download(name, f"{_RAW}/{name}", f"sha256:{checksum}")
        for name, checksum in (
            (
                "UnpertPre_data.csv",
                "3d8e3ffff79b543fe57700cd35cf428404078684266a27fed050bef490746ca8",
            ),
            (
                "UnpertPre__event.csv",
                "fed3b04e26a124dc2e19f9ccb02c8ab147a50e0397002e56ba2aa7b7c1ba7332",
            ),
            (
                "SubjectInfo.csv",
                "71d13a8533805120384df522c6f3d985aaa9da02f390b2bb772f0c6df370238c",
            ),
        )
    ),
)
