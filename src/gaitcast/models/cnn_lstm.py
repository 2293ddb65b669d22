"""CNN-LSTM of Zhu et al. 2021, plain and with attention."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import Annotated, Literal

import torch
from annotated_types import Gt, Interval
from torch import Tensor, nn

from gaitcast.errors import GaitcastError
from gaitcast.models.base import WindowNetwork
from gaitcast.models.heads import Fusion
from gaitcast.models.signature import Signature


class CNNLSTM(WindowNetwork):
    """Convolution along time (tanh), max-pooling by 2, LSTM, dense readout.

    Parameters
    ----------
    filters : int
        Number in the convolution, F.
    kernel : int
        Length in samples, odd; borders are padded with zeros.
    units : int
        Size of the LSTM, U.
    dropout : float
        Before the readout.
    fusion : str
        Where covariates come in.

    Notes
    -----
    Multiply-adds, by hand, with T samples and C columns: T C k F + (T/2) 4 U (F + U) + U S K.

    Differences from the paper: Zhu et al. 2021 name the layers and the tanh, not their sizes.
    """

    def __init__(
        self,
        signature: Signature,
        filters: Annotated[int, Gt(0)] = 64,
        kernel: Annotated[int, Gt(0)] = 5,
        units: Annotated[int, Gt(0)] = 64,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, fusion)
        self.convolution = nn.Conv1d(self.width_in, filters, kernel, padding="same")
        self.pool = nn.MaxPool1d(2, ceil_mode=True)
        self.lstm = nn.LSTM(filters, units, batch_first=True)
        self.dropout = nn.Dropout(dropout)
        self.last = self.readout(units)

    def features(self, window: Tensor) -> Tensor:
        """Convolve and pool a window.

        Parameters
        ----------
        window : Tensor, shape (B, history, width_in)
            The last samples.

        Returns
        -------
        Tensor, shape (B, ceil(history / 2), filters)
            In order of time.
        """
        return self.pool(torch.tanh(self.convolution(window.transpose(1, 2)))).transpose(1, 2)

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        sequence, _ = self.lstm(self.features(window))
        return self.dropout(sequence[:, -1])


class AttentionCNNLSTM(CNNLSTM):
    """CNN-LSTM with attention: a weighted sum, with weights computed from its terms.

    Parameters
    ----------
    where : str
        ``after`` the LSTM: its outputs are weighted (the paper's N-to-N). ``before`` it: the
        features are weighted and the LSTM runs over them (the paper's N-to-1). For attention over
        time only.
    over : str
        ``time``: one weight per instant. ``inputs``: one weight per input channel and window,
        applied to the channels before the convolution, so that it shows which joints count.
    pointed_at : str
        Pattern of the input channels that get the main attention, such as ``right_ankle_*``; empty
        for none. Attention over time is then computed from these channels alone.
    filters, kernel, units, dropout, fusion
        As for :class:`CNNLSTM`.

    Raises
    ------
    GaitcastError
        If `pointed_at` matches no input, or `where` is set for attention over inputs.

    Notes
    -----
    Multiply-adds in matrix products, by hand, beyond those of the CNN-LSTM: (T/2) (U^2 + U) after
    the LSTM, (T/2) (F^2 + F) before it, 2 C^2 over inputs. Weights are a softmax of ``v tanh(W h)``
    (Bahdanau et al. 2015); after the LSTM the weighted sum is added to the last output.

    Differences from the paper: Zhu et al. 2021 give only the weighted sum, not how weights are
    computed, nor how attention is directed to one joint; both are our choice.
    """

    def __init__(
        self,
        signature: Signature,
        where: Literal["after", "before"] = "after",
        over: Literal["time", "inputs"] = "time",
        pointed_at: str = "",
        filters: Annotated[int, Gt(0)] = 64,
        kernel: Annotated[int, Gt(0)] = 5,
        units: Annotated[int, Gt(0)] = 64,
        dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.1,
        fusion: Fusion = "concat",
    ) -> None:
        super().__init__(signature, filters, kernel, units, dropout, fusion)
        self.where, self.over = where, over
        self.pointed = [
            n for n, c in enumerate(signature.inputs) if pointed_at and fnmatchcase(c, pointed_at)
        ]
        if pointed_at and not self.pointed:
            raise GaitcastError(
                f"pointed_at '{pointed_at}' matches no input",
                where="model 'cnn-lstm-attention'",
                hint=f"Inputs: {', '.join(signature.inputs)}",
            )
        if over == "inputs" and where == "before":
            raise GaitcastError(
                "attention over inputs has one place, before the convolution",
                where="model 'cnn-lstm-attention'",
                hint='Leave where = "before" out',
            )
        weighed = units if where == "after" else filters
        if over == "inputs":
            weighed = self.width_in
        if self.pointed:
            self.pointer = nn.Linear(len(self.pointed), weighed)
        self.key = nn.Linear(weighed, weighed)
        self.score = nn.Linear(weighed, weighed if over == "inputs" else 1, bias=False)

    def weights(self, window: Tensor, sequence: Tensor) -> Tensor:
        """Attention over time.

        Parameters
        ----------
        window : Tensor, shape (B, history, width_in)
            The last samples.
        sequence : Tensor, shape (B, instants, width)
            Terms of the weighted sum.

        Returns
        -------
        Tensor, shape (B, instants, 1)
            Their sum over instants is 1.
        """
        if self.pointed:
            pointed = self.pool(window[:, :, self.pointed].transpose(1, 2)).transpose(1, 2)
            sequence = self.pointer(pointed)
        return self.score(torch.tanh(self.key(sequence))).softmax(dim=1)

    def attention(self, window: Tensor) -> dict[str, Tensor]:
        """See :meth:`Forecaster.attention`; both samples of a pool share its weight."""
        read, _ = self.split(window)
        if self.over == "inputs":
            return {"inputs": self.input_weights(read) / self.width_in}
        sequence = self.features(read)
        if self.where == "after":
            sequence, _ = self.lstm(sequence)
        pooled = self.weights(read, sequence)[..., 0]
        spread = pooled.repeat_interleave(2, dim=1)[:, : read.shape[1]]
        return {"time": spread / spread.sum(1, keepdim=True)}

    def encode(self, window: Tensor) -> Tensor:
        """See :meth:`WindowNetwork.encode`."""
        if self.over == "inputs":
            return super().encode(window * self.input_weights(window)[:, None])
        features = self.features(window)
        if self.where == "before":
            # Times their number, so that features keep their scale.
            features = features * self.weights(window, features) * features.shape[1]
            sequence, _ = self.lstm(features)
            return self.dropout(sequence[:, -1])
        sequence, _ = self.lstm(features)
        context = (self.weights(window, sequence) * sequence).sum(1)
        return self.dropout(sequence[:, -1] + context)

    def input_weights(self, window: Tensor) -> Tensor:
        """Attention over input channels.

        Parameters
        ----------
        window : Tensor, shape (B, history, width_in)
            The last samples.

        Returns
        -------
        Tensor, shape (B, width_in)
            Their mean is 1.
        """
        size = window.abs().mean(1)
        if self.pointed:
            size = self.pointer(size[:, self.pointed])
        return self.score(torch.tanh(self.key(size))).softmax(dim=1) * self.width_in
