"""Text exports of Vicon Nexus, Motive and Qualisys Track Manager."""

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import find_format, read
from gaitcast.io.formats import CAPTURE
from gaitcast.io.table import table_columns

N = 100
K = np.arange(N)


def put(tmp_path, text, name="P1_walk.csv", encoding="utf-8"):
    path = tmp_path / name
    path.write_text(text, encoding=encoding)
    return path


def vicon_trajectories(unit="mm", rows=None, separator=","):
    head = [
        ["Trajectories"], ["100"], ["", "", "S1:LASI", "", "", "S1:RHEE", "", ""],
        ["Frame", "Sub Frame", "X", "Y", "Z", "X", "Y", "Z"], ["", "", *[unit] * 6],
    ]  # fmt: skip
    body = [
        [f"{k + 1}", "0", f"{10 * k}", "100", "1000", f"{10 * k - 50}", "-100", "30"] for k in K
    ]
    return "\n".join(separator.join(row) for row in [*head, *(rows or body)]) + "\n"


def vicon_outputs(unit="deg", label="LKneeAngles"):
    head = f"Model Outputs\n100\n,,S1:{label},,,S1:LGroundReactionForce,,\n"
    head += f"Frame,Sub Frame,X,Y,Z,X,Y,Z\n,,{unit},{unit},{unit},N,N,N\n"
    return head + "".join(f"{k + 1},0,{k * 0.5},1,2,0,0,700\n" for k in K)


EVENTS = (
    "Events\n100\nSubject,Context,Name,Time (s),Description\nS1,Left,Foot Strike,0.25,x\n"
    "S1,Right,Foot Off,0.5,x\nS1,General,Event,0.7,x\n"
)
DEVICES = "Devices\n1000\n,,Plate - Force,,\nFrame,Sub Frame,Fx,Fy,Fz\n,,N,N,N\n" + "".join(
    f"{k // 10 + 1},{k % 10},0,0,-700\n" for k in range(10 * N)
)


@pytest.mark.parametrize(
    ("text", "name", "encoding"),
    [
        (vicon_trajectories(), "a.csv", "utf-8"),
        (vicon_trajectories(separator="\t"), "a.txt", "utf-8"),
        (vicon_trajectories("m").replace("1000", "1").replace("100,", "0.1,"), "a.csv", "utf-16"),
    ],
)
def test_vicon_trajectories(tmp_path, text, name, encoding):
    if encoding == "utf-16":  # in m; only the format is looked at
        assert find_format(put(tmp_path, text, name, encoding)) is CAPTURE
        return
    path = put(tmp_path, text, name, encoding)
    (trial,) = read(path)
    assert (trial.subject, trial.rate_hz, len(trial)) == ("S1", 100.0, N)
    np.testing.assert_allclose(trial.column("left_LASI_marker_x"), K * 0.01)
    assert trial.column("right_RHEE_marker_z")[0] == pytest.approx(0.03)
    assert trial.time_s[0] == 0


def test_vicon_sections_are_one_recording(tmp_path):
    text = "\n".join([EVENTS, DEVICES, vicon_outputs(), vicon_trajectories()])
    (trial,) = read(put(tmp_path, text))
    np.testing.assert_allclose(trial.column("left_knee_angle_flexion"), K * 0.5)
    assert "left_LASI_marker_x" in trial.channels
    assert trial.events["left_heel_strike"].tolist() == [0.25]
    assert trial.events["right_toe_off"].tolist() == [0.5]
    notes = " ".join(trial.notes)
    assert "section 'Devices' (1000 Hz) of the export is not read" in notes
    assert "event 'Event' not read" in notes
    assert "LGroundReactionForce not read" in notes


@pytest.mark.parametrize(
    ("unit", "channel", "value"),
    [
        ("N.mm/kg", "left_knee_moment_flexion", 0.0005),
        ("N.m/kg", "left_knee_moment_flexion", 0.5),
        ("N.mm", "left_knee_torque_flexion", 0.0005),
    ],
)
def test_vicon_moments_have_the_unit_of_their_row(tmp_path, unit, channel, value):
    (trial,) = read(put(tmp_path, vicon_outputs(unit, "LKneeMoment")))
    assert trial.column(channel)[1] == pytest.approx(value)


