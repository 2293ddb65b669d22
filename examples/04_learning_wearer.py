"""A model that learns from its wearer: error over the first minute, beside the last gait cycle."""

import matplotlib.pyplot as plt
import numpy as np

import gaitcast as gc

ANGLE = "right_ankle_angle_flexion"
cohort = gc.load("simulated", subjects=3, minutes=1.0)
wearer = cohort["S03"]


def error_over_time(model: str, inputs: list[str]) -> tuple[np.ndarray, np.ndarray]:
    """Mean absolute error of all steps ahead, for each instant of a person who trained nothing."""
    pipe = gc.Pipeline(inputs=inputs, targets=[ANGLE], history_ms=2000, horizon_ms=300, model=model)
    made = pipe.fit(cohort.without("S03")).predict(wearer)
    meant_s = made.time_s[:, None] + made.ahead_ms / 1000
    known = meant_s[:, -1] <= wearer.time_s[-1]
    truth = np.interp(meant_s[known], wearer.time_s, wearer.column(ANGLE))
    return made.time_s[known], np.abs(made.values[known, :, 0] - truth).mean(axis=1)


figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
for model, inputs in (
    ("last-cycle", [ANGLE]),
    ("wearer-memory", ["right_foot_*", "right_shank_*", ANGLE]),
):
    time_s, error = error_over_time(model, inputs)
    every_s = np.arange(5, 60, 5)
    mean = [error[(time_s >= end - 5) & (time_s < end)].mean() for end in every_s]
    axes.plot(every_s, mean, "o-", label=model)
    print(f"{model}: {error.mean():.2f} deg")
axes.set(xlabel="worn for (s)", ylabel="error up to 300 ms ahead (deg)", ylim=(0, None))
axes.legend()
figure.savefig("learning-wearer.png", dpi=80)
