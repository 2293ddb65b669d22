"""New people are covered as promised, on whole studies."""

import pytest

from gaitcast.study import Study, Workspace, results_table, run_study
from gaitcast.study.intervals import study_intervals

ANGLE = "right_ankle_angle_flexion"


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    text = {
        "name": "cover", "title": "Coverage", "seeds": [0],
        "data": {"dataset": "simulated", "options": {"subjects": 16, "minutes": 0.3, "seed": 4}},
        "task": {"name": "ankle", "targets": [ANGLE], "history_ms": 400, "horizons_ms": [200]},
        "inputs": {"angle": [ANGLE], "imu": ["right_foot_[ag]*", "right_shank_*"]},
        "models": [
            {"model": "ridge", "inputs": ["imu"], "options": {"every": 10}},
            {"model": "persistence", "inputs": ["angle"]},
        ],
        "splits": [{"name": "loso", "kind": "leave-one-subject-out"}],
    }  # fmt: skip
    made = Workspace(Study.model_validate(text), None, tmp_path_factory.mktemp("cover"))
    return made, run_study(made)


def test_nine_in_ten_values_of_new_people_are_inside(study):
    made, fits = study
    table = results_table(made, fits)
    covered = table[table["metric"] == "coverage"].groupby("model")["value"]
    assert covered.count().to_dict() == {"persistence": 16, "ridge": 16}
    assert covered.mean().between(87, 93).all()


def test_intervals_widen_with_the_horizon_and_are_told_by_phase(study):
    made, fits = study
    for found in study_intervals(made, fits):
        if found.job.model == "persistence":
            assert found.margin[-1] > found.margin[0] > 0
        assert len(found.phase_coverage) == 20
        assert ((found.coverage >= 0) & (found.coverage <= 1)).all()
