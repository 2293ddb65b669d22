"""Intervals: sketches keep distributions, and new people are covered as often as promised."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitcast.evaluation.conformal import (
    calibrated,
    covered,
    margin,
    merged,
    nonconformity,
    quantile_summary,
)


def test_excess_is_the_error_of_a_point_and_negative_inside_bounds():
    truth = np.array([1.0, 5.0, -2.0])
    assert np.allclose(nonconformity(truth, truth + 2, truth + 2), 2.0)
    assert np.allclose(nonconformity(truth, truth - 1, truth + 3), -1.0)


@given(st.integers(1, 400), st.integers(0, 2**31))
def test_a_sketch_keeps_the_ends_and_the_middle(n, seed):
    values = np.random.default_rng(seed).normal(size=(n, 2))
    kept = quantile_summary(values)
    assert np.allclose(kept[[0, -1]], [values.min(0), values.max(0)], atol=1e-6)
    assert (np.diff(kept, axis=0) >= 0).all()
    ordered = np.sort(values, axis=0)
    below, above = ordered[(n - 1) // 2], ordered[n // 2]
    assert ((kept[100] >= below - 1e-6) & (kept[100] <= above + 1e-6)).all()


@pytest.mark.parametrize("spread", [0.0, 0.3])
def test_new_people_are_covered_as_promised(spread):
    rng = np.random.default_rng(0)
    share = []
    for _ in range(60):
        sizes = np.exp(spread * rng.normal(size=20))
        people = {
            str(k): quantile_summary(np.abs(rng.normal(0, s, (500, 1))))
            for k, s in enumerate(sizes)
        }
        share += [c[0] for _, c in calibrated(people).values()]
    assert np.mean(share) == pytest.approx(0.9, abs=0.015)


def test_an_interval_knows_nothing_of_its_own_person():
    people = {
        "a": quantile_summary(np.full((9, 1), 1.0)),
        "b": quantile_summary(np.full((9, 1), 5.0)),
    }
    found = calibrated(people)
    assert found["a"][0] == 5.0
    assert found["b"][0] == 1.0
    assert found["a"][1] == 1.0
    assert found["b"][1] == 0.0
    assert calibrated({"a": people["a"]}) == {}


def test_people_count_the_same_however_long_they_walked():
    many, few = np.full((5000, 1), 1.0), np.full((10, 1), 3.0)
    assert margin([quantile_summary(many), quantile_summary(few)], 0.75) == 3.0
    assert merged([quantile_summary(many), quantile_summary(few)])[150] == 3.0


def test_where_nothing_was_measured_nothing_is_covered():
    empty = quantile_summary(np.empty((0, 2)))
    assert np.isnan(covered(empty, np.ones(2))).all()
