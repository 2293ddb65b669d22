"""Treadmill, level ground, ramps and stairs: leg IMUs, angles, moments, plates (Camargo 2021)."""

from __future__ import annotations

import re
import warnings
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.io.opensim import COORDINATES
from gaitcast.io.table import table_columns
from gaitcast.recording import Recording, check_time
from gaitcast.signal import resample
from gaitcast.signal.sync import join
from gaitcast.units import factor

RATE_HZ = 200.0
Columns = dict[str, np.ndarray]
#: Folders of one trial; the first that exists stands for the trial and gives the clock.
_SENSORS = ("imu", "ik", "id", "fp", "gon")
_SEGMENTS = {s: f"right_{s}" for s in ("foot", "shank", "thigh")} | {"trunk": "center_trunk"}
_PELVIS = {"list": "roll", "tilt": "pitch", "rotation": "yaw"}
#: Laboratory axes are x to the right, y up, z backward.
_LAB = {"x": ("z", -1.0), "y": ("x", -1.0), "z": ("y", 1.0)}
_PLATE = re.compile(r"(Treadmill_[RL]|Combined|FP[1-9])_vy")
_RAMPS_DEG = dict(zip("123456", (5.2, 7.8, 9.2, 11.0, 12.4, 18.0), strict=True))
_STAIRS_INCH = dict(zip("1234", (4, 5, 6, 7), strict=True))


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One trial from all its folders; nothing if an earlier folder stands for it."""
    if path.parent.name not in _SENSORS or len(path.parents) < 4 or not path.is_file():
        what = f"no file in a folder {', '.join(_SENSORS)} of a trial"
        raise GaitcastError(what, where=str(path), hint="AB06/10_09_18/treadmill/ik/...mat")
    found = [file for sensor in _SENSORS if (file := _beside(path, sensor))]
    if path != found[0]:
        return []
    parts = [part for file in found if len((part := _sensor(file, max_gap_s)).channels)]
    if not parts:
        raise GaitcastError("no sensor of the trial has a value", where=str(path))
    first = parts[0]
    recording = first if first.rate_hz < 1.5 * RATE_HZ else resample(first, RATE_HZ)
    for part in parts[1:]:
        recording = join(recording, part)
    covariates, notes = _trial_covariates(path)
    notes = (*recording.notes, *notes, *_missing(found, parts))
    return [replace(recording, events=_events(path), covariates=covariates, notes=notes)]


def _beside(path: Path, sensor: str) -> Path | None:
    """The file of the same trial in another folder."""
    files = [path.parent.parent / sensor / f"{path.stem}{end}" for end in (".mat", ".csv")]
    return next((file for file in files if file.is_file()), None)


def _missing(found: list[Path], parts: list[Recording]) -> tuple[str, ...]:
    return ("a folder of this trial holds no value and is left out",) * (len(found) > len(parts))


def _table(path: Path) -> Columns:
    """Columns of a table; MATLAB's own tables need an extra package."""
    if path.suffix != ".mat":
        columns = table_columns(path)
        # There, a column without any number has no type.
        length = max(len(values) for values in columns.values())
        empty = np.full(length, np.nan)
        return {n: v if len(v) == length and v[0] != "?" else empty for n, v in columns.items()}
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it sets an option that pandas has given up
            import matio  # type: ignore[import-untyped, unused-ignore]

            table: Any = matio.load_from_mat(str(path))["data"]
            return {str(name): np.asarray(table[name]) for name in table.columns}
    except ImportError as error:
        what = "a MATLAB table needs a package that is not installed"
        raise GaitcastError(what, where=str(path), hint="pip install 'gaitcast[matlab]'") from error
    except Exception as error:  # on a damaged file the package can raise anything
        what = f"no MATLAB table 'data' can be read: {error}"
        raise GaitcastError(what, where=str(path)) from error


