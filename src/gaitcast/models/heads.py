"""What a network forecasts for each future value: a point, quantiles, or a normal distribution."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

#: Levels of every quantile forecast.
LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
HeadName = Literal["point", "quantile", "gaussian"]
LossName = Literal["mse", "mae"]


class Head(ABC):
    """How a network's output is read and scored; ``S`` steps ahead, ``K`` targets.

    Attributes
    ----------
    size : int
        Numbers per forecast value.
    """

    size: ClassVar[int]

    @abstractmethod
    def point(self, raw: Tensor) -> Tensor:
        """Point forecast.

        Parameters
        ----------
        raw : Tensor, shape (..., S, K) for a point head, else (..., S, K, size)
            Output of the network.

        Returns
        -------
        Tensor, shape (..., S, K)
            Mean or median.
        """

    @abstractmethod
    def quantiles(self, raw: Tensor) -> Tensor:
        """Quantiles at :data:`LEVELS`.

        Parameters
        ----------
        raw : Tensor, shape (..., S, K, size)
            Output of the network.

        Returns
        -------
        Tensor, shape (..., S, K, levels)
            Increasing.
        """

    @abstractmethod
    def shift(self, raw: Tensor, base: Tensor) -> Tensor:
        """Add an offset to a forecast.

        Parameters
        ----------
        raw : Tensor, shape (..., S, K) for a point head, else (..., S, K, size)
            Output of the network.
        base : Tensor, shape (..., K)
            Added to every step.
        """

    @abstractmethod
    def loss(self, raw: Tensor, truth: Tensor, kind: LossName) -> Tensor:
        """Training loss.

        Parameters
        ----------
        raw : Tensor, shape (..., S, K) or (..., S, K, size)
            Output of the network.
        truth : Tensor, shape (..., S, K)
            Scaled targets.
        kind : str
            ``mse`` or ``mae``, for a point head; other heads have their own loss.

        Returns
        -------
        Tensor, shape ()
            Mean over all axes.
        """


class PointHead(Head):
    """One number for each value."""

    size = 1

    def point(self, raw: Tensor) -> Tensor:
        """See :meth:`Head.point`."""
        return raw

    def shift(self, raw: Tensor, base: Tensor) -> Tensor:
        """See :meth:`Head.shift`."""
        return raw + base[..., None, :]

    def quantiles(self, raw: Tensor) -> Tensor:
        """See :meth:`Head.quantiles`; a point has no spread, so all are equal."""
        return raw[..., None].expand(*raw.shape, len(LEVELS))

    def loss(self, raw: Tensor, truth: Tensor, kind: LossName) -> Tensor:
        """See :meth:`Head.loss`."""
        error = raw - truth
        return (error**2).mean() if kind == "mse" else error.abs().mean()


class QuantileHead(Head):
    """Five quantiles, trained by the pinball loss; sorted, so that they never cross."""

    size = len(LEVELS)

    def point(self, raw: Tensor) -> Tensor:
        """See :meth:`Head.point`; the median."""
        return self.quantiles(raw)[..., LEVELS.index(0.5)]

    def shift(self, raw: Tensor, base: Tensor) -> Tensor:
        """See :meth:`Head.shift`."""
        return raw + base[..., None, :, None]

    def quantiles(self, raw: Tensor) -> Tensor:
        """See :meth:`Head.quantiles`."""
        return raw.sort(dim=-1).values

    def loss(self, raw: Tensor, truth: Tensor, kind: LossName) -> Tensor:
        """See :meth:`Head.loss`."""
        del kind
        error = truth[..., None] - raw
        levels = raw.new_tensor(LEVELS)
        return torch.maximum(levels * error, (levels - 1) * error).mean()


class GaussianHead(Head):
    """Mean and logarithm of the standard deviation, trained by the likelihood."""

    size = 2

    def point(self, raw: Tensor) -> Tensor:
        """See :meth:`Head.point`; the mean."""
        return raw[..., 0]

    def shift(self, raw: Tensor, base: Tensor) -> Tensor:
        """See :meth:`Head.shift`; the mean moves, the spread stays."""
        return torch.cat([raw[..., :1] + base[..., None, :, None], raw[..., 1:]], dim=-1)

    def quantiles(self, raw: Tensor) -> Tensor:
        """See :meth:`Head.quantiles`."""
        z = torch.special.ndtri(raw.new_tensor(LEVELS))
        return raw[..., :1] + z * _log_sd(raw).exp()[..., None]

    def loss(self, raw: Tensor, truth: Tensor, kind: LossName) -> Tensor:
        """See :meth:`Head.loss`."""
        del kind
        log_sd = _log_sd(raw)
        return (log_sd + 0.5 * ((truth - raw[..., 0]) / log_sd.exp()) ** 2).mean()


def _log_sd(raw: Tensor) -> Tensor:
    # Targets are scaled to SD 1: beyond these bounds nothing is learnt and floats overflow.
    return raw[..., 1].clamp(-7.0, 4.0)


HEADS: dict[str, Head] = {
    "point": PointHead(),
    "quantile": QuantileHead(),
    "gaussian": GaussianHead(),
}
Fusion = Literal["concat", "late", "film"]


class Readout(nn.Module):
    """From an embedding and the wearer's covariates to the output of the head.

    Parameters
    ----------
    shape : tuple of int
        Shape of the forecast: (S, K) or (S, K, size).
    wearer : int
        Number of covariates that join here; 0 if they came in with every sample or there are none.
    fusion : str
        ``late`` puts the covariates beside the embedding; ``film`` lets them scale and shift it
        (Perez et al. 2018); ``concat`` expects none here.
    """

    def __init__(self, width: int, shape: tuple[int, ...], wearer: int, fusion: Fusion) -> None:
        super().__init__()
        self.shape = shape
        self.late = fusion == "late" and wearer > 0
        outputs = int(torch.tensor(shape).prod())
        self.linear = nn.Linear(width + (wearer if self.late else 0), outputs)
        self.film = nn.Linear(wearer, 2 * width) if fusion == "film" and wearer else None

    def forward(self, embedding: Tensor, wearer: Tensor) -> Tensor:
        """Forecast from an embedding.

        Parameters
        ----------
        embedding : Tensor, shape (..., width)
            From the network.
        wearer : Tensor, shape (..., covariates)
            Scaled covariates.

        Returns
        -------
        Tensor, shape (..., S, K) or (..., S, K, size)
        """
        if self.late:
            embedding = torch.cat([embedding, wearer], dim=-1)
        elif self.film is not None:
            scale, shift = self.film(wearer).chunk(2, dim=-1)
            embedding = embedding * (1 + scale) + shift
        return self.linear(embedding).reshape(*embedding.shape[:-1], *self.shape)
