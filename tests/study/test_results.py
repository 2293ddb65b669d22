import numpy as np
import pandas as pd
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.comparison import errors_by_person
from gaitcast.evaluation.metrics import curve_score, mae_by_step, score
from gaitcast.evaluation.statistics import interval_over_people
from gaitcast.report.result_table import sections
from gaitcast.report.verdict import exported, failures, verdicts
from gaitcast.study import summarise
from gaitcast.study.results import COLUMNS
from gaitcast.study.schema import ExportModel, ExportTable

CELL = {
    "study": "s",
    "task": "t",
    "steps": "none",
    "causal": True,
    "leakage_free": True,
    "failed": False,
    "needs": "",
    "delay_ms": 0.0,
    "split": "loso",
    "seed": 0,
    "horizon_ms": 500.0,
    "metric": "mae",
    "unit": "deg",
    "published": None,
}


def figures(cells):
    rows = []
    for (model, inputs), people in cells.items():
        for person, value in people.items():
            rows.append(
                {
                    **CELL,
                    "model": model,
                    "naive": model in ("persistence", "ridge", "last-cycle"),
                    "inputs": inputs,
                    "subject": person,
                    "fold": person,
                    "value": value,
                }
            )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def test_the_margin_is_paired_with_the_best_baseline():
    table = figures(
        {
            ("persistence", "angle"): {"a": 5.0, "b": 6.0, "c": 7.0},
            ("ridge", "imu"): {"a": 3.0, "b": 4.0, "c": 5.0},
            ("gru", "imu"): {"a": 2.0, "b": 3.5, "c": 4.5},
        }
    )
    summary = summarise(table).set_index("model")
    assert (summary["baseline"] == "ridge (imu)").all()
    assert summary.loc["ridge", "margin"] == 0
    assert summary.loc["gru", "margin"] == pytest.approx(-2 / 3)
    assert summary.loc["gru", "skill"] == pytest.approx(1 - 10 / 12)
    assert summary.loc["gru", "margin_low"] < -2 / 3 < summary.loc["gru", "margin_high"]
    assert summary["best_naive"].to_dict() == {"persistence": False, "ridge": True, "gru": False}
    assert summary.loc["persistence", "people"] == 3


def test_a_network_that_is_worse_than_the_mean_is_named_and_not_ranked():
    table = figures(
        {
            ("persistence", "angle"): {"a": 5.0, "b": 6.0, "c": 7.0},
            ("gru", "imu"): {"a": 2.0, "b": 3.5, "c": 4.5},
            ("tcn", "imu"): {"a": 3.0, "b": 4.0, "c": 5.0},
        }
    )
    table["failed"] = (table["model"] == "gru") & (table["subject"] == "b")
    summary = summarise(table)
    assert dict(zip(summary["model"], summary["ranked"], strict=True)) == {
        "persistence": True, "gru": False, "tcn": True,
    }  # fmt: skip
    (line,) = failures(summary)
    assert "1 of 3 fits of gru (imu) are worse than the mean" in line
    assert "tcn (imu) has the best MAE" in verdicts(summary)[0]
    (section,) = sections(summary)
    marked = {row.cells[0]: row for row in section.rows}
    assert marked["tcn"].best
    assert not marked["gru"].ranked
    assert "1 of 3" in marked["gru"].cells
    ((_, compared),) = errors_by_person(table).items()
    assert list(compared.columns) == ["persistence angle none", "tcn imu none"]


def test_margins_and_the_best_follow_the_direction_of_the_metric():
    table = figures(
        {
            ("persistence", "angle"): {"a": 0.2, "b": 0.3, "c": 0.4},
            ("ridge", "imu"): {"a": 0.6, "b": 0.6, "c": 0.9},
            ("gru", "imu"): {"a": 0.8, "b": 0.9, "c": 0.95},
        }
    ).assign(metric="r2", unit="1")
    summary = summarise(table, "r2").set_index("model")
    assert (summary["baseline"] == "ridge (imu)").all()
    assert summary["best_naive"].to_dict() == {"persistence": False, "ridge": True, "gru": False}
    assert summary.loc["gru", "margin"] == pytest.approx(-(0.2 + 0.3 + 0.05) / 3)
    assert summary.loc["persistence", "margin"] == pytest.approx((0.4 + 0.3 + 0.5) / 3)
    assert summary.loc["gru", "skill"] == pytest.approx(1 - 0.35 / 0.9)
    (section,) = sections(summary.reset_index())
    assert [row.cells[0] for row in section.rows] == ["gru", "ridge", "persistence"]
    assert section.headings[3] == "r2"
    assert [row.best for row in section.rows] == [True, False, False]
    (line,) = verdicts(summary.reset_index())
    assert "gru (imu) has the best r2 that can be had live, 0.88, 0.18 better than" in line