def test_vicon_blank_fields_are_hidden_markers(tmp_path):
    rows = [[str(k + 1), "0", "10", "20", "1000", "", "", ""] for k in K[:20]]
    rows += [[str(k + 1), "0", "10", "20", "1000"] for k in K[20:30]]
    rows += [[str(k + 1), "0", "10", "20", "1000", "1", "2", "3"] for k in K[30:]]
    (trial,) = read(put(tmp_path, vicon_trajectories(rows=rows)))
    hidden = np.isnan(trial.column("right_RHEE_marker_x"))
    assert hidden.sum() == 30
    assert hidden[:30].all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            EVENTS + "\n" + vicon_trajectories(rows=[["1", "0", *["x"] * 6]]),
            "line 13 does not hold",
        ),
        (vicon_trajectories("furlong"), "marker 'LASI' is in 'furlong'"),
        (vicon_trajectories().replace("50,0,490", "50,0,x"), "line 55 does not hold 8 numbers"),
        ("Trajectories\n100\nFrame,X\n1,2\n", "no row 'Frame"),
    ],
)
def test_a_damaged_vicon_export_is_refused(tmp_path, text, words):
    with pytest.raises(GaitcastError, match=words):
        read(put(tmp_path, text))


def test_vicon_devices_alone_are_columns_on_their_own_clock(tmp_path):
    path = put(tmp_path, DEVICES.replace("\n1,", "\n11,", 1))
    assert find_format(path).name == "Vicon devices"
    columns = find_format(path).columns(path)
    assert list(columns) == ["time_s", "Plate - Force Fx", "Plate - Force Fy", "Plate - Force Fz"]
    assert columns.units["Plate - Force Fz"] == "N"
    assert columns.rate_hz == 1000
    np.testing.assert_allclose(columns["time_s"][[0, -1]], [0.1, 1.099])


def motive(unit="Millimeters", kinds=("Marker", "Marker"), extra="", rate="120.000000"):
    head = (
        f"Format Version,1.23,Take Name,walk,Capture Frame Rate,{rate},Export Frame Rate,{rate},"
        f"Total Exported Frames,{N},Length Units,{unit}{extra}\n\n"
    )
    names = ("Skel:LASI", "Skel:RHEE")
    cells = [[kinds[0]] * 3 + [kinds[1]] * 3, [names[0]] * 3 + [names[1]] * 3, ["a"] * 6]
    cells.append(["Position"] * 6)
    head += "".join(",," + ",".join(row) + "\n" for row in cells)
    head += "Frame,Time (Seconds),X,Y,Z,X,Y,Z\n"
    return head + "".join(
        f"{k},{k / 120:.6f},{10 * k},1000,-100,{10 * k - 50},30,{'' if k < 5 else 100}\n" for k in K
    )


def test_motive_has_y_up(tmp_path):
    (trial,) = read(put(tmp_path, motive()))
    assert (trial.subject, trial.rate_hz) == ("P1", 120.0)
    np.testing.assert_allclose(trial.column("left_LASI_marker_x"), K * 0.01, atol=1e-9)
    np.testing.assert_allclose(trial.column("left_LASI_marker_y"), 0.1)
    np.testing.assert_allclose(trial.column("left_LASI_marker_z"), 1.0)
    assert np.isnan(trial.column("right_RHEE_marker_y")).sum() == 5


def test_motive_markers_of_bones_count_once_and_bones_are_noted(tmp_path):
    (trial,) = read(put(tmp_path, motive(kinds=("Bone Marker", "Bone"))))
    assert len(trial.channels) == 3
    assert any("not read: Bone" in note for note in trial.notes)


