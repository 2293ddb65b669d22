"""Numbers that can be worked by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial.transform import Rotation

from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.kinematics import joint_angles, planar_angles, planar_moment
from gaitcast.kinematics.angles import cardan_angles, frontal_alignment
from gaitcast.kinematics.calibration import calibrate
from gaitcast.kinematics.centres import chord, joint_centres
from gaitcast.kinematics.frames import rigid_motion
from gaitcast.kinematics.torque import foot_dynamics
from gaitcast.marker_labels import landmark
from gaitcast.recording import Recording

EYE = np.eye(3)[None]
small = st.floats(-60, 60)


@pytest.mark.parametrize(
    ("label", "found"),
    [
        ("LASI", ("left", "asis")),
        ("R.KNEE.LAT", ("right", "knee_lateral")),
        ("R.FLE", ("right", "knee_lateral")),
        ("RMMAL", ("right", "ankle_medial")),
        ("SACR", ("center", "sacrum")),
        ("V.Sacral", ("center", "sacrum")),
        ("LF01", None),
        ("battery", None),
    ],
)
def test_labels_say_what_they_are(label, found):
    assert landmark(label) == found


@given(flexion=small, tilt=small, turn=small)
def test_a_known_turn_is_read_back_on_both_sides(flexion, tilt, turn):
    # Right knee: flexion about +y (left), then varus about +x, then internal rotation about +z.
    right = Rotation.from_euler("YXZ", [flexion, tilt, turn], degrees=True).as_matrix()[None]
    np.testing.assert_allclose(
        cardan_angles("knee", "right", EYE, right)[0], [flexion, tilt, turn], atol=1e-9
    )
    left = Rotation.from_euler("YXZ", [flexion, -tilt, -turn], degrees=True).as_matrix()[None]
    np.testing.assert_allclose(
        cardan_angles("knee", "left", EYE, left)[0], [flexion, tilt, turn], atol=1e-9
    )
    hip = Rotation.from_euler("YXZ", [-flexion, tilt, turn], degrees=True).as_matrix()[None]
    np.testing.assert_allclose(
        cardan_angles("hip", "right", EYE, hip)[0], [flexion, tilt, turn], atol=1e-9
    )


@settings(deadline=None)
@given(seed=st.integers(0, 1000))
def test_a_cluster_s_motion_is_found_again_with_a_marker_hidden(seed):
    rng = np.random.default_rng(seed)
    still = rng.normal(size=(5, 3))
    turns, shifts = Rotation.random(4, rng), rng.normal(size=(4, 3))
    moving = np.stack(
        [turn.apply(still) + shift for turn, shift in zip(turns, shifts, strict=True)]
    )
    moving[1, 2] = np.nan
    moving[2, :3] = np.nan
    rotation, shift, residual = rigid_motion(still, moving)
    for k in (0, 1, 3):
        np.testing.assert_allclose(rotation[k], turns[k].as_matrix(), atol=1e-9)
        np.testing.assert_allclose(shift[k], shifts[k], atol=1e-9)
        assert residual[k] < 1e-9
    assert np.isnan(rotation[2]).all()


def test_the_chord_is_square_to_the_marker():
    hip, wand, knee = (np.array([p]) for p in ([0, 0, 0.9], [0.02, -0.15, 0.7], [0, -0.06, 0.5]))
    centre = chord(hip, wand, knee, 0.057, turn_rad=0.0, tilt_rad=0.0)
    assert np.linalg.norm(centre - knee) == pytest.approx(0.057)
    assert float(((centre - knee) * (centre - hip)).sum()) == pytest.approx(0, abs=1e-12)
    assert centre[0, 1] > knee[0, 1]  # on the inner side of a right leg
    turned = chord(hip, wand, knee, 0.057, turn_rad=np.deg2rad(10), tilt_rad=0.0)
    assert np.linalg.norm(turned - knee) == pytest.approx(0.057, abs=1e-6)


def test_a_straight_leg_is_straight_and_bowed_legs_are_varus():
    hip, ankle = np.array([[0, 0, 0.9]]), np.array([[0, 0, 0.1]])
    for side, out in (("right", -1.0), ("left", 1.0)):
        medial, lateral = np.array([[0, -0.04 * out, 0.5]]), np.array([[0, 0.04 * out, 0.5]])
        straight = frontal_alignment(side, hip, np.array([[0, 0, 0.5]]), ankle, medial, lateral)
        assert straight[0] == pytest.approx(0)
        bowed = np.array([[0, 0.02 * out, 0.5]])
        angle = frontal_alignment(side, hip, bowed, ankle, medial, lateral)
        assert angle[0] == pytest.approx(2 * np.degrees(np.arctan(0.05)))


def test_winter_s_table_by_hand(data):
    """Frames 1 and 50: the arctangents of the differences of the printed coordinates."""
    (walk,) = load("winter-table-a1", data)

    def at(label):
        return walk.matrix([f"right_{label}_marker_x", f"right_{label}_marker_z"])

    angles = planar_angles(
        at("RIGHT.HIP"), at("RIGHT.KNEE"), at("RIGHT.ANKLE"), at("RIGHT.HEEL"), at("RIGHT.MT5")
    )
    expected = {
        # thigh: hip (44.94, 78.58), knee (41.00, 47.40); shank: ankle (9.31, 21.44);
        # foot: heel (2.95, 24.24) to fifth metatarsal (7.53, 9.35)
        0: (82.798, 39.324, -72.903, 43.474, -22.227),
        49: (86.537, 76.919, -4.714, 9.618, 8.367),
    }
    for frame, values in expected.items():
        found = [angles[name][frame] for name in ("thigh", "shank", "foot", "knee", "ankle")]
        np.testing.assert_allclose(found, values, atol=1e-3)


def test_planar_dynamics_by_hand():
    ankle, centre, at = (np.array([p]) for p in ([0.0, 0.1], [0.06, 0.06], [0.05, 0.0]))
    still, zero = np.zeros((1, 2)), np.zeros(1)
    up = np.array([[0.0, 600.0]])
    # Massless: 600 N at 0.05 m before the ankle.
    force, moment = planar_moment(
        ankle, centre, still, zero, up, at, foot_mass_kg=0.0, foot_inertia_kg_m2=0.0
    )
    assert moment[0] == pytest.approx(30.0)
    assert force[0].tolist() == [0.0, -600.0]
    # The foot's weight, 1 kg at 0.06 m before the ankle, helps to press the toes down.
    _, moment = planar_moment(
        ankle, centre, still, zero, up, at, foot_mass_kg=1.0, foot_inertia_kg_m2=0.01
    )
    assert moment[0] == pytest.approx(30.0 - 9.80665 * 0.06)
    # Toes turning up at 20 rad/s^2 take 0.2 N m from it.
    _, moment = planar_moment(
        ankle, centre, still, zero + 20, up, at, foot_mass_kg=1.0, foot_inertia_kg_m2=0.01
    )
    assert moment[0] == pytest.approx(30.0 - 9.80665 * 0.06 - 0.2)


def test_a_resting_foot_in_space_agrees_with_the_plane():
    n = 50
    ankle, toe = np.tile([0.0, 0.0, 0.1], (n, 1)), np.tile([0.12, 0.0, 0.02], (n, 1))
    ground = np.cross(np.array([0.05, 0, 0]) - ankle, np.tile([0, 0, 600.0], (n, 1)))
    moment = foot_dynamics(ankle, toe, ground, 70.0, 100.0, massless_foot=False)
    foot_kg = 0.0145 * 70
    np.testing.assert_allclose(moment[:, 1], 30.0 - foot_kg * 9.80665 * 0.06)
    massless = foot_dynamics(ankle, toe, ground, 70.0, 100.0, massless_foot=True)
    np.testing.assert_allclose(massless[:, 1], 30.0)


def test_centres_lie_between_their_markers():
    points = {
        ("left", f"knee_{w}"): np.array([[0, y, 0.5]])
        for w, y in (("lateral", 0.2), ("medial", 0.1))
    }
    assert joint_centres(points, {})["left", "knee_centre"].tolist() == [
        [0, pytest.approx(0.15), 0.5]
    ]


def test_unknown_labels_and_too_few_markers_are_told():
    names = tuple(f"center_thing_marker_{a}" for a in "xyz")
    odd = Recording("P", "t", 100.0, np.arange(30) / 100, np.ones((30, 3)), names)
    with pytest.raises(GaitcastError, match="no marker label is known"):
        joint_angles(odd)
    bare = Recording("P", "t", 100.0, odd.time_s, odd.samples, ("left_foot_acc_x", *names[1:]))
    bare = bare.select(["left_foot_acc_x"])
    with pytest.raises(GaitcastError, match="it has no markers"):
        joint_angles(bare)
    names = tuple(f"left_LASI_marker_{a}" for a in "xyz")
    few = Recording("P", "t", 100.0, np.arange(30) / 100, np.ones((30, 3)), names)
    with pytest.raises(GaitcastError, match="give no joint"):
        joint_angles(few)


def test_impossible_masses_and_cutoffs_are_refused(data):
    from gaitcast.io import read
    from gaitcast.kinematics import ankle_moments

    (walk,) = read(data / "c3d-samples" / "btk_PlugInC3D.c3d")
    for mass_kg in (0.0, -1.0, np.inf, np.nan):
        with pytest.raises(GaitcastError, match="impossible"):
            ankle_moments(walk, mass_kg)
    for cutoff_hz in (0.0, -5.0, np.nan, 30.0):
        with pytest.raises(GaitcastError, match="half the rate"):
            joint_angles(walk, cutoff_hz=cutoff_hz)


def test_the_shank_carries_the_knee_where_the_thigh_has_too_few_markers():
    places = {
        "trochanter": [0, 0.02, 0.9], "knee_lateral": [0, 0.05, 0.5],
        "knee_medial": [0, -0.05, 0.5], "tibial_tuberosity": [0.05, 0, 0.45],
        "fibula_head": [-0.02, 0.04, 0.45], "ankle_lateral": [0, 0.04, 0.1],
        "ankle_medial": [0, -0.04, 0.1],
    }  # fmt: skip
    static = {("right", name): np.array([xyz], dtype=float) for name, xyz in places.items()}
    turn = Rotation.from_euler("y", [[0], [20], [40]], degrees=True).as_matrix()
    moved = {key: (turn @ xyz[0]) + [1.0, 0, 0] for key, xyz in static.items()}
    walk = {key: xyz for key, xyz in moved.items() if not key[1].endswith("_medial")}
    found, misfit_m = calibrate(walk, static, {})
    for key in (("right", "knee_medial"), ("right", "ankle_medial")):
        np.testing.assert_allclose(found[key], moved[key], atol=1e-9)
    assert set(misfit_m) == {("right", "shank")}
