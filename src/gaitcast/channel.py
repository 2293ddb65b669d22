"""Channel names: one grammar for every signal.

Channel names follow one grammar, ``side_segment_quantity_axis``:

* side: ``left``, ``right``, ``center``, or ``ipsi``/``contra`` where a source
  does not say which leg carries the sensors;
* segment: a body segment or joint (``foot``, ``shank``, ``ankle`` ...);
* quantity: a key of :data:`gaitcast.units.CANONICAL`, which fixes the unit;
* axis: ``x y z`` for vectors (z up, x forward, y left), ``flexion adduction
  rotation`` for joint angles (flexion and dorsiflexion positive) and for joint
  moments (those that resist: the ankle's plantarflexor moment is positive),
  ``roll pitch yaw`` for tilts.
"""

from __future__ import annotations

import fnmatch
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
_AXES = {"angle": ANGLE_AXES, "tilt": TILT_AXES, "moment": ANGLE_AXES, "stiffness": ANGLE_AXES}


@dataclass(frozen=True)
class Channel:
    """One measured or derived signal; see the module's grammar."""

    side: str
    segment: str
    quantity: str
    axis: str

    @classmethod
    def parse(cls, name: str) -> Channel:
        """Read a channel name.

        Parameters
        ----------
        name : str
            ``side_segment_quantity_axis``.

        Returns
        -------
        Channel
            The parts.

        Raises
        ------
        GaitcastError
            If a part is missing or unknown; the nearest valid word is named.
        """
        parts = name.split("_")
        if len(parts) != 4:
            raise GaitcastError(
                f"channel name '{name}' is not side_segment_quantity_axis",
                mend="Write for example 'right_foot_acc_x'",
            )
        known = (SIDES, SEGMENTS, tuple(CANONICAL), _AXES.get(parts[2], VECTOR_AXES))
        for part, words, what in zip(
            parts, known, ("side", "segment", "quantity", "axis"), strict=True
        ):
            if part not in words:
                raise GaitcastError(
                    f"unknown {what} '{part}' in channel name '{name}'", mend=nearest(part, words)
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


def match_channels(names: Sequence[str], patterns: Sequence[str], *, where: str) -> tuple[str, ...]:
    """Channel names that match any of the shell-style patterns, in their own order.

    Parameters
    ----------
    names : sequence of str
        Channels at hand.
    patterns : sequence of str
        Names or patterns such as ``"*_foot_acc_*"``.
    where : str
        Said in the error.

    Returns
    -------
    tuple of str
        Every match once.

    Raises
    ------
    GaitcastError
        If a pattern matches nothing.
    """
    for pattern in patterns:
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names):
            raise GaitcastError(
                f"no channel matches '{pattern}'", where=where, mend=nearest(pattern, list(names))
            )
    return tuple(n for n in names if any(fnmatch.fnmatchcase(n, p) for p in patterns))
