"""Counts agree with those one gets by hand, as the docstrings have them."""

import pytest

from gaitcast.models import MODELS, Signature, build, cost, list_models

T, C, S, K = 200, 13, 50, 1
INPUTS = tuple(
    f"right_{p}_{q}_{a}" for p in ("foot", "shank") for q in ("acc", "gyr") for a in "xyz"
)
TARGET = "right_ankle_angle_flexion"
SIGNATURE = Signature((*INPUTS, TARGET), (TARGET,), T, S, 100.0)
OUT = S * K


def by_hand(name):
    """Multiply-adds and parameters."""
    u = f = w = n = 64
    if name == "gru":
        madds = 3 * u * (C + u) + 6 * u * u + u * OUT
        return madds, madds + 2 * 6 * u + OUT
    if name == "lstm":
        return T * 4 * u * (C + u) + u * OUT, 4 * u * (C + u) + 8 * u + u * OUT + OUT
    if name == "bilstm":
        u = 128
        gates = 2 * 4 * u * (u + u), 2 * 4 * u * (2 * u + u)
        return (
            T * (C * u + sum(gates)) + 2 * u * OUT,
            C * u + u + sum(gates) + 2 * 2 * 8 * u + 4 * u + 2 * u * OUT + OUT,
        )
    if name == "mlp":
        u, rows = 128, 40
        madds = rows * C * u + u * u + u * OUT
        return madds, madds + 2 * u + OUT
    if name == "cnn":
        weights = C * 5 * f, f * 5 * f, T // 4 * f * u
        madds = T * weights[0] + T // 2 * weights[1] + weights[2] + u * OUT
        return madds, sum(weights) + 2 * f + u + u * OUT + OUT
    if name == "cnn2d":
        f, rows = 16, 13
        weights = 15 * f, 15 * f * 2 * f, rows * C * 2 * f * u
        madds = T * C * weights[0] + T // 4 * C * weights[1] + weights[2] + u * OUT
        return madds, sum(weights) + 3 * f + u + u * OUT + OUT
    if name == "cnn2d-lstm":
        f, rows = 16, 13
        weights = 15 * f, 15 * f * 2 * f, 4 * u * (2 * f * C + u)
        madds = T * C * weights[0] + T // 4 * C * weights[1] + rows * weights[2] + u * OUT
        return madds, sum(weights) + 3 * f + 8 * u + u * OUT + OUT
    if name in ("cnn-lstm", "cnn-lstm-attention"):
        weights = C * 5 * f, 4 * u * (f + u)
        madds = T * weights[0] + T // 2 * weights[1] + u * OUT
        parameters = sum(weights) + f + 8 * u + u * OUT + OUT
        if name == "cnn-lstm-attention":
            return madds + T // 2 * (u * u + u), parameters + u * u + u + u
        return madds, parameters
    if name == "tcn":
        w = 48
        madds = C * w + 6 * (3 * w * w + w * w) + w * OUT
        return madds, madds + w + 6 * (2 * w + 2 * w) + OUT
    if name == "gated-tcn":
        w, blocks = 32, 7
        madds = C * w + blocks * 7 * w * w + (blocks - 1) * w * w + w * OUT
        return madds, madds + w + blocks * 2 * w + (blocks - 1) * w + w + OUT
    if name == "transformer":
        madds = C * w + 2 * (12 * w * w + 2 * 100 * w) + w * OUT
        biases = w + 2 * (3 * w + w + 4 * w + w + 4 * w) + 2 * w + OUT
        return madds, C * w + 2 * 12 * w * w + w * OUT + biases
    if name == "lru":
        madds = C * w + 2 * (4 * n * w + 2 * w * w) + w * OUT
        return madds, madds + w + 2 * (2 * n + w + 2 * w + 2 * w) + 2 * w + OUT
    if name == "inception-time":
        f, wide, kernels = 32, 128, 39 + 19 + 9
        later = wide * f + f * f * kernels + wide * f
        weights = C * f + f * f * kernels + C * f + 5 * later + C * wide + wide * wide
        return T * weights + wide * OUT, weights + 8 * 2 * wide + wide * OUT + OUT
    if name in ("wearer-memory", "wearer-adaptive"):
        sensors, rank, near, moments, others = C - 1, 16, 48, 2401, 750
        seen = 3 * sensors + 7  # two lags and a slow part; six changes and the level
        found = rank + 2 + OUT + K  # of a neighbour: key, its size, whose it is, future, present
        search = (seen + K) * rank + (moments + others) * (rank + 2)
        line = (near + near * rank + rank) * found + 10 * (rank + 1) ** 3
        plain, knots = sensors + 2 + 3, 2 * 10
        if name == "wearer-memory":
            features = plain + knots + 1
            return search + line + features**2 + 2 * features * OUT, 0
        w, features = 32, 64 + knots + 2
        read = plain + knots
        body = read * w + (7 * 7 + 6) * w * w + w * 64 + features * OUT
        biases = w + 7 * 2 * w + 6 * w + w + 64 + OUT + 2 * S
        return search + line + body + features**2 + 2 * features * OUT, body + biases
    if name == "phase-template":
        return 1600 * 80, 0
    if name == "ridge":
        return 40 * C * OUT, 0
    return 0, 0


#: Cost grows with the training data.
BY_DATA = ("kernel-ridge", "knn", "local-linear", "trees")


def test_newton_weighs_every_column_once():
    (row,) = (r for r in list_models(12, 20, 1, 100.0) if r["name"] == "newton")
    assert (row["multiply_adds"], row["parameters"], row["missing"]) == (39, 0, "")


@pytest.mark.parametrize(
    "name",
    [n for n in MODELS if n not in (*BY_DATA, "resnet50", "inceptionv3", "newton")],
)
def test_counts_are_those_by_hand(name):
    counted = cost(build(name, SIGNATURE))
    assert (counted.multiply_adds, counted.parameters) == by_hand(name)


def test_the_picture_networks_are_the_published_ones():
    # 25.6 and 23.8 million with the 1,000 classes of ImageNet, 3.8 and 5.7 billion multiply-adds.
    resnet = cost(build("resnet50", SIGNATURE, {"side": 224}))
    assert resnet.parameters - (2048 * OUT + OUT) == 25_557_032 - 2_049_000
    assert resnet.multiply_adds == pytest.approx(3.8e9, rel=0.02)
    inception = cost(build("inceptionv3", SIGNATURE, {"side": 299}))
    assert inception.parameters - (2048 * OUT + OUT) == 23_834_568 - 2_049_000
    assert inception.multiply_adds == pytest.approx(5.7e9, rel=0.02)


def test_how_far_back_models_look():
    assert cost(build("gru", SIGNATURE)).receptive_field is None
    assert cost(build("tcn", SIGNATURE)).receptive_field == 1 + 2 * (2**6 - 1)
    assert cost(build("gated-tcn", SIGNATURE)).receptive_field == 1 + 2 * (2**7 - 1)
    assert cost(build("transformer", SIGNATURE)).receptive_field == 1 + 2 * 99
    assert cost(build("cnn", SIGNATURE)).receptive_field == T


def test_the_list_has_every_model_with_its_flags():
    rows = {row["name"]: row for row in list_models(6, 100, 10, 100.0)}
    assert rows.keys() == MODELS.keys()
    assert rows["gru"]["stateful"]
    assert rows["gru"]["reads"] == "sequence"
    assert not rows["persistence"]["covariates"]
    assert rows["trees"]["multiply_adds"] is None
