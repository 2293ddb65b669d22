"""Who a participant is: from header, table, mapping, folder or name; else it is refused."""

import json
from dataclasses import replace

import numpy as np
import pytest

import gaitcast
from gaitcast.datasets import load
from gaitcast.datasets.convert import convert_files
from gaitcast.datasets.participants import Found, identify
from gaitcast.datasets.trial_files import TrialFiles
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits import LeaveOneSubjectOut
from gaitcast.io.people_table import read_people
from gaitcast.io.subject_name import is_static, participant_in, subject_of_name
from gaitcast.quality.check import check_path


def place(folder, *names):
    """Tables of two seconds, each with other numbers."""
    rng = np.random.default_rng(len(names))
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        rows = np.column_stack([np.arange(200) / 100, rng.normal(9.8, 1, (200, 1))])
        text = "\n".join(",".join(f"{v:.4f}" for v in row) for row in rows)
        path.write_text(f"time_s,right_foot_acc_x\n{text}\n")
    return folder


def people(folder, **options):
    cohort = load(folder, **options)
    return {info.trial: (info.subject, info.identified_by) for info in cohort.infos}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("sub-01/walk1.csv", "sub-02/walk1.csv"), {"sub-01": "folder", "sub-02": "folder"}),
        (("S01/ses-1/a.csv", "S02/ses-1/a.csv"), {"S01": "folder", "S02": "folder"}),
        (("P01_day1/walk.csv", "P01_day2/walk.csv"), {"P01": "folder"}),
        (("S02-walk1.csv", "S02-walk2.csv", "P03 walk 1.csv"),
         {"S02": "file name", "P03": "file name"}),
        (("walk_P04.csv", "walk_P05.csv"), {"P04": "file name", "P05": "file name"}),
        (("sub-01/walk1.csv", "sub-01/static.csv", "sub-02/walk1.csv"),
         {"sub-01": "folder", "sub-02": "folder"}),
        (("S01_walk.csv", "static.csv"), {"S01": "file name"}),
        (("vicon/S01/w.csv", "xsens/S01/w.csv", "vicon/S02/w.csv"),
         {"S01": "folder", "S02": "folder"}),
        (("01_S01_w.csv", "02_S01_w.csv", "03_S02_w.csv"),
         {"S01": "file name", "S02": "file name"}),
        (("20240501_S01.csv", "20240502_S01.csv"), {"S01": "file name"}),
        (("ik/P1_w.csv", "ik/P2_w.csv"), {"P1": "file name", "P2": "file name"}),
    ],
)  # fmt: skip
def test_layouts_of_laboratories(tmp_path, names, expected):
    cohort = load(place(tmp_path / "lab", *names))
    assert set(cohort.people) == set(expected)
    first = {info.subject: info.identified_by for info in reversed(cohort.infos)}
    for who, how in expected.items():
        assert first[who] == how or how == "file name"
    assert cohort.identity_warnings == ()
    assert len({info.trial for info in cohort.infos}) == len(names)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("walk1.csv", "walk2.csv", "walk3.csv"), "these are the names of files"),
        (("monday/S01.csv", "tuesday/S01.csv"), "'S01' stands in 2 folders"),
        (("anna/walk1.csv", "ben/walk1.csv", "ben/walk2.csv"), "'anna', 'ben' taken for"),
        (("01/walk.csv", "02/walk.csv", "02/run.csv"), "without a participant's code"),
        (("anna_1.csv", "anna_2.csv", "ben_1.csv"), "without a participant's code"),
        (("slow/anna/w.csv", "slow/ben/w.csv", "fast/anna/w.csv", "fast/ben/w.csv"),
         "'anna', 'ben'"),
        (("baseline/a.csv", "3months/a.csv", "baseline/b.csv", "3months/b.csv"), "taken for"),
        (("exo_on/a.csv", "exo_off/a.csv", "exo_on/b.csv", "exo_off/b.csv"), "taken for"),
        (("T0/w.csv", "T1/w.csv", "T0/r.csv", "T1/r.csv"), "taken for participants"),
        (("20240501_anna_w.csv", "20240501_ben_w.csv", "20240502_anna_w.csv"), "'anna', 'ben'"),
        (("S01a.csv", "S01b.csv", "S02a.csv", "S02b.csv"), "may be one person"),
        (("P1_w.csv", "P2_w.csv", "walk.csv"), "'walk' taken for participants"),
        (("anna.csv", "ben.csv", "carla.csv"), "each file is a participant of its own"),
        (("S01_walk.csv", "S02_walk.csv", "static.csv"), "static trials alone: whose"),
        (("healthy/S01/w.csv", "stroke/S01/w.csv", "stroke/S02/w.csv"), "'S01' occur behind each"),
        (("healthy/1/w.csv", "healthy/2/w.csv", "stroke/1/w.csv"), "'1' occur behind each of"),
        (("anna_s1.csv", "anna_s2.csv", "ben_s1.csv", "ben_s2.csv"), "'s1', 's2' occur behind"),
        (("01_s1.csv", "01_s2.csv", "02_s1.csv", "02_s2.csv"), "'s1', 's2' occur behind each"),
        (("anna/s1/w.csv", "anna/s2/w.csv", "ben/s1/w.csv"), "'s1' occur behind each of 'anna'"),
        (("s1/anna/w.csv", "s2/anna/w.csv", "s1/ben/w.csv", "s2/ben/w.csv"), "'anna', 'ben' occur"),
        (("lab/anna.csv", "home/anna.csv", "lab/ben.csv", "home/ben.csv"), "'anna'"),
        (("S01_walk1.csv", "s01_walk2.csv", "S1_walk3.csv", "S02_walk1.csv"), "may be one person"),
        (("anna_v1/w.csv", "anna_v2/w.csv", "ben_v1/w.csv"), "'anna_v1', 'anna_v2' may be one"),
        (("0.8/anna.csv", "1.2/anna.csv", "0.8/ben.csv"), "'anna' stands in 2 folders (0.8, 1.2)"),
        (("healthy/1.csv", "patients/1.csv", "healthy/2.csv"), "'1' stands in 2 folders"),
        (("ik/anna_w1.csv", "ik/ben_w1.csv"), "'anna', 'ben' in names of files are all taken"),
    ],
)  # fmt: skip
def test_what_is_uncertain_is_a_warning_and_refused_before_people_are_split(tmp_path, names, words):
    lab = place(tmp_path / "lab", *names)
    assert any(words in warning for warning in check_path(lab).warnings)
    lines = list(convert_files(lab, tmp_path / "cohort"))
    assert any(line.startswith("warning: ") and words in line for line in lines)
    for cohort in (load(lab), load(tmp_path / "cohort"), load(tmp_path / "cohort", rate_hz=50)):
        assert any(words in warning for warning in cohort.identity_warnings)
        with pytest.raises(GaitcastError, match="not certain who the participants are"):
            LeaveOneSubjectOut().folds(cohort, 10)
    if len(cohort.people) > 2:
        assert LeaveOneSubjectOut().folds(cohort.confirm_participants(), 10)


