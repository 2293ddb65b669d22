"""Where a value of the graph lies: a buffer of the device, seen by an offset and strides.

Reshaping, transposing, slicing and repeating move nothing: they give another view of a buffer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

import numpy as np

#: C type of each type of the graph. Integers of the graph are indices: 32 bits hold them.
C_TYPES = {"float32": "float", "int64": "int32_t", "int32": "int32_t", "bool": "uint8_t"}
BYTES = {"float": 4, "int32_t": 4, "uint8_t": 1, "int8_t": 1}


@dataclass(eq=False)
class Buffer:
    """Consecutive numbers in flash, in the carried state, in an argument or in working memory.

    Parameters
    ----------
    c_type : str
        Of :data:`BYTES`.
    size : int
        Numbers in it.
    array : str
        C expression of the array it lies in; empty while working memory is not planned.
    offset : int
        First number in the array.
    values : numpy.ndarray, shape (size,), optional
        Of a constant.
    home : Buffer, optional
        It lies inside this one, `shift` numbers from its start.
    """

    c_type: str
    size: int
    array: str = ""
    offset: int = 0
    values: np.ndarray | None = None
    home: Buffer | None = None
    shift: int = 0

    @property
    def root(self) -> tuple[Buffer, int]:
        """The buffer that memory is given to, and where in it this one begins."""
        if self.home is None:
            return self, 0
        root, start = self.home.root
        return root, start + self.shift

    @property
    def is_work(self) -> bool:
        """Whether it lies in working memory, which the next step does not see."""
        root = self.root[0]
        return root.values is None and root.array in ("", f"work_{root.c_type}")

    @classmethod
    def constant(cls, values: np.ndarray) -> Buffer:
        """Numbers in flash; the array gets its name where it is used."""
        flat = np.ascontiguousarray(values).reshape(-1)
        c_type = {"int8": "int8_t", **C_TYPES}.get(flat.dtype.name, "double")
        return cls(c_type, flat.size, values=flat)


def dense(shape: tuple[int, ...]) -> tuple[int, ...]:
    """Strides of an array without gaps, last axis fastest."""
    return tuple(prod(shape[k + 1 :]) for k in range(len(shape)))


@dataclass(frozen=True)
class View:
    """A value of the graph.

    Parameters
    ----------
    buffer : Buffer
        Where it lies.
    shape, strides : tuple of int
        Strides in numbers; 0 repeats.
    offset : int
        Of the first element in the buffer.
    """

    buffer: Buffer
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0

    @classmethod
    def of(cls, buffer: Buffer, shape: tuple[int, ...]) -> View:
        """A whole buffer in the given shape."""
        return cls(buffer, shape, dense(shape))

    @property
    def size(self) -> int:
        """Elements."""
        return prod(self.shape)

    @property
    def is_dense(self) -> bool:
        """Whether the elements follow each other without gaps."""
        wanted = dense(self.shape)
        return all(
            n == 1 or s == w for n, s, w in zip(self.shape, self.strides, wanted, strict=True)
        )

    @property
    def is_whole(self) -> bool:
        """Whether it is its whole buffer, in order."""
        return self.offset == 0 and self.size == self.buffer.size and self.is_dense

    @property
    def place(self) -> tuple[Buffer, int]:
        """Root buffer, and where in it the first element lies."""
        root, start = self.buffer.root
        return root, start + self.offset

    @property
    def constant(self) -> np.ndarray | None:
        """Its values, if they are known."""
        values = self.buffer.values
        if values is None:
            return None
        strides = [s * values.itemsize for s in self.strides]
        seen = np.lib.stride_tricks.as_strided(values[self.offset :], self.shape, strides)
        return np.array(seen)

    def broadcast(self, shape: tuple[int, ...]) -> View:
        """Repeated to a shape, by the rules of numpy."""
        added = len(shape) - len(self.shape)
        old = (1,) * added + self.shape
        strides = (0,) * added + self.strides
        kept = tuple(s if n == m else 0 for s, n, m in zip(strides, old, shape, strict=True))
        return replace(self, shape=shape, strides=kept)

    def permuted(self, axes: tuple[int, ...]) -> View:
        """With its axes in another order."""
        return replace(
            self,
            shape=tuple(self.shape[k] for k in axes),
            strides=tuple(self.strides[k] for k in axes),
        )

    def cut(self, axis: int, start: int, count: int, step: int = 1) -> View:
        """Every `step`-th of `count` elements along an axis from `start` on."""
        shape, strides = list(self.shape), list(self.strides)
        offset = self.offset + start * strides[axis]
        shape[axis], strides[axis] = count, strides[axis] * step
        return View(self.buffer, tuple(shape), tuple(strides), offset)

    def reshaped(self, shape: tuple[int, ...]) -> View | None:
        """In another shape, or None if the elements would have to be moved."""
        if self.is_dense:
            return replace(self, shape=shape, strides=dense(shape))
        extent = 1 + sum((n - 1) * abs(s) for n, s in zip(self.shape, self.strides, strict=True))
        first = sum((n - 1) * -s for n, s in zip(self.shape, self.strides, strict=True) if s < 0)
        memory = np.empty(extent, np.int8)
        seen = np.lib.stride_tricks.as_strided(memory[first:], self.shape, self.strides)
        made = seen.reshape(shape)
        if not np.may_share_memory(made, memory):
            return None
        return replace(self, shape=shape, strides=made.strides)
