"""gaitcast: gait recordings in, predictors that hold on a new person and run live out.

The names below load on first use, so ``import gaitcast`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaitcast.channel import Channel
    from gaitcast.cohort import Cohort
    from gaitcast.cross_validation import CrossValidation, cross_validate
    from gaitcast.datasets import load
    from gaitcast.errors import GaitcastError
    from gaitcast.evaluation.splits import (
        Blocked,
        GroupedKFold,
        HeldOutConditions,
        LaterTrials,
        LeaveOneSubjectOut,
        RandomWindows,
        Split,
        Transfer,
        TrialsKFold,
        WithinTail,
    )
    from gaitcast.io import read, write_cohort
    from gaitcast.models import MODELS
    from gaitcast.pipeline import Forecasts, Pipeline
    from gaitcast.recording import Recording
    from gaitcast.runtime import Bundle, Engine, Forecast
    from gaitcast.signal import (
        Butterworth,
        ComplementaryTilt,
        JointAngle,
        MarkerMotion,
        OfflineButterworth,
        Step,
        WearerScale,
    )
    from gaitcast.study import Study, Workspace, read_study, run_study
    from gaitcast.training import Augmentation

__version__ = "0.1.0"

#: Public names by the module that holds them: this table is the whole public API.
_HOME = {
    "channel": ["Channel"],
    "cohort": ["Cohort"],
    "cross_validation": ["CrossValidation", "cross_validate"],
    "datasets": ["load"],
    "errors": ["GaitcastError"],
    "evaluation.splits": [
        "Blocked", "GroupedKFold", "HeldOutConditions", "LaterTrials", "LeaveOneSubjectOut",
        "RandomWindows", "Split", "Transfer", "TrialsKFold", "WithinTail",
    ],
    "io": ["read", "write_cohort"],
    "models": ["MODELS"],
    "pipeline": ["Forecasts", "Pipeline"],
    "recording": ["Recording"],
    "runtime": ["Bundle", "Engine", "Forecast"],
    "signal": [
        "Butterworth", "ComplementaryTilt", "JointAngle", "MarkerMotion", "OfflineButterworth",
        "Step", "WearerScale",
    ],
    "study": ["Study", "Workspace", "read_study", "run_study"],
    "training": ["Augmentation"],
}  # fmt: skip
_MODULE_OF = {name: module for module, names in _HOME.items() for name in names}

__all__ = [
    "MODELS",
    "Augmentation",
    "Blocked",
    "Bundle",
    "Butterworth",
    "Channel",
    "Cohort",
    "ComplementaryTilt",
    "CrossValidation",
    "Engine",
    "Forecast",
    "Forecasts",
    "GaitcastError",
    "GroupedKFold",
    "HeldOutConditions",
    "JointAngle",
    "LaterTrials",
    "LeaveOneSubjectOut",
    "MarkerMotion",
    "OfflineButterworth",
    "Pipeline",
    "RandomWindows",
    "Recording",
    "Split",
    "Step",
    "Study",
    "Transfer",
    "TrialsKFold",
    "WearerScale",
    "WithinTail",
    "Workspace",
    "cross_validate",
    "load",
    "read",
    "read_study",
    "run_study",
    "write_cohort",
]


def __getattr__(name: str) -> Any:
    if name in _MODULE_OF:
        return getattr(importlib.import_module(f"gaitcast.{_MODULE_OF[name]}"), name)
    raise AttributeError(f"module 'gaitcast' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
