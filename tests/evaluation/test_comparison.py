import re

import numpy as np
import pandas as pd
import pytest
from scipy import stats
from statsmodels.stats.multitest import multipletests
from statsmodels.stats.power import ttest_power
from typer.testing import CliRunner

from gaitcast.cli.app import app
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.comparison import (
    bootstrap_over_people,
    compare_models,
    errors_by_person,
    minimum_detectable_difference,
    read_tables,
)
from gaitcast.study.results import UNITS

ROW = {
    "task": "t", "split": "loso", "horizon_ms": 500.0, "metric": "mae", "inputs": "imu",
    "steps": "none", "seed": 0, "causal": True, "leakage_free": True,
}  # fmt: skip


def write_run(folder, rows):
    folder.mkdir()
    pd.DataFrame(rows).to_csv(folder / "results.csv", index=False)


def compare(folder, *options):
    done = CliRunner().invoke(app, ["compare", str(folder), *options], env={"COLUMNS": "200"})
    assert done.exit_code == 0, done.exception
    return done.output


def errors(people=12, shift=(0.0, 0.0, 0.0), seed=0):
    rng = np.random.default_rng(seed)
    person = rng.normal(5, 1, people)[:, None]
    values = person + np.array(shift) + rng.normal(0, 0.3, (people, len(shift)))
    return pd.DataFrame(values, columns=list("abc")[: len(shift)])


def test_pairs_are_those_of_scipy_and_statsmodels():
    table = errors(shift=(0, 0.2, 0.6))
    found = compare_models(table)
    expected = [stats.wilcoxon(table[a], table[b]).pvalue for a, b in ("ab", "ac", "bc")]
    np.testing.assert_allclose(found.pairs["p"], expected, atol=1e-10)
    holm = multipletests(expected, method="holm")[1]
    np.testing.assert_allclose(found.pairs["p_holm"], holm, atol=1e-10)
    friedman = stats.friedmanchisquare(*table.to_numpy().T).pvalue
    assert found.friedman_p == pytest.approx(friedman, abs=1e-10)
    interval = stats.ttest_rel(table["a"], table["b"]).confidence_interval()
    first = found.pairs.iloc[0]
    np.testing.assert_allclose([first["low"], first["high"]], interval, atol=1e-10)
    assert found.ranks.index[0] == "a"
    # Demsar 2006, table 5: q(0.05) = 2.343 for three models.
    assert found.critical_difference == pytest.approx(2.343 * np.sqrt(12 / (6 * 12)), abs=1e-3)


def test_the_effect_is_one_where_everybody_agrees():
    table = errors()
    table["b"] = table["a"] + 1
    row = compare_models(table[["a", "b"]]).pairs.iloc[0]
    assert row["effect"] == -1.0
    assert row["difference"] == pytest.approx(-1.0)
    same = compare_models(table[["a"]].assign(b=table["a"])).pairs.iloc[0]
    assert (same["p"], same["effect"], same["low"], same["high"]) == (1.0, 0.0, 0.0, 0.0)


def test_equal_models_are_told_apart_as_seldom_as_the_level_says():
    pairs = [compare_models(errors(10, (0.0, 0.0), seed)).pairs for seed in range(1000)]
    assert np.mean([p["p_holm"].iloc[0] < 0.05 for p in pairs]) <= 0.06


def test_too_few_people_or_models_are_named():
    with pytest.raises(GaitcastError, match="3 models and 2 people"):
        compare_models(errors(people=2))
    with pytest.raises(GaitcastError, match="1 models"):
        compare_models(errors()[["a"]])


def test_what_so_many_people_would_show():
    rng = np.random.default_rng(1)
    gap = rng.normal(0.1, 0.5, 15)
    smallest = minimum_detectable_difference(gap)
    power = ttest_power(smallest / gap.std(ddof=1), nobs=15, alpha=0.05)
    assert power == pytest.approx(0.8, abs=1e-6)
    assert minimum_detectable_difference([0.2, 0.2, 0.2]) == 0.0


