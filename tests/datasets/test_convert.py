"""What may go wrong on the way from files to files."""

import numpy as np
import pytest

from gaitcast.cohort import Cohort
from gaitcast.datasets import load
from gaitcast.datasets.convert import Changes, convert_files
from gaitcast.errors import GaitcastError
from gaitcast.io import read, write_cohort, write_mot, write_table, write_trc
from gaitcast.quality.check import check_path
from gaitcast.recording import Recording

MARKERS = tuple(f"{s}_heel_marker_{a}" for s in ("left", "right") for a in "xyz")


def trial(names=MARKERS, rows=20, hole=True):
    samples = np.random.default_rng(0).normal(size=(rows, len(names)))
    if hole:
        samples[3, 0] = np.nan
    return Recording("P1", "P1_walk", 100.0, np.arange(rows) / 100, samples, names)


def test_a_hidden_marker_comes_back_from_a_table(tmp_path):
    names = ("right_R.KNEE_marker_x", "left_knee_angle_flexion")
    write_table(trial(names), tmp_path / "P1_walk.csv")
    (again,) = read(tmp_path / "P1_walk.csv")
    np.testing.assert_allclose(again.samples, trial(names).samples, atol=1e-6)


def test_nothing_at_hand_is_overwritten(tmp_path):
    write_table(trial(), tmp_path / "P1_walk.csv")
    before = (tmp_path / "mapping.toml").read_text()
    for target in ("P1_walk.csv", "sheet.ods"):
        with pytest.raises(GaitcastError, match=r"exists already|no writer"):
            list(convert_files(tmp_path / "P1_walk.csv", tmp_path / target))
    assert (tmp_path / "mapping.toml").read_text() == before
    lines = list(convert_files(tmp_path / "P1_walk.csv", tmp_path / "new" / "clean.csv"))
    assert "and mapping.toml beside it" in lines[-1]


def test_a_second_table_goes_beside_the_first_only_under_the_same_mapping(tmp_path):
    for name, recording in (
        ("walk1", trial()),
        ("walk2", trial()),
        ("angles", trial(("left_knee_angle_flexion",))),
    ):
        write_table(recording, tmp_path / name / f"P1_{name}.csv")
    out = tmp_path / "out"
    for name in ("walk1", "walk2"):
        lines = list(convert_files(tmp_path / name, out / f"P1_{name}.csv"))
        assert lines[-1].startswith("written")
    assert [r.trial for r in load(out)] == ["P1_walk1", "P1_walk2"]
    with pytest.raises(GaitcastError, match=r"something else.*--csv"):
        list(convert_files(tmp_path / "angles", out / "P1_angles.csv"))
    assert not (out / "P1_angles.csv").exists()


@pytest.mark.parametrize("name", ["new", "new.xlsx", "new.mot", "new.trc"])
def test_decimal_commas_are_refused_where_no_text_table_is_written(tmp_path, name):
    write_table(trial(), tmp_path / "P1_walk.csv")
    with pytest.raises(GaitcastError, match=r"decimal commas are for a \.csv file: "):
        list(convert_files(tmp_path / "P1_walk.csv", tmp_path / name, decimal=","))
    assert not (tmp_path / name).exists()
    lines = list(convert_files(tmp_path / "P1_walk.csv", tmp_path / "a" / "b.csv", decimal=","))
    assert lines[-1].startswith("written")


@pytest.mark.parametrize("kind", ["csv", "bids", "croissant"])
def test_a_kind_of_folder_is_refused_for_a_file(tmp_path, kind):
    write_table(trial(), tmp_path / "P1_walk.csv")
    with pytest.raises(GaitcastError, match=f"--{kind} makes a folder"):
        list(convert_files(tmp_path / "P1_walk.csv", tmp_path / "new.xlsx", folder=kind))


def test_markers_keep_their_side_in_a_trc(tmp_path):
    assert write_trc(trial(), tmp_path / "a.trc") == ()
    (again,) = read(tmp_path / "a.trc")
    assert {name.split("_")[0] for name in again.channels} == {"left", "right"}
    np.testing.assert_array_equal(again.samples, trial().samples)


def test_a_lone_component_of_a_force_is_left_out_of_a_mot(tmp_path):
    names = ("left_knee_angle_flexion", "left_plate_force_z", "ipsi_plate_force_x")
    left_out = write_mot(trial(names, hole=False), tmp_path / "a.mot")
    assert left_out == ("left_plate_force_z", "ipsi_plate_force_x")
    with pytest.raises(GaitcastError, match="fewer than two samples"):
        write_mot(trial(names, rows=1, hole=False), tmp_path / "b.mot")


