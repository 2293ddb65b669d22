import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaitcast.errors import GaitcastError
from gaitcast.io import read, write_mot, write_trc
from gaitcast.recording import Recording

MOT = """Coordinates
version=1
nRows=3
nColumns=6
inDegrees=no
endheader
time\t/jointset/knee_r/knee_angle_r/value\tankle_angle_l\tlumbar_extension\tpelvis_tx\tpelvis_ty\tpelvis_tz
0.00 0.5 0.1 -0.2 1.0 0.9 0.3
0.01 0.6 0.1 -0.2 1.1 0.9 0.3
0.02 0.7 0.1 -0.2 1.2 0.9 0.3
"""
GRF = """grf
nRows=3
nColumns=10
endheader
time ground_force_r_vx ground_force_r_vy ground_force_r_vz ground_force_r_px ground_force_r_py \
ground_force_r_pz ground_torque_r_x ground_torque_r_y ground_torque_r_z
0.00 10 500 20 0.1 0.0 0.2 0 3 0
0.01 10 500 20 0.1 0.0 0.2 0 3 0
0.02 0 0 0 0 0 0 0 0 0
"""
TRC = (
    "PathFileType\t4\t(X/Y/Z)\tP2_walk.trc\n"
    "DataRate\tCameraRate\tNumFrames\tNumMarkers\tUnits\tOrigDataRate\tOrigDataStartFrame\tOrigNumFrames\n"
    "100\t100\t4\t2\tmm\t100\t1\t4\n"
    "Frame#\tTime\tR.Heel\t\t\tSACRUM\t\t\n"
    "\t\tX1\tY1\tZ1\tX2\tY2\tZ2\n\n"
    "1\t0.00\t100\t20\t-90\t50\t950\t0\n"
    "2\t0.01\t110\t20\t-90\t60\t950\t0\n"
    "3\t0.02\t\t\t\t70\t950\t0\n"
    "4\t0.03\t130\t20\t-90\t80\t950\t0\n"
)


def put(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def test_radians_and_axes_become_ours(tmp_path):
    (r,) = read(put(tmp_path, "P1_ik.mot", MOT))
    assert (r.subject, r.rate_hz) == ("P1", 100.0)
    assert r.column("right_knee_angle_flexion")[0] == pytest.approx(np.degrees(0.5))
    assert r.column("center_trunk_angle_flexion")[0] == pytest.approx(np.degrees(0.2))
    assert r.matrix([f"center_pelvis_pos_{a}" for a in "xyz"])[0].tolist() == [1.0, -0.3, 0.9]


def test_a_ground_force_is_the_named_foot_s(tmp_path):
    (r,) = read(put(tmp_path, "P1_grf.mot", GRF))
    force, at, torque = (
        r.matrix([f"right_plate_{q}_{a}" for a in "xyz"]) for q in ("force", "pos", "torque")
    )
    assert force[0].tolist() == [10, -20, 500]
    assert at[0].tolist() == [0.1, -0.2, 0.0]
    assert torque[0].tolist() == [0, 0, 3]
    assert np.isnan(at[2]).all()


def test_hidden_markers_are_not_a_number(tmp_path):
    (r,) = read(put(tmp_path, "P2_walk.trc", TRC))
    np.testing.assert_allclose(r.column("right_R.Heel_marker_z")[:2], 0.02)
    assert np.isnan(r.column("right_R.Heel_marker_x")[2])
    np.testing.assert_allclose(r.column("center_SACRUM_marker_z"), 0.95)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.mot", MOT.replace("endheader", ""), "no 'endheader' line"),
        ("a.mot", MOT.replace("0.6 0.1", "0.6"), "line 9 has 6 values for 7 columns"),
        ("a.mot", MOT.replace("0.6", "much"), "line 9 is not numeric"),
        ("a.mot", MOT.replace("0.01", "0.00"), "time"),
        ("a.sto", "x\nendheader\ntime m\n0 1\n1 1\n", "no channel that gaitcast knows"),
        ("a.trc", TRC[20:], "not a TRC file"),
        ("a.trc", TRC.replace("110", "x"), "line 8 is not numeric"),
    ],
)
def test_bad_files_are_refused_in_one_line(tmp_path, name, text, words):
    with pytest.raises(GaitcastError, match=words) as error:
        read(put(tmp_path, name, text))
    assert name in str(error.value)
    assert "\n" not in str(error.value)


