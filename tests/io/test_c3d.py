import random
import struct

import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import read
from gaitcast.io.c3d_file import read_file
from gaitcast.io.force_plates import Plate

ezc3d = pytest.importorskip("ezc3d")


@pytest.fixture
def samples(data):
    return data / "c3d-samples"


@pytest.fixture(scope="module")
def trial(tmp_path_factory):
    """A small walk along -y with one plate of type 2, made with ezc3d."""
    path = tmp_path_factory.mktemp("c3d") / "P7_walk.c3d"
    frames, per_frame = 200, 10
    c3d = ezc3d.c3d()
    c3d["parameters"]["POINT"]["RATE"]["value"] = [100.0]
    c3d["parameters"]["POINT"]["UNITS"]["value"] = ["mm"]
    c3d["parameters"]["POINT"]["LABELS"]["value"] = ["LHEE", "LTOE", "LKneeAngles", "*3"]
    ahead = np.linspace(0, -2000, frames)
    points = np.zeros((4, 4, frames))
    points[:3, 0] = [np.full(frames, 50.0), ahead, np.full(frames, 30.0)]
    points[:3, 1] = [np.full(frames, 60.0), ahead - 200, np.full(frames, 20.0)]
    points[:3, 2] = [np.full(frames, 20.0), np.zeros(frames), np.full(frames, -5.0)]
    points[:3, 3] = 1.0
    points[:3, 1, 50:60] = 0.0
    c3d["data"]["points"] = points
    c3d["parameters"]["ANALOG"]["RATE"]["value"] = [1000.0]
    c3d["parameters"]["ANALOG"]["LABELS"]["value"] = ["Fx", "Fy", "Fz", "Mx", "My", "Mz"]
    c3d["parameters"]["ANALOG"]["UNITS"]["value"] = ["N"] * 3 + ["Nmm"] * 3
    time_s = np.arange(frames * per_frame) / 1000
    # 700 N straight down at 100 mm along the plate's x, and a 430 Hz hum that must not fold.
    load = np.where((time_s > 0.5) & (time_s < 1.5), 700.0, 0.0)
    analog = np.zeros((1, 6, len(time_s)))
    analog[0, 2] = -load + 50 * np.sin(2 * np.pi * 430 * time_s) * (load > 0)
    analog[0, 4] = 100.0 * load
    c3d["data"]["analogs"] = analog
    c3d.add_parameter("FORCE_PLATFORM", "USED", [1])
    c3d.add_parameter("FORCE_PLATFORM", "TYPE", [2])
    c3d.add_parameter("FORCE_PLATFORM", "CHANNEL", np.arange(1.0, 7.0).reshape(6, 1))
    corners = np.array([[300, -800, 0], [-300, -800, 0], [-300, -1200, 0], [300, -1200, 0.0]])
    # z of the plate points into the ground, so its x and y are turned against each other.
    c3d.add_parameter("FORCE_PLATFORM", "CORNERS", corners[[1, 0, 3, 2]].T[:, :, None])
    c3d.add_parameter("FORCE_PLATFORM", "ORIGIN", np.array([[0.0], [0.0], [-40.0]]))
    c3d.add_parameter("EVENT", "USED", [2])
    c3d.add_parameter("EVENT", "CONTEXTS", ["Left", "Left"])
    c3d.add_parameter("EVENT", "LABELS", ["Foot Strike", "Foot Off"])
    c3d.add_parameter("EVENT", "TIMES", np.array([[0.0, 0.0], [0.5, 1.5]]))
    c3d.write(str(path))
    return path


def test_a_trial_comes_in_our_units_and_axes(trial):
    (r,) = read(trial)
    assert (r.subject, r.trial, r.rate_hz, len(r)) == ("P7", "P7_walk", 100.0, 200)
    assert r.column("left_LHEE_marker_x")[[0, -1]] == pytest.approx([0.0, 2.0])
    assert r.column("left_LHEE_marker_y")[0] == pytest.approx(0.05)
    assert r.column("left_knee_angle_flexion")[0] == 20.0
    assert r.events["left_heel_strike"].tolist() == [0.5]
    assert np.flatnonzero(np.isnan(r.column("left_LTOE_marker_z"))).tolist() == [*range(50, 60)]
    assert any("'*3' not read" in note for note in r.notes)
    assert any("towards -y" in note for note in r.notes)


