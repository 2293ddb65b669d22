"""Which channels a new study gives to models, in which groups, and which it leaves out."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError
from gaitcast.study.inventory import Inventory
from gaitcast.study.wanted import Wanted

_IMU = ("acc", "gyr")
#: What nothing but a laboratory, or the target's own instrument, measures.
_LABORATORY = ("vel", "accel", "pos", "force", "grf", "torque", "moment", "stiffness")
#: An input may miss so much, on average, before it is left out.
_MAY_MISS = 0.02
#: What may be known of a wearer and matters for forces.
_OF_WEARERS = ("mass_kg", "height_m")
#: Fewer people teach nothing about what people differ in.
_PEOPLE_WITH_COVARIATES = 5
_LAB_ONLY = "only a laboratory measures it"


@dataclass(frozen=True)
class InputGroup:
    """Channels that are given to models together.

    Parameters
    ----------
    patterns : tuple of str
        As in ``[inputs]``.
    about : str
        What they are, for a reader of the study.
    measured : dict of str to float or str
        Their part of ``[measured]``.
    live : bool
        Whether a device could have them.
    """

    patterns: tuple[str, ...]
    about: str
    measured: Mapping[str, float | str] = field(default_factory=dict)
    live: bool = True


def choose_inputs(
    held: Inventory, wanted: Wanted, *, ahead: bool
) -> tuple[dict[str, InputGroup], dict[str, str]]:
    """Group the channels that may predict some targets.

    Parameters
    ----------
    held : Inventory
        Of the recordings that measure the targets.
    wanted : Wanted
    ahead : bool
        Whether the future is predicted, so that the targets' own past may be read.

    Returns
    -------
    groups : dict of str to InputGroup
        The main one first.
    left_out : dict of str to str
        Channels that are in no group, and why.

    Raises
    ------
    GaitcastError
        If no channel is left.
    """
    left_out: dict[str, str] = {}
    usable: dict[str, list[str]] = {}
    angles = [c for c in map(Channel.parse, wanted.recorded) if c.quantity == "angle"]
    joints = {(c.side, c.segment) for c in angles}
    for name in held.channels:
        if name in wanted.recorded:
            continue
        channel = Channel.parse(name)
        reason = _unfit(channel, joints if not ahead else set()) or _missing(held, name)
        if reason:
            left_out[name] = reason
        else:
            usable.setdefault(channel.quantity, []).append(name)
    groups = _forecast_groups(held, usable, wanted) if ahead else _estimate_groups(held, usable)
    if not groups:
        raise GaitcastError(
            "nothing is left to predict it from",
            where=", ".join(wanted.recorded[:4]),
            hint="With --horizon-ms 100 it is forecast from its own past",
        )
    read = [p for group in groups.values() for p in group.patterns]
    for quantity, members in usable.items():
        reason = _LAB_ONLY if quantity == "marker" else "a device would have to measure it"
        unread = [n for n in members if not any(fnmatch.fnmatchcase(n, p) for p in read)]
        left_out |= dict.fromkeys(unread, reason)
    return groups, left_out


def _unfit(channel: Channel, joints: set[tuple[str, str]]) -> str:
    if channel.quantity in _LABORATORY:
        return _LAB_ONLY
    if channel.quantity == "mag":
        return "a magnetic field is that of the place"
    if channel.quantity == "emg" and channel.axis == "raw":
        return "the low-pass in front of this rate removes raw EMG (docs/own-data.md, EMG)"
    if channel.quantity == "angle" and (channel.side, channel.segment) in joints:
        return "the same joint as the target"
    return ""


def _missing(held: Inventory, name: str) -> str:
    share = held.missing_share(name)
    if share >= 1:
        return "not measured where the target is"
    if share > _MAY_MISS:
        return "more than 2 % of its samples are missing"
    return ""


def _forecast_groups(
    held: Inventory, usable: Mapping[str, Sequence[str]], wanted: Wanted
) -> dict[str, InputGroup]:
    names = wanted.names
    quantities = {Channel.parse(n).quantity for n in names}
    label = "angle" if quantities == {"angle"} else "past"
    measured = dict.fromkeys(names, 0.0)
    past = InputGroup(
        tuple(names),
        "the target's own past: a device has to measure it (encoder, goniometer, instrumented "
        'insole); write "laboratory" in [measured] if it cannot',
        measured,
    )
    imu = _imu(held, usable)
    if imu:
        main = InputGroup(
            (*imu["imu"].patterns, *names), "the IMUs and the target's own past", measured
        )
        groups = {f"imu+{label}": main, "imu": imu.pop("imu"), label: past, **imu}
    else:
        groups = {label: past}
        angles = [*usable.get("angle", ()), *usable.get("tilt", ())]
        if angles:
            patterns = (*names, *short_patterns(angles, held.channels))
            about = "all joint angles: a device has to measure them"
            groups["angles"] = InputGroup(patterns, about, measured)
    return groups | _with_emg(held, usable, next(iter(groups.values())))


def _estimate_groups(held: Inventory, usable: Mapping[str, Sequence[str]]) -> dict[str, InputGroup]:
    groups = _imu(held, usable)
    angles = [*usable.get("angle", ()), *usable.get("tilt", ())]
    if angles and not groups:
        about = "joint angles: a device has to measure them (encoders)"
        groups["angles"] = InputGroup(short_patterns(angles, held.channels), about)
    if usable.get("marker") and not groups:
        groups["markers"] = InputGroup(
            short_patterns(usable["marker"], held.channels),
            "markers: nothing that is worn was recorded, so no figure below can be had live",
            {"*_marker_*": "laboratory"},
            live=False,
        )
    if not groups:
        return {}
    first, main = next(iter(groups.items()))
    groups |= _with_emg(held, usable, main)
    known = [word for word in _OF_WEARERS if held.is_known(word)]
    if known and len(held.cohort.people) >= _PEOPLE_WITH_COVARIATES:
        patterns = (*main.patterns, *(f"wearer:{word}" for word in known))
        about = "and what is known of the wearer"
        groups[f"{first}+wearer"] = InputGroup(patterns, about, main.measured, main.live)
    return groups


def _imu(held: Inventory, usable: Mapping[str, Sequence[str]]) -> dict[str, InputGroup]:
    """All IMUs, then those of each segment."""
    imu = [n for quantity in _IMU for n in usable.get(quantity, ())]
    if not imu:
        return {}
    patterns = short_patterns(imu, held.channels)
    groups = {"imu": InputGroup(patterns, "all accelerometers and gyroscopes")}
    segments = dict.fromkeys(Channel.parse(n).segment for n in imu)
    for segment in segments if len(segments) > 1 else ():
        own = [n for n in imu if Channel.parse(n).segment == segment]
        about = f"the IMUs of the {segment} alone"
        groups[f"imu-{segment}"] = InputGroup(short_patterns(own, held.channels), about)
    return groups


def _with_emg(
    held: Inventory, usable: Mapping[str, Sequence[str]], main: InputGroup
) -> dict[str, InputGroup]:
    emg = usable.get("emg", ())
    if not emg:
        return {}
    patterns = (*main.patterns, *short_patterns(emg, held.channels))
    return {"emg": InputGroup(patterns, "with the muscles' activity", main.measured, main.live)}


def short_patterns(members: Sequence[str], channels: Sequence[str]) -> tuple[str, ...]:
    """Few patterns that match some channels and no others.

    Parameters
    ----------
    members : sequence of str
        To be matched.
    channels : sequence of str
        All there are.

    Returns
    -------
    tuple of str
        Names where no pattern is exact.
    """
    made: list[str] = []
    left = [*members]
    for shape in ("*_{1}_{2}_*", "{0}_{1}_{2}_*"):
        for name in members:
            pattern = shape.format(*name.split("_"))
            matched = fnmatch.filter(channels, pattern)
            if name in left and len(matched) > 1 and {*matched} <= {*members}:
                made.append(pattern)
                left = [other for other in left if other not in matched]
    return (*made, *left)
