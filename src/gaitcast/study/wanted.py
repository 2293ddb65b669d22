"""What a new study predicts: channels found by the user's words, and how far ahead."""

from __future__ import annotations

import fnmatch
from collections.abc import Sequence
from dataclasses import dataclass

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError, nearest
from gaitcast.study.inventory import Inventory

#: Quantities that are forecast; all others are estimated, for the present instant.
FORECAST = ("angle", "tilt")
#: Quantities that a person may want predicted, in the order in which they are listed.
_WANTED = ("angle", "force", "grf", "torque", "moment", "stiffness", "tilt")
_IMU = ("acc", "gyr")
_HORIZONS_MS = (500.0, 200.0, 100.0)
_SHOWN = 8
#: Joints of the leg are listed first.
_FIRST = ("ankle", "knee", "hip")


@dataclass(frozen=True)
class Wanted:
    """Targets of a new study.

    Parameters
    ----------
    names : tuple of str
        As the task names them.
    recorded : tuple of str
        As the recordings name them, in the same order.
    prepare : tuple of str
        Preparations that make the ones of the others.
    """

    names: tuple[str, ...]
    recorded: tuple[str, ...]
    prepare: tuple[str, ...]


def find_targets(held: Inventory, patterns: Sequence[str]) -> Wanted:
    """Find the channels that a user wants predicted.

    Parameters
    ----------
    held : Inventory
    patterns : sequence of str
        Names or patterns. Forces under a foot are predicted in N/kg where each mass is known, and
        may be named so (``right_foot_grf_z``).

    Returns
    -------
    Wanted

    Raises
    ------
    GaitcastError
        If there is no pattern, or one matches nothing that was measured; the hint lists what could
        be predicted.
    """
    per_mass = {
        name: name.replace("_plate_force_", "_foot_grf_")
        for name in held.channels
        if "_plate_force_" in name and held.is_known("mass_kg")
    }
    if not patterns:
        raise GaitcastError("no target is named", hint=_what_there_is(held))
    found: dict[str, str] = {}
    for pattern in patterns:
        matches = fnmatch.filter(held.channels, pattern)
        derived = [n for n, made in per_mass.items() if fnmatch.fnmatchcase(made, pattern)]
        if not matches and not derived:
            close = nearest(pattern, [*held.channels, *per_mass.values()])
            raise GaitcastError(
                f"no recording has a channel '{pattern}'",
                hint=f"{close if close.startswith('Did') else ''} {_what_there_is(held)}",
            )
        found |= {name: per_mass.get(name, name) for name in matches or derived}
    recorded = tuple(name for name in found if held.missing_share(name) < 1)
    if not recorded:
        raise GaitcastError("was not measured in any recording", where=", ".join(found))
    divided = any(name in per_mass for name in recorded)
    names = tuple(found[name] for name in recorded)
    return Wanted(names, recorded, ("force-per-mass",) if divided else ())


def usual_horizons(names: Sequence[str]) -> tuple[float, ...]:
    """How far ahead a quantity is usually asked for, ms, the longest first; 0 is the present.

    Raises
    ------
    GaitcastError
        If some targets are forecast and others estimated.
    """
    ahead = {Channel.parse(name).quantity in FORECAST for name in names}
    if len(ahead) > 1:
        raise GaitcastError(
            "angles are forecast and forces are estimated: not by one study",
            where=", ".join(names[:4]),
            hint="Write two studies, or give --horizon-ms",
        )
    return _HORIZONS_MS if ahead == {True} else (0.0,)


def _what_there_is(held: Inventory) -> str:
    """Channels that may be targets, in one line, grouped by quantity."""
    groups: dict[str, list[str]] = {}
    for name in held.channels:
        groups.setdefault(Channel.parse(name).quantity, []).append(name)
    shown = [q for q in _WANTED if q in groups] or [q for q in groups if q not in _IMU] or [*groups]
    parts = []
    for quantity in shown:
        names = sorted(groups[quantity], key=_place)
        more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        parts.append(f"{quantity}: {', '.join(names[:_SHOWN])}{more}")
    return "These can be: " + "; ".join(parts)


def _place(name: str) -> int:
    segment = Channel.parse(name).segment
    return _FIRST.index(segment) if segment in _FIRST else len(_FIRST)
