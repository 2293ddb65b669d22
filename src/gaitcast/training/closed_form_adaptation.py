"""Adapt the last layer of a network in closed form: no gradient, nothing to tune."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from copy import deepcopy
from dataclasses import replace

import torch
from torch import Tensor, nn

from gaitcast.models import Forecaster
from gaitcast.models.base import Network, StatefulNetwork, WindowNetwork
from gaitcast.tasks import Series
from gaitcast.training.adaptation_method import AdaptationMethod
from gaitcast.training.predictor import Predictor
from gaitcast.training.settings import Training

#: So many seconds of the person are worth as much as the present weights.
_PRIOR_S = 10.0


class Head(AdaptationMethod):
    """Ridge regression from what the last layer reads to what the forecast lacked.

    Notes
    -----
    The penalty is on the change of the weights: with few seconds they stay near what other people
    taught. It counts as 10 s of rows of the mean size of those that are there.
    """

    def takes(self, forecaster: Forecaster) -> bool:
        """See :meth:`AdaptationMethod.takes`; of forecasts that are points."""
        return isinstance(forecaster, Network) and forecaster.signature.head == "point"

    @torch.no_grad()
    def apply(
        self, predictor: Predictor, calibration: Sequence[Series], chosen: Training, seed: int
    ) -> Predictor:
        """See :meth:`AdaptationMethod.apply`."""
        del chosen, seed
        made = replace(predictor, forecaster=deepcopy(predictor.forecaster))
        rows = [*_rows(made, calibration)]
        read, lacked = (torch.cat(part).double() for part in zip(*rows, strict=True))
        read = torch.nn.functional.pad(read, (0, 1), value=1.0)
        prior = (read**2).mean() * _PRIOR_S * made.signature.rate_hz
        square = read.T @ read + prior * torch.eye(read.shape[1], dtype=torch.float64)
        change = torch.linalg.solve(square, read.T @ lacked).float()
        layer = last_layer(made.forecaster)
        layer.weight.add_(change[:-1].T)
        layer.bias.add_(change[-1])
        return made


def last_layer(forecaster: Forecaster) -> nn.Linear:
    """The linear map of the readout of a network."""
    assert isinstance(forecaster, WindowNetwork | StatefulNetwork)
    return forecaster.last.linear


def _rows(predictor: Predictor, calibration: Sequence[Series]) -> Iterator[tuple[Tensor, Tensor]]:
    """What the last layer reads (n, width), and what the scaled forecasts lacked (n, S K)."""
    forecaster, found = predictor.forecaster, list[Tensor]()
    hook = last_layer(forecaster).register_forward_pre_hook(lambda _, given: found.append(given[0]))
    try:
        for series, made in predictor.forecasts(calibration):
            windows = forecaster.signature.windows([series])
            read = torch.cat([rows.reshape(-1, rows.shape[-1]) for rows in found])
            found.clear()
            lacked = (windows.futures(0) - made) / predictor.target_scaler.scale
            yield (
                read[windows.ends(0)] if forecaster.stateful else read,
                torch.from_numpy(lacked.reshape(len(lacked), -1)),
            )
    finally:
        hook.remove()