def test_the_plate_pushes_up_where_it_was_pushed(trial):
    (r,) = read(trial)
    force, at = (r.matrix([f"center_plate1_{q}_{a}" for a in "xyz"]) for q in ("force", "pos"))
    middle = slice(80, 120)
    np.testing.assert_allclose(force[middle], [[0, 0, 700]] * 40, atol=1.0)
    np.testing.assert_allclose(at[middle, 0], 1.0, atol=1e-3)
    np.testing.assert_allclose(np.abs(at[middle, 1]), 0.1, atol=1e-3)
    assert np.isnan(at[:40]).all()


@pytest.mark.parametrize("kind", [1, 2, 3, 4])
def test_a_known_load_is_found_again_by_every_type_of_plate(kind):
    corners = np.array([[0.25, 0.2, 0], [-0.25, 0.2, 0], [-0.25, -0.2, 0], [0.25, -0.2, 0.0]])
    corners = corners[[1, 0, 3, 2]]  # z into the ground
    depth = 0.04
    origin = np.array([0.2, 0.15, -depth]) if kind == 3 else np.array([0.0, 0.0, -depth])
    plate = Plate(kind, corners, origin, np.eye(6) * (2.0 if kind == 4 else 1.0))
    force, x, y, twist = np.array([30.0, -20.0, -600.0]), 0.05, -0.08, 4.0
    surface = np.cross([x, y, 0.0], force) + np.array([0, 0, twist])
    below = surface - np.cross([0, 0, depth], force)
    if kind == 1:
        channels = np.array([*force, x, y, twist])
    elif kind == 3:
        a, b = 0.2, 0.15
        # Four vertical transducers share the load so that both moments come out right.
        z = np.linalg.lstsq(
            np.array([[1, 1, 1, 1], [b, b, -b, -b], [-a, a, a, -a]]),
            np.array([force[2], below[0], below[1]]),
            rcond=None,
        )[0]
        shear = np.linalg.lstsq(
            np.array([[1, 1, 0, 0], [0, 0, 1, 1], [-b, b, a, -a]]),
            np.array([force[0], force[1], below[2]]),
            rcond=None,
        )[0]
        channels = np.array([*shear, *z])
    else:
        channels = np.array([*force, *below]) / (2.0 if kind == 4 else 1.0)
    up, centre, free = plate.ground_reaction(plate.wrench(channels[None]))
    turned = plate.axes.T
    np.testing.assert_allclose(up[0], force @ turned, atol=1e-9)
    assert up[0, 2] == pytest.approx(600)
    np.testing.assert_allclose(centre[0], np.array([x, y, 0]) @ turned, atol=1e-9)
    assert free[0, 2] == pytest.approx(-twist)
    assert plate.outside(centre) == 0


def test_volts_become_forces_and_moments_by_the_matrix():
    """Cross-talk of a type 4 plate: 100 V of a force channel that show as 5 N m."""
    corners = np.array([[0.25, 0.2, 0], [-0.25, 0.2, 0], [-0.25, -0.2, 0], [0.25, -0.2, 0.0]])
    matrix = np.eye(6)
    matrix[3, 1] = 0.05
    plate = Plate(4, corners[[1, 0, 3, 2]], np.zeros(3), matrix)
    wrench = plate.wrench(np.array([[0.0, 100.0, 0.0, 0.0, 0.0, 0.0]]))
    assert wrench[0].tolist() == [0.0, 100.0, 0.0, 5.0, 0.0, 0.0]


@pytest.mark.parametrize("name", ["btk_PlugInC3D.c3d", "opensim_walking2.c3d", "walk.c3d"])
def test_plates_of_type_2_agree_with_ezc3d(samples, name):
    """Force and free moment unfiltered, sample by sample, against ezc3d's own extraction."""
    content = ezc3d.c3d(str(samples / name), extract_forceplat_data=True)
    group = content["parameters"]["FORCE_PLATFORM"]
    for k, theirs in enumerate(content["data"]["platform"]):
        corners = group["CORNERS"]["value"][:, :, k].T / 1000
        origin = group["ORIGIN"]["value"][:, k] / 1000
        channels = content["data"]["analogs"][0][group["CHANNEL"]["value"][:, k].astype(int) - 1].T
        channels = channels * [1, 1, 1, 1e-3, 1e-3, 1e-3]
        plate = Plate(2, corners, origin, np.eye(6))
        force, centre, _ = plate.ground_reaction(plate.wrench(channels))
        np.testing.assert_allclose(force, theirs["force"].T, atol=1e-3)
        loaded = force[:, 2] > 100
        found = theirs["center_of_pressure"].T[loaded] / 1000
        np.testing.assert_allclose(centre[loaded][:, :2], found[:, :2], atol=1e-4)


