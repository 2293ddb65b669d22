"""Any readable file or folder is a cohort: by path or by name, the same for every command."""

import shutil
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import gaitcast
from gaitcast.datasets import PUBLIC, load, stamp_source
from gaitcast.datasets.convert import convert_files
from gaitcast.errors import GaitcastError
from gaitcast.io import read, write_cohort, write_table
from gaitcast.quality.check import check_path
from gaitcast.simulate import simulate


@pytest.fixture
def walks(tmp_path):
    """Two participants' tables with one mapping, and what a laboratory keeps beside them."""
    folder = tmp_path / "walks"
    for number, trial in enumerate(simulate(2, 0.1, 1)):
        write_table(trial, folder / f"P{number}_walk.csv")
    (folder / "readme.md").write_text("hello")
    (folder / "subjects.csv").write_text("subject;mass_kg;side;note\nP0;71.5;left;\nP9;60;;x\n")
    (folder / "events.csv").write_text(
        "trial,event,time_s\nP0_walk,right_heel_strike,2.5\nP0_walk,right_heel_strike,3.6\n"
        "P0_walks,stop,1\n"
    )
    return folder


def test_a_folder_of_own_tables_is_a_cohort_with_its_people_and_events(walks):
    cohort = gaitcast.load(walks)
    assert cohort.name == "walks"
    assert cohort.people == ("P0", "P1")
    assert [trial.trial for trial in cohort] == ["P0_walk", "P1_walk"]
    assert cohort.subjects == {"P0": {"mass_kg": 71.5, "side": "left"}}
    assert cohort["P0_walk"].events["right_heel_strike"].tolist() == [2.5, 3.6]
    assert not cohort["P1_walk"].events
    notes = "\n".join(cohort.notes)
    assert "readme.md: no reader for '.md' files" in notes
    assert "no trial 'P0_walks' here" in notes
    assert cohort.notes[1:3] == (
        "no recording of P9", "the table of participants does not know P1"
    )  # fmt: skip
    assert len(cohort.notes) == 4
    assert cohort.infos[0].samples == len(cohort["P0_walk"])


def test_a_clock_and_options_are_the_loader_s(walks):
    recorded, even = load(walks), load(walks, rate_hz=100.0, max_gap_s=0.3)
    assert recorded["P0_walk"].dt_s()[1:].max() > 0.0105
    assert even["P0_walk"].dt_s()[1:].max() == pytest.approx(0.01)
    assert even["P0_walk"].max_gap_s == 0.3
    assert load(walks, files="P1*").people == ("P1",)
    assert load("walks", walks.parent).people == ("P0", "P1")
    (walks / "mapping.toml").rename(walks / "lab.toml")
    assert load(walks, mapping="lab.toml").people == ("P0", "P1")
    assert load(walks / "P0_walk.csv", mapping=walks / "lab.toml").name == "P0_walk"
    with pytest.raises(GaitcastError, match="no such mapping"):
        load(walks, mapping="lap.toml")
    with pytest.raises(GaitcastError, match="Did you mean 'mapping'"):
        load(walks, maping="lab.toml")


def test_a_single_file_has_what_lies_beside_it(walks):
    (trial,) = cohort = load(walks / "P0_walk.csv")
    assert trial.subject == "P0"
    assert cohort.subjects["P0"]["mass_kg"] == 71.5
    assert trial.events["right_heel_strike"].tolist() == [2.5, 3.6]
    assert cohort.notes == ()


def test_check_convert_and_load_read_the_same(walks, tmp_path):
    checked = check_path(walks)
    (first, second) = checked.files
    assert first.recordings[0].events == {"right_heel_strike": 2}
    assert (second.kind, checked.unread_files) == ("table", 1)
    assert [p.covariates for p in checked.participants] == [{"mass_kg": 71.5, "side": "left"}, {}]
    lines = list(convert_files(walks, tmp_path / "cohort", folder="csv"))
    begins = [line.split(":")[0] for line in lines if not line.startswith(("no rec", "the table"))]
    assert begins == ["left out", str(walks / "events.csv"), "written"]
    one, other = load(walks), load(tmp_path / "cohort")
    assert (one.name, one.subjects, one.notes) == (other.name, other.subjects, other.notes)
    for before, after in zip(one, other, strict=True):
        np.testing.assert_array_equal(before.samples, after.samples)
        assert {k: v.tolist() for k, v in before.events.items()} == {
            k: v.tolist() for k, v in after.events.items()
        }


