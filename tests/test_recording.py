import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from conftest import recording
from gaitcast.channel import (
    ANGLE_AXES,
    SEGMENTS,
    SIDES,
    Channel,
    marker_channels,
    match_channels,
)
from gaitcast.cohort import Cohort, OnDemand, RecordingInfo
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.units import CANONICAL, factor


@given(st.sampled_from(SIDES), st.sampled_from(SEGMENTS), st.sampled_from(ANGLE_AXES))
def test_a_channel_name_is_read_back(side, segment, axis):
    channel = Channel(side, segment, "angle", axis)
    assert Channel.parse(channel.name) == channel
    assert channel.unit == "deg"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("rigt_foot_acc_x", "Did you mean 'right'"),
        ("right_foots_acc_x", "Did you mean 'foot'"),
        ("right_foot_acc_flexion", "Valid: x, y, z"),
        ("right_foot_acc", "right_foot_acc_x"),
    ],
)
def test_a_wrong_channel_name_says_the_nearest_word(name, hint):
    with pytest.raises(GaitcastError, match=hint):
        Channel.parse(name)


def test_units_convert_to_canonical_ones():
    assert factor("g", "acc") == pytest.approx(9.80665)
    assert factor("rad/s", "gyr") == pytest.approx(180 / np.pi)
    assert factor("mm", "pos") == 1e-3
    assert all(factor(unit, quantity) == 1 for quantity, unit in CANONICAL.items())


@pytest.mark.parametrize(("unit", "quantity"), [("mm", "acc"), ("furlong", "pos"), ("m", "colour")])
def test_units_that_do_not_belong_are_refused(unit, quantity):
    with pytest.raises(GaitcastError):
        factor(unit, quantity)


def test_stretches_end_at_gaps():
    time_s = np.concatenate([np.arange(50), np.arange(80, 100)]) / 100
    trial = Recording("p", "t", 100.0, time_s, np.zeros((70, 1)), ("right_foot_acc_x",))
    assert trial.segments() == [slice(0, 50), slice(50, 70)]
    assert list(np.flatnonzero(trial.dt_s() == 0)) == [0, 50]
    assert trial.dt_s()[1] == pytest.approx(0.01)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda t, x: (t[::-1].copy(), x), "time does not increase at sample 1"),
        (lambda t, x: (t, np.where(np.arange(20)[:, None] == 7, np.inf, x)), "first at sample 7"),
        (lambda t, x: (t, x[:-1]), "do not fit 20 time stamps"),
    ],
)
def test_bad_recordings_are_refused_in_one_line(change, words):
    time_s, samples = change(np.arange(20) / 100, np.zeros((20, 1)))
    with pytest.raises(GaitcastError, match=words) as error:
        Recording("p", "walk1", 100.0, time_s, samples, ("right_foot_acc_x",))
    assert "\n" not in str(error.value)
    assert "walk1" in str(error.value)


def test_what_was_not_measured_may_stand_but_not_be_used():
    trial = recording(np.array([[0.0, np.nan, 1.0], [2.0, 3.0, 4.0]]))
    assert trial.complete(("right_foot_acc_x",)).tolist() == [[0.0], [2.0]]
    with pytest.raises(
        GaitcastError, match="1 values are not numbers in channel 'right_foot_acc_y'"
    ):
        trial.complete(trial.channels)


@pytest.mark.parametrize(
    ("label", "x"),
    [
        ("LASI", "left_LASI_marker_x"),
        ("R KNEE LAT", "right_R.KNEE.LAT_marker_x"),
        ("R_FLE", "right_R.FLE_marker_x"),
        ("r knee 1", "right_r.knee.1_marker_x"),
        ("RightHipCenter", "right_RightHipCenter_marker_x"),
        ("SACRUM", "center_SACRUM_marker_x"),
        ("C7", "center_C7_marker_x"),
        ("Laser", "center_Laser_marker_x"),
        ("", "center_unnamed_marker_x"),
    ],
)
def test_a_laboratory_s_marker_keeps_its_label(label, x):
    names = marker_channels(label)
    assert names[0] == x
    assert all(Channel.parse(name).unit == "m" for name in names)


def test_a_cohort_read_on_demand_reads_one_recording_at_a_time():
    trials = {
        f"P{n}_walk": Recording(
            f"P{n}",
            f"P{n}_walk",
            100.0,
            np.arange(3) / 100,
            np.full((3, 1), float(n)),
            ("right_foot_acc_x",),
        )
        for n in range(3)
    }
    asked = []

    def read(trial):
        asked.append(trial)
        return trials[trial]

    cohort = Cohort("c", OnDemand(read, [RecordingInfo.of(r) for r in trials.values()]))
    assert cohort.people == ("P0", "P1", "P2")
    assert list(cohort.select(["P2", "P1"]).index()["trial"]) == ["P1_walk", "P2_walk"]
    assert not asked
    assert [r.samples[0, 0] for r in cohort.select(["P1", "P2"])] == [1.0, 2.0]
    assert cohort["P0_walk"].subject == "P0"
    assert asked == ["P1_walk", "P2_walk", "P0_walk"]


def test_columns_come_by_name_and_order():
    trial = recording(np.arange(6.0).reshape(2, 3))
    assert trial.matrix(("right_foot_acc_z", "right_foot_acc_x")).tolist() == [[2, 0], [5, 3]]
    with pytest.raises(GaitcastError, match="Did you mean 'right_foot_acc_x'"):
        trial.column("right_foot_acc_xx")


def test_patterns_match_in_the_order_of_the_channels():
    names = ("right_foot_gyr_x", "right_foot_acc_x", "left_foot_acc_x")
    assert match_channels(names, ["*_acc_*", "right_*"], where="here") == names
    with pytest.raises(GaitcastError, match=r"no channel matches '\*_mag_\*'"):
        match_channels(names, ["*_mag_*"], where="here")


def test_a_cohort_is_an_index(people):
    index = people.index()
    assert list(index["subject"]) == list(people.people) == ["S01", "S02", "S03"]
    assert len(people.select(["S02"])) == 1
    with pytest.raises(GaitcastError, match="Did you mean 'S0"):
        people.select(["S05"])
    with pytest.raises(GaitcastError, match="stand twice: S01"):
        Cohort("twice", (people["S01"], people["S01"]))


def test_some_channels_can_be_selected(people):
    trial = people.recordings[0]
    foot = trial.select(["right_foot_acc_*", "right_ankle_angle_flexion"])
    assert len(foot.channels) == 4
    assert np.array_equal(foot.column("right_foot_acc_y"), trial.column("right_foot_acc_y"))
    assert foot.truth is trial.truth
    with pytest.raises(GaitcastError, match="no channel matches 'ipsi_"):
        trial.select(["ipsi_*"])


@pytest.mark.parametrize("what", ["is it one person?", "stop.", "why not"])
def test_an_error_has_one_mark_between_what_is_wrong_and_its_hint(what):
    text = str(GaitcastError(what, where="a.csv", hint="Name another file"))
    assert text == f"a.csv: {what}{'' if what[-1] in '?.' else '.'} Name another file"
