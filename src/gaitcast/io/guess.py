"""A first mapping, guessed from column names, for the user to check."""

from __future__ import annotations

import re
from collections.abc import Mapping

import numpy as np

from gaitcast.channel import Channel
from gaitcast.errors import GaitcastError

_SIDE = {"l": "left", "left": "left", "lt": "left", "r": "right", "right": "right", "rt": "right"}
_SEGMENT = {
    "foot": "foot", "feet": "foot", "shank": "shank", "tibia": "shank", "calf": "shank",
    "leg": "shank", "thigh": "thigh", "femur": "thigh", "pelvis": "pelvis", "waist": "pelvis",
    "sacrum": "pelvis", "lumbar": "pelvis", "lowerback": "pelvis", "trunk": "trunk",
    "chest": "trunk", "sternum": "trunk", "thorax": "trunk", "torso": "trunk", "head": "head",
    "hand": "hand", "ankle": "ankle", "knee": "knee", "hip": "hip", "shoulder": "shoulder",
    "elbow": "elbow", "wrist": "wrist", "heel": "heel", "toe": "toe", "com": "body",
    "forearm": "forearm",
}  # fmt: skip
_QUANTITY = {
    "acc": "acc", "accel": "acc", "acceleration": "acc", "accelerometer": "acc", "gyr": "gyr",
    "gyro": "gyr", "gyroscope": "gyr", "omega": "gyr", "angvel": "gyr", "mag": "mag",
    "magnetometer": "mag", "angle": "angle", "ang": "angle", "flexion": "angle",
    "dorsiflexion": "angle", "moment": "moment", "torque": "torque", "grf": "force",
    "force": "force", "cop": "cop", "pos": "pos", "position": "pos", "com": "pos",
}  # fmt: skip
#: Quantity -> candidate units, and the 95th percentile above which the second unit is taken.
_UNITS = {
    "acc": ("g", "m/s^2", 4.0),
    "gyr": ("rad/s", "deg/s", 20.0),
    "mag": ("uT", "uT", 0.0),
    "angle": ("rad", "deg", 6.3),
    "pos": ("m", "mm", 20.0),
    "force": ("N", "N", 0.0),
    "torque": ("N m", "N m", 0.0),
    "moment": ("N m/kg", "N m", 10.0),
}
#: Words of the other two planes, and words for the direction that is negative here.
_PLANE = {
    "adduction": "adduction", "abduction": "adduction", "inversion": "adduction",
    "eversion": "adduction", "varus": "adduction", "valgus": "adduction", "rotation": "rotation",
}  # fmt: skip
_AGAINST = {"plantar", "plantarflexion", "extension", "abduction", "eversion", "valgus", "external"}
_TIME = {"time", "t", "timestamp", "seconds", "sec", "ms", "time_s", "time_ms"}
_WORD = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")


def guess_mapping(columns: Mapping[str, np.ndarray]) -> tuple[str, list[str]]:
    """Guess the meaning of columns from their names, and their units from the size of their values.

    Returns
    -------
    mapping : str
        TOML, each guess with a comment; columns with unknown names are left out.
    left_out : list of str
        Names of the columns that were not understood.

    Raises
    ------
    GaitcastError
        If no column was understood.
    """
    numeric = {name: v for name, v in columns.items() if v.dtype.kind in "iuf" and len(v) > 2}
    clock = next((name for name in numeric if _is_time(name, numeric[name])), None)
    rate_hz, unit = (100.0, "") if clock is None else _clock(numeric[clock])
    lines, left_out = [], []
    guesses: dict[str, tuple[str, float]] = {}
    for name in numeric:
        guess = _channel(name) if name != clock else None
        if guess is not None and guess[0] not in guesses:
            guesses[guess[0]] = (name, guess[1])
        elif name != clock:
            left_out.append(name)
    # One unit for all axes of a sensor, chosen by the largest of them.
    sizes: dict[str, float] = {}
    for channel, (name, _) in guesses.items():
        stem = channel.rpartition("_")[0]
        sizes[stem] = max(sizes.get(stem, 0.0), _size(numeric[name]))
    for channel, (name, sign) in guesses.items():
        quantity_channel, word = _unit(channel, sizes[channel.rpartition("_")[0]])
        scale = ", scale = -1" if sign < 0 else ""
        lines.append(
            f"{quantity_channel} = {{ column = {_quote(name)}, unit = {_quote(word)}{scale} }}"
        )
    if not lines:
        raise GaitcastError(
            "no column name is known",
            hint="Write a mapping.toml by hand: docs/own-data.md shows one",
        )
    head = ["# Guessed from the names and sizes of the columns: check every line before use."]
    head.append(
        f"rate_hz = {rate_hz:g}" + ("" if clock else "  # assumed: there is no time column")
    )
    if clock:
        head.append(f"time = {{ column = {_quote(clock)}, unit = {_quote(unit)} }}")
    if left_out:
        shown = [name.replace("\n", " ") for name in left_out[:20]]
        head.append(
            f"# not understood: {', '.join(shown)}" + (" ..." if len(left_out) > 20 else "")
        )
    return "\n".join([*head, "", "[channels]", *lines]) + "\n", left_out


