"""Vertical ground reaction force of a new person from two shank IMUs, at the present instant."""

import matplotlib.pyplot as plt
import numpy as np

import gaitcast as gc
from gaitcast.study.preparation import force_per_mass

FORCE, WEIGHT_N_KG = "right_foot_grf_z", 9.80665
# Forces in N per kilogram of body mass, so that people can learn from each other.
cohort = force_per_mass(gc.load("simulated", subjects=8, minutes=0.5))
pipe = gc.Pipeline(
    inputs=["*_shank_acc_*", "*_shank_gyr_*"],
    targets=[FORCE],
    history_ms=400,
    horizon_ms=0,
    output="last",
    model="gated-tcn",
    training={"max_epochs": 8, "batches": 20, "segment_ms": 3000},  # quick; omit it for real use
)
person = cohort["S08"]
estimate = pipe.fit(cohort.without("S08")).predict(person)
truth = np.interp(estimate.time_s, person.time_s, person.column(FORCE)) / WEIGHT_N_KG
values = estimate.values[:, -1, 0] / WEIGHT_N_KG
error = np.sqrt(np.mean((values - truth) ** 2))
print(f"root mean square error {100 * error:.1f} % of body weight")
print(f"of a constant, its mean: {100 * truth.std():.0f} %")

shown = (estimate.time_s > 10) & (estimate.time_s < 14)
figure, axes = plt.subplots(figsize=(7, 3), layout="constrained")
axes.plot(estimate.time_s[shown], truth[shown], color="black", label="plate")
axes.plot(estimate.time_s[shown], values[shown], label="two shank IMUs")
axes.set(xlabel="time (s)", ylabel="vertical force (body weights)")
axes.legend()
figure.savefig("force.png", dpi=80)
