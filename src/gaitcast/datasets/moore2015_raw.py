"""Treadmill walking with belt perturbations as recorded: markers, plates (Moore et al. 2015)."""

from __future__ import annotations

import importlib
import math
import re
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.io.table import table_columns
from gaitcast.recording import Recording, check_time

RATE_HZ = 100.0
#: Laboratory axes are x to the right, y up, z backward.
_LAB = {"x": ("Z", -1.0), "y": ("X", -1.0), "z": ("Y", 1.0)}
_PLATES = {"FP1": "left_plate", "FP2": "right_plate"}
_NAME = re.compile(r"mocap-\d{3}\.txt")
_EVENT = re.compile(r"#\s*EVENT (\w) - COUNT \d+")
#: From this version on a hidden marker is zero; before, it keeps its last position.
_ZERO_WHEN_HIDDEN = (3, 16, 2, 4.0)
_WARNINGS = {
    range(6, 9): "warning: pilot trial: fewer markers, vibration, other perturbations",
    range(9, 16): "warning: forces are corrupted in this trial (blocks under the treadmill)",
    range(25, 28): "warning: ankle torques of this trial are odd, the authors say",
}


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One trial ``mocap-NNN.txt`` with ``meta-NNN.yml`` and perhaps ``record-NNN.txt``."""
    if not _NAME.fullmatch(path.name):
        raise GaitcastError("not named as in this set", where=str(path), hint="mocap-019.txt")
    meta = _meta(path)
    columns = table_columns(path)
    notes = [
        "warning: centres of pressure are biased while the belts accelerate",
        "FP moments not read: their reference point is not documented",
    ]
    try:
        time_s = columns["TimeStamp"].astype(float)
        samples = _plates(columns)
        markers = _markers(columns, meta, notes)
        matrix = np.column_stack([v.astype(float) for v in (samples | markers).values()])
    except KeyError as error:
        raise GaitcastError(f"no column {error}", where=str(path)) from error
    except (ValueError, TypeError) as error:
        raise GaitcastError(f"a column is not numeric: {error}", where=str(path)) from error
    check_time(time_s, where=str(path))
    names = (*samples, *markers)
    speeds, events = _belts(path.with_name(path.name.replace("mocap", "record")), meta, time_s)
    if speeds:
        matrix, names = np.column_stack([matrix, *speeds.values()]), (*names, *speeds)
    trial, number = meta["trial"], int(path.stem[-3:])
    covariates: dict[str, float | str] = {}
    if _number(trial.get("nominal-speed")) is not None:
        covariates["speed_m_s"] = float(trial["nominal-speed"])
    notes += [note for trials, note in _WARNINGS.items() if number in trials]
    subject, _ = _person(path, meta)
    return [
        Recording(
            subject, f"{subject}_T{number:03d}", RATE_HZ, time_s, matrix, names, events, covariates,
            tuple(notes), max_gap_s,
        )
    ]  # fmt: skip


def _plates(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    samples = {}
    for key, place in _PLATES.items():
        loaded = columns[f"{key}.ForY"] > LEAST_LOAD_N
        for ours, (axis, sign) in _LAB.items():
            samples[f"{place}_force_{ours}"] = sign * columns[f"{key}.For{axis}"]
            centre = sign * columns[f"{key}.Cop{axis}"]
            samples[f"{place}_pos_{ours}"] = np.where(loaded, centre, np.nan)
    return samples


def _markers(
    columns: dict[str, np.ndarray], meta: dict[str, Any], notes: list[str]
) -> dict[str, np.ndarray]:
    """Markers in m; hidden ones, which the file repeats or sets to zero, are NaN."""
    trial = meta["trial"]
    version = _version(str(trial.get("dflow-version", "")))
    repeats = version is None or version < _ZERO_WHEN_HIDDEN
    if version is None:
        notes.append("assumed: an old D-Flow (no version is given): repeated places are hidden")
    renamed = trial.get("marker-map")
    renamed = renamed if isinstance(renamed, dict) else {}
    samples = {}
    for name in columns:
        if not name.endswith(".PosX"):
            continue
        label = name.removesuffix(".PosX")
        place = np.column_stack([columns[f"{label}.Pos{axis}"] for axis in "XYZ"]).astype(float)
        hidden = (place == 0).all(axis=1)
        if repeats:
            hidden[1:] |= (np.diff(place, axis=0) == 0).all(axis=1)
        place[hidden] = np.nan
        channels = marker_channels(str(renamed.get(label, label)))
        for channel, (axis, sign) in zip(channels, _LAB.values(), strict=True):
            samples[channel] = sign * place[:, "XYZ".index(axis)]
    return samples


def _version(text: str) -> tuple[int, int, int, float] | None:
    found = re.match(r"(\d+)\.(\d+)\.(\d+)(?:rc(\d+))?", text)
    if not found:
        return None
    candidate = float(found[4]) if found[4] else math.inf
    return int(found[1]), int(found[2]), int(found[3]), candidate


def _belts(
    path: Path, meta: dict[str, Any], time_s: np.ndarray
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Velocity of the belts under the feet (backwards is negative), and the protocol's events."""
    if not path.is_file():
        return {}, {}
    rows: list[list[float | None]] = []
    found: list[tuple[str, int]] = []
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    names = lines[0].split("\t") if lines else []
    for number, line in enumerate(lines[1:], start=2):
        mark = _EVENT.match(line)
        if mark:
            found.append((mark[1], len(rows)))
        elif line.strip() and not line.startswith("#"):
            fields = [_number(field) for field in line.split("\t")[: len(names)]]
            if len(fields) != len(names) or None in fields:
                raise GaitcastError(f"line {number} is not a row of numbers", where=str(path))
            rows.append(fields)
    for name in ("Time", "LeftBeltSpeed", "RightBeltSpeed"):
        if name not in names or not rows:
            raise GaitcastError(f"no column '{name}' with values", where=str(path))
    table = dict(zip(names, np.array(rows, dtype=float).T, strict=True))
    titles = meta["trial"].get("events")
    titles = titles if isinstance(titles, dict) else {}
    events: dict[str, list[float]] = {}
    for letter, row in found:
        word = re.sub(r"\W+", "_", str(titles.get(letter, f"event {letter}")).lower()).strip("_")
        events.setdefault(word, []).append(float(table["Time"][min(row, len(rows) - 1)]))
    check_time(table["Time"], where=str(path))
    speeds = {
        f"{side.lower()}_plate_vel_x": -np.interp(
            time_s, table["Time"], table[f"{side}BeltSpeed"], left=np.nan, right=np.nan
        )
        for side in ("Left", "Right")
    }
    return speeds, {word: np.array(times) for word, times in events.items()}


