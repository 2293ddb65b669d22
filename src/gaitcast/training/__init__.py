"""Fitting models and the predictor that results."""

from gaitcast.training.fit import Training, fit, settings
from gaitcast.training.predictor import Predictor

__all__ = ["Predictor", "Training", "fit", "settings"]
