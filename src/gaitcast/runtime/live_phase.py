"""Present phase of a foot in the stride and in the stance, from its past events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from statistics import median
from typing import Any

import numpy as np

from gaitcast.runtime.gait_event import HEEL_STRIKE, TOE_OFF, Event

#: A stride or stance of walking is shorter than this, s.
LONGEST_STRIDE_S, LONGEST_STANCE_S = 2.5, 2.0


@dataclass
class _State:
    strike_s: float | None = None
    off_s: float | None = None
    strides: list[float] = field(default_factory=list)
    stances: list[float] = field(default_factory=list)


class LivePhase:
    """Causal phases: time since heel strike over the median of the last strides.

    Parameters
    ----------
    strides : int
        Number of strides in the median.
    """

    def __init__(self, strides: int = 5) -> None:
        self.strides = strides
        self._state = _State()

    @property
    def state(self) -> dict[str, Any]:
        """Everything carried on, as plain numbers."""
        return asdict(self._state)

    @state.setter
    def state(self, value: dict[str, Any]) -> None:
        self._state = _State(
            value["strike_s"], value["off_s"], list(value["strides"]), list(value["stances"])
        )

    def add(self, events: Iterable[Event]) -> None:
        """Take the events that a detector reports.

        Parameters
        ----------
        events : iterable of Event
            Events of one foot, in order of time.
        """
        state = self._state
        for event in events:
            strike = state.strike_s
            if event.kind == HEEL_STRIKE:
                if strike is not None and 0.3 < event.time_s - strike <= LONGEST_STRIDE_S:
                    state.strides = [*state.strides, event.time_s - strike][-self.strides :]
                state.strike_s, state.off_s = event.time_s, None
            elif event.kind == TOE_OFF and strike is not None and event.time_s > strike:
                if event.time_s - strike <= LONGEST_STANCE_S:
                    state.stances = [*state.stances, event.time_s - strike][-self.strides :]
                state.off_s = event.time_s

    def at(self, time_s: float) -> tuple[float, float]:
        """Phases at a time after the last event.

        Returns
        -------
        stride, stance : float
            0 to 1, held at 1 when a stride runs long. NaN before a stride is known, and after one
            and a half strides without a strike; stance is NaN also in swing.
        """
        state = self._state
        if not state.strides or state.strike_s is None:
            return np.nan, np.nan
        stride = median(state.strides)
        since = max(0.0, time_s - state.strike_s)
        if since > 1.5 * stride:
            return np.nan, np.nan
        standing = state.off_s is None and state.stances
        stance = min(1.0, since / median(state.stances)) if standing else np.nan
        return min(1.0, since / stride), stance
