"""The page about a bundle that a person reads."""

from dataclasses import replace

import yaml

from gaitcast.deploy.model_card import model_card
from gaitcast.runtime import Card

CARD = Card(
    name="ankle",
    channels=("right_foot_gyr_x", "right_ankle_angle_flexion"),
    units=("deg/s", "deg"),
    targets=("right_ankle_angle_flexion",),
    target_units=("deg",),
    rate_hz=100.0,
    raw_hz=200.0,
    resample=True,
    max_gap_s=0.1,
    horizon=20,
    first=1,
    covariates=("mass_kg",),
    measured_ms={"right_ankle_angle_flexion": 0.0},
    warmup=50,
    adapter_delay_s=0.01,
    steps_delay_s=0.02,
    trained_on=("P1", "P2"),
    stopped_by=(),
    adapted_to=(),
    state={},
    graph_sha256="",
    study={
        "study": "zare2025",
        "model": "gru",
        "scores": {"P3": {"right_ankle_angle_flexion": {"mae": 1.25, "rmse": 2.0, "r2": 0.9}}},
    },
    versions={},
    half_width=((1.0,), (3.5,)),
)


def test_it_has_what_a_hub_and_a_reader_look_for():
    _, head, text = model_card(CARD).split("---\n", 2)
    assert yaml.safe_load(head)["library_name"] == "gaitcast"
    for line in (
        "| right_foot_gyr_x | deg/s |",
        "at 200 Hz; the graph runs at 100 Hz",
        "Of the wearer it takes: mass_kg.",
        "`right_ankle_angle_flexion` has to be measured while it is worn",
        "From 10 to 200 ms ahead",
        "what the filters delay is part of that: 30 ms".capitalize(),
        "| P3 | right_ankle_angle_flexion | 1.25 | 2 | 0.90 |",
        "90% of new people's truth is within +-3.5",
        "Trained on 2 participants.",
    ):
        assert line in text, line
    assert "P1" not in text


def test_without_scores_it_says_so():
    assert "no participant was left out" in model_card(replace(CARD, study={}))
