"""Mean ankle angle and moment over the stride of 42 people (Fukuchi et al. 2018)."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording

#: The curves are over percent of the stride; their stride times are not in these files.
ASSUMED_STRIDE_S = 1.1
#: Toe-off is where the moment has fallen to this share of its peak.
_UNLOADED = 0.02
_ANGLE, _MOMENT = "Ankle Dorsi/Plantarflexion ", "Ankle Dorsi/Plantarflexion"


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    import pandas as pd

    try:
        table = pd.read_csv(path, header=[0, 1], index_col=[0, 1])
        angle, moment = table.loc[_ANGLE], table.loc[_MOMENT]
    except (KeyError, ValueError, OSError) as error:
        raise GaitcastError(f"not the table of curves: {error}", where=str(path)) from error
    note = (
        f"assumed: a stride takes {ASSUMED_STRIDE_S} s; the curves are means over percent of it, "
        "and stance ends where the moment does",
    )
    recordings = []
    for column in table.columns:
        subject, condition = (str(part) for part in column)
        samples = np.column_stack([angle[column], moment[column]]).astype(float)
        rate_hz = (len(samples) - 1) / ASSUMED_STRIDE_S
        peak = int(np.argmax(samples[:, 1]))
        off = peak + int(np.argmax(samples[peak:, 1] < _UNLOADED * samples[peak, 1]))
        recordings.append(
            Recording(
                subject,
                f"{subject}_{condition}",
                rate_hz,
                np.arange(len(samples)) / rate_hz,
                samples,
                ("ipsi_ankle_angle_flexion", "ipsi_ankle_moment_flexion"),
                events={
                    "ipsi_heel_strike": np.zeros(1),
                    "ipsi_toe_off": np.array([off / rate_hz]) if off > peak else np.zeros(0),
                },
                covariates={"condition": condition},
                notes=note,
                max_gap_s=max_gap_s,
            )
        )
    return recordings


def _subjects(folder: Path) -> SubjectTable:
    import pandas as pd

    path = folder / "meta_info.csv"
    if not path.is_file():
        return {}
    table = pd.read_csv(path, index_col=[0, 1])
    return {
        str(subject): {
            "mass_kg": float(row["Mass"]),
            "height_m": float(row["Height"]) / 100,
            "age": float(row["Age"]),
            "sex": str(row["Gender"]),
            "leg_length_m": float(row["LegLength"]),
        }
        for subject, (_, row) in zip(table.index.get_level_values(0), table.iterrows(), strict=True)
    }


FUKUCHI2018_CURVES = Dataset(
    name="fukuchi2018-ankle-curves",
    title="Mean ankle angle and moment over the stride, 42 people at up to eleven speeds",
    citation="Fukuchi, Fukuchi, Duarte, PeerJ 6:e4640, 2018, doi:10.7717/peerj.4640",
    licence="CC BY 4.0",
    source="https://doi.org/10.6084/m9.figshare.5722711",
    files=("ankle_angle_moment_42subj.csv",),
    read=_read,
    how_to_get=(
        "Fukuchi/dynamic_data_Fukuchi.csv from the history (blob d46426aa) of the GitHub "
        "repository nikorose87/DJS-GA, as ankle_angle_moment_42subj.csv, and meta_info.csv."
    ),
    subjects=_subjects,
)
