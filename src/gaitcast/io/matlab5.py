"""MATLAB 5 to 7 files: numeric arrays in variables, structures and cells; every size is checked.

scipy reads these files too, but on a damaged file it can read past the end of its memory and end
the whole process; files of gait laboratories come by mail and memory stick, and some are damaged.

Source: MAT-File Format (The MathWorks, version 5 files). Skipped: sparse arrays, objects (tables
too), functions and the imaginary part of complex numbers.
"""

from __future__ import annotations

import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError

_HEADER = 128
_MATRIX, _COMPRESSED = 14, 15
_NUMBERS = {
    1: "i1", 2: "u1", 3: "i2", 4: "u2", 5: "i4", 6: "u4", 7: "f4", 9: "f8", 12: "i8", 13: "u8",
}  # fmt: skip
_CELL, _STRUCTURE = 1, 2
#: double, single, the signed and unsigned integers of 8 to 64 bits.
_NUMERIC = range(6, 16)
_DEEPEST = 8


def read_matlab5(path: str | Path, most_bytes: int) -> dict[str, Any]:
    """Read the variables of a file.

    Parameters
    ----------
    path : str or Path
        ``.mat`` of version 5, 6 or 7.
    most_bytes : int
        Largest size of all unpacked arrays.

    Returns
    -------
    dict of str to numpy.ndarray or dict
        Structures and cells become dictionaries.

    Raises
    ------
    GaitcastError
        If it is not such a file, is cut short, contradicts itself or is too large.
    """
    path = Path(path)
    content = path.read_bytes()
    mark = content[126:128]
    if len(content) < _HEADER or mark not in (b"IM", b"MI"):
        raise GaitcastError("not a MATLAB 5 file: its header is missing", where=str(path))
    reader = _Reader("<" if mark == b"IM" else ">", str(path), [most_bytes])
    variables: dict[str, Any] = {}
    for kind, data in reader.elements(memoryview(content)[_HEADER:], depth=0):
        name, value = reader.matrix(data, 0) if kind == _MATRIX else ("", None)
        if value is not None and name:
            variables[name] = value
    return variables


@dataclass(frozen=True)
class _Reader:
    """Byte order, file name and the number of bytes that may still be unpacked."""

    order: str
    where: str
    left: list[int]

    def damaged(self, what: str) -> GaitcastError:
        return GaitcastError(f"the MATLAB file is damaged: {what}", where=self.where)

    def elements(self, data: memoryview, depth: int) -> list[tuple[int, memoryview]]:
        """Kind and data of each element in a row; compressed ones unpacked."""
        found = []
        at = 0
        while at + 8 <= len(data):
            kind, length = (int(v) for v in np.frombuffer(data, f"{self.order}u4", 2, at))
            begin = at + 8
            if kind >> 16:  # a small element holds its data in the tag itself
                kind, length, begin = kind & 0xFFFF, kind >> 16, at + 4
                step = 8
            else:
                step = 8 + length + (0 if kind == _COMPRESSED else -length % 8)
            if begin + length > len(data) or (step == 8 and length > 8):
                raise self.damaged(f"an element of {length} bytes does not fit")
            part = data[begin : begin + length]
            if kind == _COMPRESSED and depth == 0:
                found += self.elements(self.unpacked(part), depth + 1)
            else:
                found.append((kind, part))
            at += step
        return found

    def unpacked(self, data: memoryview) -> memoryview:
        unpacker = zlib.decompressobj()
        try:
            result = unpacker.decompress(data, self.left[0])
        except zlib.error as error:
            raise self.damaged("its compression") from error
        self.left[0] -= len(result)
        if unpacker.unconsumed_tail or self.left[0] <= 0:
            raise GaitcastError(
                "its arrays are too large", where=self.where, hint="Split it, or save it as Parquet"
            )
        return memoryview(result)

    def matrix(self, data: memoryview, depth: int) -> tuple[str, Any]:
        """Name and value of one array; None for a skipped type."""
        parts = self.elements(data, depth + 1)
        if len(parts) < 3:
            return "", None
        flags, shape, name = parts[0][1], parts[1][1], parts[2][1]
        if len(flags) < 8 or len(shape) < 8 or len(shape) % 4:
            raise self.damaged("an array without a shape")
        kind = int(np.frombuffer(flags, f"{self.order}u4", 1)[0]) & 0xFF
        size = [int(v) for v in np.frombuffer(shape, f"{self.order}i4")]
        if min(size) < 0 or len(size) > 8:
            raise self.damaged("an array of negative size")
        title = bytes(name).decode("latin-1")
        if kind in _NUMERIC and len(parts) > 3:
            return title, self.numbers(parts[3], size)
        if depth < _DEEPEST and kind == _STRUCTURE:
            return title, self.structure(parts[3:], math.prod(size), depth)
        if depth < _DEEPEST and kind == _CELL:
            inner = [self.matrix(part, depth + 1)[1] for k, part in parts[3:] if k == _MATRIX]
            return title, {str(k): value for k, value in enumerate(inner) if value is not None}
        return title, None

    def numbers(self, part: tuple[int, memoryview], size: list[int]) -> np.ndarray:
        kind, data = part
        if kind not in _NUMBERS:
            raise self.damaged("an array with an unknown number type")
        dtype = np.dtype(f"{self.order}{_NUMBERS[kind]}")
        if len(data) != math.prod(size) * dtype.itemsize:
            raise self.damaged(f"{len(data)} bytes for an array of {size}")
        return np.frombuffer(data, dtype).reshape(size, order="F").astype(dtype.newbyteorder("="))

    def structure(self, parts: list[tuple[int, memoryview]], count: int, depth: int) -> Any:
        """A structure as a dictionary; an array of structures as one dictionary per element."""
        if len(parts) < 2 or len(parts[0][1]) < 4:
            raise self.damaged("a structure without fields")
        width = int(np.frombuffer(parts[0][1], f"{self.order}i4", 1)[0])
        text = bytes(parts[1][1])
        if width < 1 or len(text) % width:
            raise self.damaged("names of fields")
        names = [
            text[k : k + width].split(b"\0")[0].decode("latin-1")
            for k in range(0, len(text), width)
        ]
        values = [self.matrix(part, depth + 1)[1] for kind, part in parts[2:] if kind == _MATRIX]
        if len(values) != len(names) * count:
            raise self.damaged(f"{len(values)} values for {len(names)} fields of {count}")
        items = [
            {
                name: value
                for name, value in zip(names, values[k * len(names) :], strict=False)
                if value is not None
            }
            for k in range(count)
        ]
        return items[0] if count == 1 else {str(k): item for k, item in enumerate(items)}
