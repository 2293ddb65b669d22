"""Channel names: one grammar for every signal.

Channel names follow one grammar, ``side_segment_quantity_axis``:

* side: ``left``, ``right``, ``center``, or ``ipsi``/``contra`` where a source
  does not say which leg carries the sensors;
* segment: a body segment or joint (``foot``, ``shank``, ``ankle`` ...); ``plate`` is the
  ground under that side's foot, ``plate1``, ``plate2`` ... are a laboratory's plates before it is
  known who stands on them; of a ``marker``, its ``vel`` and ``accel`` it is the laboratory's own
  label, of ``emg`` the muscle (``vastusmedialis``);
* quantity: a key of :data:`gaitcast.units.CANONICAL`, which fixes the unit; ``accdev`` and
  ``gyrdev`` are the difference between an IMU's reading and the wearer's usual reading at the same
  part of a step; ``anglesd`` is the standard deviation of an estimated angle;
* axis: ``x y z`` for vectors (z up, x forward, y left), ``flexion adduction
  rotation`` for joint angles (flexion and dorsiflexion positive) and for joint
  moments (those that resist: the ankle's plantarflexor moment is positive),
  ``roll pitch yaw`` for tilts; ``raw rectified envelope`` for EMG. A ``torque`` (N m, not divided
  by the mass) has either kind.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Sequence
from dataclasses import dataclass

from gaitcast.errors import GaitcastError, nearest
from gaitcast.units import CANONICAL

SIDES = ("left", "right", "center", "ipsi", "contra")
SEGMENTS = (
    "foot", "shank", "thigh", "pelvis", "trunk", "head", "arm", "forearm", "hand",
    "ankle", "knee", "hip", "shoulder", "elbow", "wrist", "heel", "toe", "plate", "body",
)  # fmt: skip
VECTOR_AXES = ("x", "y", "z")
ANGLE_AXES = ("flexion", "adduction", "rotation")
TILT_AXES = ("roll", "pitch", "yaw")
#: What stands in the place of an axis: the electrodes' signal, and what signal steps make of it.
EMG_AXES = ("raw", "rectified", "envelope")
_AXES = {
    "angle": ANGLE_AXES,
    "anglesd": ANGLE_AXES,
    "tilt": TILT_AXES,
    "moment": ANGLE_AXES,
    "stiffness": ANGLE_AXES,
    "torque": VECTOR_AXES + ANGLE_AXES,
    "emg": EMG_AXES,
}
#: Words that may stand for the segment besides `SEGMENTS`, by quantity.
_FREE_SEGMENT = {
    "marker": re.compile(r"[A-Za-z0-9.+#*'-]+"),
    "vel": re.compile(r"[A-Za-z0-9.+#*'-]+"),
    "accel": re.compile(r"[A-Za-z0-9.+#*'-]+"),
    "emg": re.compile(r"[A-Za-z0-9.+#*'-]+"),
    "force": re.compile(r"plate[1-9]\d?"),
    "torque": re.compile(r"plate[1-9]\d?"),
    "pos": re.compile(r"plate[1-9]\d?"),
}


@dataclass(frozen=True)
class Channel:
    """One measured or derived signal, named ``side_segment_quantity_axis``.

    Parameters
    ----------
    side : str
        ``left``, ``right``, ``center``, or ``ipsi`` and ``contra`` to the sensors.
    segment : str
        Body segment or joint, such as ``foot`` or ``ankle``; ``plate`` for the ground under a foot.
    quantity : str
        A key of :data:`gaitcast.units.CANONICAL`, such as ``acc`` or ``angle``; it fixes the unit.
    axis : str
        ``x``, ``y`` or ``z`` of vectors; ``flexion``, ``adduction`` or ``rotation`` of joints;
        ``roll``, ``pitch`` or ``yaw`` of tilts.
    """

    side: str
    segment: str
    quantity: str
    axis: str

    @classmethod
    def parse(cls, name: str) -> Channel:
        """Read a channel name.

        Raises
        ------
        GaitcastError
            If a part is missing or unknown; the hint is the nearest valid word.
        """
        parts = name.split("_")
        if len(parts) != 4:
            raise GaitcastError(
                f"channel name '{name}' is not side_segment_quantity_axis",
                hint="Write for example 'right_foot_acc_x'",
            )
        known = (SIDES, SEGMENTS, tuple(CANONICAL), _AXES.get(parts[2], VECTOR_AXES))
        for part, words, what in zip(
            parts, known, ("side", "segment", "quantity", "axis"), strict=True
        ):
            free = _FREE_SEGMENT.get(parts[2]) if what == "segment" else None
            if part not in words and not (free and free.fullmatch(part)):
                raise GaitcastError(
                    f"unknown {what} '{part}' in channel name '{name}'", hint=nearest(part, words)
                )
        return cls(*parts)

    @property
    def name(self) -> str:
        """``side_segment_quantity_axis``."""
        return f"{self.side}_{self.segment}_{self.quantity}_{self.axis}"

    @property
    def unit(self) -> str:
        """Canonical unit of the channel's quantity."""
        return CANONICAL[self.quantity]


#: ``Left``/``left`` as a word, or a letter before another capital, a digit or a break.
_SIDED_LABEL = re.compile(r"(?:Left|Right|left|right)(?![a-z])|[LR](?=[A-Z0-9_. -])|[lr](?=[_. ])")


def marker_channels(label: str) -> tuple[str, str, str]:
    """Channels of a marker, from the laboratory's label of it.

    Parameters
    ----------
    label : str
        Such as ``"LASI"``, ``"R_FLE"`` or ``"R KNEE LAT"``; its first letter or word gives the
        side.

    Returns
    -------
    tuple of str
        ``side_label_marker_x``, ``_y``, ``_z``; ``.`` replaces characters that a channel name
        cannot hold.
    """
    sided = _SIDED_LABEL.match(label)
    side = {"l": "left", "r": "right"}[label[0].lower()] if sided else "center"
    word = re.sub(r"[^A-Za-z0-9.+#*'-]+", ".", label.strip()) or "unnamed"
    x, y, z = (f"{side}_{word}_marker_{axis}" for axis in VECTOR_AXES)
    return x, y, z


def match_channels(names: Sequence[str], patterns: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Channel names that match any of the shell-style patterns, in their own order.

    Parameters
    ----------
    patterns : sequence of str
        Names or patterns such as ``"*_foot_acc_*"``.

    Returns
    -------
    tuple of str
        Each match once.

    Raises
    ------
    GaitcastError
        If a pattern matches nothing.
    """
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            raise GaitcastError(
                f"no channel matches '{pattern}'", where=where, hint=nearest(pattern, list(names))
            )
    return tuple(n for n in names if any(fnmatch.fnmatchcase(n, p) for p in patterns))
