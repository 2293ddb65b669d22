"""Sample trials of OpenSim: markers, ground forces, inverse kinematics and dynamics."""

from __future__ import annotations

from pathlib import Path

from gaitcast.datasets.dataset import Dataset, SubjectTable
from gaitcast.io.opensim import read_opensim
from gaitcast.recording import Recording


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    """One file; :func:`gaitcast.signal.sync.join` puts those of a trial on one clock."""
    return [read_opensim(path, max_gap_s=max_gap_s)]


def _subjects(folder: Path) -> SubjectTable:
    del folder
    return {"gait2354": {"mass_kg": 72.6}}


OPENSIM_SAMPLES = Dataset(
    name="opensim-samples",
    title="A walk at 60 Hz with its OpenSim results (gait2354), and a run at 2 m/s (hamner)",
    citation="OpenSim models (gait2354); Hamner and Delp, J Biomech 46:780, 2013",
    licence="Apache-2.0 (gait2354), BSD-2 (hamner)",
    source="https://github.com/opensim-org/opensim-models",
    files=("gait2354_*.trc", "gait2354_*.mot", "gait2354_*.sto", "hamner_*.trc", "hamner_*.mot"),
    read=_read,
    how_to_get=(
        "Take Gait2354_Simbody's files from opensim-org/opensim-models and subject04's from "
        "keenon/nimblephysics on GitHub, with gait2354_ and hamner_ before their names."
    ),
    subjects=_subjects,
)
