"""The page holds every part, reaches for nothing outside itself, and draws what there is."""

import json
import re
from dataclasses import replace

import numpy as np
import pytest
from bokeh.embed import json_item
from matplotlib.figure import Figure

from gaitcast.analysis.audit import Leak, study_leaks
from gaitcast.errors import GaitcastError
from gaitcast.report import write_report
from gaitcast.report.gather import Shown, panels
from gaitcast.report.html_page import Page
from gaitcast.report.page import _PLACES, _comparisons
from gaitcast.report.paper import _DRAWN, write_figures
from gaitcast.report.ranking import comparison_of, rank_figure
from gaitcast.report.result_table import sections
from gaitcast.report.statement import statement
from gaitcast.report.traces import trace_figure
from gaitcast.report.verdict import verdicts
from gaitcast.report.walks import walks_of
from gaitcast.runtime import Latency
from gaitcast.study import Study, Workspace, results_table, run_study, summarise

DRAWN = (
    "error by horizon", "error by phase", "coverage by phase", "by person",
    "mean rank over people", "validation error while training", "step through",
)  # fmt: skip
SMALL = {"max_epochs": 2, "batches": 4, "segment_ms": 800, "burn_in_ms": 100}
STUDY = {
    "name": "page", "title": "A <page> & its parts", "seeds": [0],
    "data": {"dataset": "simulated", "options": {"subjects": 4, "minutes": 0.5, "seed": 3}},
    "task": {"name": "ankle", "targets": ["right_ankle_angle_flexion"],
             "history_ms": 500, "horizons_ms": [200]},
    "inputs": {"angle": ["right_ankle_angle_flexion"], "imu": ["right_foot_[ag]*"]},
    "models": [
        {"model": "train-mean", "inputs": ["angle"]},
        {"model": "persistence", "inputs": ["angle"]},
        {"model": "ridge", "inputs": ["imu"], "score_stride": 4},
        {"model": "gru", "inputs": ["imu"], "head": "quantile", "options": {"units": 4},
         "training": SMALL},
    ],
    "splits": [
        {"name": "loso", "kind": "leave-one-subject-out"},
        {"name": "random", "kind": "random-windows"},
    ],
}  # fmt: skip


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    made = Workspace(Study.model_validate(STUDY), None, tmp_path_factory.mktemp("page"))
    fits = run_study(made)
    table = results_table(made, fits)
    return made, fits, table, summarise(table)


@pytest.fixture(scope="module")
def converged(finished):
    """The same, as if the network's short training were enough."""
    made, fits, table, _ = finished
    return made, fits, table, summarise(table.assign(failed=False))


@pytest.fixture(scope="module")
def page(finished):
    made, fits, _, summary = finished
    (made.out / "audit.json").write_text(
        json.dumps([{"pipeline": "gru", "leaks": [],
                     "effects": [{"change": "scaler <on> all", "mae": 1.0, "difference": -0.25,
                                "unit": "deg"}]}])
    )  # fmt: skip
    leaks = study_leaks(made, [job for job, _ in fits])
    latency = Latency("bundle", np.array([10.0, 20.0, 30.0]), 10_000.0)
    write_report(made, fits, summary, leaks=leaks, latencies=[latency])
    return (made.out / "report.html").read_text(encoding="utf-8")


def test_the_page_reaches_for_nothing_outside(page):
    own = re.sub(r"<script.*?</script>", "", page, flags=re.S)
    assert "http" not in re.sub(r"<pre>.*?</pre>", "", own, flags=re.S)
    assert not re.search(r"<script[^>]+src=", page)
    assert len(page) < 5_000_000


def test_every_part_stands_on_the_page(page):
    for heading in _PLACES:
        assert f">{heading}</h2>" in page
    assert "A &lt;page&gt; &amp; its parts" in page
    assert "scaler &lt;on&gt; all" in page
    assert "0.020 ms" in page
    assert "LEAKS" in page
    assert "random windows" in page
    assert "no figure can be had live" in page
    assert "fits of gru (imu) are worse than the mean of the target" in page  # two epochs


