"""A search for options of one fold: trials that any number of processes share, and what came out.

Trials are numbered by their storage. Number 0 has the options of the study file; each later one is
drawn by a tree-structured Parzen estimator from those before it. Where another process took the
last place of the search first, a trial is given back unfitted.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

from gaitcast.errors import GaitcastError
from gaitcast.models import Space, spec
from gaitcast.models.search_space import drawn, suggest
from gaitcast.study.inner_error import InnerError
from gaitcast.study.jobs import Job
from gaitcast.study.planning import Plan, plan
from gaitcast.study.schema import TuneTable
from gaitcast.study.workspace import Workspace
from gaitcast.training import settings

if TYPE_CHECKING:
    import optuna
    from optuna.storages._base import BaseStorage
    from optuna.trial import FrozenTrial

#: Of the folder of results.
JOURNAL = "tuning.journal"
#: What a fit may end in that is the fault of its options.
_FAILS = (GaitcastError, RuntimeError, MemoryError, ArithmeticError)
#: Marks of a trial.
_DEFAULT, _SURPLUS, _FAILED = "default", "surplus", "failed"
#: Optuna's list of the numbers under which a trial was begun before.
_LINE = "retry_history"
#: So many trials run to their end before one is stopped early.
_UNPRUNED = 5
_WAIT_S = 0.5


class _SurplusError(Exception):
    """Another process took the last place."""


@dataclass(frozen=True)
class Tried:
    """One trial.

    Parameters
    ----------
    number : int
        In the storage.
    state : str
        ``complete``, ``pruned`` (stopped early), ``failed`` (no fit, or its process died too
        often), ``running`` or ``waiting``.
    values : dict
        ``options.NAME`` and ``training.NAME`` to value.
    error : float or None
        Inner error; of a pruned trial the last one reported.
    multiply_adds : int or None
        For one more sample.
    forecast_ms : float or None
        For one more sample in torch, ms.
    seconds : float or None
        That it took.
    reason : str
        Why it failed.
    """

    number: int
    state: str
    values: dict[str, Any]
    error: float | None = None
    multiply_adds: int | None = None
    forecast_ms: float | None = None
    seconds: float | None = None
    reason: str = ""


@dataclass(frozen=True)
class Found:
    """What a search came to.

    Parameters
    ----------
    default : Tried or None
        With the options of the study file; None if it is not done.
    best : Tried
        Smallest inner error, the first of equals; the default where nothing is better.
    trials : tuple of Tried
        In order.
    importance : dict of str to float
        By option, share of the variance of the error (fANOVA); empty with few trials.
    """

    default: Tried | None
    best: Tried
    trials: tuple[Tried, ...]
    importance: dict[str, float]


@dataclass(frozen=True)
class Search:
    """The search of one job.

    Parameters
    ----------
    workspace : Workspace
        The study and its data.
    job : Job
        Whose entry has a ``tune`` table.
    """

    workspace: Workspace
    job: Job

    @cached_property
    def ready(self) -> Plan:
        """The job with everything it needs."""
        return plan(self.workspace, self.job)

    @property
    def table(self) -> TuneTable:
        """What is searched."""
        table = self.workspace.study.models[self.job.entry].tune
        assert table is not None
        return table

    @property
    def space(self) -> Space:
        """By ``options.NAME`` and ``training.NAME``."""
        return self.table.space()

    @cached_property
    def name(self) -> str:
        """Content hash of all but the number of trials: more of them go on where these ended."""
        study = self.workspace.study
        models = [*study.models]
        one = self.table.model_copy(update={"trials": 1})
        models[self.job.entry] = models[self.job.entry].model_copy(update={"tune": one})
        once = replace(self.workspace, study=study.model_copy(update={"models": models}))
        return plan(once, self.job).key

    @cached_property
    def default(self) -> dict[str, Any]:
        """The entry's own values of what is searched."""
        entry = self.workspace.study.models[self.job.entry]
        own: dict[str, Mapping[str, Any]] = {
            "options": {**spec(entry.model).options, **entry.options},
            "training": asdict(settings(entry.model, entry.training)),
        }
        return {name: own[kind][o] for name in self.space for kind, _, o in [name.partition(".")]}

    @cached_property
    def judge(self) -> InnerError:
        """Fits and scores; it keeps the series of the training people."""
        return InnerError(self.ready, self.workspace.study.resources.threads or 1)


