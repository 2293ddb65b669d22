"""Choose the reader of a file by its first bytes, then by its suffix."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.arrays import array_columns
from gaitcast.io.c3d import read_c3d
from gaitcast.io.encoder_log import read_log
from gaitcast.io.kinovea import is_kinovea, read_kinovea
from gaitcast.io.opensim import read_opensim
from gaitcast.io.table import table_columns
from gaitcast.recording import Recording

_HEAD = 8192


@dataclass(frozen=True)
class Format:
    """A file format.

    Parameters
    ----------
    name : str
        As shown to the user.
    suffixes : tuple of str
        Usual suffixes.
    read : callable or None
        ``read(path, max_gap_s=...)``, for formats that name their channels.
    columns : callable or None
        ``columns(path)``, for formats that need a mapping.
    """

    name: str
    suffixes: tuple[str, ...]
    read: Callable[..., Recording | list[Recording]] | None = None
    columns: Callable[[Path], dict[str, np.ndarray]] | None = None


C3D = Format("C3D", (".c3d",), read_c3d)
OPENSIM = Format("OpenSim", (".trc", ".mot", ".sto"), read_opensim)
KINOVEA = Format("Kinovea trajectories", (), read_kinovea)
ENCODER_LOG = Format("two-IMU encoder log", (".txt",), read_log)
ARRAYS = Format("arrays", (".mat", ".npz"), columns=array_columns)
TABLE = Format(
    "table",
    (".csv", ".tsv", ".parquet", ".pq", ".feather", ".arrow"),
    columns=table_columns,
)
FORMATS = (C3D, OPENSIM, KINOVEA, ENCODER_LOG, ARRAYS, TABLE)


def find_format(path: str | Path) -> Format:
    """Format of a file: by its content where that is clear, else by its suffix.

    Raises
    ------
    GaitcastError
        If the file does not exist or no reader knows it.
    """
    path = Path(path)
    if path.is_dir():
        raise GaitcastError("is a folder", where=str(path), hint="Name one of its files")
    if not path.is_file():
        raise GaitcastError("no such file", where=str(path))
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
        if head[:2] == b"\x1f\x8b":
            head = _unpacked(path)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "its compression is damaged"
        raise GaitcastError(f"cannot be read: {reason}", where=str(path)) from error
    suffix = path.suffix.lower() if path.suffix.lower() != ".gz" else Path(path.stem).suffix.lower()
    if not head:
        raise GaitcastError("the file is empty", where=str(path))
    if suffix == ".c3d":
        return C3D
    if head.startswith((b"MATLAB ", b"\x89HDF")) or suffix in ARRAYS.suffixes:
        return ARRAYS
    if b"\0" not in head:
        text = head.decode("utf-8", errors="replace")
        if text.startswith("PathFileType") or "endheader" in text or suffix in OPENSIM.suffixes:
            return OPENSIM
        if "Enc Cnt:" in text:
            return ENCODER_LOG
        if is_kinovea(text):
            return KINOVEA
    for known in FORMATS:
        if suffix in known.suffixes:
            return known
    endings = ", ".join(sorted({s for known in FORMATS for s in known.suffixes}))
    raise GaitcastError(
        f"no reader for '{path.suffix}' files", where=str(path), hint=f"Readable: {endings}"
    )


def _unpacked(path: Path) -> bytes:
    with gzip.open(path) as file:
        return file.read(_HEAD)
