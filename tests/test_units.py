"""Unit words as laboratories write them."""

import pytest

from gaitcast.units import factor, parse_unit


@pytest.mark.parametrize(
    ("text", "unit"),
    [
        ("(deg/s)", "deg/s"), ("[°/s]", "deg/s"), ("dps", "deg/s"), ("RAD/S", "rad/s"),
        ("m/s²", "m/s^2"), ("m/s2", "m/s^2"), ("[g]", "g"), ("G", "g"), ("mg", "mg"),
        ("mG", "mgauss"), ("µT", "uT"), ("Degrees", "deg"), ("radians", "rad"),
        ("MM", "mm"), ("in", "in"), ("Nmm", "N mm"), ("N*m", "N m"), ("N·m", "N m"),
        ("Newton-meters", "N m"), ("Nm/kg", "N m/kg"), ("N.mm/kg", "N mm/kg"), ("BW", "BW"),
        ("% BW", "%BW"), ("Sec", "s"), ("µs", "us"), ("ns", "ns"), ("minutes", "min"),
        ("uV", "uV"), ("", None),
        ("(degree/sec)", "deg/s"), ("(m·s⁻²)", "m/s^2"), ("m·s^-2", "m/s^2"),
        ("[°/s²]", None), ("rad/s^2", None), ("° s⁻¹", "deg/s"), ("°/sec", "deg/s"), ("ms", "ms"),
        ("ms-1", "m/s"), ("ft-lb", "lbf ft"), ("lbf in", "lbf in"), ("Lb-ft", "lbf ft"),
        ("days", "day"), ("%", None), ("a.u.", None), ("furlong", None),
    ],
)  # fmt: skip
def test_one_parser_for_unit_words(text, unit):
    assert parse_unit(text) == unit


def test_every_unit_is_known_by_its_own_name():
    from gaitcast.units import _FACTORS, CANONICAL

    canonical = {unit: quantity for quantity, unit in CANONICAL.items()}
    for unit, (target, value) in _FACTORS.items():
        assert parse_unit(unit) == unit
        assert factor(unit, canonical[target]) == value