STUDY = """
name = "s"
title = "s"
data = {{ dataset = "lab/"{more} }}
horizons_ms = [100]
task = {{ name = "acc", targets = ["right_foot_acc_x"], history_ms = 200 }}
inputs = {{ acc = ["right_foot_acc_x"] }}
[[models]]
model = "persistence"
inputs = ["acc"]
[[splits]]
kind = "leave-one-subject-out"
"""


def test_a_study_refuses_until_the_participants_are_confirmed(tmp_path):
    from gaitcast.study import Workspace, read_study, run_study

    place(tmp_path / "lab", "anna.csv", "ben.csv", "carla.csv")
    for more in ("", ', participants = "confirmed"'):
        (tmp_path / "s.toml").write_text(STUDY.format(more=more))
        workspace = Workspace(read_study(tmp_path / "s.toml"), tmp_path, tmp_path / "out")
        if more:
            assert len(run_study(workspace)) == 3
        else:
            with pytest.raises(GaitcastError, match='participants = "confirmed" in'):
                run_study(workspace)


def test_a_table_of_participants_says_who_a_file_is_of(tmp_path):
    lab = place(tmp_path / "lab", "walk_X7.csv", "walk_Y8.csv", "fast_X7.csv")
    (lab / "participants.tsv").write_text(
        "participant_id\tage\tweight\nX7\t30\t70\nY8\tn/a\t81.5\n"
    )
    assert {who for who, _ in people(lab).values()} == {"X7", "Y8"}
    assert {how for _, how in people(lab).values()} == {"participants table"}
    assert load(lab).subjects == {"X7": {"age": 30.0, "mass_kg": 70.0}, "Y8": {"mass_kg": 81.5}}
    assert load(lab / "walk_X7.csv").people == ("X7",)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ('subject = "folder"', {"visit1": 1, "visit2": 1}),
        ('subject = "S9"', {"S9": 2}),
        ('subject = { pattern = "(?P<subject>[a-z]+)-(?P<trial>.*)" }', {"anna": 1, "ben": 1}),
    ],
)
def test_a_mapping_above_says_whose_files_are(tmp_path, rule, expected):
    lab = place(tmp_path / "lab", "visit1/anna-walk.csv", "visit2/ben-walk.csv")
    (lab / "mapping.toml").write_text(rule + "\n[subjects.anna]\nmass_kg = 61\n")
    cohort = load(lab)
    counts = {who: sum(i.subject == who for i in cohort.infos) for who in cohort.people}
    assert counts == expected
    assert {i.identified_by for i in cohort.infos} == {"mapping"}
    assert cohort.identity_warnings == ()
    assert ("anna" in expected) == (cohort.subjects == {"anna": {"mass_kg": 61.0}})


