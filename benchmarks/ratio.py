"""One figure of a benchmark: what gaitcast takes, and what a named peer takes for the same."""

from __future__ import annotations

from typing import NamedTuple


class Ratio(NamedTuple):
    """Times of one task in one run.

    Parameters
    ----------
    what, peer : str
        The task, and who else does it.
    ours, theirs : float
        Time of gaitcast and of the peer.
    unit : str
        Of both.
    """

    what: str
    peer: str
    ours: float
    theirs: float
    unit: str

    @property
    def faster(self) -> float:
        """How many times as long the peer takes."""
        return self.theirs / self.ours

    def __str__(self) -> str:
        times = f"gaitcast {self.ours:.3g} {self.unit}, {self.peer} {self.theirs:.3g} {self.unit}"
        return f"{self.what}: {times} ({self.faster:.3g} times)"
