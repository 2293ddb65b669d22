"""The contract of every model: two kinds, windowed and stateful, both torch modules.

Shapes: ``B`` batch, ``T`` time, ``C`` columns (features, then the wearer's covariates), ``S`` steps
ahead, ``K`` targets. Inputs and outputs are scaled; the scaler around a model is part of the
predictor. A forecast is (..., S, K), or (..., S, K, size) where the head says more than a point.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, nn

from gaitcast.errors import GaitcastError
from gaitcast.models.heads import HEADS, Fusion, Head, HeadName, Readout
from gaitcast.tasks import Series, Windows


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
    first : int
        Nearest step that is forecast: 1 for all up to `horizon`, `horizon` for that one alone, 0
        for an estimate of the present, less than 0 for one of the past.
    covariates : tuple of str
        What is known of the wearer; constant columns after the features.
    head : str
        ``point``, ``quantile`` or ``gaussian``.
    relative : bool
        Whether changes from the present are forecast and added to it; the inputs then hold the
        targets.
    """

    inputs: tuple[str, ...]
    targets: tuple[str, ...]
    history: int
    horizon: int
    rate_hz: float
    first: int = 1
    covariates: tuple[str, ...] = ()
    head: HeadName = "point"
    relative: bool = False

    @property
    def n_inputs(self) -> int:
        """Number of features."""
        return len(self.inputs)

    @property
    def n_columns(self) -> int:
        """Features and covariates, C."""
        return len(self.inputs) + len(self.covariates)

    @property
    def n_steps(self) -> int:
        """Number of steps ahead, S."""
        return self.horizon - self.first + 1

    @property
    def span(self) -> int:
        """Samples that a window and what is asked of it take."""
        return self.history + max(self.horizon, 0)

    @property
    def whole(self) -> bool:
        """Whether every sample of the window is asked for, a curve from a curve."""
        return self.first < 0 <= self.horizon

    @property
    def output_shape(self) -> tuple[int, ...]:
        """Of one forecast: (S, K) or (S, K, size)."""
        size = HEADS[self.head].size
        return (self.n_steps, self.n_targets, *([size] if self.head != "point" else []))

    @property
    def n_targets(self) -> int:
        """Number of targets, K."""
        return len(self.targets)

    def windows(self, series: Sequence[Series], stride: int = 1) -> Windows:
        """Windows of this shape over some series.

        Parameters
        ----------
        series : sequence of Series
            Scaled or in physical units.
        stride : int
            Samples between the ends of consecutive windows.

        Returns
        -------
        Windows
            Series too short for one window are left out.
        """
        return Windows(series, self.history, self.horizon, stride, self.first)

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
                    hint="Use inputs that contain it",
                )
        return [self.inputs.index(target) for target in self.targets]


class Forecaster(nn.Module, ABC):
    """A predictor of some steps ahead from the past.

    Attributes
    ----------
    stateful : bool
        Whether it carries state from sample to sample rather than reading a window.
    least_history_ms : float
        Past that it needs to be itself, however short the history of the others is.
    scaling : str
        How its inputs and targets are scaled, see :meth:`gaitcast.tasks.Scaler.fit`.
    """

    stateful: ClassVar[bool] = False
    least_history_ms: ClassVar[float] = 0.0
    scaling: ClassVar[str] = "standard"

    def __init__(self, signature: Signature) -> None:
        super().__init__()
        self.signature = signature

    @property
    def head(self) -> Head:
        """How its numbers are read."""
        return HEADS[self.signature.head]

    @property
    def receptive_field(self) -> int | None:
        """Past samples that a forecast depends on; None if all of them."""
        return self.signature.history

    @classmethod
    def fetch(cls, **options: object) -> None:
        """Get what the model needs beyond this package; asked once, before any fit.

        Parameters
        ----------
        **options
            As it will be built with.

        Raises
        ------
        MissingError
            If it cannot be had.
        """

    def begin(self) -> None:
        """Called once before the first training step, when a fit begins; nothing by default."""

    def attention(self, window: Tensor) -> dict[str, Tensor]:
        """Where the model looks, if it says so.

        Parameters
        ----------
        window : Tensor, shape (B, history, C)
            The last samples, scaled.

        Returns
        -------
        dict of str to Tensor
            ``time`` (B, history) or ``inputs`` (B, width_in), each summing to 1; empty for models
            without attention.
        """
        del window
        return {}

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
        Tensor, shape (B, S, K) or (B, S, K, size)
            The steps ahead.
        """


class StatefulForecaster(Forecaster):
    """Reads one sample after the other and forecasts at each of them."""

    stateful = True

    @property
    def receptive_field(self) -> int | None:
        """See :attr:`Forecaster.receptive_field`; a recurrent network depends on all of it."""
        return None

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
            Forecasts (B, T, S, K) or (B, T, S, K, size), and the state after the last sample.
        """


