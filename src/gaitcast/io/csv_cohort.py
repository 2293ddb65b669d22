"""A cohort as a folder of tables."""

from __future__ import annotations

from pathlib import Path

from gaitcast.atomic import new_folder
from gaitcast.cohort import Cohort
from gaitcast.io.table import write_table
from gaitcast.recording import Recording


def write_cohort(cohort: Cohort, folder: str | Path) -> None:
    """Write recordings, the covariates of the people and, where there is one, the truth.

    Parameters
    ----------
    folder : Path
        Gets ``<trial>.csv`` and one ``mapping.toml``, which a study reads; in ``about``,
        ``subjects.csv`` and ``<trial>_events.csv``; in ``truth``, ``<trial>.parquet`` (channels
        without noise) and ``<trial>_steps.csv``. Replaced if it holds such a cohort with the same
        trials and no other files.

    Raises
    ------
    GaitcastError
        If the folder cannot be written or holds other files.
    """
    folder = Path(folder)
    import pandas as pd

    tables = [f"{recording.trial}.csv" for recording in cohort]
    with new_folder(folder, [*tables, "mapping.toml", "about", "truth"]) as draft:
        about, truth = draft / "about", draft / "truth"
        about.mkdir()
        for recording in cohort:
            write_table(recording, draft / f"{recording.trial}.csv")
            rows = [(name, t) for name, times in recording.events.items() for t in times]
            events = pd.DataFrame(rows, columns=["event", "time_s"]).sort_values("time_s")
            events.round(6).to_csv(about / f"{recording.trial}_events.csv", index=False)
            _write_truth(recording, truth)
        people = pd.DataFrame.from_dict(dict(cohort.subjects), orient="index")
        people.rename_axis("subject").to_csv(about / "subjects.csv")


def _write_truth(recording: Recording, folder: Path) -> None:
    import pandas as pd

    if recording.truth is None:
        return
    folder.mkdir(exist_ok=True)
    steps = pd.DataFrame(dict(recording.truth.steps)).round(8)
    steps.to_csv(folder / f"{recording.trial}_steps.csv", index=False)
    true = pd.DataFrame(recording.truth.samples, columns=list(recording.truth.channels))
    true.insert(0, "time_s", recording.time_s)
    true.to_parquet(folder / f"{recording.trial}.parquet", index=False)