def test_a_column_of_a_table_says_whose_a_row_is(tmp_path):
    rows = ["person,walk,t,ax"]
    for who in ("anna", "ben"):
        for walk in (1, 2):
            rows += [f"{who},{walk},{k / 100},{k % 7}" for k in range(50)]
    (tmp_path / "all.csv").write_text("\n".join(rows) + "\n")
    (tmp_path / "mapping.toml").write_text(
        'rate_hz = 100\nsubject = { column = "person" }\ntrial = { column = "walk" }\n'
        'time = { column = "t", unit = "s" }\n[channels]\n'
        'right_foot_acc_x = { column = "ax", unit = "m/s^2" }\n'
    )
    cohort = load(tmp_path)
    assert cohort.people == ("anna", "ben")
    assert [info.trial for info in cohort.infos] == [
        "all_anna_1", "all_anna_2", "all_ben_1", "all_ben_2"
    ]  # fmt: skip
    assert [len(r) for r in cohort] == [50, 50, 50, 50]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ('subject = { colum = "x" }', "Did you mean 'column'"),
        ('subject = { pattern = "(" }', "cannot be read"),
        ('subject = { pattern = "S" }', "no group 'subject'"),
        ('subject = { pattern = "(?P<subject>Z+)" }', "does not match the pattern"),
        ("subject = 3", "subject is not a name"),
        ('subject = { pattern = "(?P<subject>.)" }\ntrial = { column = "x" }', "no pattern"),
        ('subject = "a"\n[subjects]\na = 3', "not a table of tables"),
        ('subject = "a"\n[subjects.a]\nmass_kg = [1]', "neither a number nor a text"),
    ],
)
def test_a_wrong_rule_is_one_clear_line(tmp_path, text, words):
    place(tmp_path, "a/walk.csv")
    (tmp_path / "mapping.toml").write_text(text)
    with pytest.raises(GaitcastError, match="mapping") as caught:
        load(tmp_path / "a")
    assert words in str(caught.value)


