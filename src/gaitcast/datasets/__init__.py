"""Recordings, loaded as a `Cohort`: any file or folder, public datasets, the simulator."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gaitcast.cohort import Cohort
from gaitcast.datasets.own_folder import load_path
from gaitcast.datasets.public_sets import PUBLIC, public, read_public
from gaitcast.datasets.stamp import stamp_source
from gaitcast.errors import GaitcastError, nearest
from gaitcast.simulate import load_simulated

#: name -> loader(folder, rate_hz, max_gap_s, **options)
DATASETS: dict[str, Callable[..., Cohort]] = {
    **{name: dataset.load for name, dataset in PUBLIC.items()},
    "simulated": load_simulated,
}


def load(
    source: str | Path,
    folder: str | Path | None = None,
    *,
    rate_hz: float | None = None,
    max_gap_s: float | None = None,
    **options: Any,
) -> Cohort:
    """Load recordings: the one way in.

    Parameters
    ----------
    source : str or Path
        A dataset's name (a key of :data:`DATASETS`), or the path of a file, of a folder of files,
        of a cohort folder, or of the folder of a public dataset. A name goes before a file or
        folder of that name in the working directory, unless that is written with a slash.
    folder : str or Path, optional
        Of a name: the dataset's folder, or one that holds it under its name; by default
        ``$GAITCAST_DATA``. Of a path: what it is relative to.
    rate_hz : float, optional
        A uniform clock of every recording; without it the samples are as recorded.
    max_gap_s : float, optional
        Longest interval that counts as continuous, s; by default 0.1, or what a cohort folder says.
    **options
        Of the loader: see :func:`gaitcast.simulate.load_simulated` for ``"simulated"`` and
        :func:`gaitcast.datasets.own_folder.load_path` for a path.

    Returns
    -------
    Cohort
        All people, trials, events and what is known of them; notes name the files left out.

    Raises
    ------
    GaitcastError
        If an option is unknown, there is no such dataset, file or folder, the files are absent
        (the error says how to get them), or none can be read.
    """
    loader = find_loader(source, folder)
    known = [*inspect.signature(loader).parameters][3:]
    for option in options:
        if option not in known:
            raise GaitcastError(
                f"'{source}' has no option '{option}'",
                hint=nearest(option, known) if known else "It takes none",
            )
    place = None if folder is None else Path(folder)
    if loader is load_path:
        return load_path(Path(place or "", source), rate_hz, max_gap_s, **options)
    return loader(place, rate_hz, 0.1 if max_gap_s is None else max_gap_s, **options)


def find_loader(source: str | Path, folder: str | Path | None = None) -> Callable[..., Cohort]:
    """What loads a name or a path.

    Parameters
    ----------
    source, folder
        See :func:`load`.

    Returns
    -------
    callable
        ``loader(place, rate_hz, max_gap_s, **options)``.

    Raises
    ------
    GaitcastError
        If the source is no dataset's name, is written without a slash, and is no file or folder.
    """
    if isinstance(source, str) and source in DATASETS:
        return DATASETS[source]
    place = Path(folder or "", source)
    if isinstance(source, str) and not _has_slash(source) and not place.exists():
        raise GaitcastError(
            f"'{source}' is neither a dataset nor a file or folder",
            where=str(place.absolute()),
            hint=nearest(source, [*DATASETS]),
        )
    return load_path


def _has_slash(source: str) -> bool:
    return "/" in source or os.sep in source


__all__ = [
    "DATASETS",
    "PUBLIC",
    "find_loader",
    "load",
    "load_path",
    "public",
    "read_public",
    "stamp_source",
]
