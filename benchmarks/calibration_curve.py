"""Error on a new wearer by seconds of calibration.

On ``ankle6-encoder`` (set GAITCAST_DATA), six people, 180 s each. Arguments: models, as
``gru:head`` where a method is chosen; default ``wearer-memory``, which needs no network.
Settings are those of the study zare2025.
"""

from __future__ import annotations

import sys
from dataclasses import replace

import pandas as pd

from gaitcast.analysis.calibration_curve import calibration_curve, summarise_curve
from gaitcast.datasets import load
from gaitcast.pipeline import Pipeline
from gaitcast.training import Augmentation

ANGLE = "ipsi_ankle_angle_flexion"
COPIES = Augmentation(copies=3, rotation_deg=10, gain=0.05, bias=0.03, time_warp=0.15, size=0.15)


def pipeline(model: str) -> Pipeline:
    made = Pipeline(
        inputs=["*_acc_*", "*_gyr_*", ANGLE],
        targets=[ANGLE],
        history_ms=2000,
        horizon_ms=500,
        model=model,
    )
    short = {"max_epochs": 14, "patience": 14}
    if model == "wearer-adaptive":
        return replace(made, augment=COPIES)
    return made if made.stopped is False else replace(made, training=short)


def main() -> None:
    models = sys.argv[1:] or ["wearer-memory"]
    cohort = load("ankle6-encoder")
    pd.set_option("display.width", 160)
    for word in models:  # MODEL or MODEL:METHOD
        model, _, method = word.partition(":")
        table = calibration_curve(
            pipeline(model),
            cohort,
            method=method or None,
            announce=lambda *done: print(*done, flush=True),
        )
        print(word)
        print(
            table.pivot(index="subject", columns=["afterwards", "seconds"], values="mae").round(3).T
        )
        print(summarise_curve(table).round(3).to_string(index=False), flush=True)


if __name__ == "__main__":
    main()
