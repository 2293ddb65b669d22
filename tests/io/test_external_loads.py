"""External loads in and out, and forces for OpenSim without a missing value."""

import numpy as np
import pytest

from gaitcast.datasets import load
from gaitcast.errors import GaitcastError
from gaitcast.io import read, write_mot
from gaitcast.io.external_loads import read_external_loads
from gaitcast.recording import Recording

N = 120
T = np.arange(N) / 100


def forces(sides=("right", "left"), hole=False):
    columns = {}
    for number, side in enumerate(sides):
        load_n = np.where((0.2 + 0.3 * number < T) & (0.8 + 0.3 * number > T), 700.0, 0.0)
        for axis, share in zip("xyz", (0.1, -0.05, 1.0), strict=True):
            columns[f"{side}_plate_force_{axis}"] = share * load_n
        for axis, at in zip("xyz", (0.3 + number, 0.1, 0.0), strict=True):
            columns[f"{side}_plate_pos_{axis}"] = np.where(load_n > 0, at, np.nan)
        for axis in "xyz":
            columns[f"{side}_plate_torque_{axis}"] = 0.01 * load_n * (axis == "z")
    columns["right_knee_angle_flexion"] = 30 + 20 * np.sin(T * 6)
    columns["left_knee_angle_flexion"] = np.where(hole & (T > 1), np.nan, 20 + T)
    return Recording(
        "S01", "S01_walk", 100.0, T, np.column_stack([*columns.values()]), tuple(columns)
    )


def test_forces_come_back_equal_and_nothing_is_missing(tmp_path):
    trial = forces()
    assert write_mot(trial, tmp_path / "S01_walk.mot") == ()
    assert "nan" not in (tmp_path / "S01_walk.mot").read_text().lower()
    loads = read_external_loads(tmp_path / "S01_walk_external_loads.xml")
    assert loads.datafile == "S01_walk.mot"
    assert loads.sides == {"ground_force_r_v": "right", "ground_force_l_v": "left"}
    (again,) = load(tmp_path)
    assert not load(tmp_path).notes
    for name in trial.channels:
        np.testing.assert_allclose(again.column(name), trial.column(name), atol=1e-9)


def test_a_coordinate_with_holes_is_left_out(tmp_path):
    left_out = write_mot(forces(hole=True), tmp_path / "a.mot")
    assert left_out == ("left_knee_angle_flexion",)
    assert "knee_angle_l" not in (tmp_path / "a.mot").read_text()


XML = """<?xml version="1.0"?><OpenSimDocument Version="40000"><ExternalLoads name="x"><objects>
<ExternalForce name="a"><applied_to_body>{one}</applied_to_body>
<force_identifier>1_ground_force_v</force_identifier></ExternalForce>
<ExternalForce name="b"><applied_to_body>{other}</applied_to_body>
<force_identifier>ground_force_v</force_identifier></ExternalForce>
</objects><datafile>../trials/walk.mot</datafile></ExternalLoads></OpenSimDocument>"""


@pytest.mark.parametrize("sides", [("right", "left"), ("left", "right")])
def test_the_foot_of_a_set_is_the_one_that_external_loads_name(tmp_path, sides):
    trial = forces(("center", "right"))
    names = tuple(n.replace("center_plate", "center_plate1") for n in trial.channels)
    names = tuple(n.replace("right_plate", "center_plate2") for n in names)
    write_mot(Recording("a", "a", 100.0, T, trial.samples, names), tmp_path / "walk.mot")
    text = (tmp_path / "walk.mot").read_text()
    text = text.replace("ground_force_1_", "1_ground_force_").replace(
        "ground_torque_1_", "1_ground_torque_"
    )
    text = text.replace("ground_force_2_", "ground_force_").replace(
        "ground_torque_2_", "ground_torque_"
    )
    (tmp_path / "walk.mot").write_text(text)
    (plain,) = read(tmp_path / "walk.mot")
    assert {"center_plate1_force_z", "center_plate2_force_z"} <= set(plain.channels)
    bodies = {"right": "calcn_r", "left": "/bodyset/calcn_l"}
    one, other = (bodies[side] for side in sides)
    (tmp_path / "loads.xml").write_text(XML.format(one=one, other=other))
    (stated,) = read(tmp_path / "walk.mot")
    np.testing.assert_array_equal(
        stated.column(f"{sides[0]}_plate_force_z"), plain.column("center_plate1_force_z")
    )
    assert any("external loads" in note for note in stated.notes)


def test_other_xml_is_none_and_a_document_type_is_refused(tmp_path):
    (tmp_path / "a.xml").write_text("<a/>")
    assert read_external_loads(tmp_path / "a.xml") is None
    (tmp_path / "b.xml").write_text('<!DOCTYPE a [<!ENTITY b "c">]><ExternalLoads/>')
    with pytest.raises(GaitcastError, match="document type"):
        read_external_loads(tmp_path / "b.xml")
    (tmp_path / "c.xml").write_text("<a>")
    with pytest.raises(GaitcastError, match="damaged"):
        read_external_loads(tmp_path / "c.xml")
