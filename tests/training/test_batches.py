"""Batches of the training loop."""

import numpy as np
import pytest
import torch

from gaitcast.models import Signature, build
from gaitcast.tasks import Series, Span, Windows
from gaitcast.training import batches
from gaitcast.training.batches import HeldBatches, SegmentBatches
from gaitcast.training.module import ForecastModule
from gaitcast.training.settings import Training

TARGET = ("right_ankle_angle_flexion",)
SIGNATURE = Signature((*TARGET, "right_foot_acc_x"), TARGET, 30, 5, 100.0)


def people(*lengths):
    rng = np.random.default_rng(0)
    for k, n in enumerate(lengths):
        features = rng.normal(size=(n, 2)).astype(np.float32)
        yield Series(Span(f"t{k}", 0, n), features, features[:, :1].copy())


def held(*lengths):
    return HeldBatches(Windows([*people(*lengths)], 30, 5), whole=True, burn_in=20)


@pytest.mark.parametrize("model", ["gru", "tcn", "gated-tcn", "lru", "transformer"])
def test_series_side_by_side_err_as_they_do_alone(model, monkeypatch):
    forecaster = build(model, SIGNATURE, {}, seed=1)
    module = ForecastModule(forecaster, Training(), burn_in=20, seed=0)

    def errors(source):
        with torch.inference_mode():
            pairs = [module._forecast(batch) for batch in source]
        return torch.cat([(forecaster.head.point(n) - y).abs().flatten() for n, y in pairs])

    together = held(150, 90, 200)
    assert [x.shape for x, _ in together] == [(3, 195, 2)]
    side_by_side = errors(together)
    monkeypatch.setattr(batches, "_SAMPLES_SIDE_BY_SIDE", 1)
    alone = errors(held(150, 90, 200))
    assert len(side_by_side) == len(alone) == (150 + 90 + 200 - 3 * 25) * 5
    assert torch.allclose(side_by_side, alone, atol=1e-5)


def test_no_batch_of_series_grows_beyond_its_bound(monkeypatch):
    monkeypatch.setattr(batches, "_SAMPLES_SIDE_BY_SIDE", 400)
    shapes = [x.shape[:2] for x, _ in held(100, 100, 300, 100, 900, 100)]
    assert shapes == [(2, 95), (1, 295), (1, 95), (1, 895), (1, 95)]


def test_segments_of_a_group_are_of_one_series_and_one_size():
    series = [*people(200, 200, 200)]
    for k, one in enumerate(series):  # constant, so that a segment tells whose it is and its size
        one.features[:] = one.targets[:] = 10.0**k
    drawn = SegmentBatches(Windows(series, 30, 5), 50, 8, 20, seed=0, together=4, size=0.1)
    owners = set()
    for past, future in drawn:
        for x, y in zip(past.split(4), future.split(4), strict=True):
            assert x.std() < 1e-6 * x.mean()
            assert torch.allclose(y, x.mean().expand(y.shape))
            owner = round(float(x.mean().log10()))
            owners.add((owner, float(x.mean()) / 10**owner))
    assert {owner for owner, _ in owners} == {0, 1, 2}
    assert np.std(np.log([size for _, size in owners])) == pytest.approx(0.1, rel=0.4)


def test_short_series_are_learnt_from_as_much_as_long_ones():
    """Recordings of 5 s were left out beside longer ones, and those of 11 s were never drawn."""
    series = [*people(1000, 60, 70, 12)]
    for k, one in enumerate(series):
        one.features[:] = one.targets[:] = float(k)
    drawn = SegmentBatches(Windows(series, 30, 5), 100, 4, 600, seed=0, together=4)
    lengths: dict[int, set[int]] = {}
    seen = np.zeros(4)
    for past, _ in drawn:
        owner = round(float(past.mean()))
        seen[owner] += 1
        lengths.setdefault(owner, set()).add(past.shape[1])
    assert lengths == {0: {100}, 1: {55}, 2: {65}}  # 12 samples are too few beside these
    np.testing.assert_allclose(seen / 600, np.array([995, 55, 65, 0]) / 1115, atol=0.03)
