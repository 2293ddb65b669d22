"""Every kind of wrong unit, sign, axis or side is named; sound walks and quiet trials are not."""

import re
from dataclasses import replace

import numpy as np
import pytest

from gaitcast.quality.warnings import find_warnings
from gaitcast.recording import Recording
from gaitcast.signal.lab_frame import lab_vectors, turn

T = np.arange(400) / 100
WAVE = np.sin(2 * np.pi * T)
NOISE = np.random.default_rng(1).normal(size=(400, 3))
BODY = {
    "ASI": (0.10, 0.13, 1.00), "PSI": (-0.10, 0.05, 1.02), "KNE": (0.03, 0.18, 0.52),
    "ANK": (0.0, 0.14, 0.10), "HEE": (-0.08, 0.10, 0.04), "TOE": (0.14, 0.12, 0.03),
}  # fmt: skip


def recording(columns, **more):
    samples = np.column_stack([np.broadcast_to(v, 400) for v in columns.values()])
    return Recording("P", "t", more.pop("rate_hz", 100.0), more.pop("time_s", T), samples,
                     tuple(columns), **more)  # fmt: skip


def joint(name, mean, span):
    return {f"right_{name}_angle_flexion": mean + span / 2 * WAVE}


def said(columns, **more):
    return "; ".join(find_warnings(recording(columns, **more)))


def gait():
    """Angles, moments, force and markers of a walk on a circle, all as they should be."""
    step = np.maximum(0, WAVE)
    columns = {
        **joint("hip", 10, 40), **joint("knee", 25, 60), **joint("ankle", 0, 30),
        "right_ankle_moment_flexion": 1.5 * step,
        "right_shank_acc_x": 2 * WAVE, "right_shank_acc_y": 0.1 * WAVE,
        "right_shank_acc_z": 9.8 + 3 * WAVE, "right_shank_mag_x": 40.0 + WAVE,
        "right_shank_mag_y": 1 + WAVE, "right_shank_mag_z": 10 + WAVE,
        "right_shank_gyr_x": 5 * WAVE, "right_shank_gyr_y": 200 * WAVE,
        "right_shank_gyr_z": 5 * WAVE,
        "right_soleus_emg_raw": 0.2 * NOISE[:, 0],
    }  # fmt: skip
    turning = T / 2
    ahead = np.column_stack([np.cos(turning), np.sin(turning), 0 * T])
    left = np.column_stack([-np.sin(turning), np.cos(turning), 0 * T])
    place = np.cumsum(ahead, axis=0) * 0.012
    for side, sign in (("left", 1), ("right", -1)):
        for label, (x, y, z) in BODY.items():
            swing = 0.2 * (1 - z) * np.sin(2 * np.pi * T) * sign
            marker = place + (x + swing)[:, None] * ahead + sign * y * left + [0, 0, z]
            for k, axis in enumerate("xyz"):
                columns[f"{side}_{side[0].upper()}{label}_marker_{axis}"] = marker[:, k]
            if label == "ANK":
                for k, axis in enumerate("xyz"):
                    columns[f"{side}_plate_force_{axis}"] = (
                        np.maximum(0, sign * WAVE) * ([30, 20, 750][k])
                    )
                    under = np.where(sign * WAVE > 0, marker[:, k] * (k < 2), np.nan)
                    columns[f"{side}_plate_pos_{axis}"] = under
    return columns


def scaled(columns, pattern, factor, offset=0.0):
    assert any(re.search(pattern, name) for name in columns)
    return {
        n: np.asarray(v) * factor + offset if re.search(pattern, n) else v
        for n, v in columns.items()
    }


def test_a_sound_walk_gives_no_warning():
    assert said(gait(), covariates={"mass_kg": 70.0}) == ""


