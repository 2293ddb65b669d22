"""A user's own tables: a folder of CSV or Parquet files and one mapping."""

from __future__ import annotations

from pathlib import Path

from gaitcast.cohort import Cohort
from gaitcast.datasets.dataset import at_rate
from gaitcast.datasets.folder import find_folder
from gaitcast.io import read_table


def load_tables(
    folder: Path | None = None,
    resample_hz: float | None = 100.0,
    max_gap_s: float = 0.1,
    mapping: str = "mapping.toml",
    files: str = "*.csv",
) -> Cohort:
    """Load every table of a folder with one mapping.

    Parameters
    ----------
    folder : Path
        Where the tables lie (``--data``).
    resample_hz : float or None
        Uniform clock; None keeps the samples as recorded.
    max_gap_s : float
        Longest interval that counts as continuous.
    mapping : str
        Mapping file, relative to `folder`; see :func:`gaitcast.io.read_table`.
    files : str
        Glob of the tables, relative to `folder`.

    Returns
    -------
    Cohort
        One recording a file, named after it. The subject is the file name up to the first ``_``,
        unless the mapping names one.

    Raises
    ------
    GaitcastError
        If there is no folder, no file, or a file does not fit the mapping.
    """
    folder = find_folder("tables", folder, patterns=[files], how_to_get="Set data.options.files.")
    paths = sorted(folder.glob(files))
    recordings = [read_table(path, folder / mapping, max_gap_s=max_gap_s) for path in paths]
    if resample_hz is not None:
        recordings = [at_rate(r, resample_hz) for r in recordings]
    return Cohort(folder.resolve().name, tuple(recordings))
