"""Every public set that is at hand loads, in our units, with plausible walking in it."""

from fnmatch import fnmatchcase

import numpy as np
import pytest

from gaitcast.datasets import PUBLIC, load, read_public
from gaitcast.errors import GaitcastError
from gaitcast.kinematics import joint_angles

G = 9.80665
#: People in the whole set, and what is known of each. Some are kept back where the tests run.
PEOPLE = {
    "zju-shank12": (12, {"mass_kg", "height_m"}),
    "uci-emg-knee22": (22, {"group"}),
    "schreiber2019-walk18": (18, {"mass_kg", "height_m", "left_leg_length_m"}),
    "marpino-legs35": (35, {"group"}),
    "nikonpic-vicon8": (8, set()),
    "hamner2013-run10": (10, {"mass_kg"}),
    "crossobstacle10": (10, set()),
    "stroke5-thigh-fsr": (5, {"group", "diagnosis"}),
    "nonan-gaitprint3": (3, {"group"}),
    "hugadb-walk5": (5, set()),
}


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_set_says_where_it_is_from(name):
    dataset = PUBLIC[name]
    assert dataset.citation
    assert dataset.licence
    assert dataset.source.startswith("http")


@pytest.mark.parametrize("name", sorted(PUBLIC))
def test_a_set_at_hand_loads(data, name):
    cohort = load(name, data, rate_hz=100.0)
    assert len(cohort.people) >= 1
    assert all(r.rate_hz == 100 for r in cohort)
    assert set(cohort.subjects) <= set(cohort.people)
    if name in PEOPLE:
        number, known = PEOPLE[name]
        assert number / 2 <= len(cohort.people) <= number
        assert all(known <= set(cohort.subjects.get(who, {})) for who in cohort.people)


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


def first(data, name, trials="*"):
    """Recordings of the first file of a set whose trials have such a name."""
    dataset = PUBLIC[name]
    path = dataset.paths(data / name)[0]
    return [r for r in dataset.read(path, 0.1) if fnmatchcase(r.trial, trials)]


def centre_to_foot(recording, side, heel, toe):
    """Median distance of the loaded plate's centre of pressure from the middle of a foot, m."""
    loaded = recording.column(f"{side}_plate_force_z") > 300
    middle = [
        (recording.column(f"{heel}_marker_{a}") + recording.column(f"{toe}_marker_{a}")) / 2
        for a in "xy"
    ]
    apart = recording.matrix([f"{side}_plate_pos_{a}" for a in "xy"]) - np.column_stack(middle)
    return np.nanmedian(np.linalg.norm(apart[loaded], axis=1))


def test_zju_shanks_turn_as_their_markers_do_and_plates_lie_under_their_feet(data):
    recordings = first(data, "zju-shank12")
    assert {r.covariates["walk"] for r in recordings} == {"normal", "slow", "fast", "Rmin", "Lmin"}
    for still in (r for r in recordings if r.trial.endswith("_01")):
        assert still.covariates["task"] == "standing"
        for side in ("left", "right"):
            acc = np.median(still.matrix([f"{side}_shank_acc_{a}" for a in "xyz"]), axis=0)
            assert np.linalg.norm(acc) == pytest.approx(9.8, abs=0.1)
            assert acc[2] > 9.3
    passages = [r for r in recordings if r.trial.endswith("_plates")]
    imus = [f"{s}_shank_{q}_{a}" for s in ("left", "right") for q in ("acc", "gyr") for a in "xyz"]
    for r, longer in zip(
        passages, (r for r in recordings if r.trial.endswith("_force")), strict=True
    ):
        assert len(longer) == len(r) + 150
        np.testing.assert_array_equal(longer.matrix(imus)[150:], r.matrix(imus))
        force = longer.column("right_plate_force_z")
        assert np.isnan(force[:150]).all()
        np.testing.assert_array_equal(force[150:], r.column("right_plate_force_z"))
        assert longer.events["left_toe_off"] == pytest.approx(r.events["left_toe_off"] + 1.5)
    angles = joint_angles(passages[0])
    knee = angles.column("right_knee_angle_flexion")
    assert -5 < np.nanmin(knee) < 20 < 40 < np.nanmax(knee) < 70
    assert len(passages) == 30
    for r in passages[::5]:
        for side in ("left", "right"):
            knee, ankle = (f"{side}_{side[0].upper()}{spot}_marker" for spot in ("KNE", "ANK"))
            lean = [r.column(f"{knee}_{a}") - r.column(f"{ankle}_{a}") for a in "xz"]
            rate = np.gradient(np.degrees(np.arctan2(*lean)), 0.01)
            seen = np.isfinite(rate)
            turn = r.column(f"{side}_shank_gyr_y")
            assert np.corrcoef(rate[seen], turn[seen])[0, 1] > 0.9
            toe, heel = (f"{side}_{side[0].upper()}{spot}" for spot in ("TOE", "HEE"))
            assert centre_to_foot(r, side, heel, toe) < 0.1
            peak = r.column(f"{side}_plate_force_z").max() / (G * 66.0)
            assert 0.8 < peak < 1.5
        assert len(r.events["right_heel_strike"]) == len(r.events["left_toe_off"]) == 1
        assert 0.3 < float(r.covariates["speed_mps"]) < 1.8