def test_masses_and_heights_come_in_any_usual_name_and_unit(tmp_path):
    table = tmp_path / "people.csv"
    table.write_text(
        "Subject;Body mass [kg];Height (cm);Sex;knee\nP1;71,5;178;m;left\nP2;;1650;f;\n",
    )
    found = read_people(table)
    assert found.known == {
        "P1": {"mass_kg": 71.5, "height_m": 1.78, "sex": "m", "knee": "left"},
        "P2": {"sex": "f"},
    }
    assert any("Height (cm) of P2 is 1650" in note for note in found.notes)
    table.write_text("id,weight,height\nP1,150 lb,178\n")
    assert read_people(table).known["P1"]["height_m"] == 1.78
    table.write_text("id,weight_lb\nP1,150\n")
    assert read_people(table).known["P1"]["mass_kg"] == pytest.approx(68.04, abs=0.01)
    (tmp_path / "participants.tsv").write_text("participant_id\theight\nsub-1\t178\n")
    (tmp_path / "participants.json").write_text(json.dumps({"height": {"Units": "cm"}}))
    assert read_people(tmp_path / "participants.tsv").known == {"sub-1": {"height_m": 1.78}}
    lab = place(tmp_path / "lab", "P1_walk.csv")
    table.write_text("subject,mass_kg\nP1,60\n")
    assert load(lab, people=table).subjects == {"P1": {"mass_kg": 60.0}}
    assert load(lab, people="../people.csv").subjects == {"P1": {"mass_kg": 60.0}}
    with pytest.raises(GaitcastError, match="no such table of participants"):
        load(lab, people="none.csv")


def test_a_session_s_metadata_names_its_person(tmp_path):
    lab = place(tmp_path / "lab", "a/MarkerData/walk.csv", "b/MarkerData/walk.csv")
    for folder, who in (("a", "JD"), ("b", "KL")):
        (lab / folder / "sessionMetadata.yaml").write_text(f"subjectID: {who}\nmass_kg: 70\n")
    cohort = load(lab)
    assert cohort.people == ("JD", "KL")
    assert cohort.subjects["JD"] == {"mass_kg": 70.0}
    (lab / "a" / "sessionMetadata.yaml").write_text("a: [")
    with pytest.raises(GaitcastError, match=r"sessionMetadata\.yaml: cannot be read"):
        load(lab)


def test_names_of_files():
    assert participant_in("walk_S02-3") == "S02"
    assert subject_of_name("walk1") == "walk1"
    assert participant_in("step05 sparse") == ""
    assert is_static("S01_static_2")
    assert not is_static("ecstatic")


def test_what_is_not_read_is_said_once_a_cause(tmp_path):
    lab = place(tmp_path / "lab", "S01_walk.csv")
    for name in ("a.pdf", "b.pdf", "c.pdf", "d.pdf"):
        (lab / name).write_text("x")
    notes = load(lab).notes
    assert len(notes) == 1
    assert "a.pdf, b.pdf, c.pdf and 1 more: no reader for '.pdf' files" in notes[0]
    checked = check_path(lab)
    assert (len(checked.unread), checked.unread_files) == (1, 4)


def test_confirmed_in_python(tmp_path):
    cohort = load(place(tmp_path, "anna.csv", "ben.csv", "carla.csv"))
    pipe = gaitcast.Pipeline(
        inputs=["right_foot_acc_x"], targets=["right_foot_acc_x"], history_ms=200, horizon_ms=100,
        model="persistence",
    )  # fmt: skip
    with pytest.raises(GaitcastError, match="confirm_participants"):
        gaitcast.cross_validate(pipe, cohort, LeaveOneSubjectOut(), baselines=False)
    scores = gaitcast.cross_validate(
        pipe, cohort.confirm_participants(), LeaveOneSubjectOut(), baselines=False
    )
    assert set(scores.table["subject"]) == {"anna", "ben", "carla"}


def test_numbers_of_trials_are_no_participants_of_a_table(tmp_path):
    lab = place(tmp_path / "lab", "S01_1.csv", "S01_2.csv", "S02_1.csv", "S02_2.csv")
    (lab / "subjects.csv").write_text("subject,mass_kg\n1,70\n2,60\n")
    cohort = load(lab)
    assert {i.trial: i.subject for i in cohort.infos} == {
        "S01_1": "1", "S01_2": "1", "S02_1": "2", "S02_2": "2"
    }  # fmt: skip
    assert cohort.identity_warnings == ()