def test_same_names_in_several_folders_stay_apart(tmp_path):
    (walk,) = simulate(1, 0.05, 1)
    for folder in ("monday", "tuesday"):
        write_table(walk, tmp_path / "lab" / folder / "S01.csv")
        (tmp_path / "lab" / folder / "events.csv").write_text(
            f"trial,event,time_s\nS01,{folder},1\n"
        )
    cohort = load(tmp_path / "lab")
    assert [r.trial for r in cohort] == ["monday_S01", "tuesday_S01"]
    assert [[*r.events] for r in cohort] == [["monday"], ["tuesday"]]
    assert cohort.notes == ()
    assert cohort.people == ("S01",)
    assert "'S01' stands in 2 folders (monday, tuesday): is it one person?" in (
        cohort.identity_warnings
    )


def test_a_table_with_channel_names_needs_no_mapping(tmp_path):
    write_cohort(simulate(1, 0.1, 1), tmp_path / "people", "csv")
    file = tmp_path / "people" / "recordings" / "S01.csv"
    (direct,) = read(file)
    kept = load(tmp_path / "people")["S01"]
    np.testing.assert_array_equal(direct.samples, kept.samples)
    assert (direct.channels, direct.rate_hz, direct.subject) == (kept.channels, 100.0, "S01")
    table = pd.read_csv(file)
    parquet = tmp_path / "P7_x.parquet"
    table.assign(left_hip_angle_flexion=np.nan).to_parquet(parquet)
    (again,) = load(parquet)
    assert again.subject == "P7"
    assert np.isnan(again.column("left_hip_angle_flexion")).all()
    table.assign(remark=1.0).to_parquet(parquet)
    with pytest.raises(GaitcastError, match=r"there is no mapping\.toml"):
        load(parquet)
    (tmp_path / "mapping.toml").write_text(
        "rate_hz = 100\n[channels]\n"
        'right_foot_acc_x = { column = "right_foot_acc_x", unit = "m/s^2", scale = 2 }\n'
    )
    (mapped,) = load(parquet)  # a mapping beside it goes first
    np.testing.assert_allclose(mapped.samples[:, 0], 2 * table["right_foot_acc_x"])


def test_a_cohort_folder_inside_a_folder_is_not_gone_into(walks):
    write_cohort(simulate(1, 0.05, 2), walks / "people")
    cohort = load(walks)
    assert cohort.people == ("P0", "P1")
    assert any("a cohort folder of its own. Load it by itself" in note for note in cohort.notes)


def test_a_folder_of_a_public_dataset_is_known_by_its_files(data, tmp_path):
    by_name = load("horst2019-s01", data)
    by_place = load(data / "horst2019-s01")
    assert by_place.subjects == by_name.subjects
    assert [r.trial for r in by_place] == [r.trial for r in by_name]
    mine = tmp_path / "mine"
    mine.mkdir()
    for name in ("S01_0005_Gait.c3d", "Gait_subject_info.csv"):
        shutil.copy(data / "horst2019-s01" / name, mine)
    for source in (mine, mine / "S01_0005_Gait.c3d"):
        (trial,) = cohort = load(source)
        np.testing.assert_array_equal(trial.samples, by_name[trial.trial].samples)
        assert cohort.subjects == by_name.subjects


