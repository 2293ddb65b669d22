"""The six real recordings."""

import numpy as np
import pandas as pd
import pytest

from gaitcast.channel import match_channels
from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.evaluation import evaluate
from gaitcast.evaluation.splits import WithinTail
from gaitcast.models import Signature
from gaitcast.signal import Chain, ComplementaryTilt
from gaitcast.tasks import Windows, cut_series
from gaitcast.training import fit

SOURCE = {"foot": "MPU1", "shank": "MPU2"}

TAIL = WithinTail("within", trial="LOG25", train_rows=16500, test_rows=992)


def test_six_people_load_on_a_uniform_clock(data):
    cohort = load("ankle6-encoder", data, rate_hz=100.0)
    assert cohort.people == ("LOG2", "LOG7", "LOG8", "LOG10", "LOG13", "LOG25")
    for trial in cohort:
        assert np.diff(trial.time_s) == pytest.approx(0.01, abs=1e-9)
        assert trial.duration_s == pytest.approx(180, abs=0.05)
        assert np.ptp(trial.column("ipsi_ankle_angle_flexion")) > 20


def test_tilts_are_those_of_the_source_to_1e_6(data):
    trial = load("ankle6-encoder", data)["LOG25"]
    chain = Chain([ComplementaryTilt(alpha=0.98)], trial.channels, trial.rate_hz)
    features = pd.DataFrame(chain.run(trial), columns=chain.channels)
    folder = data / "ankle6-encoder" / "preprocessed"
    names = [f"df_clean_{part}_16feature_within_subject_txt25.csv" for part in ("train", "test")]
    source = pd.concat([pd.read_csv(folder / name) for name in names], ignore_index=True)
    assert len(source) == len(features)
    for segment, mpu in SOURCE.items():
        for axis in ("roll", "pitch"):
            ours = features[f"ipsi_{segment}_tilt_{axis}"]
            assert np.abs(ours - source[f"{mpu}_{axis.title()}"]).max() < 1e-6
        assert np.abs(features[f"ipsi_{segment}_acc_y"] - source[f"{mpu}_Acc_Y"]).max() == 0


def test_windows_are_counted_as_the_source_counts_them(data):
    cohort = load("ankle6-encoder", data)
    trial = cohort["LOG25"]
    (fold,) = TAIL.folds(cohort, gap=250)
    whole = fold.train[0].__class__("LOG25", 0, 16500)
    angle = ("ipsi_ankle_angle_flexion",)
    features = trial.matrix(angle)
    train, test = (cut_series(trial, features, angle, span) for span in (whole, *fold.test))
    assert len(Windows(train, 200, 50, stride=20)) == 813
    assert len(Windows(test, 200, 50)) == 743
    assert len(Windows(test, 200, 20)) == 773


def test_an_absent_set_says_how_to_get_it(tmp_path, monkeypatch):
    with pytest.raises(GaitcastError, match="AnkleBiLSTMJointPrediction") as error:
        load("ankle6-encoder", tmp_path)
    assert "\n" not in str(error.value)
    monkeypatch.delenv("GAITCAST_DATA", raising=False)
    with pytest.raises(GaitcastError, match="set GAITCAST_DATA"):
        load("ankle6-encoder")
    with pytest.raises(GaitcastError, match="Did you mean 'ankle6-encoder'"):
        load("ankle6")
    with pytest.raises(GaitcastError, match="Did you mean 'subjects'"):
        load("simulated", subject=3)


@pytest.mark.parametrize(
    ("model", "inputs", "low", "high"),
    [
        ("persistence", ["*_angle_*"], 7.31, 7.41),
        ("last-cycle", ["*_angle_*"], 1.20, 1.30),
        ("knn", ["*"], 0.0, 1.05),
    ],
)
def test_baselines_score_on_the_source_split_as_known(data, model, inputs, low, high):
    cohort = load("ankle6-encoder", data)
    (fold,) = TAIL.folds(cohort, gap=250)
    channels = match_channels(cohort["LOG25"].channels, inputs, where="test")
    trial = cohort["LOG25"]
    target = ("ipsi_ankle_angle_flexion",)
    signature = Signature(channels, target, 200, 50, 100.0)
    train, held, test = (
        [s for span in part for s in cut_series(trial, trial.matrix(channels), target, span)]
        for part in (fold.train, fold.validation, fold.test)
    )
    predictor, _ = fit(model, signature, train, held)
    scores = evaluate(predictor, {"LOG25": test}).scores
    assert low <= scores["LOG25"][target[0]]["mae"] <= high
