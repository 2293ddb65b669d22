"""A recording as an Excel workbook, for people: samples, channels with their units, events."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.atomic import new_file
from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

_MOST_ROWS = 1_048_575


def write_workbook(recording: Recording, path: str | Path) -> None:
    """Write a recording as ``.xlsx``.

    Parameters
    ----------
    recording : Recording
        To write.
    path : str or Path
        Replaced if it exists. The sheet ``recording`` has ``time_s`` and the channels in canonical
        units, and reads back as it is; ``channels`` has their units, ``events`` a row an event,
        ``about`` the participant, the rate and the notes.

    Raises
    ------
    GaitcastError
        If it has more samples than a sheet has rows, or the file cannot be written.
    """
    import openpyxl

    path = Path(path)
    if len(recording) > _MOST_ROWS:
        raise GaitcastError(
            f"{len(recording)} samples are more than a sheet has rows",
            where=str(path),
            hint="Write .csv, or a lower rate",
        )
    book = openpyxl.Workbook(write_only=True)
    sheet = book.create_sheet("recording")
    sheet.append(["time_s", *recording.channels])
    for time_s, row in zip(recording.time_s, recording.samples, strict=True):
        sheet.append([float(time_s), *(None if np.isnan(v) else float(v) for v in row)])
    sheet = book.create_sheet("channels")
    sheet.append(["channel", "side", "segment", "quantity", "axis", "unit"])
    for name in recording.channels:
        c = Channel.parse(name)
        sheet.append([name, c.side, c.segment, c.quantity, c.axis, c.unit])
    sheet = book.create_sheet("events")
    sheet.append(["event", "time_s"])
    for event, times in recording.events.items():
        for time in times:
            sheet.append([event, float(time)])
    sheet = book.create_sheet("about")
    about = {
        "participant": recording.subject,
        "trial": recording.trial,
        "rate_hz": recording.rate_hz,
    }
    for key, value in {**about, **recording.covariates}.items():
        sheet.append([key, value])
    for note in recording.notes:
        sheet.append(["note", note])
    with new_file(path) as draft:
        book.save(draft)