def test_a_code_is_found_in_a_table_that_writes_it_in_another_way(tmp_path):
    lab = place(tmp_path / "lab", "S01_walk.csv", "S02_walk.csv")
    (lab / "participants.tsv").write_text("participant_id\tmass_kg\nsub-01\t70\nsub-02\t60\n")
    assert load(lab).subjects["sub-02"]["mass_kg"] == 60


def test_a_table_of_other_people_is_said(tmp_path):
    lab = place(tmp_path / "lab", "S01_walk.csv", "S02_walk.csv")
    (lab / "subjects.csv").write_text("subject,mass_kg\nanna,70\nben,60\n")
    assert any("names no participant who is recorded here" in note for note in load(lab).notes)


def test_a_name_that_nobody_gave_is_no_participant(tmp_path):
    names = [f"{folder}/MarkerData/walk1.csv" for folder in ("session_a", "session_b")]
    lab = place(tmp_path / "lab", *names)
    for folder in ("session_a", "session_b"):
        (lab / folder / "sessionMetadata.yaml").write_text("subjectID: defaultSubject\n")
    assert set(load(lab).people) == {"session_a", "session_b"}


def test_the_folder_in_which_one_stands_is_not_above_a_file_elsewhere(tmp_path, monkeypatch):
    place(tmp_path / "lab", "S01_walk.csv")
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "mapping.toml").write_text('subject = "somebody"\n')
    monkeypatch.chdir(tmp_path / "here")
    assert people("../lab") == {"S01_walk": ("S01", "file name")}


def test_a_session_is_found_from_another_folder(tmp_path, monkeypatch):
    lab = place(tmp_path / "lab", "a/MarkerData/w.csv", "b/MarkerData/w.csv")
    for who in ("a", "b"):
        (lab / who / "sessionMetadata.yaml").write_text(f"subjectID: P{who}\nmass_kg: 70\n")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert load("../lab").subjects == {"Pa": {"mass_kg": 70.0}, "Pb": {"mass_kg": 70.0}}


def test_one_person_s_table_of_several_trials(tmp_path):
    rows = "".join(f"{t},{k / 100},{9.8 + k % 3}\n" for t in (1, 2) for k in range(100))
    (tmp_path / "S01_all.csv").write_text(f"walk,t,ax\n{rows}")
    (tmp_path / "mapping.toml").write_text(
        'trial = { column = "walk" }\nrate_hz = 100\ntime = { column = "t", unit = "s" }\n'
        '[channels]\nright_foot_acc_x = { column = "ax", unit = "m/s^2" }\n'
    )
    assert people(tmp_path) == {
        "S01_all_1": ("S01", "file name"), "S01_all_2": ("S01", "file name")
    }  # fmt: skip


def test_where_no_code_is_folders_are_still_read_as_people(tmp_path):
    lab = place(tmp_path, "slow/anna/w.csv", "slow/ben/w.csv", "fast/anna/w.csv", "fast/ben/w.csv")
    assert load(lab).people == ("anna", "ben")
    (lab / "mapping.toml").write_text('subject = { pattern = "(?P<subject>anna|ben)" }\n')
    assert load(lab).people == ("anna", "ben")
    assert load(lab).identity_warnings == ()


def test_one_header_over_the_folders_of_several_people_is_a_warning(tmp_path):
    found = [
        Found(TrialFiles((), "walk1", tmp_path / who, False), "walk1", "Smith", "file header")
        for who in ("anna", "ben", "carl")
    ]
    (warning,) = identify(tmp_path, found).warnings
    assert warning == "the files of anna, ben, carl all say that they are of 'Smith'"
    days = [
        replace(f, files=replace(f.files, holder=tmp_path / f"day{k}")) for k, f in enumerate(found)
    ]
    assert identify(tmp_path, days).warnings == ()


