"""Cost of a model: parameters, multiply-adds and time per forecast, and receptive field."""

from __future__ import annotations

import time
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch.utils.flop_counter import FlopCounterMode

from gaitcast.models.base import ClosedFormForecaster, Forecaster, StatefulForecaster

#: Calls whose median is the time of a forecast.
_CALLS = 15


@dataclass(frozen=True)
class Cost:
    """Cost of one model.

    Parameters
    ----------
    parameters : int
        Number of values learnt by gradient.
    multiply_adds : int or None
        In matrix products and convolutions for one more sample live: one step of a stateful model,
        the whole window of a windowed one; None where it depends on the training data.
    receptive_field : int or None
        Number of past samples that a forecast depends on; None if all of them.
    """

    parameters: int
    multiply_adds: int | None
    receptive_field: int | None


def cost(forecaster: Forecaster) -> Cost:
    """Count parameters, multiply-adds and receptive field.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted or not.

    Returns
    -------
    Cost
        Counted by torch on tensors without data, so every operation is counted.
    """
    shape = forecaster.signature
    parameters = sum(p.numel() for p in forecaster.parameters())
    if isinstance(forecaster, ClosedFormForecaster) and forecaster.sized_by_data:
        return Cost(parameters, None, forecaster.receptive_field)
    twin = deepcopy(forecaster).to("meta").eval()
    with FlopCounterMode(display=False) as counter, torch.no_grad(), torch.device("meta"):
        if isinstance(twin, StatefulForecaster):
            twin(torch.zeros(1, 1, shape.n_columns), twin.initial_state(1))
        else:
            twin(torch.zeros(1, shape.history, shape.n_columns))
    return Cost(parameters, counter.get_total_flops() // 2, forecaster.receptive_field)


@torch.inference_mode()
def forecast_ms(forecaster: Forecaster) -> float:
    """Time of one forecast in torch, on as many threads as torch is set to, here.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted or not.

    Returns
    -------
    float
        Median of some calls, the first not counted, ms.
    """
    shape = forecaster.signature
    stateful = isinstance(forecaster, StatefulForecaster)
    given: list[Any] = [torch.zeros(1, 1 if stateful else shape.history, shape.n_columns)]
    if isinstance(forecaster, StatefulForecaster):
        given.append(forecaster.initial_state(1))
    spent = []
    for _ in range(_CALLS + 1):
        begun = time.perf_counter()
        forecaster(*given)
        spent.append(time.perf_counter() - begun)
    return round(1000 * float(np.median(spent[1:])), 3)
