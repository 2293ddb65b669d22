"""Which of x, y and z of a joint is flexion: programs differ, so judged by how far each moves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from gaitcast.io.column_meaning import Meaning
from gaitcast.units import factor

#: Flexion moves so many times further than any other axis, where it can be seen ...
_CLEARLY = 2.0
#: ... and so far, deg: a standing person shows nothing, and no joint goes half round.
_RANGE_DEG = (12.0, 180.0)
_MOST_RAD = 6.3


@dataclass(frozen=True)
class JointAxes:
    """What is known of columns that only say x, y or z of a joint.

    Parameters
    ----------
    found : dict of str to Meaning
        Columns of flexion.
    left_out : dict of str to str
        Other columns -> why.
    notes : tuple of str
        One for each joint whose flexion was assumed.
    """

    found: dict[str, Meaning]
    left_out: dict[str, str]
    notes: tuple[str, ...]


def joint_axes(named: Mapping[str, Meaning], columns: Mapping[str, np.ndarray]) -> JointAxes:
    """Name the plane of x, y or z of joints by the spans of their angles, all sides together.

    Parameters
    ----------
    named : dict of str to Meaning
        Column -> its meaning, whose axis is ``x``, ``y`` or ``z``.
    columns : mapping of str to numpy.ndarray, shape (n,)
        As read.

    Returns
    -------
    JointAxes
        A moment has the axis of its joint's angle. Flexion has the sign of the file.
    """
    found: dict[str, Meaning] = {}
    left_out: dict[str, str] = {}
    notes = []
    for joint in dict.fromkeys(meaning.segment for meaning in named.values()):
        own = {name: m for name, m in named.items() if m.segment == joint}
        spans = _spans(own, columns)
        axis = _flexion(spans)
        for name, meaning in own.items():
            if meaning.axis == axis:
                found[name] = replace(meaning, axis="flexion")
            else:
                rest = f"; {axis} was taken for flexion" if axis else ", and no axis moves far more"
                left_out[name] = f"'{meaning.axis}' of a joint says no plane{rest}"
        if axis:
            shown = "; ".join(
                f"{side} {', '.join(f'{a} {span:.0f}' for a, span in sorted(sizes.items()))}"
                for side, sizes in spans.items()
            )
            notes.append(
                f"assumed: {axis} of the {joint} is its flexion, with the sign of the file (spans "
                f"in deg: {shown})"
            )
    return JointAxes(found, left_out, tuple(notes))


def _spans(
    own: Mapping[str, Meaning], columns: Mapping[str, np.ndarray]
) -> dict[str, dict[str, float]]:
    """Side -> axis -> how far the angle moves, deg."""
    known = {
        name: values[np.isfinite(values)]
        for name, meaning in own.items()
        if meaning.quantity == "angle" and len(values := columns[name].astype(float))
    }
    largest = max((float(np.abs(v).max(initial=0.0)) for v in known.values()), default=0.0)
    by_size = "deg" if largest > _MOST_RAD else "rad"
    spans: dict[str, dict[str, float]] = {}
    for name, values in known.items():
        if len(values):
            meaning = own[name]
            span = float(np.ptp(np.percentile(values, [2, 98])))
            in_deg = abs(factor(meaning.unit or by_size, "angle"))
            spans.setdefault(meaning.side, {})[meaning.axis] = span * in_deg
    return spans


def _flexion(spans: Mapping[str, Mapping[str, float]]) -> str:
    """The axis that clearly moves furthest on every side; empty if there is none."""
    clear = set()
    for sizes in spans.values():
        order = sorted(sizes, key=lambda axis: sizes[axis])
        largest = sizes[order[-1]]
        if len(order) < 2 or not _RANGE_DEG[0] < largest < _RANGE_DEG[1]:
            return ""
        if largest < _CLEARLY * sizes[order[-2]]:
            return ""
        clear.add(order[-1])
    return clear.pop() if len(clear) == 1 else ""
