"""Channels as a reader finds them, before they become a recording."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.io.subject_name import subject_of_name
from gaitcast.recording import Recording


class Sheet:
    """Collects named columns, and notes on what was assumed about them."""

    def __init__(self, path: str | Path) -> None:
        path = Path(path)
        self.path = path
        self.columns: dict[str, np.ndarray] = {}
        self.events: dict[str, np.ndarray] = {}
        self.covariates: dict[str, float | str] = {}
        self.notes: list[str] = []

    def add(self, name: str, values: np.ndarray) -> None:
        """Add one channel; a second marker of the same name gets a number behind its segment.

        Parameters
        ----------
        name : str
            Channel name (see :mod:`gaitcast.channel`).
        values : numpy.ndarray, shape (n,)
            In the canonical unit.

        Raises
        ------
        GaitcastError
            If the name occurs twice and is not a marker's, whose label can carry a number.
        """
        free = name
        count = 2
        while free in self.columns:
            channel = Channel.parse(name)
            if channel.quantity != "marker":
                raise GaitcastError(f"channel '{name}' occurs twice", where=str(self.path))
            free = f"{channel.side}_{channel.segment}.{count}_marker_{channel.axis}"
            count += 1
        if free != name and name.endswith("x"):
            self.notes.append(f"marker '{Channel.parse(name).segment}' occurs twice: {free[:-2]}")
        self.columns[free] = np.asarray(values, dtype=float)

    def add_vector(self, names: tuple[str, str, str], values: np.ndarray) -> None:
        """Add the three channels of a vector.

        Parameters
        ----------
        names : tuple of str
            Names of x, y and z.
        values : numpy.ndarray, shape (n, 3)
            In the canonical unit.
        """
        for name, column in zip(names, values.T, strict=True):
            self.add(name, column)

    def recording(
        self, time_s: np.ndarray, rate_hz: float, max_gap_s: float, *, subject: str = ""
    ) -> Recording:
        """Make a recording, named after the file.

        Parameters
        ----------
        subject : str
            As the file itself states; empty for what its name says.
        time_s : numpy.ndarray, shape (n,)
            s.
        max_gap_s : float
            Longest interval between samples, s, that does not start a new segment.

        Returns
        -------
        Recording
            With events, covariates and notes.

        Raises
        ------
        GaitcastError
            If the sheet is empty, or shapes disagree.
        """
        if not self.columns:
            raise GaitcastError("no channel that gaitcast knows", where=str(self.path))
        try:
            return Recording(
                subject=subject or subject_of_name(self.path.stem),
                trial=self.path.stem,
                rate_hz=rate_hz,
                time_s=time_s,
                samples=np.column_stack(list(self.columns.values())),
                channels=tuple(self.columns),
                events=self.events,
                covariates=self.covariates,
                notes=tuple(self.notes),
                max_gap_s=max_gap_s,
                identified_by="file header" if subject else "file name",
            )
        except GaitcastError as error:
            raise GaitcastError(error.what, where=str(self.path), hint=error.hint) from error
