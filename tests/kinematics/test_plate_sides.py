"""Forces that a file gives to the wrong foot are found by the markers of the feet."""

from dataclasses import replace

import numpy as np
import pytest

from gaitcast.datasets import load
from gaitcast.kinematics.plate_sides import check_plate_sides


def walks(data):
    cohort = load("schreiber2019-walk18", data)
    return [r for r in cohort if "right_plate_force_z" in r.channels][:6]


def exchanged(recording):
    def other(name):
        if "_plate_" not in name:
            return name
        side, rest = name.split("_", 1)
        return f"{ {'left': 'right', 'right': 'left'}[side] }_{rest}"

    return replace(recording, channels=tuple(map(other, recording.channels)))


def test_real_walks_are_right_and_exchanged_ones_are_put_right(data):
    for walk in walks(data):
        assert check_plate_sides(walk).channels == walk.channels
        assert not [n for n in check_plate_sides(walk).notes if "other foot" in n]
        fixed = check_plate_sides(exchanged(walk))
        assert any("exchanged" in note for note in fixed.notes)
        for name in ("right_plate_force_z", "left_plate_pos_x"):
            np.testing.assert_array_equal(fixed.column(name), walk.column(name))


@pytest.mark.parametrize("keep", ["*_marker_*", "*_plate_*"])
def test_without_markers_or_plates_nothing_changes(data, keep):
    walk = walks(data)[0].select([keep])
    assert check_plate_sides(walk) is walk
