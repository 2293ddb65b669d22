"""One stride of sagittal marker coordinates: Winter's Table A.1."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.channel import marker_channels
from gaitcast.datasets.dataset import Dataset, Download
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """Rows of frame, time and x, y of each marker in cm; y is up and becomes z."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
        labels = [word for word in lines[0].split("'") if word.strip()][2:]
        rows = np.array([line.split() for line in lines[2:] if line.strip()], dtype=float)
    except (OSError, ValueError, IndexError) as error:
        raise GaitcastError(f"not the table: {error}", where=str(path)) from error
    if not labels or rows.ndim != 2 or rows.shape[1] != 2 + 2 * len(labels):
        raise GaitcastError("header and columns disagree", where=str(path))
    samples = {}
    for k, label in enumerate(labels):
        side = label if label.startswith("RIGHT") else f"RIGHT {label}"
        x, _, z = marker_channels(side if label != "RIB CAGE" else label)
        samples[x], samples[z] = rows[:, 2 + 2 * k] / 100, rows[:, 3 + 2 * k] / 100
    time_s = rows[:, 1]
    rate_hz = (len(rows) - 1) / (time_s[-1] - time_s[0])
    return [
        Recording(
            "Winter", path.stem, float(rate_hz), time_s,
            np.column_stack(list(samples.values())), tuple(samples), max_gap_s=max_gap_s,
        )
    ]  # fmt: skip


WINTER2009 = Dataset(
    name="winter-table-a1",
    title="One stride, seven sagittal markers, 70 Hz: the field's hand-checkable example",
    citation="Winter, Biomechanics and Motor Control of Human Movement, 4th ed., Wiley 2009",
    licence="published table",
    source="https://github.com/BMClab/BMC",
    files=("WinterTableA1.txt",),
    read=_read,
    how_to_get="Take data/WinterTableA1.txt of the GitHub repository BMClab/BMC.",
    downloads=(
        Download(
            "WinterTableA1.txt",
            "https://raw.githubusercontent.com/BMClab/BMC/master/data/WinterTableA1.txt",
            "sha256:9e7f1f52e1736078cee5cbac109e9ee8124b7fe78b691e0fa10a6e3fd328026b",
        ),
    ),
)
