"""How the error on a new wearer falls with the seconds that a model is adapted to them before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from gaitcast.analysis.gain import divide, last_cycle_errors
from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError
from gaitcast.evaluation.scoring import evaluate
from gaitcast.evaluation.statistics import interval_over_people
from gaitcast.pipeline import Pipeline
from gaitcast.tasks import Series
from gaitcast.training import Predictor, adapt
from gaitcast.training.adaptation import fixed

if TYPE_CHECKING:
    import pandas as pd

#: Seconds that are usual in a clinic.
SECONDS = (0.0, 5.0, 10.0, 30.0, 60.0, 120.0)


def calibration_curve(
    pipeline: Pipeline,
    cohort: Cohort,
    seconds: Sequence[float] = SECONDS,
    method: str | None = None,
    announce: Callable[[str, int, int], None] = lambda *_: None,
) -> pd.DataFrame:
    """Leave each participant out in turn, adapt to their first seconds, test on the last ones.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted anew for each participant, on the others.
    cohort : Cohort
        With longer recordings than the most seconds, at any rates.
    seconds : sequence of float
        To adapt to; 0 for the model as it was trained. All are tested on the same part, which
        begins after the most of them.
    method : str, optional
        For a model that does not go on learning: see :meth:`gaitcast.Pipeline.adapt`.
    announce : callable
        Gets each participant that is done, how many are, and how many there are.

    Returns
    -------
    pandas.DataFrame
        One row per participant, target, ``seconds`` and ``afterwards`` (``frozen``; ``adapting``
        for models that learn from their wearer; ``last cycle``), with ``mae`` over all steps.

    Raises
    ------
    GaitcastError
        If a participant's recordings are too short.
    """
    import pandas as pd

    rows: list[dict[str, object]] = []
    for number, person in enumerate(cohort.people, 1):
        fitted = replace(pipeline).fit(cohort.without(person))
        wearer = cohort.select([person])
        tested = fitted.series(wearer, from_s=max(seconds))
        if not tested:
            raise GaitcastError(
                f"nothing is left to test on after {max(seconds):g} s",
                where=f"participant '{person}'",
                hint="Give fewer seconds",
            )
        for some in seconds:
            given = fitted.series(divide(wearer, some)[0]) if some else []
            for afterwards, predictor in _adapted(fitted, given, method):
                errors = {
                    target: float(figures["mae"])  # type: ignore[arg-type]
                    for target, figures in evaluate(predictor, {person: tested})
                    .scores[person]
                    .items()
                }
                rows += _table_rows(person, some, afterwards, errors)
        rule = last_cycle_errors(fitted, wearer, max(seconds))
        rows += _table_rows(person, max(seconds), "last cycle", rule)
        announce(person, number, len(cohort.people))
    return pd.DataFrame(rows)


def _adapted(
    fitted: Pipeline, given: Sequence[Series], method: str | None
) -> Iterator[tuple[str, Predictor]]:
    predictor, training = fitted.fitted.predictor, fitted.training_settings()
    if predictor.forecaster.learns_from_wearer:
        learnt = adapt(predictor, given, training, fitted.seed, "memory") if given else predictor
        yield "adapting", learnt
        yield "frozen", fixed(learnt)
    else:
        made = adapt(predictor, given, training, fitted.seed, method) if given else predictor
        yield "frozen", made


def _table_rows(
    person: str, seconds: float, afterwards: str, errors: dict[str, float]
) -> list[dict[str, object]]:
    about = {"subject": person, "seconds": seconds, "afterwards": afterwards}
    return [{**about, "target": target, "mae": mae} for target, mae in errors.items()]


def summarise_curve(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over participants, with a 95 % interval.

    Parameters
    ----------
    table : pandas.DataFrame
        From :func:`calibration_curve`.

    Returns
    -------
    pandas.DataFrame
        One row per target, ``afterwards`` and ``seconds``: ``mae``, ``low``, ``high``, ``people``.
    """
    import pandas as pd

    rows = []
    for (target, afterwards, seconds), part in table.groupby(["target", "afterwards", "seconds"]):
        low, high = interval_over_people(part["mae"].tolist())
        about = {"target": target, "afterwards": afterwards, "seconds": seconds}
        mean = float(part["mae"].mean())
        rows.append({**about, "mae": mean, "low": low, "high": high, "people": len(part)})
    return pd.DataFrame(rows)
