"""What is up, and which way a person walks: the body against what files and plates state."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gaitcast.recording import Recording
from gaitcast.signal.body_check import check_axes
from gaitcast.signal.lab_frame import lab_vectors, nearest_axis, turn, upright_axes
from gaitcast.signal.plate_corners import Surface, laboratory_frame

T = np.arange(120) / 100
#: Label -> place on the body, m: forward, to the left, up.
BODY = {
    "ASI": (0.10, 0.13, 1.00), "PSI": (-0.10, 0.05, 1.02), "KNE": (0.03, 0.18, 0.52),
    "ANK": (0.0, 0.14, 0.10), "HEE": (-0.08, 0.10, 0.04), "TOE": (0.14, 0.12, 0.03),
}  # fmt: skip
QUARTERS = [
    np.array([s * np.eye(3)[k] for s, k in zip(signs, order, strict=True)])
    for order in itertools.permutations(range(3))
    for signs in itertools.product((1, -1), repeat=3)
]
TURNS = [axes for axes in QUARTERS if np.linalg.det(axes) > 0]


def walker(speed_m_s=1.2, labels=tuple(BODY), lean_deg=0.0):
    """Markers of a person who walks towards +x, z up; the legs swing in turn."""
    names, columns = [], []
    for label in labels:
        for side, sign in (("left", 1), ("right", -1)):
            x, y, z = BODY[label]
            swing = 0.25 * (1 - z) * np.sin(2 * np.pi * T) * sign
            lift = 0.08 * (1 - z) * np.maximum(0, np.cos(2 * np.pi * T) * sign)
            place = [x + speed_m_s * T + swing, np.full(len(T), sign * y), z + lift]
            names += [f"{side}_{side[0].upper()}{label}_marker_{a}" for a in "xyz"]
            columns += place
    trial = Recording("P", "walk", 100.0, T, np.column_stack(columns), tuple(names))
    lean = np.radians(lean_deg)
    c, s = np.cos(lean), np.sin(lean)
    return turn(trial, np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]))


def standing():
    still = walker(speed_m_s=0.0)
    return replace(still, samples=np.repeat(still.samples[:1], len(T), axis=0))


def shifted(recording, by):
    moved = recording.samples.copy()
    for triple in lab_vectors(recording.channels):
        at = [recording.channels.index(name) for name in triple]
        moved[:, at] += by
    return replace(recording, samples=moved)


def with_plate(recording, force, centre=(0.4, 0.1, 0.0)):
    loaded = np.zeros((len(T), 6))
    loaded[30:80] = [*force, *centre]
    loaded[:30, 3:] = loaded[80:, 3:] = np.nan
    names = tuple(f"center_plate1_{q}_{a}" for q in ("force", "pos") for a in "xyz")
    samples = np.hstack([recording.samples, loaded])
    return replace(recording, samples=samples, channels=recording.channels + names)


def test_there_are_24_quarter_turns():
    assert len(TURNS) == 24


@settings(deadline=None, max_examples=80)
@given(
    axes=st.sampled_from(TURNS),
    speed=st.sampled_from([0.0, 0.6, 1.4]),
    lean_deg=st.floats(-20, 20),
)
def test_a_walk_in_any_laboratory_comes_out_upright_and_forward(axes, speed, lean_deg):
    """Overground and on a treadmill, upright, crouched or climbing; the labels are enough."""
    walk = walker(speed, lean_deg=lean_deg)
    found = laboratory_frame(turn(walk, axes), {})
    np.testing.assert_allclose(found.samples, walk.samples, atol=1e-9)
    upright = check_axes(turn(walk, axes))
    pelvis, heel = (upright.column(f"left_L{w}_marker_z").mean() for w in ("ASI", "HEE"))
    assert pelvis - heel > 0.7
    assert any(note.startswith("warning:") for note in upright.notes) == bool(
        (axes != np.eye(3)).any()
    )


def test_a_recording_that_is_right_is_not_touched():
    walk = walker()
    assert check_axes(walk) is walk
    assert laboratory_frame(walk, {}) is walk
    assert check_axes(standing()).notes == ()


def test_a_few_markers_are_enough():
    walk = walker(labels=("KNE", "HEE"))
    found = check_axes(turn(walk, upright_axes(np.array([0.0, 1.0, 0.0])).T))
    np.testing.assert_allclose(
        found.column("left_LKNE_marker_z"), walk.column("left_LKNE_marker_z")
    )


def test_a_person_who_lies_stays_lying():
    """On the floor of the laboratory, away from its origin, heads along x."""
    down = turn(standing(), np.array([[0.0, 0, 1], [0, 1, 0], [-1, 0, 0]]))
    lying = shifted(down, [1.5, 0.3, 0.1])
    found = check_axes(lying)
    np.testing.assert_array_equal(found.samples, lying.samples)
    assert found.notes[0].startswith("assumed: the person lies along x")
    again = laboratory_frame(lying, {})
    assert abs(np.ptp(again.matrix([c for c in again.channels if c.endswith("z")]))) < 0.4


def test_a_static_trial_is_turned_where_the_feet_stand_on_the_floor():
    tilted = turn(shifted(standing(), [2.0, 1.0, 0.0]), upright_axes(np.array([0.0, 1, 0])).T)
    found = check_axes(tilted)
    assert found.column("left_LASI_marker_z")[0] == pytest.approx(1.0)


def test_too_little_of_a_body_says_nothing():
    walk = turn(walker(labels=("TOE",)), TURNS[5])
    np.testing.assert_array_equal(check_axes(walk).samples, walk.samples)
    bent = walker(lean_deg=44)
    np.testing.assert_array_equal(check_axes(bent).samples, bent.samples)


@pytest.mark.parametrize("up", [(0, 1, 0), (0, -1, 0), (1, 0, 0), (-1, 0, 0)])
def test_forces_alone_show_what_is_up(up):
    """A .mot with z up has no body, but 700 N along another axis than the stated one."""
    up = np.array(up, dtype=float)
    empty = Recording("P", "t", 100.0, T, np.zeros((len(T), 0)), ())
    found = check_axes(turn(with_plate(empty, (30, -20, 700)), upright_axes(up).T))
    assert found.column("center_plate1_force_z").max() == pytest.approx(700)
    word = ("-" if up.sum() < 0 else "+") + "xyz"[int(np.abs(up).argmax())]
    assert found.notes[0].startswith(f"warning: {word} is up (the force under load)")


def test_merged_files_with_different_axes_are_turned_apart():
    walk = with_plate(walker(), (0, 0, 700))
    side = upright_axes(np.array([0.0, -1.0, 0.0])).T
    plates = [t for t in lab_vectors(walk.channels) if "plate" in t[0]]
    markers = [t for t in lab_vectors(walk.channels) if "marker" in t[0]]
    for wrong, who in ((plates, "forces"), (markers, "markers")):
        found = check_axes(turn(walk, side, wrong))
        np.testing.assert_allclose(found.samples, walk.samples, atol=1e-9)
        assert f"the {who} alone" in found.notes[0]
    both = check_axes(turn(walk, side))
    np.testing.assert_allclose(both.samples, walk.samples, atol=1e-9)


def test_a_person_who_walks_elsewhere_is_a_warning():
    aside = turn(walker(), np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]]))
    (note,) = check_axes(aside).notes
    assert note == "warning: x is forward, but the person walks towards +y"
    assert check_axes(check_axes(aside)).notes == (note,)


def test_walking_backwards_is_said():
    back = walker(speed_m_s=-1.0)
    assert any("backwards" in note for note in laboratory_frame(back, {}).notes)


def test_the_knees_show_the_front_where_the_feet_do_not():
    walk = walker(0.0, ("ASI", "KNE", "ANK"))
    bent = walk.samples.copy()
    for side in ("left_L", "right_R"):
        bent[:, walk.channels.index(f"{side}KNE_marker_x")] += 0.1
    walk = replace(walk, samples=bent)
    found = laboratory_frame(turn(walk, np.array([[0.0, -1, 0], [1, 0, 0], [0, 0, 1]])), {})
    np.testing.assert_allclose(found.samples, walk.samples, atol=1e-9)


def test_no_axis_is_near_to_nothing():
    for vector in (np.zeros(3), np.array([np.nan, 0, 1])):
        with pytest.raises(ValueError, match="no axis"):
            nearest_axis(vector)


# ---- plates


def surface(up=(0, 0, 1), x=(1, 0, 0)):
    z = -np.array(up, dtype=float)
    x = np.array(x, dtype=float)
    return Surface(np.column_stack([x, np.cross(z, x), z]), np.array([0.4, 0.0, 0.0]))


@pytest.mark.parametrize("about", ["x", "y", "xy", "yx"])
def test_a_plate_listed_the_other_way_round_pushes_up_all_the_same(about):
    """The corners in any mirrored order; the centre of pressure is under the left foot."""
    walk = with_plate(walker(), (60, -20, 700), (0.45, 0.12, 0.0))
    right = surface()
    x, y = right.axes[:, 0], right.axes[:, 1]
    line = {"x": x, "y": y, "xy": x + y, "yx": x - y}[about]
    half = 2 * np.outer(line, line) / (line @ line) - np.eye(3)
    wrong = Surface(half @ right.axes, right.centre_m)
    plates = [t for t in lab_vectors(walk.channels) if "plate" in t[0]]
    read = walk.samples.copy()
    for triple in plates:
        at = [walk.channels.index(name) for name in triple]
        centre = right.centre_m if "pos" in triple[0] else 0.0
        read[:, at] = (read[:, at] - centre) @ half.T + centre
    found = laboratory_frame(replace(walk, samples=read), {1: wrong})
    np.testing.assert_allclose(found.samples, walk.samples, atol=1e-9)
    assert found.notes == (
        "warning: the corners of plate 1 run the other way round: read in reverse",
    )


def test_opposed_plates_never_give_a_zero_axis():
    """Without a known label the markers are above the ground."""
    names = tuple(f"center_M1_marker_{a}" for a in "xyz")
    cloud = Recording("P", "t", 100.0, T, np.tile([0.0, 0.0, 0.9], (len(T), 1)), names)
    for up in ((0, 0, 1), (0, 0, -1)):
        found = laboratory_frame(cloud, {1: surface(), 2: surface((0, 0, -1))})
        assert found.column("center_M1_marker_z")[0] == pytest.approx(0.9), up
        assert "corners of plate 2" in " ".join(found.notes)


def test_the_body_outranks_plates_in_other_axes():
    walk = with_plate(walker(), (0, 700, 0), (0.4, 0.0, -0.1))
    found = laboratory_frame(walk, {1: surface((0, 1, 0))})
    assert found.column("left_LASI_marker_z").mean() == pytest.approx(1.0, abs=0.05)
    assert found.column("center_plate1_force_z").max() == pytest.approx(700)
    assert any(n.startswith("warning: plate 1 has +y up by its corners") for n in found.notes)


def test_a_stated_screen_is_outranked_with_a_warning():
    found = laboratory_frame(walker(), {}, np.array([0.0, 1, 0]), "POINT:Y_SCREEN")
    assert found.column("left_LASI_marker_z").mean() == pytest.approx(1.0, abs=0.05)
    assert "not +y (POINT:Y_SCREEN)" in found.notes[0]
