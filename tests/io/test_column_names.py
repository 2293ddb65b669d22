"""What names of columns mean: every word is understood, or the column is left out and said."""

import unicodedata

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gaitcast.channel import Channel
from gaitcast.io.column_names import UnclearError, meaning_of
from gaitcast.io.guess import guess_mapping
from gaitcast.io.mapping import check_mapping

KNOWN = {
    "acc_x_right_foot": ("right_foot_acc_x", 1, ""),
    "RFootAccX_g": ("right_foot_acc_x", 1, "g"),
    "RKneeAngle_rad": ("right_knee_angle_flexion", 1, "rad"),
    "r_tibia_imu_gyro_z_rad_s": ("right_shank_gyr_z", 1, "rad/s"),
    "right_ankle_moment_Nm_kg": ("right_ankle_moment_flexion", 1, "N m/kg"),
    "Noraxon MyoMotion-Segments-Foot LT-Gyroscope-x,deg/s": ("left_foot_gyr_x", 1, "deg/s"),
    "FzL": ("left_plate_force_z", 1, ""),
    "RFz (N)": ("right_plate_force_z", 1, "N"),
    "right_rectusfemoris_emg_raw": ("right_rectusfemoris_emg_raw", 1, ""),
    "RVL (uV)": ("right_vastuslateralis_emg_raw", 1, "uV"),
    "Right knee flexor moment (Nm)": ("right_knee_torque_flexion", -1, "N m"),
    "T8 angularVelocity y": ("center_trunk_gyr_y", 1, ""),
    "RKneeX (mm)": ("right_knee_pos_x", 1, "mm"),
    "RShank_acc_x_ms2": ("right_shank_acc_x", 1, "m/s^2"),
    "RFoot_Acc_X (g)": ("right_foot_acc_x", 1, "g"),
    "Pelvis_Gyr_Y [°/s]": ("center_pelvis_gyr_y", 1, "deg/s"),
    "right_ankle_angle_deg": ("right_ankle_angle_flexion", 1, "deg"),
    "LHeel_pos_z (mm)": ("left_heel_pos_z", 1, "mm"),
    "left_ankle_moment_Nmm": ("left_ankle_torque_flexion", 1, "N mm"),
    "Left Knee Moment (Nm/kg)": ("left_knee_moment_flexion", 1, "N m/kg"),
    "right_GRF_vertical (BW)": ("right_foot_grf_z", 1, "BW"),
    "right_GRF_v": ("right_plate_force_z", 1, ""),
    "RFoot Mag X (nT)": ("right_foot_mag_x", 1, "nT"),
    "RightUpperLeg_acc_x": ("right_thigh_acc_x", 1, ""),
    "RightLowerLeg acc x": ("right_shank_acc_x", 1, ""),
    "L_UpperArm_gyro_z": ("left_arm_gyr_z", 1, ""),
    "left forearm gyr y": ("left_forearm_gyr_y", 1, ""),
    "lumbar_L5_acc_x": ("center_pelvis_acc_x", 1, ""),
    "L5_gyr_z": ("center_pelvis_gyr_z", 1, ""),
    "T8 Acc Z": ("center_trunk_acc_z", 1, ""),
    "angularVelocity_RightFoot_x": ("right_foot_gyr_x", 1, ""),
    "LKneeAngles_X": ("left_knee_angle_flexion", 1, ""),
    "LKneeAngles (2)": ("left_knee_angle_adduction", 1, ""),
    "RHipAngles_Z": ("right_hip_angle_rotation", 1, ""),
    "plate1_force_z": ("center_plate1_force_z", 1, ""),
    "FP2 Fz (N)": ("center_plate2_force_z", 1, "N"),
    "Force Plate 1 COPx [mm]": ("center_plate1_pos_x", 1, "mm"),
    "Left ankle Dorsi/Plantarflexion": ("left_ankle_angle_flexion", 1, ""),
    "Left ankle Plantarflexion/Dorsiflexion": ("left_ankle_angle_flexion", -1, ""),
    "Right Knee Flexion/Extension (deg)": ("right_knee_angle_flexion", 1, "deg"),
    "Right Knee Extension/Flexion": ("right_knee_angle_flexion", -1, ""),
    "Right Hip Ab/Adduction": ("right_hip_angle_adduction", -1, ""),
    "Right Hip Internal/External Rotation": ("right_hip_angle_rotation", 1, ""),
    "Right Hip Ext/Int Rotation": ("right_hip_angle_rotation", -1, ""),
    "LeftAnklePlantarFlexionMoment": ("left_ankle_moment_flexion", 1, ""),
    "left ankle dorsiflexion moment (Nm)": ("left_ankle_torque_flexion", -1, "N m"),
    "knee_angle_r": ("right_knee_angle_flexion", 1, ""),
    "hip_flexion_l (deg)": ("left_hip_angle_flexion", 1, "deg"),
    "pelvis_tilt": ("center_pelvis_tilt_pitch", -1, ""),
    "lumbar_extension": ("center_trunk_angle_flexion", -1, ""),
    "ankle_angle_r_moment": ("right_ankle_torque_flexion", -1, ""),
    "ground_force_vy": ("center_plate1_force_z", 1, ""),
    "1_ground_force_vz": ("center_plate1_force_y", -1, ""),
    "ground_force_r_vy": ("right_plate_force_z", 1, ""),
    "l_ground_force_px": ("left_plate_pos_x", 1, ""),
    "r_foot_ax": ("right_foot_acc_x", 1, ""),
    "lshank_gz [dps]": ("left_shank_gyr_z", 1, "deg/s"),
    "EMG Left Vastus Lateralis [uV]": ("left_vastuslateralis_emg_raw", 1, "uV"),
    "R TA (mV)": ("right_tibialisanterior_emg_raw", 1, "mV"),
    "right_soleus_emg": ("right_soleus_emg_raw", 1, ""),
    "ipsi_shank_acc_x": ("ipsi_shank_acc_x", 1, ""),
    "RFoot_Acc_X_m/s^2": ("right_foot_acc_x", 1, "m/s^2"),
    "Foot_L_acc_x": ("left_foot_acc_x", 1, ""),
    "LT SHANK acc x (mG)": ("left_shank_acc_x", 1, "mg"),
    "LFoot mag x [G]": ("left_foot_mag_x", 1, "gauss"),
}  # fmt: skip
NOT_UNDERSTOOD = [
    "velocity_LeftFoot_x", "orientation_Pelvis_x", "right_knee_angle_velocity",
    "RightAnkle_AngVel_X", "right_foot_acc_x_std", "left knee power", "quat_w", "pelvis_quat_x",
    "L_Shank_EMG_x", "right_foot_acc", "battery", "RFoot_Acc_X (counts)", "left right knee angle",
    "right_knee_angle_error", "right_foot_acc_x (deg/s)", "virtual_left_knee_angle", "left_knee",
    "right_foot_jerk_x", "left_foot_gyr_x_rms", "Left Knee Flexion Rotation Adduction",
]  # fmt: skip
WITHOUT_A_WARNING_WRONG = (
    "right_knee_angle_dot", "right_foot_acc_-x", "right_foot_acc_inv_x", "Knee_R_X",
    "Right Knee Angle.2", "right_knee_angle_2", "right VL emg normalized", "ST_R_EMG_filt",
    "R_RF_emg_mvc", "right thigh x", "emg_L",
)  # fmt: skip