def _sensor(path: Path, max_gap_s: float) -> Recording:
    """One table as a recording; without channels if it has no finite value."""
    columns, sensor = _table(path), path.parent.name
    notes: list[str] = []
    try:
        time_s = np.round(columns["Header"].astype(float), 4)
        make = {"imu": _imu, "ik": _ik, "id": _id, "fp": _fp, "gon": _gon}[sensor]
        samples = make(columns, path, notes)
        matrix = np.column_stack([v.astype(float) for v in samples.values()])
    except KeyError as error:
        raise GaitcastError(f"no column {error}", where=str(path)) from error
    except (ValueError, TypeError) as error:
        raise GaitcastError(f"a column is not numeric: {error}", where=str(path)) from error
    check_time(time_s, where=str(path))
    if len(time_s) < 2:
        raise GaitcastError("fewer than two samples", where=str(path))
    rate_hz = float(round(1 / np.median(np.diff(time_s))))
    if rate_hz < 10:
        raise GaitcastError("'Header' is not time in s", where=str(path))
    names: tuple[str, ...] = tuple(samples)
    if not np.isfinite(matrix).any():
        matrix, names = matrix[:, :0], ()
    person, date = path.parents[3], path.parents[2].name
    days = [day for day in person.glob("[0-9][0-9]_[0-9][0-9]_[0-9][0-9]") if day.is_dir()]
    trial = "_".join([person.name, *[date] * (len(days) > 1), path.stem])
    return Recording(
        person.name, trial, rate_hz, time_s, matrix, names, notes=tuple(notes), max_gap_s=max_gap_s
    )


def _imu(columns: Columns, path: Path, notes: list[str]) -> Columns:
    if path.parents[3].name in ("AB10", "AB13"):
        notes.append("warning: the IMUs of this person have another clock (some 1.16 s off)")
    notes.append("assumed: IMU axes as in the file; their sign on the leg differs between people")
    return {
        f"{place}_{quantity}_{axis.lower()}": columns[f"{segment}_{word}_{axis}"]
        * factor(unit, quantity)
        for segment, place in _SEGMENTS.items()
        for word, quantity, unit in (("Accel", "acc", "g"), ("Gyro", "gyr", "rad/s"))
        for axis in "XYZ"
    }


def _joints() -> list[tuple[str, str, float]]:
    """Column, channel without its quantity, and sign: knee flexion is negative in this model."""
    found = []
    for coordinate, (joint, axis, sign) in COORDINATES.items():
        if coordinate.startswith(("hip", "knee_angle", "ankle", "subtalar")):
            turned = -sign if joint == "knee" else sign
            for letter, side in (("r", "right"), ("l", "left")):
                column = coordinate.replace("{s}", letter)
                found.append((column, f"{side}_{joint}_{{}}_{axis}", turned))
        elif coordinate.startswith("lumbar"):
            found.append((coordinate, f"center_{joint}_{{}}_{axis}", sign))
    return found


def _ik(columns: Columns, _: Path, notes: list[str]) -> Columns:
    samples = {name.format("angle"): sign * columns[column] for column, name, sign in _joints()}
    samples |= {f"center_pelvis_tilt_{ours}": columns[f"pelvis_{o}"] for o, ours in _PELVIS.items()}
    samples |= {
        f"center_pelvis_pos_{ours}": sign * columns[f"pelvis_t{axis}"]
        for ours, (axis, sign) in _LAB.items()
    }
    notes += [
        "warning: ankle angles have an offset of their own (up to 20 deg of dorsiflexion)",
        "assumed: pelvis_list, _tilt and _rotation as roll, pitch, yaw, in the plates' laboratory",
    ]
    return samples


def _id(columns: Columns, path: Path, notes: list[str]) -> Columns:
    """Moments that resist the motion; a generalised force drives it, hence the minus."""
    person = next((f for s, f in _people(path).items() if s == path.parents[3].name), {})
    mass_kg = float(person.get("mass_kg", np.nan))
    known = mass_kg > 0
    if not known:
        notes.append("the mass is not known (no SubjectInfo): joint torques in N m")
    quantity, scale = ("moment", 1 / mass_kg) if known else ("torque", 1.0)
    return {
        name.format(quantity): -sign * scale * columns[f"{column}_moment"]
        for column, name, sign in _joints()
    }


def _fp(columns: Columns, _: Path, notes: list[str]) -> Columns:
    keys = [match[1] for name in columns if (match := _PLATE.fullmatch(name))]
    if not keys:
        raise KeyError("Treadmill_R_vy")
    samples: Columns = {}
    sides = {"Treadmill_R": "right_plate", "Treadmill_L": "left_plate", "Combined": "center_plate"}
    for key in keys:
        place = sides.get(key, f"center_plate{key[-1]}")
        loaded = columns[f"{key}_vy"] > LEAST_LOAD_N
        for quantity, word in (("force", "v"), ("pos", "p"), ("torque", "moment_")):
            for ours, (axis, sign) in _LAB.items():
                values = sign * columns[f"{key}_{word}{axis}"]
                known = values if quantity != "pos" else np.where(loaded, values, np.nan)
                samples[f"{place}_{quantity}_{ours}"] = known
    notes.append("assumed: plate moments are free moments at the centre of pressure")
    if "Treadmill_R" in keys:
        notes.append("warning: belts read spikes of 3 to 5 % of the weight while the foot swings")
    if "Combined" in keys:
        notes.append("center_plate is the set's 'Combined' plate, for either foot")
    return samples


