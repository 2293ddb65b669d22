import numpy as np
import pytest

from gaitcast.evaluation.scoring import SINCE_S, evaluate
from gaitcast.models import Signature, build
from gaitcast.tasks import Scaler, Series, Span
from gaitcast.training import Predictor

TARGET = "right_knee_angle_flexion"


def held(signature):
    """A predictor that repeats the present value."""
    scaler = Scaler(np.zeros(1), np.ones(1))
    return Predictor("persistence", {}, build("persistence", signature), scaler, scaler)


def walk(trial, values):
    column = np.asarray(values, np.float32)[:, None]
    return Series(Span(trial, 0, len(column)), column, column, person="P1")


def test_errors_by_seconds_since_a_person_was_first_met():
    signature = Signature((TARGET,), (TARGET,), 10, 10, 100.0)
    # The first trial lasts 6 s: flat for 5 s, then 1 deg a sample; the second one goes on.
    first = np.r_[np.zeros(500), np.arange(1, 101)]
    second = np.zeros(1000)
    found = evaluate(held(signature), {"P1": [walk("t1", first), walk("t2", second)]})
    by_since = found.scores["P1"][TARGET]["by_since"]
    assert len(by_since) == len(SINCE_S)
    assert 0 < by_since[0] < 0.2  # only the last forecasts of the first 5 s reach into the rise
    # From 5 s on: 90 forecasts of the rise, 5.5 deg off on the mean, and 390 of the second trial.
    assert by_since[1] == pytest.approx(90 * 5.5 / (90 + 391), rel=0.02)
    assert by_since[2] == 0
    assert by_since[3:] == [None] * 4
