"""A first mapping, from the names of columns, their stated units and the size of their values."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from gaitcast.errors import GaitcastError
from gaitcast.io.clock import Clock, clock_seconds, find_clock
from gaitcast.io.column_meaning import Meaning, PlaneUnclearError, UnclearError
from gaitcast.io.column_names import meaning_of
from gaitcast.io.columns import Columns, as_columns
from gaitcast.io.joint_axes import joint_axes
from gaitcast.io.mapping_people import rules_for_restarts, who_or_which
from gaitcast.io.position_unit import position_unit
from gaitcast.io.sentinels import without_sentinels
from gaitcast.units import factor

#: Quantity -> candidate units by size, and the 95th percentile above which the second is taken.
_BY_SIZE = {
    "acc": ("g", "m/s^2", 4.0),
    "gyr": ("rad/s", "deg/s", 20.0),
    "mag": ("uT", "uT", 0.0),
    "angle": ("rad", "deg", 6.3),
    "tilt": ("rad", "deg", 6.3),
    "pos": ("m", "mm", 20.0),
    "force": ("N", "N", 0.0),
    "torque": ("N m", "N m", 0.0),
    "moment": ("N m/kg", "N m", 10.0),
    "grf": ("N/kg", "N/kg", 0.0),
    "emg": ("mV", "mV", 0.0),
}
#: Quantity -> least and greatest 95th percentile of its absolute value in gait, canonical unit.
_SIZES = {
    "acc": (0.3, 400.0), "gyr": (0.5, 4000.0), "mag": (5.0, 500.0), "angle": (0.2, 200.0),
    "pos": (0.003, 60.0), "force": (5.0, 15_000.0), "torque": (0.5, 1500.0),
    "moment": (0.02, 12.0), "grf": (0.2, 60.0), "emg": (0.0005, 30.0),
}  # fmt: skip
_LEAST_DEG = 1.0
_DEVICE_PLACES = ("devicetag", "location", "sensorlocation", "placement", "position", "segment")


@dataclass(frozen=True)
class Guess:
    """A guessed mapping.

    Parameters
    ----------
    text : str
        TOML, to be checked by the user; what is not known is asked for in comments.
    notes : tuple of str
        What was assumed, and warnings.
    left_out : dict of str to str
        Column -> why it is not among the channels.
    """

    text: str
    notes: tuple[str, ...]
    left_out: dict[str, str] = field(default_factory=dict)

    @cached_property
    def table(self) -> dict[str, Any]:
        """The mapping as it is read; its ``channels`` may be empty."""
        return tomllib.loads(self.text)


def guess_mapping(columns: Mapping[str, np.ndarray]) -> Guess:
    """Guess the meaning of columns from their names, units and values.

    Parameters
    ----------
    columns : mapping of str to numpy.ndarray
        As read; of :class:`gaitcast.io.columns.Columns` the stated units and rate count too.

    Returns
    -------
    Guess
        A stated unit is taken; where the size of the values contradicts it, a warning says so. Size
        alone decides only where nothing states a unit. Two columns for one channel are both left
        out.

    Raises
    ------
    GaitcastError
        If no column says what it holds.
    """
    held = as_columns(columns)
    clock = find_clock(held)
    found, left_out, assumed = _meanings(held, clock)
    if not found:
        reasons = "; ".join(f"'{name}': {why}" for name, why in list(left_out.items())[:3])
        raise GaitcastError(
            f"no column name is known{f' ({reasons})' if reasons else ''}",
            hint="Write a mapping.toml by hand: docs/own-data.md shows one",
        )
    sizes = _sizes(found, held)
    lines, asked, notes = [], [], [*clock.notes, *_several_trials(held), *assumed]
    by_size: dict[str, str] = {}
    places = position_unit(_open_positions(found), held, clock.rate_hz)
    notes += [places.warning] if places.warning else []
    for name, meaning in found.items():
        whole, unit = _unit(meaning, _size(meaning, sizes))
        if places.unit and _is_place(meaning):
            unit = places.unit
        if not meaning.unit:
            by_size[f"{whole.quantity} in {unit}"] = ""
        misfit = _against_size(name, whole, unit, sizes[_sensor(meaning)])
        remarks = (meaning.remark and f"{_plain(name)}: {meaning.remark}", misfit)
        notes += [f"warning: {remark}" for remark in remarks if remark]
        line = _line(whole, name, unit)
        if whole.asked:
            asked.append(f"# which {whole.asked}? {line}")
            left_out[name] = f"its {whole.asked} is not known"
        else:
            lines.append(line + (f"  # {misfit}" if misfit else ""))
    if asked:
        names = [name for name, meaning in found.items() if meaning.asked]
        notes.append(f"warning: {_some(names)}: side or segment is not known; say it in a mapping")
    notes += [f"warning: {name}: {why}" for name, why in left_out.items() if why.startswith("also")]
    free = [name for name, meaning in found.items() if meaning.gravity_free and not meaning.unit]
    if free:
        unit = next(entry for entry in by_size if entry.startswith("acc in "))
        notes.append(
            f"warning: {_some(free)}: nothing states the unit, and without gravity size cannot "
            f"tell g from m/s^2: {unit}"
        )
    if by_size:
        mixed = len({entry.split(" in ")[0] for entry in by_size}) < len(by_size)
        word = "warning: several units of one quantity" if mixed else "assumed"
        notes.append(f"{word}: {', '.join(by_size)} (no unit is stated)")
    text = _text(clock, [*lines, *asked], left_out, _restarts(held, clock))
    return Guess(text, tuple(dict.fromkeys(notes)), left_out)


def _meanings(
    held: Mapping[str, np.ndarray], clock: Clock
) -> tuple[dict[str, Meaning], dict[str, str], tuple[str, ...]]:
    """Meanings of columns, why others have none, and notes."""
    columns = as_columns(held)
    place = _place_of_device(columns.about)
    found: dict[str, Meaning] = {}
    left_out: dict[str, str] = {}
    unnamed: dict[str, Meaning] = {}
    for name, values in columns.items():
        if name == clock.column:
            continue
        if values.dtype.kind not in "iuf" or len(values) < 3:
            left_out[name] = "its values are no numbers"
            continue
        if clock.column and len(values) != len(columns[clock.column]):
            left_out[name] = f"it has {len(values)} values, and the clock has others"
            continue
        try:
            meaning = meaning_of(name, columns.units.get(name, ""))
            if meaning.asked and place is not None:
                meaning = replace(
                    meaning,
                    side=meaning.side or place.side,
                    segment=meaning.segment or place.segment,
                )
            found[name] = meaning
        except PlaneUnclearError as error:
            unnamed[name] = error.meaning
        except UnclearError as error:
            left_out[name] = str(error)
    axes = joint_axes(unnamed, columns)
    found |= axes.found
    left_out |= axes.left_out
    for channel in {m.channel for m in found.values() if not m.asked}:
        several = [name for name, m in found.items() if m.channel == channel]
        if len(several) > 1 and not _all_equal([columns[name] for name in several]):
            for name in several:
                del found[name]
                others = ", ".join(f"'{n}'" for n in several if n != name)
                left_out[name] = f"also {others} would be {channel}: say which in a mapping"
        for name in several[1:]:
            found.pop(name, None)
    return found, left_out, axes.notes


def _several_trials(held: Mapping[str, np.ndarray]) -> list[str]:
    """Warnings about columns that say of whom, or of which trial, a row is."""
    notes = []
    for name, values in held.items():
        key = who_or_which(name)
        if not key or len(values) < 3:
            continue
        each = len(dict.fromkeys(str(value) for value in values))
        if 1 < each <= len(values) / 10:
            kind = "people" if key == "subject" else "trials"
            notes.append(
                f"warning: '{name}' has {each} values: one table of several {kind}? A mapping "
                f'with {key} = {{ column = "{name}" }} keeps them apart'
            )
    return notes


def _place_of_device(about: Mapping[str, str]) -> Meaning | None:
    """Side and segment of a device's only sensor, from what the file says of it."""
    for key, value in about.items():
        if re.sub(r"[^a-z]", "", key.lower()) in _DEVICE_PLACES:
            try:
                return meaning_of(f"{value} acc x")
            except UnclearError:
                continue
    return None