def test_several_targets_have_one_verdict():
    one = figures({("ridge", "imu"): {"a": 3.0, "b": 4.0, "c": 5.0},
                   ("gru", "imu"): {"a": 2.0, "b": 3.0, "c": 4.5}})  # fmt: skip
    other = figures({("ridge", "imu"): {"a": 30.0, "b": 40.0, "c": 50.0},
                     ("gru", "imu"): {"a": 31.0, "b": 41.0, "c": 50.0}})  # fmt: skip
    table = pd.concat([one.assign(task="force:z"), other.assign(task="force:x")])
    (line,) = verdicts(summarise(table))
    assert "gru (imu) is the best live predictor of all 2 targets together: z MAE 3.17 deg" in line
    assert "; x MAE 40.67 deg, 0.67 worse than the best baseline, ridge (imu)" in line


def test_a_verdict_says_that_no_difference_is_shown():
    table = figures(
        {
            ("ridge", "imu"): {"a": 3.0, "b": 4.0, "c": 5.0},
            ("gru", "imu"): {"a": 3.5, "b": 3.5, "c": 4.5},
        }
    )
    (line,) = verdicts(summarise(table))
    assert line.endswith(": no difference shown).")


def test_what_is_exported_has_a_verdict_of_its_own_also_where_it_is_worse():
    table = figures(
        {
            ("ridge", "imu"): {"a": 3.0, "b": 4.0, "c": 5.0},
            ("gru", "imu"): {"a": 4.0, "b": 5.2, "c": 6.0},
        }
    )
    summary = summarise(table)
    cell = {k: summary[k].iloc[0] for k in ("split", "horizon_ms", "steps")}
    models = [ExportModel(model=m, inputs="imu", steps=cell["steps"]) for m in ("gru", "ridge")]
    wanted = ExportTable(split=cell["split"], fold="", horizon_ms=cell["horizon_ms"], models=models)
    network, naive = exported(summary, wanted)
    assert "gru (imu), 5.07 deg, 1.07 worse than the best baseline, ridge (imu) (95 %" in network
    assert "no difference" in network or "to 1.35" in network
    assert naive.endswith("ridge (imu), 4.00 deg.")


def test_a_metric_that_the_table_lacks_is_one_clear_error():
    table = figures({("ridge", "imu"): {"a": 1.0}})
    with pytest.raises(GaitcastError, match="no figures of 'r2'"):
        summarise(table, "r2")
    with pytest.raises(GaitcastError, match="unknown metric 'r3'"):
        summarise(table, "r3")


def test_folds_and_seeds_are_averaged_before_people():
    table = figures({("ridge", "imu"): {"a": 1.0, "b": 4.0, "c": 4.0}})
    extra = table[table["subject"] == "a"].assign(seed=1, value=3.0)
    summary = summarise(pd.concat([table, extra], ignore_index=True))
    assert summary["value"][0] == pytest.approx((2 + 4 + 4) / 3)
    assert (summary["seed_low"][0], summary["seed_high"][0]) == (3.0, 3.0)


def test_intervals_cover_the_mean_of_people():
    assert np.isnan(interval_over_people([1.0, 2.0])).all()
    assert interval_over_people([2.0, 2.0, 2.0]) == (2.0, 2.0)
    rng = np.random.default_rng(0)
    hits = [
        low <= 5 <= high
        for low, high in (interval_over_people(5 + rng.normal(size=20)) for _ in range(60))
    ]
    assert np.mean(hits) > 0.88
    few = [interval_over_people(5 + rng.normal(size=6)) for _ in range(400)]
    assert 0.92 < np.mean([low <= 5 <= high for low, high in few]) < 0.98


def test_metrics_by_hand():
    truth, forecast = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 3.0], [3.0, 2.0]])
    values = score(truth, forecast)
    assert values["mae"] == 0.75
    assert values["rmse"] == pytest.approx(np.sqrt(5 / 4))
    assert values["r2"] == pytest.approx(0.0)
    assert values["r"] == pytest.approx(np.corrcoef(truth.ravel(), forecast.ravel())[0, 1])
    assert mae_by_step(truth, forecast).tolist() == [0.0, 1.5]
    assert score(truth, np.ones((2, 2)))["r"] == 0.0


def test_relative_errors_are_named_by_what_they_are_divided_by():
    truth = np.array([10.0, 20.0, 30.0, 40.0])
    values = score(truth, truth + 2)
    assert values["rrmse_mean"] == pytest.approx(100 * 2 / 25)
    assert values["rrmse_sd"] == pytest.approx(100 * 2 / np.std(truth))
    assert values["nrmse"] == pytest.approx(100 * 2 / 30)
    assert values["vaf"] == pytest.approx(100.0)  # an offset is forgiven, unlike by R2
    assert values["r2"] < 1
    assert np.isnan(score(np.ones(4), truth)["nrmse"])


@pytest.mark.parametrize("late", [-6, 0, 9])
def test_peaks_and_delays_of_a_curve(late):
    time = np.arange(1000) / 100
    truth = 30 * np.sin(2 * np.pi * time)
    forecast = 0.8 * 30 * np.sin(2 * np.pi * (time - late / 100))
    values = curve_score([(truth, forecast)], 100.0)
    assert values["lag"] == pytest.approx(10 * late)
    assert values["peak"] == pytest.approx(6.0, abs=0.1)
    assert values["peak_time"] == pytest.approx(abs(10 * late), abs=1)


def test_a_curve_without_peaks_has_none():
    flat = curve_score([(np.zeros(500), np.ones(500))], 100.0)
    assert np.isnan(list(flat.values())).all()
