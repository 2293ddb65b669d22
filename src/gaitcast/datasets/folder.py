"""Where the files of a dataset lie on this machine."""

import os
from collections.abc import Sequence
from pathlib import Path

from gaitcast.errors import GaitcastError, MissingError


def find_folder(
    name: str, folder: Path | None, *, patterns: Sequence[str], how_to_get: str
) -> Path:
    """Folder that holds a dataset.

    Parameters
    ----------
    name : str
        Of the dataset.
    folder : Path or None
        The dataset's own folder or one above it; None stands for ``$GAITCAST_DATA``.
    patterns : sequence of str
        Globs, of which one must match at least one file.
    how_to_get : str
        One line on how to get the files.

    Returns
    -------
    Path
        With at least one matching file.

    Raises
    ------
    MissingError
        If no file is found, or nothing says where to look.
    GaitcastError
        If it is no folder.
    """
    root = folder or (Path(os.environ["GAITCAST_DATA"]) if "GAITCAST_DATA" in os.environ else None)
    if root is None:
        raise MissingError(
            f"dataset '{name}' needs a folder",
            hint=f"{how_to_get} Then pass --data DIR or set GAITCAST_DATA",
        )
    if not root.is_dir():
        raise GaitcastError(
            "no such folder",
            where=str(root),
            hint="Give --data or GAITCAST_DATA the folder of the recordings",
        )
    for place in (root, root / name):
        try:
            if any(file for pattern in patterns for file in place.glob(pattern)):
                return place
        except (ValueError, NotImplementedError) as error:
            raise GaitcastError(f"'{patterns[0]}' is not a pattern of file names") from error
    raise MissingError(
        f"no {patterns[0]} of dataset '{name}' here", where=str(root), hint=how_to_get
    )
