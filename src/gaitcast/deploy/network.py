"""A fitted model as a list of ONNX nodes, by torch's exporter."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from gaitcast.models import Forecaster
from gaitcast.models.base import StatefulForecaster

PREFIX = "network_"


class _OneStep(nn.Module):
    """A stateful model at one sample."""

    def __init__(self, forecaster: StatefulForecaster) -> None:
        super().__init__()
        self.forecaster = forecaster

    def forward(self, features: Tensor, state: Tensor) -> tuple[Tensor, Tensor]:
        """Forecast (1, S, K) and next state from features (1, 1, C) and state."""
        numbers, state = self.forecaster(features, state)
        return self.forecaster.head.point(numbers[:, 0]), state


class _Points(nn.Module):
    """A windowed model's point forecast."""

    def __init__(self, forecaster: Forecaster) -> None:
        super().__init__()
        self.forecaster = forecaster

    def forward(self, features: Tensor) -> Tensor:
        """Forecast (1, S, K) from features (1, history, C)."""
        return self.forecaster.head.point(self.forecaster(features))


def network_graph(forecaster: Forecaster) -> onnx.ModelProto:
    """Export the bare network.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.

    Returns
    -------
    onnx.ModelProto
        Inputs ``network_features``, (1, 1, C) or (1, history, C), and for stateful models
        ``network_state``; outputs ``network_forecast`` (1, S, K) and ``network_state_next``.
    """
    shape = forecaster.signature
    if isinstance(forecaster, StatefulForecaster):
        module: nn.Module = _OneStep(forecaster)
        inputs = (torch.zeros(1, 1, shape.n_columns), forecaster.initial_state(1))
    else:
        module = _Points(forecaster)
        inputs = (torch.zeros(1, shape.history, shape.n_columns),)  # type: ignore[assignment]
    with _silence():
        program = torch.onnx.export(
            module.eval(),
            inputs,
            input_names=["features", "state"][: len(inputs)],
            output_names=["forecast", "state_next"][: len(inputs)],
            dynamo=True,
            verbose=False,
        )
    model = program.model_proto  # type: ignore[union-attr]
    for node in model.graph.node:
        node.ClearField("metadata_props")  # torch notes there the paths of this machine
        node.ClearField("doc_string")
    return onnx.compose.add_prefix(model, PREFIX)


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    level = logging.root.manager.disable
    logging.disable(logging.WARNING)  # "torchvision is not installed", once per operator
    try:
        with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(level)


def bare_network(bundle: str | Path) -> bytes:
    """The network alone, cut out of a bundle's graph: what a latency is compared with.

    Parameters
    ----------
    bundle : str or Path
        Folder of a bundle.

    Returns
    -------
    bytes
        A serialised ONNX model.
    """
    bundle = Path(bundle)
    model = onnx.load(bundle / "graph.onnx")
    names = [v for node in model.graph.node for v in (*node.input, *node.output)]
    inputs = [n for n in ("network_features", "network_state") if n in names]
    outputs = [n for n in ("network_forecast", "network_state_next") if n in names]
    return onnx.utils.Extractor(model).extract_model(inputs, outputs).SerializeToString()
