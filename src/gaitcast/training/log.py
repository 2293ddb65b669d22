"""Where losses are written while a training goes on."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args

from gaitcast.errors import GaitcastError, nearest

LogKind = Literal["csv", "tensorboard", "mlflow", "none"]


def log_kind(word: str) -> LogKind:
    """Check a word from the command line.

    Parameters
    ----------
    word : str
        What the user wrote.

    Returns
    -------
    str
        The same.

    Raises
    ------
    GaitcastError
        If there is no such log.
    """
    for kind in get_args(LogKind):
        if word == kind:
            return kind
    raise GaitcastError(f"no log '{word}'", hint=nearest(word, get_args(LogKind)))


@dataclass(frozen=True)
class Log:
    """Losses of one fit, epoch by epoch.

    Parameters
    ----------
    kind : str
        ``csv``, ``tensorboard``, ``mlflow`` or ``none``.
    folder : str or Path
        Of all logs.
    name : str
        Of this fit. A fit that is resumed goes on in a new version beside the old one.
    """

    kind: LogKind
    folder: str | Path
    name: str

    def logger(self) -> Any:
        """Lightning's logger.

        Returns
        -------
        lightning.pytorch.loggers.Logger or False
            False for ``none``.

        Raises
        ------
        GaitcastError
            If what it needs is not installed.
        """
        from lightning.pytorch import loggers

        place = str(self.folder)
        try:
            if self.kind == "csv":
                return loggers.CSVLogger(place, name=self.name)
            if self.kind == "tensorboard":
                return loggers.TensorBoardLogger(place, name=self.name)
            if self.kind == "mlflow":
                return loggers.MLFlowLogger("gaitcast", run_name=self.name, save_dir=place)
        except ModuleNotFoundError as error:
            raise GaitcastError(
                f"{self.kind} is not installed",
                hint=f"Run: pip install 'gaitcast[{self.kind}]', or use --log csv",
            ) from error
        return False