def _gon(columns: Columns, _: Path, notes: list[str]) -> Columns:
    notes.append(
        "assumed: goniometers keep the file's signs; they are on the right leg and named ipsi, "
        "right is from inverse kinematics"
    )
    axes = {"sagittal": "flexion", "frontal": "adduction"}
    return {
        f"ipsi_{joint}_angle_{axes[plane]}": columns[f"{joint}_{plane}"]
        for joint in ("ankle", "knee", "hip")
        for plane in axes
        if (joint, plane) != ("knee", "frontal")
    }


def _events(path: Path) -> Columns:
    """Where the percentage since the last event falls back to zero."""
    events: Columns = {}
    for side in ("left", "right"):
        file = _beside(path, f"gc{side.capitalize()}")
        if file is None:
            continue
        columns = _table(file)
        try:
            for word, kind in (("HeelStrike", "heel_strike"), ("ToeOff", "toe_off")):
                falls = np.flatnonzero(np.diff(columns[word].astype(float)) < 0) + 1
                events[f"{side}_{kind}"] = np.round(columns["Header"].astype(float), 4)[falls]
        except (KeyError, ValueError, TypeError) as error:
            raise GaitcastError(f"no usable column: {error}", where=str(file)) from error
    return events


def _trial_covariates(path: Path) -> tuple[dict[str, float | str], tuple[str, ...]]:
    """Covariates and notes from the name of a trial, such as ``ramp_3_l_01_02``."""
    mode, *words = path.stem.lower().split("_")
    covariates: dict[str, float | str] = {"terrain": mode, "date": path.parents[2].name}
    first, second = [*words, "", ""][:2]
    if mode == "levelground":
        covariates |= {"direction": first, "speed": second}
    elif mode == "ramp" and first in _RAMPS_DEG:
        covariates |= {"incline_deg": _RAMPS_DEG[first], "leading_leg": second}
    elif mode == "stair" and first in _STAIRS_INCH:
        covariates |= {"step_height_m": 0.0254 * _STAIRS_INCH[first], "leading_leg": second}
    note = "the route is curved: x is not always the walking direction"
    return covariates, (note,) if mode == "levelground" else ()


def _people(path: Path) -> dict[str, dict[str, float | str]]:
    """All people in the nearest SubjectInfo above a trial."""
    ends = (".mat", ".csv")
    places = [folder / f"SubjectInfo{end}" for folder in path.parents[:6] for end in ends]
    file = next((place for place in places if place.is_file()), None)
    if file is None:
        return {}
    table = {name.split(" ")[0].lower(): values for name, values in _table(file).items()}
    try:
        return {
            str(np.ravel(subject)[0]): {
                "age": float(np.ravel(table["age"][k])[0]),
                "sex": str(np.ravel(table["gender"][k])[0])[:1].upper(),
                "height_m": float(np.ravel(table["height"][k])[0]),
                "mass_kg": float(np.ravel(table["weight"][k])[0]),
            }
            for k, subject in enumerate(table["subject"])
        }
    except (KeyError, ValueError, TypeError, IndexError) as error:
        raise GaitcastError(f"not the table of people: {error}", where=str(file)) from error


def _subjects(folder: Path) -> SubjectTable:
    return _people(CAMARGO2021.paths(folder)[0])


CAMARGO2021 = Dataset(
    name="camargo2021",
    title="22 people on treadmill, level ground, ramps and stairs: IMUs, angles, moments, plates",
    citation="Camargo et al., J Biomech 119:110320, 2021, doi:10.1016/j.jbiomech.2021.110320",
    licence="CC BY 4.0",
    source="https://data.mendeley.com/datasets/fcgm3chfff",
    files=tuple(f"**/AB[0-9][0-9]/*/*/{s}/*{e}" for s in _SENSORS for e in (".mat", ".csv")),
    read=_read,
    how_to_get=(
        "Unpack the people's folders (AB06/10_09_18/treadmill/ik/...) of the Mendeley sets "
        "fcgm3chfff, k9kvm5tn3f and jj3r5f9pnf with SubjectInfo.mat beside them; pip install "
        "mat-io reads the MATLAB tables."
    ),
    subjects=_subjects,
)
