"""Overground and treadmill walking of 42 people at many speeds, as recorded (Fukuchi 2018)."""

from __future__ import annotations

import csv
import functools
import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.io.c3d import read_c3d
from gaitcast.io.force_plates import LEAST_LOAD_N
from gaitcast.io.table import table_columns
from gaitcast.recording import Recording, check_time
from gaitcast.signal.sync import join
from gaitcast.units import factor

_NAME = re.compile(r"WBDS(\d{2})(static\d+|walkO\d{2}[CFS]?|walkT\d{2})(?:mkr)?\.(?:c3d|txt)")
_SPEEDS = {"S": "slow", "C": "comfortable", "F": "fast"}
#: Laboratory axes are x forward, y up, z to the right.
_LAB = {"x": ("x", 1.0), "y": ("z", -1.0), "z": ("y", 1.0)}
#: The same pass under another name.
_TWICE = {
    "WBDS16walkO02C": "WBDS16walkO01C", "WBDS26walkO16C": "WBDS26walkO01C",
    "WBDS26walkO17C": "WBDS26walkO02C",
}  # fmt: skip
_COVARIATES = (("age", "Age", 1.0), ("height_m", "Height", 0.01), ("mass_kg", "Mass", 1.0),
          ("leg_length_m", "LegLength", 1.0))  # fmt: skip


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One pass or static trial: a c3d, or a marker text with the plates' text in its folder."""
    found = _NAME.fullmatch(path.name)
    if not found:
        raise GaitcastError(
            "not named as in this set", where=str(path), hint="WBDS01walkO06C.c3d, ...mkr.txt"
        )
    c3d = path.suffix == ".c3d"
    recording = read_c3d(path, max_gap_s=max_gap_s) if c3d else _read_pair(path, max_gap_s)
    trial = f"WBDS{found[1]}{found[2]}"
    notes = list(recording.notes)
    if trial in _TWICE:
        notes.append(f"warning: the same pass as {_TWICE[trial]}")
    covariates, remarks = _trial_covariates(path, trial)
    covariates["surface"] = {"s": "static", "O": "overground", "T": "treadmill"}[
        found[2][0] if found[2].startswith("s") else found[2][4]
    ]
    if found[2][-1] in _SPEEDS:
        covariates["speed"] = _SPEEDS[found[2][-1]]
    return [
        replace(
            recording,
            subject=f"S{found[1]}",
            trial=trial,
            covariates={**recording.covariates, **covariates},
            notes=(*notes, *remarks),
        )
    ]


def _read_pair(path: Path, max_gap_s: float) -> Recording:
    columns = _columns(path)
    try:
        time_s = columns["Time"].astype(float)
        samples = _markers(columns)
    except (KeyError, ValueError) as error:
        raise GaitcastError(f"no usable column: {error}", where=str(path)) from error
    if not samples or len(time_s) < 2:
        raise GaitcastError("no markers over two samples or more", where=str(path))
    check_time(time_s, where=str(path))
    rate_hz = float(round(1 / np.median(np.diff(time_s))))
    if rate_hz < 10:
        raise GaitcastError("'Time' is not in s", where=str(path))
    markers = Recording(
        "", path.stem, rate_hz, time_s, np.column_stack(list(samples.values())), tuple(samples),
        max_gap_s=max_gap_s,
    )  # fmt: skip
    plates = path.with_name(path.name.replace("mkr.txt", "grf.txt"))
    # One name of the set lacks the letter of the speed, others end in .tx.
    bare = plates.with_name(re.sub(r"[CFS]grf", "grf", plates.name))
    others = [p for p in (plates, plates.with_suffix(".tx"), bare) if p != path and p.is_file()]
    if not others:
        return replace(markers, notes=("no force file beside this one",))
    return join(markers, _read_plates(others[0], markers))


def _columns(path: Path) -> dict[str, np.ndarray]:
    """Columns of a text; a column without any number is NaN."""
    columns = table_columns(path)
    length = max(len(values) for values in columns.values())
    empty = np.full(length, np.nan)
    return {n: empty if v[0] == "?" else v for n, v in columns.items()}


