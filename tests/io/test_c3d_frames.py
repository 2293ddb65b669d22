import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import read
from gaitcast.io.c3d_file import read_file
from made_c3d import heels, write_c3d

LONG = 70_000
POINTS = {"LHEE": np.column_stack([np.arange(LONG), np.ones(LONG), np.ones(LONG)])}


def halves(value):
    return np.array([value % 65536, value // 65536])


@pytest.mark.parametrize("header", [(1, 65535), (1, LONG % 65536)], ids=["full", "wrapped"])
@pytest.mark.parametrize(
    "more",
    [
        {"TRIAL:ACTUAL_START_FIELD": halves(1), "TRIAL:ACTUAL_END_FIELD": halves(LONG)},
        {"POINT:LONG_FRAMES": float(LONG)},
        {"POINT:FRAMES": float(LONG)},
    ],
    ids=["trial", "long", "float"],
)
def test_frames_past_65535_are_read(tmp_path, header, more):
    file = read_file(write_c3d(tmp_path / "P1.c3d", POINTS, more, header_frames=header))
    assert file.points.shape == (LONG, 1, 3)
    assert file.points[-1, 0, 0] == LONG - 1
    assert (file.beyond, file.first_frame) == (0, 0)


def test_a_cut_from_late_in_a_long_measurement_keeps_its_clock(tmp_path):
    first = 66_000
    fields = {
        "TRIAL:ACTUAL_START_FIELD": halves(first), "TRIAL:ACTUAL_END_FIELD": halves(first + 59),
        "EVENT:USED": 1, "EVENT:LABELS": ["LHS"], "EVENT:TIMES": np.array([[11.0], [0.2]]),
    }  # fmt: skip
    for header in ((65535, 65535), (first % 65536, first % 65536 + 59)):
        path = write_c3d(tmp_path / "P1.c3d", heels(60), fields, header_frames=header)
        (r,) = read(path)
        assert (len(r), r.time_s[0]) == (60, pytest.approx(659.99))
        assert r.events["left_heel_strike"] == pytest.approx([660.2])


def test_a_negative_count_of_frames_is_one_above_32767(tmp_path):
    points = {"LHEE": POINTS["LHEE"][:40_000]}
    file = read_file(write_c3d(tmp_path / "P1.c3d", points))
    assert file.parameters["POINT"]["FRAMES"] == [40_000 - 65_536]
    assert len(file.points) == 40_000


def test_frames_beyond_those_announced_are_said(tmp_path):
    path = write_c3d(tmp_path / "P1.c3d", heels(300), header_frames=(1, 200))
    (r,) = read(path)
    assert len(r) == 200
    assert any("warning: 100 frames beyond those announced are not read" in n for n in r.notes)
    path.write_bytes(write_c3d(path, heels(300)).read_bytes() + bytes(2048))
    assert not any("beyond" in note for note in read(path)[0].notes)


def test_a_long_file_that_ends_early_is_refused(tmp_path):
    path = write_c3d(
        tmp_path / "P1.c3d", heels(60), {"POINT:LONG_FRAMES": 70_000.0}, header_frames=(1, 65535)
    )
    with pytest.raises(GaitcastError, match="ends after frame 60 of 70000"):
        read_file(path)


@pytest.mark.parametrize(
    "name", ["Subject", "patient", "Default", "static", "", "walk_fast", "PlugInGait"]
)
def test_names_that_name_no_person_are_no_identity(tmp_path, name):
    names = {"SUBJECTS:NAMES": [name], "SUBJECTS:MARKER_SETS": ["PlugInGait"]}
    (r,) = read(write_c3d(tmp_path / "walk_fast.c3d", heels(), names))
    assert (r.subject, r.identified_by) == ("walk", "file name")
    assert any("names no person" in note for note in r.notes) == bool(name)


def test_a_name_in_the_file_is_the_person_and_two_are_a_warning(tmp_path):
    path = tmp_path / "walk_fast.c3d"
    (r,) = read(write_c3d(path, heels(), {"SUBJECTS:NAMES": ["Subject", "AB07", "AB07"]}))
    assert (r.subject, r.identified_by) == ("AB07", "file header")
    assert not any("people" in note for note in r.notes)
    (r,) = read(write_c3d(path, heels(), {"SUBJECTS:NAMES": ["AB07", "AB08"]}))
    assert r.subject == "AB07"
    assert any(note.startswith("warning: the file names several people") for note in r.notes)
