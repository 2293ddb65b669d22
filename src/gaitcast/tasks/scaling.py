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
        rows = np.concatenate([np.asarray(p, dtype=float) for p in parts])
        if kind == "standard":
            offset, scale = rows.mean(axis=0), rows.std(axis=0)
        elif kind == "minmax":
            low, high = rows.min(axis=0), rows.max(axis=0)
            offset, scale = (low + high) / 2, (high - low) / 2
        elif kind == "none":
            offset, scale = np.zeros(rows.shape[1]), np.ones(rows.shape[1])
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
