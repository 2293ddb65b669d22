"""Warnings about a recording: its clock, its values, its sides."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.quality.body_sizes import warn_body, warn_forces, warn_pressure
from gaitcast.quality.sides import warn_sides
from gaitcast.quality.sizes import (
    is_cyclic,
    warn_angles,
    warn_ankle_sign,
    warn_counters,
    warn_fields,
    warn_moments,
    warn_planes,
    warn_rate,
)
from gaitcast.recording import Recording

#: A run of equal extreme values this long means that the sensor is at its limit.
_CLIPPED_SAMPLES = 5
#: What an accelerometer's vertical axis reads in g: its median in a walk, and almost all of it.
_ONE_G, _MOST_G = (0.75, 1.3), 5.0
#: Quantity -> usual range of the 99th percentile of its absolute value, canonical unit.
_SIZES = {
    "acc": (0.5, 400.0), "gyr": (15.0, 3000.0), "angle": (1.0, 190.0), "moment": (0.02, 8.0),
    "force": (1.0, 6000.0), "grf": (0.1, 60.0), "marker": (0.01, 50.0), "pos": (0.005, 2000.0),
}  # fmt: skip


def find_warnings(recording: Recording) -> list[str]:
    """All warnings, one line each; an empty list for a sound recording."""
    checks = (
        _warn_time, warn_rate, _warn_values, warn_counters, warn_angles, warn_planes, warn_moments,
        warn_ankle_sign, warn_fields,
        warn_body, warn_forces, warn_pressure, warn_sides,
    )  # fmt: skip
    return [warning for check in checks for warning in check(recording)]


def _warn_time(recording: Recording) -> Iterator[str]:
    steps = np.diff(recording.time_s)
    steps = steps[steps <= recording.max_gap_s + 1e-9]
    gaps = len(recording.segments()) - 1
    if gaps:
        yield f"{gaps} gaps above {recording.max_gap_s:g} s"
    if len(steps) < 2:
        return
    middle = float(np.median(steps))
    unsteady = float((np.abs(steps - middle) > 0.2 * middle).mean())
    if unsteady > 0.01:
        yield f"the clock jitters: {unsteady:.0%} of the steps are off by more than a fifth"
    measured = 1 / float(steps.mean())
    if abs(measured / recording.rate_hz - 1) > 0.02:
        rate = f"the rate is {recording.rate_hz:.4g} Hz"
        yield f"samples come at {measured:.4g} Hz on average, {rate}"


def _warn_values(recording: Recording) -> Iterator[str]:
    flat: list[str] = []
    clipped: list[str] = []
    small: list[str] = []
    large: list[str] = []
    hidden: list[str] = []
    for name in recording.channels:
        values = recording.column(name)
        known = values[np.isfinite(values)]
        if not len(known):
            hidden.append(name)
            continue
        quantity = Channel.parse(name).quantity
        if len(known) > 20 and np.ptp(known) == 0 and quantity not in ("marker", "torque", "pos"):
            flat.append(name)
            continue
        if quantity in ("acc", "gyr") and _longest_extreme(known) >= _CLIPPED_SAMPLES:
            clipped.append(name)
        size = np.percentile(np.abs(known), 99)
        low, high = _SIZES.get(quantity, (0.0, np.inf))
        # Components of a vector may be small; all of them together may not.
        if size > high:
            large.append(name)
        elif 0 < size < low and quantity == "gyr":
            small.append(name)
    for names, words in (
        (hidden, "never seen"),
        (flat, "flat: the same value throughout"),
        (clipped, "at the sensor's limit: equal extreme values in a row"),
        (large, "larger than in any gait: check the unit"),
    ):
        if names:
            yield f"{_some(names)} {words}"
    groups = {name.rsplit("_", 1)[0] for name in small}
    tiny = [
        group
        for group in sorted(groups)
        if all(f"{group}_{a}" in small for a in VECTOR_AXES)
        and _moves(recording, group.replace("_gyr", "_acc"))
    ]
    if tiny:
        yield f"{_some(tiny)} smaller than in any gait: perhaps in rad/s"
    yield from _warn_gravity(recording)


def _some(names: list[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _longest_extreme(values: np.ndarray) -> int:
    """Length of the longest run of samples at the least or the greatest value."""
    longest = 0
    for extreme in (values.min(), values.max()):
        at = np.flatnonzero(np.concatenate([[False], values == extreme, [False]]) == 0)
        longest = max(longest, int(np.diff(at).max()) - 1)
    return longest if np.ptp(values) > 0 else 0


def _moves(recording: Recording, group: str) -> bool:
    """Whether a sensor's accelerometer, or else its gyroscope, shows more than standing."""
    triple = [f"{group}_{axis}" for axis in VECTOR_AXES]
    if not set(triple) <= set(recording.channels):
        turns = group.replace("_acc", "_gyr")
        return any(is_cyclic(recording, f"{turns}_{axis}") for axis in VECTOR_AXES)
    norms = np.linalg.norm(recording.matrix(triple), axis=1)
    norms = norms[np.isfinite(norms)]
    return bool(len(norms) and norms.std() > 1.5)


def _warn_gravity(recording: Recording) -> Iterator[str]:
    """At rest an accelerometer reads 9.81 m/s^2; its median over a walk is near that."""
    for name in recording.channels:
        triple = [name[:-1] + axis for axis in VECTOR_AXES]
        if name.endswith("_acc_z") and not set(triple) <= set(recording.channels):
            yield from _warn_one_axis(recording, name)
        if not name.endswith("_acc_x") or not set(triple) <= set(recording.channels):
            continue
        norms = np.linalg.norm(recording.matrix(triple), axis=1)
        norms = norms[np.isfinite(norms)]
        if not len(norms):
            continue
        middle = float(np.median(norms))
        if not 7.5 < middle < 40:  # runners reach 18
            word = name[:-2]
            why = (
                "in g, or gravity was subtracted" if middle < 7.5 else "in another unit than stated"
            )
            yield f"{word} has a median of {middle:.2g} m/s^2 instead of 9.8: perhaps {why}"


def _warn_one_axis(recording: Recording, name: str) -> Iterator[str]:
    """A vertical axis without the others, which has 1 where it should have 9.81."""
    values = np.abs(recording.column(name))
    values = values[np.isfinite(values)]
    if len(values) < 20:
        return
    middle, most = (float(np.percentile(values, p)) for p in (50, 99))
    if _ONE_G[0] < middle < _ONE_G[1] and most < _MOST_G:
        yield f"{name} has a median of {middle:.2g} m/s^2 and no other axis: perhaps in g"
