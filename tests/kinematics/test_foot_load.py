"""Forces that fit no foot of their trial are warned of; sound trials are left as they are."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from gaitcast.datasets import load
from gaitcast.kinematics.foot_load import check_foot_load
from gaitcast.kinematics.plate_sides import check_plate_sides
from gaitcast.recording import Recording

RATE_HZ = 100.0
SAMPLES = "opensim-samples/gait2354_subject01_walk1"


def walk(treadmill=True, angles=False, plates=("right_plate", "left_plate")):
    """Six strides of 1.1 s: each foot stands for 0.66 s, then swings 1.2 m forwards."""
    time_s = np.arange(0, 6.6, 1 / RATE_HZ)
    columns = {}
    for side, begin_s, y in (("right", 0.0, -0.1), ("left", 0.55, 0.1)):
        stride, phase = np.divmod((time_s - begin_s) / 1.1, 1.0)
        swing = np.clip((phase - 0.6) / 0.4, 0, 1)
        heel_x = 1.2 * (stride + 0.5 - 0.5 * np.cos(np.pi * swing)) + 1.2 * begin_s / 1.1
        heel_x = heel_x - 1.2 / 1.1 * time_s if treadmill or angles else heel_x
        height = 0.05 + 0.1 * np.sin(np.pi * swing)
        stands = phase < 0.6
        if angles:
            columns[f"{side}_hip_angle_flexion"] = np.degrees(np.arcsin(heel_x / 0.82))
            columns[f"{side}_knee_angle_flexion"] = 20 * np.sin(np.pi * swing)
        else:
            for label, ahead in (("HEE", 0.0), ("TOE", 0.2)):
                for axis, v in zip("xyz", (heel_x + ahead, y + 0 * time_s, height), strict=True):
                    columns[f"{side}_{side[0].upper()}{label}_marker_{axis}"] = v
        plate = plates[0] if side == "right" else plates[1]
        force = np.where(stands, 700 * np.sin(np.pi * np.clip(phase / 0.6, 0, 1)), 0.0)
        for axis, v in zip("xyz", (0 * force, 0 * force, force), strict=True):
            columns[f"{plate}_force_{axis}"] = v
        centre = (heel_x + 0.2 * phase / 0.6, y + 0 * time_s, 0 * time_s)
        for axis, v in zip("xyz", centre, strict=True):
            columns[f"{plate}_pos_{axis}"] = np.where(stands, v, np.nan)
    samples = np.column_stack([*columns.values()])
    return Recording("P01", "P01_walk", RATE_HZ, time_s, samples, tuple(columns))


def plates_changed(recording, change):
    samples = recording.samples.copy()
    for k, name in enumerate(recording.channels):
        if "_plate" in name:
            samples[:, k] = change(name, samples[:, k])
    return replace(recording, samples=samples)


def later(recording, lag_s):
    rows = round(lag_s * recording.rate_hz)

    def moved(_, values):
        empty = np.full(abs(rows), np.nan)
        return np.r_[empty, values[:-rows]] if rows > 0 else np.r_[values[-rows:], empty]

    return plates_changed(recording, moved)


def warned(recording):
    return [n for n in check_foot_load(recording).notes if n.startswith("warning: ")]


KINDS = [
    {"treadmill": True},
    {"treadmill": False},
    {"angles": True},
    {"plates": ("center_plate1", "center_plate2")},
    {"treadmill": False, "plates": ("center_plate1", "center_plate2")},
]


@pytest.mark.parametrize("kind", KINDS)
def test_forces_on_the_feet_s_clock_and_place_bring_no_warning(kind):
    recording = walk(**kind)
    assert check_foot_load(recording) is recording


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lag_s", [0.3, -0.3, 0.2])
def test_a_force_file_of_another_clock_is_told_and_not_shifted(kind, lag_s):
    recording = later(walk(**kind), lag_s)
    (note,) = warned(recording)
    how = "lags by about" if lag_s > 0 else "comes early by about"
    told = float(note.split(how)[1].split()[0])
    assert told == pytest.approx(abs(lag_s), abs=0.06)
    assert "nothing was shifted" in note
    assert np.array_equal(check_foot_load(recording).samples, recording.samples, equal_nan=True)


@pytest.mark.parametrize(
    "plates", [("center_plate1", "center_plate2"), ("right_plate", "left_plate")]
)
@pytest.mark.parametrize("treadmill", [True, False])
def test_a_centre_of_pressure_of_the_wrong_sign_lies_beside_the_loaded_foot(plates, treadmill):
    def mirrored(name, values):
        return -values if name.endswith("_pos_y") else values

    recording = plates_changed(walk(treadmill, plates=plates), mirrored)
    checked = check_plate_sides(recording)
    assert checked.channels == recording.channels  # never exchanged: the sides are right
    (note,) = warned(checked)
    assert "0.20 m beside the foot that bears load" in note


@pytest.mark.parametrize("kind", [k for k in KINDS if "angles" not in k])
def test_who_walks_backwards_is_not_told_of_a_wrong_place(kind):
    recording = walk(**kind)
    backwards = replace(recording, samples=recording.samples[::-1])  # feet still point to +x
    assert warned(backwards) == []


def test_angles_of_the_other_phase_may_be_of_someone_who_walks_backwards():
    (note,) = warned(replace(walk(angles=True), samples=walk(angles=True).samples[::-1]))
    assert "or the person walks backwards" in note


def test_standing_and_trials_without_feet_are_not_judged():
    recording = walk()
    still = replace(recording, samples=np.repeat(recording.samples[20:21], len(recording), axis=0))
    assert check_foot_load(still) is still
    forces = recording.select(["*_plate_*"])
    assert check_foot_load(forces).notes == forces.notes


def merged(data, folder, change=None):
    for end in (".trc", "_ik.mot", "_grf.mot"):
        shutil.copy(data / f"{SAMPLES}{end}", folder / f"P01_walk1{end}")
    if change:
        path = folder / "P01_walk1_grf.mot"
        lines = path.read_text().splitlines()
        head = next(k for k, line in enumerate(lines) if line.startswith("time"))
        names = lines[head].split("\t")
        rows = [[float(v) for v in line.split("\t")] for line in lines[head + 1 :] if line.strip()]
        rows = [[change(n, v) for n, v in zip(names, row, strict=True)] for row in rows]
        body = ["\t".join(f"{v:.6f}" for v in row) for row in rows]
        path.write_text("\n".join([*lines[: head + 1], *body]) + "\n")
    (trial,) = load(folder)
    return [n for n in trial.notes if "force set" in n or "beside the foot" in n]


def test_a_real_trial_is_sound_and_told_when_its_force_file_is_changed(data, tmp_path):
    for name in ("sound", "mirrored", "late"):
        (tmp_path / name).mkdir()
    assert merged(data, tmp_path / "sound") == []
    (note,) = merged(data, tmp_path / "mirrored", lambda n, v: -v if n.endswith("pz") else v)
    assert "beside the foot that bears load" in note
    (note,) = merged(data, tmp_path / "late", lambda n, v: v + 0.3 if n == "time" else v)
    assert "lags by about 0.3" in note


@pytest.mark.parametrize("name", ["hamner2013-run10", "schreiber2019-walk18", "zju-shank12"])
def test_public_sets_bring_no_warning(data, name):
    for recording in list(load(name, data))[::9]:
        assert warned(recording) == []
