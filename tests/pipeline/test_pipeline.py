"""The Pipeline: fitted, asked, scored, saved, exported; and what it refuses."""

from dataclasses import replace

import numpy as np
import pytest

from conftest import ANGLE
from gaitcast.analysis.audit import leaks_of_pipeline
from gaitcast.analysis.explain import explain
from gaitcast.analysis.synergy import pipeline_synergy
from gaitcast.cohort import Cohort
from gaitcast.cross_validation import cross_validate
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.splits import Blocked, LeaveOneSubjectOut
from gaitcast.pipeline import Pipeline
from gaitcast.runtime import Bundle, Engine
from gaitcast.signal import Butterworth, OfflineButterworth
from gaitcast.simulate import simulate
from gaitcast.study.results import COLUMNS

QUICK = {"max_epochs": 1, "batches": 2, "segment_ms": 800.0, "burn_in_ms": 100.0}


def pipeline(**change):
    settings = {
        "inputs": ["right_foot_[ag]*"],
        "targets": [ANGLE],
        "history_ms": 500,
        "horizon_ms": 100,
        "steps": [Butterworth(20.0)],
        "model": "ridge",
    }
    return Pipeline(**{**settings, **change})


@pytest.fixture(scope="module")
def walks():
    """Four simulated people at 100 Hz, with jitter, as recorded."""
    return simulate(subjects=4, minutes=0.2, seed=8)


@pytest.fixture(scope="module")
def fitted(walks):
    return pipeline().fit(walks.without("S04"))


def test_it_forecasts_a_new_person_at_every_sample(fitted, walks):
    raw = walks["S04"]
    forecast = fitted.predict(raw)
    assert forecast.values.shape == (len(forecast.time_s), 10, 1)
    assert forecast.ahead_ms.tolist() == [10.0 * k for k in range(1, 11)]
    table = forecast.table()
    assert table.index.name == "time_s"
    assert table[ANGLE, 100.0].iloc[3] == forecast.values[3, -1, 0]
    # The last forecasts speak of what is not recorded yet.
    assert forecast.time_s[-1] == pytest.approx(raw.time_s[-1], abs=0.02)
    truth = np.interp(forecast.time_s + 0.1, raw.time_s, raw.column(ANGLE))[:-10]
    error = np.abs(forecast.values[:-10, -1, 0] - truth).mean()
    (row,) = fitted.score(walks.select(["S04"])).to_dict("records")
    assert row["mae"] < error * 1.2
    assert not row["trained_on"]
    assert fitted.score(walks.select(["S01"]))["trained_on"].all()


def test_saved_and_loaded_it_forecasts_the_same(fitted, walks, tmp_path):
    fitted.save(tmp_path / "pipe")
    again = Pipeline.load(str(tmp_path / "pipe"))
    assert again == fitted
    assert again.describe() == fitted.describe()
    same = again.predict(walks["S04"]).values
    assert np.array_equal(same, fitted.predict(walks["S04"]).values)
    (tmp_path / "pipe" / "pipeline.json").write_text("{}", encoding="utf-8")
    with pytest.raises(GaitcastError, match="this pipeline is damaged"):
        Pipeline.load(tmp_path / "pipe")


def test_the_bundle_gives_what_predict_gives(fitted, walks, tmp_path):
    bundle = Bundle.load(fitted.export(tmp_path / "bundle"))
    engine, raw = Engine(bundle), walks["S04"]
    rows = raw.complete(bundle.card.channels)
    live = [f for t, x in zip(raw.time_s, rows, strict=True) for f in engine.push(t, x)]
    offline = fitted.predict(raw)
    assert [f.time_s for f in live] == pytest.approx(offline.time_s.tolist(), abs=1e-9)
    worst = np.abs(np.stack([f.values for f in live]) - offline.values).max()
    assert worst < 1e-4 * raw.column(ANGLE).std()


def test_who_trains_and_who_stops_stands_on_the_card(walks, tmp_path):
    closed = pipeline().fit(walks)
    assert closed.describe()["trained_on"] == ["S01", "S02", "S03", "S04"]
    assert closed.describe()["stopped_by"] == []
    network = pipeline(model="gru", options={"units": 4}, training=QUICK)
    chosen = network.fit(walks, validation=["S02"])
    card = Bundle.load(chosen.export(tmp_path / "b")).card
    assert (card.trained_on, card.stopped_by) == (("S01", "S03", "S04"), ("S02",))
    usual = replace(network).fit(walks)
    assert usual.fitted.origin.stopped_by == ("S04",)
    alone = replace(network).fit(simulate(subjects=1, minutes=0.5, seed=3))
    assert alone.fitted.origin.trained_on == alone.fitted.origin.stopped_by == ("S01",)
    others = replace(network).fit(walks.without("S04"), validation=walks.select(["S04"]))
    assert others.fitted.origin.stopped_by == ("S04",)


