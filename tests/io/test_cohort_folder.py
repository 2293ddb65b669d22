"""A cohort folder gives back the cohort that was written, as Parquet and as CSV."""

import csv
import json
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaitcast.cohort import Cohort
from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.io import read_cohort, write_cohort
from gaitcast.io.metadata_tables import as_cell, as_value
from gaitcast.recording import Recording, Truth
from gaitcast.simulate import simulate

FORMS = ("parquet", "csv")
CHANNELS = ("left_LASI_marker_x", "right_foot_acc_z", "right_plate_force_z")
texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
numbers = st.floats(-1e30, 1e30)
samples = st.one_of(numbers, st.just(float("nan")), st.just(1e-300))
values = st.one_of(numbers, st.just(float("nan")), texts, st.sampled_from(["1.5", "nan", '"a"']))
known = st.dictionaries(texts.filter(lambda name: name != "subject"), values, max_size=4)
steps = st.lists(st.floats(0.001, 0.3).map(lambda s: round(s, 5)), min_size=1, max_size=6)


@st.composite
def recordings(draw, trial):
    time_s = draw(st.floats(0, 1e5)) + np.cumsum(draw(steps))
    shape = (len(time_s), draw(st.integers(1, 3)))
    names = CHANNELS[: shape[1]]
    truth = None
    if draw(st.booleans()):
        table = {
            "side": np.array(["left", "right"]),
            "stiffness": draw(arrays(float, 2, elements=samples)),
        }
        small = st.one_of(st.floats(-(2.0**99), 2.0**99, width=32), st.just(float("nan")))
        truth = Truth(draw(arrays(np.float32, shape, elements=small)), names, table)
    return Recording(
        draw(st.sampled_from(["P1", "P 2/ä", "01"])),
        trial,
        draw(st.floats(10, 500)),
        time_s,
        draw(arrays(float, shape, elements=samples)),
        names,
        draw(st.dictionaries(texts, st.lists(st.floats(-10, 10), max_size=3).map(np.array))),
        draw(known),
        tuple(draw(st.lists(texts, max_size=2))),
        draw(st.sampled_from([0.1, 0.25])),
        truth,
    )


@st.composite
def cohorts(draw):
    trials = draw(st.lists(texts, min_size=1, max_size=3, unique=True))
    people = draw(st.dictionaries(texts, known, max_size=3))
    notes = tuple(draw(st.lists(texts, max_size=2)))
    return Cohort(draw(texts), tuple(draw(recordings(t)) for t in trials), people, notes)


def assert_equal(one, other):
    assert (one.name, one.notes) == (other.name, other.notes)
    assert_same(one.subjects, other.subjects)
    assert len(one) == len(other)
    for before, after, info in zip(one, other, other.infos, strict=True):
        for part in ("subject", "trial", "rate_hz", "channels", "notes", "max_gap_s"):
            assert getattr(before, part) == getattr(after, part)
        np.testing.assert_array_equal(before.time_s, after.time_s)
        np.testing.assert_array_equal(before.samples, after.samples)
        assert_same(before.covariates, after.covariates)
        assert_same(before.events, after.events)
        assert (info.samples, info.segments) == (len(before), len(before.segments()))
        assert (before.truth is None) == (after.truth is None)
        if before.truth is not None:
            assert before.truth.channels == after.truth.channels
            assert after.truth.samples.dtype == np.float32
            np.testing.assert_array_equal(before.truth.samples, after.truth.samples)
            assert_same(before.truth.steps, after.truth.steps)


def assert_same(one, other):
    """Equal dictionaries, where not-a-number equals itself."""
    assert set(one) == set(other)
    for name, value in one.items():
        assert isinstance(value, str) == isinstance(other[name], str)
        if isinstance(value, dict):
            assert_same(value, other[name])
        else:
            np.testing.assert_array_equal(value, other[name])


@pytest.mark.parametrize("tables", FORMS)
@settings(deadline=None, max_examples=60)
@given(cohort=cohorts())
def test_any_cohort_comes_back_to_the_last_bit(tmp_path_factory, tables, cohort):
    folder = tmp_path_factory.mktemp("store") / "c"
    write_cohort(cohort, folder, tables)
    assert_equal(cohort, read_cohort(folder))
    assert_equal(cohort, load(folder))


@given(value=values)
def test_a_cell_gives_back_its_value(value):
    again = as_value(as_cell(value))
    assert type(again) is type(value)
    assert again == value or np.isnan(again)


def test_simulated_people_come_back_with_all_that_is_known_of_them(tmp_path):
    cohort = simulate(2, 0.2, 4)
    for tables in FORMS:
        write_cohort(cohort, tmp_path / tables, tables)
        assert_equal(cohort, load(tmp_path / tables))
    clocked = load(tmp_path / "csv", rate_hz=100.0, max_gap_s=0.2)
    direct = load("simulated", subjects=2, minutes=0.2, seed=4, rate_hz=100.0, max_gap_s=0.2)
    assert_equal(replace(clocked, name=""), replace(direct, name=""))


