"""`gaitcast adapt` as a user types it: what it writes, what it says, what it refuses."""

import json
import shutil
import signal
from dataclasses import replace

import numpy as np
import pytest
from filelock import FileLock
from test_commands import gaitcast

from conftest import ANGLE
from gaitcast.analysis.calibration_curve import calibration_curve, summarise_curve
from gaitcast.analysis.gain import divide
from gaitcast.io import write_table
from gaitcast.pipeline import Pipeline
from gaitcast.runtime import Bundle
from gaitcast.signal import JointAngle
from gaitcast.simulate import simulate


@pytest.fixture(scope="module")
def walks():
    return simulate(subjects=3, minutes=0.35, seed=8)


@pytest.fixture(scope="module")
def place(walks, tmp_path_factory):
    """A bundle that learns from its wearer, and a newcomer's recording."""
    folder = tmp_path_factory.mktemp("adapt")
    pipe = Pipeline(
        inputs=["right_shank_gyr_*", ANGLE], targets=[ANGLE], history_ms=1000, horizon_ms=100,
        model="wearer-memory", options={"memory_s": 8.0, "others": 60},
    )  # fmt: skip
    pipe.fit(walks.without("S03"))
    pipe.export(folder / "bundle", study={"study": "s", "scores": {"S02": {}}})
    write_table(walks["S03"], folder / "S03.csv")
    return folder


def test_a_bundle_is_adapted_and_says_what_it_gained(place):
    words = ("adapt", place / "bundle", "--data", place / "S03.csv", "--seconds", 10)
    done = gaitcast(*words)
    assert done.returncode == 0, done.stderr
    assert "adapted to 10.0 s of S03 by 'memory'" in done.stdout
    assert "last cycle" in done.stdout
    assert f"written: {place / 'bundle-adapted'}" in done.stdout
    card = json.loads((place / "bundle-adapted" / "card.json").read_text())
    assert card["adapted_to"] == ["S03"]
    assert card["adapted_by"] == {"method": "memory", "seconds": pytest.approx(10, abs=0.05)}
    assert "scores" not in card["study"]
    gain = card["study"]["gain"]
    assert gain["after"][ANGLE] < gain["before"][ANGLE] < gain["last_cycle"][ANGLE]
    assert Bundle.load(place / "bundle-adapted").begins
    # The new one can be adapted again, in place of an older one of its kind.
    done = gaitcast(*words, "--method", "fixed-memory")
    assert done.returncode == 0, done.stderr
    source = f"replay:{place / 'S03.csv'}"
    done = gaitcast("stream", place / "bundle-adapted", "--source", source)
    assert "mean absolute error" in done.stdout


def test_without_later_data_nothing_is_claimed(place, tmp_path):
    words = ("--data", place / "S03.csv", "--seconds", 100, "--out", tmp_path / "b")
    done = gaitcast("adapt", place / "bundle", *words)
    assert done.returncode == 0, done.stderr
    assert "all there is, so nothing says what was gained" in done.stdout
    assert (tmp_path / "b" / "graph.onnx").exists()


def test_someone_it_was_trained_on_is_a_warning(place, walks, tmp_path):
    write_table(walks["S01"], tmp_path / "S01.csv")
    words = ("--data", tmp_path / "S01.csv", "--seconds", 5, "--out", tmp_path / "b")
    done = gaitcast("adapt", place / "bundle", *words)
    assert done.returncode == 0, done.stderr
    assert "warning: 'S01' is a participant" in done.stderr


def test_a_target_in_another_unit_is_a_warning(place, walks, tmp_path):
    walk = walks["S03"]
    samples = walk.samples.copy()
    samples[:, walk.channels.index(ANGLE)] *= np.pi / 180
    write_table(replace(walk, samples=samples), tmp_path / "S03.csv")
    words = ("--data", tmp_path / "S03.csv", "--seconds", 5, "--out", tmp_path / "b")
    done = gaitcast("adapt", place / "bundle", *words)
    assert done.returncode == 0, done.stderr
    assert f"warning: recording 'S03': {ANGLE} span at most" in done.stderr
    assert "in rad?" in done.stderr


def refused(place, *words, data="S03.csv", bundle="bundle"):
    done = gaitcast("adapt", place / bundle, "--data", place / data, *words)
    assert done.returncode == 2
    assert len(done.stderr.splitlines()) == 1
    return done.stderr


def test_another_bundle_s_pipeline_is_refused(place, walks, tmp_path):
    shutil.copytree(place / "bundle", tmp_path / "bundle")
    other = Pipeline(
        inputs=["right_shank_gyr_*", ANGLE], targets=[ANGLE], history_ms=1000, horizon_ms=100,
        model="ridge",
    )  # fmt: skip
    shutil.rmtree(tmp_path / "bundle" / "pipeline")
    other.fit(walks).save(tmp_path / "bundle" / "pipeline")
    shutil.copy(place / "S03.csv", tmp_path)
    said = refused(tmp_path, "--seconds", 5)
    assert "its folder 'pipeline' is not the one its graph was made from" in said


def test_a_bundle_of_before_that_is_adapted_with_a_warning(place, tmp_path):
    shutil.copytree(place / "bundle", tmp_path / "bundle")
    card = json.loads((tmp_path / "bundle" / "card.json").read_text())
    del card["pipeline_sha256"]
    (tmp_path / "bundle" / "card.json").write_text(json.dumps(card))
    words = ("--data", place / "S03.csv", "--seconds", 5)
    done = gaitcast("adapt", tmp_path / "bundle", *words)
    assert done.returncode == 0, done.stderr
    assert "warning: an older bundle" in done.stderr
    assert json.loads((tmp_path / "bundle-adapted" / "card.json").read_text())["pipeline_sha256"]


