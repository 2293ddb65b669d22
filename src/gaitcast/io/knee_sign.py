"""Which way the knees of a model bend, by the larger excursion: models write flexion either way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

#: A knee that bends so far flexes, deg: none hyperextends that much ...
_FLEXES_DEG = 25.0
#: ... and it bends so many times further than the other way.
_MOSTLY = 2.0
#: More than that is said where it is not certain, deg.
_SAID_DEG = 10.0


@dataclass(frozen=True)
class KneeSigns:
    """How knee angles are turned so that flexion is positive.

    Parameters
    ----------
    signs : dict of str to float
        Column -> -1 where flexion is negative in the model, else 1.
    notes : tuple of str
        A warning of each reversal, and of what is not certain.
    """

    signs: dict[str, float]
    notes: tuple[str, ...]


def knee_signs(angles_deg: Mapping[str, np.ndarray]) -> KneeSigns:
    """Judge the knees of one file.

    Parameters
    ----------
    angles_deg : dict of str to numpy.ndarray, shape (n,)
        Column -> knee flexion as the file has it, deg.

    Returns
    -------
    KneeSigns
        A knee that swings is judged by itself, one that hardly moves as the other one. Where
        neither swings, the sign stays as stated.
    """
    ranges = {name: span for name, values in angles_deg.items() if (span := _range(values))}
    clear = {name: sign for name, span in ranges.items() if (sign := _clear(*span))}
    common = set(clear.values())
    shared = common.pop() if len(common) == 1 else 1.0
    signs = {name: clear.get(name, shared) for name in angles_deg}
    notes = []
    turned = [name for name, sign in signs.items() if sign < 0 and name in ranges]
    if turned:
        spans = ", ".join(f"{name} {_shown(ranges[name])}" for name in turned)
        notes.append(f"warning: knee flexion is negative in this model ({spans}): sign reversed")
    for name, (low, high) in ranges.items():
        if signs[name] > 0 and name not in clear and -low > max(_SAID_DEG, high):
            notes.append(
                f"warning: {name} lies at {_shown((low, high))}: hyperextended, or flexion is "
                "negative in the model? Taken as written"
            )
    return KneeSigns(signs, tuple(notes))


def _range(values: np.ndarray) -> tuple[float, float] | None:
    known = values[np.isfinite(values)]
    if not len(known):
        return None
    low, high = np.percentile(known, [1, 99])
    return float(low), float(high)


def _clear(low: float, high: float) -> float:
    """1 or -1 where the larger excursion can only be flexion, else 0."""
    most, sign = (high, 1.0) if high >= -low else (-low, -1.0)
    other = max(-low if sign > 0 else high, 0.0)
    return sign if most > _FLEXES_DEG and most > _MOSTLY * other else 0.0


def _shown(span: tuple[float, float]) -> str:
    return f"{span[0]:.0f} to {span[1]:.0f} deg"
