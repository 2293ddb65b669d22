"""From recordings to scores on new people, forecasts, and a bundle for a device."""

import gaitcast as gc

cohort = gc.load("simulated", subjects=4, minutes=0.5)
pipe = gc.Pipeline(
    inputs=["*_acc_*", "*_gyr_*"],
    targets=["right_ankle_angle_flexion"],
    history_ms=1000,
    horizon_ms=200,
    steps=[gc.Butterworth(20)],
    model="gru",
    training={"max_epochs": 3, "batches": 8, "segment_ms": 2500},  # quick; omit it for real use
)
scores = gc.cross_validate(pipe, cohort, gc.LeaveOneSubjectOut())
print(f"mean absolute error on new people, deg:\n{scores}")
pipe.fit(cohort.without("S04"))
forecast = pipe.predict(cohort["S04"])
print(f"{forecast.ahead_ms[-1]:.0f} ms after its end: {forecast.values[-1, -1, 0]:.1f} deg")
pipe.export("runs/bundle")
