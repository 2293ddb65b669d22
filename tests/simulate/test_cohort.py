import hashlib
from itertools import pairwise

import numpy as np
import pytest

from gaitcast.cohort import Cohort
from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.signal import resample
from gaitcast.simulate import film, simulate
from gaitcast.simulate.people import SIDES


@pytest.fixture(scope="module")
def people() -> Cohort:
    return simulate(4, 0.6, 2)


def digest(cohort: Cohort) -> str:
    total = hashlib.sha256()
    for trial in cohort:
        assert trial.truth is not None
        for part in (trial.time_s, trial.samples, trial.truth.samples):
            total.update(np.ascontiguousarray(part).tobytes())
        for values in trial.truth.steps.values():
            total.update(values.tobytes())
    return total.hexdigest()


def test_a_seed_means_the_same_bytes_with_one_or_two_workers():
    once = digest(simulate(2, 0.2, 4))
    assert digest(simulate(2, 0.2, 4)) == once
    assert digest(simulate(2, 0.2, 4, workers=2)) == once
    assert digest(simulate(2, 0.2, 5)) != once


def test_a_person_does_not_depend_on_the_others():
    few, many = simulate(1, 0.2, 4), simulate(3, 0.2, 4)
    assert few["S01"].samples.tobytes() == many["S01"].samples.tobytes()
    assert few.subjects["S01"] == many.subjects["S01"]


def test_the_channels_of_a_well_equipped_lab(people):
    trial = people.recordings[0]
    angles = [c for c in trial.channels if "_angle_" in c]
    assert len(angles) >= 24
    assert sum("_acc_" in c or "_gyr_" in c for c in trial.channels) == 7 * 6
    for channel in ("left_plate_force_z", "right_plate_pos_x", "right_ankle_moment_flexion"):
        assert channel in trial.channels
    assert set(trial.channels) <= set(trial.truth.channels)
    assert {"right_hip_pos_x", "center_body_pos_z"} <= set(trial.truth.channels)
    assert {"mass_kg", "height_m", "right_knee_alignment_deg", "affected_side"} <= set(
        people.subjects["S01"]
    )


def test_instruments_read_the_truth_but_for_their_errors(people):
    for trial in people:
        for channel, most in (
            ("right_knee_angle_flexion", 0.4),
            ("right_plate_force_z", 2.5),
            ("right_shank_acc_x", 0.4),
            ("left_ankle_moment_flexion", 0.02),
        ):
            true = trial.truth.column(channel)
            error = (trial.column(channel) - true)[np.abs(true) < (39 if "acc" in channel else 1e9)]
            assert 0 < np.sqrt(np.mean(error**2)) < most
        encoder = trial.column("right_ankle_angle_flexion")
        assert np.allclose(encoder / 0.257, np.round(encoder / 0.257))
        assert np.abs(trial.column("right_foot_gyr_y")).max() <= 500.0
        steps_ms = np.diff(trial.time_s) * 1000
        assert 9.5 < np.median(steps_ms) < 10.5
        assert steps_ms.std() > 0.3


def test_events_alternate_and_bound_the_load(people):
    for trial in people:
        for side, other in (SIDES, SIDES[::-1]):
            strikes = trial.events[f"{side}_heel_strike"]
            between = trial.events[f"{other}_heel_strike"]
            inside = [np.sum((between > a) & (between < b)) for a, b in pairwise(strikes)]
            assert set(inside) == {1}
            load = trial.truth.column(f"{side}_plate_force_z")
            offs = trial.events[f"{side}_toe_off"]
            for strike in strikes[1:]:
                off = offs[offs < strike]
                if len(off):
                    swing = (trial.time_s > off[-1] + 0.01) & (trial.time_s < strike - 0.01)
                    assert np.abs(load[swing]).max(initial=0) < 1e-3


def test_a_standing_sensor_feels_gravity_and_no_turning(people):
    for trial in people:
        still = trial.time_s < 1.8
        for sensor in ("right_foot", "left_shank", "center_pelvis"):
            acc = trial.matrix([f"{sensor}_acc_{a}" for a in "xyz"])[still].mean(axis=0)
            gyr = trial.matrix([f"{sensor}_gyr_{a}" for a in "xyz"])[still].mean(axis=0)
            assert np.linalg.norm(acc) == pytest.approx(9.81, abs=0.4)
            assert np.linalg.norm(gyr) < 6


def test_strides_are_alike_but_not_the_same():
    for trial in simulate(3, 2.0, 7):
        strides = np.diff(trial.events["right_heel_strike"])
        steady = strides[np.abs(strides / np.median(strides) - 1) < 0.1]
        assert 0.005 < steady.std() / steady.mean() < 0.06
        assert 0.85 < np.median(strides) < 1.5


def test_truth_survives_resampling(people):
    trial = resample(people.recordings[0], 100.0)
    assert trial.truth.samples.shape == (len(trial), len(trial.truth.channels))
    knee = "right_knee_angle_flexion"
    error = trial.column(knee) - trial.truth.column(knee)
    assert np.sqrt(np.mean(error**2)) < 0.5
    with pytest.raises(GaitcastError, match="no channel 'right_knee_angle_flexon'"):
        trial.truth.column("right_knee_angle_flexon")


def test_impossible_cohorts_are_refused():
    with pytest.raises(GaitcastError, match="cannot simulate 0 people"):
        simulate(0)
    for minutes in (0, 0.001, float("nan"), 1e9):
        with pytest.raises(GaitcastError, match=r"minutes\. Ask for 0\.05 to 600"):
            simulate(1, minutes)
    with pytest.raises(GaitcastError, match="0 workers"):
        simulate(1, 1.0, 0, workers=0)


def test_a_camera_sees_the_leg(people):
    trial = people.recordings[0]
    view = film(trial)
    assert view.rate_hz == 60.0
    assert view.trial == "S01-camera"
    thigh = view.matrix(["right_hip_pos_x", "right_hip_pos_z"]) - view.matrix(
        ["right_knee_pos_x", "right_knee_pos_z"]
    )
    # Seen from the side a thigh keeps its length but for abduction and obliquity.
    assert np.ptp(np.linalg.norm(thigh, axis=1)) < 0.06
    assert np.percentile(view.column("right_heel_pos_z"), 5) == pytest.approx(0.0, abs=0.01)
    assert film(trial).samples.tobytes() == view.samples.tobytes()
    with pytest.raises(GaitcastError, match="no truth to film"):
        film(view)
    with pytest.raises(GaitcastError, match="cannot film side 'up'"):
        film(trial, side="up")


def test_a_folder_for_the_simulator_is_a_mistake(tmp_path):
    with pytest.raises(GaitcastError, match="are in no folder"):
        load("simulated", tmp_path)


def test_people_have_seeds_of_32_bits():
    assert len(simulate(1, 0.1, seed=2**32 - 1)) == 1
    with pytest.raises(GaitcastError, match=r"seed 4294967296\. Give 0 to 4294967295"):
        simulate(1, 0.1, seed=2**32)
