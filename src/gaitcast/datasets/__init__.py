"""Recordings by name, each loaded as a `Cohort`: public datasets, own tables, the simulator."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from pathlib import Path
from typing import Any

from gaitcast.cohort import Cohort
from gaitcast.datasets.ankle6 import ANKLE6
from gaitcast.datasets.bach2022 import BACH2022
from gaitcast.datasets.c3d_samples import C3D_SAMPLES
from gaitcast.datasets.camargo2021 import CAMARGO2021
from gaitcast.datasets.cmu_walk import CMU_WALK
from gaitcast.datasets.dataset import Dataset
from gaitcast.datasets.fukuchi2018 import FUKUCHI2018
from gaitcast.datasets.fukuchi2018_curves import FUKUCHI2018_CURVES
from gaitcast.datasets.gaitrec import GAITREC
from gaitcast.datasets.horst2019 import HORST2019
from gaitcast.datasets.hugadb import HUGADB
from gaitcast.datasets.moore2015 import MOORE2015
from gaitcast.datasets.moore2015_raw import MOORE2015_RAW
from gaitcast.datasets.opensim_samples import OPENSIM_SAMPLES
from gaitcast.datasets.own_tables import load_tables
from gaitcast.datasets.schreiber2019 import SCHREIBER2019
from gaitcast.datasets.stored import load_stored
from gaitcast.datasets.tan2022 import TAN2022
from gaitcast.datasets.voisard2023 import VOISARD2023
from gaitcast.datasets.winter2009 import WINTER2009
from gaitcast.errors import GaitcastError, nearest
from gaitcast.recording import Recording
from gaitcast.simulate import load_simulated

#: Public datasets by name.
PUBLIC: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        ANKLE6, BACH2022, C3D_SAMPLES, CAMARGO2021, CMU_WALK, FUKUCHI2018, FUKUCHI2018_CURVES,
        GAITREC, HORST2019, HUGADB, MOORE2015, MOORE2015_RAW, OPENSIM_SAMPLES, SCHREIBER2019,
        TAN2022, VOISARD2023, WINTER2009,
    )
}  # fmt: skip
#: name -> loader(folder, resample_hz, max_gap_s, **options)
DATASETS: dict[str, Callable[..., Cohort]] = {
    **{name: dataset.load for name, dataset in PUBLIC.items()},
    "cohort": load_stored,
    "simulated": load_simulated,
    "tables": load_tables,
}


def public(name: str) -> Dataset:
    """A public dataset by its name.

    Parameters
    ----------
    name : str
        A key of :data:`PUBLIC`.

    Returns
    -------
    Dataset
        Its description.

    Raises
    ------
    GaitcastError
        If there is none of that name.
    """
    if name not in PUBLIC:
        raise GaitcastError(f"unknown dataset '{name}'", hint=nearest(name, [*PUBLIC]))
    return PUBLIC[name]


def read_public(path: Path) -> tuple[Dataset, list[Recording]] | None:
    """A file of a public dataset, known by its name and its content.

    Parameters
    ----------
    path : Path
        Of the file.

    Returns
    -------
    tuple of Dataset and list of Recording, or None
        None if no set has such a file.
    """
    for dataset in PUBLIC.values():
        if any(path.match(pattern) for pattern in dataset.files):
            try:
                return dataset, dataset.read(path, 0.1)
            except (GaitcastError, KeyError, ValueError, TypeError):
                continue  # another file of that name
    return None


def load(
    name: str,
    folder: str | Path | None = None,
    *,
    resample_hz: float | None = 100.0,
    max_gap_s: float = 0.1,
    **options: Any,
) -> Cohort:
    """Load recordings by the name of their source.

    Parameters
    ----------
    name : str
        A key of :data:`DATASETS`.
    folder : str or Path, optional
        Folder of the dataset, or one that holds it under its name; by default ``$GAITCAST_DATA``.
    resample_hz : float or None
        Uniform clock; None keeps the samples as recorded.
    max_gap_s : float
        Longest interval that counts as continuous.
    **options
        Of the loader: see :func:`gaitcast.simulate.load_simulated` and
        :func:`gaitcast.datasets.own_tables.load_tables`.

    Returns
    -------
    Cohort
        All people of the set.

    Raises
    ------
    GaitcastError
        If the name or an option is unknown, or the files are absent; says how to get them.
    """
    if name not in DATASETS:
        raise GaitcastError(f"unknown dataset '{name}'", hint=nearest(name, [*DATASETS]))
    known = [*inspect.signature(DATASETS[name]).parameters][3:]
    for option in options:
        if option not in known:
            raise GaitcastError(
                f"dataset '{name}' has no option '{option}'",
                hint=nearest(option, known) if known else "It takes none",
            )
    place = None if folder is None else Path(folder)
    return DATASETS[name](place, resample_hz, max_gap_s, **options)
