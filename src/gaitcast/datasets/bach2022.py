"""A shank accelerometer and the vertical ground force, walking and running (Bach et al. 2022)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.io.table import whole_table
from gaitcast.recording import Recording
from gaitcast.units import factor

RATE_HZ = 1000 / 7


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    columns = whole_table(path)
    try:
        trials, people = columns["trial"], columns["subject_guess"]
        names = {f"ipsi_shank_acc_{a}": columns[f"acc_{a}_g"] * factor("g", "acc") for a in "xyz"}
        names["ipsi_plate_force_z"] = columns["vgrf_N"]
        time_s, condition = columns["t_s"], columns["condition"]
    except KeyError as error:
        raise GaitcastError(f"no column {error}", where=str(path)) from error
    samples = np.column_stack(list(names.values()))
    recordings = []
    for trial in np.unique(trials):
        rows = trials == trial
        # x points down along the shank: gravity reads -1 g in the usual mounting. In the other
        # trials the axes across the shank read alike, so the sensor was turned and mirrored.
        turned = samples[rows, 0].mean() > 0
        notes = ("warning: the sensor is upside down in this trial; x is reversed",)
        recordings.append(
            Recording(
                str(people[rows][0]),
                f"{people[rows][0]}-{int(trial):02d}-{condition[rows][0]}",
                RATE_HZ,
                time_s[rows],
                samples[rows] * ([-1, 1, 1, 1] if turned else 1),
                tuple(names),
                covariates={"condition": str(condition[rows][0])},
                notes=notes if turned else (),
                max_gap_s=max_gap_s,
            )
        )
    return recordings


def _subjects(folder: Path) -> SubjectTable:
    columns = whole_table(BACH2022.paths(folder)[0])
    return {
        str(person): {"mass_kg": float(mass)}
        for person, mass in zip(columns["subject_guess"], columns["mass_kg"], strict=True)
    }


BACH2022 = Dataset(
    name="bach-shank-acc-vgrf",
    title="Shank accelerometer and vertical force of one foot, walking and running, 143 Hz",
    citation="Bach, Dominici, Daffertshofer, doi:10.1101/2022.02.14.480318",
    licence="GPL-3.0 (of the repository)",
    source="https://github.com/marlow17/PredictingGroundReactionForces",
    files=("bach.csv.gz",),
    read=_read,
    how_to_get=(
        "data/walk+run.mat of the GitHub repository marlow17/PredictingGroundReactionForces as a "
        "table bach.csv.gz (trial, subject_guess, mass_kg, condition, t_s, acc_x_g, acc_y_g, "
        "acc_z_g, vgrf_N)."
    ),
    subjects=_subjects,
)