def test_trials_of_a_set_are_chosen_by_name(data):
    cohort = load("zju-shank12", data, trials="*_Norm_*_plates")
    assert len(cohort) == 6 * len(cohort.people)
    with pytest.raises(GaitcastError, match="no trial like 'run\\*'"):
        load("nonan-gaitprint3", data, trials="run*")


def test_schreiber_has_forces_under_the_right_feet_and_knees_that_flex(data):
    walks = first(data, "schreiber2019-walk18")
    assert [len(r) for r in walks if r.trial.endswith("static")] == [1]
    for r in walks[:2]:
        for side in ("left", "right"):
            place = f"{side}_{side[0].upper()}"
            assert centre_to_foot(r, side, f"{place}.FCC", f"{place}.FM2") < 0.09
            knee = r.column(f"{side}_knee_angle_flexion")
            assert -5 < np.nanmin(knee) < 20 < 40 < np.nanmax(knee) < 75
            strike, off = (r.events[f"{side}_{kind}"] for kind in ("heel_strike", "toe_off"))
            assert 0.4 < float(off[0] - strike[0]) < 0.9


def test_marpino_s_feet_go_forward_and_exchanged_sensors_are_put_right(data):
    cohort = load("marpino-legs35", data)
    for r in cohort:
        walking = slice(*(int(100 * r.events[f"walking_{k}"][0]) for k in ("begins", "ends")))
        for side in ("left", "right"):
            for segment in ("foot", "shank", "thigh"):
                still = r.column(f"{side}_{segment}_acc_z")[: walking.start or None]
                assert np.median(still) > 8.5
            shank, thigh = (
                np.std(r.column(f"{side}_{segment}_gyr_y")[walking])
                for segment in ("shank", "thigh")
            )
            assert shank > 1.2 * thigh
            swing = r.column(f"{side}_shank_gyr_y")[walking]
            assert np.percentile(swing, 1) < -1.2 * np.percentile(swing, 99)
            if f"{side}_knee_angle_flexion" in r.channels:
                knee = r.column(f"{side}_knee_angle_flexion")
                assert np.isnan(knee[: walking.start]).all()
                assert 38 < np.nanpercentile(knee, 99) < 80
    assert any("exchanged" in note for note in cohort["E07_walk"].notes)


def test_nikonpic_walkers_face_where_they_go(data):
    for r in first(data, "nikonpic-vicon8"):
        for side, letter in (("left", "L"), ("right", "R")):
            feet = [r.column(f"{side}_{letter}{spot}_marker_x") for spot in ("TOE", "HEE")]
            assert np.nanmedian(feet[0] - feet[1]) > 0.1
        width = r.column("left_LASI_marker_y") - r.column("right_RASI_marker_y")
        assert np.nanmedian(width) == pytest.approx(0.25, abs=0.05)
        hidden = np.isnan(r.column("left_LPSI_marker_x"))
        path = r.column("left_LPSI_marker_x")[~hidden]
        assert path[-1] - path[0] > 3