def test_real_trials_have_their_people_plates_and_events(samples):
    (r,) = read(samples / "walk.c3d")
    assert r.covariates["mass_kg"] == pytest.approx(73.4)
    assert {len(times) for times in r.events.values()} == {2}
    peak_n = max(r.column(f"center_plate{k}_force_z").max() for k in (1, 2, 4))
    assert 1.0 < peak_n / (73.4 * 9.81) < 1.5
    assert "right_ankle_moment_flexion" in r.channels
    (y_up,) = read(samples / "btk_dynamic.c3d")
    # ezc3d 1.7.2 skips this file's analog values (no ANALOG:RATE) and then reads forces as points.
    assert np.nanmedian(y_up.column("right_r.asis_marker_z")) == pytest.approx(0.91, abs=0.02)
    assert np.nanmedian(y_up.column("right_r.mall_marker_z")) == pytest.approx(0.1, abs=0.05)
    assert y_up.column("center_plate1_force_z").max() == pytest.approx(730, abs=5)
    assert any("+y is up" in note for note in y_up.notes)


@pytest.mark.parametrize("name", ["btk_PlugInC3D", "ezc3d_Qualisys", "walk"])
def test_the_container_is_read_as_ezc3d_reads_it(samples, name):
    ours = read_file(samples / f"{name}.c3d")
    theirs = ezc3d.c3d(str(samples / f"{name}.c3d"))
    points = theirs["data"]["points"][:3].transpose(2, 1, 0)
    np.testing.assert_allclose(ours.points, points, rtol=1e-6, atol=1e-6)
    analogs = theirs["data"]["analogs"][0].T
    if analogs.size:
        np.testing.assert_allclose(ours.analogs, analogs, rtol=1e-5, atol=1e-6)
    assert ours.first_frame == theirs["header"]["points"]["first_frame"]
    assert ours.rate_hz == theirs["header"]["points"]["frame_rate"]
    for group in theirs["parameters"]:
        for parameter, entry in theirs["parameters"][group].items():
            if parameter == "__METADATA__" or entry["type"] == 0:
                continue
            if entry["type"] == -1:
                texts = [
                    v.encode(errors="surrogateescape").decode("latin-1") for v in entry["value"]
                ]
                assert ours.text(group, parameter.upper())[: len(texts)] == texts
            elif np.size(entry["value"]) and entry["type"] == 4:
                mine = ours.numbers(group, parameter.upper())
                np.testing.assert_allclose(mine.ravel(), np.ravel(entry["value"]), rtol=1e-6)


def test_what_ezc3d_would_crash_on_is_refused(trial, tmp_path):
    whole = trial.read_bytes()
    cut = tmp_path / "cut.c3d"
    for length in (0, 10, 600, 1500, len(whole) - 20_000):
        cut.write_bytes(whole[:length])
        with pytest.raises(GaitcastError) as error:
            read(cut)
        assert "cut.c3d" in str(error.value)
        assert "\n" not in str(error.value)
    points = tmp_path / "points.c3d"
    points.write_bytes(whole[:2] + struct.pack("<H", 60_000) + whole[4:])
    with pytest.raises(GaitcastError, match="POINT:USED disagree"):
        read_file(points)
    rng = random.Random(3)
    for _ in range(60):
        spoiled = bytearray(whole)
        for _ in range(rng.randint(1, 6)):
            spoiled[rng.randrange(5000)] = rng.randrange(256)
        points.write_bytes(spoiled)
        try:
            read(points)
        except GaitcastError as error:
            assert "\n" not in str(error)


def test_outputs_of_other_models_are_no_markers(trial, tmp_path):
    content = ezc3d.c3d(str(trial))
    labels = ["LHEE", "LTOE", "R_Knee_Flexion", "LKNEE_ANGLE_X"]
    content["parameters"]["POINT"]["LABELS"]["value"] = labels
    content.write(str(tmp_path / "P7_v3d.c3d"))
    (r,) = read(tmp_path / "P7_v3d.c3d")
    assert not [name for name in r.channels if "nee" in name.lower()]
    assert any("'R_Knee_Flexion', 'LKNEE_ANGLE_X' not read" in note for note in r.notes)
