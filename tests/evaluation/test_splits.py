"""Splits cannot leak: properties over any cohort."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits import (
    SPLITS,
    Blocked,
    Fold,
    GroupedKFold,
    HeldOutConditions,
    LaterTrials,
    LeaveOneSubjectOut,
    RandomWindows,
    Transfer,
    TrialsKFold,
    WithinTail,
    check_fold,
)
from gaitcast.recording import Recording
from gaitcast.tasks import Span

GAP = 25
PARTS = ("train", "validation", "calibration", "test")
LENGTHS = st.lists(st.integers(1, 1500), min_size=1, max_size=6)


def cohort(lengths, people=None):
    people = people or len(lengths)
    return Cohort(
        "any",
        tuple(
            Recording(
                f"P{k % people}",
                f"t{k}",
                100.0,
                np.arange(n) / 100,
                np.zeros((n, 1)),
                ("right_foot_acc_x",),
            )
            for k, n in enumerate(lengths)
        ),
    )


def marks(fold, people):
    """Per trial and sample: which parts hold it."""
    held = {r.trial: {k: np.zeros(len(r), bool) for k in PARTS} for r in people}
    for part in PARTS:
        for span in getattr(fold, part):
            assert not held[span.trial][part][span.start : span.stop].any()
            held[span.trial][part][span.start : span.stop] = True
    return held


def assert_apart(fold, people, pairs):
    for parts in marks(fold, people).values():
        for one, other in pairs:
            a, b = np.flatnonzero(parts[one]), np.flatnonzero(parts[other])
            if len(a) and len(b):
                nearest = np.abs(a[:, None] - b[None, :]).min()
                assert nearest > GAP


@given(LENGTHS, st.integers(2, 6), st.integers(1, 5))
def test_blocks_of_a_person_stay_apart(lengths, deals, times):
    people = cohort(lengths)
    try:
        folds = Blocked("b", blocks=deals * times, folds_per_person=deals).folds(people, GAP)
    except GaitcastError as error:
        assert "part is empty" in str(error)
        return
    pairs = [("train", "test"), ("validation", "test"), ("train", "validation")]
    tested = {r.trial: np.zeros(len(r), int) for r in people}
    for fold in folds:
        assert_apart(fold, people, pairs)
        assert {people[p.trial].subject for p in fold.train + fold.test} == {fold.subject}
        for span in fold.test:
            tested[span.trial][span.start : span.stop] += 1
    assert all((count == 1).all() for count in tested.values())


def test_five_blocks_a_person_are_tested_by_default():
    for fold in Blocked("b").folds(cohort([9000, 9000]), GAP):
        assert len(fold.test) == 5


@given(LENGTHS, st.integers(1, 6))
def test_held_out_people_stand_in_one_part_only(lengths, people):
    group = cohort(lengths, people)
    assume(len(group.people) >= 3)
    folds = LeaveOneSubjectOut("loso").folds(group, GAP)
    assert [f.subject for f in folds] == list(group.people)
    for fold in folds:
        parts = [
            {group[p.trial].subject for p in getattr(fold, k)}
            for k in ("train", "validation", "test")
        ]
        assert not parts[0] & parts[1]
        assert not parts[0] & parts[2]
        assert not parts[1] & parts[2]
        assert set.union(*parts) == set(group.people)


def who(cohort, spans):
    return {cohort[p.trial].subject for p in spans}


@given(
    st.lists(st.integers(1, 1500), min_size=6, max_size=8),
    st.integers(3, 6),
    st.integers(3, 6),
    st.integers(1, 3),
    st.integers(0, 99),
)
def test_groups_of_people_stand_in_one_part_only(lengths, people, groups, repeats, seed):
    group, groups = cohort(lengths, people), min(groups, people)
    folds = GroupedKFold("k", groups, repeats, seed).folds(group, GAP)
    assert len(folds) == len({f.name for f in folds}) == groups * repeats
    for fold in folds:
        parts = [who(group, p) for p in (fold.train, fold.validation, fold.test)]
        assert sum(map(len, parts)) == len(set.union(*parts)) == len(group.people)
        assert fold.subject == "+".join(sorted(parts[2]))
    for repeat in range(repeats):
        tested = [p for f in folds[repeat * groups : (repeat + 1) * groups] for p in f.test]
        assert sorted(p.trial for p in tested) == sorted(r.trial for r in group)


@given(LENGTHS, st.integers(3, 6), st.floats(0.1, 30))
def test_what_is_adapted_to_is_never_tested(lengths, people, seconds):
    group = cohort(lengths, people)
    assume(len(group.people) >= 3)
    try:
        folds = Transfer("t", seconds).folds(group, GAP)
    except GaitcastError as error:
        assert "leave nothing to test" in str(error) or "hold no window" in str(error)
        return
    for fold in folds:
        assert_apart(fold, group, [("calibration", "test")])
        assert who(group, fold.test) == {fold.subject}
        assert fold.subject not in who(group, fold.train + fold.validation)
        taken = sum(len(p) for p in fold.calibration)
        assert taken <= round(seconds * 100) + len(lengths)


@given(
    st.lists(st.tuples(st.integers(100, 1500), st.sampled_from([0.9, 1.3, "stairs"])),
             min_size=2, max_size=8),
    st.integers(1, 4),
    st.booleans(),
)  # fmt: skip
def test_a_condition_is_tested_or_trained(trials, people, new_person):
    group = cohort([n for n, _ in trials], people)
    facts = dict(zip((r.trial for r in group), (c for _, c in trials), strict=True))
    group = Cohort("any", tuple(replace(r, covariates={"terrain": facts[r.trial]}) for r in group))
    try:
        folds = HeldOutConditions("c", by="terrain", new_person=new_person).folds(group, GAP)
    except GaitcastError as error:
        assert "same 'terrain'" in str(error) or "part is empty" in str(error)
        return
    for fold in folds:
        assert_apart(fold, group, [("train", "validation")])
        tested = {facts[p.trial] for p in fold.test}
        assert len(tested) == 1
        assert not tested & {facts[p.trial] for p in fold.train + fold.validation}
        if new_person:
            assert not who(group, fold.test) & who(group, fold.train + fold.validation)


def test_every_split_says_what_it_holds_apart():
    assert all(kind.holds_apart for kind in SPLITS.values())


def test_an_unknown_condition_is_named():
    group = cohort([300] * 3)
    group = Cohort("any", tuple(replace(r, covariates={"speed_m_s": 1.0}) for r in group))
    with pytest.raises(GaitcastError, match=r"'speed' of trial 't0' is not known.*speed_m_s"):
        HeldOutConditions("c", by="speed").folds(group, GAP)


@given(st.integers(400, 3000), st.integers(100, 2000), st.integers(50, 900))
def test_the_tail_of_a_trial_is_never_trained_on(length, train, test):
    group = cohort([length])
    split = WithinTail("within", trial="t0", train_rows=train, test_rows=test)
    if train + test > length:
        with pytest.raises(GaitcastError, match="rows asked for"):
            split.folds(group, GAP)
        return
    try:
        (fold,) = split.folds(group, GAP)
    except GaitcastError as error:
        assert "part is empty" in str(error)
        return
    assert_apart(fold, group, [("train", "validation")])
    held = marks(fold, group)["t0"]
    assert not (held["test"] & (held["train"] | held["validation"])).any()
    assert held["test"].sum() == test


@pytest.mark.parametrize(
    ("train", "test", "people", "words"),
    [
        (Span("t0", 0, 100), Span("t0", 120, 200), False, "less than 25 samples apart"),
        (Span("t0", 0, 100), Span("t0", 50, 90), False, "less than 25 samples apart"),
        (Span("t0", 0, 100), Span("t2", 0, 100), True, "P0 in both train and test"),
    ],
)
def test_a_leaking_fold_is_refused(train, test, people, words):
    group = cohort([400, 400, 400, 400], people=2)
    fold = Fold("f", "P0", (train,), (Span("t1", 0, 100),), (test,))
    with pytest.raises(GaitcastError, match=words) as error:
        check_fold(fold, group, gap=GAP, test_gap=GAP, where="mine", subjects_apart=people)
    assert "split 'mine', fold 'f'" in str(error.value)


def test_impossible_splits_say_why():
    with pytest.raises(GaitcastError, match="1 people cannot train and test apart"):
        LeaveOneSubjectOut("loso").folds(cohort([300, 300], people=1), GAP)
    with pytest.raises(GaitcastError, match="no subject 'P9'"):
        LeaveOneSubjectOut("loso", ("P9",)).folds(cohort([300] * 3), GAP)
    with pytest.raises(GaitcastError, match="folds_per_person must be"):
        Blocked("b", blocks=3, folds_per_person=5).folds(cohort([300]), GAP)


def test_of_two_people_the_other_one_trains_and_validates_in_blocks():
    first, second = LeaveOneSubjectOut("loso").folds(cohort([3000, 3000], people=2), GAP)
    for fold, other in ((first, "t1"), (second, "t0")):
        assert {s.trial for s in (*fold.train, *fold.validation)} == {other}
        assert {s.trial for s in fold.test} == {"t0", "t1"} - {other}
        assert sum(map(len, fold.train)) > sum(map(len, fold.validation)) > 0
        for held in fold.validation:
            assert all(t.start - held.stop >= GAP or held.start - t.stop >= GAP for t in fold.train)


def test_ten_fold_over_trials_tests_each_once_and_says_that_it_leaks():
    people = cohort([60] * 23, people=4)
    folds = TrialsKFold("ten", groups=5).folds(people, GAP)
    tested = [span.trial for fold in folds for span in fold.test]
    assert sorted(tested) == sorted(r.trial for r in people)
    for fold in folds:
        assert_apart(fold, people, [("train", "test"), ("validation", "test")])
    assert TrialsKFold.leaks
    with pytest.raises(GaitcastError, match="3 trials that hold a window do not make 10 groups"):
        TrialsKFold("ten").folds(cohort([60, 60, 60, 3]), GAP)


def test_later_trials_of_a_person_test_what_the_first_ones_taught():
    people = cohort([60] * 30, people=3)
    folds = LaterTrials("personal").folds(people, GAP)
    assert [fold.subject for fold in folds] == list(people.people)
    for fold in folds:
        order = [[int(p.trial[1:]) for p in part] for part in fold.parts.values() if part]
        train, validation, test = order
        assert max(train) + 3 < min(validation) <= max(validation) < min(test) - 3  # of 3 people
        assert {people[p.trial].subject for part in fold.parts.values() for p in part} == {
            fold.subject
        }
    with pytest.raises(GaitcastError, match="2 trials that hold a window do not make"):
        LaterTrials("personal").folds(cohort([60, 60] * 2, people=2), GAP)


def test_repeats_of_random_windows_are_independent_of_one_another_and_of_other_seeds():
    walks = cohort([400, 300, 500])
    masks = {}
    for seed in range(4):
        for fold in RandomWindows("any", repeats=4, seed=seed).folds(walks, GAP):
            for number in range(3):
                drawn = fold.assignment.mask("test", number, 300)
                masks[seed, int(fold.name), number] = drawn
    values = np.array(list(masks.values()), dtype=float)
    assert len(np.unique(values, axis=0)) == len(values) == 48
    apart = np.corrcoef(values)[np.triu_indices(len(values), 1)]
    assert np.abs(apart).max() < 0.3
    # The first repeat is as it always was.
    drawn = np.random.default_rng([3, 1]).random(300)
    assert (masks[3, 0, 1] == (drawn < 0.2)).all()


@pytest.mark.parametrize("kind", [RandomWindows, GroupedKFold, TrialsKFold])
def test_splits_take_every_seed_of_32_bits_and_no_other(kind):
    walks = cohort([200] * 12)
    assert kind("any", seed=2**32 - 1).folds(walks, GAP)
    with pytest.raises(GaitcastError, match="4294967296"):
        kind("any", seed=2**32).folds(walks, GAP)