def work(
    search: Search,
    storage: BaseStorage,
    *,
    trials: int | None = None,
    until: float | None = None,
    announce: Callable[[Search, int, int], None] | None = None,
) -> bool:
    """Run trials until all places of the search are taken.

    Parameters
    ----------
    search : Search
        Other processes may be at work on it.
    storage : optuna.storages.BaseStorage
        From :func:`gaitcast.study.search_storage.open_storage`.
    trials : int, optional
        Places beside that of the default; by default those of the table.
    until : float, optional
        No trial but the first begins after this instant of ``time.monotonic``.
    announce : callable
        Called after each trial with the search, how many trials are finished, and of how many.

    Returns
    -------
    bool
        Whether no trial is waiting or running, here or elsewhere.

    Raises
    ------
    GaitcastError
        If trials finished and none of them could be fitted.
    """
    import optuna

    optuna.logging.set_verbosity(optuna.logging.CRITICAL)
    study = _study(search, storage)
    places = 1 + (search.table.trials if trials is None else trials)

    begun: list[int] = []

    def objective(trial: optuna.Trial) -> float | tuple[float, float]:
        begun.append(trial.number)
        return _run(search, study, trial, places)

    while True:
        _fail_silent(study)
        found = study.get_trials(deepcopy=False)
        _refuse_if_none_fits(search, found)
        waiting = any(t.state == optuna.trial.TrialState.WAITING for t in found)
        begun_any = any(t.state.is_finished() for t in found)
        over = until is not None and time.monotonic() > until and begun_any
        if over or (_taken(found) >= places and not waiting):
            return not any(not t.state.is_finished() for t in found)
        try:
            begun.clear()
            study.optimize(objective, n_trials=1, catch=(_SurplusError,))
        except BaseException as error:
            if _given_back(study, begun) and isinstance(error, Exception):
                continue  # this process was silent for long: the trial was another one's by then
            raise
        if announce is not None:
            done = [t for t in study.get_trials(deepcopy=False) if t.state.is_finished()]
            announce(search, _taken(done), places)


def work_on_all(
    searches: Sequence[Search],
    storage: BaseStorage,
    *,
    trials: int | None = None,
    hours: float | None = None,
    announce: Callable[[Search, int, int], None] | None = None,
) -> bool:
    """Run the trials of several searches, and wait for those that other processes have begun.

    Parameters
    ----------
    searches : sequence of Search
        One after the other, each with its share of the hours.
    storage, trials, announce
        See :func:`work`.
    hours : float, optional
        For all of them; none begins later.

    Returns
    -------
    bool
        Whether all searches are finished.

    Raises
    ------
    GaitcastError
        See :func:`work`.
    """
    begun = time.monotonic()
    ends = [
        None if hours is None else begun + 3600 * hours * (k + 1) / len(searches)
        for k in range(len(searches))
    ]
    for search, until in zip(searches, ends, strict=True):
        work(search, storage, trials=trials, until=until, announce=announce)
        vars(search).pop("judge", None)  # the series of this fold
    # Of a worker that dies now, a trial is found silent and repeated here.
    left = [*searches]
    while left and (ends[-1] is None or time.monotonic() < ends[-1]):
        left = [
            s
            for s in left
            if not work(s, storage, trials=trials, until=ends[-1], announce=announce)
        ]
        if left:
            time.sleep(_WAIT_S)
    return not left


def outcome(search: Search, storage: BaseStorage) -> Found:
    """What a search came to so far.

    Parameters
    ----------
    search : Search
    storage : optuna.storages.BaseStorage

    Returns
    -------
    Found

    Raises
    ------
    GaitcastError
        If no trial is complete.
    """
    study = _study(search, storage)
    trials = tuple(_tried(search, trial) for trial in _standing(study.get_trials(deepcopy=False)))
    complete = [t for t in trials if t.state == "complete" and t.error is not None]
    if not complete:
        raise GaitcastError("no trial is complete", where=search.job.label, hint="Give more hours")
    best = min(complete, key=lambda t: (t.error, t.number))
    default = next((t for t in complete if t.values == search.default), None)
    first = next((t for t in trials if t.number == 0 and t.state == "complete"), default)
    return Found(first, best, trials, _importance(study))


def _study(search: Search, storage: BaseStorage) -> optuna.Study:
    import optuna

    several = bool(search.table.against)
    pruner = optuna.pruners.MedianPruner(n_startup_trials=_UNPRUNED, n_warmup_steps=0)
    return optuna.create_study(
        storage=storage,
        study_name=f"gaitcast-{search.name}",
        directions=["minimize"] * (2 if several else 1),
        load_if_exists=True,
        pruner=optuna.pruners.NopPruner() if several else pruner,
    )


