"""One gait event."""

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
        Time of the event.
    detected_s : float
        Time of the sample at which the detector reported it.
    """

    kind: str
    time_s: float
    detected_s: float

    @property
    def latency_ms(self) -> float:
        """Delay of the report; negative where it came before the event."""
        return 1000 * (self.detected_s - self.time_s)
