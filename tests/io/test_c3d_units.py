import numpy as np
import pytest

from gaitcast.io import read
from made_c3d import heels, plate, write_c3d

FRAMES = 60
CURVE = np.sin(np.linspace(0, np.pi, FRAMES))


def stored(path, peak, unit, mass_kg=None, force=None, label="LAnkleMoment"):
    points = heels(FRAMES)
    points[label] = np.column_stack([peak * CURVE, 0.1 * peak * CURVE, 0 * CURVE])
    if force:
        points["LGroundReactionForce"] = np.column_stack([0 * CURVE, 0 * CURVE, force * CURVE])
    parameters = {"POINT:MOMENT_UNITS": [unit]} if unit is not None else {}
    if mass_kg:
        parameters["PROCESSING:BODYMASS"] = float(mass_kg)
    (r,) = read(write_c3d(path / "P1_walk.c3d", points, parameters))
    (name,) = {f"left_ankle_{kind}_flexion" for kind in ("moment", "torque")} & {*r.channels}
    notes = [note for note in r.notes if "moments in" in note]
    return name.split("_")[2], float(r.column(name).max()), notes


@pytest.mark.parametrize(
    ("peak", "unit", "more", "quantity", "value"),
    [
        (80.0, "Nm", {}, "torque", 80.0),
        (80.0, "N·m", {"mass_kg": 70}, "torque", 80.0),
        (1.1, "Nm/kg", {}, "moment", 1.1),
        (1100.0, "Nmm/kg", {"mass_kg": 70}, "moment", 1.1),
        (80e3, "Nmm", {"mass_kg": 70}, "torque", 80.0),
        (8e3, "Ncm", {"mass_kg": 70}, "torque", 80.0),
        (8e3, "Nmm", {}, "torque", 8.0),
        (8e3, "Nmm", {"mass_kg": 14}, "torque", 8.0),
        (8e3, "Nmm", {"mass_kg": 14, "force": 150.0}, "torque", 8.0),
    ],
)
def test_the_stated_unit_of_moments_holds(tmp_path, peak, unit, more, quantity, value):
    found = stored(tmp_path, peak, unit, **more)
    assert found[0] == quantity
    assert found[1] == pytest.approx(value, rel=0.01)
    assert not found[2]


@pytest.mark.parametrize(
    ("peak", "more"),
    [
        (1400.0, {"mass_kg": 70}),
        (1400.0, {"mass_kg": 15, "force": 11.0}),
        (5500.0, {"force": 25.0}),
    ],
)
def test_plug_in_gait_divides_by_the_mass_and_writes_nmm(tmp_path, peak, more):
    quantity, value, notes = stored(tmp_path, peak, "Nmm", **more)
    assert (quantity, value) == ("moment", pytest.approx(peak / 1000, rel=0.01))
    assert notes[0].startswith("assumed: ")


@pytest.mark.parametrize(
    ("peak", "unit", "more", "quantity", "value"),
    [
        (79e3, "Nm", {"mass_kg": 70}, "torque", 79.0),
        (79e3, "Nm", {}, "torque", 79.0),
        (1.3, "Nm", {"mass_kg": 70}, "moment", 1.3),
        (79.0, "Nm/kg", {"mass_kg": 70}, "torque", 79.0),
        (1300.0, "Nm/kg", {"mass_kg": 70}, "moment", 1.3),
        (79e3, "Ncm", {"mass_kg": 70}, "torque", 79.0),
        (79.0, "Nmm", {"mass_kg": 70}, "torque", 79.0),
        (1400.0, "Nmm", {}, "moment", 1.4),
    ],
)
def test_a_unit_that_the_size_contradicts_is_a_warning(tmp_path, peak, unit, more, quantity, value):
    found = stored(tmp_path, peak, unit, **more)
    assert found[:2] == (quantity, pytest.approx(value, rel=0.01))
    assert found[2][0].startswith("warning: the file states its moments in")


@pytest.mark.parametrize(
    ("unit", "newton_metres"), [("ft-lb", 1.3558), ("lbf in", 0.11298), ("in-lbs", 0.11298)]
)
def test_moments_in_feet_and_pounds_are_converted(tmp_path, unit, newton_metres):
    found = stored(tmp_path, 80.0 / newton_metres, unit, mass_kg=70)
    assert found == ("torque", pytest.approx(80.0, rel=0.01), [])


def test_moments_of_an_unknown_unit_are_not_read(tmp_path):
    points = heels(FRAMES)
    points["LAnkleMoment"] = np.column_stack([80 * CURVE, CURVE, CURVE])
    path = write_c3d(tmp_path / "P1.c3d", points, {"POINT:MOMENT_UNITS": ["furlong"]})
    (r,) = read(path)
    assert not [name for name in r.channels if "ankle" in name]
    assert "warning: stored moments are not read: their unit 'furlong' is unknown" in r.notes


@pytest.mark.parametrize("unit", [None, "", "none"])
def test_without_a_unit_the_size_decides_and_is_said(tmp_path, unit):
    assert stored(tmp_path, 1300.0, unit, mass_kg=70)[:2] == (
        "moment",
        pytest.approx(1.3, rel=0.01),
    )
    quantity, value, notes = stored(tmp_path, 80.0, unit, mass_kg=70)
    assert (quantity, value) == ("torque", pytest.approx(80, rel=0.01))
    assert notes[0].startswith("assumed: stored moments in N m,")


