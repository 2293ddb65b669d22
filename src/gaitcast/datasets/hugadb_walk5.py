"""Six IMUs on the legs in walking: five people of HuGaDB whose gyroscopes are sound."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np

from gaitcast.datasets.array_files import open_arrays
from gaitcast.datasets.dataset import Dataset
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

_SEGMENTS = ("foot", "shank", "thigh")
_CHANNELS = tuple(
    f"{side}_{segment}_{quantity}_{axis}"
    for side in ("right", "left")
    for segment in _SEGMENTS
    for quantity in ("acc", "gyr")
    for axis in "xyz"
)
_TRIAL = re.compile(r"(P\d{2})_\d{2}")
_NOTES = ("the axes are the sensors' own, as mounted; the source does not say how",)


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Each segment of walking."""
    with open_arrays(path, ("channels", "acc_scale", "gyr_scale", "rate_hz")) as file:
        if sorted(map(str, file["channels"])) != sorted(_CHANNELS):
            raise GaitcastError("not the channels of this set")
        names = tuple(map(str, file["channels"]))
        scale = [float(file["gyr_scale" if "_gyr_" in name else "acc_scale"]) for name in names]
        rate_hz = float(file["rate_hz"])
        recordings = []
        for trial in sorted(name for name in file.files if _TRIAL.fullmatch(name)):
            samples = file[trial] * np.array(scale)
            time_s = np.arange(len(samples)) / rate_hz
            recordings.append(
                Recording(
                    trial[:3], trial, rate_hz, time_s, samples, names,
                    covariates={"task": "walking"}, notes=_NOTES, max_gap_s=max_gap_s,
                )
            )  # fmt: skip
    if not recordings:
        raise GaitcastError("not a file of this set: no segment of walking", where=str(path))
    return recordings


HUGADB_WALK5 = Dataset(
    name="hugadb-walk5",
    title="5 people of HuGaDB walking: IMUs on both feet, shanks and thighs, 58.8 Hz, no labels",
    citation="Chereshnev, Kertesz-Farkas, HuGaDB, AIST 2017, doi:10.1007/978-3-319-73013-4_12",
    licence="none stated",
    source="https://github.com/romanchereshnev/HuGaDB",
    files=("walk.npz",),
    read=_read,
    how_to_get=(
        "The walking of P01, P02, P06, P08 and P13 in HuGaDB v2 (links in the README of "
        "https://github.com/romanchereshnev/HuGaDB) as walk.npz: channels, acc_scale, gyr_scale, "
        "rate_hz, and a (n, 36) array P01_00 ... for each segment."
    ),
)
