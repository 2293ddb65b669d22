"""The source's Bi-LSTM trained by Keras and by gaitcast on the same windows: windows per second.

Both sides run two fits side by side with one thread each, by themselves, one side after the other.
Keras needs TensorFlow, which gaitcast does not: give the Python of an environment that has it.

    python -m venv keras && keras/bin/pip install tensorflow-cpu
    python benchmarks/training.py --keras-python keras/bin/python
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HISTORY, HORIZON, BATCH, STRIDE = 200, 50, 64, 20


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


def keras_side(data: dict, seed: int, epochs: int) -> np.ndarray:
    """Train and forecast with Keras, as the source's code does."""
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
        data["train_x"], data["train_y"][..., 0], batch_size=BATCH, epochs=epochs,
        validation_data=held, verbose=0,
    )  # fmt: skip
    return model.predict(data["test_x"], verbose=0)


def gaitcast_side(data: dict, seed: int, epochs: int) -> np.ndarray:
    """The same with gaitcast."""
    import torch

    from gaitcast.models import Signature
    from gaitcast.tasks import Series, Span
    from gaitcast.training import fit

    torch.set_num_threads(1)
    names = tuple(f"right_foot_acc_{n}" for n in range(data["train_x"].shape[2]))
    signature = Signature(names, ("right_ankle_angle_flexion",), HISTORY, HORIZON, 100.0)
    parts = [
        Series(Span(p, 0, len(data[f"{p}_targets"])), data[f"{p}_features"], data[f"{p}_targets"])
        for p in ("train", "validation")
    ]
    training = {"max_epochs": epochs, "patience": epochs, "stride": STRIDE, "batch": BATCH}
    made, _ = fit("bilstm", signature, parts[:1], parts[1:], training=training, seed=seed)
    scaled = made.feature_scaler.apply(data["test_x"]).astype(np.float32)
    with torch.inference_mode():
        forecast = made.forecaster(torch.from_numpy(scaled))[..., 0].numpy()
    return made.target_scaler.invert(forecast[..., None])[..., 0]


SIDES = {"keras": keras_side, "gaitcast": gaitcast_side}


def work(side: str, path: str, seed: int, epochs: int) -> None:
    """One fit in a process of its own: seconds of `epochs` beyond the first, and the test error."""
    with np.load(path, allow_pickle=False) as stored:
        data = dict(stored)
    begun = time.perf_counter()
    SIDES[side](data, seed, 1)
    once = time.perf_counter() - begun
    begun = time.perf_counter()
    forecast = SIDES[side](data, seed, 1 + epochs)
    seconds = time.perf_counter() - begun - once
    error = np.abs(forecast - data["test_y"][..., 0]).mean() * float(data["deg"][0])
    print(json.dumps({"seconds": seconds, "mae": float(error)}))


def side_by_side(side: str, python: str, path: Path, seeds: list[int], epochs: int) -> list[dict]:
    """Two fits at a time, one thread each."""
    one = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3"}
    results = []
    for start in range(0, len(seeds), 2):
        running = [
            subprocess.Popen(
                [python, __file__, "--side", side, str(path), str(seed), str(epochs)],
                env={**os.environ, **one},
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                text=True,
            )
            for seed in seeds[start : start + 2]
        ]
        for process in running:
            out, _ = process.communicate()
            if process.returncode:
                sys.exit(f"{side}: the fit failed; does {python} have what it needs?")
            results.append(json.loads(out.splitlines()[-1]))
    return results


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--side", nargs=4, metavar=("SIDE", "DATA", "SEED", "EPOCHS"))
    parser.add_argument("--keras-python", default=sys.executable)
    parser.add_argument("--epochs", type=int, default=3)
    parser.add_argument("--seeds", type=int, default=2)
    given = parser.parse_args()
    if given.side:
        side, data, seed, epochs = given.side
        work(side, data, int(seed), int(epochs))
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "windows.npz"
        what, seeds = write_windows(path), list(range(given.seeds))
        with np.load(path) as stored:
            count = len(stored["train_x"])
        speed = {}
        print(f"{count} windows of {what}, {given.epochs} epochs after the first")
        for side, python in (("keras", given.keras_python), ("gaitcast", sys.executable)):
            results = side_by_side(side, python, path, seeds, given.epochs)
            each = [count * given.epochs / r["seconds"] for r in results]
            speed[side] = 2 * float(np.mean(each))
            errors = ", ".join(f"{r['mae']:.3f}" for r in results)
            print(f"{side}: {speed[side]:.0f} windows/s in two fits; test MAE {errors} deg")
    print(
        f"gaitcast / Keras: {speed['gaitcast'] / speed['keras']:.2f} (>= 2.5 where bf16 is native)"
    )


if __name__ == "__main__":
    main()