@pytest.mark.parametrize(
    ("names", "expected", "words"),
    [
        (("MyLab_anna_1.csv", "MyLab_ben_1.csv"), {"MyLab"}, "'anna', 'ben' in names of files"),
        (("IMU1_anna_w.csv", "IMU2_ben_w.csv"), {"anna", "ben"}, "each file is a participant"),
        (("static_anna.csv", "walk1_ben.csv"), {"anna", "ben"}, "static trials alone"),
        (("S01V1_T01.csv", "S01V2_T01.csv", "S02V1_T01.csv"), {"S01V1", "S01V2", "S02V1"},
         "are they so many"),
        (("slow/S01_w.csv", "fast/S01_w.csv", "slow/S02_w.csv", "fast/S02_w.csv"), {"S01", "S02"},
         "'S01', 'S02' stand in 2 folders (fast, slow)"),
    ],
)  # fmt: skip
def test_words_in_front_of_a_name_are_no_people(tmp_path, names, expected, words):
    cohort = load(place(tmp_path / "lab", *names))
    assert set(cohort.people) == expected
    assert sum(words in warning for warning in cohort.identity_warnings) == 1


def test_a_header_against_the_folder_it_lies_in_is_a_warning(tmp_path):
    def found(header, folder):
        return Found(TrialFiles((), "w", tmp_path / folder, False), "w", header, "file header")

    assert identify(tmp_path, [found("Subject 1", "S01"), found("S2", "sub-02")]).warnings == ()
    (warning,) = identify(tmp_path, [found("S02", "S01"), found("S01", "S02")]).warnings
    assert warning == "'w' of 'S01' says that it is of 'S02': which is right?"


def test_the_folder_of_a_mapping_is_no_condition(tmp_path):
    lab = place(tmp_path, *(f"{c}/{who}/w.csv" for c in ("slow", "fast") for who in ("anna", "S2")))
    (lab / "mapping.toml").write_text('subject = "folder"\n')
    assert load(lab).people == ("S2", "anna")


def test_a_table_says_above_its_columns_whose_it_is(tmp_path):
    rows = "\n".join(f"{k / 100},{9.8 + k % 3}" for k in range(100))
    above = "Subject: P07\nMass: 154 lb\nDevice: Xi\n"
    (tmp_path / "walk.csv").write_text(f"{above}time_s,right_foot_acc_x\n{rows}\n")
    cohort = load(tmp_path)
    assert people(tmp_path) == {"walk": ("P07", "file header")}
    assert cohort["walk"].covariates["mass_kg"] == pytest.approx(69.85, abs=0.01)


def test_sizes_of_people_are_read_in_their_unit_or_left_out_with_a_warning(tmp_path):
    lab = place(tmp_path / "lab", "P1_walk.csv", "P2_walk.csv")
    table = tmp_path / "people.csv"
    table.write_text("id,weight,height\nP1,150 lb,1.78 m\nP2,heavy,70 in\nP3,80 kg,\n")
    cohort = load(lab, people=table)
    assert cohort.subjects["P1"] == {"mass_kg": pytest.approx(68.04, abs=0.01), "height_m": 1.78}
    assert cohort.subjects["P2"] == {"height_m": pytest.approx(1.778)}
    assert any("weight of P2 is 'heavy', not understood" in note for note in cohort.notes)
    assert "no recording of P3" in cohort.notes
    (lab / "mapping.toml").write_text(
        "[subjects.P1]\nweight_lb = 150\nheight_cm = 178\n[subjects.P2]\nmass_kg = 7150\n"
    )
    cohort = load(lab)
    assert cohort.subjects["P1"] == {"mass_kg": pytest.approx(68.04, abs=0.01), "height_m": 1.78}
    assert any("mass_kg of P2 is 7150: no person's" in note for note in cohort.notes)
    table.write_text("id,weight,height\nP1,150,71\nP2,160,70\n")
    assert any("may be inches or cm" in note for note in read_people(table).notes)
    table.write_text("id,mass_kg,height_m\nP1,170,1.7\nP2,180,1.75\n")
    assert any("59 kg/m^2 at the median" in note for note in read_people(table).notes)


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("S1_P01.csv", "S2_P01.csv", "S1_P02.csv", "S2_P02.csv"), "'P01', 'P02' occur with"),
        (("S1-101.csv", "S2-101.csv", "S1-102.csv", "S2-102.csv"), "'101', '102' occur with"),
        (("S1/P1_w.csv", "S2/P1_w.csv", "S1/P2_w.csv", "S2/P2_w.csv"), "'P1', 'P2' occur with"),
        (("control1_anna.csv", "control2_anna.csv", "control1_ben.csv", "control2_ben.csv"),
         "'anna', 'ben' occur with"),
        (("CP1/anna_1.csv", "CP2/anna_1.csv", "CP1/ben_1.csv", "CP2/ben_1.csv"), "'anna', 'ben'"),
        (("S0101.csv", "S0102.csv", "S0201.csv", "S0202.csv"), "may be trials of 2 people"),
        (("anna/P1.csv", "anna/P2.csv", "ben/P3.csv", "ben/P4.csv"), "are they trials"),
        (("slow/MarkerData/anna_1.csv", "fast/MarkerData/anna_1.csv", "slow/MarkerData/ben_1.csv",
          "fast/MarkerData/ben_1.csv"), "'anna', 'ben' occur with several"),
    ],
)  # fmt: skip
def test_what_stands_behind_a_code_may_be_the_person(tmp_path, names, words):
    cohort = load(place(tmp_path / "lab", *names))
    assert any(words in warning for warning in cohort.identity_warnings), cohort.identity_warnings


