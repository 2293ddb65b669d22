"""A fitted model as a list of ONNX nodes, by torch's exporter."""

from __future__ import annotations

import contextlib
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path

import onnx
import torch
from torch import Tensor, nn

from gaitcast.models import Forecaster
from gaitcast.models.base import State, StatefulForecaster

PREFIX = "network_"
#: Of what a network carries.
STATE = "network_state_"


class _OneStep(nn.Module):
    """A stateful model at one sample."""

    def __init__(self, forecaster: StatefulForecaster, names: Sequence[str]) -> None:
        super().__init__()
        self.forecaster, self.names = forecaster, names

    def forward(self, features: Tensor, *state: Tensor) -> tuple[Tensor, ...]:
        """Forecast (1, S, K) and next state from features (1, 1, C) and state."""
        held = dict(zip(self.names, state, strict=True))
        numbers, after = self.forecaster(features, held)
        return self.forecaster.head.point(numbers[:, 0]), *(after[name] for name in self.names)


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
        Inputs ``network_features``, (1, 1, C) or (1, history, C), and for stateful models a
        ``network_state_*`` for each thing carried; outputs ``network_forecast`` (1, S, K) and
        ``network_state_*_next``.
    """
    shape = forecaster.signature
    state: State = {}
    if isinstance(forecaster, StatefulForecaster):
        state = forecaster.initial_state(1)
        module: nn.Module = _OneStep(forecaster, [*state])
    else:
        module = _Points(forecaster)
    rows = 1 if state else shape.history
    with _silence():
        program = torch.onnx.export(
            module.eval(),
            (torch.zeros(1, rows, shape.n_columns), *state.values()),
            input_names=["features", *(f"state_{name}" for name in state)],
            output_names=["forecast", *(f"state_{name}_next" for name in state)],
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
    carried = sorted({n for n in names if n.startswith(STATE) and not n.endswith("_next")})
    inputs = ["network_features", *carried]
    outputs = ["network_forecast", *(f"{name}_next" for name in carried)]
    return onnx.utils.Extractor(model).extract_model(inputs, outputs).SerializeToString()