def _all_equal(values: list[np.ndarray]) -> bool:
    return all(np.array_equal(v, values[0], equal_nan=True) for v in values[1:])


def _kind(meaning: Meaning) -> str:
    """All columns of a quantity that state no unit have the same one."""
    ground = "plate" if meaning.segment.startswith("plate") else ""
    free = "free" if meaning.gravity_free else ""
    return f"{meaning.quantity} {ground}{free} {meaning.unit}"


def _size(meaning: Meaning, sizes: Mapping[str, float]) -> float:
    """The size that decides the unit: of all such columns, but no joint stays within 1 deg."""
    if meaning.gravity_free:  # without 9.81 size says nothing: as the other ones of the file
        return sizes.get(_kind(replace(meaning, gravity_free=False)), np.inf)
    own = sizes[_sensor(meaning)]
    alone = meaning.quantity in ("angle", "tilt") and own < _LEAST_DEG
    return own if alone else sizes[_kind(meaning)]


def _sensor(meaning: Meaning) -> str:
    """All axes of a sensor have one unit."""
    return meaning.channel.rpartition("_")[0] + meaning.unit


def _sizes(found: Mapping[str, Meaning], held: Mapping[str, np.ndarray]) -> dict[str, float]:
    sizes: dict[str, float] = {}
    for name, meaning in found.items():
        values, _ = without_sentinels(held[name])
        finite = np.abs(values[np.isfinite(values)].astype(float))
        size = float(np.percentile(finite, 95)) if len(finite) else 0.0
        for key in (_sensor(meaning), _kind(meaning)):
            sizes[key] = max(sizes.get(key, 0.0), size)
    return sizes


