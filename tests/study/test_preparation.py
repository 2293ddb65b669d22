"""What is made of recordings before anything is split."""

from dataclasses import replace

import numpy as np
import pytest

from conftest import recording
from gaitcast.cohort import Cohort
from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.study.preparation import force_per_mass, prepare


@pytest.fixture
def weighed(people):
    return replace(people, subjects={p: {"mass_kg": 60.0 + k} for k, p in enumerate(people.people)})


def _trial(samples, channels):
    return Recording("p", "t", 100.0, np.arange(len(samples)) / 100, samples, channels)


def test_force_is_divided_by_the_own_mass(weighed):
    for trial in force_per_mass(weighed):
        mass = weighed.subjects[trial.subject]["mass_kg"]
        force = weighed[trial.trial].column("left_plate_force_x")
        np.testing.assert_allclose(trial.column("left_foot_grf_x") * mass, force)
        assert not any("_plate_force_" in name for name in trial.channels)


def test_each_foot_is_seen_from_its_own_side(weighed):
    trial = weighed["S01"]
    made = prepare(weighed, ["each-foot", "force-per-mass"])
    assert len(made) == 2 * len(weighed)
    left, right = made["S01-left"], made["S01-right"]
    assert left.channels == right.channels
    assert not any("contra_foot_grf" in name for name in left.channels)
    for seen, side, other, sign in ((left, "left", "right", 1), (right, "right", "left", -1)):
        for near, far in (("ipsi", side), ("contra", other)):
            for quantity, signs in (("acc", (1, sign, 1)), ("gyr", (sign, 1, sign))):
                names = [[f"{s}_shank_{quantity}_{a}" for a in "xyz"] for s in (near, far)]
                expected = trial.matrix(names[1]) * signs
                np.testing.assert_array_equal(seen.matrix(names[0]), expected)
    force = [r.column("ipsi_foot_grf_y").mean() for r in (left, right)]
    assert np.sign(force[0]) == np.sign(force[1])


def test_markers_are_named_alike_for_either_foot():
    names = ["left_LHEE_marker_y", "right_RHEE_marker_y", "center_C7_marker_y", "left_odd_marker_y"]
    forces = ["left_plate_force_z", "right_plate_force_z"]
    trial = _trial(np.arange(12.0).reshape(2, 6), (*names, *forces))
    left, right = prepare(Cohort("c", (trial,)), ["each-foot"])
    seen = ["contra_heel_marker_y", "ipsi_heel_marker_y", "center_c7_marker_y"]
    assert {*left.channels} == {*seen, "ipsi_plate_force_z"} == {*right.channels}
    np.testing.assert_array_equal(left.matrix(seen)[0], [1, 0, 2])
    np.testing.assert_array_equal(right.matrix(seen)[0], [0, -1, -2])
    assert right.column("ipsi_plate_force_z")[0] == 5


def test_a_plate_without_load_speaks_only_for_a_foot_that_swings():
    load = np.where((np.arange(200) >= 80) & (np.arange(200) < 100), 300.0, 0.0)
    channels = ("right_plate_force_z", "right_plate_force_x", "right_foot_acc_x")
    trial = _trial(np.column_stack([load, load / 10, load]), channels)
    made = prepare(Cohort("c", (trial,)), ["plate-steps"])[trial.trial]
    for force in ("right_plate_force_z", "right_plate_force_x"):
        known = np.flatnonzero(np.isfinite(made.column(force)))
        np.testing.assert_array_equal(known, np.arange(55, 125))
    assert np.isfinite(made.column("right_foot_acc_x")).all()