def _quote(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + re.sub(r"[\x00-\x1f\x7f]", lambda m: f"\\u{ord(m[0]):04x}", escaped) + '"'


def _is_time(name: str, values: np.ndarray) -> bool:
    word = re.sub(r"\W*[\[(].*", "", name).strip().lower()
    if word not in _TIME:
        return False
    finite = values[np.isfinite(values)]
    return len(finite) == len(values) and bool((np.diff(finite.astype(float)) > 0).mean() > 0.9)


def _clock(values: np.ndarray) -> tuple[float, str]:
    """Rate and unit of a time column, by its step: recordings run at 10 to 5,000 Hz."""
    step = float(np.median(np.diff(values.astype(float))))
    unit, scale = ("s", 1.0) if step <= 0.1 else ("ms", 1e-3) if step <= 100 else ("us", 1e-6)
    rate = 1 / (step * scale)
    return (round(rate) if rate > 10 else rate), unit


def _channel(name: str) -> tuple[str, float] | None:
    """Channel and sign that the words of a column name stand for."""
    words = [word.lower() for word in _WORD.findall(name)]
    side = next((_SIDE[w] for w in words if w in _SIDE), "center")
    segment = next((_SEGMENT[w] for w in words if w in _SEGMENT), None)
    # "ankle flexion moment" is a moment: the last word gives the quantity.
    quantity = next((_QUANTITY[w] for w in reversed(words) if w in _QUANTITY), None)
    axis = next((w for w in reversed(words) if w in ("x", "y", "z")), None)
    if quantity == "force" or quantity == "cop":
        segment, quantity = "plate", "force" if quantity == "force" else "pos"
        axis = axis or ("z" if "vertical" in words or "v" in words else None)
    if quantity is None and segment is not None and axis is not None:
        quantity = "pos"
    if quantity in ("angle", "moment", "torque"):
        if segment not in ("ankle", "knee", "hip", "shoulder", "elbow", "wrist", "trunk"):
            return None
        axis = next((_PLANE[w] for w in words if w in _PLANE), "flexion")
        against = _AGAINST & set(words)
        # A plantarflexor or extensor moment resists the motion: it is positive here.
        resists = quantity != "angle" and bool(against)
        drives = quantity != "angle" and not against
        sign = -1.0 if (against and not resists) or (drives and "dorsi" in words) else 1.0
    else:
        sign = 1.0
    if segment is None or quantity is None or axis is None:
        return None
    channel = f"{side}_{segment}_{quantity}_{axis}"
    try:
        Channel.parse(channel)
    except GaitcastError:
        return None
    return channel, sign


def _size(values: np.ndarray) -> float:
    finite = np.abs(values[np.isfinite(values)].astype(float))
    return float(np.percentile(finite, 95)) if len(finite) else 0.0


def _unit(channel: str, size: float) -> tuple[str, str]:
    """The channel, perhaps of another quantity, and its unit by the size of the numbers."""
    parts = Channel.parse(channel)
    small, large, limit = _UNITS[parts.quantity]
    unit = large if size > limit else small
    if parts.quantity == "moment" and unit == "N m":
        return f"{parts.side}_{parts.segment}_torque_{parts.axis}", unit
    return channel, unit
