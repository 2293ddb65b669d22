"""In which unit the markers of a person are, by how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gaitcast.marker_labels import landmark
from gaitcast.units import factor

#: What markers are written in, in the order of how common it is.
_UNITS = ("m", "mm", "cm", "in")
#: The markers of a person, and of any body part, span this much, m.
_SPAN_M, _PART_M = (0.3, 3.2), (0.05, 10.0)
#: From the knee to the ankle of a toddler and of a giant; of those who mostly walk, m.
_SHANK_M, _USUAL_SHANK_M = (0.1, 0.75), (0.28, 0.48)
_CHILD_SHANK_M = 0.2
#: Without knee and ankle: markers of whole legs, and of a whole person with the arms down, m.
_USUAL_SPAN_M = (0.6, 2.1)
#: So many markers are hardly all on one hand or foot, whose span is below this, m.
_MANY, _HAND_M = 6, 0.15


@dataclass(frozen=True)
class MarkerSizes:
    """How far markers are apart, in the unit of the file.

    Parameters
    ----------
    span : float or None
        Of all markers of a frame, median over the frames; None of two or fewer.
    shank : float or None
        From a knee to the ankle of the same side, by the labels.
    count : int
        Of markers.
    """

    span: float | None
    shank: float | None
    count: int

    def contradict(self, unit: str) -> bool:
        """Whether they are of no person's size in a unit."""
        scale = factor(unit, "pos")
        span = self.span is None or _within(self.span * scale, _PART_M)
        return not (span and (self.shank is None or _within(self.shank * scale, _SHANK_M)))

    def is_doubtful(self, unit: str) -> bool:
        """Whether they could be a hand's, but are too many, or those of a very small child."""
        scale = factor(unit, "pos")
        hand = self.span is not None and self.span * scale < _HAND_M and self.count >= _MANY
        return hand or (self.shank is not None and self.shank * scale < _CHILD_SHANK_M)

    def fitting(self) -> list[str]:
        """Units that make a person of them; several where size cannot tell them apart."""
        possible = [u for u in _UNITS if self._fits(u, _SPAN_M, _SHANK_M)]
        usual_span = _SPAN_M if self.shank is not None else _USUAL_SPAN_M
        usual = [u for u in possible if self._fits(u, usual_span, _USUAL_SHANK_M)]
        return usual if len(usual) == 1 else possible

    def _fits(self, unit: str, span_m: tuple[float, float], shank_m: tuple[float, float]) -> bool:
        scale = factor(unit, "pos")
        return (
            self.span is not None
            and _within(self.span * scale, span_m)
            and (self.shank is None or _within(self.shank * scale, shank_m))
        )


def marker_sizes(names: Sequence[str], points: np.ndarray) -> MarkerSizes:
    """How far the markers of a person are apart.

    Parameters
    ----------
    names : sequence of str
        Labels.
    points : numpy.ndarray, shape (frames, markers, 3)
        NaN where hidden.
    """
    return MarkerSizes(_span(points), _shank(names, points), points.shape[1])


def _within(value: float, limits: tuple[float, float]) -> bool:
    return limits[0] <= value <= limits[1]


def _span(points: np.ndarray) -> float | None:
    if points.shape[1] < 3:
        return None
    low = np.where(np.isfinite(points), points, np.inf).min(axis=1)
    high = np.where(np.isfinite(points), points, -np.inf).max(axis=1)
    spans = (high - low).max(axis=1)
    spans = spans[np.isfinite(spans) & (spans > 0)]
    return float(np.median(spans)) if len(spans) else None


def _shank(names: Sequence[str], points: np.ndarray) -> float | None:
    places = {known: k for k, name in enumerate(names) if (known := landmark(name))}
    for side in ("left", "right"):
        for knee, ankle in (("lateral", "lateral"), ("centre", "centre"), ("medial", "medial")):
            ends = [places.get((side, f"knee_{knee}")), places.get((side, f"ankle_{ankle}"))]
            if None not in ends:
                apart = np.linalg.norm(points[:, ends[0]] - points[:, ends[1]], axis=1)
                apart = apart[np.isfinite(apart)]
                if len(apart) and np.median(apart) > 0:
                    return float(np.median(apart))
    return None
