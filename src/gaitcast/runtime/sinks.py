"""Where a stream's forecasts and state go: both are on disk while the stream still runs."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, ClassVar, TextIO

import numpy as np

from gaitcast.atomic import new_file
from gaitcast.errors import GaitcastError
from gaitcast.runtime.bundle import Card
from gaitcast.runtime.engine import Engine
from gaitcast.runtime.forecast import Forecast
from gaitcast.runtime.stored_state import read_arrays


def csv_names(card: Card) -> list[str]:
    """Names of the columns of a bundle's forecasts.

    Parameters
    ----------
    card : Card
        Of the bundle.

    Returns
    -------
    list of str
        ``time_s``, then ``TARGET+MSms`` for each target of each step ahead.
    """
    ahead_ms = np.array(card.steps) * 1000 / card.rate_hz
    return ["time_s", *(f"{t}+{ms:g}ms" for ms in ahead_ms for t in card.targets)]


def csv_row(forecast: Forecast) -> str:
    """A forecast as a line of comma-separated values, four decimals each.

    Parameters
    ----------
    forecast : Forecast
        From :meth:`gaitcast.runtime.Engine.push`.

    Returns
    -------
    str
        In the order of :func:`csv_names`, without the end of the line.
    """
    return ",".join([f"{forecast.time_s:.4f}", *(f"{v:.4f}" for v in forecast.values.ravel())])


class RowFile:
    """Forecasts as a CSV file that grows row by row; use it as a context manager.

    Each row is handed to the operating system as it is written, so that a killed process leaves
    all rows so far. The file is opened, and an older one replaced, at the first row; without any,
    when the block ends without an error.

    Parameters
    ----------
    path : str or Path
        The file; its folder is made if absent.
    names : sequence of str
        Of the columns.
    """

    def __init__(self, path: str | Path, names: Sequence[str]) -> None:
        self._path, self._names = Path(path), names
        self._file: TextIO | None = None

    def write(self, forecast: Forecast) -> None:
        """Add a row.

        Parameters
        ----------
        forecast : Forecast
            As many values as there are columns.

        Raises
        ------
        GaitcastError
            If the file cannot be written.
        """
        self._write(csv_row(forecast))

    def _write(self, line: str | None = None) -> None:
        try:
            if self._file is None:
                self._path.parent.mkdir(parents=True, exist_ok=True)
                # Line by line: at sensor rates that costs microseconds, and no row waits.
                self._file = self._path.open("w", buffering=1, encoding="utf-8", newline="\n")
                self._file.write(",".join(self._names) + "\n")
            if line is not None:
                self._file.write(line + "\n")
        except OSError as error:
            raise GaitcastError(f"cannot write: {error.strerror}", where=str(self._path)) from error

    def __enter__(self) -> RowFile:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is None:
            self._write()
        if self._file is not None:
            self._file.close()


class StateFile:
    """An engine's state, kept on disk while it runs.

    Parameters
    ----------
    path : str or Path
        ``.npz``; the engine goes on from it if it exists. It is replaced as a whole, so that it is
        never seen half-written.
    engine : Engine
        Whose state it is.

    Raises
    ------
    GaitcastError
        If the file is damaged, or the state of another bundle.
    """

    every_s: ClassVar[float] = 0.5

    def __init__(self, path: str | Path, engine: Engine) -> None:
        self._path, self._engine = Path(path), engine
        if self._path.is_file():
            self._load()
        self._saved_s = time.monotonic()

    def _load(self) -> None:
        self._engine.load_state(self._path)

    def _write(self, file: BinaryIO) -> None:
        self._engine.save_state(file)

    def keep(self) -> None:
        """Save if the last save is `every_s` old: call it after each sample.

        Raises
        ------
        GaitcastError
            If the file cannot be written.
        """
        if time.monotonic() - self._saved_s >= self.every_s:
            self.save()

    def save(self) -> None:
        """Save now.

        Raises
        ------
        GaitcastError
            If the file cannot be written.
        """
        with new_file(self._path) as draft, draft.open("wb") as file:
            self._write(file)
        self._saved_s = time.monotonic()


class ProfileFile(StateFile):
    """What an engine has learnt of its wearer, kept from session to session.

    Parameters
    ----------
    path : str or Path
        ``.npz``; the engine begins with it if it exists.
    engine : Engine
        Of a bundle that learns from its wearer.

    Raises
    ------
    GaitcastError
        If the file is damaged, or the profile of another bundle, or the bundle learns nothing, or
        nothing more than it begins with.
    """

    every_s = 10.0

    def __init__(self, path: str | Path, engine: Engine) -> None:
        if engine.card.learnt and not engine.card.learns:
            raise GaitcastError(
                f"bundle '{engine.card.name}' is fixed: it learns nothing more of its wearer",
                where=f"wearer profile {path}",
                hint="Leave the profile out, or take a bundle whose model has learns = true",
            )
        super().__init__(path, engine)
        if not self._path.is_file():
            engine.wear(engine.profile())  # refused where nothing is learnt
            self.save()  # a place that cannot be written is refused before the session, not after

    def _load(self) -> None:
        self._engine.wear(read_arrays(self._path))

    def _write(self, file: BinaryIO) -> None:
        np.savez(file, allow_pickle=False, **self._engine.profile())


def kept_files(engine: Engine, state: Path | None, profile: Path | None) -> list[StateFile]:
    """The files that a stream keeps of an engine.

    Parameters
    ----------
    state : Path, optional
        Everything, to go on after a break.
    profile : Path, optional
        What was learnt of the wearer; the state, if there is one already, goes before it.

    Returns
    -------
    list of StateFile
    """
    files: list[StateFile] = []
    if profile is not None:
        files.append(ProfileFile(profile, engine))
    if state is not None:
        files.append(StateFile(state, engine))
    return files
