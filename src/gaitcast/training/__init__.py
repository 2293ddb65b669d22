"""Fitting models and the predictor that results."""

from gaitcast.training.augment import Augmentation
from gaitcast.training.fit import fit
from gaitcast.training.log import Log, LogKind
from gaitcast.training.predictor import Predictor
from gaitcast.training.settings import Training, settings
from gaitcast.training.transfer import adapt

__all__ = ["Augmentation", "Log", "LogKind", "Predictor", "Training", "adapt", "fit", "settings"]
