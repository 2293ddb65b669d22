"""What a way to adapt a fitted model to one person is."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from gaitcast.models import Forecaster
from gaitcast.tasks import Series
from gaitcast.training.predictor import Predictor
from gaitcast.training.settings import Training


class AdaptationMethod(ABC):
    """A way to adapt a fitted model to one person by some seconds of theirs."""

    @abstractmethod
    def takes(self, forecaster: Forecaster) -> bool:
        """Whether a model can be adapted in this way."""

    @abstractmethod
    def apply(
        self, predictor: Predictor, calibration: Sequence[Series], chosen: Training, seed: int
    ) -> Predictor:
        """Adapt.

        Parameters
        ----------
        predictor : Predictor
            Trained on other people; it stays as it is.
        calibration : sequence of Series
            Of the new person, physical units, with at least one window.
        chosen : Training
            Of the fit.
        seed : int
            Of order and dropout.

        Returns
        -------
        Predictor
            A new one.
        """
