"""Torque over angle of the ankle in every stance, and its slope in dorsiflexion."""

import matplotlib.pyplot as plt
import numpy as np

import gaitcast as gc
from gaitcast.impedance import quasi_stiffness, stances_of

cohort = gc.load("simulated", subjects=2, minutes=0.5)
masses = {who: float(known["mass_kg"]) for who, known in cohort.subjects.items()}
stances, left_out = stances_of(list(cohort), masses)
table = quasi_stiffness(stances)
print(f"{len(stances)} stances, {len(left_out)} left out (angles in deg, torque per kg)")
print(table.groupby(["subject", "side"])["dorsiflexion_nm_rad_kg"].agg(["mean", "std"]).round(2))

figure, axes = plt.subplots(figsize=(5, 3.5), layout="constrained")
for number, who in enumerate(cohort.people):
    for k in np.flatnonzero(np.array(stances.subject) == who)[:12]:
        count = int(stances.count[k])
        angle = np.degrees(stances.angle_rad[k, :count])
        axes.plot(angle, stances.torque[k, :count], color=f"C{number}", lw=0.8)
    axes.plot([], [], color=f"C{number}", label=who)
axes.set(xlabel="dorsiflexion (deg)", ylabel="plantarflexor torque (N m/kg)")
axes.legend()
figure.savefig("impedance.png", dpi=80)
