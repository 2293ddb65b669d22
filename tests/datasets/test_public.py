"""Every public set that is at hand loads, in our units, with plausible walking in it."""

import numpy as np
import pytest

from gaitcast.datasets import PUBLIC, load
from gaitcast.errors import GaitcastError

#: Read only from made-up files of their published format; see test_published.py.
ELSEWHERE = {"camargo2021", "fukuchi2018", "gaitrec", "hugadb", "moore2015", "schreiber2019"}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_set_says_where_it_is_from(name):
    dataset = PUBLIC[name]
    assert dataset.citation
    assert dataset.licence
    assert dataset.source.startswith("http")


@pytest.mark.parametrize("name", sorted(set(PUBLIC) - ELSEWHERE))
def test_a_set_at_hand_loads(data, name):
    cohort = load(name, data, rate_hz=100.0)
    assert len(cohort.people) >= 1
    assert all(r.rate_hz == 100 for r in cohort)
    assert set(cohort.subjects) <= set(cohort.people)


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_an_absent_set_says_how_to_get_it(tmp_path, name):
    with pytest.raises(GaitcastError) as error:
        load(name, tmp_path)
    assert PUBLIC[name].how_to_get in str(error.value)


def test_cmu_walks_bend_the_way_people_do(data):
    cohort = load("cmu-walk-expmap", data, rate_hz=100.0)
    assert len(cohort) == 51
    trial = cohort["test_walking_walking_1"]
    assert trial.subject == "S35"
    knee = trial.column("right_knee_angle_flexion")
    hip = trial.column("right_hip_angle_flexion")
    ankle = trial.column("right_ankle_angle_flexion")
    assert 55 < knee.max() < 80
    assert -20 < hip.min() < 0 < 20 < hip.max() < 40
    assert ankle.min() < -5 < 5 < ankle.max()
    # The thigh swings forward while the knee bends in early swing.
    bending = np.gradient(knee) > 1
    assert np.gradient(hip)[bending].mean() > 0
    shoulder = trial.column("right_shoulder_angle_flexion")
    assert np.corrcoef(shoulder, hip)[0, 1] < 0  # the arm swings against its own leg
    assert np.ptp(trial.column("center_pelvis_pos_x")) > 2


def test_moore_has_joint_loads_and_checked_events(data):
    (trial,) = load("moore2015-treadmill", data, rate_hz=100.0)
    moment = trial.column("left_ankle_moment_flexion")
    assert 1.0 < np.percentile(moment, 99) < 2.0
    force = trial.column("left_plate_force_z")
    strike = trial.events["left_heel_strike"][5]
    k = np.searchsorted(trial.time_s, strike)
    assert force[k - 6] < 30 < 100 < force[k + 8]
    assert -35 < trial.column("left_ankle_angle_flexion")[300:].min() < 0


def test_tan_pushes_up_and_stands_on_the_right_foot(data):
    cohort = load("kam-imu-grf-mocap", data, rate_hz=100.0)
    assert len(cohort) == 50
    for trial in cohort:
        mass_kg = cohort.subjects[trial.subject]["mass_kg"]
        peak = trial.column("right_plate_force_z").max() / (9.81 * mass_kg)
        assert 0.9 < peak < 1.6
        heel = trial.column("right_RFCC_marker_x")
        assert (
            np.nanmean(trial.column("left_LFAL_marker_y") - trial.column("right_RFAL_marker_y")) > 0
        )
        assert np.ptp(heel) > 0.2


def test_voisard_s_events_pair_a_swing(data):
    cohort = load("voisard-foot-imu", data, rate_hz=100.0)
    trial = cohort["1-1"]
    swing = trial.events["right_heel_strike"] - trial.events["right_toe_off"]
    assert (swing > 0.3).all()
    assert (swing < 0.7).all()
    still = np.abs(trial.matrix([f"left_foot_gyr_{a}" for a in "xyz"])[:100]).max()
    assert still < 10
    lossy = [r.trial for r in cohort if any("packets" in note for note in r.notes)]
    assert {"3-3", "3-4"} <= set(lossy)


def test_bach_and_fukuchi_and_winter(data):
    bach = load("bach-shank-acc-vgrf", data, rate_hz=100.0)
    assert {r.covariates["condition"] for r in bach} == {"walking", "running"}
    assert sum("upside down" in " ".join(r.notes) for r in bach) == 4
    curves = load("fukuchi2018-ankle-curves", data, rate_hz=100.0)
    assert len(curves.people) == 42
    assert 1.0 < curves["S01_OC"].column("ipsi_ankle_moment_flexion").max() < 2.0
    (winter,) = load("winter-table-a1", data)
    assert winter.column("right_RIGHT.ANKLE_marker_x")[0] == pytest.approx(0.0931)
    assert len(winter) == 106
