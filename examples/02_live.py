"""A bundle made and fed sample by sample; the state goes through a file in between."""

import tempfile
from pathlib import Path

import numpy as np

import gaitcast as gc

cohort = gc.load("simulated", subjects=2, minutes=0.3)
newcomer = cohort["S02"]
pipe = gc.Pipeline(
    inputs=["*_acc_*", "*_gyr_*"],
    targets=["right_ankle_angle_flexion"],
    history_ms=1000,
    horizon_ms=200,
    steps=[gc.Butterworth(20), gc.ComplementaryTilt()],
    model="knn",
)
pipe.fit(cohort.without("S02"))

with tempfile.TemporaryDirectory() as folder:
    bundle = gc.Bundle.load(pipe.export(Path(folder) / "knn"))
    state = Path(folder) / "state.npz"
    engine, forecasts = gc.Engine(bundle), []
    raw = newcomer.matrix(bundle.card.channels)  # samples at the raw rate, in the card's order
    for number, (time_s, sample) in enumerate(zip(newcomer.time_s, raw, strict=True)):
        if number == 700:  # a restart of the device
            engine.save_state(state)
            engine = gc.Engine(bundle)
            engine.load_state(state)
        forecasts += engine.push(time_s, sample)

live = np.array([forecast.values for forecast in forecasts])
offline = pipe.predict(newcomer)
print(f"live and offline differ by {np.abs(live - offline.values).max():.1e} deg at most")

meant_s = offline.time_s + offline.ahead_ms[-1] / 1000  # the instant that the last step is about
known = meant_s <= newcomer.time_s[-1]
angle = np.interp(meant_s[known], newcomer.time_s, newcomer.column(pipe.targets[0]))
error = np.abs(live[known, -1, 0] - angle).mean()
ahead_ms = 1000 * bundle.card.ahead_s[-1]  # in real time: less the delay of a low-pass
print(f"{known.sum()} forecasts of a newcomer, {ahead_ms:.0f} ms ahead: {error:.2f} deg")
