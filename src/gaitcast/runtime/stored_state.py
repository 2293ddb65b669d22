"""States and profiles on disk: ``.npz``, nothing in which is executed."""

from __future__ import annotations

from pathlib import Path
from typing import IO
from zipfile import BadZipFile

import numpy as np

from gaitcast.errors import GaitcastError


def read_arrays(file: Path) -> dict[str, np.ndarray]:
    """Read a state or a profile; nothing in it is executed.

    Parameters
    ----------
    file : Path
        ``.npz``.

    Returns
    -------
    dict of str to numpy.ndarray

    Raises
    ------
    GaitcastError
        If it is damaged.
    """
    try:
        with file.open("rb") as opened:
            return arrays_in(opened, str(file))
    except OSError as error:
        raise _unreadable(str(file)) from error


def arrays_in(opened: IO[bytes], where: str) -> dict[str, np.ndarray]:
    """Read an opened state or profile; `where` is named in the error, see :func:`read_arrays`."""
    try:
        with np.load(opened, allow_pickle=False) as stored:
            return dict(stored)
    except (OSError, ValueError, EOFError, TypeError, AttributeError, BadZipFile) as error:
        raise _unreadable(where) from error


def _unreadable(where: str) -> GaitcastError:
    return GaitcastError(
        "cannot be read as a state or profile", where=where, hint="Name another file"
    )
