"""Identification: known numbers, scikit-learn, people whose impedance is known, real ankles."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LinearRegression

from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.impedance import (
    REASONS,
    across_steps,
    ankles,
    cut_stances,
    identify,
    quasi_stiffness,
    refit,
    response,
    stances_of,
    step_table,
    sweep,
    turn_before_flat,
    with_noise,
)
from gaitcast.recording import Recording
from gaitcast.simulate import simulate_ankles

K, B, INERTIA = 2.0, 0.03, 3e-4
REST_DEG = 4.0


def ankle(rate_hz=250.0, steps=6, noise=0.0, seed=0, terms=(K, B, INERTIA), trial="t"):
    """An ankle that obeys its impedance all through stance, moving a little otherwise each step."""
    rng = np.random.default_rng(seed)
    time_s = np.arange(int(rate_hz * (steps + 0.6))) / rate_hz
    angle, phase = np.zeros_like(time_s), 2 * np.pi * time_s
    for harmonic, size in ((1, 8.0), (2, 5.0), (3, 3.0)):
        wobble = 1 + 0.2 * np.interp(time_s, np.arange(steps + 2), rng.normal(size=steps + 2))
        angle += size * wobble * np.sin(harmonic * phase + rng.uniform(0, 6))
    rad = np.radians(angle)
    rate, accel = (
        np.gradient(rad, 1 / rate_hz),
        np.gradient(np.gradient(rad, 1 / rate_hz), 1 / rate_hz),
    )
    torque = terms[0] * (rad - np.radians(REST_DEG)) + terms[1] * rate + terms[2] * accel + 0.3
    samples = np.column_stack([angle, torque])
    samples += noise * rng.normal(size=samples.shape) * (1.0, 0.1)
    strikes = 0.2 + np.arange(steps)
    events = {"right_heel_strike": strikes, "right_toe_off": strikes + 0.6}
    channels = ("right_ankle_angle_flexion", "right_ankle_moment_flexion")
    return Recording("p", trial, rate_hz, time_s, samples, channels, events)


def test_the_numbers_that_made_the_torque_come_back():
    found = identify(cut_stances([ankle(1000.0)], cutoff_hz=60), [10], [70])
    assert found.identifiable.all()
    for term, truth in (("K", K), ("B", B), ("I", INERTIA)):
        np.testing.assert_allclose(found.of(term), truth, rtol=0.02)
    rest = np.degrees(found.angle0_rad) - REST_DEG + np.degrees(0.3 / K)
    np.testing.assert_allclose(rest, 0.0, atol=0.2)
    assert found.vaf.min() > 99.9


@settings(max_examples=40, deadline=None)
@given(
    st.floats(0, 80),
    st.floats(8, 100),
    st.sampled_from([("K",), ("K", "B"), ("B", "K", "I"), ("B",)]),
    st.integers(0, 50),
)
def test_every_window_is_scikit_learn_s_regression(start, width, terms, seed):
    stances = cut_stances([ankle(noise=0.2, seed=seed)])
    found = identify(stances, [start], [width], terms=terms)
    names = {"K": "angle_rad", "B": "rate_rad_s", "I": "accel_rad_s2"}
    for s in range(len(stances)):
        if found.reason[s, 0, 0] in (1, 2, 3, 5):
            continue
        first = int(np.ceil(start / 100 * (stances.count[s] - 1) - 1e-9))
        rows = slice(first, first + int(found.samples[s, 0, 0]))
        x = np.column_stack([getattr(stances, names[t])[s, rows] for t in terms])
        y = stances.torque[s, rows]
        other = LinearRegression().fit(x, y)
        np.testing.assert_allclose(found.value[s, 0, 0], other.coef_, rtol=1e-6, atol=1e-9)
        assert found.vaf[s, 0, 0] == pytest.approx(100 * other.score(x, y), abs=1e-6)


def test_what_says_nothing_is_flagged_with_its_reason():
    stances = cut_stances([ankle(100.0, noise=0.1)])
    few = identify(stances, [10], [5])
    assert {REASONS[r] for r in few.reason.ravel()} == {"too few samples"}
    still = replace(stances, angle_rad=np.full_like(stances.angle_rad, 0.1))
    assert {REASONS[r] for r in identify(still, [10], [60]).reason.ravel()} == {"no motion"}
    ramp = np.tile(np.linspace(0, 0.3, stances.angle_rad.shape[1]), (len(stances), 1))
    alike = replace(stances, angle_rad=ramp, rate_rad_s=ramp * 3 + 1e-7 * stances.rate_rad_s)
    found = identify(alike, [10], [60], terms=("K", "B"))
    assert {REASONS[r] for r in found.reason.ravel()} == {"collinear"}
    loud = replace(stances, torque=np.random.default_rng(0).normal(size=stances.torque.shape))
    assert "uncertain" in {REASONS[r] for r in identify(loud, [10], [30]).reason.ravel()}


def test_known_people_are_met_and_intervals_cover_them():
    cohort = simulate_ankles(6, 0.5, 1000.0, seed=1)
    stances = cut_stances(cohort, cutoff_hz=22)
    found = with_noise(stances, identify(stances, [3.0], [10]), worst_error=5.0)
    truth = np.array([stiffness_of(cohort, stances, s) for s in range(len(stances))])
    known = np.isfinite(truth) & found.identifiable[:, 0, 0]
    assert known.mean() > 0.85
    estimate = found.of("K")[known, 0, 0]
    assert abs(np.median(estimate / truth[known]) - 1) < 0.03
    low, high = (bound[known, 0, 0] for bound in found.interval("K"))
    assert 0.85 < np.mean((low < truth[known]) & (truth[known] < high)) < 0.95
    assert (found.angle0_se[known] > 0).all()


def test_intervals_hold_the_truth_where_a_window_is_six_samples():
    cohort = simulate_ankles(12, 0.5, 100.0, seed=12, angle_noise_deg=0.01, moment_noise=0.001)
    stances = cut_stances(cohort, cutoff_hz=25)
    # The cubic that would do at 250 Hz takes motion for noise here, half as large as the noise.
    assert abs(np.median(np.degrees(stances.angle_noise_rad)) / 0.01 - 1) < 0.15
    found = with_noise(stances, identify(stances, [3.0], [10.0]))
    truth = np.array([stiffness_of(cohort, stances, s) for s in range(len(stances))])
    known = np.isfinite(truth) & found.identifiable[:, 0, 0]
    assert known.mean() > 0.65
    low, high = (bound[known, 0, 0] for bound in found.interval("K"))
    assert 0.86 < np.mean((low < truth[known]) & (truth[known] < high)) < 0.95
    # Once in a hundred windows chance alone blames the model.
    assert np.mean(found.degrees_of_freedom[known] < 1e3) < 0.05


def test_a_model_that_is_wrong_has_wider_intervals_and_no_noise_has_those_of_the_fit():
    stances = cut_stances([ankle(250.0, steps=20, noise=0.02)], cutoff_hz=25)
    right = with_noise(stances, identify(stances, [10], [50]), worst_error=50.0)
    wrong = with_noise(stances, identify(stances, [10], [50], terms=("K",)), worst_error=50.0)
    assert np.mean(right.degrees_of_freedom > 1e3) > 0.9
    assert (wrong.degrees_of_freedom < 60).all()
    assert np.median(wrong.se[..., 0]) > 5 * np.median(right.se[..., 0])
    clean = replace(
        stances, angle_noise_rad=0 * stances.angle_noise_rad, torque_noise=0 * stances.torque_noise
    )
    plain = identify(clean, [10], [50])
    np.testing.assert_array_equal(with_noise(clean, plain).se, plain.se)


def test_a_twentieth_of_stance_tells_stiffness_at_a_good_encoder():
    cohort = simulate_ankles(6, 0.5, 1000.0, seed=4, angle_noise_deg=0.01, moment_noise=0.001)
    stances = cut_stances(cohort, cutoff_hz=30)
    found = with_noise(stances, identify(stances, [3.0], [5.0]))
    truth = np.array([stiffness_of(cohort, stances, s) for s in range(len(stances))])
    known = np.isfinite(truth) & found.identifiable[:, 0, 0]
    assert known.mean() > 0.85
    share = found.of("K")[known, 0, 0] / truth[known]
    assert abs(share.mean() - 1) < 0.03


def test_noise_of_the_angle_that_hides_the_motion_is_said():
    cohort = simulate_ankles(2, 0.3, 1000.0, seed=4, angle_noise_deg=0.1)
    stances = cut_stances(cohort, cutoff_hz=60)
    found = with_noise(stances, identify(stances, [3.0], [8.0]))
    assert (found.reason == REASONS.index("noisy angle")).mean() > 0.5


def stiffness_of(cohort, stances, s):
    steps = cohort[stances.trial[s]].truth.steps
    at = (np.asarray(steps["side"]) == stances.side[s]) & (
        np.abs(steps["heel_strike_s"] - stances.start_s[s]) < 1e-6
    )
    return float(np.asarray(steps["stiffness"])[at][0]) if at.any() else np.nan


def test_a_knock_moves_least_squares_and_not_huber():
    clean = ankle(250.0, noise=0.02, terms=(K, B, 0))
    knocked = clean.samples.copy()
    knocked[(np.arange(len(clean)) % 250) == 120, 1] += 0.8
    stances = cut_stances([replace(clean, samples=knocked)], cutoff_hz=0)
    plain = identify(stances, [20], [60], terms=("K", "B"))
    steady = refit(stances, plain, "huber")
    assert np.abs(steady.of("K") - K).mean() < np.abs(plain.of("K") - K).mean()


def test_noise_of_the_angle_shrinks_least_squares_and_is_taken_out():
    stances = cut_stances([ankle(250.0, steps=40, noise=1.5, terms=(K, 0, 0))], cutoff_hz=0)
    plain = identify(stances, [10], [30], terms=("K",), worst_error=5.0)
    corrected = refit(stances, plain, "errors-in-variables")
    off = [abs(np.nanmedian(f.of("K")) / K - 1) for f in (plain, corrected)]
    assert off[1] < 0.5 * off[0]
    low, high = with_noise(stances, plain, worst_error=5.0).interval("K")
    assert np.mean((low < K) & (high > K)) > 0.8
    with pytest.raises(GaitcastError, match="Did you mean 'huber'"):
        refit(stances, plain, "hubert")


def test_steps_that_differ_tell_the_impedance_of_an_instant():
    stances = cut_stances([ankle(500.0, steps=60)], cutoff_hz=60)
    found = across_steps(stances, percent=[20, 50, 80], terms=("K", "B", "I"))
    assert found.identifiable.all()
    np.testing.assert_allclose(found.value[:, 0], K, rtol=0.1)
    low, high = found.interval("B")
    assert (low < high).all()
    with pytest.raises(GaitcastError, match="each once"):
        across_steps(stances, terms=())
    with pytest.raises(GaitcastError, match="not within 0 to 100"):
        across_steps(stances, percent=[150])
    with pytest.raises(GaitcastError, match="B was not fitted"):
        identify(stances, terms=("K",)).interval("B")
    with pytest.raises(GaitcastError, match="too few"):
        across_steps(cut_stances([ankle(steps=4)]))
    with pytest.raises(GaitcastError, match="several people"):
        across_steps(cut_stances([ankle(steps=9), replace(ankle(steps=9, trial="u"), subject="q")]))


def test_moore_s_ankle(data):
    cohort = load("moore2015-treadmill", data, rate_hz=100.0)
    mass = next(iter(cohort.subjects.values()))["mass_kg"]
    stances = cut_stances(cohort, sides=["left"])
    found = identify(stances, [15], [60], terms=("K", "B"))
    assert np.median(found.of("K")[3:]) * mass == pytest.approx(367, rel=0.03)
    assert np.median(found.of("B")[3:]) * mass == pytest.approx(21, rel=0.03)
    assert np.median(found.vaf) > 98
    table = quasi_stiffness(stances)
    assert len(table) == len(stances)
    assert 5 < table["turn_percent"].median() < 20
    assert (
        table["late_dorsiflexion_nm_rad_kg"] > table["early_dorsiflexion_nm_rad_kg"]
    ).mean() > 0.9
    mapped = sweep(stances)
    assert mapped.vaf.shape == (60, 10)
    assert np.nanmax(mapped.vaf) > 99
    start, width = mapped.ranked()[0]
    assert start + width <= 100


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: replace(r, samples=np.radians(r.samples) * (1, 57.3)), "look like radians"),
        (lambda r: replace(r, samples=r.samples * (1, 70)), "Divide N m by the mass"),
        (lambda r: replace(r, samples=r.samples * (9, 1)), "no ankle does"),
        (lambda r: replace(r, samples=-np.abs(r.samples)), "sign is reversed"),
        (lambda r: replace(r, events={}), "no heel strikes and toe-offs of the right foot"),
        (lambda r: replace(r, events={**r.events, "right_toe_off": np.array([99.0])}), "its end"),
        (
            lambda r: replace(
                r, channels=("right_ankle_angle_flexion", "right_knee_moment_flexion")
            ),
            "no ankle moment",
        ),
    ],
)
def test_mistakes_of_unit_sign_and_channel_are_one_line(change, words):
    with pytest.raises(GaitcastError, match=words):
        cut_stances([change(ankle())])


def test_a_stance_cut_at_the_end_is_left_out_and_told():
    whole = ankle()
    events = {k: v.copy() for k, v in whole.events.items()}
    events["right_toe_off"][-1] = 99.0
    stances = cut_stances([replace(whole, events=events)])
    assert len(stances) == 5
    assert "left out: its end is not in the recording" in stances.notes[0]


@pytest.mark.parametrize(("rate_hz", "cutoff_hz"), [(100, 20), (250, 20), (1000, 20), (1000, 40)])
def test_the_bandwidth_is_the_one_asked_for(rate_hz, cutoff_hz):
    kernel = cut_stances([ankle(float(rate_hz))], cutoff_hz=cutoff_hz).kernels[0]
    at = np.arange(len(kernel)) - len(kernel) // 2
    passed = [kernel @ np.cos(2 * np.pi * cutoff_hz * f / rate_hz * at) for f in (0.8, 1.25)]
    assert passed[1] < np.sqrt(0.5) < passed[0]


@pytest.mark.parametrize("cutoff_hz", [1e-9, 60.0, float("nan"), -3.0])
def test_an_impossible_bandwidth_is_one_line(cutoff_hz):
    with pytest.raises(GaitcastError, match="is not between 2 Hz and half the rate"):
        cut_stances([ankle(100.0)], cutoff_hz=cutoff_hz)


def test_what_ends_beyond_toe_off_is_no_window():
    found = identify(cut_stances([ankle()]), [80], [10, 60])
    assert (found.reason[:, 0, 0] != 5).all()
    assert {REASONS[r] for r in found.reason[:, 0, 1]} == {"beyond toe-off"}


def cut_out(recording, keep):
    return replace(recording, time_s=recording.time_s[keep], samples=recording.samples[keep])


def test_a_gap_and_a_cut_off_start_are_no_stances():
    whole = ankle()
    t = whole.time_s
    holed = cut_stances([cut_out(whole, ~((t > 1.4) & (t < 1.55)))])
    assert len(holed) == 5
    assert "there is a gap in time" in holed.notes[0]
    late = cut_stances([cut_out(whole, t > 0.4)])
    assert len(late) == 5
    assert "its start is not in the recording" in late.notes[0]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda r: replace(r, rate_hz=50.0), "stated rate 50 Hz, but its time stamps are at 250"),
        (lambda r: cut_out(r, slice(0, 0)), "0 samples hold no stance"),
    ],
)
def test_a_clock_that_cannot_be_is_one_line(change, words):
    with pytest.raises(GaitcastError, match=words):
        cut_stances([change(ankle())])


def test_a_dead_plate_and_odd_levels_are_told():
    stances = cut_stances([ankle()])
    dead = replace(stances, torque=np.full_like(stances.torque, 0.7))
    assert {REASONS[r] for r in identify(dead, [10], [60]).reason.ravel()} == {"no torque"}
    found = identify(stances, [10], [60])
    with pytest.raises(GaitcastError, match=r"a level of 90 .*Write 0.9"):
        found.interval("K", 90)
    with pytest.raises(GaitcastError, match="worst_error nan"):
        identify(stances, worst_error=float("nan"))
    fewer = cut_stances([ankle(steps=5)])
    for other in (with_noise, step_table):
        with pytest.raises(GaitcastError, match="are not of these 5 stances"):
            other(fewer, found)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"terms": ()}, "terms none"),
        ({"terms": ("K", "K")}, "each once"),
        ({"starts_percent": [-1]}, "start of -1 %"),
        ({"widths_percent": [0]}, "width of 0 %"),
    ],
)
def test_impossible_windows_are_one_line(arguments, words):
    with pytest.raises(GaitcastError, match=words):
        identify(cut_stances([ankle()]), **arguments)


def test_a_push_tells_the_stiffness_that_walking_hides():
    """Muscles add torque of their own in every step; only what a push adds is stiffness."""
    plain = ankle(500.0, steps=12, seed=3)
    strikes = plain.events["right_heel_strike"]
    own = 0.8 * np.sin(np.pi * ((plain.time_s - 0.2) % 1.0) / 0.6)
    push, marks = np.zeros_like(plain.time_s), np.arange(12) % 3 == 0
    for strike in strikes[marks]:
        t = plain.time_s - strike - 0.15
        push += np.radians(3.0) * np.exp(-(((t - 0.15) / 0.05) ** 2))
    rate, accel = (np.gradient(push, 1 / 500), np.gradient(np.gradient(push, 1 / 500), 1 / 500))
    same = np.radians(10 * np.sin(2 * np.pi * plain.time_s))
    torque = own + K * push + B * rate + INERTIA * accel
    samples = np.column_stack([np.degrees(same + push), 1 + torque])
    stances = cut_stances([replace(plain, samples=samples)], cutoff_hz=80)
    answers = response(stances, marks, stances.start_s + 0.15)
    assert len(answers) == marks.sum()
    found = identify(answers, [5], [60])
    np.testing.assert_allclose(np.median(found.of("K")), K, rtol=0.1)
    hidden = identify(stances, [20], [60])
    assert abs(np.nanmedian(hidden.of("K")) / K - 1) > 0.5
    with pytest.raises(GaitcastError, match="as many marks"):
        response(stances, marks[:3], stances.start_s)
    with pytest.raises(GaitcastError, match="not within stance"):
        response(stances, marks, np.full(12, np.nan))
    with pytest.raises(GaitcastError, match="3 needed"):
        response(stances, np.ones(12, bool), stances.start_s)


def test_every_step_of_a_folder_is_a_row(data):
    cohort = load("horst2019-s01", data)
    stances, lines = stances_of(list(cohort), {"S01": 68.9})
    found = with_noise(stances, identify(stances, [15], [60], terms=("K", "B")))
    table = step_table(stances, found)
    assert len(table) == len(stances) >= 15
    assert "quasi_stiffness_nm_rad_kg_low" in table
    assert "stiffness_nm_rad_kg" not in table
    known = table["not_identifiable"] == ""
    assert table.loc[known, "quasi_stiffness_nm_rad_kg"].notna().all()
    assert table.loc[~known, "quasi_stiffness_nm_rad_kg"].isna().all()
    assert all("left out" in line for line in lines)
    with pytest.raises(GaitcastError, match="Give --mass"):
        ankles(next(r for r in cohort if "Static" not in r.trial))
    with pytest.raises(GaitcastError, match="do not go into one table"):
        step_table(stances, identify(stances, [10, 20], [30]))


def test_medial_markers_that_a_walk_lacks_come_from_its_static_trial(data):
    recordings = list(load(data / "schreiber2019-walk18" / "2015032.npz"))
    stances, lines = stances_of(recordings, {"2015032": 57.0})
    assert len(stances) == 4
    assert not lines
    table = quasi_stiffness(stances)
    assert table["dorsiflexion_nm_rad_kg"].between(3, 10).all()
    assert table["flat_percent"].between(3, 15).all()


def test_the_turn_comes_before_foot_flat_in_people_who_walk_so(data):
    known = turn_before_flat(quasi_stiffness(cut_stances(simulate_ankles(3, 0.3, 100.0))))
    assert known.steps > 40
    assert (known.share, known.people_first, known.people) == (1.0, 3, 3)
    assert known.p < 1e-6
    cohort = load("horst2019-s01", data)
    real = turn_before_flat(quasi_stiffness(stances_of(list(cohort), {"S01": 68.9})[0]))
    assert real.steps >= 15
    assert 0.7 < real.share <= 1.0
    assert 0 < real.same <= 1 - real.share
    nothing = turn_before_flat(quasi_stiffness(cut_stances([ankle()])))
    assert nothing.steps == 0
    assert np.isnan(nothing.share)


def test_curves_of_many_people(data):
    cohort = load("fukuchi2018-ankle-curves", data)
    table = quasi_stiffness(stances_of(list(cohort), {})[0])
    assert len(table) == 443
    assert table["late_dorsiflexion_nm_rad_kg"].median() == pytest.approx(6.7, rel=0.05)
