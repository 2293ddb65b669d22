"""The error of options inside the training part of a fold: on people whom the fit has not seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from gaitcast.evaluation.protocol import Material
from gaitcast.evaluation.scoring import mean_error
from gaitcast.evaluation.splits import Fold
from gaitcast.models import cost
from gaitcast.models.cost import forecast_ms
from gaitcast.pipeline import Pipeline
from gaitcast.study.planning import Plan
from gaitcast.training.assembly import Assembly
from gaitcast.training.threads import on_threads

#: Called with a step and the error so far; it may raise to end the trial.
Report = Callable[[int, float], None]


@dataclass(frozen=True)
class Judged:
    """What options came to.

    Parameters
    ----------
    error : float
        Mean absolute error over all windows, steps and targets, each target by its spread; mean
        over the groups that were held out.
    multiply_adds : int or None
        For one more sample; None where it grows with the data.
    forecast_ms : float
        For one more sample in torch, here, on one thread, ms.
    """

    error: float
    multiply_adds: int | None
    forecast_ms: float


@dataclass(frozen=True)
class InnerError:
    """Judges options on held-out people of a fold's training part.

    Parameters
    ----------
    ready : Plan
        A job whose entry has a search. Its test part is not looked at.
    threads : int
        Of a fit.
    """

    ready: Plan
    threads: int = 1

    @cached_property
    def folds(self) -> list[Fold]:
        """Each group of training people held out once, or the fold as it is.

        A fold is left as it is where the search asks for one group, where it holds fewer than two
        training people, where the tested person trains too, and under a protocol that leaks.
        """
        fold, table = self.ready.fold, self.ready.entry.tune
        spans = (*fold.train, *fold.validation)
        person = {span.trial: self.ready.cohort[span.trial].subject for span in spans}
        people = [*dict.fromkeys(person.values())]
        groups = min(table.inner if table else 1, len(people))
        tested = {self.ready.cohort[span.trial].subject for span in fold.test}
        if groups < 2 or fold.assignment or self.ready.protocol.leaks or tested & {*people}:
            return [replace(fold, calibration=(), test=fold.test if self._on_test else ())]
        made = []
        for number in range(groups):
            held = {*people[number::groups]}
            made.append(
                replace(
                    fold,
                    name=f"{fold.name}, without {'+'.join(sorted(held))}",
                    train=tuple(s for s in spans if person[s.trial] not in held),
                    validation=tuple(s for s in spans if person[s.trial] in held),
                    test=(),
                    calibration=(),
                )
            )
        return made

    @property
    def _on_test(self) -> bool:
        return self.ready.protocol.validation == "test" or self.ready.protocol.scaler == "all"

    @cached_property
    def _parts(self) -> list[tuple[Assembly, Material]]:
        found = []
        for fold in self.folds:
            inner = replace(self.ready, fold=fold)
            masks = fold.assignment.mask if fold.assignment else None
            series, _ = inner.assembly.series(fold.parts, masks)
            found.append((inner.assembly, inner.protocol.material(series)))
        return found

    def __call__(self, values: Mapping[str, Any], report: Report | None = None) -> Judged:
        """Fit on each inner training part and score its held-out people.

        Parameters
        ----------
        values : dict
            ``options.NAME`` and ``training.NAME`` to value.
        report : callable, optional
            Of the first group: called after each epoch of a network that is stopped by its
            validation error, or after the fit.

        Returns
        -------
        Judged

        Raises
        ------
        GaitcastError
            If these options cannot be fitted.
        """
        errors, first = [], None
        for assembly, material in self._parts:
            pipeline = chosen(self.ready.pipeline, values)
            watch = report if first is None else None
            kept = material.validation if pipeline.stopped else ()
            taught = replace(material, calibration=(), validation=kept)
            with on_threads(self.threads):
                done = pipeline.fit_material(assembly, taught, watch=watch)
                predictor = pipeline.fitted.predictor
                errors.append(mean_error(predictor, material.validation))
            if first is None:
                counted = cost(predictor.forecaster).multiply_adds
                with on_threads():
                    first = Judged(0.0, counted, forecast_ms(predictor.forecaster))
                if watch is not None and not (pipeline.stopped and done.epochs):
                    watch(0, errors[0])
        assert first is not None
        return replace(first, error=float(np.mean(errors)))


def chosen(pipeline: Pipeline, values: Mapping[str, Any]) -> Pipeline:
    """A pipeline with other options and training settings.

    Parameters
    ----------
    pipeline : Pipeline
        Stays as it is.
    values : dict
        ``options.NAME`` and ``training.NAME`` to value.

    Returns
    -------
    Pipeline
        Not fitted.
    """
    return replace(
        pipeline,
        options={**pipeline.options, **of_kind("options", values)},
        training={**pipeline.training, **of_kind("training", values)},
    )


def of_kind(kind: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """Of all values those of the model, or of its training.

    Parameters
    ----------
    kind : str
        ``options`` or ``training``.
    values : dict
        ``KIND.NAME`` to value.

    Returns
    -------
    dict
        By name alone.
    """
    start = f"{kind}."
    return {k.removeprefix(start): v for k, v in values.items() if k.startswith(start)}
