"""The source's Bi-LSTM by Keras and by gaitcast: training on the same windows, and one forecast.

Both sides run two fits side by side with one thread each, by themselves, one side after the other.
Keras needs TensorFlow, which gaitcast does not: give the Python of an environment that has it.

    python -m venv keras && keras/bin/pip install tensorflow-cpu
    python benchmarks/training.py --peer-python keras/bin/python
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from ratio import Ratio

HISTORY, HORIZON, BATCH, STRIDE = 200, 50, 64, 60
#: Epochs, of which all but the first are timed; and forecasts, timed after as many again.
EPOCHS, FORECASTS = 4, 100


def write_windows(path: Path) -> str:
    """Scaled windows of LOG25 as the source cuts them, or of a simulated person without data."""
    import gaitcast
    from gaitcast.signal import Chain
    from gaitcast.study import read_study
    from gaitcast.tasks import Scaler, Series, Span, Windows

    target, inputs = ("ipsi_ankle_angle_flexion",), "ipsi_*"
    if os.environ.get("GAITCAST_DATA"):
        trial = gaitcast.load("ankle6-encoder")["LOG25"]
        what = "LOG25"
    else:
        trial = gaitcast.load(
            "simulated", subjects=1, minutes=3.0, seed=1, rate_hz=100.0
        ).recordings[0]
        target, inputs, what = ("right_ankle_angle_flexion",), "right_*", "a simulated person"
    places = ("foot", "shank")
    channels = tuple(
        f"{inputs[:-1]}{p}_{q}_{a}" for p in places for q in ("acc", "gyr") for a in "xyz"
    )
    chain = Chain(read_study("zare2025").chain("zero-phase"), channels, trial.rate_hz)
    features, angle = chain.run(trial), trial.matrix(target)
    cuts = {"train": slice(0, 15000), "validation": slice(15000, 16500), "test": slice(16500, None)}
    scale = [Scaler.fit("minmax", [x[cuts["train"]]]) for x in (features, angle)]
    arrays = {"deg": scale[1].scale}
    for part, rows in cuts.items():
        scaled = [
            s.apply(x[rows]).astype(np.float32)
            for s, x in zip(scale, (features, angle), strict=True)
        ]
        windows = Windows(
            [Series(Span(part, 0, len(scaled[0])), *scaled)], HISTORY, HORIZON, STRIDE
        )
        arrays[f"{part}_x"], arrays[f"{part}_y"] = windows.batch(np.arange(len(windows)))
        arrays[f"{part}_features"], arrays[f"{part}_targets"] = scaled
    np.savez(path, allow_pickle=False, **arrays)
    return what


def median_ms(forecast: Callable[[], object]) -> float:
    """Of one call."""
    taken = []
    for _ in range(2 * FORECASTS):
        begun = time.perf_counter()
        forecast()
        taken.append(time.perf_counter() - begun)
    return 1000 * float(np.median(taken[FORECASTS:]))


def keras_side(
    data: dict, seed: int, ended: Callable[[], None]
) -> tuple[np.ndarray, Callable[[], object]]:
    """Train with Keras, as the source's code does: forecasts of the test, and how to make one."""
    import keras
    import tensorflow

    tensorflow.config.threading.set_intra_op_parallelism_threads(1)
    tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    keras.utils.set_random_seed(seed)
    layers, penalty = keras.layers, keras.regularizers.l2(1e-4)

    def lstm(**more: object) -> object:
        return layers.Bidirectional(layers.LSTM(128, kernel_regularizer=penalty, **more))

    model = keras.Sequential(
        [
            layers.Input((HISTORY, data["train_x"].shape[2])),
            layers.Dense(128, activation="relu", kernel_regularizer=penalty),
            lstm(return_sequences=True),
            layers.LayerNormalization(),
            layers.Dropout(0.3),
            lstm(),
            layers.Dropout(0.3),
            layers.Dense(HORIZON, kernel_regularizer=penalty),
        ]
    )
    model.compile(optimizer=keras.optimizers.Adam(1e-3), loss="mse")
    held = (data["validation_x"], data["validation_y"][..., 0])
    model.fit(
        data["train_x"], data["train_y"][..., 0], batch_size=BATCH, epochs=EPOCHS, verbose=0,
        validation_data=held,
        callbacks=[keras.callbacks.LambdaCallback(on_epoch_end=lambda *_: ended())],
    )  # fmt: skip
    one = data["test_x"][:1]
    return model.predict(data["test_x"], verbose=0), lambda: model.predict(one, verbose=0)