def test_every_figure_has_a_place_and_every_place_a_figure(page):
    items = json.loads(
        re.search(r'<script type="application/json" id="figures">(.*?)</script>', page, re.S)[1]
    )
    places = re.findall(r'data-figure="(\d+)"', page)
    assert places == [str(k) for k in range(len(items))]
    text = json.dumps(items)
    for words in DRAWN:
        assert words in text


def test_intervals_cover_and_are_told_person_by_person(finished):
    made, fits, table, summary = finished
    coverage = table[(table["metric"] == "coverage") & (table["split"] == "loso")]
    assert set(coverage["subject"]) == {"S01", "S02", "S03", "S04"}
    assert coverage["value"].between(40, 100).all()
    loso = panels(made, fits, summary)[0]
    gru = next(s for s in loso.shown if s.label.startswith("gru"))
    assert all((i.width > 0).all() for i in gru.intervals.values())
    # A quantile head has bounds before they are calibrated, a point head has none.
    ridge = next(s for s in loso.shown if s.label.startswith("ridge"))
    assert all(np.allclose(i.width, 2 * i.margin) for i in ridge.intervals.values())
    assert not all(np.allclose(i.width, 2 * i.margin) for i in gru.intervals.values())


def test_the_statement_says_how_parts_were_held_apart(finished):
    made, fits, *_ = finished
    parts = dict(statement(made, fits))
    assert any("people" in line for line in parts["Separation of training and test"])
    assert any("overlap" in line for line in parts["Separation of training and test"])
    assert "simulated" in parts["Limits"][0]
    assert any("4 people" in line for line in parts["Data"])
    assert ["test instant in 4" in line for line in parts["Models and training"]].count(True) == 1


@pytest.mark.parametrize(
    ("smallest", "told"), [(1.234, "1.23"), (0.234, "0.23"), (0.0512, "0.051"), (1e-9, "0.0000")]
)
def test_small_errors_are_told_to_two_digits(converged, smallest, told):
    summary = converged[3][converged[3]["split"] == "loso"]
    figures = ["value", "low", "high", "margin", "margin_low", "margin_high"]
    by = smallest / summary["value"].min()
    smaller = summary.assign(**{name: summary[name] * by for name in figures})
    best = sections(smaller)[0].rows[0]
    assert best.cells[4] == told
    places = {
        len(n.split(".")[1]) for cell in best.cells[4:7] for n in re.findall(r"\d+\.\d+", cell)
    }
    assert places == {len(told) - 2}
    assert any(f" {told} deg" in line for line in verdicts(smaller))


def test_a_column_nobody_fills_is_left_out(finished):
    summary = finished[3]
    assert all("paper" not in section.headings for section in sections(summary))
    published = summary.assign(published=np.where(summary.index == 0, 1.5, np.nan))
    found = sections(published)
    assert "1.50" in {row.cells[-1] for row in found[0].rows}
    assert [s.headings[-1] for s in found] == ["paper", "skill"]
    assert all(len(row.cells) == len(s.headings) for s in found for row in s.rows)


def test_a_leaky_split_has_no_winner(finished):
    *_, summary = finished
    assert any("random" in line and "no figure" in line for line in verdicts(summary))
    assert not summary[summary["split"] == "random"]["leakage_free"].any()


def test_models_are_compared_over_people(converged):
    made, fits, _, summary = converged
    found = comparison_of(panels(made, fits, summary)[0])
    assert len(found.ranks) == 4
    assert comparison_of(replace(panels(made, fits, summary)[0], shown=())) is None


