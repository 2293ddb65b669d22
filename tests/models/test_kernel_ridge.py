import numpy as np
import pytest
import torch

from gaitcast.errors import GaitcastError
from gaitcast.models import Signature, build
from gaitcast.tasks import Series, Span, Windows

NAMES = tuple(f"right_foot_acc_{axis}" for axis in "xyz")
SIGNATURE = Signature(NAMES, ("right_foot_grf_z",), 12, 0, 100.0, first=0)


def windows(count, noise):
    rng = np.random.default_rng(0)
    features = rng.normal(size=(count, 3)).cumsum(axis=0)
    features = ((features - features.mean(axis=0)) / features.std(axis=0)).astype(np.float32)
    target = np.sin(2 * features[:, :1]) + noise * rng.normal(size=(count, 1))
    series = Series(Span("t", 0, count), features, target.astype(np.float32))
    return Windows([series], 12, 0, first=0)


def error(name, past, future):
    model = build(name, SIGNATURE)
    model.fit(past)
    inputs = torch.from_numpy(np.array(future.inputs(0)))
    return float(np.abs(model(inputs).numpy() - future.futures(0)).mean())


def test_it_bends_where_a_line_cannot():
    known = windows(2500, 0.0)
    assert error("kernel-ridge", known, known) < 0.2 * error("ridge", known, known)


def test_one_window_alone_gives_what_a_batch_gives():
    # Offline reads windows by the batch, a device one by one.
    known = windows(2500, 0.3)
    model = build("kernel-ridge", SIGNATURE)
    model.fit(known)
    inputs = torch.from_numpy(np.array(known.inputs(0)[::25]))
    alone = torch.cat([model(window[None]) for window in inputs])
    assert float((model(inputs) - alone).abs().max()) < 2e-5


def test_one_window_is_too_few():
    with pytest.raises(GaitcastError, match="one window is too few"):
        build("kernel-ridge", SIGNATURE).fit(windows(12, 0.0))
