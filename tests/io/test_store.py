from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.io import open_store, write_store
from gaitcast.recording import Recording
from gaitcast.simulate import simulate

floats = st.floats(width=64, allow_infinity=False).filter(lambda v: not abs(v) > 1e38)


@settings(deadline=None, max_examples=25)
@given(samples=arrays(float, (6, 2), elements=floats), data=st.data())
def test_a_cohort_comes_back_to_the_last_bit(tmp_path_factory, samples, data):
    folder = tmp_path_factory.mktemp("store") / "c"
    facts = data.draw(st.dictionaries(st.sampled_from(["mass_kg", "sex"]), st.floats(1, 99)))
    original = Recording(
        "P 1/ä", "walk: fast", 100.0, np.cumsum(np.full(6, 0.01)), samples,
        ("left_LASI_marker_x", "right_foot_acc_z"), {"left_heel_strike": np.array([0.02, 0.05])},
        {"speed_m_s": 1.25, "terrain": "flat"}, ("a note",), 0.25,
    )  # fmt: skip
    write_store(Cohort("c", (original,), {"P 1/ä": facts}), folder)
    cohort = open_store(folder)
    (again,) = cohort
    np.testing.assert_array_equal(again.samples, samples)
    np.testing.assert_array_equal(again.time_s, original.time_s)
    assert {k: v.tolist() for k, v in again.events.items()} == {"left_heel_strike": [0.02, 0.05]}
    for part in ("subject", "trial", "rate_hz", "channels", "covariates", "notes", "max_gap_s"):
        assert getattr(again, part) == getattr(original, part)
    assert cohort.subjects == {"P 1/ä": facts}
    assert cohort.name == "c"


def test_the_truth_of_a_simulated_cohort_is_kept(tmp_path):
    cohort = simulate(2, 0.1, 4)
    write_store(cohort, tmp_path / "c")
    for before, after in zip(cohort, open_store(tmp_path / "c"), strict=True):
        np.testing.assert_array_equal(before.truth.samples, after.truth.samples)
        assert after.truth.samples.dtype == np.float32
        for name, column in before.truth.steps.items():
            np.testing.assert_array_equal(column, after.truth.steps[name])


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
    write_store(Cohort("large", many), tmp_path / "c")
    size = sum(p.stat().st_size for p in (tmp_path / "c").rglob("*.parquet"))
    assert size > 150e6
    tracemalloc.start()
    cohort = open_store(tmp_path / "c")
    total = sum(float(r.samples[:, 0].sum()) for r in cohort.select([f"P{k}" for k in range(40)]))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert total == pytest.approx(40 * one.samples[:, 0].sum())
    assert peak < size / 8


def test_what_is_no_cohort_is_refused(tmp_path):
    with pytest.raises(GaitcastError, match="not a cohort folder"):
        open_store(tmp_path)
    cohort = simulate(1, 0.05, 4)
    write_store(cohort, tmp_path / "c")
    (file,) = (tmp_path / "c" / "recordings").iterdir()
    file.write_bytes(file.read_bytes()[:200])
    with pytest.raises(GaitcastError, match="cannot read the recording"):
        list(open_store(tmp_path / "c"))
    (tmp_path / "c" / "mine.txt").write_text("keep")
    with pytest.raises(GaitcastError, match="holds something else"):
        write_store(cohort, tmp_path / "c")
