"""The contract of every model: two kinds, windowed and stateful, both torch modules.

Shapes: ``B`` batch, ``T`` time, ``C`` features, ``H`` horizon samples, ``K`` targets.
Inputs and outputs are scaled; the scaler around a model is part of the predictor.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from gaitcast.errors import GaitcastError
from gaitcast.tasks import Windows


@dataclass(frozen=True)
class Signature:
    """What a model is built for.

    Parameters
    ----------
    inputs : tuple of str
        Feature channels, after the signal steps.
    targets : tuple of str
        Target channels.
    history, horizon : int
        Samples.
    rate_hz : float
        Sampling rate.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    history: int
    horizon: int
    rate_hz: float

    @property
    def n_inputs(self) -> int:
        """Number of features, C."""
        return len(self.inputs)

    @property
    def n_targets(self) -> int:
        """Number of targets, K."""
        return len(self.targets)

    def target_columns(self, model: str) -> list[int]:
        """Where the targets' own past stands among the inputs.

        Parameters
        ----------
        model : str
            Said in the error.

        Returns
        -------
        list of int
            One column per target.

        Raises
        ------
        GaitcastError
            If a target is not an input.
        """
        for target in self.targets:
            if target not in self.inputs:
                raise GaitcastError(
                    f"needs the past of the target '{target}' as an input",
                    where=f"model '{model}'",
                    mend="Use inputs that contain it",
                )
        return [self.inputs.index(target) for target in self.targets]


class Forecaster(nn.Module, ABC):
    """A predictor of the next `horizon` samples from the past.

    Attributes
    ----------
    stateful : bool
        Whether it carries state from sample to sample rather than reading a window.
    scaling : str
        How its inputs and targets are scaled, see :meth:`gaitcast.tasks.Affine.fit`.
    """

    stateful: ClassVar[bool] = False
    scaling: ClassVar[str] = "standard"

    def __init__(self, signature: Signature) -> None:
        super().__init__()
        self.signature = signature

    def penalty(self) -> Tensor:
        """Regularisation added to the training loss.

        Returns
        -------
        Tensor, shape ()
            0 unless a model says otherwise.
        """
        return torch.zeros(())


class WindowForecaster(Forecaster):
    """Reads a window of `history` samples."""

    @abstractmethod
    def forward(self, window: Tensor) -> Tensor:
        """Forecast.

        Parameters
        ----------
        window : Tensor, shape (B, history, C)
            The last samples, the newest at the end.

        Returns
        -------
        Tensor, shape (B, H, K)
            The next samples.
        """


class StatefulForecaster(Forecaster):
    """Reads one sample after the other and forecasts at each of them."""

    stateful = True

    @abstractmethod
    def initial_state(self, batch: int) -> Tensor:
        """State before the first sample.

        Parameters
        ----------
        batch : int
            B.

        Returns
        -------
        Tensor
            One tensor holds all of it.
        """

    @abstractmethod
    def forward(self, samples: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Forecast at each sample.

        Parameters
        ----------
        samples : Tensor, shape (B, T, C)
            Consecutive samples.
        state : Tensor
            From :meth:`initial_state` or the call before.

        Returns
        -------
        tuple of Tensor
            Forecasts (B, T, H, K), and the state after the last sample.
        """


class ClosedFormForecaster(WindowForecaster):
    """Fitted in one go instead of by gradient; what it learns are buffers."""

    @abstractmethod
    def fit(self, windows: Windows) -> None:
        """Learn from scaled training windows at stride 1.

        Parameters
        ----------
        windows : Windows
            Scaled.
        """

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Take buffers back whose shapes depend on the training data.

        Parameters
        ----------
        tensors : dict of str to Tensor
            From ``state_dict``.

        Raises
        ------
        ValueError
            If they are not this model's.
        """
        if tensors.keys() != self.state_dict().keys():
            raise ValueError(f"tensors of another model: {', '.join(sorted(tensors))}")
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor)
