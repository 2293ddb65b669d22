"""Make `examples/ankle-bundle`: ankle angle to 300 ms ahead, of eight simulated people."""

from pathlib import Path

import gaitcast as gc

ANGLE = "right_ankle_angle_flexion"
pipe = gc.Pipeline(
    inputs=["right_foot_[ag]*", "right_shank_[ag]*", ANGLE],
    targets=[ANGLE],
    history_ms=2000,
    horizon_ms=300,
    model="wearer-memory",
)
pipe.fit(gc.load("simulated", subjects=8, minutes=1.0))
pipe.export(Path(__file__).parent / "ankle-bundle")
