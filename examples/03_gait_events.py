"""Steps of a simulated person from a foot IMU, live, and the ankle's angle at each heel strike."""

import numpy as np

from gaitcast.events import FootImuEvents, LivePhase, compare_events
from gaitcast.simulate import simulate

(walk,) = simulate(subjects=1, minutes=0.5, seed=4)
acc = walk.matrix([f"right_foot_acc_{axis}" for axis in "xyz"])
rate = walk.matrix([f"right_foot_gyr_{axis}" for axis in "xyz"])
ankle = walk.column("right_ankle_angle_flexion")

detector, phase = FootImuEvents(), LivePhase()
strikes = []
for k, time_s in enumerate(walk.time_s):  # one sample at a time, as on a device
    events = detector.process(time_s, acc[k], rate[k])
    phase.add(events)
    strikes += [event for event in events if event.kind == "heel_strike"]
stride, _ = phase.at(walk.time_s[-1])

found_s = np.array([event.time_s for event in strikes])
agreement = compare_events(found_s, walk.events["right_heel_strike"], tolerance_ms=100)
angle_deg = np.interp(found_s, walk.time_s, ankle)
print(f"{len(strikes)} heel strikes, F1 {agreement.f1:.2f} against the simulator's own")
print(f"detected {np.median([event.latency_ms for event in strikes]):.0f} ms after they happened")
print(f"ankle at heel strike: {angle_deg.mean():.1f} deg (SD {angle_deg.std():.1f})")
print(f"now at {100 * stride:.0f} % of the stride")
