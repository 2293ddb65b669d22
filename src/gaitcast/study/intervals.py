"""Intervals of every predictor of a study, calibrated on other tested people; their coverage."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from gaitcast.evaluation.conformal import calibrated, covered, merged
from gaitcast.study.jobs import Job
from gaitcast.study.store import fit_folder, read_arrays, read_fit
from gaitcast.study.workspace import Workspace

_STORED = ("nonconformity", "phase_nonconformity", "width")


@dataclass(frozen=True)
class Intervals:
    """One person's intervals from one predictor, of nominal 90 %.

    Parameters
    ----------
    job : Job
        One of the fits behind them, for its names.
    target : str
        Channel.
    person : str
        Who is forecast.
    margin : numpy.ndarray, shape (steps,)
        By how much bounds moved out, in the target's unit: half the width of a point forecast's.
    width : numpy.ndarray, shape (steps,)
        Mean width.
    coverage : numpy.ndarray, shape (steps,)
        Share of measured values inside.
    phase_coverage : numpy.ndarray, shape (phases,)
        The same for the farthest step by phase of the cycle; NaN where there is none.
    """

    job: Job
    target: str
    person: str
    margin: np.ndarray
    width: np.ndarray
    coverage: np.ndarray
    phase_coverage: np.ndarray


def study_intervals(workspace: Workspace, fits: Sequence[tuple[Job, str]]) -> list[Intervals]:
    """Intervals wherever at least two people were tested.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        From :func:`gaitcast.evaluation.run_study`.

    Returns
    -------
    list of Intervals
        For each split, horizon, model, inputs, steps, target and person; seeds and folds together.
    """
    cells: dict[tuple, list[tuple[Job, Path]]] = {}
    for job, key in fits:
        cells.setdefault(_cell(job), []).append((job, fit_folder(workspace, key)))
    return [found for fitted in cells.values() for found in _of_cell(fitted)]


def half_widths(
    workspace: Workspace, fits: Sequence[tuple[Job, str]], job: Job
) -> np.ndarray | None:
    """Half of the intervals around the forecasts of one fit.

    Parameters
    ----------
    workspace : Workspace
        The study and its folder.
    fits : sequence of tuple of Job and str
        Finished.
    job : Job
        One of them, or one that was fitted on all people.

    Returns
    -------
    numpy.ndarray, shape (steps, targets), or None
        From the errors on the people whom the same model met as new ones, the one whom this fit was
        tested on left out; None where there are fewer than two.
    """
    cell = _cell(job)
    found = study_intervals(workspace, [(j, key) for j, key in fits if _cell(j) == cell])
    of_person = [one for one in found if one.person == job.subject] or found
    if not of_person:
        return None
    targets = dict.fromkeys(one.target for one in of_person)
    widths = [
        np.mean([one.width / 2 for one in of_person if one.target == target], axis=0)
        for target in targets
    ]
    return np.stack(widths, axis=1)


def _cell(job: Job) -> tuple[object, ...]:
    return (job.split, job.horizon_ms, job.model, job.inputs, job.steps)


def _of_cell(fitted: Sequence[tuple[Job, Path]]) -> Iterable[Intervals]:
    parts: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray, np.ndarray]]] = {}
    for _, folder in fitted:
        scores = read_fit(folder)["scores"]
        stored = read_arrays(
            folder / "errors.npz", ("nonconformity", "phase_nonconformity", "width")
        )
        tables = list(stored.values())
        for p, (person, targets) in enumerate(scores.items()):
            for k, target in enumerate(targets):
                found = (tables[0][p, k], tables[1][p, k], tables[2][p, k])
                parts.setdefault((target, person), []).append(found)
    for target in dict.fromkeys(target for target, _ in parts):
        people = {person: found for (t, person), found in parts.items() if t == target}
        by_step = {who: merged([f[0] for f in found]) for who, found in people.items()}
        for person, (margin, coverage) in calibrated(by_step).items():
            bounds = np.mean([f[2] for f in people[person]], axis=0)
            # By phase the same interval is judged: the one of the farthest step.
            by_phase = covered(merged([f[1] for f in people[person]]), margin[-1])
            width = np.maximum(bounds + 2 * margin, 0.0)
            yield Intervals(fitted[0][0], target, person, margin, width, coverage, by_phase)