def test_hamner_s_markers_have_their_labels_at_every_speed(data):
    dataset = PUBLIC["hamner2013-run10"]
    for path in dataset.paths(data / dataset.name):
        for r in dataset.read(path, 0.1):
            for side, letter in (("left", "L"), ("right", "R")):
                place = f"{side}_{letter}"
                assert centre_to_foot(r, side, f"{place}CAL", f"{place}TOE") < 0.13
                knee = r.column(f"{side}_knee_angle_flexion")
                assert -5 < knee.min() < 20 < 75 < knee.max() < 150
                steps = 60 / np.median(np.diff(r.events[f"{side}_heel_strike"]))
                assert 70 < steps < 110
            assert np.isfinite(r.column("left_plate_force_z")).all()


def test_obstacles_stroke_and_suit_have_our_signs(data):
    curves = load("crossobstacle10", data)
    level = [r for r in curves if r.covariates["obstacle_mm"] == 0]
    side = "left" if "left_ankle_moment_flexion" in level[0].channels else "right"
    assert 1.0 < level[0].column(f"{side}_ankle_moment_flexion").max() < 2.0
    for r in load("stroke5-thigh-fsr", data):
        turn, pitch = r.column("ipsi_thigh_gyr_y"), r.column("ipsi_thigh_tilt_pitch")
        assert np.corrcoef(np.gradient(pitch, r.time_s), turn)[0, 1] > 0.9
        assert np.median(r.column("ipsi_thigh_acc_z")) > 8.5
        landed = np.interp(r.events["ipsi_heel_strike"], r.time_s, -pitch)
        assert np.median(landed) > 0
    for r in load("nonan-gaitprint3", data):
        knee = r.column("left_thigh_tilt_pitch") - r.column("left_shank_tilt_pitch")
        assert abs(knee + r.column("left_knee_angle_flexion")).max() < 8
        assert 43 <= len(r.events["left_heel_strike"]) <= 58


def test_emg_in_mv_and_knees_of_the_two_groups(data):
    cohort = load("uci-emg-knee22", data)
    for r in cohort:
        assert r.column("ipsi_knee_angle_flexion").min() > -15
        assert 40 < r.column("ipsi_knee_angle_flexion").max() < 80
        assert np.abs(r.column("ipsi_vastusmedialis_emg_raw")).max() < 5
    assert {cohort.subjects[who]["group"] for who in cohort.people} == {"healthy", "impaired"}


ANYBODYS = ("Z01.npz", "walk.npz", "markers.npz", "2014001.npz", "subject01.npz")
TABLES = (
    "gait.parquet", "trials.parquet", "curves.parquet", "legs35.parquet", "gaitprint3.parquet",
)  # fmt: skip


@pytest.mark.parametrize("name", ANYBODYS)
def test_arrays_of_that_name_stay_with_their_owner(tmp_path, name):
    path = tmp_path / name
    fields = {"mass_kg": 1.0, "height_cm": 2.0, "marker_names": ["LASI"], "unit_m": 1.0}
    fields |= {"static_markers_Norm": np.zeros((1, 3)), "rate_hz": 100.0, "channels": ["a"]}
    fields |= {"acc_scale": 1.0, "gyr_scale": 1.0, "person": "{}", "ik_columns": ["time"]}
    for arrays in ({"time": np.arange(9.0), "knee": np.arange(9.0)}, fields):
        np.savez(path, **arrays)
        assert read_public(path) is None
    path.write_bytes(path.read_bytes()[:200])
    assert read_public(path) is None
    np.save(path.with_suffix(".npy"), np.arange(3.0))
    path.with_suffix(".npy").replace(path)
    assert read_public(path) is None


@pytest.mark.parametrize("name", TABLES)
def test_tables_of_that_name_stay_with_their_owner(tmp_path, name):
    pd = pytest.importorskip("pandas")
    path = tmp_path / name
    pd.DataFrame({"person": ["a", "b"], "time_s": [0.0, 0.1], "angle": [1.0, 2.0]}).to_parquet(path)
    assert read_public(path) is None
    path.write_bytes(b"PAR1 and nothing else")
    assert read_public(path) is None