def test_motive_header_against_its_rows(tmp_path):
    (trial,) = read(put(tmp_path, motive().replace(f"Frames,{N}", "Frames,400")))
    assert any("announces 400 frames, the file has 100" in note for note in trial.notes)
    with pytest.raises(GaitcastError, match="'Parsecs' is no length"):
        read(put(tmp_path, motive("Parsecs")))


def qualisys(before=0, names=True, events="", zeros=False):
    head = (
        f"NO_OF_FRAMES\t{N}\nNO_OF_CAMERAS\t8\nNO_OF_MARKERS\t2\nFREQUENCY\t100\nNO_OF_ANALOG\t0\n"
        f"ANALOG_FREQUENCY\t0\nDESCRIPTION\t--\nTIME_STAMP\t2024-01-01, 10:00:00\t1.5\n{events}"
        "DATA_INCLUDED\t3D\nMARKER_NAMES\tLASI\tRHEE\nTRAJECTORY_TYPES\tMeasured\tMixed\n"
    )
    if names:
        head += "\t".join(
            [*["Frame", "Time"][:before], *(f"{m} {a}" for m in ("LASI", "RHEE") for a in "XYZ")]
        )
        head += "\n"
    rows = []
    for k in K:
        point = ["0.000"] * 3 if zeros and k < 7 else [f"{10 * k - 50}", "-100", "30"]
        stamp = [str(k + 1), f"{k / 100:.5f}"][:before]
        rows.append("\t".join([*stamp, f"{10 * k}", "100", "1000", *point]) + "\t")
    return head + "\n".join(rows) + "\n"


@pytest.mark.parametrize("before", [0, 1, 2])
@pytest.mark.parametrize("names", [True, False])
def test_qualisys_with_and_without_columns_before_the_markers(tmp_path, before, names):
    (trial,) = read(put(tmp_path, qualisys(before, names, zeros=True), "P1_walk.tsv"))
    assert (trial.rate_hz, len(trial), trial.time_s[0]) == (100.0, N, 0.0)
    np.testing.assert_allclose(trial.column("left_LASI_marker_x"), K * 0.01)
    assert np.isnan(trial.column("right_RHEE_marker_x")).sum() == 7
    assert not [note for note in trial.notes if note.startswith("warning:")]


def test_qualisys_events(tmp_path):
    events = "EVENT\tRight heel strike\t21\t0.20000\nEVENT\tLTO\t41\t0.40000\nEVENT\tclap\t1\t0.0\n"
    (trial,) = read(put(tmp_path, qualisys(events=events), "P1_walk.tsv"))
    assert trial.events["right_heel_strike"].tolist() == [0.2]
    assert trial.events["left_toe_off"].tolist() == [0.4]
    assert any("event 'clap' not read" in note for note in trial.notes)


def test_qualisys_of_another_width_is_refused(tmp_path):
    text = qualisys().replace("MARKER_NAMES\tLASI", "MARKER_NAMES\tLASI\tX1\tX2")
    with pytest.raises(GaitcastError, match="6 values for 4 markers"):
        read(put(tmp_path, text, "P1_walk.tsv"))


def test_qualisys_analog_and_force_tables_are_tables(tmp_path):
    text = "NO_OF_SAMPLES\t50\nFREQUENCY\t1000\nDESCRIPTION\tForce-plate 1\nFORCE_PLATE_NAME\tA\n"
    text += "Force_X\tForce_Y\tForce_Z\n" + "1.5\t2.5\t700\n" * 50
    columns = table_columns(put(tmp_path, text, "P1_f_1.tsv"))
    assert list(columns) == ["Force_X", "Force_Y", "Force_Z"]
    assert columns.rate_hz == 1000


def test_a_mapping_is_followed_instead(tmp_path):
    mapping = tmp_path / "my.toml"
    mapping.write_text(
        'rate_hz = 100\n[channels]\nright_shank_marker_x = { column = "RHEE X", unit = "m" }\n'
    )
    (trial,) = read(put(tmp_path, vicon_trajectories()), mapping)
    assert trial.channels == ("right_shank_marker_x",)
    assert trial.column("right_shank_marker_x")[0] == pytest.approx(-0.05)
