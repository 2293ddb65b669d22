"""Array files: MATLAB (5 and 7.3) and NumPy ``.npz``, as named columns.

A variable of one dimension is a column with its name. Each column of a matrix is ``name[0]``,
``name[1]`` ...; fields of structures are joined by dots. A mapping gives the meaning of the
columns, as for tables. Nothing in these files is executed: no pickles, no MATLAB objects.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.matlab5 import read_matlab5

#: Largest size, bytes, of all arrays of one file; a damaged header can announce any size.
MOST_BYTES = 512 * 2**20
_MOST_COLUMNS = 10_000
_DEEPEST = 8


def array_columns(path: str | Path) -> dict[str, np.ndarray]:
    """Every numeric column of an array file.

    Returns
    -------
    dict of str to numpy.ndarray
        Each of shape (n,).

    Raises
    ------
    GaitcastError
        If the file cannot be read, is too large, or holds no numeric array.
    """
    path = Path(path)
    try:
        if path.suffix.lower() == ".npz":
            variables: Mapping[str, Any] = _read_npz(path)
        elif _is_hdf5(path):
            variables = _read_hdf5(path)
        else:
            variables = read_matlab5(path, MOST_BYTES)
    except GaitcastError:
        raise
    except Exception as error:  # a damaged file can make a decoder raise anything
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise GaitcastError(f"cannot read the arrays: {reason}", where=str(path)) from error
    columns: dict[str, np.ndarray] = {}
    _flatten("", variables, columns, 0)
    if not columns:
        raise GaitcastError(
            "the file holds no numeric array",
            where=str(path),
            hint="MATLAB tables and objects are not read; save their columns as arrays",
        )
    return columns


def _too_large(path: Path) -> GaitcastError:
    return GaitcastError(
        f"its arrays would take more than {MOST_BYTES // 2**20} MiB",
        where=str(path),
        hint="Split it, or save it as Parquet",
    )


def _read_npz(path: Path) -> dict[str, Any]:
    with zipfile.ZipFile(path) as archive:
        if sum(item.file_size for item in archive.infolist()) > MOST_BYTES:
            raise _too_large(path)
        sizes = {item.filename: item.file_size for item in archive.infolist()}
        for name in sizes:
            with archive.open(name) as file:
                version = np.lib.format.read_magic(file)
                read = (
                    np.lib.format.read_array_header_1_0
                    if version == (1, 0)
                    else np.lib.format.read_array_header_2_0
                )
                shape, _, dtype = read(file)
                if int(np.prod(shape, dtype=object)) * dtype.itemsize > sizes[name]:
                    raise GaitcastError(f"array '{name}' is cut short", where=str(path))
    with np.load(path, allow_pickle=False) as file:
        return {name: file[name] for name in file.files}


def _is_hdf5(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(128)
    return head.startswith(b"\x89HDF\r\n\x1a\n") or b"MATLAB 7.3" in head


def _read_hdf5(path: Path) -> dict[str, Any]:
    import h5py

    left = [MOST_BYTES]

    def walk(group: Any, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for name in group:
            if name.startswith("#"):  # MATLAB's own tables of references
                continue
            item = group[name]
            if isinstance(item, h5py.Group) and depth < _DEEPEST:
                found[name] = walk(item, depth + 1)
            elif isinstance(item, h5py.Dataset) and item.dtype.kind in "iuf":
                left[0] -= item.size * 8
                if left[0] < 0:
                    raise _too_large(path)
                found[name] = np.asarray(item[()]).T  # MATLAB's first index runs fastest
        return found

    with h5py.File(path, "r") as file:
        return walk(file, 0)


def _flatten(name: str, value: Any, columns: dict[str, np.ndarray], depth: int) -> None:
    if isinstance(value, Mapping) and depth < _DEEPEST:
        for key, inner in value.items():
            _flatten(f"{name}.{key}" if name else str(key), inner, columns, depth + 1)
        return
    array = np.asarray(value) if isinstance(value, np.ndarray) else np.zeros(())
    if array.dtype.kind not in "iuf" or array.ndim == 0 or len(columns) > _MOST_COLUMNS:
        return
    array = np.squeeze(array)
    if array.ndim == 1:
        columns[name] = array
    elif array.ndim == 2:
        rows = array if array.shape[0] >= array.shape[1] else array.T  # time is the longer side
        for k in range(rows.shape[1]):
            columns[f"{name}[{k}]"] = rows[:, k]
