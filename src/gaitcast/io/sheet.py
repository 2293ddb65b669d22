"""Channels as a reader finds them, before they are a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording


class Sheet:
    """Collects named columns and what had to be assumed about them.

    Parameters
    ----------
    path : str or Path
        File that is read.
    """

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        self.path = path
        self.columns: dict[str, np.ndarray] = {}
        self.events: dict[str, np.ndarray] = {}
        self.facts: dict[str, float | str] = {}
        self.notes: list[str] = []

    def add(self, name: str, values: np.ndarray) -> None:
        """Take one channel; a second one of the same name gets a number behind its segment.

        Parameters
        ----------
        name : str
            By the grammar.
        values : numpy.ndarray, shape (n,)
            Canonical unit.

        Raises
        ------
        GaitcastError
            If the name stands twice and is no marker's, whose label could carry a number.
        """
        free = name
        count = 2
        while free in self.columns:
            channel = Channel.parse(name)
            if channel.quantity != "marker":
                raise GaitcastError(f"channel '{name}' stands twice", where=str(self.path))
            free = f"{channel.side}_{channel.segment}.{count}_marker_{channel.axis}"
            count += 1
        if free != name and name.endswith("x"):
            self.notes.append(f"marker '{Channel.parse(name).segment}' stands twice: {free[:-2]}")
        self.columns[free] = np.asarray(values, dtype=float)

    def add_vector(self, names: tuple[str, str, str], values: np.ndarray) -> None:
        """Take the three channels of a vector.

        Parameters
        ----------
        names : tuple of str
            Of x, y and z.
        values : numpy.ndarray, shape (n, 3)
            Canonical unit.
        """
        for name, column in zip(names, values.T, strict=True):
            self.add(name, column)

    def recording(
        self, subject: str, time_s: np.ndarray, rate_hz: float, max_gap_s: float
    ) -> Recording:
        """All of it as a recording named after the file.

        Parameters
        ----------
        subject : str
            Who.
        time_s : numpy.ndarray, shape (n,)
            Times of the samples.
        rate_hz : float
            Nominal rate.
        max_gap_s : float
            Longest interval that counts as continuous.

        Returns
        -------
        Recording
            With events, facts and notes.

        Raises
        ------
        GaitcastError
            If nothing was found, or the parts do not fit.
        """
        if not self.columns:
            raise GaitcastError("no channel that gaitcast knows", where=str(self.path))
        try:
            return Recording(
                subject=subject,
                trial=self.path.stem,
                rate_hz=rate_hz,
                time_s=time_s,
                samples=np.column_stack(list(self.columns.values())),
                channels=tuple(self.columns),
                events=self.events,
                covariates=self.facts,
                notes=tuple(self.notes),
                max_gap_s=max_gap_s,
            )
        except GaitcastError as error:
            raise GaitcastError(error.what, where=str(self.path), hint=error.hint) from error