def test_a_pelvis_tilt_is_a_pitch_the_other_way_round(tmp_path):
    names = ("center_pelvis_tilt_pitch", "center_pelvis_tilt_roll")
    write_mot(trial(names, hole=False), tmp_path / "a.mot")
    title, row = (tmp_path / "a.mot").read_text().split("endheader\n")[1].splitlines()[:2]
    assert title.split("\t")[1:] == ["pelvis_tilt", "pelvis_list"]
    assert float(row.split("\t")[1]) == -trial(names, hole=False).samples[0, 0]
    (again,) = read(tmp_path / "a.mot")
    np.testing.assert_array_equal(again.matrix(names), trial(names, hole=False).samples)


def test_a_torn_storage_is_refused_and_a_short_one_doubted(tmp_path):
    names = ("left_knee_angle_flexion", "right_knee_angle_flexion")
    write_mot(trial(names, hole=False), tmp_path / "a.mot")
    text = (tmp_path / "a.mot").read_text()
    (tmp_path / "torn.mot").write_text(text[: text.rindex("\t")])
    with pytest.raises(GaitcastError, match="has 2 values for 3 columns"):
        read(tmp_path / "torn.mot")
    (tmp_path / "short.mot").write_text("\n".join(text.splitlines()[:-4]) + "\n")
    (short,) = read(tmp_path / "short.mot")
    assert "warning: the header announces 20 rows, the file has 16" in short.notes


def test_a_mapping_that_is_not_there_is_told(tmp_path):
    write_table(trial(hole=False), tmp_path / "P1_walk.csv")
    with pytest.raises(GaitcastError, match="no such mapping"):
        check_path(tmp_path / "P1_walk.csv", tmp_path / "typo.toml")
    with pytest.raises(GaitcastError, match="is a folder"):
        read(tmp_path)


def test_a_file_that_only_bears_a_set_s_name_is_read_for_what_it_is(tmp_path):
    (tmp_path / "UnpertPre_data.csv").write_text("time,right_foot_acc_x\n0,1\n0.01,2\n0.02,3\n")
    (tmp_path / "SubjectInfo.csv").write_text("name\nme\n")
    kinds = {f.path.rsplit("/", 1)[-1]: f for f in check_path(tmp_path).files}
    assert "guessed" in kinds["UnpertPre_data.csv"].kind


def test_tables_for_spreadsheets_come_back(tmp_path):
    one = trial(hole=True)
    write_cohort(Cohort("one", (one,)), tmp_path / "cohort")
    for name, options in (
        ("a/P1_walk.csv", {}),
        ("b/P1_walk.csv", {"decimal": ","}),
        ("c/P1_walk.xlsx", {}),
    ):
        path = tmp_path / name
        path.parent.mkdir()
        lines = list(convert_files(tmp_path / "cohort", path, **options))
        assert lines[-1].startswith(f"written: {path}")
        (again,) = read(path)
        assert again.channels == one.channels
        np.testing.assert_allclose(again.samples, one.samples, atol=1e-6)
        with pytest.raises(GaitcastError, match="exists already"):
            list(convert_files(tmp_path / "cohort", path, **options))
    text = (tmp_path / "b" / "P1_walk.csv").read_text()
    assert ";" in text
    assert "." not in text


def test_channels_a_clock_and_joint_angles_before_writing(data, tmp_path):
    source = data / "c3d-samples" / "ezc3d_Qualisys.c3d"
    changes = Changes(("*_plate1_force_*", "*_knee_angle_*"), 50.0, joint_angles=True)
    lines = list(convert_files(source, tmp_path / "out", changes=changes))
    assert any("at 50 Hz; faster recordings pass the causal low-pass" in line for line in lines)
    (again,) = load(tmp_path / "out")
    assert again.rate_hz == 50
    assert {n.split("_")[2] for n in again.channels} == {"force", "angle"}
    walk = data / "winter-table-a1"
    lines = list(convert_files(walk, tmp_path / "w", changes=Changes(joint_angles=True)))
    assert any("no joint angles: " in line for line in lines)
    with pytest.raises(GaitcastError, match="no channel matches 'nothing'"):
        list(convert_files(source, tmp_path / "x", changes=Changes(("nothing",))))
    assert not (tmp_path / "x").exists()
