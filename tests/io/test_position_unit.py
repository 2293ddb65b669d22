import numpy as np
import pytest

from gaitcast.io import guess_mapping
from gaitcast.io.columns import Columns

T = np.arange(400) / 100


def heels(per_m, swing_m=0.35, sides=("Left", "Right")):
    columns = {"time_s": T}
    for side, sign in zip(sides, (1, -1), strict=False):
        wave = sign * np.sin(2 * np.pi * T)
        columns[f"{side} Heel X"] = per_m * (1.0 + swing_m * wave)
        columns[f"{side} Heel Y"] = per_m * (sign * 0.1 + 0 * T)
        columns[f"{side} Heel Z"] = per_m * (0.05 + swing_m / 7 * np.maximum(0, wave))
    return Columns(columns)


def unit_of(columns):
    guess = guess_mapping(columns)
    (unit,) = {entry["unit"] for entry in guess.table["channels"].values()}
    return unit, [note for note in guess.notes if "positions" in note]


@pytest.mark.parametrize(("unit", "per_m"), [("m", 1), ("cm", 100), ("mm", 1000)])
@pytest.mark.parametrize("sides", [("Left", "Right"), ("Left",)])
def test_the_swing_of_a_heel_tells_its_unit(unit, per_m, sides):
    found, said = unit_of(heels(per_m, sides=sides))
    assert found == unit
    assert bool(said) == (unit == "cm" and len(sides) == 1)


@pytest.mark.parametrize(("unit", "per_m"), [("m", 1), ("cm", 100), ("mm", 1000)])
def test_the_distance_of_two_heels_tells_it_in_a_standing_person(unit, per_m):
    assert unit_of(heels(per_m, swing_m=0.0005)) == (unit, [])


@pytest.mark.parametrize(("unit", "per_m"), [("cm", 100), ("mm", 1000)])
def test_parts_of_one_foot_are_close_together(unit, per_m):
    one = heels(per_m, sides=("Left",))
    toe = {n.replace("Heel", "Toe"): v + per_m * 0.22 * ("X" in n) for n, v in one.items()}
    assert unit_of(Columns(toe | one)) == (unit, [])


def test_where_nothing_tells_it_is_said():
    unit, said = unit_of(heels(1000, swing_m=0.0005, sides=("Left",)))
    assert unit == "mm"
    assert "mm or cm" in said[0]
