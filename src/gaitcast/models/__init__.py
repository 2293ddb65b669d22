"""Models with one interface; see :mod:`gaitcast.models.registry` for the list."""

from gaitcast.models.base import (
    ClosedForm,
    ClosedFormForecaster,
    Forecaster,
    StatefulForecaster,
    WindowForecaster,
)
from gaitcast.models.catalogue import list_models
from gaitcast.models.cost import Cost, cost
from gaitcast.models.heads import HEADS, LEVELS, HeadName
from gaitcast.models.registry import MODELS, ModelSpec, build, spec
from gaitcast.models.search_space import Range, Space
from gaitcast.models.signature import Signature

__all__ = [
    "HEADS",
    "LEVELS",
    "MODELS",
    "ClosedForm",
    "ClosedFormForecaster",
    "Cost",
    "Forecaster",
    "HeadName",
    "ModelSpec",
    "Range",
    "Signature",
    "Space",
    "StatefulForecaster",
    "WindowForecaster",
    "build",
    "cost",
    "list_models",
    "spec",
]
