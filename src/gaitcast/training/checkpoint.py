"""The weights of the best epoch, and the file that a killed fit goes on from."""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Any

import lightning
from lightning.pytorch.callbacks import Checkpoint
from torch import Tensor

#: A fit that is killed loses so much and an epoch at most; a shorter one writes no file.
SECONDS_BETWEEN = 60.0


class Kept(Checkpoint):
    """The best epoch's weights in memory; now and then all of the training in one file.

    Lightning's own checkpoint writes weights and optimiser at each epoch, twice if it was the best
    one: half of the time of a large network on few windows.

    Parameters
    ----------
    file : str or Path
        What a killed fit goes on from.
    seconds_between : float
        The file is written at the end of an epoch, once so much time has passed.
    """

    def __init__(self, file: str | Path, seconds_between: float) -> None:
        file = Path(file)
        self.file, self.seconds_between = file, seconds_between
        self.written = time.monotonic()
        self.error, self.epoch = math.inf, 0
        self.weights: dict[str, Tensor] = {}

    def on_train_epoch_end(
        self, trainer: lightning.Trainer, pl_module: lightning.LightningModule
    ) -> None:
        """Keep the weights if they are the best so far, or the newest where nothing says."""
        error = float(trainer.callback_metrics.get("val_mae", -trainer.current_epoch))
        if error < self.error or not self.weights:
            self.error = math.inf if math.isnan(error) else error
            self.epoch = trainer.current_epoch
            found = pl_module.state_dict()
            self.weights = {k: v.detach().to("cpu", copy=True) for k, v in found.items()}
        if time.monotonic() - self.written >= self.seconds_between:
            trainer.save_checkpoint(self.file)
            self.written = time.monotonic()

    def state_dict(self) -> dict[str, Any]:
        """What the file has of it."""
        return {"error": self.error, "epoch": self.epoch, "weights": self.weights}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Take it back from the file."""
        self.error, self.epoch = state_dict["error"], state_dict["epoch"]
        self.weights = state_dict["weights"]
