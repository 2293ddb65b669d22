"""Which samples a part of a fold holds, recognised by content and not by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from gaitcast.models import Signature
from gaitcast.tasks import Series

#: Samples of the target in a row that are taken for the same if they are equal to the last bit. An
#: encoder's coarse steps repeat by chance over 12 samples in 7 % of a walk, over 40 nowhere.
RUN = 40
_PRIME = np.uint64(0x9E3779B97F4A7C15)


def used(series: Series, shape: Signature) -> np.ndarray:
    """Samples that stand in a window.

    Parameters
    ----------
    series : Series
        Whose windows all count, or those it owns.
    shape : Signature
        History and horizon.

    Returns
    -------
    numpy.ndarray, shape (n,)
        Bool.
    """
    if series.mask is None:
        return np.full(len(series), len(series) >= shape.span)
    count = len(series) - shape.span + 1
    edges = np.zeros(len(series) + 1, int)
    starts = np.flatnonzero(series.mask[shape.history - 1 :][: max(count, 0)])
    np.add.at(edges, starts, 1)
    np.add.at(edges, starts + shape.span, -1)
    return np.cumsum(edges)[:-1] > 0


def fingerprints(targets: np.ndarray, run: int = RUN) -> np.ndarray:
    """A number for every run of samples, equal for equal runs.

    Parameters
    ----------
    targets : numpy.ndarray, shape (n, targets)
        Physical units.
    run : int
        Samples of a run.

    Returns
    -------
    numpy.ndarray of uint64, shape (n - run + 1,)
        0 where the target changes at fewer than half of its samples (a person who stands, or an
        encoder's coarse steps, may look the same anywhere), or is not known at one.
    """
    if len(targets) < run:
        return np.empty(0, np.uint64)
    bits = np.ascontiguousarray(targets, np.float32).view(np.uint32).astype(np.uint64)
    with np.errstate(over="ignore"):
        weights = _PRIME ** np.arange(1, bits.shape[1] + 1, dtype=np.uint64)
        rows = (_scrambled(bits) * weights).sum(axis=1, dtype=np.uint64)
        count = len(rows) - run + 1
        powers = _PRIME ** np.arange(run, dtype=np.uint64)
        marks = sum((rows[k : k + count] * powers[k] for k in range(run)), np.zeros((), np.uint64))
    views = np.lib.stride_tricks.sliding_window_view(targets, run, axis=0)
    changes = (np.diff(views, axis=-1) != 0).any(axis=1).sum(axis=-1)
    still = (2 * changes < run - 1) | ~np.isfinite(views).all(axis=(1, 2))
    return np.where(still, np.uint64(0), np.asarray(marks))


def _scrambled(bits: np.ndarray) -> np.ndarray:
    mixed = (bits ^ (bits >> np.uint64(15))) * np.uint64(0xBF58476D1CE4E5B9)
    return mixed ^ (mixed >> np.uint64(29))


def part_runs(part: Iterable[Series], shape: Signature) -> np.ndarray:
    """Fingerprints of all runs that stand in a window of a part.

    Parameters
    ----------
    part : iterable of Series
        Physical units.
    shape : Signature
        History and horizon.

    Returns
    -------
    numpy.ndarray of uint64
        Without those that hardly change.
    """
    found = [np.empty(0, np.uint64)]
    for series in part:
        marks = fingerprints(series.targets, min(RUN, shape.span))
        inside = used(series, shape)[: len(marks)]
        found.append(marks[inside & (marks != 0)])
    return np.concatenate(found)


def shared(one: np.ndarray, other: np.ndarray) -> float:
    """Share of the runs of one part that also stand in another.

    Parameters
    ----------
    one, other : numpy.ndarray of uint64
        From :func:`part_runs`.

    Returns
    -------
    float
        0 to 1; 0 if there are none.
    """
    return float(np.isin(one, other).mean()) if len(one) else 0.0


def foreign_pairs(part: Sequence[Series], shape: Signature, known: np.ndarray) -> int:
    """How often two neighbouring samples in a window are neighbours in no recording.

    Parameters
    ----------
    part : sequence of Series
        Physical units.
    shape : Signature
        History and horizon.
    known : numpy.ndarray of uint64
        Fingerprints of all pairs of neighbours in recordings.

    Returns
    -------
    int
        Pairs.
    """
    count = 0
    for series in part:
        marks = fingerprints(series.targets, 2)
        inside = used(series, shape)[: len(marks)]
        count += int((~np.isin(marks[inside & (marks != 0)], known)).sum())
    return count