@pytest.mark.parametrize("name", WITHOUT_A_WARNING_WRONG)
def test_what_may_be_another_quantity_axis_or_sign_is_left_out(name):
    with pytest.raises(UnclearError):
        meaning_of(name)


def test_moments_of_the_muscles_or_of_the_load_are_said():
    assert "check its sign" in meaning_of("Right Knee Flexion Moment (Nm)").remark
    assert not meaning_of("Right Knee Extension Moment (Nm)").remark


def test_tables_of_several_people_and_units_by_size_are_said():
    wave = 9.8 + np.sin(np.arange(100) / 5)
    columns = {"subject": np.repeat(["P1", "P2"], 50), "RFoot_Acc_X": wave}
    notes = guess_mapping(columns).notes
    assert any("'subject' has 2 values: one table of several people?" in note for note in notes)
    assert "assumed: acc in m/s^2 (no unit is stated)" in notes
    assert not any("has 1" in n for n in guess_mapping({**columns, "subject": wave * 0}).notes)


ASKED = {
    "foot_acc_x": "side", "knee_angle": "side", "ACC.X 1 [g]": "side and segment",
    "S_Accel_LN_X_CAL": "side and segment", "paretic_knee_angle": "side",
    "Gyr_X": "side and segment",
}  # fmt: skip