def test_one_spike_does_not_decide_on_the_unit(tmp_path):
    points = heels(400)
    curve = 1.2e3 * np.abs(np.sin(np.linspace(0, 20, 400)))
    curve[7] = 9e5
    points["LKneeMoment"] = np.column_stack([curve, 0 * curve, 0 * curve])
    parameters = {"POINT:MOMENT_UNITS": ["Nmm"], "PROCESSING:BODYMASS": 60.0}
    (r,) = read(write_c3d(tmp_path / "P1.c3d", points, parameters))
    assert "left_knee_moment_flexion" in r.channels


@pytest.mark.parametrize(
    ("unit", "peak", "value", "word"),
    [
        ("deg", 60.0, 60.0, ""), ("radians", 1.0, 57.3, ""), ("rad", 60.0, 60.0, "warning: "),
        ("gon", 60.0, 60.0, "assumed: "), ("°", 60.0, 60.0, ""),
    ],
)  # fmt: skip
def test_the_unit_of_angles_is_honoured(tmp_path, unit, peak, value, word):
    points = heels(FRAMES)
    points["LKneeAngles"] = np.column_stack([peak * CURVE, 0 * CURVE, 0 * CURVE])
    (r,) = read(write_c3d(tmp_path / "P1.c3d", points, {"POINT:ANGLE_UNITS": [unit]}))
    assert r.column("left_knee_angle_flexion").max() == pytest.approx(value, rel=0.01)
    notes = [n for n in r.notes if "angles in" in n]
    assert [n.startswith(word) for n in notes] == ([True] if word else [])


@pytest.mark.parametrize(("unit", "metres"), [("inches", 0.0254), ("cm", 0.01), ("M", 1.0)])
def test_the_unit_of_markers_is_any_length(tmp_path, unit, metres):
    points = {label: xyz / 1000 / metres for label, xyz in heels().items()}
    (r,) = read(write_c3d(tmp_path / "P1.c3d", points, {"POINT:UNITS": [unit]}))
    assert r.column("left_LHEE_marker_x")[-1] == pytest.approx(1.0)
    assert not any("markers in" in note for note in r.notes)


def walked_on(path, unit, moment_scale, length=1.0, point_unit="mm", **more):
    """700 N at 0.05 m of the plate's own x and 0.03 of its y, after 0.2 s without load."""
    load = np.where(np.arange(FRAMES * 5) > 100, -700.0, 0.0)
    moments = [0.03 * load * moment_scale, -0.05 * load * moment_scale, 0 * load]
    units = ["N"] * 3 + [unit] * 3 if unit else [""] * 6
    parameters, channels = plate(load, moments, units, scale=length, **more)
    points = {label: xyz * length for label, xyz in heels(FRAMES).items()}
    parameters["POINT:UNITS"] = [point_unit]
    (r,) = read(write_c3d(path / "P1.c3d", points, parameters, analogs=channels))
    assert r.column("center_plate1_force_z")[40] == pytest.approx(700, abs=1)
    return r


@pytest.mark.parametrize("unit", ["N*m", "Nm", "N·m", "Newton-meters", "N.m"])
def test_moments_of_plates_in_metres_by_any_word(tmp_path, unit):
    r = walked_on(tmp_path, unit, 1.0)
    at = np.array([r.column(f"center_plate1_pos_{a}")[40] for a in "xy"]) - [0.2, 0.0]
    assert np.abs(at) == pytest.approx([0.05, 0.03], abs=1e-3)
    assert not any("plate 1" in note for note in r.notes)


@pytest.mark.parametrize(
    ("point_unit", "length", "scale"),
    [("m", 1e-3, 1.0), ("cm", 0.1, 100.0), ("mm", 1.0, 1000.0), ("in", 1 / 25.4, 1 / 0.0254)],
)
def test_moments_without_a_unit_have_the_unit_of_length_of_the_markers(
    tmp_path, point_unit, length, scale
):
    r = walked_on(tmp_path, "", scale, length, point_unit)
    assert abs(r.column("center_plate1_pos_x")[40] - 0.2) == pytest.approx(0.05, abs=1e-3)
    assert any(note.startswith("assumed: plate 1 in N and N") for note in r.notes)


def test_a_centre_of_pressure_that_stays_in_the_middle_is_a_warning(tmp_path):
    r = walked_on(tmp_path, "Nmm", 1.0)  # N m, stated as N mm
    assert any("warning: plate 1 has its centre of pressure in its middle" in n for n in r.notes)
    r = walked_on(tmp_path, "Nm", 1000.0)
    assert any("warning: plate 1 has its centre of pressure outside" in n for n in r.notes)


@pytest.mark.parametrize(
    ("units", "force"),
    [
        (["kN"] * 3 + ["Nm"] * 3, 1e-3),
        (["lbf"] * 3 + ["Nm"] * 3, 0.2248089),
        ([""] * 3 + ["Nm"] * 3, 1),
    ],
)
def test_forces_of_plates_in_any_unit(tmp_path, units, force):
    load = np.where(np.arange(FRAMES * 5) > 100, -700.0, 0.0)
    parameters, channels = plate(force * load, [0 * load, -0.05 * load, 0 * load], units)
    (r,) = read(write_c3d(tmp_path / "P1.c3d", heels(FRAMES), parameters, analogs=channels))
    assert r.column("center_plate1_force_z")[40] == pytest.approx(700, abs=1)
    assert abs(r.column("center_plate1_pos_x")[40] - 0.2) == pytest.approx(0.05, abs=1e-3)
    said = [note for note in r.notes if "plate 1" in note]
    assert said == ([] if units[0] else ["assumed: plate 1 in N and N m (the file says no unit)"])
