"""Forecasts of a recording, as arrays and as a table."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True, eq=False)
class Forecasts:
    """Forecasts of one recording.

    Parameters
    ----------
    time_s : numpy.ndarray, shape (n,)
        Instants they speak from.
    ahead_ms : numpy.ndarray, shape (steps,)
        Each step ahead of its instant; negative in the past.
    targets : tuple of str
        Channels.
    values : numpy.ndarray, shape (n, steps, targets)
        Canonical units.
    """

    time_s: np.ndarray
    ahead_ms: np.ndarray
    targets: tuple[str, ...]
    values: np.ndarray

    def table(self) -> pd.DataFrame:
        """One row an instant (index ``time_s``), one column for each target and step ahead."""
        import pandas as pd

        columns = pd.MultiIndex.from_product(
            [self.targets, np.round(self.ahead_ms, 3)], names=["target", "ahead_ms"]
        )
        rows = self.values.transpose(0, 2, 1).reshape(len(self.time_s), -1)
        return pd.DataFrame(rows, pd.Index(self.time_s, name="time_s"), columns)