def test_what_cannot_be_adapted_is_one_clear_line(place, walks):
    assert "less than one window, history and horizon together: 1.1 s" in refused(
        place, "--seconds", 1
    )
    assert "--seconds is 0" in refused(place, "--seconds", 0)
    assert "cannot be adapted by 'head'" in refused(place, "--seconds", 5, "--method", "head")
    assert "would replace the bundle" in refused(place, "--seconds", 5, "--out", place / "bundle")
    (place / "imu").mkdir()
    write_table(walks["S03"].select(["right_shank_*"]), place / "imu" / "imu.csv")
    said = refused(place, "--seconds", 5, data="imu/imu.csv")
    assert f"'{ANGLE}' was not recorded" in said
    for name in ("S02", "S03"):
        (place / "two").mkdir(exist_ok=True)
        write_table(walks[name], place / "two" / f"{name}.csv")
    assert "--subject" in refused(place, "--seconds", 5, data="two")
    done = gaitcast(
        "adapt", place / "bundle", "--data", place / "two", "--subject", "S03", "--seconds", 5,
        "--out", place / "one",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    shutil.copytree(place / "bundle", place / "bare")
    shutil.rmtree(place / "bare" / "pipeline")
    assert "carries no pipeline" in refused(place, "--seconds", 5, bundle="bare")


def test_the_recordings_of_a_wearer_are_cut_in_two(walks):
    two = replace(
        walks, recordings=(walks["S01"], replace(walks["S02"], subject="S01", trial="later"))
    )
    whole = sum(r.duration_s for r in two)
    first, rest = divide(two, 25.0)
    assert [r.trial for r in first] == ["S01", "later"]
    assert [r.trial for r in rest] == ["later"]
    assert sum(r.duration_s for r in first) == pytest.approx(25.0, abs=0.05)
    assert sum(len(r) for r in (*first, *rest)) == sum(len(r) for r in two)
    assert divide(two, whole + 1)[1] is None


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interruption_leaves_no_half_written_bundle(place, tmp_path, monkeypatch, number, code):
    out = tmp_path / "b"
    words = ("adapt", place / "bundle", "--data", place / "S03.csv", "--seconds", 5, "--out", out)

    def interrupted(_, folder):
        (folder / "pipeline.json").write_text("{")
        signal.raise_signal(number)

    with monkeypatch.context() as changed:
        changed.setattr(Pipeline, "save_into", interrupted)
        done = gaitcast(*words)
    assert done.returncode == code
    assert len(done.stderr.splitlines()) == 1
    assert not [*tmp_path.iterdir()]
    assert gaitcast(*words).returncode == 0
    before = (out / "card.json").read_text()
    monkeypatch.setattr(Pipeline, "save_into", interrupted)
    assert gaitcast(*words).returncode == code
    assert (out / "card.json").read_text() == before
    assert [p.name for p in tmp_path.iterdir()] == ["b"]


def test_two_that_adapt_to_one_place_are_one_clear_error(place, tmp_path):
    with FileLock(tmp_path / ".b.lock"):
        said = refused(place, "--seconds", 5, "--out", tmp_path / "b")
    assert "another process is adapting to this place" in said


def test_what_is_tested_goes_on_where_the_calibration_ends(walks):
    """A step that keeps its state does not begin anew in mid-walk: gain and curve are cut later."""
    imu = ["right_foot_[ag]*", "right_shank_[ag]*"]
    pipe = Pipeline(
        inputs=imu, targets=[ANGLE], history_ms=500, horizon_ms=100, model="ridge",
        steps=[JointAngle(ANGLE, "right_shank", "right_foot")],
    )  # fmt: skip
    pipe.fit(walks.without("S03"))
    new = walks.select(["S03"])
    two = replace(new, recordings=(*new, replace(walks["S03"], trial="later")))
    (whole,), (_, later), rest = (
        pipe.series(new), pipe.series(two), pipe.series(two, from_s=walks["S03"].duration_s - 5)
    )  # fmt: skip
    assert len(rest[0]) == pytest.approx(500, abs=2)
    np.testing.assert_array_equal(rest[0].features, whole.features[-len(rest[0]) :])
    np.testing.assert_array_equal(rest[1].features, later.features)
    _, cut = divide(new, walks["S03"].duration_s - 5)
    (anew,) = pipe.series(cut)
    assert np.abs(anew.features - whole.features[-len(anew) :]).max() > 0.5


def test_the_calibration_curve(walks):
    pipe = Pipeline(
        inputs=[ANGLE], targets=[ANGLE], history_ms=1000, horizon_ms=100,
        model="wearer-memory", options={"memory_s": 8.0, "others": 60},
    )  # fmt: skip
    seen = []
    table = calibration_curve(pipe, walks, (0, 4, 12), announce=lambda *done: seen.append(done))
    assert seen == [("S01", 1, 3), ("S02", 2, 3), ("S03", 3, 3)]
    assert len(table) == 3 * (3 * 2 + 1)
    mean = summarise_curve(table).set_index(["afterwards", "seconds"])
    assert (mean["people"] == 3).all()
    assert (mean["low"] < mean["mae"]).all()
    assert np.isfinite(mean["high"]).all()
    assert mean.loc[("frozen", 12), "mae"] < mean.loc[("frozen", 0), "mae"]
    assert mean.loc[("adapting", 0), "mae"] < mean.loc[("frozen", 0), "mae"]