def test_trials_of_a_person_are_no_people():
    rng = np.random.default_rng(2)
    centres = rng.normal(5, 1, 8)
    people = [(c + rng.normal(0, 0.1, 50)).tolist() for c in centres]
    low, high = bootstrap_over_people(people)
    everything = np.concatenate(people)
    naive = 4 * everything.std() / np.sqrt(len(everything))
    assert high - low > 3 * naive
    assert low < np.mean(centres) < high
    assert np.isnan(bootstrap_over_people([[1.0], [2.0]])).all()


def test_errors_are_laid_out_by_person():
    rows = [
        {**ROW, "subject": p, "model": m, "seed": s, "value": v + s}
        for p, v in (("x", 1.0), ("y", 2.0)) for m in ("gru", "ridge") for s in (0, 2)
    ]  # fmt: skip
    (table,) = errors_by_person(pd.DataFrame(rows)).values()
    assert list(table.columns) == ["gru imu none", "ridge imu none"]
    assert table.loc["y", "gru imu none"] == 3.0


def test_runs_are_laid_side_by_side(tmp_path):
    for name, better in (("old", 0.5), ("new", 0.0)):
        rows = [
            {**ROW, "subject": f"P{p}", "model": m, "value": v + p + better}
            for p in range(7) for m, v in (("gru", 1.0), ("ridge", 1.2))
        ]  # fmt: skip
        write_run(tmp_path / name, rows)
    told = CliRunner().invoke(app, ["compare", str(tmp_path / "old"), str(tmp_path / "new")])
    assert told.exit_code == 0
    assert "against new: gru imu none" in told.output
    assert "+0.500 [+0.500, +0.500]" in told.output
    wrong = CliRunner().invoke(app, ["compare", str(tmp_path)])
    assert "no results here" in str(wrong.exception)


@pytest.mark.parametrize(
    ("metric", "good", "bad"),
    [
        *((name, 0.1, 0.4) for name in ("mae", "rmse", "rrmse_mean", "rrmse_sd", "nrmse")),
        *((name, 0.1, 0.4) for name in ("peak", "peak_time", "rmse_bw", "impulse", "width")),
        *((name, 0.1, 0.4) for name in ("mae_at", "mae_of_trial")),
        *((name, 0.9, 0.6) for name in ("r", "r2")),
        ("vaf", 90.0, 60.0),
        ("lag", 5.0, -30.0),  # early is as bad as late
        ("coverage", 89.0, 99.0),  # always covered is too wide
    ],
)
def test_the_best_model_is_first_whichever_direction_the_metric_has(tmp_path, metric, good, bad):
    rng = np.random.default_rng(4)
    rows = [
        {**ROW, "metric": metric, "subject": f"P{p}", "model": m, "value": v + rng.normal(0, 0.01)}
        for p in range(8) for m, v in (("worse", bad), ("better", good))
    ]  # fmt: skip
    write_run(tmp_path / "run", rows)
    said = compare(tmp_path / "run", "--metric", metric)
    assert "against better imu none" in said
    assert re.search(r"worse imu none\W+2\.00\W*\+\d", said)
    (table,) = errors_by_person(pd.DataFrame(rows), metric).values()
    row = compare_models(table, metric).pairs.iloc[0]
    assert (row["one"], row["effect"]) == ("worse imu none", 1.0)
    assert 0 < row["low"] < row["difference"] < row["high"]


def test_every_metric_of_a_study_has_an_ideal():
    from gaitcast.evaluation.metrics import ideal

    assert {name: ideal(name) for name in (*UNITS, "coverage", "width", "mae_at", "mae_of_trial")}
    with pytest.raises(GaitcastError, match="Did you mean 'rmse'"):
        ideal("rsme")


