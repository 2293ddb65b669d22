"""Draw docs/figures/simulated-cohort.png: simulated people against published curves."""

from itertools import pairwise
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from gaitcast.recording import Recording
from gaitcast.simulate import simulate

HERE = Path(__file__).parent
NORM = HERE.parents[1] / "tests" / "simulate" / "schwartz2008_free.csv"
CYCLE = np.linspace(0, 100, 51)
cohort = simulate(40, 0.75, 11)


def mean_curve(trial: Recording, channel: str) -> np.ndarray:
    """Mean over the strides of the right leg near the preferred speed."""
    wanted = cohort.subjects[trial.subject]["speed_m_s"]
    steps = trial.truth.steps
    speed = dict(zip(steps["heel_strike_s"], steps["speed_m_s"], strict=True))
    values = trial.truth.column(channel)
    strides = [
        np.interp(a + CYCLE / 100 * (b - a), trial.time_s, values)
        for a, b in pairwise(trial.events["right_heel_strike"])
        if abs(speed.get(a, 0) / wanted - 1) < 0.12
    ]
    return np.mean(strides, axis=0)


figure, axes = plt.subplots(2, 3, figsize=(11, 6), layout="constrained")
norm = pd.read_csv(NORM)
for axis, joint in zip(axes[0], ("hip", "knee", "ankle"), strict=True):
    mean, sd = norm[f"{joint}_mean"], norm[f"{joint}_sd"]
    axis.fill_between(
        CYCLE, mean - 2 * sd, mean + 2 * sd, color="0.85", label="Schwartz 2008 ± 2 SD"
    )
    curves = [mean_curve(trial, f"right_{joint}_angle_flexion") for trial in cohort]
    axis.plot(CYCLE, np.transpose(curves), color="tab:blue", lw=0.4, alpha=0.6)
    axis.plot(CYCLE, np.mean(curves, axis=0), color="tab:blue", lw=2, label="40 simulated people")
    axis.set(title=f"{joint} flexion", ylabel="deg", xlabel="% of stride")
axes[0, 0].legend(fontsize=8)

names = {"z": "up", "x": "forward", "y": "to the left"}
colors = {"z": "tab:green", "x": "tab:orange", "y": "tab:red"}
for letter, name in names.items():
    curves = [
        mean_curve(trial, f"right_plate_force_{letter}")
        / (9.80665 * cohort.subjects[trial.subject]["mass_kg"])
        for trial in cohort
    ]
    axes[1, 0].plot(CYCLE, np.transpose(curves), color=colors[letter], lw=0.3, alpha=0.5)
    axes[1, 0].plot(CYCLE, np.mean(curves, axis=0), color=colors[letter], lw=2, label=name)
axes[1, 0].set(title="force on the right foot", ylabel="body weights", xlabel="% of stride")
axes[1, 0].legend(fontsize=8)

for trial in cohort:
    facts = cohort.subjects[trial.subject]
    side = mean_curve(trial, "right_plate_force_y")[7:23].mean() / (9.80665 * facts["mass_kg"])
    axes[1, 1].plot(facts["right_knee_alignment_deg"], side, "o", color="tab:red", ms=4)
axes[1, 1].set(
    title="force to the side, single support", xlabel="varus (deg)", ylabel="body weights"
)

trial = cohort.recordings[0]
angle = trial.truth.column("right_ankle_angle_flexion")
torque = trial.truth.column("right_ankle_moment_flexion")
strikes = trial.events["right_heel_strike"]
for begin, end in list(pairwise(strikes))[3:15]:
    stance = (trial.time_s >= begin) & (trial.time_s < begin + 0.6 * (end - begin))
    early = stance & (trial.time_s < begin + 0.1 * (end - begin))
    axes[1, 2].plot(angle[stance], torque[stance], color="0.7", lw=0.8)
    axes[1, 2].plot(angle[early], torque[early], color="tab:purple", lw=1.2)
axes[1, 2].set(title="ankle (purple: impedance)", xlabel="dorsiflexion (deg)", ylabel="N m/kg")
figure.savefig(HERE / "simulated-cohort.png", dpi=100)