@pytest.mark.parametrize(
    "names",
    [
        ("S01_grass_1.csv", "S02_grass_1.csv", "S01_gravel_1.csv", "S02_gravel_1.csv"),
        ("S01/jacket_1.csv", "S02/jacket_1.csv", "S01/coat_1.csv", "S02/coat_1.csv"),
        ("S1_T01.csv", "S2_T01.csv", "S1_T02.csv", "S2_T02.csv"),
        ("P1_walk1.csv", "P2_walk1.csv", "P1_walk2.csv", "P2_walk2.csv"),
        ("S01_walk.csv", "S02_walk.csv", "S03_walk.csv", "S04_walk.csv"),
        ("healthy/P1.csv", "healthy/P2.csv", "patients/P3.csv", "patients/P4.csv"),
    ],
)
def test_words_of_usual_layouts_are_no_people(tmp_path, names):
    assert load(place(tmp_path / "lab", *names)).identity_warnings == ()


def test_numbers_of_a_table_that_are_those_of_trials_are_a_warning(tmp_path):
    names = [f"{who}_{k}.csv" for who in ("anna", "ben", "carl") for k in (1, 2, 3)]
    lab = place(tmp_path / "lab", *names)
    (lab / "participants.tsv").write_text("participant_id\tmass_kg\n1\t60\n2\t70\n3\t80\n")
    assert any("'anna', 'ben', 'carl' occur with" in w for w in load(lab).identity_warnings)


def test_groups_with_people_of_the_same_codes_are_uncertain_with_a_table_too(tmp_path):
    lab = place(tmp_path / "lab", "healthy/S01_w.csv", "stroke/S01_w.csv", "stroke/S02_w.csv")
    (lab / "participants.tsv").write_text("participant_id\tmass_kg\nS01\t60\nS02\t70\n")
    assert any("occur behind each of" in w for w in load(lab).identity_warnings)


def test_one_code_under_two_names_is_a_warning(tmp_path):
    found = [
        Found(TrialFiles((), "S01_1", tmp_path, False), "S01_1", "anna", "file header"),
        Found(TrialFiles((), "S01_2", tmp_path, False), "S01_2", "S01", "file name"),
    ]
    assert any("files of 'S01' are taken for 'anna', 'S01'" in w
               for w in identify(tmp_path, found).warnings)  # fmt: skip


def test_sessions_that_name_one_person_in_several_ways(tmp_path):
    for pair in (("anna_pre", "anna_post"), ("S01_1", "S01_2"), ("Anna", "anna")):
        lab = place(tmp_path / pair[0], "a/MarkerData/walk.csv", "b/MarkerData/walk.csv")
        for folder, who in zip(("a", "b"), pair, strict=True):
            (lab / folder / "sessionMetadata.yaml").write_text(f"subjectID: {who}\n")
        assert any("may be one person" in w for w in load(lab).identity_warnings)
