"""What the page and the paper figures are drawn from: predictors of one split and one horizon."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from gaitcast.channel import Channel
from gaitcast.study import Job, Workspace, fit_folder, read_fit
from gaitcast.study.intervals import Intervals, study_intervals


@dataclass(frozen=True)
class Shown:
    """One predictor in a panel.

    Parameters
    ----------
    label : str
        Model, inputs and steps.
    job : Job
        Of its first fold and seed.
    folders : tuple of Path
        All its fits.
    target : str
        Channel that is drawn.
    ranked, naive : bool
        Whether it can run live and no fit of it failed, and whether it is a baseline.
    intervals : dict of str to Intervals
        By person; empty with one tested person.
    number : int
        Of its colour, the same in all figures of a study.
    """

    label: str
    job: Job
    folders: tuple[Path, ...]
    target: str
    ranked: bool
    naive: bool
    intervals: Mapping[str, Intervals]
    number: int

    @cached_property
    def metadata(self) -> list[dict[str, Any]]:
        """Content of every ``fit.json``."""
        return [read_fit(folder) for folder in self.folders]

    def per_person(self, name: str) -> dict[str, np.ndarray]:
        """A score of every person, mean over folds and seeds.

        Parameters
        ----------
        name : str
            Such as ``mae``, ``by_step`` or ``by_phase``.

        Returns
        -------
        dict of str to numpy.ndarray
            NaN where nothing was measured.
        """
        found: dict[str, list[np.ndarray]] = {}
        for metadata in self.metadata:
            for person, targets in metadata["scores"].items():
                values = np.asarray(targets[self.target][name], dtype=float)
                found.setdefault(person, []).append(values)
        return {person: known_mean(values) for person, values in found.items()}

    def over_people(self, name: str) -> np.ndarray:
        """Mean over people of a score.

        Parameters
        ----------
        name : str
            As for :meth:`per_person`.

        Returns
        -------
        numpy.ndarray
            Of its shape.
        """
        return known_mean(list(self.per_person(name).values()))


@dataclass(frozen=True)
class Panel:
    """All predictors of one target, split and horizon, the smallest error first.

    Parameters
    ----------
    target : str
        Channel.
    several : bool
        Whether the study has other targets too.
    split : str
        Name.
    horizon_ms : float
        Farthest step.
    shown : tuple of Shown
        Predictors.
    """

    target: str
    several: bool
    split: str
    horizon_ms: float
    shown: tuple[Shown, ...]

    @property
    def unit(self) -> str:
        """Of the target."""
        return Channel.parse(self.target).unit

    @property
    def cell(self) -> tuple[str, float]:
        """Split and horizon."""
        return self.split, self.horizon_ms

    @property
    def where(self) -> str:
        """Split and horizon in words."""
        return f"{self.split} split, horizon {self.horizon_ms:g} ms"

    @property
    def title(self) -> str:
        """The same, with the target where there are several."""
        return f"{self.target}, {self.where}" if self.several else self.where

    @property
    def leading(self) -> tuple[Shown, ...]:
        """The best six, and the best baseline if it is not among them."""
        best = self.shown[:6]
        naive = next((s for s in self.shown if s.naive and s.ranked), None)
        return best if naive is None or naive in best else (*best[:5], naive)

    @cached_property
    def ahead_ms(self) -> np.ndarray:
        """Time ahead of each step."""
        person = next(iter(self.shown[0].metadata[0]["scores"].values()))
        return np.array(person[self.shown[0].target]["ahead_ms"])


def panels(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], summary: pd.DataFrame
) -> list[Panel]:
    """Everything that is drawn.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        From :func:`gaitcast.evaluation.run_study`.
    summary : pandas.DataFrame
        From :func:`gaitcast.evaluation.summarise`.

    Returns
    -------
    list of Panel
        In the order of the study, all of the first target before those of the next.
    """
    targets = workspace.study.task.targets
    cells: dict[tuple, list[tuple[Job, str]]] = {}
    for job, key in fits:
        cells.setdefault(_cell(job), []).append((job, key))
    bounds: dict[tuple, dict[str, Intervals]] = {}
    for found in study_intervals(workspace, fits):
        bounds.setdefault((found.target, *_cell(found.job)), {})[found.person] = found
    made: list[Panel] = []
    numbers: dict[str, int] = {}
    tasks = dict.fromkeys(summary["task"])
    for target, task in zip(targets, tasks, strict=True):
        of_target = summary[summary["task"] == task]
        for (split, horizon), group in of_target.groupby(["split", "horizon_ms"], sort=False):
            shown = []
            for row in group.sort_values("shortfall").to_dict("records"):
                at: tuple = (split, horizon, row["model"], row["inputs"], row["steps"])
                label = predictor_label(*at[2:])
                shown.append(
                    Shown(
                        label,
                        cells[at][0][0],
                        tuple(fit_folder(workspace, key) for _, key in cells[at]),
                        target,
                        bool(row["ranked"]),
                        bool(row["naive"]),
                        bounds.get((target, *at), {}),
                        numbers.setdefault(label, len(numbers)),
                    )
                )
            panel = Panel(target, len(targets) > 1, str(split), float(str(horizon)), tuple(shown))
            made.append(panel)
    return made


def _cell(job: Job) -> tuple[object, ...]:
    return (job.split, job.horizon_ms, job.model, job.inputs, job.steps)


def predictor_label(model: str, inputs: str, steps: str) -> str:
    """A predictor's name in figures and tables.

    Parameters
    ----------
    model, inputs, steps : str
        Names in the study; steps called ``none`` are left out.

    Returns
    -------
    str
        Such as ``gru (imu)`` or ``gru (imu, lowpass)``.
    """
    return f"{model} ({inputs})" if steps == "none" else f"{model} ({inputs}, {steps})"


def known_mean(values: Sequence[np.ndarray]) -> np.ndarray:
    """Mean of arrays where they are known.

    Parameters
    ----------
    values : sequence of numpy.ndarray
        Of one shape, NaN where nothing was measured.

    Returns
    -------
    numpy.ndarray
        NaN where none of them is known.
    """
    table = np.asarray(values, dtype=float)
    known = np.isfinite(table)
    count = known.sum(axis=0)
    total = np.where(known, table, 0.0).sum(axis=0)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def was_watched(history: Sequence[Mapping[str, float]]) -> bool:
    """Whether a fit's epochs have a validation error."""
    return bool(history) and "val_mae" in history[0]
