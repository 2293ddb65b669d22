"""Draw docs/figures/new-wearer.png: forecasts for a new wearer beside the last gait cycle repeated.

Six real people (`ankle6-encoder`, see the README), LOG25 tested and the other five trained on.
Argument: the folder of the recordings. The fit takes some minutes and is kept in `runs`.
"""

import sys
from pathlib import Path
from typing import Any

import matplotlib.pyplot as plt
import numpy as np

import gaitcast as gc

HERE = Path(__file__).parent
ANGLE, WEARER = "ipsi_ankle_angle_flexion", "LOG25"
SHOWN_S, FAN_EVERY_S = 4.3, 0.6
COLORS = {"last gait cycle repeated": "tab:orange", "wearer-adaptive": "tab:blue"}

cohort = gc.load("ankle6-encoder", sys.argv[1])
walk = cohort[WEARER]
others = cohort.without(WEARER)


def forecasts(name: str, **settings: Any) -> gc.Forecasts:
    """Of a pipeline that was trained on the other five people."""
    folder = Path("runs/figure-new-wearer") / name
    if not folder.exists():
        pipe = gc.Pipeline(
            targets=[ANGLE], history_ms=2000, horizon_ms=500, max_gap_s=0.1, model=name, **settings
        )
        pipe.fit(others).save(folder)
    return gc.Pipeline.load(folder).predict(walk)


made = {
    "last gait cycle repeated": forecasts("last-cycle", inputs=[ANGLE]),
    "wearer-adaptive": forecasts(
        "wearer-adaptive",
        inputs=["*_acc_*", "*_gyr_*", ANGLE],
        augment=gc.Augmentation(copies=3, rotation_deg=10, gain=0.05, bias=0.03, time_warp=0.15),
    ),
}
measured = walk.column(ANGLE)
ahead_s = made["wearer-adaptive"].ahead_ms / 1000
time_s = made["wearer-adaptive"].time_s
time_s = time_s[time_s + ahead_s[-1] <= walk.time_s[-1]]
truth = np.interp(time_s[:, None] + ahead_s, walk.time_s, measured)
errors = {
    name: np.abs(one.values[np.isin(one.time_s, time_s), :, 0] - truth)
    for name, one in made.items()
}

# The segment that is most like the whole recording: both errors near their means.
rows = round(SHOWN_S * 100)
starts = np.arange(0, len(time_s) - rows, 20)
usual = sum(
    np.abs(np.log([error[start : start + rows].mean() / error.mean() for start in starts]))
    for error in errors.values()
)
begin_s = time_s[starts[np.argmin(usual)]]

figure, (trace, curve) = plt.subplots(
    1, 2, figsize=(11, 3.6), width_ratios=(3, 1), layout="constrained"
)
shown = (walk.time_s >= begin_s) & (walk.time_s <= begin_s + SHOWN_S)
trace.plot(walk.time_s[shown] - begin_s, measured[shown], color="black", lw=2.5, label="measured")
for name, one in made.items():
    label = f"{name}: {errors[name].mean():.2f} deg"
    for at_s in np.arange(begin_s + 0.1, begin_s + SHOWN_S - 0.5, FAN_EVERY_S):
        row = np.searchsorted(one.time_s, at_s)
        from_s = one.time_s[row] - begin_s
        trace.plot(from_s + ahead_s, one.values[row, :, 0], color=COLORS[name], lw=1.6, label=label)
        trace.axvline(from_s, color="0.85", lw=0.8, zorder=0)
        label = None
    curve.plot(one.ahead_ms, errors[name].mean(axis=0), color=COLORS[name], lw=2)
trace.set(xlabel="time (s)", ylabel="ankle dorsiflexion (deg)")
trace.set_title("the next 500 ms, forecast at each grey line, on a new person", fontsize=10)
trace.margins(y=0.22)
trace.legend(fontsize=8, loc="upper left", ncols=3)
curve.set(xlabel="ahead (ms)", ylabel="mean absolute error (deg)", ylim=(0, None))
curve.set_title("whole recording", fontsize=10)
figure.savefig(HERE / "new-wearer.png", dpi=110)
