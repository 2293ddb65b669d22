from dataclasses import replace

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.training import Augmentation

TARGET = "right_ankle_angle_flexion"


@pytest.fixture
def span(people):
    whole = people["S01"]
    names = [*(f"right_foot_{q}_{a}" for q in ("acc", "gyr") for a in "xyz"), TARGET]
    samples = whole.matrix(names)[:900]
    return replace(
        whole, channels=tuple(names), time_s=whole.time_s[:900], samples=samples, events={},
        truth=None,
    )  # fmt: skip


def change(span, **sizes):
    return Augmentation(**sizes).apply(span, (TARGET,), np.random.default_rng(1))


def test_nothing_asked_nothing_changed(span):
    assert np.array_equal(change(span).samples, span.samples)


def test_a_turned_sensor_keeps_its_lengths_and_turns_as_a_whole(span):
    turned = change(span, rotation_deg=20.0)
    for block in (slice(0, 3), slice(3, 6)):
        lengths = [np.linalg.norm(r.samples[:, block], axis=1) for r in (span, turned)]
        np.testing.assert_allclose(lengths[1], lengths[0], atol=1e-9)
    # The angle between acceleration and rate of turn is the body's, not the mounting's.
    dots = [(r.samples[:, :3] * r.samples[:, 3:6]).sum(1) for r in (span, turned)]
    np.testing.assert_allclose(dots[1], dots[0], atol=1e-6)
    assert np.abs(turned.samples[:, :3] - span.samples[:, :3]).max() > 0.5


@pytest.mark.parametrize("size", ["gain", "bias", "noise", "dropout", "rotation_deg"])
def test_targets_are_never_changed(span, size):
    changed = change(span, **{size: 0.9})
    assert np.array_equal(changed.column(TARGET), span.column(TARGET))
    assert not np.array_equal(changed.samples, span.samples)


def test_a_dropped_channel_is_silent(span):
    changed = change(span, dropout=0.5)
    silent = changed.samples.std(axis=0) < 1e-9
    assert 0 < silent.sum() < 6
    np.testing.assert_allclose(
        changed.samples[:, silent].mean(0), span.samples[:, silent].mean(0), atol=1e-9
    )


def test_warped_time_moves_all_channels_and_rates_follow_the_pace(span):
    changed = change(span, time_warp=0.2)
    assert abs(len(changed) - len(span)) < 0.5 * len(span)
    assert np.allclose(np.diff(changed.time_s), 0.01)
    # Whatever the pace, the foot turns through the same angle from start to end.
    ends = [r.column("right_foot_gyr_y").sum() * 0.01 for r in (span, changed)]
    assert ends[1] == pytest.approx(ends[0], abs=8.0)
    assert changed.column(TARGET)[0] == span.column(TARGET)[0]


def test_copies_differ_and_repeat_by_seed(span):
    settings = Augmentation(rotation_deg=10.0, noise=0.1)
    rng = np.random.default_rng(3)
    one, two = (settings.apply(span, (TARGET,), rng).samples for _ in range(2))
    again = settings.apply(span, (TARGET,), np.random.default_rng(3)).samples
    assert np.array_equal(one, again)
    assert not np.array_equal(one, two)


def test_an_imu_that_holds_a_target_is_not_turned(span):
    changed = Augmentation(rotation_deg=20.0).apply(
        span, ("right_foot_acc_x",), np.random.default_rng(1)
    )
    assert np.array_equal(changed.samples, span.samples)


def test_half_an_imu_cannot_be_turned(span):
    half = replace(span, channels=span.channels[1:], samples=span.samples[:, 1:])
    with pytest.raises(GaitcastError, match="an IMU without right_foot_acc_x cannot be turned"):
        change(half, rotation_deg=5.0)


def test_where_all_is_target_nothing_is_left_to_change(span):
    alone = replace(span, channels=(TARGET,), samples=span.samples[:, -1:])
    changed = change(alone, noise=0.5, dropout=0.5)
    assert np.array_equal(changed.samples, alone.samples)
