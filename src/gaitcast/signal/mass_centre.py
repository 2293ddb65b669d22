"""The body's centre of mass from markers: a weighted mean, without state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from gaitcast.channel import VECTOR_AXES, Channel
from gaitcast.errors import GaitcastError, nearest
from gaitcast.marker_labels import SEGMENT, landmark
from gaitcast.options import options
from gaitcast.signal.step import BoundStep, Step

#: Segments: share of the body mass, the landmarks at both ends, and how far from the first end the
#: centre of mass lies (de Leva 1996, mean of women and men; the trunk is between pelvis and neck).
_SEGMENTS: tuple[tuple[float, str, str, float], ...] = (
    (0.512, "pelvis", "neck", 0.57),
    (0.145, "hip", "knee", 0.43),
    (0.046, "knee", "ankle", 0.43),
    (0.013, "foot", "foot", 0.0),
    (0.026, "neck", "elbow", 0.6),
    (0.016, "elbow", "wrist", 0.45),
    (0.006, "hand", "hand", 0.0),
)
_POINTS = {
    "pelvis": ("asis", "psis"),
    "neck": ("c7", "sternal_notch"),
    "hip": ("trochanter",),
    "knee": ("knee_lateral",),
    "ankle": ("ankle_lateral",),
    "foot": ("heel", "mt5"),
    "elbow": ("elbow_lateral",),
    "wrist": ("wrist_radial", "wrist_ulnar"),
    "hand": ("hand",),
}


@options
class MassCentre(Step):
    """Add the place of the body's centre of mass as a marker, ``center_body_marker_AXIS``.

    Its acceleration is the force under both feet together, per mass.

    Parameters
    ----------
    kept : tuple of str
        Landmarks whose markers stay, such as ``heel``; all markers without any. Other channels
        always stay.

    Notes
    -----
    The weighted mean of 15 segments, from landmarks of both sides. Head and neck count as trunk.
    """

    name: ClassVar[str] = "mass_centre"
    kept: tuple[str, ...] = ()

    def bind(self, channels: tuple[str, ...], rate_hz: float) -> BoundMassCentre:
        """See :meth:`Step.bind`; raises if the marker of a landmark is missing or unknown."""
        del rate_hz
        for wanted in self.kept:
            if wanted not in SEGMENT:
                raise GaitcastError(
                    f"unknown landmark '{wanted}'",
                    where=f"step '{self.name}', kept",
                    hint=nearest(wanted, [*SEGMENT]),
                )
        spots = {name: _spot(Channel.parse(name)) for name in channels}
        weights = np.zeros((len(channels), 3))
        for spot, share in _shares().items():
            columns = [k for k, name in enumerate(channels) if spots[name] == spot]
            if not columns:
                raise GaitcastError(
                    f"no marker of the {spot.replace('_', ' ')}",
                    where=f"step '{self.name}'",
                    hint="Give markers of feet, ankles, knees, hips, pelvis, neck, arms, hands",
                )
            for k in columns:
                axis = VECTOR_AXES.index(Channel.parse(channels[k]).axis)
                weights[k, axis] = 3 * share / len(columns)
        kept = [k for k, name in enumerate(channels) if self._stays(spots[name])]
        made = tuple(f"center_body_marker_{axis}" for axis in VECTOR_AXES)
        return BoundMassCentre(channels, (*(channels[k] for k in kept), *made), kept, weights)

    def _stays(self, spot: str | None) -> bool:
        return spot is None or not self.kept or spot in self.kept


def _spot(channel: Channel) -> str | None:
    """Landmark of a channel; empty for a marker that is none, None for what is no marker."""
    if channel.quantity != "marker":
        return None
    found = landmark(channel.segment)
    own = channel.segment.replace("-", "_")
    return found[1] if found else own if own in SEGMENT else ""


def _shares() -> dict[str, float]:
    """Share of the body mass that moves with the mean of all markers of a landmark."""
    shares: dict[str, float] = {}
    for mass, first, second, way in _SEGMENTS:
        sides = 1 if first == "pelvis" else 2
        for point, part in ((first, 1 - way), (second, way)):
            for spot in _POINTS[point]:
                share = sides * mass * part / len(_POINTS[point])
                shares[spot] = shares.get(spot, 0.0) + share
    total = sum(shares.values())
    return {spot: share / total for spot, share in shares.items()}


@dataclass
class BoundMassCentre(BoundStep):
    """Weights, shape (inputs, 3), at work; `kept` are the columns that stay."""

    kept: list[int]
    weights: np.ndarray

    @property
    def state(self) -> np.ndarray:
        """Nothing is carried."""
        return np.zeros(0)

    @state.setter
    def state(self, value: np.ndarray) -> None:
        del value

    def process(self, samples: np.ndarray, dt_s: np.ndarray) -> np.ndarray:
        """See :meth:`BoundStep.process`."""
        del dt_s
        return np.hstack([samples[:, self.kept], samples @ self.weights])
