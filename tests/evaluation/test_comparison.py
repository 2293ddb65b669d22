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
)


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
        {"task": "t", "split": "loso", "horizon_ms": 500.0, "metric": "mae", "subject": p,
         "model": m, "inputs": "imu", "steps": "none", "seed": s, "value": v + s}
        for p, v in (("x", 1.0), ("y", 2.0)) for m in ("gru", "ridge") for s in (0, 2)
    ]  # fmt: skip
    (table,) = errors_by_person(pd.DataFrame(rows)).values()
    assert list(table.columns) == ["gru imu none", "ridge imu none"]
    assert table.loc["y", "gru imu none"] == 3.0


def test_runs_are_laid_side_by_side(tmp_path):
    for name, better in (("old", 0.5), ("new", 0.0)):
        rows = [
            {"task": "t", "split": "loso", "horizon_ms": 500.0, "metric": "mae", "subject": f"P{p}",
             "model": m, "inputs": "imu", "steps": "none", "seed": 0, "value": v + p + better}
            for p in range(7) for m, v in (("gru", 1.0), ("ridge", 1.2))
        ]  # fmt: skip
        (tmp_path / name).mkdir()
        pd.DataFrame(rows).to_csv(tmp_path / name / "results.csv", index=False)
    told = CliRunner().invoke(app, ["compare", str(tmp_path / "old"), str(tmp_path / "new")])
    assert told.exit_code == 0
    assert "against new: gru imu none" in told.output
    assert "+0.500 [+0.500, +0.500]" in told.output
    wrong = CliRunner().invoke(app, ["compare", str(tmp_path)])
    assert "no results here" in str(wrong.exception)
