from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.tasks import Scaler, Series, Span, Task, Windows, cut_series


def series(*lengths):
    made = []
    for k, n in enumerate(lengths):
        rows = (1000 * k + np.arange(n, dtype=np.float32))[:, None]
        made.append(Series(Span(f"t{k}", 0, n), rows, rows))
    return made


@given(
    st.lists(st.integers(1, 60), min_size=1, max_size=4),
    st.integers(1, 12),
    st.integers(1, 8),
    st.integers(1, 7),
)
def test_windows_are_those_of_a_plain_loop(lengths, history, horizon, stride):
    windows = Windows(series(*lengths), history, horizon, stride)
    expected = [
        (s.features[i : i + history], s.targets[i + history : i + history + horizon])
        for s in series(*lengths)
        for i in range(0, len(s) - history - horizon + 1, stride)
    ]
    assert len(windows) == len(expected)
    if expected:
        order = np.random.default_rng(0).permutation(len(expected))
        x, y = windows.batch(order)
        assert np.array_equal(x, np.array([expected[i][0] for i in order]))
        assert np.array_equal(y, np.array([expected[i][1] for i in order]))


@given(st.integers(1, 40), st.integers(2, 12), st.integers(1, 11))
def test_the_past_is_found_within_the_window(length, history, back):
    back = min(back, history - 1)
    (one,) = series(length)
    windows = Windows([one], history, -back, first=-back)
    assert len(windows) == max(length - history + 1, 0)
    if len(windows):
        x, y = windows.batch(np.arange(len(windows)))
        assert np.array_equal(y[:, 0], x[:, -1 - back])
        assert np.array_equal(windows.futures(0), y)


def test_thinned_series_share_samples_and_count_fewer_windows():
    (whole,) = series(20)
    thin = whole.thinned(4)
    assert thin.features is whole.features
    assert Windows([thin], 5, 2).ends(0).tolist() == [4, 8, 12, 16]
    assert Windows([thin.thinned(3)], 5, 2).ends(0).tolist() == [12]
    assert whole.thinned(1) is whole


@given(
    st.lists(st.booleans(), min_size=12, max_size=40),
    st.integers(1, 4),
    st.sampled_from([(1, 1), (1, 3), (0, 0), (2, 2), (-1, -1)]),
)
def test_only_windows_whose_future_is_known_count(known, history, steps):
    first, horizon = steps
    history = max(history, 1 - first)
    (one,) = series(len(known))
    targets = np.where(np.array(known)[:, None], one.targets, np.float32(np.nan))
    whole = Windows([one], history, horizon, first=first)
    windows = Windows([replace(one, targets=targets)], history, horizon, first=first)
    expected = [e for e in whole.ends(0) if all(known[e + first : e + horizon + 1])]
    assert windows.ends(0).tolist() == expected
    if expected:
        assert np.isfinite(windows.batch(np.arange(len(windows)))[1]).all()


def test_windows_are_views():
    (one,) = series(500)
    windows = Windows([one], 100, 10)
    assert np.shares_memory(windows.inputs(0), one.features)
    assert np.shares_memory(windows.futures(0), one.targets)


def test_a_piece_is_cut_at_gaps():
    time_s = np.concatenate([np.arange(50), np.arange(90, 120)]) / 100
    trial = Recording("p", "t", 100.0, time_s, np.zeros((80, 1)), ("right_foot_acc_x",))
    cut = cut_series(trial, trial.samples, ["right_foot_acc_x"], Span("t", 10, 70))
    assert [s.span for s in cut] == [Span("t", 10, 50), Span("t", 50, 70)]
    with pytest.raises(GaitcastError, match="not within the 80 samples"):
        cut_series(trial, trial.samples, [], Span("t", 10, 90))


def test_a_task_counts_in_samples():
    task = Task("t", ("a",), ("b",), 2000, 500)
    assert task.samples(100.0) == (200, 50)
    with pytest.raises(GaitcastError, match="shorter than one sample"):
        Task("t", ("a",), ("b",), 2000, 4).samples(100.0)


@given(
    st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=30),
    st.sampled_from(["standard", "minmax", "none"]),
)
def test_scaling_is_undone(values, kind):
    rows = np.array(values)[:, None]
    scaler = Scaler.fit(kind, [rows[:2], rows[2:]])
    np.testing.assert_allclose(scaler.invert(scaler.apply(rows)), rows, atol=1e-6)


def test_scaling_has_its_range():
    rows = np.array([[0.0, 5.0], [10.0, 5.0], [2.0, 5.0]])
    assert Scaler.fit("minmax", [rows]).apply(rows)[:, 0].tolist() == [-1.0, 1.0, -0.6]
    standard = Scaler.fit("standard", [rows]).apply(rows)
    assert standard[:, 0].std() == pytest.approx(1)
    assert np.all(standard[:, 1] == 0)
    with pytest.raises(GaitcastError, match="Did you mean 'minmax'"):
        Scaler.fit("min-max", [rows])
