"""From any readable files to a cohort folder, a table or an OpenSim file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from gaitcast.cohort import Cohort, OnDemand, RecordingInfo
from gaitcast.datasets import PUBLIC, read_public
from gaitcast.errors import GaitcastError
from gaitcast.io import open_store, read, write_mot, write_store, write_table, write_trc
from gaitcast.recording import Recording

_FILES = (".csv", ".trc", ".mot", ".sto")


def convert_files(source: Path, target: Path, mapping: Path | None = None) -> Iterator[str]:
    """Convert what can be read.

    Parameters
    ----------
    source : Path
        File, folder of files, or cohort folder; a folder of a public dataset is known by its files.
    target : Path
        ``.csv``, ``.trc``, ``.mot`` or ``.sto`` for one recording; anything else becomes a cohort
        folder.
    mapping : Path, optional
        What the columns of tables and arrays mean.

    Yields
    ------
    str
        Lines for the user: what was left out, what was written.

    Raises
    ------
    GaitcastError
        If nothing can be read, several recordings shall go into one file, or the place cannot be
        written.
    """
    _check_target(target)
    lines: list[str] = []
    cohort = gather(source, mapping, lines)
    yield from lines
    suffix = target.suffix.lower()
    if suffix not in _FILES:
        write_store(cohort, target)
        yield f"written: {target}: {len(cohort.people)} people, {len(cohort)} recordings"
        return
    if len(cohort) != 1:
        raise GaitcastError(
            f"{len(cohort)} recordings do not go into one file",
            where=str(target),
            hint="Name a folder, or one file of the source",
        )
    left_out = _write_one(cohort.recordings[0], target, suffix)
    if left_out:
        more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        yield f"left out, {suffix} has no place for them: {', '.join(left_out[:3])}{more}"
    beside = " and mapping.toml beside it" if suffix == ".csv" else ""
    yield f"written: {target}{beside}"


def _check_target(target: Path) -> None:
    """A file is never overwritten, nor the mapping of other tables beside it."""
    suffix = target.suffix.lower()
    if suffix in _FILES:
        beside = [target.with_name("mapping.toml")] if suffix == ".csv" else []
        for path in (target, *beside):
            if path.exists():
                raise GaitcastError("exists already", where=str(path), hint="Name another place")
    elif re.fullmatch(r"\.[a-z][a-z0-9]{1,6}", suffix) and not target.is_dir():
        raise GaitcastError(
            f"no writer for '{suffix}' files",
            where=str(target),
            hint=f"Writable: {', '.join(_FILES)}, or a folder",
        )


def _write_one(recording: Recording, target: Path, suffix: str) -> tuple[str, ...]:
    if suffix == ".csv":
        write_table(recording, target)
        return tuple(recording.events)
    return (write_trc if suffix == ".trc" else write_mot)(recording, target)


def gather(source: Path, mapping: Path | None, lines: list[str]) -> Cohort:
    """Every recording that a file or folder holds.

    Parameters
    ----------
    source : Path
        File, folder of files, or cohort folder; a folder of a public dataset is known by its files.
    mapping : Path or None
        What the columns of tables and arrays mean.
    lines : list of str
        Gets a line for every file that is left out.

    Returns
    -------
    Cohort
        Read again each time one is asked for.

    Raises
    ------
    GaitcastError
        If there is nothing, or nothing of it can be read.
    """
    if not source.exists():
        raise GaitcastError("no such file or folder", where=str(source))
    if (source / "cohort.json").is_file():
        return open_store(source)
    if source.is_dir() and mapping is None:
        for dataset in PUBLIC.values():
            if source.resolve().name == dataset.name and dataset.paths(source):
                return dataset.load(source, resample_hz=None)
    files = [source] if source.is_file() else sorted(p for p in source.rglob("*") if p.is_file())
    where: dict[str, tuple[Path, int]] = {}
    infos: list[RecordingInfo] = []
    for file in files:
        if any(part.startswith(".") for part in file.relative_to(source).parts):
            continue
        try:
            found = _read(file, mapping)
        except GaitcastError as error:
            if source.is_file():
                raise
            lines.append(f"left out: {error}")
            continue
        for k, recording in enumerate(found):
            info = RecordingInfo.of(recording)
            trial = _free_name(info.trial, where)
            where[trial] = (file, k)
            infos.append(replace(info, trial=trial))
    if not infos:
        raise GaitcastError("no file here could be read", where=str(source))

    def again(trial: str) -> Recording:
        file, k = where[trial]
        return replace(_read(file, mapping)[k], trial=trial)

    return Cohort(source.resolve().stem, OnDemand(again, infos))


def _read(file: Path, mapping: Path | None) -> list[Recording]:
    known = read_public(file) if mapping is None else None
    return known[1] if known else read(file, mapping)


def _free_name(trial: str, taken: dict[str, tuple[Path, int]]) -> str:
    free, count = trial, 2
    while free in taken:
        free, count = f"{trial}-{count}", count + 1
    return free
