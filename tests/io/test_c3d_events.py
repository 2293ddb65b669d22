import numpy as np
import pytest

from gaitcast.io import read
from gaitcast.io.c3d_events import event_name
from made_c3d import heels, write_c3d


def events_of(path, labels, times, contexts=None, **more):
    pairs = np.column_stack([np.zeros(len(times)), times]).T
    parameters = {"EVENT:USED": len(labels), "EVENT:LABELS": labels, "EVENT:TIMES": pairs}
    if contexts:
        parameters["EVENT:CONTEXTS"] = contexts
    options = {key: more.pop(key) for key in [*more] if ":" not in key}
    (r,) = read(write_c3d(path / "P1_walk.c3d", heels(), {**parameters, **more}, **options))
    return r


@pytest.mark.parametrize(
    ("label", "context", "name"),
    [
        ("Foot Strike", "Left", "left_heel_strike"), ("Foot Off", "right", "right_toe_off"),
        ("Foot Strike1", "Left", "left_heel_strike"), ("foot off #2", "L", "left_toe_off"),
        ("Left Foot Strike", "", "left_heel_strike"), ("Right Foot Off", "", "right_toe_off"),
        ("LHS", "", "left_heel_strike"), ("RTO2", "", "right_toe_off"),
        ("lfs", "", "left_heel_strike"),
        ("L_HS", "", "left_heel_strike"), ("Left_HeelStrike", "", "left_heel_strike"),
        ("R IC", "", "right_heel_strike"), ("Initial Contact", "Right", "right_heel_strike"),
        ("Heel strike (left)", "", "left_heel_strike"),
        ("right foot strike", "General", "right_heel_strike"),
        ("Toe-off R", "", "right_toe_off"), ("LFO", "", "left_toe_off"), ("Event", "General", ""),
        ("Foot Strike", "General", ""), ("Foot Strike", "", ""), ("Right Foot Strike", "Left", ""),
        ("Heel Off", "Left", ""), ("Left to Right", "", ""), ("LFC", "", ""), ("RON", "", ""),
        ("Left Off", "", ""), ("", "Left", ""),
    ],
)  # fmt: skip
def test_side_and_word_are_found_in_labels_of_all_programs(label, context, name):
    assert event_name(label, context) == name


def test_more_than_255_events_go_on_in_further_parameters(tmp_path):
    times = np.round(np.linspace(0.01, 5.8, 570), 3)
    parts = {"EVENT:USED": 570}
    for part, span in (("", slice(255)), ("2", slice(255, 510)), ("3", slice(510, 570))):
        count = len(times[span])
        parts[f"EVENT:LABELS{part}"] = ["Foot Strike"] * count
        # The first contexts are fewer than the labels: those of the second part stay their own.
        parts[f"EVENT:CONTEXTS{part}"] = ["Left"] * (count if part else 250)
        parts[f"EVENT:TIMES{part}"] = np.column_stack([np.zeros(count), times[span]]).T
    (r,) = read(write_c3d(tmp_path / "P1.c3d", heels(600), parts))
    np.testing.assert_allclose(
        r.events["left_heel_strike"], np.delete(times, range(250, 255)), atol=1e-6
    )
    assert any("'Foot Strike' (5 times) not read" in note for note in r.notes)


def test_events_of_the_header_are_read(tmp_path):
    events = [("LFS", 0.1), ("LFO", 0.4), ("RHS", 0.35), ("RTO", 0.2), ("ABCD", 0.3)]
    path = write_c3d(
        tmp_path / "P1.c3d", heels(), header_events=events, header_flags=[1, 0, 1, 0, 1]
    )
    (r,) = read(path)
    found = {name: times.round(3).tolist() for name, times in r.events.items()}
    assert found == {
        "left_heel_strike": [0.1], "left_toe_off": [0.4], "right_heel_strike": [0.35],
        "right_toe_off": [0.2],
    }  # fmt: skip
    assert any("'ABCD' not read" in note for note in r.notes)


def test_the_group_outranks_the_header_and_what_only_the_header_has_is_said(tmp_path):
    r = events_of(tmp_path, ["LHS"], [0.1], header_events=[("LHS", 0.1), ("RHS", 0.5)])
    assert {name: len(times) for name, times in r.events.items()} == {"left_heel_strike": 1}
    assert any("1 events of the header ('RHS') not read" in note for note in r.notes)


def test_what_lies_beyond_used_is_left_over(tmp_path):
    r = events_of(tmp_path, ["LHS", "LHS", "RHS"], [0.1, 0.4, 0.5], **{"EVENT:USED": 1})
    assert {k: v.round(3).tolist() for k, v in r.events.items()} == {"left_heel_strike": [0.1]}
    assert any("2 events beyond EVENT:USED (1) not read" in note for note in r.notes)
    r = events_of(tmp_path, ["LHS", "", ""], [0.1, 0.0, 0.0], **{"EVENT:USED": 1})
    assert not any("EVENT" in note for note in r.notes)
    r = events_of(tmp_path, ["LHS"], [0.1], **{"EVENT:USED": 3})
    assert any("warning: 2 events of the file have no time" in note for note in r.notes)


def test_events_outside_the_trial_are_warned_of_and_never_shifted(tmp_path):
    r = events_of(tmp_path, ["LHS", "RHS", "LTO"], [0.1, 5.0, 60.0])
    assert {k: len(v) for k, v in r.events.items()} == {"left_heel_strike": 1}
    assert any("warning: 2 of 3 events lie outside the trial" in note for note in r.notes)


def test_where_times_may_count_from_the_cut_none_is_used(tmp_path):
    """0.2 s is before the trial, so 0.35 s, which is inside, is as likely to be wrong."""
    r = events_of(tmp_path, ["LHS", "RHS"], [0.2, 0.35], first=31)
    assert r.time_s[0] == pytest.approx(0.3)
    assert not r.events
    assert any("warning: 1 of 2" in n and "none is used" in n for n in r.notes)
    r = events_of(tmp_path, ["LHS", "RHS"], [0.2, 0.85], first=31)  # 0.85 + 0.3 is past the end
    assert [*r.events] == ["right_heel_strike"]


def test_minutes_count(tmp_path):
    times = np.array([[1.0], [0.2]])
    parameters = {"EVENT:USED": 1, "EVENT:LABELS": ["LHS"], "EVENT:TIMES": times}
    (r,) = read(write_c3d(tmp_path / "P1.c3d", heels(), parameters, first=6001))
    assert r.events["left_heel_strike"] == pytest.approx([60.2])
