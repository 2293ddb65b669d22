"""Forecasts of a new person's ankle by gaitcast, darts and neuralforecast, on the same walks.

Neither is a part of gaitcast: give the Python of an environment that has both.

    python benchmarks/forecasting.py --peer-python peers/bin/python

Ankle angle 10 to 200 ms ahead from its own last second and two IMUs of the leg, 100 Hz; eight
simulated people, the last one tested. Error over all 20 steps of the same instants, every tenth of
a second; seconds to fit; milliseconds for one more forecast, as the peer's own interface gives it.
One thread. A ridge with the same lags is compared with darts, wearer-memory with NHITS of
neuralforecast.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
from ratio import Ratio

import gaitcast as gc

ANGLE = "right_ankle_angle_flexion"
INPUTS = ("right_foot_*", "right_shank_*")
HISTORY, HORIZON, TESTED = 100, 20, "S08"
STEPS = 300


def walks() -> gc.Cohort:
    """All people on one clock; gaps of lost samples are interpolated for all sides alike."""
    return gc.load("simulated", rate_hz=100, max_gap_s=1.0, subjects=8, minutes=0.5)


def instants(count: int) -> np.ndarray:
    """Rows from which all sides forecast."""
    return np.arange(HISTORY, count - HORIZON, 10)


def error(forecasts: np.ndarray, angle: np.ndarray) -> float:
    """Mean absolute error of forecasts (instants, steps) made at :func:`instants`, deg."""
    ahead = instants(len(angle))[:, None] + np.arange(1, HORIZON + 1)
    return float(np.abs(forecasts - angle[ahead]).mean())


def ours(model: str, **settings: object) -> dict[str, float]:
    """A pipeline; one more forecast is a push into its bundle's engine."""
    cohort = walks()
    pipe = gc.Pipeline(
        inputs=[*INPUTS, ANGLE], targets=[ANGLE], history_ms=10 * HISTORY,
        horizon_ms=10 * HORIZON, model=model, max_gap_s=1.0, **settings,
    )  # fmt: skip
    begun = time.perf_counter()
    pipe.fit(cohort.without(TESTED))
    fit_s = time.perf_counter() - begun
    walk = cohort[TESTED]
    angle, made = walk.column(ANGLE), pipe.predict(walk)
    at = np.searchsorted(made.time_s, walk.time_s[instants(len(walk))] - 1e-6)
    step_ms = pipe.bench().percentile(50) / 1000
    return {"mae": error(made.values[at, :, 0], angle), "fit_s": fit_s, "forecast_ms": step_ms}


def gaitcast_ridge() -> dict[str, float]:
    return ours("ridge")


def gaitcast_memory() -> dict[str, float]:
    return ours("wearer-memory")


def darts_ridge() -> dict[str, float]:
    """A global ridge regression over lags."""
    from darts import TimeSeries
    from darts.models import SKLearnModel
    from sklearn.linear_model import Ridge

    cohort = walks()
    scale = np.vstack([walk.select(INPUTS).samples for walk in cohort.without(TESTED)]).std(axis=0)

    def series(walk: gc.Recording) -> tuple[TimeSeries, TimeSeries]:
        imus = (walk.select(INPUTS).samples / scale).astype(np.float32)
        angle = walk.column(ANGLE).astype(np.float32)
        return TimeSeries.from_values(angle), TimeSeries.from_values(imus)

    pairs = [series(walk) for walk in cohort.without(TESTED)]
    model = SKLearnModel(
        lags=HISTORY, lags_past_covariates=HISTORY, output_chunk_length=HORIZON, model=Ridge(1.0)
    )
    begun = time.perf_counter()
    model.fit([angle for angle, _ in pairs], past_covariates=[imus for _, imus in pairs])
    fit_s = time.perf_counter() - begun
    angle, imus = series(cohort[TESTED])
    made, taken = [], []
    for row in instants(len(angle)):
        begun = time.perf_counter()
        past = model.predict(HORIZON, series=angle[: row + 1], past_covariates=imus[: row + 1])
        taken.append(time.perf_counter() - begun)
        made.append(past.values()[:, 0])
    mae = error(np.stack(made), cohort[TESTED].column(ANGLE))
    return {"mae": mae, "fit_s": fit_s, "forecast_ms": 1000 * float(np.median(taken))}


def neuralforecast_nhits() -> dict[str, float]:
    """NHITS with the IMUs as historic exogenous variables."""
    import logging
    import warnings

    import pandas as pd
    from neuralforecast import NeuralForecast
    from neuralforecast.models import NHITS

    warnings.simplefilter("ignore")
    logging.disable(logging.WARNING)
    cohort = walks()
    names = list(cohort[TESTED].select(INPUTS).channels)

    def table(walk: gc.Recording, rows: slice = slice(None)) -> pd.DataFrame:
        known = pd.DataFrame(walk.select(INPUTS).samples[rows], columns=names)
        known["y"] = walk.column(ANGLE)[rows]
        return known.assign(unique_id=walk.subject, ds=np.arange(len(known)))

    model = NHITS(
        h=HORIZON, input_size=HISTORY, hist_exog_list=names, max_steps=STEPS,
        scaler_type="identity", enable_progress_bar=False, enable_model_summary=False,
        logger=False, accelerator="cpu",
    )  # fmt: skip
    forecaster = NeuralForecast(models=[model], freq=1, local_scaler_type="standard")
    begun = time.perf_counter()
    forecaster.fit(pd.concat([table(walk) for walk in cohort.without(TESTED)]), val_size=0)
    fit_s = time.perf_counter() - begun
    walk = cohort[TESTED]
    made, taken = [], []
    for row in instants(len(walk)):
        past = table(walk, slice(row + 1 - HISTORY, row + 1))
        begun = time.perf_counter()
        found = forecaster.predict(df=past)
        taken.append(time.perf_counter() - begun)
        made.append(found["NHITS"].to_numpy())
    mae = error(np.stack(made), walk.column(ANGLE))
    return {"mae": mae, "fit_s": fit_s, "forecast_ms": 1000 * float(np.median(taken))}


SIDES: dict[str, Callable[[], dict[str, float]]] = {
    "gaitcast ridge": gaitcast_ridge,
    "darts": darts_ridge,
    "gaitcast wearer-memory": gaitcast_memory,
    "neuralforecast": neuralforecast_nhits,
}


def run(side: str, python: str) -> dict[str, float]:
    """One side in a process of its own."""
    words = [python, __file__, "--side", side]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    made = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    return json.loads(made.stdout.splitlines()[-1])


def measured(python: str) -> list[Ratio]:
    """Time of each pair to fit and to forecast; their errors stand in the text."""
    found = []
    for our, peer, what in (
        ("gaitcast ridge", "darts", "ridge"),
        ("gaitcast wearer-memory", "neuralforecast", "wearer-memory against NHITS"),
    ):
        we, they = run(our, sys.executable), run(peer, python)
        errors = f"{what}: {we['mae']:.2f} deg, {peer} {they['mae']:.2f}"
        found += [
            Ratio(f"fit; {errors}", peer, we["fit_s"], they["fit_s"], "s"),
            Ratio(f"one more forecast; {what}", peer, we["forecast_ms"], they["forecast_ms"], "ms"),
        ]
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", choices=SIDES)
    parser.add_argument("--peer-python", default=sys.executable)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(SIDES[given.side]()))
    else:
        print(*measured(given.peer_python), sep="\n")


if __name__ == "__main__":
    main()