def test_a_short_trc_is_doubted(tmp_path):
    (r,) = read(put(tmp_path, "a.trc", TRC.replace("\t4\t2\tmm", "\t9\t2\tmm")))
    assert "warning: the header announces 9 frames, the file has 4" in r.notes


numbers = st.floats(-1e3, 1e3, allow_nan=False).filter(lambda v: v == 0 or abs(v) > 1e-6)


@settings(deadline=None, max_examples=25)
@given(values=arrays(float, (5, 10), elements=numbers))
def test_what_is_written_reads_back_to_the_last_bit(tmp_path_factory, values):
    folder = tmp_path_factory.mktemp("opensim")
    names = (
        "right_knee_angle_flexion", "left_ankle_angle_flexion", "center_trunk_angle_rotation",
        "right_ankle_torque_flexion", "center_pelvis_pos_x", "center_pelvis_pos_y",
        "center_pelvis_pos_z", "left_plate_force_x", "left_plate_force_y", "left_plate_force_z",
    )  # fmt: skip
    values[:, 0] = np.abs(values[:, 0])  # a knee that bends backwards has its sign turned
    r = Recording("P", "P_walk", 100.0, np.arange(5) / 100, values, names)
    assert write_mot(r, folder / "P_walk.mot") == ()
    (again,) = read(folder / "P_walk.mot")
    np.testing.assert_array_equal(again.matrix(names), values)
    np.testing.assert_array_equal(again.time_s, r.time_s)
    markers = tuple(f"right_{m}_marker_{a}" for m in ("R.HEEL", "RTOE") for a in "xyz")
    points = np.where(values[:, :6] == 0, 1.0, values[:, :6])
    r = Recording("P", "P_walk", 100.0, np.arange(5) / 100, points, markers)
    assert write_trc(r, folder / "P_walk.trc") == ()
    (again,) = read(folder / "P_walk.trc")
    np.testing.assert_array_equal(again.matrix(markers), points)


def test_writers_name_what_they_leave_out(tmp_path):
    names = ("right_foot_acc_x", "right_knee_angle_flexion")
    r = Recording("P", "t", 100.0, np.arange(3) / 100, np.ones((3, 2)), names)
    assert write_mot(r, tmp_path / "t.mot") == ("right_foot_acc_x",)
    with pytest.raises(GaitcastError, match="no markers to write"):
        write_trc(r, tmp_path / "t.trc")


def test_real_files_read(data):
    (ik,) = read(data / "opensim-samples" / "gait2354_subject01_walk1_ik.mot")
    assert ik.column("right_knee_angle_flexion").max() == pytest.approx(69.7, abs=0.1)
    (grf,) = read(data / "opensim-samples" / "gait2354_subject01_walk1_grf.mot")
    assert grf.rate_hz == 600
    assert grf.column("center_plate1_force_z").max() / 9.81 / 72.6 == pytest.approx(1.13, abs=0.02)
    (run,) = read(data / "opensim-samples" / "hamner_s04_run200_grf.mot")
    assert {"right_plate_force_z", "left_plate_torque_z"} <= set(run.channels)
    (trc,) = read(data / "opensim-samples" / "gait2354_subject01_walk1.trc")
    assert np.nanmedian(trc.column("center_V.Sacral_marker_z")) == pytest.approx(1.05, abs=0.03)


@pytest.mark.parametrize(
    ("head", "name"),
    [("controls", "P1_controls.sto"), ("PositionErrors", "a.sto"), ("Actuation_force", "a.sto"),
     ("Coordinates", "P1_pErr.sto"), ("Accelerations", "a.sto")],
)  # fmt: skip
def test_what_only_bears_the_names_of_coordinates_is_refused(tmp_path, head, name):
    text = MOT.replace("Coordinates", head)
    with pytest.raises(GaitcastError, match="under the names of coordinates"):
        read(put(tmp_path, name, text))
