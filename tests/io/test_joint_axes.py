import numpy as np
import pytest

from gaitcast.errors import GaitcastError
from gaitcast.io import guess_mapping
from gaitcast.io.columns import Columns

PHASE = np.linspace(0, 8 * np.pi, 400)


def table(names, spans):
    columns = {"time_s": np.arange(400) / 100}
    for k, (name, span) in enumerate(zip(names, spans, strict=True)):
        columns[name] = span / 2 * np.sin(PHASE + k) + 3
    return Columns(columns)


def channels(columns):
    guess = guess_mapping(columns)
    return {e["column"]: c for c, e in guess.table["channels"].items()}, guess


@pytest.mark.parametrize("pattern", ["left_knee_angle_{} (deg)", "Left Knee Angle {}"])
@pytest.mark.parametrize("flexion", "xyz")
def test_the_axis_that_moves_far_is_flexion(pattern, flexion):
    names = [pattern.format(axis) for axis in "xyz"]
    found, guess = channels(table(names, [56 if axis == flexion else 6 for axis in "xyz"]))
    assert found == {pattern.format(flexion): "left_knee_angle_flexion"}
    assert any(n.startswith(f"assumed: {flexion} of the knee is its flex") for n in guess.notes)
    assert len(guess.left_out) == 2


@pytest.mark.parametrize("spans", [(40, 4, 30), (6, 3, 2), (0.9, 0.8, 0.2)])
def test_where_no_axis_stands_out_none_is_named(spans):
    columns = table([f"left_knee_angle_{axis}" for axis in "xyz"], spans)
    with pytest.raises(GaitcastError, match="says no plane"):
        guess_mapping(columns)


def test_sides_have_to_agree_and_one_axis_alone_says_nothing():
    names = [f"{side}_knee_angle_{axis}" for side in ("left", "right") for axis in "xyz"]
    with pytest.raises(GaitcastError, match="says no plane"):
        guess_mapping(table(names, [56, 6, 6, 6, 6, 56]))
    with pytest.raises(GaitcastError, match="says no plane"):
        guess_mapping(table(["left_knee_angle_x"], [56]))


def test_a_moment_has_the_axis_of_its_joint_s_angle():
    names = [f"left_knee_{q}_{axis}" for q in ("angle", "moment") for axis in "xyz"]
    found, _ = channels(table(names, [6, 6, 56, 0.9, 0.1, 0.5]))
    assert set(found) == {"left_knee_angle_z", "left_knee_moment_z"}


def test_plug_in_gait_has_its_own_order():
    found, _ = channels(table([f"LKneeAngles {axis}" for axis in "XYZ"], [56, 30, 40]))
    assert found["LKneeAngles X"] == "left_knee_angle_flexion"
    assert len(found) == 3