def test_what_a_device_must_measure_is_declared_and_late(walks):
    prompt = pipeline(inputs=[ANGLE], steps=[], model="persistence").fit(walks)
    late = pipeline(inputs=[ANGLE], steps=[], model="persistence", measured_ms={ANGLE: 50})
    late.fit(walks)
    assert prompt.describe()["measured_ms"] == {ANGLE: 0.0}
    assert late.describe()["measured_ms"] == {ANGLE: 50.0}
    now, before = prompt.predict(walks["S01"]), late.predict(walks["S01"])
    np.testing.assert_allclose(before.values[5:, 0], now.values[:-5, 0], atol=1e-6)
    assert pipeline().fit(walks).describe()["measured_ms"] == {}


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": "grru"}, "Did you mean 'gru'"),
        ({"history": 500}, "unknown option 'history'. Did you mean 'history_ms'"),
        ({"history_ms": 0}, "option 'history_ms'"),
        ({"options": {"evry": 3}}, "unknown option 'evry'"),
        ({"model": "gru", "training": {"batch": 0}}, "option 'batch'"),
        ({"model": "gru", "training": {"epochs": 3}}, "unknown option 'epochs'"),
        ({"rate_hz": -1}, "option 'rate_hz'"),
        ({"seed": 2**32}, "option 'seed'"),
        ({"targets": []}, "at least 1|no channel among the targets"),
        ({"inputs": ["wearer:mass_kg"]}, "no channel among the inputs"),
        ({"head": "quantile"}, "has no quantile head"),
        ({"steps": ["butterworth"]}, "option 'steps'"),
    ],
)
def test_impossible_settings_are_one_clear_line(change, words):
    with pytest.raises(GaitcastError, match=words) as error:
        pipeline(**change)
    assert "\n" not in str(error.value)


def test_recordings_that_do_not_fit_are_refused(fitted, walks, tmp_path):
    raw = walks["S04"]
    with pytest.raises(GaitcastError, match="no channel 'right_foot_acc_x'"):
        fitted.predict(raw.select(["left_*"]))
    samples = raw.samples.copy()
    samples[300, raw.channels.index("right_foot_acc_y")] = np.nan
    holed = replace(raw, samples=samples)
    with pytest.raises(GaitcastError, match=r"channel 'right_foot_acc_y'.*s\)") as error:
        fitted.predict(holed)
    assert "S04" in str(error.value)
    with pytest.raises(GaitcastError, match=r"'S04'.*right_foot_acc_y"):
        pipeline().fit(Cohort("holed", (*walks.without("S04"), holed)))
    slow = replace(raw, rate_hz=5.0, time_s=np.arange(len(raw)) / 5.0, max_gap_s=1.0)
    with pytest.raises(GaitcastError, match="5 Hz cannot be adapted to 100 Hz"):
        fitted.predict(slow)
    with pytest.raises(GaitcastError, match="is not fitted yet"):
        pipeline().predict(raw)
    with pytest.raises(GaitcastError, match="no live form"):
        pipeline(steps=[OfflineButterworth(5.0)]).fit(walks).export(tmp_path / "b")
    with pytest.raises(GaitcastError, match="no subject 'S09'"):
        pipeline().fit(walks, validation=["S09"])


def test_columns_in_another_order_or_with_holes_train_nothing(walks):
    """The low-level fit checks names, numbers and options of what it is given."""
    from gaitcast.tasks import Span
    from gaitcast.training import fit

    pipe = pipeline(steps=[])
    at_rate = pipe.at_rate(walks)
    assembly = pipe.assemble(at_rate)
    parts, _ = assembly.series({"train": [Span("S01", 0, 600)]})
    (series,) = parts["train"]
    swapped = replace(series, columns=(*series.columns[1:], series.columns[0]))
    holed = replace(series, features=series.features.copy())
    holed.features[50, 2] = np.nan
    narrow = replace(series, features=series.features[:, 1:], columns=())
    for wrong, words in (
        (swapped, "features are .*Expected: right_foot_acc_x"),
        (holed, r"'right_foot_acc_z' is not a number 0\.50 s after the start"),
        (narrow, "features are 5 columns"),
    ):
        with pytest.raises(GaitcastError, match=words):
            fit("ridge", assembly.signature, [wrong])
    with pytest.raises(GaitcastError, match="unknown option 'epoch'"):
        fit("gru", assembly.signature, [series], [series], training={"epoch": 1})


def test_short_recordings_are_left_out_and_counted(walks):
    pipe = pipeline()
    short = [replace(r, trial=f"{r.trial}-short", time_s=r.time_s[:3], samples=r.samples[:3],
                     events={}, truth=None) for r in walks]  # fmt: skip
    both = Cohort("both", (*walks, *short))
    whole = pipe.fit(walks).predict(walks["S01"]).values
    assert np.array_equal(replace(pipe).fit(both).predict(walks["S01"]).values, whole)