def test_every_stance_becomes_a_curve_of_its_own(weighed):
    curves = prepare(weighed, ["force-per-mass", "stance-curves"])
    trial = weighed["S01"]
    assert curves.people == weighed.people
    mine = [c for c in curves if c.subject == "S01"]
    strikes, offs = trial.events["right_heel_strike"], trial.events["right_toe_off"]
    walked = [s for s in strikes if any(0.4 < o - s < 1.0 for o in offs)]
    assert len(walked) - 2 <= len(mine) <= len(walked) + 1
    for curve in mine:
        load = curve.column("right_foot_grf_z")
        assert len(curve) == 101
        assert len(curve.segments()) == 1
        assert max(load[0], load[-1]) < 2 < load[50]
        assert 0.4 < curve.covariates["stance_s"] < 1.0


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (["force-per-mas"], "Did you mean 'force-per-mass'"),
        (["force-per-mass"], "no force under a foot"),
        (["stance-curves"], 'Put "force-per-mass" before'),
        (["marker-motion"], "trial 't': no markers"),
        (["plate-steps"], "cohort 'c': no force under a foot"),
        (["each-foot"], "cohort 'c'|no recording has force under both feet"),
        (["knee-alignment"], "trial|recording 't'"),
    ],
)
def test_what_cannot_be_prepared_is_one_line(names, words):
    cohort = Cohort("c", (recording(np.zeros((40, 3))),))
    with pytest.raises(GaitcastError, match=words):
        prepare(cohort, names)


def test_a_mass_that_is_not_known_is_named(people):
    with pytest.raises(GaitcastError, match="person 'S01': no mass_kg"):
        force_per_mass(people)


@pytest.mark.parametrize("mass", [0.0, -70.0, float("nan"), float("inf"), 7e4])
def test_an_impossible_mass_is_named(people, mass):
    cohort = replace(people, subjects={p: {"mass_kg": mass} for p in people.people})
    with pytest.raises(GaitcastError, match="person 'S01'"):
        force_per_mass(cohort)


def test_a_cohort_without_a_whole_stance_is_named(weighed):
    trial = weighed["S01"]
    short = replace(
        trial, time_s=trial.time_s[:90], samples=trial.samples[:90], events={}, truth=None
    )
    cohort = Cohort("short", (short,), weighed.subjects)
    with pytest.raises(GaitcastError, match="cohort 'short': no whole stance"):
        prepare(cohort, ["force-per-mass", "stance-curves"])


def test_knees_of_real_people_are_told_apart(data):
    cohort = prepare(
        load("kam-imu-grf-mocap", data, rate_hz=100.0), ["force-per-mass", "knee-alignment"]
    )
    known = [facts["right_knee_alignment_deg"] for facts in cohort.subjects.values()]
    assert np.ptp(known) > 2
    assert max(np.abs(known)) < 10
    assert len(cohort) == 46  # each person's first step tells the knees
    assert len(prepare(cohort, ["marker-motion", "stance-curves"])) == 46


def test_a_stance_whose_force_is_not_known_all_through_is_left_out(weighed):
    whole = prepare(weighed, ["force-per-mass", "stance-curves"])
    first = next(c for c in whole if c.subject == "S01")
    trial = weighed["S01"]
    row = int(np.searchsorted(trial.time_s, trial.events["right_heel_strike"][2] + 0.2))
    samples = trial.samples.copy()
    samples[row, trial.channels.index("right_plate_force_z")] = np.nan
    holed = replace(weighed, recordings=(replace(trial, samples=samples, truth=None),))
    left = prepare(holed, ["force-per-mass", "stance-curves"])
    assert len(left) == sum(c.subject == "S01" for c in whole) - 1
    assert first.covariates["clock_s"] == first.covariates["stance_s"]


def test_angles_of_markers_hold_nothing_of_the_future(data):
    cohort = load("nikonpic-vicon8", data, rate_hz=100, trials="F1Gang1")
    walk = cohort.recordings[0]
    angles = prepare(cohort, ["joint-angles"])
    assert len(angles.recordings[0].channels) == 18
    later = walk.samples.copy()
    later[600:] += 0.05 * np.random.default_rng(0).standard_normal(later[600:].shape)
    changed = replace(cohort, recordings=(replace(walk, samples=later),))
    one, other = (c.recordings[0].samples for c in (angles, prepare(changed, ["joint-angles"])))
    np.testing.assert_array_equal(one[:600], other[:600])
    assert np.nanmax(np.abs(one[600:] - other[600:])) > 1
