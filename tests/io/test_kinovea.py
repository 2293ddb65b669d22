import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import read

OLD = """#Kinovea Trajectory data export
#T X Y
0:00:00:00 0.10 0.90
0:00:00:04 0.12 0.91
0:00:00:08 0.14 0.92

0:00:00:00 0,20 0,05
0:00:00:04 0,22 0,06
"""
NEW = """#Kinovea Trajectory data export
#T X Y

# R ANKLE
0 10.0 9.0
40 12.0 9.5
80 14.0 9.7

# R TOE
40 30.0 1.0
80 31.0 1.0
"""
CSV = """Time (ms);L Ankle/X;L Ankle/Y;L Toe/X;L Toe/Y
0;1,5;0,1;1,7;0,02
20;1,6;0,1;1,8;0,02
40;1,7;0,1;;
"""


def put(folder, name, text):
    path = folder / name
    path.write_text(text)
    return path


def test_the_old_text_export_has_blocks_without_names(tmp_path):
    (r,) = read(put(tmp_path, "P1_walk.txt", OLD))
    assert (r.subject, round(r.rate_hz)) == ("P1", 25)
    assert r.column("center_point1_marker_z").tolist() == [0.9, 0.91, 0.92]
    assert r.column("center_point2_marker_x")[:2].tolist() == [0.2, 0.22]
    assert np.isnan(r.column("center_point2_marker_x")[2])
    assert any("points in m" in note for note in r.notes)


def test_the_new_text_export_names_its_points(tmp_path):
    (r,) = read(put(tmp_path, "P1_walk.txt", NEW))
    np.testing.assert_allclose(r.time_s, [0, 0.04, 0.08])
    np.testing.assert_allclose(r.column("right_R.ANKLE_marker_x"), [0.1, 0.12, 0.14])
    assert np.isnan(r.column("right_R.TOE_marker_x")[0])
    assert any("times in ms" in note for note in r.notes)
    assert any("points in cm" in note for note in r.notes)


def test_the_csv_export_has_pairs_of_columns(tmp_path):
    (r,) = read(put(tmp_path, "P1.csv", CSV))
    np.testing.assert_allclose(r.column("left_L.Ankle_marker_x"), [1.5, 1.6, 1.7])
    assert np.isnan(r.column("left_L.Toe_marker_z")[2])
    assert round(r.rate_hz) == 50


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("a.txt", OLD.replace("0.12 0.91", "0.12"), "line 4 is not 'time x y'"),
        ("a.txt", OLD[:39], "no trajectory"),
        ("a.csv", CSV.replace("1,6", "far"), "line 3 does not hold 5 numbers"),
    ],
)
def test_bad_exports_are_refused_in_one_line(tmp_path, name, text, words):
    with pytest.raises(GaitcastError, match=words):
        read(put(tmp_path, name, text))


def test_pixels_are_refused_and_a_mapping_wins(tmp_path):
    with pytest.raises(GaitcastError, match="in pixels"):
        read(put(tmp_path, "a.csv", CSV.replace("/X", "/X (px)").replace("/Y", "/Y (px)")))
    table = "Time;A/X;A/Y\n0.00;1.0;2.0\n0.01;1.1;2.0\n"
    mapping = put(
        tmp_path,
        "m.toml",
        """
rate_hz = 100
time = { column = "Time", unit = "s" }
[channels]
right_foot_acc_x = { column = "A/X", unit = "g" }
""",
    )
    (r,) = read(put(tmp_path, "b.csv", table), mapping)
    assert r.channels == ("right_foot_acc_x",)