def gaitcast_side(
    data: dict, seed: int, ended: Callable[[], None]
) -> tuple[np.ndarray, Callable[[], object]]:
    """The same with gaitcast; one forecast is a push into the engine of its bundle."""
    import torch

    from gaitcast.deploy import write_bundle
    from gaitcast.models import Signature
    from gaitcast.runtime import Bundle, Engine
    from gaitcast.signal import Chain
    from gaitcast.tasks import Series, Span
    from gaitcast.training import fit

    torch.set_num_threads(1)
    # The source's columns are tilts and signals; a bundle takes names of sensors.
    places = [f"{side}_{place}" for side in ("left", "right") for place in ("foot", "shank")]
    sensors = [f"{p}_{q}_{axis}" for p in places for q in ("acc", "gyr") for axis in "xyz"]
    names = tuple(sensors[: data["train_x"].shape[2]])
    signature = Signature(names, ("right_ankle_angle_flexion",), HISTORY, HORIZON, 100.0)
    parts = [
        Series(Span(p, 0, len(data[f"{p}_targets"])), data[f"{p}_features"], data[f"{p}_targets"])
        for p in ("train", "validation")
    ]
    training = {"max_epochs": EPOCHS, "patience": EPOCHS, "stride": STRIDE, "batch": BATCH}
    made, _ = fit(
        "bilstm", signature, parts[:1], parts[1:], training=training, seed=seed,
        watch=lambda *_: ended(),
    )  # fmt: skip
    scaled = made.feature_scaler.apply(data["test_x"]).astype(np.float32)
    with torch.inference_mode():
        forecast = made.forecaster(torch.from_numpy(scaled))[..., 0].numpy()
    with tempfile.TemporaryDirectory() as folder:
        engine = Engine(
            Bundle.load(write_bundle(Chain([], names, 100.0), made, Path(folder) / "b"))
        )
    samples = enumerate(itertools.cycle(data["test_x"][0]))
    for number, sample in itertools.islice(samples, HISTORY):
        engine.push(number / 100, sample)

    def push() -> object:
        number, sample = next(samples)
        return engine.push(number / 100, sample)

    return made.target_scaler.invert(forecast[..., None])[..., 0], push


SIDES = {"keras": keras_side, "gaitcast": gaitcast_side}


def work(side: str, path: str, seed: int) -> None:
    """One fit in a process of its own: seconds of an epoch, test error, time of one forecast."""
    with np.load(path, allow_pickle=False) as stored:
        data = dict(stored)
    ends: list[float] = []
    forecast, one = SIDES[side](data, seed, lambda: ends.append(time.perf_counter()))
    error = np.abs(forecast - data["test_y"][..., 0]).mean() * float(data["deg"][0])
    epoch_s = float(np.median(np.diff(ends)))
    print(json.dumps({"epoch_s": epoch_s, "mae": float(error), "forecast_ms": median_ms(one)}))


def side_by_side(side: str, python: str, path: Path) -> dict[str, float]:
    """Two fits at once, one thread each: the mean of both."""
    one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    running = [
        subprocess.Popen(
            [python, __file__, "--side", side, str(path), str(seed)],
            env={**os.environ, **one},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        for seed in (0, 1)
    ]
    written = [process.communicate()[0] for process in running]
    if any(process.returncode for process in running):
        sys.exit(f"{side}: the fit failed; does {python} have what it needs?")
    found = [json.loads(text.splitlines()[-1]) for text in written]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def measured(python: str) -> list[Ratio]:
    """An epoch of training, and one forecast, of the same network."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "windows.npz"
        whose = write_windows(path)
        with np.load(path) as stored:
            count = len(stored["train_x"])
        we, they = (
            side_by_side(side, interpreter, path)
            for side, interpreter in (("gaitcast", sys.executable), ("keras", python))
        )
    network = "the source's Bi-LSTM"
    after = f"after {EPOCHS} epochs {we['mae']:.2f} deg, Keras {they['mae']:.2f}"
    return [
        Ratio(
            f"training {network}, an epoch of {count} windows of {whose}; {after}",
            "Keras", we["epoch_s"], they["epoch_s"], "s",
        ),
        Ratio(
            f"one forecast of {network}, live, with its clock and faults",
            "Keras predict", we["forecast_ms"], they["forecast_ms"], "ms",
        ),
    ]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", nargs=3, metavar=("SIDE", "DATA", "SEED"))
    parser.add_argument("--peer-python", default=sys.executable)
    given = parser.parse_args()
    if given.side:
        side, data, seed = given.side
        work(side, data, int(seed))
    else:
        print(*measured(given.peer_python), sep="\n")


if __name__ == "__main__":
    main()