def test_pipelines_are_validated_like_a_study(walks, tmp_path):
    filtered, raw = pipeline(name="filtered"), pipeline(name="raw", steps=[])
    found = cross_validate([filtered, raw], walks, LeaveOneSubjectOut(), workers=1)
    assert list(found.table.columns) == list(COLUMNS)
    models = set(found.table["model"])
    assert {"filtered", "raw", "last-cycle", "persistence", "train-mean", "knn baseline"} <= models
    row = found.summary.set_index("model").loc["filtered"]
    assert row["people"] == 4
    assert np.isfinite([row["low"], row["high"], row["margin"], row["margin_low"]]).all()
    assert not any(split for split in found.table["split"] if split != "leave-one-subject-out")
    figure = found.plot()
    labels = [t.get_text() for t in figure.axes[0].get_yticklabels()]
    assert any("filtered" in label for label in labels)
    page = found.report(tmp_path / "out" / "page.html")
    assert "filtered" in page.read_text(encoding="utf-8")
    # What is validated is not fitted by that, and the figures are those of a fit by hand.
    with pytest.raises(GaitcastError, match="not fitted yet"):
        filtered.predict(walks["S01"])
    by_hand = replace(filtered).fit(walks.without("S02")).score(walks.select(["S02"]))
    cells = found.table[(found.table["model"] == "filtered") & (found.table["metric"] == "mae")]
    study = cells.set_index("subject")["value"]["S02"]
    assert by_hand["mae"].iloc[0] == pytest.approx(study, rel=1e-4)


def test_pipelines_of_different_tasks_are_not_compared(walks):
    with pytest.raises(GaitcastError, match="differ in history_ms"):
        cross_validate([pipeline(name="a"), pipeline(name="b", history_ms=300)], walks, Blocked())
    with pytest.raises(GaitcastError, match="two pipelines are called 'ridge'"):
        cross_validate([pipeline(), pipeline()], walks, Blocked())


def test_a_network_goes_on_learning_from_its_wearer(walks, tmp_path):
    network = pipeline(model="gru", options={"units": 4}, training=QUICK).fit(walks.without("S04"))
    before = network.predict(walks["S04"]).values
    adapted = network.adapt(walks.select(["S04"]))
    assert np.array_equal(network.predict(walks["S04"]).values, before)
    assert not np.array_equal(adapted.predict(walks["S04"]).values, before)
    assert Bundle.load(adapted.export(tmp_path / "b")).card.adapted_to == ("S04",)
    with pytest.raises(GaitcastError, match="not trained by gradient"):
        pipeline().fit(walks).adapt(walks.select(["S04"]))


def test_audit_and_explanation_take_a_pipeline(fitted, walks):
    assert leaks_of_pipeline(pipeline(), walks, LeaveOneSubjectOut()) == []
    offline = pipeline(steps=[OfflineButterworth(5.0)])
    (leak, *_) = leaks_of_pipeline(offline, walks, LeaveOneSubjectOut())
    assert leak.kind == "zero-phase filtering"
    found = explain(fitted, walks.without("S04"), walks.select(["S04"]))
    channels = found.groups[found.groups["kind"] == "channel"]
    assert len(channels) == 6
    assert channels["ablation"].abs().max() > 0
    angles = pipeline(inputs=["*_ankle_angle_flexion", "*_knee_angle_flexion"], steps=[])
    ranked = pipeline_synergy(angles, walks)
    assert ranked.people == 4
    assert "right knee" in set(ranked.groups["group"])
    assert fitted.bench(100).percentile(50) > 0


def test_spans_too_short_for_a_window_are_no_crash(walks):
    """A blocked split on short trials leaves spans of a few samples: left out, or one error."""
    whole = pipeline().at_rate(simulate(subjects=1, minutes=0.4, seed=8)).recordings[0]
    cut = replace(whole, time_s=whole.time_s[:1202], samples=whole.samples[:1202], events={},
                  truth=None)  # fmt: skip
    one, split = Cohort("one", (cut,)), Blocked(blocks=12, folds_per_person=3)
    assert any(len(span) == 1 for span in split.folds(one, 40)[0].train)
    assert leaks_of_pipeline(pipeline(history_ms=300), one, split) == []
    short = [replace(r, trial=f"{r.trial}-b", time_s=r.time_s[:650], samples=r.samples[:650],
                     events={}, truth=None) for r in walks]  # fmt: skip
    some = Blocked(blocks=6, folds_per_person=3)
    assert leaks_of_pipeline(pipeline(history_ms=300), Cohort("short", tuple(short)), some) == []
    with pytest.raises(GaitcastError, match=r"part is empty|no (train|test) span"):
        leaks_of_pipeline(pipeline(), Cohort("short", tuple(short)), Blocked())
