import json

import numpy as np
import pytest

from gaitcast.datasets.convert import convert_files
from gaitcast.errors import GaitcastError
from gaitcast.io import read, read_cohort, write_table
from gaitcast.quality.check import as_json, check_path, describe, guess_file
from gaitcast.recording import Recording
from gaitcast.simulate import simulate

T = np.arange(400) / 100
NOISE = np.random.default_rng(0).normal(size=400)


def trial(samples, names, time_s=T, **more):
    return Recording("P", "t", 100.0, time_s, np.column_stack(samples), names, **more)


def warnings(*args, **more):
    return "; ".join(describe(trial(*args, **more)).warnings)


def test_a_sound_recording_gives_no_doubts():
    (walk,) = simulate(1, 0.2, 3)
    # The simulator's accelerometers have a range of 4 g, and a foot reaches it.
    assert describe(walk.select(["*_gyr_*", "*_angle_*", "*_force_*"])).warnings == ()
    assert any("right_foot_acc_x" in warning for warning in describe(walk).warnings)


FOOT = tuple(f"right_foot_acc_{a}" for a in "xyz")


@pytest.mark.parametrize(
    ("samples", "names", "words"),
    [
        ([NOISE * 0.1, NOISE * 0.1, 1 + NOISE * 0.1], FOOT, "median of 1 m/s.2 instead of 9.8"),
        ([np.full(400, 3.0)], ("right_knee_angle_flexion",), "flat"),
        ([(NOISE * 400).round()], ("right_foot_gyr_x",), None),
        ([np.repeat(np.clip(NOISE[:50] * 400, -250, 250), 8)], ("right_foot_gyr_x",), "limit"),
        ([NOISE * 1000], ("right_knee_angle_flexion",), "larger than in any gait"),
        (
            [9 + 5 * NOISE, NOISE, NOISE, NOISE, NOISE, NOISE],
            (*FOOT, *(f"right_foot_gyr_{a}" for a in "xyz")),
            "right_foot_gyr smaller than in any gait: perhaps in rad/s",
        ),
        ([-700 * (NOISE > 0)], ("right_plate_force_z",), "its sign is reversed"),
        ([np.full(400, np.nan)], ("left_LASI_marker_x",), "never seen"),
    ],
)
def test_what_is_wrong_with_the_numbers_is_said(samples, names, words):
    if words is None:
        assert warnings(samples, names) == ""
    else:
        import re

        assert re.search(words, warnings(samples, names))


def test_what_is_wrong_with_the_clock_is_said():
    name = ("right_knee_angle_flexion",)
    late = T + np.where(np.arange(400) >= 200, 1.0, 0.0)
    assert "1 gaps above 0.1 s" in warnings([30 * NOISE], name, late)
    shaky = T + np.where(np.arange(400) % 7 == 0, 0.004, 0.0)
    assert "jitters" in warnings([30 * NOISE], name, shaky)
    stated = "samples come at 90.91 Hz on average, the rate is 100 Hz"
    assert stated in warnings([30 * NOISE], name, T * 1.1)


def test_swapped_sides_are_seen():
    names, samples = [], []
    for label, height in (("ANK", 0.1), ("KNE", 0.5), ("ASI", 1.0)):
        for side, y in (("left", 0.1), ("right", -0.1)):
            for axis, value in zip("xyz", (1.0, -y, height), strict=True):
                names.append(f"{side}_{side[0].upper()}{label}_marker_{axis}")
                samples.append(value + 0.01 * NOISE)
    assert "look swapped" in warnings(samples, tuple(names))
    right = [-s if n.endswith("y") else s for s, n in zip(samples, names, strict=True)]
    assert warnings(right, tuple(names)) == ""


def test_a_folder_is_gone_through_and_becomes_a_cohort(tmp_path):
    source = tmp_path / "lab"
    source.mkdir()
    (walk,) = simulate(1, 0.1, 3)
    write_table(walk, source / "S01.csv")
    (source / "notes.md").write_text("hello")
    checked = check_path(source)
    (file,) = checked.files
    assert (file.path, file.recordings[0].samples) == ("S01.csv", len(walk))
    assert "notes.md: no reader for '.md'" in checked.unread[0]
    (person,) = checked.participants
    assert (person.subject, person.identified_by, person.recordings) == ("S01", "file name", 1)
    assert json.loads(as_json(checked))["participants"][0]["subject"] == "S01"
    lines = list(convert_files(source, tmp_path / "cohort"))
    assert any("notes.md: no reader" in line for line in lines)
    (again,) = read_cohort(tmp_path / "cohort")
    np.testing.assert_allclose(again.samples, read(source / "S01.csv")[0].samples)
    with pytest.raises(GaitcastError, match="no such file or folder"):
        check_path(tmp_path / "none")


def test_several_recordings_do_not_go_into_one_file(tmp_path):
    for name in ("S01", "S02"):
        (walk,) = simulate(1, 0.05, 3)
        write_table(walk, tmp_path / f"{name}.csv")
    with pytest.raises(GaitcastError, match="2 recordings do not go into one file"):
        list(convert_files(tmp_path, tmp_path / "all.trc"))


def test_a_guess_is_written_for_tables_only(tmp_path):
    (tmp_path / "a.csv").write_text("time,RFoot_Acc_X\n0.0,1\n0.01,2\n0.02,3\n0.03,1\n")
    assert "right_foot_acc_x" in guess_file(tmp_path / "a.csv")
    (file,) = check_path(tmp_path / "a.csv").files
    assert "guessed" in file.kind
    (tmp_path / "a.c3d").write_bytes(b"\x02P" + b"\0" * 2000)
    with pytest.raises(GaitcastError, match="need no mapping"):
        guess_file(tmp_path / "a.c3d")


def test_every_real_file_is_looked_at(data):
    """Nothing but GaitcastError may come out; most files are recordings."""
    files = [
        file
        for folder in sorted(data.iterdir())
        if folder.is_dir()
        for file in check_path(folder).files
    ]
    assert len(files) > 150
    everything = [(r.subject, d) for file in files for r in file.recordings for d in r.warnings]
    assert not [d for _, d in everything if "sign is reversed" in d]
    # In three trials of that person the source has the pelvis's markers on the other side.
    swapped = [who for who, d in everything if "look swapped" in d]
    assert swapped == ["Z05"] * 3
    # The accelerometers of the encoder set clip, and standing gravity was subtracted there.
    encoder = [f for f in files if "LOG25.TXT" in f.path]
    assert any("at the sensor's limit" in d for d in encoder[0].recordings[0].warnings)
    assert any("gravity was subtracted" in d for d in encoder[0].recordings[0].warnings)
