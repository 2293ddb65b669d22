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

from gaitcast.deploy.builder import WEARERS
from gaitcast.models import Forecaster
from gaitcast.models.base import StatefulForecaster

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
    state, axes = dict[str, Tensor](), dict[str, int]()
    if isinstance(forecaster, StatefulForecaster):
        # Two wearers where any number may come: torch takes a size of 1 for a constant.
        one, two = (forecaster.initial_state(count) for count in (1, 2))
        axes = {name: _batch_axis(one[name], two[name]) for name in one}
        state = two if forecaster.batched else one
        module: nn.Module = _OneStep(forecaster, [*state])
    else:
        module = _Points(forecaster)
    rows, sizes = 1 if state else shape.history, None
    count = 2 if is_batched(forecaster) else 1
    if count > 1:
        batch = torch.export.Dim(WEARERS, min=1)
        sizes = {0: batch}, tuple({axis: batch} for axis in axes.values())
    with _silence():
        program = torch.onnx.export(
            module.eval(),
            (torch.zeros(count, rows, shape.n_columns), *state.values()),
            input_names=["features", *(f"state_{name}" for name in state)],
            output_names=["forecast", *(f"state_{name}_next" for name in state)],
            dynamic_shapes=sizes,
            dynamo=True,
            verbose=False,
        )
    model = program.model_proto  # type: ignore[union-attr]
    for node in model.graph.node:
        node.ClearField("metadata_props")  # torch notes there the paths of this machine
        node.ClearField("doc_string")
    return onnx.compose.add_prefix(model, PREFIX)


def is_batched(forecaster: Forecaster) -> bool:
    """Whether its graph takes any number of wearers at once, or one."""
    return isinstance(forecaster, StatefulForecaster) and forecaster.batched


def _batch_axis(one: Tensor, two: Tensor) -> int:
    """Which axis of a state grows with the number of wearers."""
    grown = [a != b for a, b in zip(one.shape, two.shape, strict=True)]
    return grown.index(True)


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