def test_a_name_goes_before_a_path_without_a_slash(walks, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    walks.rename("simulated")
    assert load("simulated", subjects=1, minutes=0.05).people == ("S01",)
    assert load("./simulated").people == ("P0", "P1")
    assert load(Path("simulated")).people == ("P0", "P1")


def test_what_is_absent_is_named(tmp_path):
    with pytest.raises(GaitcastError, match=r"x/y: no such file or folder"):
        load("x/y")
    with pytest.raises(GaitcastError, match="neither a dataset nor a file or folder") as error:
        load("simulatd", tmp_path)
    assert str(tmp_path / "simulatd") in str(error.value)
    assert "Did you mean 'simulated'" in str(error.value)
    with pytest.raises(GaitcastError, match="holds no file that could be read"):
        load(tmp_path)
    (tmp_path / "a.csv").write_text("x\n1\n")
    with pytest.raises(GaitcastError, match=r"a\.csv: its columns are not"):
        load(tmp_path)
    (tmp_path / "b.csv").write_text("x\n1\n")
    with pytest.raises(GaitcastError, match="none of its 2 files could be read"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("subjects.csv", "name\nP0\n", "no column of participants"),
        ("subjects.csv", "subject,age\nP0,3\nP0,4\n", "participant 'P0' stands twice"),
        ("subjects.csv", "subject,age\nP0,3,4\n", "row 2 has 3 cells for 2 columns"),
        ("subjects.csv", "subject,a,a\nP0,3,4\n", "column 'a' stands twice"),
        ("subjects.csv", b"\xff\xfe\x00", "cannot read the table"),
        ("events.csv", "trial,event,time_s\nP0_walk,stop,soon\n", "row 2 is no event"),
        ("events.csv", "trial,event,time_s\nP0_walk,stop\n", "row 2 is no event"),
    ],
)
def test_a_damaged_table_beside_recordings_is_one_clear_line(walks, name, text, words):
    (walks / name).write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(GaitcastError, match=words) as error:
        load(walks)
    assert str(walks / name) in str(error.value)


def test_a_stamp_changes_with_the_files(walks, tmp_path):
    before = stamp_source(walks)
    assert stamp_source(str(walks)) == before
    (walks / "subjects.csv").write_text("subject,mass_kg\nP0,70\n")
    after = stamp_source(walks)
    assert after != before
    assert stamp_source("simulated") == ""
    stated = {stamp_source("winter-table-a1", tmp_path) for _ in _winter(tmp_path)}
    assert len(stated) == 2


def _winter(folder):
    for text in ("a", "ab"):
        (folder / PUBLIC["winter-table-a1"].files[0]).write_text(text)
        yield


def _several_walks(folder, people=("P01", "P02"), names=("walk1", "walk2")):
    (recording,) = simulate(1, 0.05, 0)
    for person in people:
        for name in names:
            write_table(recording.select(["*_knee_*"]), folder / person / "slow" / f"{name}.csv")


def _with_events_at(folder, *rows):
    lines = [f"{trial},stop,{time_s}" for trial, time_s in rows]
    (folder / "events.csv").write_text("\n".join(["trial,event,time_s", *lines]) + "\n")


@pytest.mark.parametrize("sign", ["_", "/", "\\"])
def test_events_above_the_folders_of_participants_reach_their_trials(tmp_path, sign):
    _several_walks(tmp_path)
    _with_events_at(tmp_path, (sign.join(("P01", "slow", "walk1")), 0.5), ("P09_walk", 1))
    _with_events_at(tmp_path / "P02", (sign.join(("slow", "walk2")), 0.7))
    _with_events_at(tmp_path / "P02" / "slow", ("walk1", 0.8))
    cohort = load(tmp_path)
    stops = {r.trial: r.events["stop"].tolist() for r in cohort if "stop" in r.events}
    assert stops == {"P01_walk1": [0.5], "P02_walk2": [0.7], "P02_walk1": [0.8]}
    assert [note for note in cohort.notes if "events.csv" in note] == [
        f"{tmp_path / 'events.csv'}: no trial 'P09_walk' here"
    ]
    checked = check_path(tmp_path)
    assert [n for n in checked.notes if "events.csv" in n] == [*cohort.notes]


def test_the_nearest_events_stand_and_names_of_several_trials_are_not_used(tmp_path):
    _several_walks(tmp_path, names=("walk1",))
    _several_walks(tmp_path, people=("P02",), names=("run",))
    _with_events_at(tmp_path, ("walk1", 0.5), ("run", 0.6), ("P01/slow/walk1", 0.7))
    _with_events_at(tmp_path / "P01" / "slow", ("walk1", 0.9))
    (tmp_path / "notes").mkdir()
    _with_events_at(tmp_path / "notes", ("walk1", 0.5))
    cohort = load(tmp_path)
    stops = {r.trial: r.events["stop"].tolist() for r in cohort if "stop" in r.events}
    assert stops == {"P01_walk1": [0.9], "run": [0.6]}
    told = "\n".join(cohort.notes)
    assert "2 trials are called 'walk1'" in told
    assert f"warning: {tmp_path / 'notes' / 'events.csv'}: not used" in told
