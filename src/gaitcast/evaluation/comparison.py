"""Models against each other, paired by person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import stats
from statsmodels.stats.power import TTestPower

from gaitcast.errors import GaitcastError
from gaitcast.evaluation.metrics import ideal
from gaitcast.seed import checked_seed

#: What a table has to hold to be compared.
_COLUMNS = ("task", "split", "horizon_ms", "model", "inputs", "steps", "subject", "metric",
            "value", "causal", "leakage_free")  # fmt: skip


class Cell(NamedTuple):
    """Where figures are comparable: they answer the same question under the same rules.

    Parameters
    ----------
    task, split : str
        Names in the study.
    horizon_ms : float
        Farthest step.
    causal, leakage_free : bool
        Rows of which one is False are never ranked with those that can run live.
    """

    task: str
    split: str
    horizon_ms: float
    causal: bool = True
    leakage_free: bool = True

    @property
    def title(self) -> str:
        """The cell in words; says so where its figures cannot be had live."""
        rules = {
            (True, True): "",
            (False, True): "; NOT LIVE: samples of the future are used",
            (True, False): "; LEAKS: the test part took part in the training",
            (False, False): "; NOT LIVE and LEAKS",
        }
        place = f"{self.task}, {self.split}, {self.horizon_ms:g} ms"
        return place + rules[self.causal, self.leakage_free]


@dataclass(frozen=True)
class Comparison:
    """Every model against every other.

    Parameters
    ----------
    pairs : pandas.DataFrame
        Per pair: ``one``, ``other``, ``difference`` (how much farther one is from the metric's
        ideal than other, mean over people: positive is worse, whichever direction the metric has),
        ``low`` and ``high`` (95 % interval, Student's t over people), ``p`` (Wilcoxon signed rank),
        ``p_holm`` (for all pairs together), ``effect`` (matched-pairs rank-biserial correlation,
        negative where one is better), ``people``.
    ranks : pandas.Series
        Mean rank of each model over people; 1 is the best.
    friedman_p : float
        That ranks differ by chance; NaN with fewer than three models.
    critical_difference : float
        Between ranks that are less apart no difference is shown at 5 % (Nemenyi).
    left_out : dict of str to tuple of str
        Participants who are not compared, and the models that have no figure of them.
    """

    pairs: pd.DataFrame
    ranks: pd.Series
    friedman_p: float
    critical_difference: float
    left_out: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def left_out_lines(self) -> list[str]:
        """One line for each set of models that lack the same participants."""
        lacking: dict[tuple[str, ...], list[str]] = {}
        for person, models in self.left_out.items():
            lacking.setdefault(models, []).append(person)
        return [
            f"left out: {', '.join(people)}, without a figure of {', '.join(models)}"
            for models, people in lacking.items()
        ]


def compare_models(figures: pd.DataFrame, metric: str = "mae") -> Comparison:
    """Paired comparison over people.

    Parameters
    ----------
    figures : pandas.DataFrame
        One row a person, one column a model; seeds and folds already averaged.
    metric : str
        What the figures are, see :func:`gaitcast.evaluation.metrics.ideal`.

    Returns
    -------
    Comparison
        Over people who have every model; the others are named.

    Raises
    ------
    GaitcastError
        If there are fewer than two models, or three people, or no such metric.

    Notes
    -----
    Sources: Demsar 2006 for ranks and critical difference, Kerby 2014 for the effect size. With
    fewer than six people the smallest p of a signed-rank test is above 0.05: nothing can be found.
    """
    whole = (figures.dropna() - ideal(metric)).abs()
    left_out = {
        str(person): tuple(map(str, figures.columns[row.isna()]))
        for person, row in figures.iterrows()
        if row.isna().any()
    }
    people, models = whole.shape
    if models < 2 or people < 3:
        lacking = "; ".join(f"{p} lacks {', '.join(m)}" for p, m in left_out.items())
        raise GaitcastError(
            f"{models} models and {people} people cannot be compared",
            hint="It takes at least two models and three people who have both"
            + (f" ({lacking})" if lacking else ""),
        )
    rows = [_pair(whole, one, other) for one, other in combinations(whole.columns, 2)]
    pairs = pd.DataFrame(rows)
    pairs["p_holm"] = _holm(pairs["p"].to_numpy())
    ranks = whole.rank(axis=1).mean().sort_values()
    friedman = stats.friedmanchisquare(*(whole[m] for m in whole)).pvalue if models > 2 else np.nan
    critical = _nemenyi(models) * np.sqrt(models * (models + 1) / (6 * people))
    return Comparison(pairs, ranks, float(friedman), float(critical), left_out)


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
    rng = np.random.default_rng(checked_seed(seed))
    means = np.empty(draws)
    for draw in range(draws):
        chosen = rng.integers(len(people), size=len(people))
        means[draw] = np.mean([rng.choice(people[i], len(people[i])).mean() for i in chosen])
    low, high = np.percentile(means, (50 * (1 - level), 50 * (1 + level)))
    return float(low), float(high)


def errors_by_person(table: pd.DataFrame, metric: str = "mae") -> dict[Cell, pd.DataFrame]:
    """Figures to compare, cell by cell.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`gaitcast.evaluation.results_table`, or several runs' put together.
    metric : str
        One of the table's.

    Returns
    -------
    dict of Cell to pandas.DataFrame
        One row a person, one column for each model, inputs and steps; NaN where a model has no
        figure of a person. Figures that cannot be had live have cells of their own; models of
        which a fit is worse than the mean of its target are left out.
    """
    figures = table[table["metric"] == metric]
    cells = {}
    for (task, split, horizon_ms, causal, free), rows in figures.groupby(
        list(Cell._fields), sort=False
    ):
        names = rows["model"] + " " + rows["inputs"] + " " + rows["steps"]
        if "failed" in rows:
            sound = ~rows["failed"].groupby(names).transform("any")
            rows, names = rows[sound], names[sound]
        cell = Cell(str(task), str(split), float(str(horizon_ms)), bool(causal), bool(free))
        # A model without any figure of this metric keeps its column, so that it is named.
        means = rows.assign(who=names).groupby(["subject", "who"], sort=False)["value"].mean()
        cells[cell] = means.unstack(sort=False)
    return cells


def read_tables(folders: Sequence[str | Path]) -> pd.DataFrame:
    """Results of several studies as one table.

    Parameters
    ----------
    folders : sequence of str or Path
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
    paths = [Path(folder) for folder in folders]
    names = [folder.resolve().name for folder in paths]
    if len(set(names)) < len(names):
        raise GaitcastError(f"two runs have the same name: {', '.join(names)}")
    tables = []
    for folder, name in zip(paths, names, strict=True):
        try:
            table = pd.read_csv(
                folder / "results.csv", dtype={"subject": str, "value": float, "horizon_ms": float}
            )
            missing = {*_COLUMNS} - {*table.columns}
        except (OSError, ValueError) as error:
            raise GaitcastError(
                "no results here", where=str(folder), hint="Run the study first"
            ) from error
        if missing:
            raise GaitcastError(
                f"results.csv lacks {', '.join(sorted(missing))}", where=str(folder)
            )
        for flag in {"causal", "leakage_free", "failed"} & {*table.columns}:
            if table[flag].dtype != bool:
                raise GaitcastError(
                    f"results.csv has something else than true and false in '{flag}'",
                    where=str(folder),
                    hint="Run the study again: finished fits are kept",
                )
        if len(folders) > 1:
            table["model"] = name + ": " + table["model"]
        tables.append(table)
    return pd.concat(tables, ignore_index=True)
