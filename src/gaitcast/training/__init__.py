"""Fitting models and the predictor that results."""

from gaitcast.training.adaptation import METHODS, adapt, methods_of
from gaitcast.training.augment import Augmentation
from gaitcast.training.fit import fit, fit_scalers
from gaitcast.training.log import Log, LogKind
from gaitcast.training.predictor import Predictor
from gaitcast.training.settings import Training, settings

__all__ = [
    "METHODS",
    "Augmentation",
    "Log",
    "LogKind",
    "Predictor",
    "Training",
    "adapt",
    "fit",
    "fit_scalers",
    "methods_of",
    "settings",
]
