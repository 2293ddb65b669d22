"""BIDS-Motion: a cohort as the folder that neuroscience shares, and such folders in.

Source: Brain Imaging Data Structure 1.10, motion. It has no force plates and no EMG of its own
there: forces, moments and EMG are channels of type ``MISC``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.atomic import new_folder
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.io.bids_names import TYPES, channel_of, row_of, system_of
from gaitcast.recording import Recording
from gaitcast.units import factor, parse_unit

VERSION = "1.10.0"
_MOTION = "_motion.tsv"
_COLUMNS = (
    "name", "component", "type", "tracked_point", "units", "placement", "reference_frame",
    "sampling_frequency", "status",
)  # fmt: skip
_LATENCY = {
    "name": "latency", "component": "n/a", "type": "LATENCY", "tracked_point": "n/a",
    "units": "s", "placement": "n/a", "reference_frame": "n/a", "status": "good",
}  # fmt: skip
_FRAME = {
    "reference_frame": {
        "Levels": {
            "lab": {"SpatialAxes": "FLS", "RotationRule": "right-hand", "RotationOrder": "XYZ"}
        }
    }
}
_UNITS = {"mass_kg": "kg", "height_m": "m", "age": "year"}


def is_bids_motion(path: str | Path) -> bool:
    """Whether a file is the table of a BIDS-Motion recording, by its name and its companions.

    Parameters
    ----------
    path : str or Path
        Of the file.

    Returns
    -------
    bool
    """
    path = Path(path)
    return path.name.endswith(_MOTION) and _beside(path, "_channels.tsv").is_file()


def _beside(path: Path, ending: str) -> Path:
    return path.with_name(path.name.removesuffix(_MOTION) + ending)


def write_bids(cohort: Cohort, folder: str | Path) -> None:
    """Write a cohort as BIDS-Motion.

    Parameters
    ----------
    cohort : Cohort
        To write; one recording is in memory at a time.
    folder : str or Path
        New.

    Raises
    ------
    GaitcastError
        If it is not certain who the participants are, since the folder would state it; if the
        folder exists already, or cannot be written.
    """
    folder = Path(folder)
    if cohort.identity_warnings:
        raise GaitcastError(
            f"it is not certain who the participants are: {cohort.identity_warnings[0]}",
            where=f"cohort '{cohort.name}'",
            hint="Say whose the files are in a mapping or a participants.tsv: docs/own-data.md",
        )
    if folder.exists():
        raise GaitcastError("exists already", where=str(folder), hint="Name another folder")
    labels = _labels(cohort.people)
    runs = dict.fromkeys(cohort.people, 0)
    with new_folder(folder, ()) as draft:
        for recording in cohort:
            runs[recording.subject] += 1
            label = labels[recording.subject]
            place = draft / label / "motion"
            place.mkdir(parents=True, exist_ok=True)
            _write_recording(recording, place, f"{label}_task-walk", runs[recording.subject])
        _write_dataset(cohort, draft, labels)


def _labels(people: Iterable[str]) -> dict[str, str]:
    """Person -> ``sub-LABEL``, of letters and digits, each once."""
    labels: dict[str, str] = {}
    for who in people:
        plain = re.sub(r"[^A-Za-z0-9]", "", who.removeprefix("sub-")) or "unnamed"
        free, number = plain, 2
        while f"sub-{free}" in labels.values():
            free, number = f"{plain}x{number}", number + 1
        labels[who] = f"sub-{free}"
    return labels


def _write_recording(recording: Recording, place: Path, stem: str, run: int) -> None:
    systems: dict[str, list[str]] = {}
    for name in recording.channels:
        systems.setdefault(system_of(name), []).append(name)
    start_s = float(recording.time_s[0])
    for system, names in systems.items():
        base = f"{stem}_tracksys-{system}_run-{run:02d}"
        table = np.column_stack([recording.time_s - start_s, recording.matrix(names)])
        (place / f"{base}{_MOTION}").write_text(_rows(table), encoding="utf-8")
        rate = f"{recording.rate_hz:g}"
        rows = [{**_LATENCY, "sampling_frequency": rate}]
        rows += [row_of(name, recording.rate_hz) for name in names]
        lines = ["\t".join(_COLUMNS), *("\t".join(row[c] for c in _COLUMNS) for row in rows)]
        (place / f"{base}_channels.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        _write_json(place / f"{base}_channels.json", _FRAME)
        _write_json(place / f"{base}_motion.json", _about(recording, system, rows, start_s))
    onsets = sorted(
        (float(t) - start_s, name) for name, times in recording.events.items() for t in times
    )
    if onsets:
        lines = ["onset\tduration\ttrial_type", *(f"{t!r}\tn/a\t{name}" for t, name in onsets)]
        stem = f"{stem}_run-{run:02d}"
        (place / f"{stem}_events.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        kinds = {name: name.replace("_", " ") for _, name in onsets}
        levels = {"LongName": "Gait event", "Description": "Of which foot", "Levels": kinds}
        _write_json(place / f"{stem}_events.json", {"trial_type": levels})


def _rows(table: np.ndarray) -> str:
    lines = ("\t".join("n/a" if np.isnan(v) else repr(float(v)) for v in row) for row in table)
    return "\n".join(lines) + "\n"


def _about(
    recording: Recording, system: str, rows: list[dict[str, str]], start_s: float
) -> dict[str, Any]:
    counts = {kind: sum(row["type"] == kind for row in rows) for kind in sorted(TYPES)}
    points = {row["tracked_point"] for row in rows} - {"n/a"}
    effective = (len(recording) - 1) / recording.duration_s if recording.duration_s else 0.0
    return {
        "TaskName": "walk",
        "TaskDescription": recording.trial,
        "SamplingFrequency": recording.rate_hz,
        "SamplingFrequencyEffective": round(effective, 6),
        "TrackingSystemName": system,
        "MissingValues": "n/a",
        "RecordingDuration": recording.duration_s,
        "MotionChannelCount": len(rows),
        "TrackedPointsCount": len(points),
        **{f"{kind}ChannelCount": count for kind, count in counts.items()},
        "StartTime": start_s,
    }


def _write_dataset(cohort: Cohort, draft: Path, labels: Mapping[str, str]) -> None:
    _write_json(
        draft / "dataset_description.json",
        {
            "Name": cohort.name,
            "BIDSVersion": VERSION,
            "DatasetType": "raw",
            "GeneratedBy": [{"Name": "gaitcast"}],
        },
    )
    known = [cohort.subjects.get(who, {}) for who in cohort.people]
    names = list(dict.fromkeys(name for row in known for name in row))
    lines = ["\t".join(["participant_id", *names])]
    for who, row in zip(cohort.people, known, strict=True):
        cells = [_cell(row.get(name)) for name in names]
        lines.append("\t".join([labels[who], *cells]))
    (draft / "participants.tsv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    about: dict[str, Any] = {"participant_id": {"Description": "Participant"}}
    for name in names:
        about[name] = {"Description": name.replace("_", " ")}
        if name in _UNITS:
            about[name]["Units"] = _UNITS[name]
    _write_json(draft / "participants.json", about)
    people = "\n".join(f"{label}: {who}" for who, label in labels.items())
    text = f"{cohort.name}\n\nWritten by gaitcast. Participants by their names there:\n\n{people}\n"
    (draft / "README").write_text(text, encoding="utf-8")


def _cell(value: float | str | None) -> str:
    if value is None:
        return "n/a"
    return re.sub(r"\s+", " ", value) if isinstance(value, str) else repr(float(value))


def _write_json(path: Path, content: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(content, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def read_bids_motion(path: str | Path, *, max_gap_s: float = 0.1) -> Recording:
    """Read one ``_motion.tsv`` with what lies beside it.

    Parameters
    ----------
    path : str or Path
        Of the table.
    max_gap_s : float
        Longest interval between samples, s, that does not start a new segment.

    Returns
    -------
    Recording
        On the clock of a ``LATENCY`` channel, else of ``SamplingFrequency``; channels that are not
        understood are named in a note.

    Raises
    ------
    GaitcastError
        If a file is missing or damaged, or no channel is understood.
    """
    path = Path(path)
    try:
        about = json.loads(_beside(path, "_motion.json").read_text(encoding="utf-8"))
        rate_hz, start_s = float(about["SamplingFrequency"]), float(about.get("StartTime") or 0.0)
        lines = _beside(path, "_channels.tsv").read_text(encoding="utf-8-sig").splitlines()
        head = lines[0].split("\t")
        rows = [
            dict(zip(head, line.split("\t"), strict=True)) for line in lines[1:] if line.strip()
        ]
        texts = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
        table = np.array(
            [
                [np.nan if v.strip() in ("n/a", "") else float(v) for v in row]
                for row in texts
                if row
            ]
        )
        if table.ndim != 2 or table.shape[1] != len(rows) or not 0 < rate_hz < 1e6:
            raise ValueError(f"{table.shape} values for {len(rows)} channels at {rate_hz:g} Hz")
    except (OSError, ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise GaitcastError(f"not a BIDS-Motion recording: {reason}", where=str(path)) from error
    return _recording(path, rows, table, rate_hz, start_s, max_gap_s)


def _number(text: str) -> float:
    return np.nan if text.strip() in ("n/a", "") else float(text)


def _recording(
    path: Path,
    rows: list[dict[str, str]],
    table: np.ndarray,
    rate_hz: float,
    start_s: float,
    max_gap_s: float,
) -> Recording:
    time_s = start_s + np.arange(len(table)) / rate_hz
    columns: dict[str, np.ndarray] = {}
    unknown = []
    for row, values in zip(rows, table.T, strict=True):
        if row.get("type") == "LATENCY":
            time_s = start_s + values * factor(parse_unit(row.get("units", "s")) or "s", "time")
            continue
        found = channel_of(row)
        scale = None if found is None else _scale(*found)
        if found is None or scale is None or found[0] in columns:
            unknown.append(row.get("name", "?"))
        else:
            columns[found[0]] = scale * values
    if not columns:
        raise GaitcastError("no channel that gaitcast knows", where=str(path))
    shown = ", ".join(unknown[:3]) + (f" and {len(unknown) - 3} more" if len(unknown) > 3 else "")
    label = next((part for part in path.name.split("_") if part.startswith("sub-")), "")
    return Recording(
        subject=label or path.parent.name,
        trial=path.name.removesuffix(_MOTION),
        rate_hz=rate_hz,
        time_s=time_s,
        samples=np.column_stack([*columns.values()]),
        channels=tuple(columns),
        events=_events(path, start_s),
        notes=(f"not read: {shown}",) if unknown else (),
        max_gap_s=max(max_gap_s, 2.5 / rate_hz),
        identified_by="file name",
    )


def _scale(channel: str, sign: float, unit: str) -> float | None:
    try:
        return sign * factor(parse_unit(unit) or unit, channel.split("_")[2])
    except GaitcastError:
        return None


def _events(path: Path, start_s: float) -> dict[str, np.ndarray]:
    stem = re.sub(r"_tracksys-[A-Za-z0-9]+", "", path.name.removesuffix(_MOTION))
    place = path.with_name(f"{stem}_events.tsv")
    if not place.is_file():
        return {}
    found: dict[str, list[float]] = {}
    try:
        lines = place.read_text(encoding="utf-8-sig").splitlines()
        head = lines[0].split("\t")
        for line in lines[1:]:
            row = dict(zip(head, line.split("\t"), strict=True))
            name = row.get("trial_type", "event").strip().replace(" ", "_")
            found.setdefault(name, []).append(start_s + float(row["onset"]))
    except (OSError, ValueError, KeyError, IndexError) as error:
        raise GaitcastError("events that cannot be read", where=str(place)) from error
    return {name: np.sort(times) for name, times in found.items()}