def test_ranks_are_drawn_between_one_and_the_number_of_models(converged):
    made, fits, _, summary = converged
    panel = panels(made, fits, summary)[0]
    found = comparison_of(panel)
    figure = rank_figure(panel, found)
    assert (figure.x_range.start, figure.x_range.end) == (1, 4)
    bars = next(r for r in figure.renderers if r.glyph.__class__.__name__ == "Segment")
    assert np.min(bars.data_source.data["x0"]) >= 1
    assert np.max(bars.data_source.data["x1"]) <= 4
    assert "no difference shown" in figure.xaxis.axis_label
    axes = Figure().add_subplot()
    assert _DRAWN["ranks"](panel, axes)
    assert axes.get_xlim() == (1, 4)
    assert "do not differ" not in axes.get_xlabel()


def test_a_participant_that_a_model_lacks_is_named_on_the_page(converged, monkeypatch):
    made, fits, _, summary = converged
    whole = Shown.per_person

    def without_one(self, name):
        found = whole(self, name)
        return {p: v for p, v in found.items() if not (self.job.model == "gru" and p == "S03")}

    monkeypatch.setattr(Shown, "per_person", without_one)
    text = Page()
    _comparisons(text, panels(made, fits, summary))
    assert any("left out: S03, without a figure of gru (imu)" in part for part in text.body)


def test_paper_figures_are_written_and_the_same_twice(finished, tmp_path):
    made, fits, _, summary = finished
    first = write_figures(made, fits, summary, tmp_path / "a")
    names = {path.name for path in first}
    assert {f"loso-200ms-{k}.svg" for k in (
        "cycle", "horizon", "phase", "ranks", "people", "losses")} <= names  # fmt: skip
    again = write_figures(made, fits, summary, tmp_path / "b")
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in again]
    assert all(p.read_bytes()[:4] == b"%PDF" for p in write_figures(
        made, fits, summary, tmp_path / "c", "pdf"))  # fmt: skip
    with pytest.raises(GaitcastError, match="unknown format 'sgv'"):
        write_figures(made, fits, summary, tmp_path, "sgv")


def test_another_clock_has_its_own_rate(tmp_path):
    splits = [{"name": "kfold", "kind": "grouped-k-fold", "clock": "recorded", "max_folds": 2,
               "options": {"groups": 3}}]  # fmt: skip
    slow = {**STUDY["data"], "resample_hz": 40.0}
    study = {**STUDY, "data": slow, "models": STUDY["models"][:3], "splits": splits}
    made = Workspace(Study.model_validate(study), None, tmp_path)
    fits = run_study(made)
    summary = summarise(results_table(made, fits))
    (panel,) = panels(made, fits, summary)
    text = json.dumps(json_item(trace_figure([panel])))
    assert "200 ms" in text
    assert "fan, 90 % interval" in text
    found = walks_of([panel])
    tested = {p for f in panel.shown[0].metadata for p in f["scores"]}
    assert {walk.person for walk in found.walks} == tested
    assert len(tested) > 2
    # One predictor is scored at a stride, which makes no curve.
    assert set(found.walks[0].by) < {one.label for one in panel.leading}
    assert np.diff(found.walks[0].time_s).max() == pytest.approx(1 / 100)


def test_fits_of_an_earlier_version_have_no_walks(finished, monkeypatch):
    made, fits, _, summary = finished
    (panel, *_) = panels(made, fits, summary)
    assert walks_of([panel]) is not None

    def earlier(_path, names):
        if tuple(names) != ("forecast",):
            raise GaitcastError("damaged")
        return {"forecast": np.zeros(3)}

    monkeypatch.setattr("gaitcast.report.walks.read_arrays", earlier)
    assert walks_of([panel]) is None


def test_leaks_of_a_study_are_told_by_pipeline(finished):
    made, fits, *_ = finished
    leaks = study_leaks(made, [job for job, _ in fits])
    assert leaks["loso split, inputs imu, steps none"] == []
    assert any(
        leak.kind == "random windows" for leak in leaks["random split, inputs imu, steps none"]
    )
    assert all(isinstance(leak, Leak) for found in leaks.values() for leak in found)
