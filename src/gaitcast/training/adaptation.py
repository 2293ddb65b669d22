"""Adapt a fitted model to one person by some seconds of theirs: which ways there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from gaitcast.errors import GaitcastError, nearest
from gaitcast.models import Forecaster, build
from gaitcast.models.wearer_adaptive import Wearer
from gaitcast.tasks import Series
from gaitcast.training.adaptation_method import AdaptationMethod
from gaitcast.training.closed_form_adaptation import Head
from gaitcast.training.gradient_adaptation import Last, LowRank, WholeNetwork
from gaitcast.training.predictor import Predictor
from gaitcast.training.settings import Training


class Memory(AdaptationMethod):
    """What a model that learns from its wearer learns in these seconds is what it begins with."""

    def takes(self, forecaster: Forecaster) -> bool:
        """See :meth:`AdaptationMethod.takes`."""
        return isinstance(forecaster, Wearer) and forecaster.learns

    def apply(
        self, predictor: Predictor, calibration: Sequence[Series], chosen: Training, seed: int
    ) -> Predictor:
        """See :meth:`AdaptationMethod.apply`."""
        del chosen, seed
        made = replace(predictor)
        made.learn(calibration)
        return made


class FixedMemory(Memory):
    """The same, and it learns nothing more afterwards; one that is fixed already begins anew."""

    def takes(self, forecaster: Forecaster) -> bool:
        """See :meth:`AdaptationMethod.takes`."""
        return isinstance(forecaster, Wearer)

    def apply(
        self, predictor: Predictor, calibration: Sequence[Series], chosen: Training, seed: int
    ) -> Predictor:
        """See :meth:`AdaptationMethod.apply`."""
        if not super().takes(predictor.forecaster):
            predictor = replace(_rebuilt(predictor, learns=True), learnt={})
        return fixed(super().apply(predictor, calibration, chosen, seed))


#: Every way by its name; a model is adapted by the first that it takes unless another is named.
METHODS: Mapping[str, AdaptationMethod] = {
    "memory": Memory(),
    "fixed-memory": FixedMemory(),
    "network": WholeNetwork(),
    "low-rank": LowRank(),
    "head": Head(),
    "last": Last(),
}


def fixed(predictor: Predictor) -> Predictor:
    """The same predictor, which learns nothing more of its wearer.

    Parameters
    ----------
    predictor : Predictor
        Of a model that learns from its wearer.

    Returns
    -------
    Predictor
        With the option ``learns = false``.
    """
    assert isinstance(predictor.forecaster, Wearer)
    learnt = predictor.forecaster.fixed(predictor.learnt) if predictor.learnt else {}
    return replace(_rebuilt(predictor, learns=False), learnt=learnt)


def _rebuilt(predictor: Predictor, *, learns: bool) -> Predictor:
    options: dict[str, object] = {**predictor.options, "learns": learns}
    forecaster = build(predictor.model, predictor.signature, options)
    forecaster.load_state_dict(predictor.forecaster.state_dict())
    return replace(predictor, options=options, forecaster=forecaster)


def methods_of(forecaster: Forecaster) -> list[str]:
    """Names of the ways in which a model can be adapted.

    Parameters
    ----------
    forecaster : Forecaster
        Fitted.

    Returns
    -------
    list of str
        The usual one first; empty where it can only be fitted anew.
    """
    return [name for name, method in METHODS.items() if method.takes(forecaster)]


def adapt(
    predictor: Predictor,
    calibration: Sequence[Series],
    chosen: Training,
    seed: int = 0,
    method: str | None = None,
) -> Predictor:
    """Adapt a predictor to one person.

    Parameters
    ----------
    predictor : Predictor
        Trained on other people; it stays as it is, and so do its scalers.
    calibration : sequence of Series
        Of the new person, physical units.
    chosen : Training
        Of the fit; ``adapt_epochs`` and ``adapt_rate`` are for the ways by gradient.
    seed : int
        Of order and dropout.
    method : str, optional
        A key of :data:`METHODS`; by default the first of :func:`methods_of`.

    Returns
    -------
    Predictor
        A new one.

    Raises
    ------
    GaitcastError
        If the model cannot be adapted in this way, or the calibration holds no window.
    """
    possible, where = methods_of(predictor.forecaster), f"model '{predictor.model}'"
    if method is not None and method not in METHODS:
        raise GaitcastError(f"unknown method '{method}'", hint=nearest(method, [*METHODS]))
    if not possible:
        raise GaitcastError(
            "is not trained by gradient and cannot go on learning",
            where=where,
            hint="Fit it on these recordings together with the others",
        )
    if method is not None and method not in possible:
        raise GaitcastError(
            f"cannot be adapted by '{method}'", where=where, hint=f"By: {', '.join(possible)}"
        )
    shape = predictor.signature
    if not len(shape.windows(calibration)):
        raise GaitcastError(
            f"the calibration holds no window of {shape.span} samples",
            where=where,
            hint="Give more seconds to adapt to",
        )
    return METHODS[method or possible[0]].apply(predictor, calibration, chosen, seed)
