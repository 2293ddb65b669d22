import pytest

from gaitcast.io import read
from gaitcast.io.people_table import people_of, read_people
from made_c3d import heels, write_c3d


def c3d(folder, mass, height):
    measures = {"PROCESSING:Bodymass": float(mass), "PROCESSING:Height": float(height)}
    write_c3d(folder / "P1_walk.c3d", heels(), measures)
    (recording,) = read(folder / "P1_walk.c3d")
    said = [n for n in recording.notes if n.startswith("warning: PROCESSING")]
    return recording.covariates, said


@pytest.mark.parametrize(
    ("mass", "height", "kept", "words"),
    [
        (160, 70, {"mass_kg"}, "is the mass of 160 in lb"),
        (72, 175, {"mass_kg"}, "HEIGHT is 175, no person's in mm: left out"),
        (72, 1750, {"mass_kg", "height_m"}, ""),
        (720, 1750, {"height_m"}, "BODYMASS is 720, no person's in kg"),
        (0, 0, set(), ""),
        (170, 1700, {"mass_kg", "height_m"}, "170 kg at 1.7 m are 58.8 kg/m^2"),
    ],
)
def test_measures_of_a_c3d_file_that_no_person_has_are_said(tmp_path, mass, height, kept, words):
    covariates, said = c3d(tmp_path, mass, height)
    assert set(covariates) == kept
    assert [words in note for note in said] == [True] * bool(words)


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("subject,weight\nA,160\nB,150\nC,180\n", "masses of 160 kg at the median: are they in lb"),
        ("subject,weight\nA,82\nB,75\nC,140\n", ""),
        ("subject,mass_kg,height_m\nA,70,1.75\nB,700,1.8\nC,62,1.7\n", "no person's; left out"),
        ("subject,mass_kg,height_m\nA,70,1.75\nB,190,1.8\nC,62,1.7\n", "B: 190 kg at 1.8 m are"),
        ("subject,mass_kg,height_m\nA,70,1.75\nB,62,1.17\nC,26,1.7\n", "C: 26 kg at 1.7 m are 9 "),
        ("subject,mass_kg,height_m\nA,70,1.75\nB,20,1.17\nC,62,1.7\n", ""),
    ],
)
def test_masses_of_a_table_that_no_person_has_are_said(tmp_path, rows, words):
    path = tmp_path / "subjects.csv"
    path.write_text(rows)
    said = [note for note in read_people(path).notes if note.startswith("warning:")]
    assert [words in note for note in said] == [True] * bool(words)


def test_one_person_may_be_heavy():
    assert people_of({"P1": {"mass_kg": 120}}, "x").notes == []
    assert "in lb" in people_of({"P1": {"weight": 165}}, "x").notes[0]
