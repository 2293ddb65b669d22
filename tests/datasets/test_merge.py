"""Files of one trial become one recording on one clock; what is of another stays apart."""

import shutil
from dataclasses import replace

import numpy as np
import pytest

from gaitcast.datasets import load
from gaitcast.io import read, write_mot, write_table
from gaitcast.kinematics import ankle_moments
from gaitcast.signal.sync import join
from gaitcast.simulate import simulate

SAMPLES = "opensim-samples/gait2354_subject01_walk1"
LAYOUTS = {
    "opencap": (
        "MarkerData/walk1.trc",
        "OpenSimData/Kinematics/walk1.mot",
        "ForceData/walk1_grf.mot",
    ),
    "addbiomechanics": ("MarkerData/walk1.trc", "IK/walk1_ik.mot", "ID/walk1_grf.mot"),
    "flat": ("walk1.trc", "walk1_ik.mot", "walk1_grf.mot"),
}


def session(data, folder, layout):
    sources = (f"{SAMPLES}.trc", f"{SAMPLES}_ik.mot", f"{SAMPLES}_grf.mot")
    for source, place in zip(sources, LAYOUTS[layout], strict=True):
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(data / source, folder / place)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_a_session_s_files_are_one_trial_with_markers_angles_and_forces(data, tmp_path, layout):
    for person in ("P01", "P02"):
        session(data, tmp_path / "lab" / person, layout)
    (tmp_path / "lab" / "P01" / "sessionMetadata.yaml").write_text(
        "mass_kg: 72.6\nheight_m: 1.8\ngender_mf: f\n"
    )
    cohort = load(tmp_path / "lab")
    assert cohort.people == ("P01", "P02")
    assert [r.trial for r in cohort] == ["P01_walk1", "P02_walk1"]
    assert cohort.identity_warnings == ()
    assert cohort.subjects == {"P01": {"mass_kg": 72.6, "height_m": 1.8}}
    trial = cohort["P01_walk1"]
    quantities = {name.split("_")[2] for name in trial.channels}
    assert {"marker", "angle", "force"} <= quantities
    assert trial.rate_hz == 60
    notes = "\n".join(trial.notes)
    assert (
        "walk1_grf.mot: 18 channels at 600 Hz, brought to 60 Hz by a zero-phase low-pass" in notes
    )
    apart = join(*(read(data / f"{SAMPLES}{end}")[0] for end in (".trc", "_grf.mot")))
    (static,) = read(data / "opensim-samples/gait2354_subject01_static.trc")
    one, other = (ankle_moments(r, 72.6, static=static) for r in (trial, apart))
    for channel in other.channels:
        np.testing.assert_allclose(one.column(channel), other.column(channel), atol=1e-9)


def even_walk(seconds=12.0):
    (walk,) = simulate(1, seconds / 60, 4)
    return replace(walk, time_s=np.arange(len(walk)) / 100, truth=None)


def test_an_imu_table_and_angles_of_another_rate_are_one_trial_on_the_imu_s_clock(tmp_path):
    walk = even_walk()
    write_table(
        walk.select(["*_acc_*", "*_gyr_*", "right_knee_angle_flexion"]), tmp_path / "S01_imu.csv"
    )
    angles = walk.select(["*_knee_angle_flexion", "*_hip_angle_flexion"])
    slow = replace(angles, time_s=angles.time_s[::2], samples=angles.samples[::2], rate_hz=50.0)
    write_mot(slow, tmp_path / "S01_ik.mot")
    (trial,) = load(tmp_path)
    assert (trial.trial, trial.subject, trial.rate_hz) == ("S01", "S01", 100.0)
    np.testing.assert_allclose(
        trial.column("left_hip_angle_flexion")[::2],
        slow.column("left_hip_angle_flexion"),
        atol=1e-4,
    )
    assert any(
        "S01_ik.mot: 4 channels at 50 Hz, brought to 100 Hz by linear" in n for n in trial.notes
    )
    assert not any("comes" in note for note in trial.notes)


@pytest.mark.parametrize("later_s", [0.25, -0.4])
def test_a_shifted_clock_is_named(tmp_path, later_s):
    walk = even_walk()
    names = ["right_knee_angle_flexion", "left_knee_angle_flexion"]
    write_table(walk.select([*names, "*_acc_*"]), tmp_path / "S01_imu.csv")
    shifted = replace(walk.select(names), time_s=walk.time_s + later_s + 1)
    write_mot(shifted, tmp_path / "S01_ik.mot")
    imu, ik = load(tmp_path)
    assert (imu.trial, ik.trial) == ("S01_imu", "S01_ik")
    word = f"{abs(later_s + 1):.2f} s later"
    assert any("S01_ik.mot stays a trial of its own" in n and word in n for n in imu.notes)


def test_what_does_not_overlap_stays_apart(tmp_path):
    (walk,) = simulate(1, 0.1, 4)
    write_mot(walk.select(["*_knee_angle_flexion"]), tmp_path / "S01_ik.mot")
    epoch = replace(walk, time_s=walk.time_s + 1.7e9)
    write_table(epoch.select(["*_acc_*"]), tmp_path / "S01_imu.csv")
    cohort = load(tmp_path)
    assert len(cohort) == 2
    assert len({r.trial for r in cohort}) == 2
    assert cohort.people == ("S01",)


def test_the_same_values_twice_are_one_recording(tmp_path):
    (walk,) = simulate(1, 0.1, 4)
    angles = walk.select(["*_knee_angle_flexion"])
    write_mot(angles, tmp_path / "S01.mot")
    write_mot(angles, tmp_path / "S01_ik.mot")
    (one,) = load(tmp_path)
    assert set(one.channels) == set(angles.channels)
