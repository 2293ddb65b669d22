"""Put events into a recording, and compare detected events with known ones."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from gaitcast.recording import Recording
from gaitcast.runtime.gait_event import KINDS, Event


def with_events(recording: Recording, side: str, events: Iterable[Event]) -> Recording:
    """Replace the events of one side of a recording.

    Parameters
    ----------
    side : str
        ``left``, ``right``, ``ipsi`` ...

    Returns
    -------
    Recording
        With ``{side}_heel_strike`` ... in its events, each ascending, s.
    """
    found = list(events)
    times = {
        f"{side}_{kind}": np.array(sorted(e.time_s for e in found if e.kind == kind))
        for kind in KINDS
    }
    return replace(recording, events={**recording.events, **times})


@dataclass(frozen=True)
class Agreement:
    """How well detected events match known ones.

    Parameters
    ----------
    hits, missed, extra : int
        Known events detected, known events missed, detected events without a known one.
    errors_ms : numpy.ndarray, shape (hits,)
        Detected minus known.
    """

    hits: int
    missed: int
    extra: int
    errors_ms: np.ndarray

    @property
    def f1(self) -> float:
        """Harmonic mean of precision and recall, 0 to 1; 1 where there is no event at all."""
        total = 2 * self.hits + self.missed + self.extra
        return 2 * self.hits / total if total else 1.0

    def __add__(self, other: Agreement) -> Agreement:
        errors = np.concatenate([self.errors_ms, other.errors_ms])
        return Agreement(
            self.hits + other.hits, self.missed + other.missed, self.extra + other.extra, errors
        )


def compare_events(found_s: np.ndarray, known_s: np.ndarray, *, tolerance_ms: float) -> Agreement:
    """Match detected events to known ones, nearest pairs first, each used once.

    Parameters
    ----------
    found_s, known_s : numpy.ndarray
        Event times, s.
    tolerance_ms : float
        Largest difference within a pair.
    """
    found, known = np.sort(found_s), np.sort(known_s)
    apart = np.abs(found[:, None] - known[None, :])
    pairs = np.argwhere(apart <= tolerance_ms / 1000 + 1e-9).tolist()
    used_found: set[int] = set()
    used_known: set[int] = set()
    errors = []
    for i, j in sorted(pairs, key=lambda pair: float(apart[pair[0], pair[1]])):
        if i not in used_found and j not in used_known:
            used_found.add(i)
            used_known.add(j)
            errors.append(1000 * (found[i] - known[j]))
    hits = len(errors)
    return Agreement(hits, len(known) - hits, len(found) - hits, np.array(errors))
