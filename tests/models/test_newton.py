"""Newton's law without training, on people whose force is known."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.models import Signature, build
from gaitcast.study.preparation import force_per_mass

TARGETS = tuple(f"{side}_foot_grf_z" for side in ("left", "right"))


def estimate(trial, targets=TARGETS):
    inputs = tuple(n for n in trial.channels if "_acc_" in n or "_gyr_" in n)
    model = build("newton", Signature(inputs, targets, 1, 0, trial.rate_hz, first=0))
    x = torch.tensor(trial.matrix(inputs), dtype=torch.float32)[None]
    with torch.inference_mode():
        return model(x, model.initial_state(1))[0][0, :, 0].numpy()


def test_who_stands_carries_half_on_each_foot(people):
    still = estimate(people["S01"])[20:150]
    assert np.abs(still - 9.81 / 2).max() < 0.5


def test_a_walker_s_feet_carry_the_whole_body_in_turn(people):
    weighed = replace(people, subjects={p: {"mass_kg": 70.0} for p in people.people})
    trial = force_per_mass(weighed)["S02"]
    found = estimate(trial)[600:1400]
    assert 8.5 < found.sum(1).mean() < 11.5
    for foot, name in enumerate(TARGETS):
        truth = trial.column(name)[600:1400]
        assert np.corrcoef(found[:, foot], truth)[0, 1] > 0.85


def test_real_steps_are_met_within_an_eighth_of_body_weight(data):
    cohort = force_per_mass(load("kam-imu-grf-mocap", data, rate_hz=100.0))
    errors = [
        np.sqrt(np.mean((estimate(r)[20:, 1] - r.column(TARGETS[1])[20:]) ** 2)) for r in cohort
    ]
    assert np.mean(errors) / 9.81 < 0.13


@pytest.mark.parametrize(
    ("without", "target", "words"),
    [
        ("left_shank_gyr_y", TARGETS[0], "needs 'left_shank_gyr_y'"),
        ("center_pelvis_acc_z", TARGETS[0], "needs 'center_pelvis_acc_z'"),
        ("", "right_ankle_angle_flexion", "no 'right_ankle_angle_flexion'"),
        ("", "ipsi_foot_grf_z", "no 'ipsi_foot_grf_z'"),
    ],
)
def test_what_it_needs_is_named(people, without, target, words):
    inputs = [n for n in people["S01"].channels if ("_acc_" in n or "_gyr_" in n) and n != without]
    with pytest.raises(GaitcastError, match=words):
        build("newton", Signature(tuple(inputs), (target,), 1, 0, 100.0, first=0))
