"""A cohort folder that gaitcast wrote: ``gaitcast convert SRC DST``."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from gaitcast.cohort import Cohort
from gaitcast.datasets.dataset import at_rate
from gaitcast.datasets.folder import find_folder
from gaitcast.io import open_store


def load_stored(
    folder: Path | None = None, resample_hz: float | None = 100.0, max_gap_s: float = 0.1
) -> Cohort:
    """Load a cohort folder.

    Parameters
    ----------
    folder : Path
        With ``cohort.json`` (``--data``).
    resample_hz : float or None
        Uniform clock; None keeps the samples as recorded, and reads each only when it is used.
    max_gap_s : float
        Longest interval that counts as continuous.

    Returns
    -------
    Cohort
        All people.

    Raises
    ------
    GaitcastError
        If it is no cohort folder or is damaged.
    """
    how = "Write one with 'gaitcast convert SRC DST'."
    cohort = open_store(find_folder("cohort", folder, patterns=["cohort.json"], how_to_get=how))
    if resample_hz is None:
        return cohort
    recordings = (replace(r, max_gap_s=max_gap_s) for r in cohort)
    return Cohort(cohort.name, tuple(at_rate(r, resample_hz) for r in recordings), cohort.subjects)
