"""A study of seconds on simulated people, for the tests of what works on studies."""

from gaitcast.study import Study, Workspace

STUDY = {
    "name": "tiny",
    "title": "A tiny study",
    "seeds": [0, 1],
    "data": {"dataset": "simulated", "options": {"subjects": 3, "minutes": 0.2, "seed": 3}},
    "task": {
        "name": "ankle",
        "targets": ["right_ankle_angle_flexion"],
        "history_ms": 500,
        "horizons_ms": [100],
    },
    "inputs": {"angle": ["right_ankle_angle_flexion"], "imu": ["right_foot_[ag]*"]},
    "steps": {
        "none": [],
        "tilt": [{"step": "complementary_tilt"}],
        "offline": [{"step": "offline_butterworth", "cutoff_hz": 5}],
    },
    "models": [
        {"model": "persistence", "inputs": ["angle"]},
        {"model": "ridge", "inputs": ["imu"], "steps": ["none", "offline"]},
        {
            "model": "gru",
            "inputs": ["imu"],
            "steps": ["tilt"],
            "options": {"units": 4},
            "training": {"max_epochs": 1, "batches": 2, "segment_ms": 800, "burn_in_ms": 100},
        },
    ],
    "splits": [{"name": "loso", "kind": "leave-one-subject-out"}],
    "published": [
        {
            "split": "loso", "model": "gru", "inputs": "imu", "steps": "tilt",
            "horizon_ms": 100, "metric": "mae", "value": 1.5,
        }
    ],
    "export": {
        "split": "loso", "fold": "S02", "horizon_ms": 100,
        "models": [{"model": "gru", "inputs": "imu", "steps": "tilt"}],
    },
}  # fmt: skip


def workspace(out, **change):
    return Workspace(Study.model_validate({**STUDY, **change}), None, out)