@pytest.mark.parametrize(
    ("pattern", "factor", "words"),
    [
        ("_(marker|pos)_", 1e-3, "knee and ankle are .* m apart: check the unit"),
        ("_(marker|pos)_", 39.4, "apart: check the unit"),
        ("_(marker|pos)_", 1e3, "larger than in any gait|apart"),
        ("plate_pos_[xy]", 1e3, "plate_pos lies .* m away"),
        ("plate_pos_[xy]", 1e-4, "moves less than 0.5 mm under load"),
        ("plate_force", 1 / 700, "reaches only 1.1 N: perhaps in body weights"),
        ("plate_force", 1e-3, "reaches only 0.7.* N: perhaps in body weights, kN"),
        ("plate_force", 1 / 70, "reaches only 11 N: perhaps in body weights, kN or N/kg"),
        ("plate_force", 4.45 * 4, "body weights of 70 kg"),
        ("plate_force_z", -1, "its sign is reversed"),
        ("_angle_", np.pi / 180, "span at most 1 deg: in rad"),
        ("knee_angle", -1, "negative throughout"),
        ("_moment_", 0.07, "reach only 0.1 N m/kg"),
        ("_moment_", 70, "reach 105 N m/kg: check the unit"),
        ("_acc_", 1 / 9.81, "right_shank_acc has a median of 1 m"),
        ("_acc_", 1000 / 9.81, "right_shank_acc"),
        ("_gyr_", np.pi / 180, "right_shank_gyr smaller than in any gait: perhaps in rad/s"),
        ("_gyr_", 1000, "larger than in any gait"),
        ("_mag_", 0.01, "right_shank_mag has a median of"),
        ("_emg_", 1e-3, "EMG reaches .* mV: perhaps in V"),
        ("_emg_", 1e3, "perhaps in uV"),
    ],
)
def test_another_unit_or_sign_is_named(pattern, factor, words):
    found = said(scaled(gait(), pattern, factor), covariates={"mass_kg": 70.0})
    assert re.search(words, found), found


def test_gravity_that_was_removed_is_named():
    assert "gravity was subtracted" in said(scaled(gait(), "_acc_z", 1, -9.8))


def test_another_zero_of_a_joint_is_named():
    """180 deg where a knee is straight, 90 deg where an ankle is neutral."""
    assert "right_knee_angle_flexion has a median of 155 deg" in said(
        scaled(gait(), "knee_angle", -1, 180)
    )
    assert "right_ankle_angle_flexion has a median of 90" in said(
        scaled(gait(), "ankle_angle", 1, 90)
    )


def test_angles_in_rad_are_known_by_their_steps_alone():
    columns = {**joint("hip", 0.2, 0.7), **joint("knee", 0.5, 1.0), **joint("ankle", 0.0, 0.5)}
    assert "in rad?" in said(columns)


def test_a_quiet_person_is_not_a_wrong_unit():
    """Standing: joints span 1 deg, gyros nothing, moments little, and no one walks."""
    drift = np.cumsum(NOISE, axis=0) / 40
    quiet = {
        "right_knee_angle_flexion": 4 + 0.3 * drift[:, 0],
        "right_ankle_angle_flexion": 2 + 0.3 * drift[:, 1],
        "right_ankle_moment_flexion": 0.1 + 0.01 * drift[:, 2],
        "right_shank_gyr_x": NOISE[:, 0], "right_shank_gyr_y": NOISE[:, 1],
        "right_shank_gyr_z": NOISE[:, 2], "right_shank_acc_x": 0.1 * NOISE[:, 0],
        "right_shank_acc_y": 0.1 * NOISE[:, 1], "right_shank_acc_z": 9.8 + 0.1 * NOISE[:, 2],
        "center_plate1_force_x": NOISE[:, 0], "center_plate1_force_y": NOISE[:, 1],
        "center_plate1_force_z": 2 * NOISE[:, 2],
    }  # fmt: skip
    assert said(quiet) == ""
    assert said({**quiet, "center_plate1_force_z": 700 + NOISE[:, 0]}) == ""


