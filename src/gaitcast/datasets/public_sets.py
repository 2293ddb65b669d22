"""The public datasets by name, and which of them a file belongs to."""

from __future__ import annotations

from pathlib import Path

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
from gaitcast.datasets.schreiber2019 import SCHREIBER2019
from gaitcast.datasets.tan2022 import TAN2022
from gaitcast.datasets.voisard2023 import VOISARD2023
from gaitcast.datasets.winter2009 import WINTER2009
from gaitcast.errors import GaitcastError, nearest
from gaitcast.recording import Recording

#: Public datasets by name.
PUBLIC: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        ANKLE6, BACH2022, C3D_SAMPLES, CAMARGO2021, CMU_WALK, FUKUCHI2018, FUKUCHI2018_CURVES,
        GAITREC, HORST2019, HUGADB, MOORE2015, MOORE2015_RAW, OPENSIM_SAMPLES, SCHREIBER2019,
        TAN2022, VOISARD2023, WINTER2009,
    )
}  # fmt: skip


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


def read_public(path: Path, max_gap_s: float = 0.1) -> tuple[Dataset, list[Recording]] | None:
    """A file of a public dataset, known by its name and its content.

    Parameters
    ----------
    path : Path
        Of the file.
    max_gap_s : float
        Longest interval that counts as continuous.

    Returns
    -------
    tuple of Dataset and list of Recording, or None
        None if no set has such a file.
    """
    for dataset in PUBLIC.values():
        if any(path.match(pattern) for pattern in dataset.files):
            try:
                return dataset, dataset.read(path, max_gap_s)
            except (GaitcastError, KeyError, ValueError, TypeError):
                continue  # another file of that name
    return None
