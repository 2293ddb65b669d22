"""Overground walking of 50 people at five speeds, 52 markers and plates (Schreiber 2019)."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.io.c3d import read_c3d
from gaitcast.io.c3d_file import read_file
from gaitcast.recording import Recording

_NAME = re.compile(r"(\d{7})_(?:(C[1-5])_(\d{2})|ST)\.c3d")
_SPEEDS = {
    "C1": "0-0.4 m/s", "C2": "0.4-0.8 m/s", "C3": "0.8-1.2 m/s", "C4": "self-selected",
    "C5": "fast",
}  # fmt: skip
_EVENTS = {"foot strike": "heel_strike", "foot off": "toe_off"}
_G = 9.80665
#: A static trial with one foot beside the plate is lighter than any adult.
_LEAST_MASS_KG = 35.0


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One trial, turned so that the person walks towards +x."""
    found = _NAME.fullmatch(path.name)
    if not found:
        raise GaitcastError(
            "not named as in this set", where=str(path), hint="2014001_C4_01.c3d, 2014001_ST.c3d"
        )
    recording = read_c3d(path, max_gap_s=max_gap_s)
    condition = found[2] or "static"
    events, dropped = _events(path, recording)
    notes = [note for note in recording.notes if not note.startswith("event 'Foot ")]
    if dropped:
        notes.append(f"warning: {dropped} events lie outside the trial and are left out")
    notes.append("EMG is in the file but has no channel here")
    return [
        replace(
            recording,
            subject=found[1],
            trial=path.stem,
            events=events,
            covariates={
                **recording.covariates,
                "condition": condition,
                "speed": _SPEEDS.get(condition, "standing"),
            },
            notes=tuple(notes),
        )
    ]


def _events(path: Path, recording: Recording) -> tuple[dict[str, np.ndarray], int]:
    """Events by foot; this set numbers some of them (Foot Strike1), unlike the C3D standard."""
    file = read_file(path)
    contexts = [context.strip().lower() for context in file.labels("EVENT", "CONTEXTS")]
    times = file.numbers("EVENT", "TIMES").ravel(order="F")  # minutes and seconds, in turn
    found: dict[str, list[float]] = {}
    dropped = 0
    labels = file.labels("EVENT")
    for k in range(min(len(labels), len(contexts), len(times) // 2)):
        kind = _EVENTS.get(labels[k].strip().rstrip("0123456789 ").lower())
        seconds = 60 * times[2 * k] + times[2 * k + 1]
        if not kind or contexts[k] not in ("left", "right"):
            continue
        if recording.time_s[0] - 0.005 <= seconds <= recording.time_s[-1] + 0.005:
            found.setdefault(f"{contexts[k]}_{kind}", []).append(float(seconds))
        else:
            dropped += 1
    return {name: np.unique(at) for name, at in found.items()}, dropped


def _subjects(folder: Path) -> SubjectTable:
    """Masses from the files' own parameters, else from the plates under the static trial."""
    people: dict[str, dict[str, float | str]] = {}
    for path in SCHREIBER2019.paths(folder):
        if not path.name.endswith("_ST.c3d"):
            continue
        recording = read_c3d(path)
        known: dict[str, float | str] = {
            key: recording.covariates[key]
            for key in ("mass_kg", "height_m")
            if key in recording.covariates
        }
        lifts = [c for c in recording.channels if re.fullmatch(r"center_plate\d+_force_z", c)]
        mass_kg = float(np.nanmedian(recording.matrix(lifts).sum(axis=1))) / _G if lifts else 0.0
        if "mass_kg" not in known and mass_kg > _LEAST_MASS_KG:
            known |= {"mass_kg": mass_kg, "mass_from": "assumed: plates under the static trial"}
        if known:
            people[path.name[:7]] = known
    return people


SCHREIBER2019 = Dataset(
    name="schreiber2019",
    title="50 people overground at five speeds: 52 markers at 100 Hz, two plates, events",
    citation="Schreiber, Moissenet, Sci Data 6:111, 2019, doi:10.1038/s41597-019-0124-4",
    licence="CC BY 4.0",
    source="https://doi.org/10.6084/m9.figshare.7734767",
    files=tuple(f"**/{'[0-9]' * 7}_{trial}.c3d" for trial in ("C[1-5]_[0-9][0-9]", "ST")),
    read=_read,
    how_to_get=(
        "Unpack the record doi:10.6084/m9.figshare.7734767 (folders 2014001/2014001_C1_01.c3d ...)."
    ),
    subjects=_subjects,
    doi="10.6084/m9.figshare.7734767",
)