def test_a_counter_read_as_a_signal_is_named():
    wraps = np.arange(400) % 256
    for values in (T, 1000 * T, wraps):
        assert "rise steadily" in said({"right_shank_gyr_x": values * 1.0})
    assert "rise" not in said({"center_body_pos_x": T})
    assert "rise" not in said({"right_shank_gyr_x": 100 * WAVE})


def test_another_axis_that_carries_the_load_is_named():
    columns = gait()
    for side in ("left", "right"):
        y, z = f"{side}_plate_force_y", f"{side}_plate_force_z"
        columns[y], columns[z] = columns[z], columns[y]
    assert "while y carries the load: another axis is up" in said(columns)


def test_rates_lengths_and_events_that_cannot_be_are_named():
    knee = joint("knee", 25, 60)
    assert "a rate of 1 Hz" in said(knee, time_s=T * 100, rate_hz=1.0, max_gap_s=3.0)
    assert "a rate of 1e+05 Hz" in said(knee, time_s=T / 1000, rate_hz=1e5)
    assert "s long" in said(knee, time_s=T / 100, rate_hz=1e4)
    events = {"right_heel_strike": np.array([1.0, 500.0])}
    assert "1 of 2 events lie outside" in said(knee, events=events)
    assert said(knee, events={"right_heel_strike": np.array([0.0, 4.0])}) == ""


@pytest.mark.parametrize("quarter", range(4))
def test_swapped_labels_are_seen_wherever_the_person_faces(quarter):
    c, s = np.round([np.cos(quarter * np.pi / 2), np.sin(quarter * np.pi / 2)])
    walk = turn(recording(gait()), np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]))
    assert not [w for w in find_warnings(walk) if "swapped" in w]
    other = {"left_L": "right_R", "right_R": "left_L"}
    names = tuple(
        other[n[: n.index("_") + 2]] + n[n.index("_") + 2 :] if "_marker_" in n else n
        for n in walk.channels
    )
    swapped = find_warnings(replace(walk, channels=names))
    assert any("left and right look swapped" in w for w in swapped)


@pytest.mark.parametrize("swapped", [("KNE",), ("ANK",), ("ASI",), ("HEE", "TOE"), ("KNE", "ANK")])
def test_one_pair_that_is_swapped_is_named(swapped):
    columns = gait()
    for label in swapped:
        for axis in "xyz":
            left, right = f"left_L{label}_marker_{axis}", f"right_R{label}_marker_{axis}"
            columns[left], columns[right] = columns[right], columns[left]
    words = {"KNE": "knee_lateral", "ANK": "ankle_lateral", "ASI": "asis", "HEE": "heel"}
    found = said(columns)
    assert re.search(f"left and right [a-z_, ]*{words[swapped[0]]}.* look swapped: they fit", found)


def test_labels_that_do_not_fit_the_body_are_named():
    """A left pelvis at the height of a foot, as where two trials have other columns."""
    columns = gait()
    for axis in "xyz":
        one, other = f"left_LASI_marker_{axis}", f"left_LHEE_marker_{axis}"
        columns[one], columns[other] = columns[other], columns[one]
    assert "left and right asis, heel lie at other heights" in said(columns)


def test_a_mirrored_laboratory_is_seen():
    walk = recording(gait())
    samples = walk.samples.copy()
    for triple in lab_vectors(walk.channels):
        samples[:, walk.channels.index(triple[1])] *= -1
    assert any("left-handed" in w for w in find_warnings(replace(walk, samples=samples)))


def test_a_plate_under_no_foot_or_under_the_other_is_named():
    far = scaled(gait(), "right_plate_pos_x", 1, 2.0)
    assert "right_plate_pos is 2 m from the nearest foot" in said(far)
    other = {"left_plate": "right_plate", "right_plate": "left_plate"}
    swapped = {}
    for name, values in gait().items():
        place = "_".join(name.split("_")[:2])
        swapped[name.replace(place, other.get(place, place))] = values
    assert "right_plate_pos lies under the other foot" in said(swapped)


