"""The interface of every model: two kinds, windowed and stateful, both torch modules.

Shapes: ``B`` batch, ``T`` time, ``C`` columns (features, then the wearer's covariates), ``S`` steps
ahead, ``K`` targets. Inputs and outputs are scaled; the scaler around a model is part of the
predictor. A forecast is (..., S, K), or (..., S, K, size) where the head gives more than a point.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import ClassVar

import torch
from torch import Tensor, nn

from gaitcast.models.heads import HEADS, Fusion, Head, Readout
from gaitcast.models.kept_rows import unpack
from gaitcast.models.signature import Signature
from gaitcast.tasks import Windows


class Forecaster(nn.Module, ABC):
    """A predictor of some steps ahead from the past.

    Attributes
    ----------
    stateful : bool
        Whether it carries state from sample to sample rather than reading a window.
    by_gradient : bool
        Whether it is trained by gradient.
    least_history_ms : float
        Past that it needs to be itself, however short the history of the others is.
    scaling : str
        How its inputs and targets are scaled, see :meth:`gaitcast.tasks.Scaler.fit`.
    learns_from_wearer : bool
        Whether it goes on learning while it is worn, from targets among its inputs.
    """

    stateful: ClassVar[bool] = False
    by_gradient: ClassVar[bool] = False
    least_history_ms: ClassVar[float] = 0.0
    scaling: ClassVar[str] = "standard"
    learns_from_wearer: ClassVar[bool] = False

    def __init__(self, signature: Signature) -> None:
        super().__init__()
        self.signature = signature

    @property
    def head(self) -> Head:
        """How its output is read."""
        return HEADS[self.signature.head]

    @property
    def receptive_field(self) -> int | None:
        """Number of past samples that a forecast depends on; None if all of them."""
        return self.signature.history

    @classmethod
    def fetch(cls, **options: object) -> None:
        """Get what the model needs beyond this package; called once, before any fit.

        Parameters
        ----------
        **options
            Options that the model will be built with.

        Raises
        ------
        MissingError
            If it cannot be obtained.
        """

    def begin(self) -> None:
        """Called once when a fit begins, before the first training step; nothing by default."""

    def learner(self, train: Windows, held: Windows) -> tuple[Forecaster, Windows, Windows]:
        """What is trained by gradient, and on which windows; by default itself on those given.

        Parameters
        ----------
        train, held : Windows
            Scaled: of the training part and of the part that stops the training.

        Returns
        -------
        tuple of Forecaster, Windows and Windows
        """
        return self, train, held

    def conclude(self, train: Windows) -> None:
        """Called once when training has ended, with the windows it had; nothing by default."""

    def attention(self, window: Tensor) -> dict[str, Tensor]:
        """Attention weights of the model, if it has any.

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
            0 by default.
        """
        return torch.zeros(())


class WindowForecaster(Forecaster):
    """Reads a window of `history` samples."""

    @abstractmethod
    def forward(self, window: Tensor) -> Tensor:
        """Forecast from a window.

        Parameters
        ----------
        window : Tensor, shape (B, history, C)
            The last samples, the newest at the end.

        Returns
        -------
        Tensor, shape (B, S, K) or (B, S, K, size)
        """


#: What a stateful model carries from sample to sample, by name; the first axis is the batch, but in
#: recurrent layers of torch.
State = dict[str, Tensor]


class StatefulForecaster(Forecaster):
    """Reads one sample after the other and forecasts at each of them.

    Attributes
    ----------
    kept : tuple of str
        Names of the state that outlives a gap and a trial: what was learnt of the wearer.
    pauses : tuple of str
        Names of the state that a runtime sets to 0 while the input is faulty: nothing is learnt
        from such samples then.
    overwritten : tuple of str
        Names of the state that need not be cleared where a segment begins: of it, only what was
        written since is used.
    batched : bool
        Whether one step of it is fast for several wearers at once: its graph takes any number then.
    """

    stateful = True
    batched: ClassVar[bool] = True
    kept: ClassVar[tuple[str, ...]] = ()
    pauses: ClassVar[tuple[str, ...]] = ()
    overwritten: ClassVar[tuple[str, ...]] = ()

    @property
    def receptive_field(self) -> int | None:
        """See :attr:`Forecaster.receptive_field`; a recurrent network depends on all samples."""
        return None

    @abstractmethod
    def initial_state(self, batch: int) -> State:
        """State before the first sample.

        Parameters
        ----------
        batch : int
            Batch size B.

        Returns
        -------
        dict of str to Tensor
            Zeros.
        """

    @abstractmethod
    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """Forecast at each sample.

        Parameters
        ----------
        samples : Tensor, shape (B, T, C)
            Consecutive samples.
        state : dict of str to Tensor
            From :meth:`initial_state` or the previous call.

        Returns
        -------
        tuple of Tensor and dict
            Forecasts (B, T, S, K) or (B, T, S, K, size), and the state after the last sample.
        """


class Network:
    """Common part of windowed and stateful networks: fusion of covariates, and the readout."""

    by_gradient: ClassVar[bool] = True
    signature: Signature
    fusion: Fusion = "concat"

    @property
    def width_in(self) -> int:
        """Number of columns that the network reads at every sample."""
        return self.signature.n_columns if self.fusion == "concat" else self.signature.n_inputs

    def readout(self, width: int) -> Readout:
        """The last layer, for an embedding of `width` values."""
        wearer = len(self.signature.covariates)
        return Readout(width, self.signature.output_shape, wearer, self.fusion)

    def onto_present(self, numbers: Tensor, now: Tensor) -> Tensor:
        """Add the present to forecast changes, if the signature is relative.

        Parameters
        ----------
        numbers : Tensor, shape (..., S, K) or (..., S, K, size)
            From the readout.
        now : Tensor, shape (..., C)
            The newest sample.
        """
        if not self.signature.relative:
            return numbers
        columns = self.signature.target_columns(type(self).__name__)
        return HEADS[self.signature.head].shift(numbers, now[..., columns])

    def split(self, columns: Tensor) -> tuple[Tensor, Tensor]:
        """Split into the network's input and the wearer's covariates.

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
    fusion : str
        Where covariates come in: ``concat`` at every sample, ``late`` or ``film`` at the readout.
    """

    last: Readout

    def __init__(self, signature: Signature, fusion: Fusion) -> None:
        super().__init__(signature)
        self.fusion = fusion

    @abstractmethod
    def encode(self, window: Tensor) -> Tensor:
        """Embed a window.

        Parameters
        ----------
        window : Tensor, shape (B, history, width_in)
            The last samples.

        Returns
        -------
        Tensor, shape (B, width)
            Input of the readout.
        """

    def forward(self, window: Tensor) -> Tensor:
        """See :meth:`WindowForecaster.forward`."""
        read, wearer = self.split(window)
        return self.onto_present(self.last(self.encode(read), wearer[:, -1]), window[:, -1])


class StatefulNetwork(Network, StatefulForecaster):
    """A stateful network: an embedding at every sample, then the readout ``self.last``.

    Parameters
    ----------
    fusion : str
        Where covariates come in: ``concat`` at every sample, ``late`` or ``film`` at the readout.
    """

    last: Readout

    def __init__(self, signature: Signature, fusion: Fusion) -> None:
        super().__init__(signature)
        self.fusion = fusion

    @abstractmethod
    def encode(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """Embed every sample.

        Parameters
        ----------
        samples : Tensor, shape (B, T, width_in)
            Consecutive samples.
        state : dict of str to Tensor
            Before the first sample.

        Returns
        -------
        tuple of Tensor and dict
            Embeddings (B, T, width), and the state after the last sample.
        """

    def forward(self, samples: Tensor, state: State) -> tuple[Tensor, State]:
        """See :meth:`StatefulForecaster.forward`."""
        read, wearer = self.split(samples)
        embedding, state = self.encode(read, state)
        return self.onto_present(self.last(embedding, wearer), samples), state


class ClosedForm(ABC):
    """Fitted in closed form instead of by gradient; its parameters are buffers."""

    @abstractmethod
    def fit(self, windows: Windows) -> None:
        """Learn from the training windows at stride 1.

        Parameters
        ----------
        windows : Windows
            Scaled.
        """


class ClosedFormForecaster(ClosedForm, WindowForecaster):
    """A windowed model in closed form.

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

    def packed(self) -> dict[str, Tensor]:
        """What is kept of it: its buffers, or less that makes the same ones.

        Returns
        -------
        dict of str to Tensor
            Integers in 16 bits where that is enough.
        """
        return {name: _in_16_bits(tensor) for name, tensor in self.state_dict().items()}

    def restore(self, tensors: Mapping[str, Tensor]) -> None:
        """Restore buffers whose shapes depend on the training data.

        Parameters
        ----------
        tensors : dict of str to Tensor
            From :meth:`packed`, or ``state_dict``.

        Raises
        ------
        ValueError
            If they are those of another model.
        """
        if windows := unpack(tensors, self.signature):
            self.fit(windows)
            return
        own = self.state_dict()
        if tensors.keys() != own.keys():
            raise ValueError(f"tensors of another model: {', '.join(sorted(tensors))}")
        for name, tensor in tensors.items():
            self.register_buffer(name, tensor.to(own[name].dtype))


def _in_16_bits(tensor: Tensor) -> Tensor:
    if tensor.dtype != torch.int64 or not tensor.numel() or int(tensor.abs().max()) >= 2**15:
        return tensor
    return tensor.to(torch.int16)
