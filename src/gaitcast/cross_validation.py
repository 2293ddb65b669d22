"""`cross_validate`: Pipelines against each other and against naive baselines, on new people."""

from __future__ import annotations

import shutil
import weakref
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from typing import TYPE_CHECKING

from gaitcast.cohort import Cohort
from gaitcast.evaluation.splits import Split
from gaitcast.pipeline import Pipeline
from gaitcast.report import write_report
from gaitcast.report.paper import people_chart
from gaitcast.study import Job, Workspace, results_table, run_study, summarise
from gaitcast.study.of_pipelines import study_of
from gaitcast.study.run import Announce

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure


@dataclass(frozen=True, eq=False)
class CrossValidation:
    """What a cross-validation came to.

    Parameters
    ----------
    workspace : Workspace
        The study that was made of the pipelines; finished fits lie in its folder.
    fits : list of tuple of Job and str
        Each fit with its hash.
    table : pandas.DataFrame
        One row per figure, as ``results.csv`` of a study: :data:`gaitcast.study.results.COLUMNS`.
    """

    workspace: Workspace
    fits: list[tuple[Job, str]]
    table: pd.DataFrame

    @cached_property
    def summary(self) -> pd.DataFrame:
        """Mean over participants with 95 % interval, paired differences from the best baseline."""
        return summarise(self.table)

    def plot(self) -> Figure:
        """Error of each participant, mean and 95 % interval, a row for each predictor.

        Returns
        -------
        matplotlib.figure.Figure
        """
        return people_chart(self.table)

    def report(self, path: str | Path) -> Path:
        """Write the page that a study writes.

        Parameters
        ----------
        path : str or Path
            Of the HTML file; replaced if it exists.

        Returns
        -------
        Path
            Of the file.
        """
        write_report(self.workspace, self.fits, self.summary)
        place = Path(path)
        place.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(self.workspace.out / "report.html", place)
        return place

    def __repr__(self) -> str:
        columns = ["model", "inputs", "horizon_ms", "value", "low", "high", "margin", "people"]
        return self.summary.sort_values("value")[columns].round(3).to_string(index=False)


def cross_validate(
    pipelines: Pipeline | Sequence[Pipeline],
    cohort: Cohort,
    split: Split,
    *,
    baselines: bool = True,
    seeds: Sequence[int] = (0,),
    workers: int = 1,
    out: str | Path | None = None,
    announce: Announce | None = None,
) -> CrossValidation:
    """Fit and score pipelines on every fold of a split.

    Parameters
    ----------
    pipelines : Pipeline or sequence of Pipeline
        Of the same targets, history, output and working rate. They stay as they are.
    cohort : Cohort
        At any rates.
    split : Split
        Such as ``gaitcast.LeaveOneSubjectOut()``.
    baselines : bool
        Beside them the naive predictors, and ridge and nearest neighbours on the same inputs.
    seeds : sequence of int
        Repeats of models that are trained by gradient.
    workers : int
        Fits side by side, one thread each.
    out : str or Path, optional
        Folder that keeps finished fits for a later call; by default they go with the result.
    announce : callable
        Called with the label of each finished fit, how many are done, and how many there are.

    Returns
    -------
    CrossValidation
        With the tidy table of a study.

    Raises
    ------
    GaitcastError
        If the pipelines cannot be compared, do not fit the recordings, or the split cannot divide
        them.

    Notes
    -----
    Every step of the protocol is a study's: participants are disjoint between the parts, blocks of
    time keep a gap, scalers and early stopping see no tested sample.
    """
    place = Path(mkdtemp(prefix="gaitcast-") if out is None else out)
    several = [pipelines] if isinstance(pipelines, Pipeline) else list(pipelines)
    study = study_of(several, cohort.name, split, baselines=baselines, seeds=seeds)
    workspace = Workspace(study, None, place, "none", recordings=cohort)
    try:
        fits = run_study(workspace, workers=workers, announce=announce)
        found = CrossValidation(workspace, fits, results_table(workspace, fits))
    except BaseException:
        if out is None:
            shutil.rmtree(place, ignore_errors=True)
        raise
    if out is None:
        weakref.finalize(found, shutil.rmtree, place, ignore_errors=True)
    return found
