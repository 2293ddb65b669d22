"""A cohort on disk: a table a recording, read one at a time, to the last bit.

::

    cohort.json       name, version of the layout, kind of the tables, notes
    subjects.csv      one row a participant: what is known of each
    events.csv        trial, event, time_s
    recordings.csv    one row a recording: the index of the cohort
    channels.csv      one row a channel: name, side, segment, quantity, axis, unit
    recordings/       time_s and the channels of each, in Parquet or CSV
    truth/            of simulated recordings: channels without noise; steps/ has a row a step
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import astuple
from functools import partial
from pathlib import Path
from typing import Any, Literal

import numpy as np

from gaitcast.atomic import new_folder
from gaitcast.channel import Channel
from gaitcast.cohort import Cohort, OnDemand, RecordingInfo
from gaitcast.errors import GaitcastError, nearest
from gaitcast.io.metadata_tables import (
    EVENTS,
    SUBJECTS,
    as_cell,
    as_value,
    read_events,
    read_rows,
    read_subjects,
    write_events,
    write_rows,
    write_subjects,
)
from gaitcast.recording import Recording, Truth

#: What the tables of recordings are written as.
Tables = Literal["parquet", "csv"]
_LAYOUT = 2
_INDEX, _CHANNELS = "recordings.csv", "channels.csv"
#: The second line is what layout 1 held, so that such a folder can be replaced.
_PARTS = (
    "cohort.json", SUBJECTS, EVENTS, _INDEX, _CHANNELS, "recordings", "truth", "croissant.json",
    "subjects.parquet", "events.parquet", "recordings.parquet", "channels.parquet",
)  # fmt: skip
_COLUMNS = (
    "trial", "subject", "rate_hz", "duration_s", "segments", "samples", "max_gap_s", "delay_s",
    "raw_hz", "file",
    "covariates", "channels", "events", "notes",
)  # fmt: skip
#: Not in the folders of early versions.
_IDENTITY = "identified_by"


def write_cohort(cohort: Cohort, folder: str | Path, tables: Tables = "parquet") -> None:
    """Write a cohort, one recording in memory at a time.

    Parameters
    ----------
    cohort : Cohort
        To write.
    folder : str or Path
        Replaced if it holds a cohort and nothing else.
    tables : str
        ``parquet``, small and fast, or ``csv`` for other programs; the numbers read back to the
        same floats from either.

    Raises
    ------
    GaitcastError
        If the place cannot be written or holds something else.
    """
    if tables not in ("parquet", "csv"):
        raise GaitcastError(f"no tables of kind '{tables}'", hint="Take parquet or csv")
    with new_folder(Path(folder), _PARTS) as draft:
        (draft / "recordings").mkdir()
        rows: list[list[str]] = []
        events: list[tuple[str, str, float]] = []
        channels: dict[str, None] = {}
        taken: set[str] = set()
        for recording in cohort:
            file = f"{_free_name(recording.trial, taken)}.{tables}"
            matrix = recording.time_s, recording.samples, recording.channels
            _write_matrix(draft / "recordings" / file, *matrix)
            rows.append(_row(recording, file))
            events += [
                (recording.trial, name, float(t))
                for name, times in recording.events.items()
                for t in times
            ]
            channels |= dict.fromkeys(recording.channels)
            if recording.truth is not None:
                _write_truth(recording.time_s, recording.truth, draft / "truth", file)
        write_rows(draft / _INDEX, (*_COLUMNS, _IDENTITY), rows)
        write_events(draft / EVENTS, events)
        write_subjects(draft / SUBJECTS, cohort.subjects)
        write_rows(
            draft / _CHANNELS,
            ("name", "side", "segment", "quantity", "axis", "unit"),
            ((name, *map(str, astuple(c := Channel.parse(name))), c.unit) for name in channels),
        )
        about = {
            "layout": _LAYOUT,
            "name": cohort.name,
            "tables": tables,
            "notes": cohort.notes,
            "identity_warnings": cohort.identity_warnings,
        }
        (draft / "cohort.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def read_cohort(folder: str | Path) -> Cohort:
    """Open a cohort folder; a recording is read when it is asked for and not kept.

    Parameters
    ----------
    folder : str or Path
        From :func:`write_cohort`.

    Returns
    -------
    Cohort
        Equal to the one written, to the last bit.

    Raises
    ------
    GaitcastError
        If it is no such folder, is of an older layout, or is damaged.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "cohort.json").read_text(encoding="utf-8"))
        name, layout = str(about["name"]), about["layout"]
        notes, unsure = (
            tuple(str(note) for note in about.get(key, ()))
            for key in ("notes", "identity_warnings")
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise GaitcastError(
            "not a cohort folder: no sound cohort.json", where=str(folder)
        ) from error
    if layout != _LAYOUT:
        raise GaitcastError(
            f"layout {layout} is not the known one ({_LAYOUT})",
            where=str(folder),
            hint="Make the folder anew: 'gaitcast convert SOURCE FOLDER', or 'gaitcast simulate "
            "--out FOLDER'",
        )
    subjects = read_subjects(folder / SUBJECTS)
    events = read_events(folder / EVENTS)
    rows = {row["trial"]: row for row in read_rows(folder / _INDEX, _COLUMNS)[1]}
    if unknown := [trial for trial in events if trial not in rows]:
        raise GaitcastError(
            f"no trial '{unknown[0]}' in {_INDEX}",
            where=str(folder / EVENTS),
            hint=nearest(unknown[0], [*rows]),
        )
    infos = [_of_index(folder, _info, row) for row in rows.values()]
    recordings = OnDemand(partial(_read_recording, folder, rows, events), infos)
    return Cohort(name, recordings, subjects, notes, unsure)


def _free_name(trial: str, taken: set[str]) -> str:
    """A file name that is like the trial's and no other's, whatever the file system."""
    plain = re.sub(r"[^A-Za-z0-9._-]+", "_", trial)[:80].strip(".") or "trial"
    name, count = plain, 2
    while name.lower() in taken:
        name, count = f"{plain}-{count}", count + 1
    taken.add(name.lower())
    return name


def _row(recording: Recording, file: str) -> list[str]:
    info = RecordingInfo.of(recording)
    known = json.dumps(dict(info.covariates), default=float)
    return [
        info.trial,
        info.subject,
        *map(as_cell, (info.rate_hz, info.duration_s)),
        *map(str, (info.segments, info.samples)),
        *map(as_cell, (recording.max_gap_s, recording.delay_s)),
        "" if recording.raw_hz is None else as_cell(recording.raw_hz),
        file,
        known,
        *map(json.dumps, (info.channels, [*recording.events], recording.notes)),
        info.identified_by,
    ]


def _info(row: Mapping[str, str]) -> RecordingInfo:
    return RecordingInfo(
        row["subject"],
        row["trial"],
        float(row["rate_hz"]),
        float(row["duration_s"]),
        int(row["segments"]),
        int(row["samples"]),
        tuple(json.loads(row["channels"])),
        dict(json.loads(row["covariates"])),
        row.get(_IDENTITY, ""),
        _clock(row)[2],
    )


def _clock(row: Mapping[str, str]) -> tuple[float, float, float | None]:
    raw_hz = float(row["raw_hz"]) if row["raw_hz"] else None
    return float(row["max_gap_s"]), float(row["delay_s"]), raw_hz


def _of_index(folder: Path, read: Callable[[Any], Any], row: Mapping[str, str]) -> Any:
    try:
        return read(row)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise GaitcastError("its index is damaged", where=str(folder / _INDEX)) from error


def _read_recording(
    folder: Path,
    rows: Mapping[str, Mapping[str, str]],
    events: Mapping[str, Mapping[str, np.ndarray]],
    trial: str,
) -> Recording:
    row = rows[trial]
    info = _of_index(folder, _info, row)
    names, notes = _of_index(folder, lambda r: [json.loads(r[k]) for k in ("events", "notes")], row)
    max_gap_s, delay_s, raw_hz = _of_index(folder, _clock, row)
    time_s, samples, _ = _read_matrix(folder / "recordings" / row["file"], info.channels)
    own = events.get(trial, {})
    return Recording(
        subject=info.subject,
        trial=trial,
        rate_hz=info.rate_hz,
        time_s=time_s,
        samples=samples,
        channels=info.channels,
        # An event that a person has added to the table is in no list of names.
        events={name: own.get(name, np.array([])) for name in dict.fromkeys([*names, *own])},
        covariates=info.covariates,
        notes=tuple(notes),
        max_gap_s=max_gap_s,
        truth=_read_truth(folder / "truth", row["file"]),
        delay_s=delay_s,
        raw_hz=raw_hz,
        identified_by=info.identified_by,
    )


def _write_matrix(
    path: Path, time_s: np.ndarray, samples: np.ndarray, channels: tuple[str, ...]
) -> None:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    columns = [np.ascontiguousarray(column) for column in (time_s, *samples.T)]
    if path.suffix == ".parquet":
        table = pa.Table.from_arrays([pa.array(c) for c in columns], names=["time_s", *channels])
        # Measured numbers hardly compress; as they are they can be mapped into memory.
        pa.parquet.write_table(table, path, compression="none", use_dictionary=False)
        return
    # NaN becomes an empty cell.
    arrays = [pa.array(c, from_pandas=True) for c in columns]
    table = pa.Table.from_arrays(arrays, names=["time_s", *channels])
    with path.open("wb") as file:
        file.write((",".join(table.column_names) + "\n").encode())
        pa.csv.write_csv(table, file, pa.csv.WriteOptions(include_header=False))


def _read_matrix(
    path: Path, channels: tuple[str, ...] | None = None, dtype: str = "float64"
) -> tuple[np.ndarray, np.ndarray, tuple[str, ...]]:
    """Times, samples and their channels (None: all); `dtype` is that of numbers stored as text."""
    import pyarrow as pa

    try:
        table = _read_arrow(path, dtype)
        if channels is None:
            channels = tuple(table.column_names[1:])
        if channels and path.suffix == ".parquet":
            dtype = table.schema.field(1).type.to_pandas_dtype()
        time_s = table.column("time_s").to_numpy()
        samples = np.empty((table.num_rows, len(channels)), dtype)
        for k, name in enumerate(channels):
            samples[:, k] = table.column(name).to_numpy()
    except (OSError, LookupError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise GaitcastError(f"cannot read the recording: {reason}", where=str(path)) from error
    return time_s, samples, channels


def _read_arrow(path: Path, dtype: str) -> Any:
    import pyarrow as pa
    import pyarrow.csv
    import pyarrow.parquet

    if path.suffix == ".parquet":
        return pa.parquet.read_table(path, memory_map=True, use_threads=False)
    with path.open(encoding="utf-8") as file:
        names = file.readline().rstrip().split(",")
    kinds = dict.fromkeys(names, pa.type_for_alias(dtype)) | {"time_s": pa.float64()}
    return pa.csv.read_csv(
        path,
        read_options=pa.csv.ReadOptions(use_threads=False),
        convert_options=pa.csv.ConvertOptions(column_types=kinds),
    )


def _write_truth(time_s: np.ndarray, truth: Truth, folder: Path, file: str) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    (folder / "steps").mkdir(parents=True, exist_ok=True)
    _write_matrix(folder / file, time_s, truth.samples, truth.channels)
    path = folder / "steps" / file
    if path.suffix == ".parquet":
        steps = pa.table({name: pa.array(column) for name, column in truth.steps.items()})
        pa.parquet.write_table(steps, path)
    else:
        columns = (map(as_cell, column.tolist()) for column in truth.steps.values())
        write_rows(path, [*truth.steps], zip(*columns, strict=True))


def _read_truth(folder: Path, file: str) -> Truth | None:
    if not (folder / file).is_file():
        return None
    _, samples, channels = _read_matrix(folder / file, dtype="float32")
    return Truth(samples, channels, _read_steps(folder / "steps" / file))


def _read_steps(path: Path) -> dict[str, np.ndarray]:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        if path.suffix == ".parquet":
            table = pa.parquet.read_table(path)
            return {name: table.column(name).to_numpy() for name in table.column_names}
        names, rows = read_rows(path)
        return {name: np.array([as_value(row[name]) for row in rows]) for name in names}
    except (OSError, KeyError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise GaitcastError(f"cannot read the true steps: {reason}", where=str(path)) from error
