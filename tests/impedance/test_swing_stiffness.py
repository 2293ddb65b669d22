"""Swings with the stiffness that follows: only what was known at heel strike stands in them."""

from dataclasses import replace

import numpy as np
import pytest

from conftest import recording
from gaitcast.cohort import Cohort
from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.study.preparation import prepare

STIFFNESS = "ipsi_ankle_stiffness_flexion"


@pytest.fixture(scope="module")
def swings():
    cohort = load("simulated", subjects=2, minutes=0.4, seed=3, rate_hz=100.0)
    return cohort, prepare(cohort, ["swing-to-stiffness"])


def test_every_swing_ends_in_a_step_of_known_stiffness(swings):
    cohort, made = swings
    truth = {r.trial: np.asarray(r.truth.steps["stiffness"]) for r in cohort}
    assert len(made) > 30
    for swing in made:
        stiffness = swing.column(STIFFNESS)
        assert len(swing) == 62
        assert np.isclose(truth[swing.subject], stiffness[-1]).any()
        assert len(np.unique(stiffness[:-1])) == 1
        assert 0.15 <= swing.covariates["swing_s"] <= 1.0


def test_the_past_is_that_of_earlier_steps_alone(swings):
    cohort, made = swings
    later = cohort["S01"].truth
    steps = {k: np.array(v) for k, v in later.steps.items()}
    changed = steps["heel_strike_s"] > 12.0
    steps["stiffness"] = np.where(changed, 9.0, steps["stiffness"])
    other = replace(cohort["S01"], truth=replace(later, steps=steps))
    again = prepare(replace(cohort, recordings=(other,)), ["swing-to-stiffness"])
    first = [r for r in made if r.subject == "S01"]
    same = [(a, b) for a, b in zip(first, again, strict=True) if b.column(STIFFNESS)[-1] != 9.0]
    assert len(same) > 8
    for a, b in same:
        np.testing.assert_array_equal(a.samples, b.samples)
        assert a.covariates == b.covariates


def test_identified_steps_too_know_their_own_past_alone():
    """Two sides, and no truth: by time, and not one side after the other."""
    cohort = load("simulated", subjects=1, minutes=0.4, seed=3, rate_hz=100.0)
    trial = replace(cohort["S01"], truth=None)
    made = prepare(replace(cohort, recordings=(trial,)), ["swing-to-stiffness"])
    early = replace(trial, time_s=trial.time_s[:1500], samples=trial.samples[:1500])
    cut = prepare(replace(cohort, recordings=(early,)), ["swing-to-stiffness"])
    assert {r.covariates["side"] for r in made} == {"left", "right"}
    assert 4 < len(cut) < len(made)
    for whole, part in zip(made, cut, strict=False):
        np.testing.assert_allclose(part.samples[:-1, :12], whole.samples[:-1, :12])
        np.testing.assert_allclose(part.column(STIFFNESS)[0], whole.column(STIFFNESS)[0], rtol=1e-6)


def test_shuffled_swings_keep_what_was_known_of_the_step(swings):
    _, made = swings
    control = prepare(made, ["shuffled-swings"])
    moved = 0
    for one, other in zip(made, control, strict=True):
        np.testing.assert_array_equal(one.column(STIFFNESS), other.column(STIFFNESS))
        moved += not np.array_equal(one.samples[:, :12], other.samples[:, :12])
        own = [r.samples[:, 0] for r in made if r.subject == one.subject]
        assert any(np.array_equal(other.samples[:, 0], samples) for samples in own)
    assert moved > 0.8 * len(made)
    with pytest.raises(GaitcastError, match="only swings can be shuffled"):
        prepare(
            load("simulated", subjects=1, minutes=0.2, seed=3, rate_hz=100.0), ["shuffled-swings"]
        )


def test_contacts_of_the_imu_and_of_the_plate_cut_nearly_the_same_swings(swings):
    cohort, made = swings
    plate = prepare(cohort, ["swing-to-stiffness-by-events"])
    assert len(made) > 0.85 * len(plate)
    off_s = []
    for one in made:
        other = min(plate, key=lambda r, s=one: abs(r.samples[-1, -1] - s.samples[-1, -1]))
        off_s.append(one.covariates["swing_s"] - other.covariates["swing_s"])
    assert np.median(np.abs(off_s)) < 0.05


def test_what_comes_after_a_contact_was_told_changes_no_swing_before():
    cohort = load("simulated", subjects=1, minutes=0.4, seed=3, rate_hz=100.0)
    (trial,) = cohort
    at = len(trial) * 2 // 3
    spoilt = trial.samples.copy()
    spoilt[at:] += np.random.default_rng(0).normal(size=spoilt[at:].shape) * 50
    made, other = (
        prepare(replace(cohort, recordings=(one,)), ["swing-to-stiffness"])
        for one in (trial, replace(trial, samples=spoilt))
    )
    same = [np.array_equal(a.samples, b.samples) for a, b in zip(made, other, strict=False)]
    assert sum(same) >= 0.5 * len(made)
    assert all(same[: sum(same)])
    assert len(other) < len(made) or not all(same)


def test_real_steps_have_a_foot_imu_before_contact(data):
    made = prepare(load("kam-imu-grf-mocap", data, rate_hz=100.0), ["swing-to-stiffness-by-events"])
    assert len(made) >= 5
    assert len(made.people) >= 3
    # One person's ankle says nothing over mid-stance, which is told and not passed over.
    assert made.people == ("P2", "P3", "P4")
    assert made.recordings[0].notes[-1].startswith("10 trials of P1 left out: the stiffness")


def test_what_is_missing_is_named(swings):
    cohort, _ = swings
    trial = cohort["S01"].select(["*_shank_*"])
    with pytest.raises(GaitcastError, match=r"no person has two swings.*no IMU on the"):
        prepare(Cohort("c", (replace(trial, truth=cohort["S01"].truth),)), ["swing-to-stiffness"])
    with pytest.raises(GaitcastError, match=r"no person has two swings.*mass is needed"):
        prepare(Cohort("c", (recording(np.zeros((40, 3))),)), ["swing-to-stiffness"])
