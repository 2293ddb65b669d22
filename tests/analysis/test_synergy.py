"""Joints that help are found where it is known which do, and judged on other people."""

import numpy as np
import pytest

from gaitcast.analysis.coupling import limb_coupling
from gaitcast.analysis.synergy import angles_to_couple, study_task, synergy
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.recording import Recording
from gaitcast.study import read_study
from gaitcast.tasks import Task

KNEE, HIP = "right_knee_angle_flexion", "left_hip_angle_flexion"
NOISE, ARM = "right_elbow_angle_flexion", "left_shoulder_angle_flexion"
NAMES = (KNEE, HIP, NOISE, ARM)


def walker(number, seconds=20):
    """A knee that follows the hip of 100 ms before; an elbow that follows nothing."""
    rng = np.random.default_rng(number)
    hip = np.convolve(rng.normal(size=seconds * 100 + 60), np.hanning(30), "valid")
    knee = np.r_[np.zeros(10), hip[:-10]] + 0.05 * rng.normal(size=len(hip))
    noise, arm = rng.normal(size=(2, len(hip)))
    samples = np.column_stack([knee, hip, noise, arm]) + 10 * number
    return Recording(f"P{number}", f"t{number}", 100.0, np.arange(len(hip)) / 100, samples, NAMES)


@pytest.fixture(scope="module")
def people():
    return Cohort("known", tuple(walker(k) for k in range(5)))


def task(inputs=NAMES):
    return Task("knee", (KNEE,), inputs, 200.0, 100.0, "last")


def test_the_joint_that_leads_is_chosen_for_everybody(people):
    found = synergy(people, task())
    groups = found.groups.set_index("group")
    assert groups.index[0] in ("left hip", "limb: left leg")
    assert groups.loc["left hip", "chosen"] == 1
    assert groups.loc["left hip", "place"] == 1
    assert groups.loc["left hip", "alone_high"] < 0
    assert abs(groups.loc["right elbow", "alone"]) < 0.1 * abs(groups.loc["left hip", "alone"])
    nested = found.nested.set_index("inputs")
    assert nested.loc["selected", "rmse"] < 0.5 * nested.loc["own", "rmse"]
    assert nested.loc["selected", "difference_high"] < 0
    assert found.unit == "deg"


def test_sums_give_what_a_ridge_on_all_windows_gives():
    """The other people's windows, each person weighing the same, through scikit-learn."""
    from sklearn.linear_model import Ridge

    from gaitcast.analysis.synergy import _ALPHA, _Sums

    rng = np.random.default_rng(0)
    people = [(rng.normal(size=(n, 3)) + n, rng.normal(size=n)) for n in (40, 300)]
    x, y = (np.concatenate(side) for side in zip(*people, strict=True))
    weight = np.concatenate([np.full(len(p[1]), 1 / (2 * len(p[1]))) for p in people])
    mean = weight @ x
    spread = np.sqrt(weight @ (x - mean) ** 2)
    known = Ridge(alpha=_ALPHA / 1000).fit((x - mean) / spread, y, sample_weight=weight)
    weights, added = _Sums.together([_Sums.of(*p) for p in people]).fit(np.arange(3))
    assert np.allclose(weights * spread, known.coef_)
    new = rng.normal(size=(50, 3)), rng.normal(size=50)
    error = np.sqrt(np.mean((new[0] @ weights + added - new[1]) ** 2))
    assert _Sums.of(*new).rmse(np.arange(3), weights, added) == pytest.approx(error)


def test_coupling_finds_phase_and_lag():
    time_s = np.arange(1000) / 100
    turn = 2 * np.pi * 0.9 * time_s
    rows = np.column_stack(
        [np.sin(turn), np.sin(turn + np.pi), np.sin(turn - np.pi / 2), np.sin(turn)]
    )
    cohort = Cohort("c", (Recording("P", "t", 100.0, time_s, rows, NAMES),))
    found = limb_coupling(cohort, NAMES).set_index(["one", "other"])
    assert found.loc[(KNEE, HIP), "r"] == pytest.approx(-1, abs=0.02)
    assert abs(found.loc[(KNEE, HIP), "phase_deg"]) == pytest.approx(180, abs=2)
    behind = found.loc[(KNEE, NOISE)]
    assert behind["phase_deg"] == pytest.approx(90, abs=2)
    assert behind["lag_percent"] == pytest.approx(25, abs=2.6)
    assert behind["best_r"] == pytest.approx(1, abs=0.05)
    assert found.loc[(KNEE, ARM), "phase_deg"] == pytest.approx(0, abs=2)


def test_no_correlation_is_beyond_one():
    rows = np.zeros((240, 2))
    rows[100:140] = np.hanning(40)[:, None]
    rows += 0.01 * np.sin(2 * np.pi * 0.9 * np.arange(240) / 100)[:, None]
    cohort = Cohort("c", (Recording("P", "t", 100.0, np.arange(240) / 100, rows, NAMES[:2]),))
    found = limb_coupling(cohort, NAMES[:2]).iloc[0]
    assert found["r"] == pytest.approx(1)
    assert abs(found["best_r"]) <= 1 + 1e-9


def test_a_study_tells_what_to_choose_from(monkeypatch):
    monkeypatch.delenv("GAITCAST_DATA", raising=False)
    study = read_study("zhu2021").on_data(None)
    assert study.name == "zhu2021-simulated"
    assert not study.published
    cohort, wanted = study_task(study, None, "all-limbs")
    assert len(wanted.inputs) == 24
    assert wanted.horizon_ms == 100
    assert angles_to_couple(wanted)[0] == KNEE
    assert len(angles_to_couple(wanted)) == 5
    assert len(cohort.people) == 8


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: (Cohort("few", c.recordings[:3]), task()), "3 people"),
        (lambda c: (c, task((HIP, NOISE))), "not among the inputs"),
        (lambda c: (c, task((KNEE,))), "no other joint"),
        (lambda c: (c, Task("k", (KNEE,), NAMES, 60_000.0, 100.0, "last")), "no recording holds"),
    ],
)
def test_what_cannot_be_ranked_is_said(people, change, words):
    with pytest.raises(GaitcastError, match=words):
        synergy(*change(people))


def test_what_cannot_be_coupled_is_said():
    short = Cohort("s", (walker(1, 1),))
    with pytest.raises(GaitcastError, match="no recording holds 2 s"):
        limb_coupling(short, NAMES)
    with pytest.raises(GaitcastError, match="no inputs 'all'"):
        study_task(read_study("zhu2021"), None, "all")
