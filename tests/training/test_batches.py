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
    windows = Windows([*people(200, 200, 200)], 30, 5)
    plain = SegmentBatches(windows, 50, 8, 3, seed=0, together=4)
    sized = SegmentBatches(windows, 50, 8, 3, seed=0, from_start=0.5, together=4, size=0.2)
    owners, starts = {s.features[:, 0].tobytes() for s in windows.series}, 0
    for past, future in plain:
        for group in past.split(4):
            found = [
                sum(rows[:, 0].numpy().tobytes() in owner for rows in group) for owner in owners
            ]
            assert sorted(found) == [0, 0, 4]
        assert torch.equal(past[:, 1:, 0], future[:, :-1, 0, 0])
    factors = []
    for past, future in sized:
        torch.testing.assert_close(past[:, 1:, 0], future[:, :-1, 0, 0])
        begun = torch.stack([torch.from_numpy(s.features[:50]) for s in windows.series])
        ratio = past[:, None] / begun
        same = (ratio.flatten(2).std(2) < 1e-4).any(1)
        starts += int(same.sum())
        factors += ratio.flatten(2).median(2).values[ratio.flatten(2).std(2) < 1e-4].tolist()
    assert starts
    assert np.std(np.log(factors)) > 0.02
