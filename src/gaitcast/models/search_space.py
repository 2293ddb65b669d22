"""What a search may choose: values of options, and ranges of numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from gaitcast.errors import GaitcastError
from gaitcast.options import options

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


#: Per option of a model (``options.units``) or of its training (``training.learning_rate``): values
#: to choose from, or a range.
Space = Mapping[str, "list[Any] | Range"]


def suggest(space: Space, trial: optuna.Trial) -> dict[str, Any]:
    """Draw every option.

    Parameters
    ----------
    space : dict
        What may be chosen.
    trial : optuna.Trial
        Which draw.

    Returns
    -------
    dict
        Option to value.
    """
    return {
        name: over.suggest(trial, name)
        if isinstance(over, Range)
        else over[trial.suggest_categorical(name, [*range(len(over))])]
        for name, over in space.items()
    }


def drawn(space: Space, params: Mapping[str, Any]) -> dict[str, Any]:
    """Values that a finished trial had drawn.

    Parameters
    ----------
    space : dict
        As it was drawn from.
    params : dict
        Of the trial: numbers of a range, places in a list.

    Returns
    -------
    dict
        Option to value.
    """
    return {
        name: params[name] if isinstance(over, Range) else over[params[name]]
        for name, over in space.items()
    }


#: Of a network that is trained on windows.
_RATE: Space = {"training.learning_rate": Range(2e-4, 5e-3, log=True)}
_DROPOUT: Space = {"options.dropout": [0.0, 0.1, 0.3]}
_SEQUENCE_RATE: Space = {
    "training.learning_rate": Range(5e-4, 1e-2, log=True),
    "training.weight_decay": [0.0, 1e-4, 1e-2],
}
_UNITS: Space = {"options.units": [16, 32, 64, 128]}
_FILTERS: Space = {"options.filters": [16, 32, 64], "options.kernel": [3, 5, 7]}
_MOMENTS: Space = {
    "options.neighbours": [4, 8, 16, 32],
    "options.match_ms": [150.0, 300.0, 600.0, 900.0],
}
_WEARER: Space = {
    "options.memory_s": [48.0, 96.0, 192.0],
    "options.neighbours": [24, 48, 96],
    "options.others": [0, 375, 750, 1500],
    "options.rank": [8, 16, 32],
    "options.prior_s": [9.0, 27.0, 81.0],
}

#: What a search chooses for each model where the study does not say; a model without an entry has
#: nothing worth a search.
SPACES: Mapping[str, Space] = {
    "wearer-regression": {"options.alpha": Range(1e-3, 10.0, log=True)},
    "phase-template": {"options.match_ms": [400.0, 600.0, 800.0, 1200.0]},
    "ridge": {"options.alpha": Range(1e-2, 1e4, log=True), "options.every": [1, 2, 5, 10]},
    "knn": {**_MOMENTS, "options.every": [1, 3, 7]},
    "local-linear": {**_MOMENTS, "options.stiffness": Range(1e-4, 1.0, log=True)},
    "kernel-ridge": {
        "options.gamma": Range(0.03, 3.0, log=True),
        "options.alpha": Range(1e-3, 1.0, log=True),
        "options.components": [50, 100, 150, 250],
    },
    "trees": {
        "options.trees": [50, 100, 200],
        "options.leaves": [7, 15, 31, 63],
        "options.depth": Range(3, 8),
        "options.learning_rate": Range(0.02, 0.3, log=True),
        "options.every": [2, 5, 10, 20],
    },
    "bilstm": {**_RATE, "options.units": [32, 64, 128], "options.dropout": [0.1, 0.3, 0.5]},
    "mlp": {**_RATE, **_DROPOUT, "options.units": [32, 64, 128, 256], "options.every": [2, 5, 10]},
    "cnn": {**_RATE, **_DROPOUT, **_FILTERS, **_UNITS},
    "cnn2d": {**_RATE, **_DROPOUT, **_UNITS, "options.filters": [8, 16, 32]},
    "lstm": {**_RATE, **_UNITS, "options.layers": [1, 2]},
    "cnn-lstm": {**_RATE, **_DROPOUT, **_FILTERS, **_UNITS},
    "cnn-lstm-attention": {**_RATE, **_DROPOUT, **_FILTERS, **_UNITS},
    "cnn2d-lstm": {**_RATE, **_DROPOUT, **_UNITS, "options.filters": [8, 16, 32]},
    "inception-time": {**_RATE, "options.filters": [8, 16, 32], "options.depth": [3, 6]},
    "resnet50": _RATE,
    "inceptionv3": _RATE,
    "gru": {**_SEQUENCE_RATE, **_UNITS, "options.layers": [1, 2]},
    "tcn": {**_SEQUENCE_RATE, **_DROPOUT, "options.width": [16, 32, 48], "options.kernel": [2, 3]},
    "gated-tcn": {**_SEQUENCE_RATE, **_DROPOUT, "options.width": [16, 32, 48]},
    "transformer": {**_SEQUENCE_RATE, **_DROPOUT, "options.width": [32, 64, 128]},
    "lru": {**_SEQUENCE_RATE, **_DROPOUT, "options.width": [32, 64], "options.modes": [32, 64]},
    "wearer-adaptive": {**_WEARER, "training.learning_rate": Range(1e-3, 1e-2, log=True)},
    "wearer-memory": _WEARER,
}