def test_forces_in_percent_and_a_gyroscope_alone_in_rad_are_said():
    step = np.maximum(0, WAVE)
    assert "perhaps in % of the body weight" in said({"right_plate_force_z": 110 * step})
    assert "% of the body" not in said({"right_plate_force_z": 700 * step})
    gyr = {f"right_shank_gyr_{a}": s * WAVE for a, s in zip("xyz", (0.4, 0.6, 3.0), strict=True)}
    assert "perhaps in rad/s" in said(gyr)
    still = {name: 0.1 * NOISE[:, k] for k, name in enumerate(gyr)}
    assert "rad/s" not in said(still)


def test_one_side_in_rad_beside_the_other_in_deg_is_named():
    left = {"left_knee_angle_flexion": 25 + 30 * WAVE}
    found = said({**joint("knee", 0.4, 1.0), **left})
    assert "right_knee_angle_flexion spans 1 deg and left_knee_angle_flexion 59.9" in found
    found = said({**joint("knee", 0.4, 1.0), **joint("hip", 10, 40)})
    assert "right_knee_angle_flexion spans 1 deg and right_hip_angle_flexion 39.9" in found
    assert "in rad" not in said({**joint("knee", 4, 8), **left})  # a stiff knee


@pytest.mark.parametrize(("unit", "peak"), [("moment", 1.5), ("torque", 100.0)])
@pytest.mark.parametrize("with_force", [True, False])
def test_an_ankle_moment_of_the_other_sign_is_named(unit, peak, with_force):
    columns = gait()
    del columns["right_ankle_moment_flexion"]
    if not with_force:
        columns = {n: v for n, v in columns.items() if "plate" not in n}
    stance = np.maximum(0, -WAVE) - 0.1 * np.maximum(0, WAVE)
    name = f"right_ankle_{unit}_flexion"
    assert said({**columns, name: peak * stance}) == ""
    assert "is negative in stance" in said({**columns, name: -peak * stance})


def test_one_vertical_axis_in_g_is_named():
    assert "perhaps in g" in said({"right_foot_acc_z": 1 + 0.6 * WAVE})
    assert said({"right_foot_acc_z": 9.8 + 6 * WAVE}) == ""
    assert said({"right_foot_acc_y": 1 + 3 * WAVE}) == ""


@pytest.mark.parametrize("name", ["knee", "hip", "ankle"])
@pytest.mark.parametrize("plane", ["adduction", "rotation"])
def test_a_joint_that_leans_more_than_it_bends_has_its_planes_mixed_up(name, plane):
    mixed = {**joint(name, 3, 6), f"right_{name}_angle_{plane}": 5 + 28 * WAVE}
    assert f"right_{name}_angle_{plane} spans 56 deg and flexion only 6" in said(mixed)
    sound = {**joint(name, 20, 40), f"right_{name}_angle_{plane}": 5 + 12 * WAVE}
    assert "planes" not in said(sound)
    assert "planes" not in said({**joint(name, 3, 1), f"right_{name}_angle_{plane}": 4 * WAVE})


@pytest.mark.parametrize(("factor", "names"), [(1, 0), (100, 1), (1000, 1)])
@pytest.mark.parametrize("sides", [("left", "right"), ("left",)])
def test_positions_of_segments_in_another_unit_are_named(factor, names, sides):
    columns = {}
    for side, sign in zip(("left", "right"), (1, -1), strict=True):
        if side in sides:
            columns[f"{side}_heel_pos_x"] = factor * (1.2 * T + sign * 0.3 * WAVE)
            columns[f"{side}_heel_pos_y"] = factor * (sign * 0.1 + 0 * T)
            columns[f"{side}_heel_pos_z"] = factor * (0.05 + 0.05 * np.maximum(0, sign * WAVE))
    assert said(columns).count("check the unit of positions") == names


def test_a_long_walk_is_no_wrong_unit():
    long = {f"left_heel_pos_{a}": v for a, v in zip("xyz", (13 * T * 40, 0.1, 0.05), strict=True)}
    assert "positions" not in said(long, time_s=T * 40, rate_hz=2.5)
