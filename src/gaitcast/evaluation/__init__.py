"""Splits that cannot leak, metrics, statistics over people."""

from gaitcast.evaluation.scoring import evaluate
from gaitcast.evaluation.splits import SPLITS, Fold, Split

__all__ = ["SPLITS", "Fold", "Split", "evaluate"]