@pytest.mark.parametrize("name", KNOWN)
def test_names_of_laboratories(name):
    found = meaning_of(name)
    assert (found.channel, found.sign, found.unit) == KNOWN[name]
    Channel.parse(found.channel)


@pytest.mark.parametrize("name", NOT_UNDERSTOOD)
def test_a_word_that_is_not_known_is_never_another_quantity(name):
    with pytest.raises(UnclearError):
        meaning_of(name)


@pytest.mark.parametrize("name", ASKED)
def test_a_side_or_place_that_is_not_said_is_asked_for(name):
    assert meaning_of(name).asked == ASKED[name]


def test_two_columns_for_one_channel_are_both_left_out_and_named():
    wave = 9.8 + np.sin(np.arange(100) / 5)
    columns = {"RFoot_Acc_X": wave, "right_foot_accel_x": wave + 1, "LFoot_Acc_X": wave}
    found = guess_mapping(columns)
    assert set(found.table["channels"]) == {"left_foot_acc_x"}
    assert "also 'right_foot_accel_x'" in found.left_out["RFoot_Acc_X"]
    assert any("say which in a mapping" in note for note in found.notes)
    same = guess_mapping({**columns, "right_foot_accel_x": wave})
    assert set(same.table["channels"]) == {"left_foot_acc_x", "right_foot_acc_x"}


def test_a_stated_unit_that_the_size_contradicts_is_a_warning():
    wave = 980 + 50 * np.sin(np.arange(100) / 5)
    found = guess_mapping({"RFoot_Acc_X (g)": wave})
    assert found.table["channels"]["right_foot_acc_x"]["unit"] == "g"
    assert any("stated in g, but 95 %" in note for note in found.notes)
    assert "stated in g" in found.text


@given(
    st.dictionaries(
        st.lists(
            st.sampled_from(
                ["R", "left", "foot", "Acc", "X", "knee", "angle", "(deg)", "/", "_", " ", "[g]",
                 "emg", "1", "Fz", "rotation", "ext", '"', "\n", "L5", "time", "ms", "µ", "moment"]
            ),
            min_size=1, max_size=7,
        ).map("".join),
        st.sampled_from([0.0, 1.0, 500.0]),
        min_size=1, max_size=5,
    )
)  # fmt: skip
def test_any_names_make_a_mapping_that_reads_or_none(names):
    wave = np.sin(np.arange(50) / 5)
    try:
        found = guess_mapping({name: size * wave + np.arange(50) for name, size in names.items()})
    except ValueError as error:
        assert "no column name is known" in str(error)
        return
    assert isinstance(found.table["rate_hz"], int | float)
    if found.table["channels"]:
        check_mapping(found.table, "guess")


@pytest.mark.parametrize(
    ("name", "channel", "sign"),
    [
        ("Beschleunigung X Fuß links", "left_foot_acc_x", 1),
        ("Drehrate Unterschenkel rechts z (°/s)", "right_shank_gyr_z", 1),
        ("Winkelgeschwindigkeit_Schienbein_links_Y", "left_shank_gyr_y", 1),
        ("Oberschenkel rechts Beschl x", "right_thigh_acc_x", 1),
        ("Kniewinkel rechts", "right_knee_angle_flexion", 1),
        ("Hüftwinkel_links", "left_hip_angle_flexion", 1),
        ("Plantarflexion Sprunggelenk rechts", "right_ankle_angle_flexion", -1),
        ("Bodenreaktionskraft z links", "left_plate_force_z", 1),
        ("angle du genou gauche", "left_knee_angle_flexion", 1),
        ("l'angle de la cheville droite", "right_ankle_angle_flexion", 1),
        ("accélération pied droit x (g)", "right_foot_acc_x", 1),
        ("vitesse angulaire tibia gauche y", "left_shank_gyr_y", 1),
        ("flexion hanche gauche", "left_hip_angle_flexion", 1),
        ("ángulo de la rodilla izquierda", "left_knee_angle_flexion", 1),
    ],
)
def test_german_french_and_spanish_words(name, channel, sign):
    found = meaning_of(name)
    assert (found.channel, found.sign) == (channel, sign)
    assert meaning_of(unicodedata.normalize("NFD", name)).channel == channel


@pytest.mark.parametrize(
    "name", ["Winkelgeschwindigkeit Knie rechts", "vitesse genou gauche", "Leistung Knie links"]
)
def test_other_quantities_in_other_languages_stay_out(name):
    with pytest.raises(UnclearError):
        meaning_of(name)
