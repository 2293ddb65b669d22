"""The newest rows of a stream, in memory of a fixed size."""

from __future__ import annotations

import numpy as np


class Ring:
    """Keeps the newest rows; the oldest is overwritten.

    Parameters
    ----------
    size : int
        Rows that are kept.
    width : int
        Values of a row.
    dtype : type
        Of the values.

    Notes
    -----
    Each row is written twice, `size` rows apart, so that the newest ones always stand in one span.
    """

    def __init__(self, size: int, width: int, dtype: type = float) -> None:
        self.size, self.count = size, 0
        self._rows: np.ndarray = np.full((2 * size, width), np.nan, dtype)

    def add(self, row: np.ndarray) -> None:
        """Keep a row, shape (width,)."""
        place = self.count % self.size
        self._rows[place] = self._rows[place + self.size] = row
        self.count += 1

    @property
    def first(self) -> int:
        """Number of the oldest row that is kept, counted from the first that ever came."""
        return max(0, self.count - self.size)

    def since(self, number: int) -> np.ndarray:
        """The kept rows from one on.

        Parameters
        ----------
        number : int
            Of the first row that is wanted, counted from the first that ever came.

        Returns
        -------
        numpy.ndarray, shape (rows, width)
            A view, oldest first: copy it to keep it.
        """
        wanted = min(self.count - max(number, self.first), self.count)
        end = (self.count - 1) % self.size + 1 + self.size
        return self._rows[end - max(0, wanted) : end]

    def forget(self) -> None:
        """Begin anew, with row 0."""
        self._rows.fill(np.nan)
        self.count = 0
