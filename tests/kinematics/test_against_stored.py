"""Angles and moments against those that laboratories stored beside the markers."""

import numpy as np
import pytest

from gaitcast.datasets import load
from gaitcast.io import read
from gaitcast.kinematics import ankle_moments, joint_angles, knee_alignment
from gaitcast.signal.sync import join

#: Plug-in Gait used none of these.
NOT_PLUG_IN_GAIT = ("KNEin", "ANKin", "HipCenter", "HJC", "KJC", "AJC")
PLUG_IN_GAIT = [
    # file, body mass in kg (PlugInC3D does not hold it: plate force over stored N/kg)
    ("btk_FunctionalWalk", 60.0),
    ("btk_PiG_Motion-FlatFoot-Full", 47.5),
    ("btk_PlugInC3D", 66.6),
    ("walk", 73.4),
]


def rmse(found, stored, *, offset):
    known = np.isfinite(found) & np.isfinite(stored) & (stored != 0)
    error = (found - stored)[known]
    assert len(error) > 20
    return float(np.sqrt(np.mean((error - error.mean() * offset) ** 2)))


def markers_and_plates(recording):
    wanted = [
        name
        for name in recording.channels
        if "plate" in name
        or ("_marker_" in name and not any(word in name for word in NOT_PLUG_IN_GAIT))
    ]
    return recording.select(wanted)


@pytest.mark.parametrize(("name", "mass_kg"), PLUG_IN_GAIT)
def test_plug_in_gait(data, name, mass_kg):
    (trial,) = read(data / "c3d-samples" / f"{name}.c3d")
    measured = markers_and_plates(trial)
    angles = joint_angles(measured)
    moments = {massless: ankle_moments(measured, mass_kg, massless_foot=massless)
               for massless in (False, True)}  # fmt: skip
    sides = 0
    for side in ("left", "right"):
        flexion = f"{side}_ankle_angle_flexion"
        assert rmse(angles.column(flexion), trial.column(flexion), offset=True) < 2.2
        for joint in ("hip", "knee"):
            flexion = f"{side}_{joint}_angle_flexion"
            assert rmse(angles.column(flexion), trial.column(flexion), offset=True) < 1.0
        moment = f"{side}_ankle_moment_flexion"
        for massless, found in moments.items():
            if moment in found.channels:
                sides += 1
                limit = 0.06 if massless else 0.055
                assert rmse(found.column(moment), trial.column(moment), offset=False) < limit
    assert sides >= 2


def test_two_feet_on_one_plate_are_left_out(data):
    (trial,) = read(data / "c3d-samples" / "walk.c3d")
    notes = ankle_moments(markers_and_plates(trial), 73.4).notes
    assert any("center_plate1" in n and "another foot is on the plate" in n for n in notes)


def test_horst_against_opensim(data):
    cohort = load("horst2019-s01", data)
    static = cohort["S01_0001_Static"]
    mass_kg = cohort.subjects["S01"]["mass_kg"]
    angle_errors, moment_errors = [], []
    for trial in cohort:
        if trial is static:
            continue
        results = data / "horst2019-s01" / "opensim"
        (ik,), (dynamics,) = (
            read(results / f"{trial.trial[:8]}_{w}") for w in ("IK.mot", "ID.sto")
        )
        angles, moments = (
            joint_angles(trial, static=static), ankle_moments(trial, mass_kg, static=static)
        )  # fmt: skip
        for side in ("left", "right"):
            flexion = f"{side}_ankle_angle_flexion"
            angle_errors.append(rmse(angles.column(flexion), ik.column(flexion), offset=True))
            stored = dynamics.column(f"{side}_ankle_torque_flexion") / mass_kg
            moment = f"{side}_ankle_moment_flexion"
            if moment in moments.channels and np.isfinite(stored).any():
                moment_errors.append(rmse(moments.column(moment), stored, offset=False))
    assert len(angle_errors) == 20
    assert max(angle_errors) < 2.6
    assert len(moment_errors) >= 18
    assert max(moment_errors) < 0.065
    assert any("median misfit at most" in note for note in angles.notes)


def test_gait2354_against_opensim(data):
    folder = data / "opensim-samples"
    (static,) = read(folder / "gait2354_subject01_static.trc")
    (markers,) = read(folder / "gait2354_subject01_walk1.trc")
    (force,) = read(folder / "gait2354_subject01_walk1_grf.mot")
    (ik,) = read(folder / "gait2354_subject01_walk1_ik.mot")
    (dynamics,) = read(folder / "gait2354_inverse_dynamics.sto")
    trial = join(markers, force)
    angles = joint_angles(trial, static=static)
    stored = join(join(markers, ik), dynamics)
    for side in ("left", "right"):
        flexion = f"{side}_ankle_angle_flexion"
        assert rmse(angles.column(flexion), stored.column(flexion), offset=True) < 2.5
    found = ankle_moments(trial, 72.6, static=static).column("right_ankle_moment_flexion")
    torque = stored.column("right_ankle_torque_flexion") / 72.6
    assert rmse(found, torque, offset=False) < 0.09


def test_knee_alignment_is_steady_over_the_steps_of_a_person(data):
    steps = {}
    for trial in load("kam-imu-grf-mocap", data, rate_hz=100.0):
        alignment = knee_alignment(trial)["right"]
        loaded = np.flatnonzero(trial.column("right_plate_force_z") > 50)
        start, length = loaded[0], loaded[-1] + 1 - loaded[0]
        middle = alignment[start + int(0.2 * length) : start + int(0.6 * length)]
        steps.setdefault(trial.subject, []).append(middle.mean())
    assert {s: len(v) for s, v in steps.items()} == {"P1": 10, "P2": 10, "P3": 20, "P4": 10}
    assert max(np.std(values, ddof=1) for values in steps.values()) < 0.4
    means = [np.mean(steps[person]) for person in ("P1", "P2", "P3", "P4")]
    np.testing.assert_allclose(means, [-0.19, -1.27, -2.22, -3.62], atol=0.05)
