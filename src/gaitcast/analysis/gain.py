"""A pipeline adapted to a new wearer, and what that gained on their later recordings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from gaitcast.cohort import Cohort
from gaitcast.errors import GaitcastError, nearest
from gaitcast.pipeline import Pipeline
from gaitcast.recording import Recording


@dataclass(frozen=True)
class Gain:
    """Errors on what a wearer recorded after the seconds that were adapted to.

    Parameters
    ----------
    tested_s : float
        Duration of these recordings.
    before, after : dict of str to float
        Mean absolute error over all steps ahead by target, canonical unit: as trained on other
        people, and adapted.
    last_cycle : dict of str to float
        The same of the last gait cycle repeated; empty where there is none to repeat.
    """

    tested_s: float
    before: Mapping[str, float]
    after: Mapping[str, float]
    last_cycle: Mapping[str, float]


def adapt_to_wearer(
    pipeline: Pipeline,
    cohort: Cohort,
    seconds: float,
    method: str | None = None,
    warn: Callable[[str], None] = lambda _: None,
) -> tuple[Pipeline, Gain | None]:
    """Adapt to the first seconds of a wearer's recordings, and test on the rest.

    Parameters
    ----------
    pipeline : Pipeline
        Fitted.
    cohort : Cohort
        Of one participant, with the targets; at any rates.
    seconds : float
        Of the recordings, in their order.
    method : str, optional
        See :meth:`gaitcast.Pipeline.adapt`.
    warn : callable
        Gets what is to be known of the participant.

    Returns
    -------
    tuple of Pipeline and Gain
        The gain is None where nothing is left to test on.

    Raises
    ------
    GaitcastError
        If there are several participants, a target was not recorded, the seconds hold no window,
        or the model cannot be adapted in this way.
    """
    fitted, where = pipeline.fitted, f"cohort '{cohort.name}'"
    if len(cohort.people) != 1:
        raise GaitcastError(
            f"holds {len(cohort.people)} participants: {', '.join(cohort.people)}",
            where=where,
            hint="Choose whom to adapt to: --subject NAME",
        )
    for info in cohort.infos:
        for target in pipeline.targets:
            if target not in info.channels:
                raise GaitcastError(
                    f"'{target}' was not recorded: nothing to adapt to",
                    where=f"recording '{info.trial}'",
                    hint=nearest(target, info.channels),
                )
    shape = fitted.predictor.signature
    if not seconds > shape.span / shape.rate_hz:
        raise GaitcastError(
            f"{seconds:g} s to adapt to are less than one window, history and horizon together: "
            f"{shape.span / shape.rate_hz:g} s",
            hint="Give more seconds",
        )
    (person,) = cohort.people
    if person in (*fitted.origin.trained_on, *fitted.origin.stopped_by):
        warn(f"'{person}' is a participant, or has the name of one, whom it was trained on")
    if others := [who for who in fitted.origin.adapted_to if who != person]:
        warn(f"it was adapted to {', '.join(others)} before")
    calibration, rest = divide(cohort, seconds)
    adapted = pipeline.adapt(calibration, method)
    if rest is None or not pipeline.series(cohort, from_s=seconds):
        return adapted, None
    tested_s = sum(info.duration_s for info in rest.infos)
    before, after = (_errors(pipe, cohort, seconds) for pipe in (pipeline, adapted))
    return adapted, Gain(tested_s, before, after, last_cycle_errors(pipeline, cohort, seconds))


def divide(cohort: Cohort, seconds: float) -> tuple[Cohort, Cohort | None]:
    """Cut the recordings of a participant in two.

    Parameters
    ----------
    cohort : Cohort
        Its recordings one after the other.
    seconds : float
        Of the first part.

    Returns
    -------
    tuple of Cohort
        The second is None where nothing is left.
    """
    first: list[Recording] = []
    rest: list[Recording] = []
    passed_s = 0.0
    for recording in cohort:
        at_s = recording.time_s - recording.time_s[0] + passed_s
        first += _rows(recording, at_s < seconds)
        rest += _rows(recording, at_s >= seconds)
        passed_s += recording.duration_s
    later = replace(cohort, recordings=tuple(rest)) if rest else None
    return replace(cohort, recordings=tuple(first)), later


def _rows(recording: Recording, rows: np.ndarray) -> list[Recording]:
    if not rows.any():
        return []
    time_s, samples = recording.time_s[rows], recording.samples[rows]
    return [replace(recording, time_s=time_s, samples=samples, events={}, truth=None)]


def _errors(pipeline: Pipeline, cohort: Cohort, from_s: float) -> dict[str, float]:
    table = pipeline.score(cohort, from_s=from_s)
    return dict(zip(table["target"], table["mae"].astype(float), strict=True))


def last_cycle_errors(pipeline: Pipeline, cohort: Cohort, from_s: float) -> dict[str, float]:
    """Errors of the last gait cycle repeated, over the same horizon.

    Parameters
    ----------
    pipeline : Pipeline
        Whose task it is.
    cohort : Cohort
        Of one participant.
    from_s : float
        Where the tested part begins; before, it learns nothing but a scale.

    Returns
    -------
    dict of str to float
        By target; empty for a horizon that is not ahead.
    """
    if pipeline.horizon_ms <= 0:
        return {}
    rule = Pipeline(
        inputs=pipeline.targets,
        targets=pipeline.targets,
        history_ms=pipeline.history_ms,
        horizon_ms=pipeline.horizon_ms,
        output=pipeline.output,
        model="last-cycle",
        rate_hz=pipeline.rate_hz,
        max_gap_s=pipeline.max_gap_s,
    )
    return _errors(rule.fit(divide(cohort, from_s)[0]), cohort, from_s)
