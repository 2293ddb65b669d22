"""What a gait event is."""

from __future__ import annotations

from dataclasses import dataclass

HEEL_STRIKE, FOOT_FLAT, HEEL_OFF, TOE_OFF = "heel_strike", "foot_flat", "heel_off", "toe_off"
KINDS = (HEEL_STRIKE, FOOT_FLAT, HEEL_OFF, TOE_OFF)


@dataclass(frozen=True)
class Event:
    """One event of one foot.

    Parameters
    ----------
    kind : str
        One of `KINDS`.
    time_s : float
        When it happened.
    detected_s : float
        Time of the sample at which the detector could say so.
    """

    kind: str
    time_s: float
    detected_s: float

    @property
    def latency_ms(self) -> float:
        """How late it was told; negative where it was told before it happened."""
        return 1000 * (self.detected_s - self.time_s)
