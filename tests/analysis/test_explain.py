"""What a predictor leans on is found where it is known."""

import numpy as np
import pytest
import torch

from gaitcast.analysis.explain import explain_fits, groups_of
from gaitcast.errors import GaitcastError
from gaitcast.models import Signature, build
from gaitcast.study import pick_fits, run_study
from small_study import workspace

SMALL = {"max_epochs": 3, "batches": 6, "segment_ms": 800, "burn_in_ms": 100}
MODELS = [
    {"model": "persistence", "inputs": ["both"]},
    {"model": "gru", "inputs": ["both"], "options": {"units": 8}, "training": SMALL},
]
INPUTS = {"both": ["right_foot_acc_*", "right_ankle_angle_flexion"]}


@pytest.fixture(scope="module")
def explained(tmp_path_factory):
    made = workspace(
        tmp_path_factory.mktemp("explain"),
        models=MODELS, inputs=INPUTS, seeds=[0], published=[], export=None,
    )  # fmt: skip
    fits = run_study(made)
    return {m: explain_fits(made, pick_fits(fits, {"model": m})) for m in ("persistence", "gru")}


def test_persistence_leans_on_the_target_alone(explained):
    found = explained["persistence"]
    rises = found.groups.set_index("group")
    assert rises.loc["right_ankle_angle_flexion", "ablation"] > 1
    assert rises.loc["right_ankle_angle_flexion", "permutation"] > 1
    assert rises.loc["right_ankle_angle_flexion", "ablation_low"] > 0
    assert (rises.loc["right foot", ["ablation", "permutation"]] == 0).all()
    assert found.gradients is None
    assert found.attention == {}
    assert found.unit == "deg"


def test_gradients_are_shares_over_past_and_channels(explained):
    pytest.importorskip("captum")
    shares = explained["gru"].gradients
    assert shares.to_numpy().sum() == pytest.approx(1)
    assert shares.index[-1] == 0
    assert shares.shape == (50, 4)
    # The last samples matter more than those half a second ago.
    assert shares.iloc[-10:].to_numpy().sum() > shares.iloc[:10].to_numpy().sum()


def test_channels_are_grouped_by_segment():
    shape = Signature(
        ("left_foot_acc_x", "left_foot_gyr_x", "right_shank_acc_x"), ("y",), 9, 3, 100.0,
        covariates=("mass_kg",),
    )  # fmt: skip
    groups = groups_of(shape)
    assert groups["segment", "left foot"] == [0, 1]
    assert groups["channel", "mass_kg"] == [3]
    assert ("segment", "right shank") in groups


@pytest.mark.parametrize(
    ("model", "options", "what", "size"),
    [
        ("cnn-lstm-attention", {}, "time", 33),
        ("cnn-lstm-attention", {"where": "before"}, "time", 33),
        ("cnn-lstm-attention", {"over": "inputs"}, "inputs", 2),
        ("transformer", {}, "time", 33),
    ],
)
def test_attention_sums_to_one(model, options, what, size):
    shape = Signature(("right_foot_acc_x", "right_foot_acc_y"), ("y",), 33, 5, 100.0)
    forecaster = build(model, shape, options).eval()
    weights = forecaster.attention(torch.randn(3, 33, 2))[what].detach().numpy()
    assert weights.shape == (3, size)
    assert np.allclose(weights.sum(1), 1, atol=1e-5)
    assert (weights >= 0).all()


def test_the_transformer_looks_the_same_whether_or_not_it_is_asked():
    shape = Signature(("right_foot_acc_x",), ("y",), 20, 5, 100.0)
    forecaster = build("transformer", shape).eval()
    window = torch.randn(2, 20, 1)
    one, _ = forecaster(window, forecaster.initial_state(2))
    forecaster.attention(window)
    other, _ = forecaster(window, forecaster.initial_state(2))
    assert torch.equal(one, other)


def test_nothing_to_explain_is_said(tmp_path):
    with pytest.raises(GaitcastError, match="no fits"):
        explain_fits(workspace(tmp_path), [])
