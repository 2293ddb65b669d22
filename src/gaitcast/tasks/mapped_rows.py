"""Rows of series in a file that is mapped into memory: for more recordings than memory holds."""

from __future__ import annotations

import mmap
import os
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import numpy as np

from gaitcast.errors import GaitcastError

_FLOAT = np.dtype(np.float32)

if TYPE_CHECKING:
    from gaitcast.tasks.windows import Series


@dataclass(frozen=True)
class Place:
    """Where rows stand: what another process is sent instead of them."""

    path: str
    start: int
    shape: tuple[int, ...]

    @classmethod
    def of(cls, rows: np.ndarray) -> Place | np.ndarray:
        """The place of rows that are mapped; other rows as they are."""
        whole = _file_of(rows)
        if whole is None:
            return rows
        start = (rows.ctypes.data - whole.ctypes.data) // whole.itemsize
        return cls(str(whole.filename), start, rows.shape)

    def rows(self) -> np.ndarray:
        """Map them here too."""
        return _part(_whole(self.path), self.start, self.shape)


def mapped(series: Iterable[Series]) -> list[Series]:
    """The same series, their rows in a temporary file that goes with the last of them.

    Parameters
    ----------
    series : iterable of Series
        Gone through once; one is in memory at a time.

    Returns
    -------
    list of Series
        In the same order. What is written into their rows stays in this process.

    Raises
    ------
    GaitcastError
        If the folder of temporary files (``TMPDIR``) has no room.
    """
    handle, name = tempfile.mkstemp(prefix="gaitcast-", suffix=".rows")
    path = Path(name)
    try:
        with os.fdopen(handle, "wb", buffering=1 << 20) as file:
            made = [_written(one, file) for one in series]
        empty = not path.stat().st_size
        whole = np.zeros(0, np.float32) if empty else _opened(path)
    except BaseException as error:
        path.unlink(missing_ok=True)
        if not isinstance(error, OSError):
            raise
        raise GaitcastError(
            f"rows cannot be kept on disk: {error.strerror}",
            where=str(path.parent),
            hint="Let TMPDIR name a folder with more room",
        ) from error
    weakref.finalize(whole, path.unlink, missing_ok=True)
    return [
        replace(
            one,
            features=_part(whole, first, one.features.shape),
            targets=_part(whole, second, one.targets.shape),
        )
        for one, first, second in made
    ]


def _written(series: Series, file: BinaryIO) -> tuple[Series, int, int]:
    """A series whose rows were added to a file and take no memory now, and where they stand."""
    starts = []
    for rows in (series.features, series.targets):
        starts.append(file.tell() // _FLOAT.itemsize)
        file.write(np.ascontiguousarray(rows, _FLOAT).data)
    shapes = (np.broadcast_to(_FLOAT.type(0), r.shape) for r in (series.features, series.targets))
    features, targets = shapes
    return replace(series, features=features, targets=targets), starts[0], starts[1]


def mapped_like(given: Iterable[Series], made: Iterable[Series]) -> list[Series]:
    """What was made of some series, mapped if those are."""
    return mapped(made) if on_disk(given) else list(made)


def on_disk(series: Iterable[Series]) -> bool:
    """Whether rows of some series are mapped."""
    return any(_file_of(one.features) is not None for one in series)


def read_at_random(series: Iterable[Series]) -> None:
    """Of rows that are mapped nothing is read from now on but what is asked for."""
    files = {id(file): file for one in series if (file := _file_of(one.features)) is not None}
    for file in files.values():
        content: object = file.base
        if isinstance(content, mmap.mmap) and hasattr(content, "madvise"):  # not on every system
            content.madvise(mmap.MADV_RANDOM)


def _part(whole: np.ndarray, start: int, shape: tuple[int, ...]) -> np.ndarray:
    # A plain array: one of class memmap is cut ten times as slowly.
    return whole[start : start + int(np.prod(shape))].reshape(shape).view(np.ndarray)


def _file_of(rows: np.ndarray) -> np.memmap | None:
    """The mapped file that an array is a part of."""
    part: object = rows
    while isinstance(part, np.ndarray):
        if isinstance(part, np.memmap) and not isinstance(part.base, np.ndarray):
            return part
        part = part.base
    return None


@lru_cache(maxsize=8)
def _whole(path: str) -> np.ndarray:
    """A file that another process keeps."""
    return _opened(Path(path))


def _opened(path: Path) -> np.memmap:
    """Copied where it is written into."""
    return np.memmap(path, np.float32, mode="c")
