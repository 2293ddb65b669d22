"""The public datasets by name, and which of them a file belongs to."""

from __future__ import annotations

from pathlib import Path

from gaitcast.datasets.ankle6 import ANKLE6
from gaitcast.datasets.bach2022 import BACH2022
from gaitcast.datasets.c3d_samples import C3D_SAMPLES
from gaitcast.datasets.cmu_walk import CMU_WALK
from gaitcast.datasets.crossobstacle10 import CROSSOBSTACLE10
from gaitcast.datasets.dataset import Dataset
from gaitcast.datasets.fukuchi2018_curves import FUKUCHI2018_CURVES
from gaitcast.datasets.hamner2013_run10 import HAMNER2013_RUN10
from gaitcast.datasets.horst2019 import HORST2019
from gaitcast.datasets.hugadb_walk5 import HUGADB_WALK5
from gaitcast.datasets.marpino_legs35 import MARPINO_LEGS35
from gaitcast.datasets.moore2015 import MOORE2015
from gaitcast.datasets.nikonpic_vicon8 import NIKONPIC_VICON8
from gaitcast.datasets.nonan_gaitprint3 import NONAN_GAITPRINT3
from gaitcast.datasets.opensim_samples import OPENSIM_SAMPLES
from gaitcast.datasets.schreiber2019_walk18 import SCHREIBER2019_WALK18
from gaitcast.datasets.stroke5_thigh import STROKE5_THIGH
from gaitcast.datasets.tan2022 import TAN2022
from gaitcast.datasets.uci_emg_knee22 import UCI_EMG_KNEE22
from gaitcast.datasets.voisard2023 import VOISARD2023
from gaitcast.datasets.winter2009 import WINTER2009
from gaitcast.datasets.zju_shank12 import ZJU_SHANK12
from gaitcast.errors import GaitcastError, nearest
from gaitcast.recording import Recording

#: Public datasets by name.
PUBLIC: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (
        ANKLE6, BACH2022, C3D_SAMPLES, CMU_WALK, CROSSOBSTACLE10, FUKUCHI2018_CURVES,
        HAMNER2013_RUN10, HORST2019, HUGADB_WALK5, MARPINO_LEGS35, MOORE2015, NIKONPIC_VICON8,
        NONAN_GAITPRINT3, OPENSIM_SAMPLES, SCHREIBER2019_WALK18, STROKE5_THIGH, TAN2022,
        UCI_EMG_KNEE22, VOISARD2023, WINTER2009, ZJU_SHANK12,
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
