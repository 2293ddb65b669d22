"""Series whose rows are in a file instead of in memory."""

import errno
import gc
import pickle
import tempfile
import tracemalloc
from pathlib import Path

import numpy as np
import pytest

import gaitcast.cohort
from gaitcast import Pipeline
from gaitcast.cohort import OnDemand
from gaitcast.errors import GaitcastError
from gaitcast.io import read_cohort, write_cohort
from gaitcast.simulate import simulate
from gaitcast.tasks import Series, Span
from gaitcast.tasks.mapped_rows import Place, mapped, mapped_like


@pytest.fixture
def scratch(tmp_path, monkeypatch):
    folder = tmp_path / "scratch"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _some(lengths=(5, 1, 8)):
    rng = np.random.default_rng(0)
    return [
        Series(
            Span(f"t{n}", 0, n),
            rng.normal(size=(n, 3)).astype(np.float32),
            rng.normal(size=(n, 2)).astype(np.float32),
            mask=np.arange(n) % 2 == 0,
            person=f"p{n}",
        )
        for n in lengths
    ]


def _same(one, other):
    assert (one.span, one.person) == (other.span, other.person)
    for name in ("features", "targets", "mask"):
        assert np.array_equal(getattr(one, name), getattr(other, name))


def test_rows_are_the_same_on_disk_and_the_file_goes_with_the_last_of_them(scratch):
    given = _some()
    made = mapped(iter(given))
    for one, other in zip(given, made, strict=True):
        _same(one, other)
        assert isinstance(Place.of(other.features), Place)
    (file,) = scratch.iterdir()
    assert file.stat().st_size == 4 * 5 * 14
    last = made[-1].features
    del made, other
    gc.collect()
    assert last[0, 0] == given[-1].features[0, 0]
    assert file.exists()
    del last
    gc.collect()
    assert not file.exists()


@pytest.mark.usefixtures("scratch")
def test_another_process_opens_the_file_instead_of_getting_the_rows():
    (one,) = mapped(_some((100_000,)))
    sent = pickle.dumps(one.thinned(2))
    assert len(sent) < 250_000  # the mask, and no rows
    _same(pickle.loads(sent), one.thinned(2))
    part = pickle.loads(pickle.dumps(Series(one.span, one.features[7:], one.targets[7:])))
    assert np.array_equal(part.features, one.features[7:])
    assert np.array_equal(pickle.loads(pickle.dumps(_some()[0])).targets, _some()[0].targets)


@pytest.mark.usefixtures("scratch")
def test_what_is_made_of_mapped_series_is_mapped():
    assert not mapped([])
    given = _some()
    assert mapped_like(given, given)[0].features is given[0].features
    assert isinstance(Place.of(mapped_like(mapped(given), given)[0].features), Place)


def test_a_full_disk_is_one_error_and_leaves_no_file(scratch, monkeypatch):
    def full(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Path, "stat", full)
    with pytest.raises(GaitcastError, match="No space left on device") as error:
        mapped(_some())
    monkeypatch.undo()
    assert "TMPDIR" in str(error.value)

    def broken():
        yield _some()[0]
        raise GaitcastError("a recording is damaged")

    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    with pytest.raises(GaitcastError, match="a recording is damaged"):
        mapped(broken())
    assert not [*scratch.iterdir()]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    place = tmp_path_factory.mktemp("cohort") / "walks"
    write_cohort(simulate(subjects=9, minutes=0.5, seed=3), place)
    return place


def _pipe(model, **training):
    return Pipeline(
        model=model,
        inputs=("right_foot_gyr_*", "right_foot_acc_*", "right_ankle_angle_flexion"),
        targets=("right_ankle_angle_flexion",),
        history_ms=300,
        horizon_ms=100,
        training={"max_epochs": 2, "patience": 2, **training},
    )


@pytest.mark.parametrize(
    ("model", "training"),
    [("cnn", {"stride": 20}), ("gru", {"batches": 4, "segment_ms": 800}), ("wearer-adaptive", {})],
)
def test_a_cohort_that_is_not_held_in_memory_gives_the_same_fit(
    folder, scratch, monkeypatch, model, training
):
    cohort = read_cohort(folder).select(["S01", "S02", "S03"])
    if model == "wearer-adaptive":
        training = {"max_epochs": 1, "patience": 0, "batches": 2}
    held = _pipe(model, **training).fit(cohort).predict(cohort["S03"])
    monkeypatch.setattr(gaitcast.cohort, "HELD_BYTES", 0)
    pipe = _pipe(model, **training)
    assert isinstance(pipe.at_rate(cohort).recordings, OnDemand)
    assert np.array_equal(pipe.fit(cohort).predict(cohort["S03"]).values, held.values)
    gc.collect()
    assert not [*scratch.iterdir()]


@pytest.mark.usefixtures("scratch")
def test_three_times_the_people_take_no_more_memory(folder, monkeypatch):
    monkeypatch.setattr(gaitcast.cohort, "HELD_BYTES", 0)

    def peak(people):
        cohort = read_cohort(folder).select([f"S{k + 1:02d}" for k in range(people)])
        tracemalloc.start()
        _pipe("cnn", stride=20, max_epochs=1).fit(cohort)
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(3)  # what is imported and compiled once
    few, many = peak(3), peak(9)
    assert many < 1.15 * few