def test_the_csv_form_is_for_people(tmp_path):
    cohort = simulate(2, 0.2, 4)
    write_cohort(cohort, tmp_path / "people", "csv")
    facts = pd.read_csv(tmp_path / "people" / "subjects.csv", index_col="subject")
    assert facts.loc["S01", "mass_kg"] == cohort.subjects["S01"]["mass_kg"]
    table = pd.read_csv(tmp_path / "people" / "recordings" / "S02.csv")
    assert table["time_s"].is_monotonic_increasing
    assert np.array_equal(table["right_foot_acc_x"], cohort["S02"].column("right_foot_acc_x"))
    steps = pd.read_csv(tmp_path / "people" / "truth" / "steps" / "S01.csv")
    assert np.array_equal(steps["stiffness"], cohort["S01"].truth.steps["stiffness"])
    path = tmp_path / "people" / "events.csv"
    with path.open(newline="") as file:
        rows = list(csv.reader(file))
    rows[1][2] = "0.125"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([*rows, ["S01", "stumble", "1.5"]])
    again = read_cohort(tmp_path / "people")["S01"].events
    assert again["stumble"].tolist() == [1.5]
    assert 0.125 in np.concatenate([*again.values()])


def test_names_that_file_systems_confuse_stay_apart(tmp_path):
    walk = simulate(1, 0.05, 4).recordings[0]
    trials = ("Walk", "walk", "wa/lk", "wa:lk", "..", "")
    cohort = Cohort("c", tuple(replace(walk, trial=trial) for trial in trials))
    write_cohort(cohort, tmp_path / "c")
    assert [r.trial for r in read_cohort(tmp_path / "c")] == [*trials]
    files = [path.name.lower() for path in (tmp_path / "c" / "recordings").iterdir()]
    assert len(set(files)) == len(trials)


def test_a_large_cohort_is_iterated_one_recording_at_a_time(tmp_path):
    """Forty recordings of 4 MB: never more than a few of them in memory."""
    import tracemalloc

    one = Recording(
        "P0",
        "T0",
        100.0,
        np.arange(50_000) / 100,
        np.random.default_rng(0).normal(size=(50_000, 10)),
        tuple(
            f"right_{s}_{q}_{a}"
            for s, q, a in [("foot", "acc", a) for a in "xyz"]
            + [("foot", "gyr", a) for a in "xyz"]
            + [("shank", "acc", a) for a in "xyz"]
            + [("shank", "gyr", "x")]
        ),
    )
    many = tuple(replace(one, subject=f"P{k}", trial=f"T{k}") for k in range(40))
    write_cohort(Cohort("large", many), tmp_path / "c")
    size = sum(p.stat().st_size for p in (tmp_path / "c").rglob("*.parquet"))
    assert size > 150e6
    tracemalloc.start()
    cohort = read_cohort(tmp_path / "c")
    total = sum(float(r.samples[:, 0].sum()) for r in cohort.select([f"P{k}" for k in range(40)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == pytest.approx(40 * one.samples[:, 0].sum())
    assert peak < size / 8


@pytest.mark.parametrize("tables", FORMS)
def test_what_is_no_sound_cohort_is_refused(tmp_path, tables):
    with pytest.raises(GaitcastError, match="not a cohort folder"):
        read_cohort(tmp_path)
    cohort = simulate(1, 0.05, 4)
    folder = tmp_path / "c"
    write_cohort(cohort, folder, tables)
    (file,) = (folder / "recordings").iterdir()
    (steps,) = (folder / "truth" / "steps").iterdir()
    steps.unlink()
    with pytest.raises(GaitcastError, match="cannot read the true steps"):
        list(read_cohort(folder))
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(GaitcastError, match="cannot read the recording"):
        list(read_cohort(folder))
    text = (folder / "recordings.csv").read_text()
    (folder / "recordings.csv").write_text(text.replace(",100.0,", ",fast,"))
    with pytest.raises(GaitcastError, match="its index is damaged"):
        read_cohort(folder)
    (folder / "events.csv").write_text("trial,event,time_s\nS0,stop,1\n")
    with pytest.raises(GaitcastError, match=r"no trial 'S0'.* Did you mean 'S01'"):
        read_cohort(folder)
    (folder / "mine.txt").write_text("keep")
    with pytest.raises(GaitcastError, match="holds something else"):
        write_cohort(cohort, folder)
    with pytest.raises(GaitcastError, match="no tables of kind 'xlsx'"):
        write_cohort(cohort, tmp_path / "x", "xlsx")


def test_an_older_layout_says_how_to_make_it_anew_and_can_be_replaced(tmp_path):
    folder = tmp_path / "c"
    cohort = simulate(1, 0.05, 4)
    write_cohort(cohort, folder)
    about = json.loads((folder / "cohort.json").read_text())
    (folder / "cohort.json").write_text(json.dumps({**about, "layout": 1}))
    (folder / "recordings.csv").rename(folder / "recordings.parquet")
    with pytest.raises(GaitcastError, match="gaitcast convert SOURCE FOLDER"):
        load(folder)
    write_cohort(cohort, folder)
    assert_equal(cohort, load(folder))
    old = tmp_path / "simulated"
    (old / "about").mkdir(parents=True)
    (old / "about" / "subjects.csv").write_text("subject\nS01\n")
    (old / "mapping.toml").write_text("rate_hz = 100\n")
    with pytest.raises(GaitcastError, match="gaitcast simulate --out FOLDER"):
        load(old)
