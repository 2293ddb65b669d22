"""Choose the reader of a file by its first bytes, then by its suffix."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.arrays import array_columns
from gaitcast.io.bids_motion import is_bids_motion, read_bids_motion
from gaitcast.io.c3d import read_c3d
from gaitcast.io.capture_export import (
    capture_columns,
    holds_devices_only,
    is_capture_export,
    read_capture_export,
    read_devices,
)
from gaitcast.io.encoder_log import read_log
from gaitcast.io.kinovea import is_kinovea, read_kinovea
from gaitcast.io.mvnx import read_mvnx
from gaitcast.io.opensim import read_opensim
from gaitcast.io.spreadsheet import SPREADSHEETS
from gaitcast.io.table import table_columns
from gaitcast.io.text_encoding import decode, read_start
from gaitcast.io.xdf import xdf_columns
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
BIDS = Format("BIDS-Motion", (), read_bids_motion)
MVNX = Format("Xsens MVNX", (".mvnx",), read_mvnx)
XDF = Format("XDF", (".xdf", ".xdfz"), columns=xdf_columns)
ENCODER_LOG = Format("two-IMU encoder log", (), read_log)
CAPTURE = Format("motion-capture export", (), read_capture_export, capture_columns)
DEVICES = Format("Vicon devices", (), columns=read_devices)
ARRAYS = Format("arrays", (".mat", ".npz"), columns=array_columns)
TABLE = Format(
    "table",
    (
        ".csv", ".tsv", ".txt", ".dat", ".asc", ".tab", ".log", ".parquet", ".pq", ".feather",
        ".arrow", *SPREADSHEETS,
    ),
    columns=table_columns,
)  # fmt: skip
FORMATS = (C3D, OPENSIM, BIDS, KINOVEA, ENCODER_LOG, CAPTURE, DEVICES, MVNX, XDF, ARRAYS, TABLE)
_AS_TABLE = "Save it as .xlsx or .csv"
_AS_C3D = "Export it from its program as C3D or CSV"
#: Files of laboratories that have no reader, and the way out.
_UNREAD = {
    ".xls": ("old Excel workbooks", _AS_TABLE),
    ".xlsb": ("binary Excel workbooks", _AS_TABLE),
    ".ods": ("OpenDocument spreadsheets", _AS_TABLE),
    ".numbers": ("Numbers spreadsheets", _AS_TABLE),
    ".tdf": ("BTS files", "Export it as C3D, or its tables as text"),
    ".mvn": ("Xsens MVN files", "Export it as .mvnx, C3D or .xlsx"),
    ".mtb": ("Xsens MT Manager files", "Export it as .txt from MT Manager"),
    ".qtm": ("Qualisys files", "Export it as C3D or TSV"),
    ".tak": ("Motive files", "Export it as C3D or CSV"),
    ".x2d": ("Vicon raw files", "Export the processed trial as C3D"),
    ".hpf": ("Delsys files", "Convert it to CSV with Delsys' File Utility"),
    ".cwa": ("Axivity files", "Convert it to CSV with OmGui"),
    ".gt3x": ("ActiGraph files", "Export it as CSV with ActiLife"),
    ".fbx": ("animations", _AS_C3D),
    ".bvh": ("animations", _AS_C3D),
    ".b3d": ("AddBiomechanics binaries", "Export the trials as .trc and .mot"),
    ".pkl": ("pickles", "They can hold a program; save the columns as .csv, .npz or Parquet"),
    ".pickle": ("pickles", "They can hold a program; save the columns as .csv, .npz or Parquet"),
}


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
        head = read_start(path, _HEAD)
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or "its compression is damaged"
        raise GaitcastError(f"cannot be read: {reason}", where=str(path)) from error
    suffix = path.suffix.lower() if path.suffix.lower() != ".gz" else Path(path.stem).suffix.lower()
    if not head:
        raise GaitcastError("the file is empty", where=str(path))
    if suffix == ".c3d":
        return C3D
    if is_bids_motion(path):
        return BIDS
    if head.startswith((b"MATLAB ", b"\x89HDF")) or suffix in ARRAYS.suffixes:
        return ARRAYS
    if head.startswith(b"XDF:"):
        return XDF
    if suffix not in SPREADSHEETS:
        known = _by_text(path, head, suffix)
        if known is not None:
            return known
    for known in FORMATS:
        if suffix in known.suffixes:
            return known
    if suffix in _UNREAD:
        what, hint = _UNREAD[suffix]
        raise GaitcastError(f"{what} ('{suffix}') are not read", where=str(path), hint=hint)
    endings = ", ".join(sorted({s for known in FORMATS for s in known.suffixes}))
    raise GaitcastError(
        f"no reader for '{path.suffix}' files", where=str(path), hint=f"Readable: {endings}"
    )


def _by_text(path: Path, head: bytes, suffix: str) -> Format | None:
    """The format that the first lines of a text name."""
    try:
        text, _ = decode(head, complete=False)
    except ValueError:
        return None
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if text.startswith("PathFileType") or "endheader" in text or suffix in OPENSIM.suffixes:
        return OPENSIM
    if suffix in MVNX.suffixes or "<mvnx" in text[:2000]:
        return MVNX
    if "Enc Cnt:" in text:
        return ENCODER_LOG
    if is_kinovea(text):
        return KINOVEA
    if holds_devices_only(path, text):
        return DEVICES
    return CAPTURE if is_capture_export(text) else None