def _unit(meaning: Meaning, size: float) -> tuple[Meaning, str]:
    """The meaning, perhaps of another quantity, and its unit: as stated, else by size."""
    if meaning.unit:
        return meaning, meaning.unit
    small, large, limit = _BY_SIZE[meaning.quantity]
    unit = large if size > limit else small
    if meaning.quantity == "moment" and unit == "N m":
        return replace(meaning, quantity="torque"), unit
    return meaning, unit


def _against_size(name: str, meaning: Meaning, unit: str, size: float) -> str:
    """Whether values in the stated unit are of no person's size."""
    low, high = _SIZES.get(meaning.quantity, (0.0, np.inf))
    canonical = size * abs(factor(unit, meaning.quantity))
    if size == 0 or low <= canonical <= high:
        return ""
    what = f"stated in {unit}" if meaning.unit else f"taken for {unit}"
    return f"{_plain(name)}: {what}, but 95 % of its values lie below {size:.3g}: check the unit"


def _is_place(meaning: Meaning) -> bool:
    """Whether it is a position of a body part that states no unit."""
    ground = meaning.segment.startswith("plate")
    return meaning.quantity == "pos" and not meaning.unit and not ground


def _open_positions(found: Mapping[str, Meaning]) -> dict[str, dict[str, str]]:
    """Body part -> axis -> column, of positions that state no unit."""
    parts: dict[str, dict[str, str]] = {}
    for name, meaning in found.items():
        if _is_place(meaning):
            parts.setdefault(f"{meaning.side}_{meaning.segment}", {})[meaning.axis] = name
    return parts


def _line(meaning: Meaning, name: str, unit: str) -> str:
    scale = ", scale = -1" if meaning.sign < 0 else ""
    return f"{meaning.channel} = {{ column = {_quote(name)}, unit = {_quote(unit)}{scale} }}"


def _restarts(held: Columns, clock: Clock) -> list[str]:
    """Lines of the mapping for a table of several people or trials whose time starts again."""
    if clock.entry is None:
        return []
    try:
        return rules_for_restarts(held, clock_seconds(held, clock.entry, ""))
    except GaitcastError:
        return []


def _text(clock: Clock, lines: list[str], left_out: Mapping[str, str], restarts: list[str]) -> str:
    head = ["# Guessed from the names, units and sizes of columns: check every line before use."]
    head += [f"# {_plain(note)}" for note in clock.notes]
    head.append(f"rate_hz = {clock.rate_hz:g}" + ("" if clock.stated else "  # assumed"))
    if clock.entry is not None:
        entry = ", ".join(
            f"{key} = {_quote(value) if isinstance(value, str) else f'{value:.12g}'}"
            for key, value in clock.entry.items()
        )
        head.append(f"time = {{ {entry} }}")
    head += [f"{line}    # time starts again where it changes" for line in restarts]
    if left_out:
        head.append("# left out:")
        head += [f"#   {_plain(name)}: {_plain(why)}" for name, why in list(left_out.items())[:20]]
        head += ["#   ..."] if len(left_out) > 20 else []
    return "\n".join([*head, "", "[channels]", *lines]) + "\n"


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _plain(text: str) -> str:
    return re.sub(r"[\x00-\x1f\x7f]", " ", text)


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\u{ord(m[0]):04x}", escaped) + '"'
