"""Against force plates and hand-checked events."""

import numpy as np
from time_base import Foot, marks_on_samples

from gaitcast.datasets import load
from gaitcast.events import (
    Agreement,
    FootImuEvents,
    compare_events,
    force_events,
    imu_events,
    marker_events,
)
from gaitcast.runtime.gait_event import HEEL_STRIKE, TOE_OFF

NOTHING = Agreement(0, 0, 0, np.zeros(0))


def median_ms(found, known, tolerance_ms=150):
    agreement = compare_events(found, known, tolerance_ms=tolerance_ms)
    return float(np.median(np.abs(agreement.errors_ms))), agreement


def test_force_against_the_source_s_events(data):
    (trial,) = load("moore2015-treadmill", data)
    found = force_events(trial)
    for side in ("left", "right"):
        for kind in (HEEL_STRIKE, TOE_OFF):
            error_ms, agreement = median_ms(
                found.events[f"{side}_{kind}"], trial.events[f"{side}_{kind}"]
            )
            assert error_ms < 5
            assert agreement.missed <= 1


def test_imu_and_markers_against_the_plate(data):
    """Fifty right steps of four people; each is cut 0.2 s before heel strike."""
    total = {}
    for trial in load("kam-imu-grf-mocap", data, rate_hz=100.0):
        plate = force_events(trial).events
        for source, find in (("imu", imu_events), ("markers", marker_events)):
            found = find(trial).events
            for kind in (HEEL_STRIKE, TOE_OFF):
                agreement = compare_events(
                    found[f"right_{kind}"], plate[f"right_{kind}"], tolerance_ms=150
                )
                total[source, kind] = total.get((source, kind), NOTHING) + agreement
    for (source, _), agreement in total.items():
        assert agreement.hits >= 48
        assert np.median(np.abs(agreement.errors_ms)) < (15 if source == "imu" else 10)


def test_markers_against_two_plates_overground(data):
    from gaitcast.kinematics import plates_to_feet
    from gaitcast.kinematics.landmarks import landmarks

    strikes, offs = NOTHING, NOTHING
    for trial in load("horst2019-s01", data):
        if "Static" in trial.trial:
            continue
        found = marker_events(trial).events
        for contact in plates_to_feet(trial, landmarks(trial)):
            if contact.warnings:
                continue
            start, stop = trial.time_s[contact.start], trial.time_s[contact.stop]
            for kind, at in ((HEEL_STRIKE, start), (TOE_OFF, stop)):
                near = found[f"{contact.side}_{kind}"]
                agreement = compare_events(
                    near[np.abs(near - at) < 0.15], np.array([at]), tolerance_ms=150
                )
                if kind == HEEL_STRIKE:
                    strikes += agreement
                else:
                    offs += agreement
    assert strikes.hits >= 17
    assert np.median(np.abs(strikes.errors_ms)) < 15
    assert np.median(np.abs(offs.errors_ms)) < 12


#: Feet that lost packets: labels lie after the last sample, or the labelled swings fit the rate of
#: turn only when moved by 0.2 s or more (found without any detector).
LOST_PACKETS = {
    ("1-3", "left"),
    ("1-6", "left"),
    ("1-6", "right"),
    ("2-3", "left"),
    ("3-3", "left"),
    ("3-3", "right"),
    ("3-4", "left"),
    ("3-4", "right"),
    ("3-5", "right"),
    ("3-6", "left"),
    ("3-6", "right"),
    ("4-1", "right"),
    ("4-3", "left"),
    ("4-3", "right"),
    ("4-4", "left"),
    ("4-4", "right"),
    ("5-2", "left"),
    ("5-2", "right"),
    ("5-5", "right"),
    ("5-6", "left"),
    ("5-6", "right"),
    ("6-2", "left"),
    ("6-2", "right"),
    ("6-4", "left"),
    ("6-4", "right"),
    ("6-5", "left"),
    ("6-5", "right"),
    ("6-6", "right"),
}


def test_voisard_s_checked_events(data):
    """All feet, marks put on the samples that arrived; whole trials as stored."""
    loaded = load("voisard-foot-imu", data, rate_hz=100.0)
    settled = {trial.trial: imu_events(trial).events for trial in loaded}
    trials = [(trial, side) for trial in loaded for side in ("left", "right")]
    feet, trusted, found = [], [], []
    for trial, side in trials:
        acc, rate = (trial.matrix([f"{side}_foot_{q}_{a}" for a in "xyz"]) for q in ("acc", "gyr"))
        sizes = np.stack([np.linalg.norm(acc, axis=1), np.linalg.norm(rate, axis=1)], axis=1)
        marks = {k: trial.events[f"{side}_{k}"] for k in (HEEL_STRIKE, TOE_OFF)}
        on_clock = {k: np.round(t * trial.rate_hz).astype(int) for k, t in marks.items()}
        feet.append(Foot(trial.subject, sizes, on_clock))
        trusted.append((trial.trial, side) not in LOST_PACKETS)
        live = FootImuEvents().process(trial.time_s, acc, rate)
        found.append({})
        for k in (HEEL_STRIKE, TOE_OFF):
            found[-1]["offline", k] = settled[trial.trial][f"{side}_{k}"]
            found[-1]["live", k] = np.array([e.time_s for e in live if e.kind == k])
    total = {}
    placed = marks_on_samples(feet, trusted)
    for (trial, side), good, marks, events in zip(trials, trusted, placed, found, strict=True):
        whole = good and not any("packets are missing" in note for note in trial.notes)
        for (mode, kind), times in events.items():
            known = {"all": marks[kind] / trial.rate_hz}
            if whole:
                known["whole"] = trial.events[f"{side}_{kind}"]
            for group, at in known.items():
                agreement = compare_events(times, at, tolerance_ms=100)
                total[group, mode] = total.get((group, mode), NOTHING) + agreement
    # Few marks are said to have been lost with their samples.
    marked = sum(len(times) for foot in feet for times in foot.marks.values())
    assert marked - sum(len(times) for marks in placed for times in marks.values()) < 20
    for group in ("all", "whole"):
        assert total[group, "offline"].f1 >= 0.97
        assert total[group, "live"].f1 >= 0.965
    assert total["all", "offline"].hits > 2300
    assert np.median(np.abs(total["all", "offline"].errors_ms)) < 13
    assert np.median(np.abs(total["all", "live"].errors_ms)) < 17
