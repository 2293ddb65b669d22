"""Changes from the present: an offset of the wearer is in neither past nor future."""

import numpy as np
import pytest
import torch

from gaitcast.errors import GaitcastError
from gaitcast.models import HEADS, Signature, build
from gaitcast.tasks import Series, Span, Windows

ANGLE = "right_ankle_angle_flexion"
SHAPE = Signature(("right_foot_acc_x", ANGLE), (ANGLE,), 20, 4, 100.0, relative=True)


def series(seed=0, offset=0.0):
    rng = np.random.default_rng(seed)
    rows = rng.normal(size=(300, 2)).cumsum(axis=0).astype(np.float32) + np.float32(offset)
    return Series(Span("t", 0, 300), rows, rows[:, 1:])


@pytest.mark.parametrize("model", ["ridge", "trees"])
def test_an_offset_moves_the_forecast_and_nothing_else(model):
    shape = Signature((ANGLE,), (ANGLE,), 20, 4, 100.0, relative=True)
    made = build(model, shape, {"every": 3})
    walk = series()
    made.fit(Windows([Series(walk.span, walk.targets, walk.targets)], 20, 4))
    # Whatever depends on the newest value itself is taken out: only changes are left to differ.
    window = torch.from_numpy(walk.targets[:20][None])
    before, after = made(window), made(window + 0.01)
    assert torch.allclose(after - before, torch.full_like(before, 0.01), atol=0.02)


def test_a_closed_form_learns_changes():
    # The future is the present plus twice the last change of the other channel.
    rng = np.random.default_rng(1)
    x = rng.normal(size=500).astype(np.float32)
    y = np.zeros(500, np.float32)
    for t in range(1, 500):
        y[t] = y[t - 1] + 2 * (x[t - 1] - x[t - 2] if t > 1 else 0)
    rows = np.column_stack([x, y]).astype(np.float32)
    shape = Signature(("right_foot_acc_x", ANGLE), (ANGLE,), 5, 1, 100.0, relative=True)
    made = build("ridge", shape, {"every": 1, "alpha": 1e-6})
    windows = Windows([Series(Span("t", 0, 500), rows, rows[:, 1:])], 5, 1)
    made.fit(windows)
    x, y = windows.batch(np.arange(len(windows)))
    assert np.allclose(made(torch.from_numpy(x)).detach().numpy(), y, atol=1e-2)


@pytest.mark.parametrize("head", ["point", "quantile", "gaussian"])
@pytest.mark.parametrize("model", ["mlp", "gru"])
def test_a_network_that_says_nothing_holds_the_present(model, head):
    shape = Signature(SHAPE.inputs, SHAPE.targets, 20, 4, 100.0, head=head, relative=True)
    made = build(model, shape)
    for tensor in made.last.parameters():
        torch.nn.init.zeros_(tensor)
    window = torch.randn(3, 20, 2)
    numbers = made(window, made.initial_state(3))[0][:, -1] if made.stateful else made(window)
    point = HEADS[head].point(numbers)
    assert torch.allclose(point, window[:, -1:, 1:].expand(3, 4, 1))
    if head == "gaussian":
        assert torch.equal(numbers[..., 1], torch.zeros(3, 4, 1))


def test_what_has_no_present_to_add_to_is_named():
    with pytest.raises(GaitcastError, match="needs the past of the target"):
        build("gru", Signature(("right_foot_acc_x",), (ANGLE,), 20, 4, 100.0, relative=True))
    for model in ("persistence", "train-mean", "phase-template", "wearer-regression"):
        with pytest.raises(GaitcastError, match="forecasts no changes"):
            build(model, SHAPE)