class Network:
    """What windowed and stateful networks share: where covariates come in, and the readout."""

    signature: Signature
    fusion: Fusion = "concat"

    @property
    def width_in(self) -> int:
        """Columns that the network reads at every sample."""
        return self.signature.n_columns if self.fusion == "concat" else self.signature.n_inputs

    def readout(self, width: int) -> Readout:
        """The last layer, for an embedding of some width.

        Parameters
        ----------
        width : int
            Of the embedding.

        Returns
        -------
        Readout
            New.
        """
        wearer = len(self.signature.covariates)
        return Readout(width, self.signature.output_shape, wearer, self.fusion)

    def onto_present(self, numbers: Tensor, now: Tensor) -> Tensor:
        """Add the present to forecast changes, if changes are what is forecast.

        Parameters
        ----------
        numbers : Tensor, shape (..., S, K) or (..., S, K, size)
            Of the readout.
        now : Tensor, shape (..., C)
            The newest sample.

        Returns
        -------
        Tensor
            Of the shape of `numbers`.
        """
        if not self.signature.relative:
            return numbers
        columns = self.signature.target_columns(type(self).__name__)
        return HEADS[self.signature.head].shift(numbers, now[..., columns])

    def split(self, columns: Tensor) -> tuple[Tensor, Tensor]:
        """What the network reads, and the wearer's covariates.

        Parameters
        ----------
        columns : Tensor, shape (B, T, C)
            Features, then covariates.

        Returns
        -------
        tuple of Tensor
            (B, T, width_in) and (B, T, covariates).
        """
        return columns[..., : self.width_in], columns[..., self.signature.n_inputs :]


class WindowNetwork(Network, WindowForecaster):
    """A windowed network: an embedding of the window, then the readout ``self.last``.

    Parameters
    ----------
    signature : Signature
        Shapes.
    fusion : str
        Where covariates come in: ``concat`` at every sample, ``late`` or ``film`` at the readout.
    """

    last: Readout

    def __init__(self, signature: Signature, fusion: Fusion) -> None:
        super().__init__(signature)
        self.fusion = fusion

    @abstractmethod
    def encode(self, window: Tensor) -> Tensor:
        """Embed.

        Parameters
        ----------
        window : Tensor, shape (B, history, width_in)
            The last samples.

        Returns
        -------
        Tensor, shape (B, width)
            What the readout gets.
        """

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        read, wearer = self.split(window)
        return self.onto_present(self.last(self.encode(read), wearer[:, -1]), window[:, -1])


class StatefulNetwork(Network, StatefulForecaster):
    """A stateful network: an embedding at every sample, then the readout ``self.last``.

    Parameters
    ----------
    signature : Signature
        Shapes.
    fusion : str
        Where covariates come in: ``concat`` at every sample, ``late`` or ``film`` at the readout.
    """

    last: Readout

    def __init__(self, signature: Signature, fusion: Fusion) -> None:
        super().__init__(signature)
        self.fusion = fusion

    @abstractmethod
    def encode(self, samples: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Embed.

        Parameters
        ----------
        samples : Tensor, shape (B, T, width_in)
            Consecutive samples.
        state : Tensor
            Before the first of them.

        Returns
        -------
        tuple of Tensor
            Embeddings (B, T, width), and the state after the last sample.
        """

    def forward(self, samples: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """See :meth:`StatefulForecaster.forward`."""
        read, wearer = self.split(samples)
        embedding, state = self.encode(read, state)
        return self.onto_present(self.last(embedding, wearer), samples), state


class ClosedFormForecaster(WindowForecaster):
    """Fitted in one go instead of by gradient; what it learns are buffers.

    Attributes
    ----------
    sized_by_data : bool
        Whether its buffers, and so its cost, grow with the training data.
    fits_windows : bool
        Whether it learns from pairs of past and future alone, so that both may be changes from the
        present.
    """

    sized_by_data: ClassVar[bool] = False
    fits_windows: ClassVar[bool] = True

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
