"""Models behind one contract; see :mod:`gaitcast.models.registry` for the list."""

from gaitcast.models.base import (
    ClosedFormForecaster,
    Forecaster,
    Signature,
    StatefulForecaster,
    WindowForecaster,
)
from gaitcast.models.registry import MODELS, ModelSpec, build, spec

__all__ = [
    "MODELS",
    "ClosedFormForecaster",
    "Forecaster",
    "ModelSpec",
    "Signature",
    "StatefulForecaster",
    "WindowForecaster",
    "build",
    "spec",
]
