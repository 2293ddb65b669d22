"""A network that is worse than the mean of its targets is recognised."""

import numpy as np
import pytest

from gaitcast.evaluation.convergence import worse_than_mean
from gaitcast.models import Signature, build
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

TARGETS = ("right_foot_grf_z", "right_foot_grf_x")


def repeats_the_present(targets):
    signature = Signature(targets, targets, 10, 5, 100.0)
    ones = Scaler(np.zeros(len(targets)), np.ones(len(targets)))
    return Predictor("persistence", {}, build("persistence", signature), ones, ones)


def walk(values):
    columns = np.asarray(values, np.float32)
    return Series(Span("walk", 0, len(columns)), columns, columns)


@pytest.mark.parametrize(("period", "failed"), [(200, False), (10, True)])
def test_holding_the_present_is_worse_than_the_mean_where_it_turns_within_the_horizon(
    period, failed
):
    wave = np.sin(2 * np.pi * np.arange(1000) / period)[:, None]
    found = worse_than_mean(
        repeats_the_present(TARGETS[:1]),
        [walk(wave)],
        {"validation": [], "test": [walk(wave)], "short": [walk(wave[:12])]},
    )
    assert found.startswith("test ") == failed
    assert ("the mean 0.6" in found) == failed


def test_each_target_counts_by_its_spread_and_thinning_changes_little():
    draw = np.random.default_rng(0)
    slow = np.sin(2 * np.pi * np.arange(20_000) / 300)
    both = np.column_stack([1000 * slow, 0.001 * draw.standard_normal(20_000)])
    made = repeats_the_present(TARGETS)
    # Noise is forecast 1.4 times worse than by the mean, the slow force eight times better.
    assert not worse_than_mean(made, [walk(both)], {"test": [walk(both)]})
    spread = Scaler(np.zeros(2), both.std(axis=0))
    scaled = Predictor("persistence", {}, made.forecaster, spread, spread)
    assert not worse_than_mean(scaled, [walk(both)], {"test": [walk(both)]})
    noise = both[:, [1, 1]]
    spread = Scaler(np.zeros(2), noise.std(axis=0))
    scaled = Predictor("persistence", {}, made.forecaster, spread, spread)
    assert worse_than_mean(scaled, [walk(noise)], {"test": [walk(noise)]})
