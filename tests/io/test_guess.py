import tomllib

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io.guess import guess_mapping
from gaitcast.io.mapping import check_mapping

N = 200
T = np.arange(N)
WAVE = np.sin(T / 10)


def guess(**columns):
    found = guess_mapping(columns)
    assert found.table == tomllib.loads(found.text)
    check_mapping(found.table, "guess")
    return found.table, [*found.left_out]


def test_names_and_sizes_make_a_mapping_that_reads():
    table, left_out = guess(
        time_ms=T * 10.0,
        RFoot_Acc_X=WAVE,
        RFoot_Gyro_Z=300 * WAVE,
        LeftAnklePlantarFlexionAngle=0.3 * WAVE,
        LeftAnklePlantarFlexionMoment=90 * WAVE,
        RightGRF_y=700 * WAVE,
        left_knee_flexion=60 * WAVE,
        COM_x=WAVE,
        battery=WAVE,
    )
    assert table["rate_hz"] == 100
    assert table["time"] == {"column": "time_ms", "unit": "ms"}
    assert table["channels"] == {
        "right_foot_acc_x": {"column": "RFoot_Acc_X", "unit": "g"},
        "right_foot_gyr_z": {"column": "RFoot_Gyro_Z", "unit": "deg/s"},
        "left_ankle_angle_flexion": {
            "column": "LeftAnklePlantarFlexionAngle", "unit": "rad", "scale": -1,
        },
        "left_ankle_torque_flexion": {"column": "LeftAnklePlantarFlexionMoment", "unit": "N m"},
        "right_plate_force_y": {"column": "RightGRF_y", "unit": "N"},
        "left_knee_angle_flexion": {"column": "left_knee_flexion", "unit": "deg"},
        "center_body_pos_x": {"column": "COM_x", "unit": "m"},
    }  # fmt: skip
    assert left_out == ["battery"]


def test_odd_names_do_not_break_the_toml():
    table, _ = guess(**{'r foot acc x "raw"\n\\': 9.8 * WAVE})
    assert table["channels"]["right_foot_acc_x"]["column"] == 'r foot acc x "raw"\n\\'


def test_nothing_understood_is_said():
    with pytest.raises(GaitcastError, match="no column name is known"):
        guess_mapping({"a": WAVE, "b": WAVE})


def test_one_sensor_has_one_unit_and_abduction_is_adduction_turned():
    table, _ = guess(
        lfoot_acc_x=0.1 * WAVE,
        lfoot_acc_y=WAVE,
        lfoot_acc_z=9.8 + WAVE,
        left_hip_abduction_angle=20 * WAVE,
    )
    units = {name: entry["unit"] for name, entry in table["channels"].items()}
    assert {units[f"left_foot_acc_{a}"] for a in "xyz"} == {"m/s^2"}
    assert table["channels"]["left_hip_angle_adduction"]["scale"] == -1


def test_columns_that_state_no_unit_have_one_unit_in_a_file():
    wave = np.sin(np.arange(200) / 8)
    columns = {
        "RShank_acc_x": 9.8 + 3 * wave, "L5_acc_x": 0.8 * wave,
        "Right Knee Angle": 30 + 30 * wave, "Right Ankle Inversion": 3 * wave,
    }  # fmt: skip
    channels = guess_mapping(columns).table["channels"]
    assert channels["center_pelvis_acc_x"]["unit"] == "m/s^2"
    assert channels["right_ankle_angle_adduction"]["unit"] == "deg"


@pytest.mark.parametrize("word", ["FreeAcc", "Free Acc", "linear acceleration", "userAcceleration"])
def test_without_gravity_size_decides_on_no_unit(word):
    free = {f"Right Foot {word} {a}": 2.5 * WAVE for a in "XYZ"}
    guess_of = guess_mapping(free)
    assert guess_of.table["channels"]["right_foot_acc_x"]["unit"] == "m/s^2"
    assert any("size cannot tell g from m/s^2: acc in m/s^2" in note for note in guess_of.notes)
    beside = {f"Pelvis Acc {a}": v + 0.1 * WAVE for a, v in zip("XYZ", (0, 0, 1), strict=True)}
    guess_of = guess_mapping(free | beside)
    assert guess_of.table["channels"]["right_foot_acc_x"]["unit"] == "g"
    assert any(note.startswith("warning") and "size cannot tell" in note for note in guess_of.notes)
    stated = guess_mapping({f"{name} (g)": v for name, v in free.items()})
    assert not any("size cannot tell" in note for note in stated.notes)


@pytest.mark.parametrize("unit", ["(degree/sec)", "[°/sec]", "(° s⁻¹)"])
def test_units_in_words_and_raised_numbers(unit):
    channels = guess_mapping({f"Right Foot Gyro X {unit}": WAVE}).table["channels"]
    assert channels["right_foot_gyr_x"]["unit"] == "deg/s"
    channels = guess_mapping({"Right Foot Acc X (m·s⁻²)": 9 * WAVE}).table["channels"]
    assert channels["right_foot_acc_x"]["unit"] == "m/s^2"


def test_a_rate_of_turning_rates_is_no_gyroscope():
    with pytest.raises(GaitcastError, match="the unit '°/s²' is not known"):
        guess_mapping({"Right Foot Gyro X [°/s²]": WAVE})
