"""Xsens MVNX: made of two known bodies, so that every value is known."""

import gzip

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import find_format, read
from made_files import mvnx_document, mvnx_frame

N = 60


@pytest.fixture
def path(tmp_path):
    place = tmp_path / "walk_1.mvnx"
    place.write_text(mvnx_document([mvnx_frame(k) for k in range(N)]))
    return place


def test_joints_positions_sensors_and_contacts(path):
    assert find_format(path).name == "Xsens MVNX"
    (trial,) = read(path)
    assert (trial.subject, trial.rate_hz, len(trial)) == ("P07", 60.0, N)
    np.testing.assert_allclose(trial.time_s, np.arange(N) / 60)
    np.testing.assert_allclose(trial.column("right_knee_angle_flexion"), 20 + np.arange(N))
    assert trial.column("right_hip_angle_adduction")[0] == -1
    assert trial.column("right_hip_angle_rotation")[0] == 2
    assert trial.column("right_knee_pos_z")[0] == pytest.approx(0.7)
    assert "right_toe_pos_x" in trial.channels
    # At rest a sensor reads gravity upward; turned, its x is the laboratory's y.
    shank = trial.matrix([f"right_shank_acc_{a}" for a in "xyz"])[5]
    np.testing.assert_allclose(shank, [2, -1, 9.80665], atol=1e-4)
    foot = trial.matrix([f"left_foot_gyr_{a}" for a in "xyz"])[5]
    np.testing.assert_allclose(foot, [0, np.degrees(1), 0], atol=1e-3)
    np.testing.assert_allclose(trial.events["left_heel_strike"], [20 / 60, 40 / 60])
    np.testing.assert_allclose(trial.events["left_toe_off"], [12 / 60, 32 / 60, 52 / 60])
    assert len(trial.events["right_heel_strike"]) == 0


def test_the_order_of_the_contacts_is_that_of_their_labels(tmp_path):
    names = ["RightFoot_Heel", "RightFoot_Toe", "LeftFoot_Heel", "LeftFoot_Toe"]
    listed = "".join(f'<contactDefinition label="{n}" index="0"/>' for n in names)
    contacts = f"<footContactDefinition>{listed}</footContactDefinition>"
    path = tmp_path / "a.mvnx"
    path.write_text(mvnx_document([mvnx_frame(k) for k in range(N)], contacts=contacts))
    (trial,) = read(path)
    assert len(trial.events["right_heel_strike"]) == 2
    assert len(trial.events["left_heel_strike"]) == 0


@pytest.mark.parametrize("label", ["MVN System 1", "Suit 2", "", "Untitled"])
def test_the_name_of_a_suit_is_no_participant(tmp_path, label):
    path = tmp_path / "P3_walk.mvnx"
    path.write_text(mvnx_document([mvnx_frame(k) for k in range(N)], label=label))
    assert read(path)[0].subject == "P3"


def test_packed_and_cut_files(path):
    packed = path.with_suffix(".mvnx.gz")
    packed.write_bytes(gzip.compress(path.read_bytes()))
    assert len(read(packed)[0]) == N
    text = path.read_text()
    path.write_text(text[: text.index('index="30"') + 300])
    (trial,) = read(path)
    assert len(trial) == 30
    assert any("damaged behind frame 29" in note for note in trial.notes)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (mvnx_document([mvnx_frame(0), mvnx_frame(1)], head="<!DOCTYPE mvnx>"), "document type"),
        (
            mvnx_document(
                [mvnx_frame(0)], head='<!DOCTYPE m [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
            ),
            "document type",
        ),
        (mvnx_document([]), "fewer than two frames"),
        (
            mvnx_document([mvnx_frame(0), mvnx_frame(1).replace("1.000000", "one")]),
            "could not convert",
        ),
        ("<mvnx>", "damaged"),
        (mvnx_document([mvnx_frame(5), mvnx_frame(3), mvnx_frame(9)]), "not increase"),
    ],
)
def test_what_is_refused(tmp_path, text, words):
    path = tmp_path / "a.mvnx"
    path.write_text(text)
    with pytest.raises(GaitcastError, match=words):
        read(path)


def test_the_times_of_the_frames_are_held_against_the_rate(tmp_path):
    path = tmp_path / "a.mvnx"
    path.write_text(mvnx_document([mvnx_frame(k, rate=120) for k in range(N)]))
    (trial,) = read(path)
    assert any(note.startswith("warning: the file states 60 Hz") for note in trial.notes)
    assert trial.rate_hz == pytest.approx(120, rel=0.05)
