"""A cohort on disk: one Parquet file per recording, read one at a time, without loss.

::

    cohort.json            name, version of the layout
    subjects.parquet       one row per person
    recordings.parquet     one row per recording: the index of the cohort
    channels.parquet       one row per channel: name, side, segment, quantity, axis, unit
    events.parquet         trial, event, time_s
    recordings/            time_s and the channels of each recording
    truth/                 of simulated recordings
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.atomic import new_folder
from gaitcast.channel import Channel
from gaitcast.cohort import Cohort, OnDemand, RecordingInfo
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording, Truth

_LAYOUT = 1
_PARTS = (
    "cohort.json", "subjects.parquet", "recordings.parquet", "channels.parquet", "events.parquet",
    "recordings", "truth",
)  # fmt: skip


def write_store(cohort: Cohort, folder: str | Path) -> None:
    """Write a cohort; one recording is in memory at a time.

    Parameters
    ----------
    folder : Path
        Replaced if it holds such a cohort and no other files.

    Raises
    ------
    GaitcastError
        If the folder cannot be written or holds other files.
    """
    folder = Path(folder)
    with new_folder(folder, _PARTS) as draft:
        (draft / "recordings").mkdir()
        rows, events = [], []
        channels: set[str] = set()
        for number, recording in enumerate(cohort):
            file = f"{number:05d}-{re.sub(r'[^A-Za-z0-9._-]+', '_', recording.trial)[:80]}.parquet"
            _write_matrix(
                draft / "recordings" / file, recording.time_s, recording.samples, recording.channels
            )
            rows.append(_row(recording, file))
            events += [
                (recording.trial, name, float(t))
                for name, times in recording.events.items()
                for t in times
            ]
            channels |= set(recording.channels)
            if recording.truth is not None:
                _write_truth(recording, draft / "truth", file)
        _write_rows(draft / "recordings.parquet", rows)
        _write_rows(
            draft / "events.parquet",
            [{"trial": trial, "event": event, "time_s": t} for trial, event, t in events],
            columns=("trial", "event", "time_s"),
        )
        _write_rows(
            draft / "channels.parquet",
            [
                {"name": name, **asdict(Channel.parse(name)), "unit": Channel.parse(name).unit}
                for name in sorted(channels)
            ],
        )
        people = [{"subject": s, "facts": json.dumps(dict(f))} for s, f in cohort.subjects.items()]
        _write_rows(draft / "subjects.parquet", people, columns=("subject", "facts"))
        about = {"layout": _LAYOUT, "name": cohort.name}
        (draft / "cohort.json").write_text(json.dumps(about, indent=1), encoding="utf-8")


def open_store(folder: str | Path) -> Cohort:
    """Open a cohort; a recording is read on access and not kept in memory.

    Parameters
    ----------
    folder : str or Path
        From :func:`write_store`.

    Returns
    -------
    Cohort
        Bit-identical to the one that was written.

    Raises
    ------
    GaitcastError
        If it is not such a folder or is damaged.
    """
    folder = Path(folder)
    try:
        about = json.loads((folder / "cohort.json").read_text(encoding="utf-8"))
        name, layout = str(about["name"]), about["layout"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise GaitcastError(
            "not a cohort folder: cohort.json is missing or damaged", where=str(folder)
        ) from error
    if layout != _LAYOUT:
        raise GaitcastError(f"layout {layout} is not supported ({_LAYOUT} is)", where=str(folder))
    rows = {str(row["trial"]): row for row in _read_rows(folder / "recordings.parquet")}
    events: dict[str, dict[str, list[float]]] = {}
    for row in _read_rows(folder / "events.parquet"):
        events.setdefault(str(row["trial"]), {}).setdefault(row["event"], []).append(row["time_s"])
    people = _read_rows(folder / "subjects.parquet")
    try:
        infos = [_heading(row) for row in rows.values()]
        subjects = {str(row["subject"]): json.loads(row["facts"]) for row in people}
    except (KeyError, TypeError, ValueError) as error:
        raise GaitcastError("its index is damaged", where=str(folder)) from error

    def read(trial: str) -> Recording:
        return _read_recording(folder, rows[trial], events.get(trial, {}))

    return Cohort(name, OnDemand(read, infos), subjects)


def _row(recording: Recording, file: str) -> dict[str, Any]:
    info = RecordingInfo.of(recording)
    return {
        **asdict(info),
        "channels": list(info.channels),
        "covariates": json.dumps(dict(info.covariates)),
        "notes": list(recording.notes),
        "max_gap_s": recording.max_gap_s,
        "file": file,
        "event_names": list(recording.events),
    }


def _heading(row: Mapping[str, Any]) -> RecordingInfo:
    return RecordingInfo(
        str(row["subject"]),
        str(row["trial"]),
        float(row["rate_hz"]),
        float(row["duration_s"]),
        int(row["segments"]),
        tuple(row["channels"]),
        json.loads(row["covariates"]),
    )


def _read_recording(
    folder: Path, row: Mapping[str, Any], events: Mapping[str, list[float]]
) -> Recording:
    info = _heading(row)
    time_s, samples = _read_matrix(folder / "recordings" / row["file"], info.channels)
    return Recording(
        subject=info.subject,
        trial=info.trial,
        rate_hz=info.rate_hz,
        time_s=time_s,
        samples=samples,
        channels=info.channels,
        events={name: np.array(events.get(name, ())) for name in row["event_names"] or ()},
        covariates=info.covariates,
        notes=tuple(row["notes"] or ()),
        max_gap_s=float(row["max_gap_s"]),
        truth=_read_truth(folder / "truth", row["file"]),
    )


def _write_matrix(
    path: Path, time_s: np.ndarray, samples: np.ndarray, channels: tuple[str, ...]
) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    arrays = [pa.array(np.ascontiguousarray(c)) for c in (time_s, *samples.T)]
    table = pa.Table.from_arrays(arrays, names=["time_s", *channels])
    # Measured numbers hardly compress; uncompressed, they can be mapped into memory.
    pa.parquet.write_table(table, path, compression="none", use_dictionary=False)


def _read_matrix(path: Path, channels: tuple[str, ...]) -> tuple[np.ndarray, np.ndarray]:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        table = pa.parquet.read_table(path, memory_map=True, use_threads=False)
        time_s = table.column("time_s").to_numpy()
        samples = np.empty(
            (table.num_rows, len(channels)), table.schema.field(1).type.to_pandas_dtype()
        )
        for k, name in enumerate(channels):
            samples[:, k] = table.column(name).to_numpy()
    except (OSError, LookupError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise GaitcastError(f"cannot read the recording: {reason}", where=str(path)) from error
    return time_s, samples


def _write_truth(recording: Recording, folder: Path, file: str) -> None:
    truth = recording.truth
    assert truth is not None
    folder.mkdir(exist_ok=True)
    _write_matrix(folder / file, recording.time_s, truth.samples, truth.channels)
    import pyarrow as pa
    import pyarrow.parquet

    steps = pa.table({name: pa.array(column) for name, column in truth.steps.items()})
    pa.parquet.write_table(steps, folder / f"steps-{file}")


def _read_truth(folder: Path, file: str) -> Truth | None:
    import pyarrow.parquet as pq

    if not (folder / file).is_file():
        return None
    channels = tuple(pq.read_schema(folder / file).names[1:])
    _, samples = _read_matrix(folder / file, channels)
    steps = pq.read_table(folder / f"steps-{file}")
    return Truth(
        samples, channels, {name: steps.column(name).to_numpy() for name in steps.column_names}
    )


def _write_rows(path: Path, rows: list[dict[str, Any]], columns: tuple[str, ...] = ()) -> None:
    import pyarrow as pa
    import pyarrow.parquet

    table = pa.Table.from_pylist(rows) if rows else pa.table({name: [] for name in columns})
    pa.parquet.write_table(table, path)


def _read_rows(path: Path) -> list[dict[str, Any]]:
    import pyarrow as pa
    import pyarrow.parquet

    try:
        return pa.parquet.read_table(path).to_pylist()
    except (OSError, ValueError, pa.ArrowException) as error:
        reason = str(error).splitlines()[0]
        raise GaitcastError(f"cannot read the index: {reason}", where=str(path)) from error
