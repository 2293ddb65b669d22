"""Search for options by validation error, through Optuna."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gaitcast.errors import GaitcastError
from gaitcast.options import options
from gaitcast.seed import checked_seed

if TYPE_CHECKING:
    import optuna


@options
class Range:
    """Numbers between two bounds.

    Parameters
    ----------
    low, high : int or float
        Both may be chosen; whole numbers stay whole.
    log : bool
        Drawn evenly over the logarithm.
    """

    low: int | float
    high: int | float
    log: bool = False

    def __post_init__(self) -> None:
        if self.low >= self.high:
            raise GaitcastError(f"low {self.low:g} is not below high {self.high:g}")
        if self.log and self.low <= 0:
            raise GaitcastError(f"log needs low above 0, not {self.low:g}")

    def suggest(self, trial: optuna.Trial, name: str) -> float:
        """Draw.

        Parameters
        ----------
        trial : optuna.Trial
            Which draw.
        name : str
            Of the option.

        Returns
        -------
        float
            Or int.
        """
        if isinstance(self.low, int) and isinstance(self.high, int):
            return trial.suggest_int(name, self.low, self.high, log=self.log)
        return trial.suggest_float(name, self.low, self.high, log=self.log)


#: Per option: values to choose from, or a range.
Space = Mapping[str, "list[Any] | Range"]


@dataclass(frozen=True)
class Choice:
    """What a search came to.

    Parameters
    ----------
    values : dict
        Option to value.
    error : float
        On the validation part.
    """

    values: dict[str, Any]
    error: float


def tune(space: Space, judge: Callable[[dict[str, Any]], float], trials: int, seed: int) -> Choice:
    """Smallest validation error of some trials (tree-structured Parzen estimator).

    Parameters
    ----------
    space : dict
        What may be chosen.
    judge : callable
        From option values to the validation error of a fit with these.
    trials : int
        Fits.
    seed : int
        Of the draw.

    Returns
    -------
    Choice
        Of the best trial, the first of equals.

    Raises
    ------
    GaitcastError
        If no trial can be fitted, or the seed is outside 0 to 4294967295.
    """
    import optuna

    seed = checked_seed(seed, "tuning")

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    failures: list[GaitcastError] = []

    def objective(trial: optuna.Trial) -> float:
        values = {
            name: over.suggest(trial, name)
            if isinstance(over, Range)
            else over[trial.suggest_categorical(name, list(range(len(over))))]
            for name, over in space.items()
        }
        try:
            return judge(values)
        except GaitcastError as error:  # what cannot be fitted is not chosen
            failures.append(error)
            return float("inf")

    study = optuna.create_study(sampler=optuna.samplers.TPESampler(seed=seed))
    study.optimize(objective, n_trials=trials)
    if len(failures) == trials:
        raise failures[-1]
    best = study.best_trial
    values = {
        name: best.params[name] if isinstance(over, Range) else over[best.params[name]]
        for name, over in space.items()
    }
    return Choice(values, float(study.best_value))
