import torch

from gaitcast.models import Signature, build

SIGNATURE = Signature(
    tuple(f"right_foot_acc_{a}" for a in "xyz") * 5 + ("x",), ("y",), 200, 50, 100.0
)


def test_it_has_the_layers_of_the_source():
    model = build("bilstm", SIGNATURE)
    count = {
        name: sum(p.numel() for p in part.parameters()) for name, part in model.named_children()
    }
    gates, units = 4, 128
    # torch keeps two bias vectors a gate where Keras keeps one: 2 directions x 4 x 128 more.
    first = 2 * gates * units * (units + units + 2)
    second = 2 * gates * units * (2 * units + units + 2)
    expected = {
        "embed": 16 * units + units,
        "first": first,
        "norm": 2 * 2 * units,
        "second": second,
        "dropout": 0,
        "last": 2 * units * 50 + 50,
    }
    assert count == expected


def test_it_begins_like_keras():
    model = build("bilstm", SIGNATURE)
    bias = model.first.bias_ih_l0.detach().chunk(4)
    assert torch.equal(bias[1], torch.ones(128))
    assert all(torch.equal(bias[k], torch.zeros(128)) for k in (0, 2, 3))
    assert not model.first.bias_hh_l0.detach().any()
    gate = model.first.weight_hh_l0.detach()[:128]
    assert torch.allclose(gate @ gate.T, torch.eye(128), atol=1e-5)


def test_the_penalty_is_the_sum_of_squared_input_kernels():
    model = build("bilstm", SIGNATURE, {"units": 8, "l2": 0.5})
    kernels = [
        model.embed.weight, model.first.weight_ih_l0, model.first.weight_ih_l0_reverse,
        model.second.weight_ih_l0, model.second.weight_ih_l0_reverse, model.last.linear.weight,
    ]  # fmt: skip
    expected = 0.5 * sum(float((k.detach() ** 2).sum()) for k in kernels)
    assert abs(float(model.penalty().detach()) - expected) < 1e-3


def test_the_past_reaches_the_forecast_from_both_ends():
    model = build("bilstm", SIGNATURE, {"units": 8})
    window = torch.randn(1, 200, 16, requires_grad=True)
    model(window).sum().backward()
    assert window.grad[0, 0].abs().sum() > 0
    assert window.grad[0, -1].abs().sum() > 0
