"""Whether the files of a source are still the same, without reading them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from gaitcast.datasets.folder import find_folder
from gaitcast.datasets.public_sets import PUBLIC


def stamp_source(
    source: str | Path, folder: str | Path | None = None, mapping: str | Path | None = None
) -> str:
    """A text that changes when a file of a source is written anew, added or removed.

    Parameters
    ----------
    source, folder
        As :func:`gaitcast.datasets.load` takes them.
    mapping : str or Path, optional
        A mapping that lies elsewhere.

    Returns
    -------
    str
        Hash of the names, sizes and times of change of all files. Empty for simulated people.

    Raises
    ------
    GaitcastError
        If the folder of a public dataset is absent.
    """
    if source == "simulated":
        return ""
    if isinstance(source, str) and source in PUBLIC:
        dataset = PUBLIC[source]
        place = None if folder is None else Path(folder)
        root = find_folder(source, place, patterns=dataset.files, how_to_get=dataset.how_to_get)
    else:
        root = Path(folder or "", source)
    # What lies beside a single file says more about it.
    files = [*_files(root if root.is_dir() else root.parent)]
    files += [Path(mapping)] if mapping is not None and Path(mapping).is_file() else []
    digest = hashlib.sha256()
    for path in sorted(files):
        about = path.stat()
        digest.update(f"{path}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (path for name in files if (path := Path(place, name)).is_file())