def _run(
    search: Search, study: optuna.Study, trial: optuna.Trial, places: int
) -> float | tuple[float, float]:
    import optuna

    known = study.get_trials(deepcopy=False)
    if sum(t.number < trial.number for t in _standing(known)) >= places:
        trial.set_user_attr(_SURPLUS, True)
        raise _SurplusError
    line = [n for t in known if t.number == trial.number for n in t.system_attrs.get(_LINE, ())]
    is_default = 0 in (trial.number, *line)
    if is_default:
        trial.set_user_attr(_DEFAULT, True)
    # By number, so that processes that share a search do not draw the same.
    seed = (search.job.seed * 100_003 + trial.number) % 2**32
    study.sampler = optuna.samplers.TPESampler(seed=seed, constant_liar=True)
    values = {} if is_default else suggest(search.space, trial)

    def report(step: int, error: float) -> None:
        trial.report(error, step)
        if not is_default and trial.should_prune():
            raise optuna.TrialPruned

    against = search.table.against
    try:
        judged = search.judge(values, None if against else report)
        costs = {"multiply-adds": judged.multiply_adds, "latency": judged.forecast_ms}
        if against and costs[against] is None:
            raise GaitcastError(
                "its multiply-adds grow with the training data",
                where=search.job.label,
                hint='Set against = "latency"',
            )
    except _FAILS as error:  # what cannot be fitted is not chosen, and stays in the list
        if isinstance(error, optuna.exceptions.UpdateFinishedTrialError):
            raise
        trial.set_user_attr(_FAILED, " ".join(str(error).split())[:300])
        return (float("inf"), float("inf")) if against else float("inf")
    trial.set_user_attr("multiply_adds", judged.multiply_adds)
    trial.set_user_attr("forecast_ms", judged.forecast_ms)
    return (judged.error, float(costs[against] or 0)) if against else judged.error


def _given_back(study: optuna.Study, begun: Sequence[int]) -> bool:
    """Queue an interrupted trial again; true if another process had done that before."""
    from gaitcast.study.search_storage import repeat

    trials = study.get_trials()
    for trial in [t for t in trials if t.number in begun and t.state.is_finished()]:
        if any(trial.number in t.system_attrs.get(_LINE, ()) for t in trials):
            return True
        repeat(study, trial)
    return False


def _fail_silent(study: optuna.Study) -> None:
    import warnings

    import optuna

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
        optuna.storages.fail_stale_trials(study)


def _standing(trials: Sequence[FrozenTrial]) -> list[FrozenTrial]:
    """Trials that take a place: neither given back unfitted nor repeated under another number."""
    repeated = {n for t in trials for n in t.system_attrs.get(_LINE, ())}
    return [t for t in trials if t.number not in repeated and _SURPLUS not in t.user_attrs]


def _taken(trials: Sequence[FrozenTrial]) -> int:
    return len(_standing(trials))


def _refuse_if_none_fits(search: Search, trials: Sequence[FrozenTrial]) -> None:
    done = [t for t in _standing(trials) if t.state.name in ("COMPLETE", "PRUNED")]
    reasons = [t.user_attrs[_FAILED] for t in done if _FAILED in t.user_attrs]
    places = 1 + search.table.trials
    if reasons and len(reasons) == len(done) and len(done) >= min(places, _UNPRUNED):
        raise GaitcastError(
            f"none of {len(done)} trials can be fitted: {reasons[-1]}", where=search.job.label
        )


def _tried(search: Search, trial: FrozenTrial) -> Tried:
    named = {"FAIL": "failed"}
    state = named.get(trial.state.name, trial.state.name.lower())
    marks = trial.user_attrs
    whole = search.space.keys() <= trial.params.keys()
    values = drawn(search.space, trial.params) if whole else {}
    reason = marks.get(_FAILED, "its process ended" if state == "failed" else "")
    error = trial.values[0] if trial.values else None
    if state == "pruned" and trial.intermediate_values:
        error = trial.intermediate_values[max(trial.intermediate_values)]
    taken = trial.duration.total_seconds() if trial.duration else None
    return Tried(
        trial.number,
        "failed" if reason else state,
        search.default if _DEFAULT in marks else values,
        None if reason else error,
        marks.get("multiply_adds"),
        marks.get("forecast_ms"),
        taken,
        reason,
    )


def _importance(study: optuna.Study) -> dict[str, float]:
    import optuna

    complete = [
        t
        for t in study.get_trials(deepcopy=False)
        if t.state == optuna.trial.TrialState.COMPLETE and t.params and _FAILED not in t.user_attrs
    ]
    if len(complete) < _UNPRUNED:
        return {}
    whole = optuna.create_study(direction="minimize")
    for trial in complete:
        value = trial.values[0]
        whole.add_trial(
            optuna.trial.create_trial(
                params=trial.params, distributions=trial.distributions, value=value
            )
        )
    try:
        shares = optuna.importance.get_param_importances(
            whole, evaluator=optuna.importance.FanovaImportanceEvaluator(seed=0)
        )
    except (RuntimeError, ValueError):  # all errors are equal
        return {}
    return {name: float(share) for name, share in shares.items()}
