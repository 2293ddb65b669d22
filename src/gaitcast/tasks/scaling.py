"""Scalers, fitted on training rows only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitcast.errors import GaitcastError, nearest


@dataclass(frozen=True, eq=False)
class Scaler:
    """``scaled = (x - offset) / scale`` per channel.

    Parameters
    ----------
    offset, scale : numpy.ndarray, shape (channels,)
        Float64; scale is never 0.
    low, high : numpy.ndarray, shape (channels,), optional
        What is beyond them is taken as they are; without them nothing is.
    """

    offset: np.ndarray
    scale: np.ndarray
    low: np.ndarray | None = None
    high: np.ndarray | None = None

    @classmethod
    def fit(cls, kind: str, parts: Sequence[np.ndarray]) -> Scaler:
        """Learn offset and scale from training rows.

        Parameters
        ----------
        kind : str
            ``standard`` (mean, SD), ``minmax`` (to -1 ... 1) or ``none``.
        parts : sequence of numpy.ndarray, shape (n, channels)
            Training rows.

        Returns
        -------
        Scaler
            A constant channel keeps scale 1.

        Raises
        ------
        GaitcastError
            If `kind` is unknown.
        """
        if kind == "standard":
            count = sum(map(len, parts))
            # Part by part: all rows at once may be more than memory holds.
            offset = np.sum([np.sum(part, axis=0, dtype=float) for part in parts], axis=0) / count
            squares = [np.square(np.asarray(p, float) - offset).sum(axis=0) for p in parts]
            scale = np.sqrt(np.sum(squares, axis=0) / count)
        elif kind == "minmax":
            seen = [np.asarray(part, float) for part in parts if len(part)]
            low = np.min([part.min(axis=0) for part in seen], axis=0)
            high = np.max([part.max(axis=0) for part in seen], axis=0)
            offset, scale = (low + high) / 2, (high - low) / 2
        elif kind == "none":
            width = parts[0].shape[1]
            offset, scale = np.zeros(width), np.ones(width)
        else:
            raise GaitcastError(
                f"unknown scaling '{kind}'", hint=nearest(kind, ["standard", "minmax", "none"])
            )
        return cls(offset, np.where(scale > 1e-12, scale, 1.0))

    def apply(self, values: np.ndarray) -> np.ndarray:
        """Scale.

        Parameters
        ----------
        values : numpy.ndarray, shape (..., channels)
            Physical units.

        Returns
        -------
        numpy.ndarray, shape (..., channels)
            Scaled.
        """
        if self.low is not None and self.high is not None:
            values = np.clip(values, self.low, self.high)
        return (values - self.offset) / self.scale

    def invert(self, values: np.ndarray) -> np.ndarray:
        """Back to physical units.

        Parameters
        ----------
        values : numpy.ndarray, shape (..., channels)
            Scaled.

        Returns
        -------
        numpy.ndarray, shape (..., channels)
            Physical units.
        """
        return values * self.scale + self.offset
