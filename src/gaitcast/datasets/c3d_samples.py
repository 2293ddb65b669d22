"""Walks of eight laboratories, from the test suites of C3D programs."""

from __future__ import annotations

from pathlib import Path

from gaitcast.datasets.dataset import Dataset
from gaitcast.errors import GaitcastError
from gaitcast.io.c3d import read_c3d
from gaitcast.recording import Recording

#: ``walk.c3d`` is a common file name; the subject's name in the file identifies this one.
_NOBODY = "1111111111"


def _read(path: Path, max_gap_s: float) -> list[Recording]:
    recording = read_c3d(path, max_gap_s=max_gap_s)
    if path.name == "walk.c3d" and recording.subject != _NOBODY:
        raise GaitcastError("not the walk of this set", where=str(path))
    return [recording]


C3D_SAMPLES = Dataset(
    name="c3d-samples",
    title="Nine C3D trials of several laboratories: Plug-in Gait outputs, plates, events",
    citation="Test data of BTK, ezc3d, OpenSim and Kinetics Toolkit",
    licence="BSD (btk), GPL-3.0 (ezc3d), Apache-2.0 (opensim, walk)",
    source="https://github.com/Biomechanical-ToolKit/BTKData",
    files=(
        "btk_FunctionalStatic.c3d", "btk_FunctionalWalk.c3d", "btk_PiG_Motion-FlatFoot-Full.c3d",
        "btk_PlugInC3D.c3d", "btk_dynamic.c3d", "ezc3d_Qualisys.c3d", "opensim_test_walking.c3d",
        "opensim_walking2.c3d", "walk.c3d",
    ),
    read=_read,
    how_to_get=(
        "Take the files from Biomechanical-ToolKit/BTKData, pyomeca/ezc3d-testFiles, "
        "opensim-org/opensim-core and felixchenier/kineticstoolkit on GitHub, with the source's "
        "name and _ before each."
    ),
)  # fmt: skip
