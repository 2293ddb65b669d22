"""Single pairs of landmarks with left and right exchanged, by the other pairs of the legs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np

Points = Mapping[tuple[str, str], np.ndarray]
#: A thigh or shank to the other side's end is longer by more than this, m, in most frames.
_LEAST_M = 0.02
_LEAST_FRAMES = 5


def warn_pairs(points: Points, landmarks: Sequence[str]) -> Iterator[str]:
    """Pairs that lie nearer to the other side's hip, knee and ankle than to their own.

    Parameters
    ----------
    points : dict of (str, str) to numpy.ndarray, shape (n, 3)
        By side and landmark, m.
    landmarks : sequence of str
        Those that may be compared.
    """
    names = [n for n in landmarks if ("left", n) in points and ("right", n) in points]
    relations = np.zeros((len(names), len(names)))
    for i, one in enumerate(names):
        for j, other in enumerate(names[:i]):
            relations[i, j] = relations[j, i] = _relation(points, one, other)
    sides = _two_groups(relations)
    fewer = [n for n, side in zip(names, sides, strict=True) if side < 0]
    if not fewer:
        return
    if 2 * len(fewer) < int(np.count_nonzero(sides)):
        yield f"left and right {', '.join(fewer[:3])} look swapped: they fit the other leg"
    else:
        rest = [n for n, side in zip(names, sides, strict=True) if side > 0]
        yield (
            f"left and right {', '.join(fewer[:3])} do not fit those of {', '.join(rest[:3])}: "
            "are labels swapped?"
        )


def _relation(points: Points, one: str, other: str) -> float:
    """1 where two pairs are on the same sides, -1 where one is exchanged, 0 if it is not clear."""
    own, crossed = (
        sum(
            np.linalg.norm(points[side, one] - points[twin, other], axis=1)
            for side, twin in zip(("left", "right"), twins, strict=True)
        )
        for twins in (("left", "right"), ("right", "left"))
    )
    longer = np.asarray(crossed - own)
    longer = longer[np.isfinite(longer)]
    if len(longer) < _LEAST_FRAMES:
        return 0.0
    low, middle, high = np.percentile(longer, [25, 50, 75])
    if middle > _LEAST_M and low > 0:
        return 1.0
    return -1.0 if middle < -_LEAST_M and high < 0 else 0.0


def _two_groups(relations: np.ndarray) -> np.ndarray:
    """1 for each pair of the larger group that belongs together, -1 for the others, 0 for none."""
    sides = np.ones(len(relations))
    for _ in range(len(relations)):
        fit = sides * (relations @ sides)
        if not len(fit) or fit.min() >= 0:
            break
        sides[int(fit.argmin())] *= -1
    sides[np.abs(relations).sum(axis=1) == 0] = 0
    return -sides if (sides < 0).sum() > (sides > 0).sum() else sides