def test_what_cannot_be_had_live_is_ranked_apart_under_a_heading_that_says_so(tmp_path):
    kinds = {"offline": (False, True), "leaky": (True, False), "both": (False, False)}
    rows = [
        {**ROW, "model": f"{kind}-{k}" if kind else f"live-{k}", "subject": f"P{p}",
         "causal": causal, "leakage_free": free, "value": k + p + (5.0 if not kind else 0.0)}
        for kind, (causal, free) in {**kinds, "": (True, True)}.items()
        for k in (1, 2) for p in range(6)
    ]  # fmt: skip
    write_run(tmp_path / "run", rows)
    said = compare(tmp_path / "run")
    blocks = said.split("t, loso, 500 ms")[1:]
    assert len(blocks) == 4
    assert blocks[0].startswith("; 6 people; against live-1")
    for heading in (
        "; NOT LIVE: samples of the future",
        "; LEAKS: the test",
        "; NOT LIVE and LEAKS",
    ):
        assert any(block.startswith(heading) for block in blocks[1:])
    for block in blocks:
        names = set(re.findall(r"(live|offline|leaky|both)-\d imu", block))
        assert len(names) == 1
    flags = pd.DataFrame(rows).groupby("model")[["causal", "leakage_free"]].first()
    assert len(errors_by_person(pd.DataFrame(rows))) == len(flags.drop_duplicates()) == 4


def test_participants_that_a_model_lacks_are_named_with_the_model(tmp_path):
    rows = [
        {**ROW, "subject": f"P{p}", "model": m, "value": v + p}
        for p in range(6) for m, v in (("gru", 1.0), ("ridge", 1.2), ("knn", 1.1))
        if (m, p) not in {("gru", 2), ("knn", 4), ("ridge", 4)}
    ]  # fmt: skip
    write_run(tmp_path / "run", rows)
    said = compare(tmp_path / "run")
    assert "4 people" in said
    assert "left out: P2, without a figure of gru imu none\n" in said
    assert "left out: P4, without a figure of ridge imu none, knn imu none\n" in said
    few = pd.DataFrame([row for row in rows if row["subject"] in ("P0", "P1", "P2", "P4")])
    (table,) = errors_by_person(few).values()
    with pytest.raises(GaitcastError, match="P2 lacks gru imu none"):
        compare_models(table)


def test_a_model_without_any_figure_is_named_too():
    rows = [
        {**ROW, "metric": "peak", "subject": f"P{p}", "model": m, "value": v + p}
        for p in range(4) for m, v in (("gru", 1.0), ("ridge", np.nan))
    ]  # fmt: skip
    (table,) = errors_by_person(pd.DataFrame(rows), "peak").values()
    with pytest.raises(GaitcastError, match="P3 lacks ridge imu none"):
        compare_models(table, "peak")


def test_no_difference_shown_is_not_no_difference(tmp_path):
    rng = np.random.default_rng(3)
    rows = [
        {**ROW, "subject": f"P{p}", "model": m, "value": 5 + rng.normal()}
        for p in range(5) for m in ("a", "b", "c")
    ]  # fmt: skip
    write_run(tmp_path / "run", rows)
    said = compare(tmp_path / "run")
    assert "no difference shown" in said
    assert "do not differ" not in said


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"causal": "perhaps"}, "something else than true and false in 'causal'"),
        ({"value": "much"}, "no results here"),
    ],
)
def test_a_damaged_table_is_one_clear_error(tmp_path, change, words):
    write_run(tmp_path / "run", [{**ROW, "subject": "P", "model": "gru", "value": 1.0, **change}])
    with pytest.raises(GaitcastError, match=words):
        read_tables([tmp_path / "run"])


def test_a_table_without_flags_is_refused(tmp_path):
    row = {**ROW, "subject": "P", "model": "gru", "value": 1.0}
    del row["causal"], row["leakage_free"]
    write_run(tmp_path / "run", [row])
    with pytest.raises(GaitcastError, match="lacks causal, leakage_free"):
        read_tables([tmp_path / "run"])
