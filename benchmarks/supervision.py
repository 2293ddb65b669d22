"""Time to a validation error of 1.40 deg on LOG25: loss at every sample against windows.

The stateful GRU and the windowed Bi-LSTM read the same raw inputs, forecast the same 500 ms and are
validated on the same held-out blocks; each is timed until its validation MAE first gets there.
Needs the recordings of `zare2025` in $GAITCAST_DATA.
"""

from __future__ import annotations

import argparse
import time
from typing import Any

import torch

import gaitcast
from gaitcast.channel import match_channels
from gaitcast.evaluation.splits import Blocked
from gaitcast.models import Signature
from gaitcast.signal import Chain
from gaitcast.tasks import Scaler, cut_series
from gaitcast.training import fit
from gaitcast.training.module import ForecastModule

#: The best of a dozen settings tried: few short segments a step learn as much as many long ones,
#: sooner, and with each of five seeds. The Bi-LSTM has the source's own batches and rate.
SHORT = {
    "segment_ms": 1500.0,
    "burn_in_ms": 300.0,
    "batch": 32,
    "batches": 5,
    "learning_rate": 8e-3,
}
TARGET, HISTORY, HORIZON = ("ipsi_ankle_angle_flexion",), 200, 50


class Watch:
    """Called after each epoch: takes the time when the error is first small enough, and ends."""

    def __init__(self, wanted: float, limit_s: float) -> None:
        self.wanted, self.limit_s = wanted, limit_s
        self.begun, self.best = time.perf_counter(), float("inf")
        self.seconds, self.reached = float("nan"), False

    def __call__(self, module: Any) -> None:  # noqa: D102
        self.seconds = time.perf_counter() - self.begun
        self.best = min(self.best, module.trace[-1]["val_mae"])
        self.reached = self.best <= self.wanted
        module.trainer.should_stop = self.reached or self.seconds > self.limit_s


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--wanted-deg", type=float, default=1.40)
    parser.add_argument("--limit-min", type=float, default=60.0)
    given = parser.parse_args()
    torch.set_num_threads(1)
    cohort = gaitcast.load("ankle6-encoder", rate_hz=100.0).select(["LOG25"])
    trial = cohort.recordings[0]
    channels = match_channels(trial.channels, ("*_acc_*", "*_gyr_*"), where="inputs")
    chain = Chain((), channels, trial.rate_hz)
    fold = Blocked("blocked").folds(cohort, HISTORY + HORIZON)[0]
    features = {trial.trial: chain.run(trial)}
    train, held = (cut_series(cohort, features, TARGET, p) for p in (fold.train, fold.validation))
    signature = Signature(chain.channels, TARGET, HISTORY, HORIZON, trial.rate_hz)

    took: dict[str, float] = {}
    ended = ForecastModule.on_train_epoch_end
    for model, scaling, training in (("gru", "standard", SHORT), ("bilstm", "minmax", {})):
        scale = float(Scaler.fit(scaling, [s.targets for s in train]).scale[0])
        watch = Watch(given.wanted_deg / scale, 60 * given.limit_min)

        def watched(module: Any, watch: Watch = watch) -> None:
            ended(module)
            watch(module)

        ForecastModule.on_train_epoch_end = watched
        # So many epochs are never run: the rate stays nearly as it is until the error is reached.
        training = {**training, "max_epochs": 500, "patience": 500}
        _, report = fit(model, signature, train, held, training=training)
        took[model] = watch.seconds
        passed = f"{'reached in' if watch.reached else 'not within'} {watch.seconds:.0f} s"
        print(
            f"{model}: {passed}, {report.epochs} epochs, best {watch.best * scale:.2f} deg",
            flush=True,
        )
    ratio = took["bilstm"] / took["gru"]
    least = "" if watch.reached else "at least "
    print(f"Bi-LSTM / GRU, time to {given.wanted_deg:g} deg: {least}{ratio:.0f} (>= 15)")


if __name__ == "__main__":
    main()
