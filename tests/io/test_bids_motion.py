"""A cohort as BIDS-Motion: names and fields of the specification, and the same cohort back."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest

from gaitcast.datasets import load
from gaitcast.datasets.convert import convert_files
from gaitcast.errors import GaitcastError
from gaitcast.io import read, write_cohort
from gaitcast.io.bids_motion import write_bids
from gaitcast.io.bids_names import COMPONENTS, TYPES, channel_of
from gaitcast.simulate import simulate

#: Entities in the order of the specification.
NAME = re.compile(
    r"sub-[A-Za-z0-9]+_task-[A-Za-z0-9]+(_tracksys-[A-Za-z0-9]+)?(_run-[0-9]+)?"
    r"_(motion|channels|events)\.(tsv|json)"
)
REQUIRED = {"name", "component", "type", "tracked_point", "units"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("bids") / "shared"
    write_bids(simulate(2, 0.1, 3), place)
    return place


def test_files_are_named_and_filled_as_the_specification_asks(folder):
    about = json.loads((folder / "dataset_description.json").read_text())
    assert {"Name", "BIDSVersion"} <= about.keys()
    assert (folder / "README").is_file()
    head = (folder / "participants.tsv").read_text().splitlines()[0].split("\t")
    assert head[0] == "participant_id"
    described = json.loads((folder / "participants.json").read_text())
    assert set(head) == set(described)
    assert described["mass_kg"]["Units"] == "kg"
    files = [p for p in folder.rglob("*") if p.is_file() and p.parent != folder]
    assert files
    for path in files:
        assert path.parent.name == "motion"
        assert NAME.fullmatch(path.name), path.name
    for path in folder.rglob("*_motion.tsv"):
        stem = path.name.removesuffix("_motion.tsv")
        sidecar = json.loads(path.with_name(f"{stem}_motion.json").read_text())
        assert {"TaskName", "SamplingFrequency", "TrackingSystemName"} <= sidecar.keys()
        lines = path.with_name(f"{stem}_channels.tsv").read_text().splitlines()
        columns, *cells = (line.split("\t") for line in lines)
        rows = [dict(zip(columns, row, strict=True)) for row in cells]
        assert columns[:5] == ["name", "component", "type", "tracked_point", "units"]
        assert all(row.keys() >= REQUIRED and all(row.values()) for row in rows)
        assert {row["type"] for row in rows} <= TYPES
        assert {row["component"] for row in rows} <= COMPONENTS
        assert len({row["name"] for row in rows}) == len(rows) == sidecar["MotionChannelCount"]
        assert f"tracksys-{sidecar['TrackingSystemName']}" in path.name
        first = path.read_text().splitlines()[0].split("\t")
        assert len(first) == len(rows)
        assert float(first[0]) == 0.0


def test_the_same_cohort_comes_back(folder):
    before, after = simulate(2, 0.1, 3), load(folder)
    assert after.people == ("sub-S01", "sub-S02")
    assert {info.identified_by for info in after.infos} == {"participants table"}
    assert (after.notes, after.identity_warnings) == ((), ())
    for one, other in zip(before, after, strict=True):
        assert set(one.channels) == set(other.channels)
        for name in one.channels:
            np.testing.assert_allclose(other.column(name), one.column(name), rtol=0, atol=1e-12)
        np.testing.assert_allclose(other.time_s, one.time_s, atol=1e-9)
        assert {k: v.size for k, v in one.events.items() if v.size} == {
            k: v.size for k, v in other.events.items()
        }
        known = before.subjects[one.subject]
        assert after.subjects[other.subject]["mass_kg"] == pytest.approx(known["mass_kg"])


def test_convert_writes_it_and_never_over_something(tmp_path):
    write_cohort(simulate(1, 0.05, 1), tmp_path / "cohort")
    lines = list(convert_files(tmp_path / "cohort", tmp_path / "out", folder="bids"))
    assert lines[-1].endswith("1 people, 1 recordings")
    with pytest.raises(GaitcastError, match="exists already"):
        list(convert_files(tmp_path / "cohort", tmp_path / "out", folder="bids"))


def test_participants_that_are_not_certain_are_not_stated(tmp_path):
    unsure = replace(simulate(1, 0.05, 1), identity_warnings=("'walk1': is it one person?",))
    with pytest.raises(GaitcastError, match="not certain who the participants are: 'walk1'"):
        write_bids(unsure, tmp_path / "out")
    write_bids(unsure.confirm_participants(), tmp_path / "out")


@pytest.mark.parametrize(
    ("row", "channel"),
    [
        ({"name": "a", "type": "ACCEL", "component": "x", "tracked_point": "LeftFoot",
          "units": "g"}, "left_foot_acc_x"),
        ({"name": "b", "type": "GYRO", "component": "z", "tracked_point": "right_shank",
          "units": "rad/s"}, "right_shank_gyr_z"),
        ({"name": "c", "type": "POS", "component": "y", "tracked_point": "LASI", "units": "mm"},
         "left_LASI_marker_y"),
        ({"name": "d", "type": "ORNT", "component": "quat_w", "tracked_point": "t1", "units": ""},
         None),
        ({"name": "e", "type": "ACCEL", "component": "x", "tracked_point": "t1", "units": "g"},
         None),
    ],
)  # fmt: skip
def test_channels_of_other_programs(row, channel):
    found = channel_of(row)
    assert (found and found[0]) == channel


@pytest.mark.parametrize(
    ("ending", "text"),
    [("_motion.json", "{"), ("_channels.tsv", "name\n"), ("_motion.tsv", "1\t2\n"),
     ("_motion.json", '{"SamplingFrequency": "x"}')],
)  # fmt: skip
def test_a_damaged_recording_is_one_clear_line(folder, tmp_path, ending, text):
    source = next(folder.rglob("*tracksys-imu*_motion.tsv"))
    stem = source.name.removesuffix("_motion.tsv")
    for path in source.parent.glob(f"{stem}*"):
        (tmp_path / path.name).write_text(path.read_text())
    (tmp_path / f"{stem}{ending}").write_text(text)
    with pytest.raises(GaitcastError, match="not a BIDS-Motion recording"):
        read(tmp_path / source.name)
