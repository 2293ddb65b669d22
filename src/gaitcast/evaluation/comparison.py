"""Models against each other, paired by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import TTestPower

from gaitcast.errors import GaitcastError


@dataclass(frozen=True)
class Comparison:
    """Every model against every other.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Per pair: ``one``, ``other``, ``difference`` (mean of one less other), ``low`` and ``high``
        (95 % interval, Student's t over people), ``p`` (Wilcoxon signed rank), ``p_holm``
        (for all pairs together), ``effect`` (matched-pairs rank-biserial correlation, negative
        where one is smaller), ``people``.
    ranks : pandas.Series
        Mean rank of each model over people; 1 is the smallest error.
    friedman_p : float
        That ranks differ by chance; NaN with fewer than three models.
    critical_difference : float
        Ranks that are less apart do not differ at 5 % (Nemenyi).
    """

    pairs: pd.DataFrame
    ranks: pd.Series
    friedman_p: float
    critical_difference: float


def compare_models(errors: pd.DataFrame) -> Comparison:
    """Paired comparison over people.

    Parameters
    ----------
    errors : pandas.DataFrame
        One row a person, one column a model; seeds and folds already averaged.

    Returns
    -------
    Comparison
        Over people who have every model.

    Raises
    ------
    GaitcastError
        If there are fewer than two models, or three people.

    Notes
    -----
    Sources: Demsar 2006 for ranks and critical difference, Kerby 2014 for the effect size. With
    fewer than six people the smallest p of a signed-rank test is above 0.05: nothing can be found.
    """
    whole = errors.dropna()
    people, models = whole.shape
    if models < 2 or people < 3:
        raise GaitcastError(
            f"{models} models and {people} people cannot be compared",
            hint="It takes at least two models and three people who have both",
        )
    rows = [_pair(whole, one, other) for one, other in combinations(whole.columns, 2)]
    pairs = pd.DataFrame(rows)
    pairs["p_holm"] = _holm(pairs["p"].to_numpy())
    ranks = whole.rank(axis=1).mean().sort_values()
    friedman = stats.friedmanchisquare(*(whole[m] for m in whole)).pvalue if models > 2 else np.nan
    critical = _nemenyi(models) * np.sqrt(models * (models + 1) / (6 * people))
    return Comparison(pairs, ranks, float(friedman), float(critical))


def _holm(p: np.ndarray) -> np.ndarray:
    # statsmodels has it too, and collects the whole process's garbage at every call.
    order = np.argsort(p)
    stepped = np.maximum.accumulate(p[order] * np.arange(len(p), 0, -1))
    adjusted = np.empty_like(p)
    adjusted[order] = stepped.clip(max=1.0)
    return adjusted


@lru_cache
def _nemenyi(models: int) -> float:
    return float(stats.studentized_range.ppf(0.95, models, np.inf)) / np.sqrt(2)


def _pair(whole: pd.DataFrame, one: str, other: str) -> dict[str, object]:
    gap = (whole[one] - whole[other]).to_numpy(float)
    same = np.ptp(gap) == 0
    low, high = stats.t.interval(0.95, len(gap) - 1, gap.mean(), stats.sem(gap) or np.nan)
    ranks = stats.rankdata(np.abs(gap[gap != 0]))
    signs = np.sign(gap[gap != 0])
    return {
        "one": one,
        "other": other,
        "difference": float(gap.mean()),
        "low": float(gap.mean()) if same else float(low),
        "high": float(gap.mean()) if same else float(high),
        "p": float(stats.wilcoxon(gap).pvalue) if gap.any() else 1.0,
        "effect": float((ranks * signs).sum() / ranks.sum()) if len(ranks) else 0.0,
        "people": len(gap),
    }


def minimum_detectable_difference(
    differences: Sequence[float], power: float = 0.8, level: float = 0.05
) -> float:
    """Smallest mean paired difference that as many people as these would show.

    Parameters
    ----------
    differences : sequence of float
        One paired difference a person.
    power : float
        Chance of finding it.
    level : float
        Of the two-sided test.

    Returns
    -------
    float
        In the unit of the differences; 0 if all are equal.

    Raises
    ------
    GaitcastError
        With fewer than three people.
    """
    values = np.asarray(differences, dtype=float)
    if len(values) < 3:
        raise GaitcastError(f"{len(values)} people tell nothing about differences between people")
    spread = float(values.std(ddof=1))
    if np.ptp(values) == 0:
        return 0.0
    size = TTestPower().solve_power(nobs=len(values), alpha=level, power=power)
    return float(size) * spread


def bootstrap_over_people(
    values: Sequence[Sequence[float]], level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Interval of the mean over people when each has several trials: people and trials are drawn.

    Parameters
    ----------
    values : sequence of sequence of float
        Per person, one value a trial.
    level : float
        Coverage.
    draws : int
        Resamples.
    seed : int
        Of the draw.

    Returns
    -------
    tuple of float
        Percentiles; both NaN with fewer than three people. Of few people it is too narrow, see
        :func:`gaitcast.evaluation.statistics.interval_over_people`.
    """
    people = [np.asarray(trials, dtype=float) for trials in values]
    if len(people) < 3:
        return float("nan"), float("nan")
    rng = np.random.default_rng(seed)
    means = np.empty(draws)
    for draw in range(draws):
        chosen = rng.integers(len(people), size=len(people))
        means[draw] = np.mean([rng.choice(people[i], len(people[i])).mean() for i in chosen])
    low, high = np.percentile(means, (50 * (1 - level), 50 * (1 + level)))
    return float(low), float(high)


def errors_by_person(
    table: pd.DataFrame, metric: str = "mae"
) -> dict[tuple[str, ...], pd.DataFrame]:
    """Errors to compare, cell by cell.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`gaitcast.evaluation.results_table`, or several runs' put together.
    metric : str
        An error: smaller is better.

    Returns
    -------
    dict of tuple to pandas.DataFrame
        By task, split and horizon: one row a person, one column for each model, inputs and steps.
    """
    figures = table[table["metric"] == metric]
    cells = {}
    for key, rows in figures.groupby(["task", "split", "horizon_ms"], sort=False):
        names = rows["model"] + " " + rows["inputs"] + " " + rows["steps"]
        cells[tuple(map(str, key))] = rows.assign(who=names).pivot_table(
            "value", "subject", "who", aggfunc="mean", sort=False
        )
    return cells


def read_tables(folders: Sequence[Path]) -> pd.DataFrame:
    """Results of several studies as one table.

    Parameters
    ----------
    folders : sequence of Path
        Written by ``gaitcast run``.

    Returns
    -------
    pandas.DataFrame
        As :func:`gaitcast.evaluation.results_table`; with several folders each model's name begins
        with its folder's.

    Raises
    ------
    GaitcastError
        If a folder holds no results, or two have the same name.
    """
    names = [folder.resolve().name for folder in folders]
    if len(set(names)) < len(names):
        raise GaitcastError(f"two runs have the same name: {', '.join(names)}")
    tables = []
    for folder, name in zip(folders, names, strict=True):
        try:
            table = pd.read_csv(folder / "results.csv")
            missing = {"model", "subject", "metric", "value"} - {*table.columns}
        except (OSError, ValueError) as error:
            raise GaitcastError(
                "no results here", where=str(folder), hint="Run the study first"
            ) from error
        if missing:
            raise GaitcastError(
                f"results.csv lacks {', '.join(sorted(missing))}", where=str(folder)
            )
        if len(folders) > 1:
            table["model"] = name + ": " + table["model"]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
