"""Matrices of weights in flash, row by row, in float32 or in 8 bits with a scale for each row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gaitcast.deploy.c99.c_code import Code
from gaitcast.deploy.c99.storage import Buffer, View


@dataclass(frozen=True)
class StoredRows:
    """Constant weights of which each row makes one number.

    Parameters
    ----------
    rows : View
        (rows, columns), or (rows, channels, kernel) of a convolution; float32 or 8 bits.
    scales : View, optional
        Of each row, where it is stored in 8 bits.
    """

    rows: View
    scales: View | None = None

    @classmethod
    def of(cls, values: np.ndarray, int8: bool) -> StoredRows:
        """Store a matrix, symmetrically quantised by row if in 8 bits."""
        values = np.asarray(values, np.float32)
        if not int8:
            return cls(View.of(Buffer.constant(values), values.shape))
        whole, scales = quantised(values)
        return cls(
            View.of(Buffer.constant(whole), values.shape),
            View.of(Buffer.constant(scales), scales.shape),
        )

    def dot(self, code: Code, row: str, vector: str, step: int) -> str:
        """Product of a row and a vector.

        Parameters
        ----------
        row : str
            Index.
        vector : str
            Pointer to the vector's first number.
        step : int
            Its stride.
        """
        pointer, count = code.pointer(self.rows, [row, "0"]), self.rows.shape[1]
        if self.scales is not None:
            product = f"{code.call('dot_int8')}({vector}, {step}, {pointer}, {count})"
            return self.scaled(code, row, product)
        return dot(code, vector, step, pointer, 1, count)

    def scaled(self, code: Code, row: str, product: str) -> str:
        """A product with a row's numbers as they are stored, in units of the weights."""
        if self.scales is None:
            return product
        return f"{code.element(self.scales, [row])} * {product}"


def dot(code: Code, one: str, step_one: int, other: str, step_other: int, count: int) -> str:
    """Product of two float vectors, given as pointers."""
    if step_one == step_other == 1:
        return f"{code.call('dot')}({one}, {other}, {count})"
    return f"{code.call('dot_strided')}({one}, {step_one}, {other}, {step_other}, {count})"


def quantised(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Whole numbers from -127 to 127 and the scale of each row, (rows,)."""
    flat = values.reshape(len(values), -1)
    scales = np.abs(flat).max(axis=1) / 127
    scales = np.where(scales > 0, scales, 1).astype(np.float32)
    return np.rint(flat / scales[:, None]).astype(np.int8).reshape(values.shape), scales