def _markers(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Every label that ends in X, Y and Z; the origin means "not seen"."""
    samples = {}
    for name in columns:
        if not name.endswith("X") or f"{name[:-1]}Z" not in columns:
            continue
        place = np.column_stack([columns[name[:-1] + axis].astype(float) for axis in "XYZ"])
        place = np.where((place == 0).all(axis=1)[:, None], np.nan, place * factor("mm", "pos"))
        for channel, (axis, sign) in zip(marker_channels(name[:-1]), _LAB.values(), strict=True):
            samples[channel] = sign * place[:, "xyz".index(axis)]
    return samples


def _read_plates(path: Path, markers: Recording) -> Recording:
    """The plates; their rate is a multiple of the markers' rate."""
    columns = _columns(path)
    count = len(next(iter(columns.values())))
    rate_hz = markers.rate_hz * max(1, round(count / len(markers)))
    samples: dict[str, np.ndarray] = {}
    numbers = [int(n[2:]) for n in columns if re.fullmatch(r"Fy[1-9]", n)]
    try:
        for k in numbers:
            loaded = columns[f"Fy{k}"] > LEAST_LOAD_N
            for ours, (axis, sign) in _LAB.items():
                samples[f"center_plate{k}_force_{ours}"] = sign * columns[f"F{axis}{k}"]
                centre = sign * columns[f"COP{axis}{k}"] * factor("mm", "pos")
                samples[f"center_plate{k}_pos_{ours}"] = np.where(loaded, centre, np.nan)
            samples[f"center_plate{k}_torque_z"] = columns[f"Ty{k}"] * factor("N mm", "torque")
        matrix = np.column_stack([values.astype(float) for values in samples.values()])
    except (KeyError, ValueError, TypeError) as error:
        raise GaitcastError(f"no usable column: {error or 'Fy1'}", where=str(path)) from error
    # Readers disagree about the unit of this file's own Time.
    time_s = markers.time_s[0] + np.arange(count) / rate_hz
    note = f"assumed: plates at {rate_hz:g} Hz from the first marker frame on, by row"
    return Recording(
        "", path.stem, rate_hz, time_s, matrix, tuple(samples), notes=(note,),
        max_gap_s=markers.max_gap_s,
    )  # fmt: skip


def _info(folder: Path) -> Path | None:
    places = [place / "WBDSinfo.csv" for place in (folder, *list(folder.parents)[:2])]
    return next((place for place in places if place.is_file()), None)


@functools.lru_cache(maxsize=4)
def _rows(path: Path, _: int) -> dict[str, dict[str, str]]:
    """Rows of the information sheet by file stem; `_` is the file's age, for the cache."""
    try:
        with path.open(encoding="utf-8-sig", errors="replace", newline="") as stream:
            rows = list(csv.DictReader(stream, restkey="more"))
    except (OSError, csv.Error) as error:
        raise GaitcastError(f"cannot be read: {error}", where=str(path)) from error
    if not rows or "FileName" not in rows[0] or "Subject" not in rows[0]:
        raise GaitcastError("no column 'FileName' or 'Subject'", where=str(path))
    return {re.sub(r"(mkr)?\.(c3d|txt?)$", "", row["FileName"] or ""): row for row in rows}


def _trial_covariates(path: Path, trial: str) -> tuple[dict[str, float | str], list[str]]:
    """Covariates and notes of this trial from the information sheet."""
    file = _info(path.parent)
    row = _rows(file, file.stat().st_mtime_ns).get(trial, {}) if file else {}
    covariates: dict[str, float | str] = {}
    speed = _number(row.get("GaitSpeed(m/s)"))
    if speed is not None:
        covariates["speed_m_s"] = speed
    for name, column in (
        ("handrail", "TreadHands"), ("right_plates", "FP_RightFoot"), ("left_plates", "FP_LeftFoot")
    ):  # fmt: skip
        if row.get(column) not in (None, "", "--"):
            covariates[name] = str(row[column])
    remark = (row.get("Notes") or "--").strip()
    return covariates, [] if remark in ("", "--") else [f"warning: {remark}"]


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if np.isfinite(value) else None


def _subjects(folder: Path) -> SubjectTable:
    file = _info(folder)
    people: dict[str, dict[str, float | str]] = {}
    for row in _rows(file, file.stat().st_mtime_ns).values() if file else ():
        number = _number(row["Subject"])
        if number is None:
            continue
        person = people.setdefault(f"S{int(number):02d}", {})
        for ours, theirs, scale in _COVARIATES:
            value = _number(row.get(theirs))
            if value is not None:
                person.setdefault(ours, value * scale)
        if row.get("Gender") in ("M", "F"):
            person.setdefault("sex", str(row["Gender"]))
    return people


FUKUCHI2018 = Dataset(
    name="fukuchi2018",
    title="42 people overground and on a treadmill at up to eleven speeds: markers and plates",
    citation="Fukuchi, Fukuchi, Duarte, PeerJ 6:e4640, 2018, doi:10.7717/peerj.4640",
    licence="CC BY 4.0",
    source="https://doi.org/10.6084/m9.figshare.5722711",
    files=(
        "**/WBDS[0-9][0-9]*.c3d",
        "**/WBDS[0-9][0-9]walk*mkr.txt",
        "**/WBDS[0-9][0-9]static*.txt",
    ),
    read=_read,
    how_to_get=(
        "Unpack one of WBDSc3d.zip, WBDSc3dWithGaitEvents.zip or WBDSascii.zip of "
        "doi:10.6084/m9.figshare.5722711, with WBDSinfo.csv beside it (save the .xlsx as .csv)."
    ),
    subjects=_subjects,
)
