"""One whole live step against its bare network, and the GRU against the Bi-LSTM, in one run.

Untrained weights cost the same as trained ones, so nothing is fitted here.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from ratio import Ratio

from gaitcast.deploy import bare_network, write_bundle
from gaitcast.models import Signature, build
from gaitcast.runtime import Bundle, measure
from gaitcast.runtime.latency import measure_graph
from gaitcast.signal import Chain
from gaitcast.study import read_study
from gaitcast.tasks import Scaler
from gaitcast.training import Predictor

CHANNELS = tuple(
    f"ipsi_{s}_{q}_{a}" for s in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz"
)
TARGET = ("ipsi_ankle_angle_flexion",)


def bundle(name: str, steps: str, folder: Path) -> Bundle:
    chain = Chain(read_study("zare2025").chain(steps), CHANNELS, 100.0)
    signature = Signature(chain.channels, TARGET, 200, 50, 100.0)
    ones = Scaler(np.zeros(signature.n_inputs), np.ones(signature.n_inputs))
    predictor = Predictor(name, {}, build(name, signature), ones, Scaler(np.zeros(1), np.ones(1)))
    return Bundle.load(write_bundle(chain, predictor, folder / name))


def measured() -> list[Ratio]:
    """A GRU's whole step against its bare network, and against a windowed Bi-LSTM's step."""
    with tempfile.TemporaryDirectory() as place:
        bundles = [
            bundle("gru", "lowpass-tilt", Path(place)),
            bundle("bilstm", "tilt", Path(place)),
        ]
        rows = []
        for made, steps in zip(bundles, (5000, 300), strict=True):
            network = measure_graph("bare network", bare_network(made.path), 100.0, steps)
            rows.append((measure(made, steps), network))
    (gru, bare), (bilstm, _) = rows
    step_us = gru.percentile(50)
    what = "live step of a GRU: filter, faults, clock, network"
    return [
        Ratio(what, "ONNX Runtime, the bare network", step_us, bare.percentile(50), "us"),
        Ratio(what, "ONNX Runtime, the windowed Bi-LSTM", step_us, bilstm.percentile(50), "us"),
    ]


def main() -> None:
    print(*measured(), sep="\n")


if __name__ == "__main__":
    main()
