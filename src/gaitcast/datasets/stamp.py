"""Whether the files of a source are still the same, without reading them."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from gaitcast.datasets.folder import find_folder
from gaitcast.datasets.public_sets import PUBLIC
from gaitcast.io import find_mapping


def stamp_source(
    source: str | Path,
    folder: str | Path | None = None,
    beside: Iterable[str | Path | None] = (),
) -> str:
    """A text that changes when a file of a source is written anew, added or removed.

    Parameters
    ----------
    source, folder
        As :func:`gaitcast.datasets.load` takes them.
    beside : iterable of str or Path
        A mapping and a table of participants that lie elsewhere, in that folder or anywhere.

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
    above = find_mapping(root / "any" if root.is_dir() else root)
    named = [place for name in beside if name for place in (root / name, Path(name))]
    files += [path for path in (above, *named) if path is not None and path.is_file()]
    digest = hashlib.sha256()
    for path in sorted({path.absolute() for path in files}):
        about = path.stat()
        digest.update(f"{path}\0{about.st_size}\0{about.st_mtime_ns}\n".encode())
    return digest.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (path for name in files if (path := Path(place, name)).is_file())
