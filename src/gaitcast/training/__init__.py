"""Fitting models and the predictor that results."""

from gaitcast.training.augment import Augmentation
from gaitcast.training.fit import Training, fit, settings
from gaitcast.training.log import Log, LogKind
from gaitcast.training.predictor import Predictor

__all__ = ["Augmentation", "Log", "LogKind", "Predictor", "Training", "fit", "settings"]
