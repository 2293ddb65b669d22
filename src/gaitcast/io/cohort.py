"""A cohort as a folder of tables that reads back."""

from __future__ import annotations

from pathlib import Path

from gaitcast.atomic import new_file, write_text
from gaitcast.io.table import write_table
from gaitcast.recording import Cohort


def write_cohort(cohort: Cohort, folder: Path) -> None:
    """Write recordings, facts of the people and, where there is one, the truth.

    Parameters
    ----------
    cohort : Cohort
        To write.
    folder : Path
        Gets ``<trial>.csv`` and one ``mapping.toml``, which a study reads back; in ``about``,
        ``subjects.csv`` and ``<trial>_events.csv``; in ``truth``, ``<trial>.parquet`` (channels
        without noise) and ``<trial>_steps.csv``.

    Raises
    ------
    GaitcastError
        If the place cannot be written.
    """
    import pandas as pd

    facts = pd.DataFrame.from_dict(dict(cohort.subjects), orient="index").rename_axis("subject")
    for recording in cohort:
        write_table(recording, folder / f"{recording.trial}.csv")
        if recording.events:
            rows = [(name, t) for name, times in recording.events.items() for t in times]
            events = pd.DataFrame(rows, columns=["event", "time_s"]).sort_values("time_s")
            write_text(
                folder / "about" / f"{recording.trial}_events.csv",
                events.round(6).to_csv(index=False),
            )
        if recording.truth is not None:
            place = folder / "truth"
            steps = pd.DataFrame(dict(recording.truth.steps))
            write_text(place / f"{recording.trial}_steps.csv", steps.round(8).to_csv(index=False))
            true = pd.DataFrame(recording.truth.samples, columns=list(recording.truth.channels))
            true.insert(0, "time_s", recording.time_s)
            with new_file(place / f"{recording.trial}.parquet") as draft:
                true.to_parquet(draft, index=False)
    if len(facts):
        write_text(folder / "about" / "subjects.csv", facts.to_csv())
