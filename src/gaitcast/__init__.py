"""gaitcast: gait recordings in, predictors that hold on a new person and run live out.

The names below load on first use, so ``import gaitcast`` costs next to nothing.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gaitcast.channel import Channel
    from gaitcast.cohort import Cohort
    from gaitcast.datasets import load
    from gaitcast.errors import GaitcastError
    from gaitcast.evaluation import Split
    from gaitcast.io import read
    from gaitcast.models import MODELS
    from gaitcast.recording import Recording
    from gaitcast.runtime import Bundle, Engine
    from gaitcast.signal import Chain
    from gaitcast.study import Study, Workspace, read_study, run_study
    from gaitcast.tasks import Task
    from gaitcast.training import Predictor, fit

__version__ = "0.1.0"

_HOME = {
    "Bundle": "runtime",
    "Chain": "signal",
    "Channel": "channel",
    "Cohort": "cohort",
    "Engine": "runtime",
    "GaitcastError": "errors",
    "MODELS": "models",
    "Predictor": "training",
    "Recording": "recording",
    "Split": "evaluation",
    "Study": "study",
    "Task": "tasks",
    "Workspace": "study",
    "fit": "training",
    "load": "datasets",
    "read": "io",
    "read_study": "study",
    "run_study": "study",
}

__all__ = [
    "MODELS",
    "Bundle",
    "Chain",
    "Channel",
    "Cohort",
    "Engine",
    "GaitcastError",
    "Predictor",
    "Recording",
    "Split",
    "Study",
    "Task",
    "Workspace",
    "fit",
    "load",
    "read",
    "read_study",
    "run_study",
]


def __getattr__(name: str) -> Any:
    if name in _HOME:
        return getattr(importlib.import_module(f"gaitcast.{_HOME[name]}"), name)
    raise AttributeError(f"module 'gaitcast' has no attribute '{name}'")


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