def _number(text: Any) -> float | None:
    try:
        value = float(text)
    except (TypeError, ValueError):
        return None
    return value if math.isfinite(value) else None


def _meta(path: Path) -> dict[str, Any]:
    """Metadata of the trial, all as text: YAML reads a number 010 as eight."""
    file = path.with_name(f"meta-{path.stem[-3:]}.yml")
    try:
        yaml = importlib.import_module("yaml")
        content = yaml.load(file.read_text(encoding="utf-8"), Loader=yaml.BaseLoader)
    except OSError as error:
        what = f"no {file.name} in its folder, which names the participant"
        raise GaitcastError(what, where=str(path), hint="Unpack the whole folder") from error
    except Exception as error:  # no PyYAML, or one of its own kinds of error
        raise GaitcastError(f"cannot be read: {error}", where=str(file)) from error
    if not isinstance(content, dict) or not isinstance(content.get("subject"), dict):
        raise GaitcastError("has no subject", where=str(file))
    trial = content.get("trial")
    return content | {"trial": trial if isinstance(trial, dict) else {}}


def _person(path: Path, meta: dict[str, Any]) -> tuple[str, dict[str, float | str]]:
    subject = meta["subject"]
    number = _number(subject.get("id"))
    if number is None:
        raise GaitcastError("the meta file has no subject id", where=str(path))
    covariates: dict[str, float | str] = {}
    for ours, theirs in (("mass_kg", "mass"), ("height_m", "height"), ("age", "age")):
        value = _number(subject.get(theirs))
        if value is not None:
            covariates[ours] = value
    if subject.get("gender"):
        covariates["sex"] = str(subject["gender"])[0].upper()
    return f"S{int(number):02d}", covariates


def _subjects(folder: Path) -> SubjectTable:
    return dict(_person(path, _meta(path)) for path in MOORE2015_RAW.paths(folder))


MOORE2015_RAW = Dataset(
    name="moore2015",
    title="15 people on a split-belt treadmill with belt perturbations: 47 markers, two plates",
    citation="Moore, Hnat, van den Bogert, PeerJ 3:e918, 2015, doi:10.7717/peerj.918",
    licence="CC0",
    source="https://doi.org/10.5281/zenodo.13030",
    files=("**/mocap-[0-9][0-9][0-9].txt",),
    read=_read,
    how_to_get=(
        "Unpack perturbed-walking-data-01.tar.gz and -02.tar.gz of https://zenodo.org/record/13030 "
        "(folders T001 to T078 with mocap-, record- and meta- files)."
    ),
    subjects=_subjects,
    doi="10.5281/zenodo.13030",
)
